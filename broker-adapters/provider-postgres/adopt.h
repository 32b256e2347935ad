/**
 * @file
 * Judging a feed's committed tail against its stored position, and adopting what is ahead
 * (protocol 4.5, 11).
 */
#pragma once

#include "position/position.h"
#include "provider-postgres/feeds.h"

/** Waits until the feed's topic is readable, compares, and on ADOPT moves seq, chain and last event
 * to the tail.  A topic that is gone, or a tail that is not ours, is DAMAGED. */
int adopt_tail(struct feed *feed,
               const struct lt_bus *bus,
               struct lt_asker *asker,
               enum lt_verdict *ret,
               struct lt_error *reterr) LT_MUST_CHECK;

/** seq of the `end` that the incarnation before feed->incarnation lacks, and the position of the
 * record before it; *ret_seq 0 when it needs none. */
int adopt_end_seq(const struct feed *feed,
                  struct lt_asker *asker,
                  int64_t *ret_seq,
                  struct event_id *ret_id,
                  struct lt_error *reterr) LT_MUST_CHECK;
