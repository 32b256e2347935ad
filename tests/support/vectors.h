/**
 * @file
 * Test vectors of schemas/vectors/ (schemas/README.md, section 11), read from the repository's
 * root. For tests: what is wrong with a file fails the test.
 */
#pragma once

#include "base/buf.h"

struct vectors;
struct vectors *vectors_open(const char *name); /**< "types.txt" */
void vectors_close(struct vectors *vectors);
/** Goes to the next case; false after the last one, which must not be the first. */
bool vectors_next(struct vectors *vectors);

/* Lines of the case; texts live until the next case. */
const char *vectors_text(const struct vectors *vectors,
                         const char *name); /**< NULL: no such line */
int64_t vectors_number(const struct vectors *vectors, const char *name);
/** Bytes of a hex line; data == NULL for the word null.  The line must be there. */
struct lt_bytes vectors_bytes(struct vectors *vectors, const char *name);
/** The case's text for messages. */
const char *vectors_case(const struct vectors *vectors);
