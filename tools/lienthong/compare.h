/**
 * @file
 * Compares two sets of rows by key: 64 bytes a row, whatever its size.  Pure; one thread.
 */
#pragma once

#include "base/buf.h"

#define LT_CLI_DIGEST_BYTES 32

struct lt_cli_side_row;
/** Zero-initialise to start. */
struct lt_cli_side {
    struct lt_cli_side_row *rows;
    size_t count, cap;
    bool keep_texts; /**< set before the first row to have keys in the visit below */
    struct lt_buf texts;
};
void lt_cli_side_fini(struct lt_cli_side *side);
void lt_cli_side_add(struct lt_cli_side *side,
                     struct lt_bytes key,
                     struct lt_bytes body,
                     struct lt_bytes text);
/** Sorts; call once after the last row.  false: a key stands there twice. */
bool lt_cli_side_close(struct lt_cli_side *side);
/** A SHA-256 chain over all rows in order of their keys' digests: equal sets, equal digests. */
void lt_cli_side_digest(const struct lt_cli_side *side, uint8_t ret[LT_CLI_DIGEST_BYTES]);

enum lt_cli_difference_kind {
    LT_CLI_MISSING,  /**< at the source, not at the target */
    LT_CLI_EXTRA,    /**< at the target, not at the source */
    LT_CLI_DIFFERENT /**< at both, with other values */
};
struct lt_cli_difference {
    size_t missing, extra, different;
};
/** text: the key for people, NULL unless texts were kept. */
typedef void lt_cli_difference_visit(void *arg, enum lt_cli_difference_kind kind, const char *text);
/** Both closed; visit may be NULL.  true: equal. */
bool lt_cli_compare(const struct lt_cli_side *source,
                    const struct lt_cli_side *target,
                    lt_cli_difference_visit *visit,
                    void *arg,
                    struct lt_cli_difference *ret);
