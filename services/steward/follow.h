/**
 * @file
 * Follows routing.cursors, progress topics and outboxes into what was observed.  Blocks briefly;
 * one thread.
 */
#pragma once

#include "bus/bus.h"
#include "steward/observe.h"

struct lt_follow;
struct lt_follow *lt_follow_new(const struct lt_bus *bus, struct lt_observed *observed);
void lt_follow_free(struct lt_follow *follow);
LT_DEFINE_CLEANUP(struct lt_follow, lt_follow_free)

/** Begins to follow those of the topics that are of interest and not followed yet.  Cursors are
 * read to their end first: an old state must not be taken for the present one. */
int lt_follow_topics(struct lt_follow *follow,
                     const char *const *topics,
                     size_t count,
                     struct lt_error *reterr) LT_MUST_CHECK;
/** Are the cursors known, so that topics and rights may be compared with them? */
bool lt_follow_ready(const struct lt_follow *follow);
/** Waits up to timeout_ms for a record, then takes what has come.  *ret_garbage: records left out.
 */
int lt_follow_poll(struct lt_follow *follow,
                   int64_t timeout_ms,
                   size_t *ret_garbage,
                   struct lt_error *reterr) LT_MUST_CHECK;
