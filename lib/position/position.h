/**
 * @file
 * A position that commits with the data (architecture 4, protocol 4): the steps that every lane
 * goes through at start and after every abort, error, time-out or uncertain end.  Layer 3.
 * judge() is pure; the rest is the Kafka back end.
 */
#pragma once

#include "bus/bus.h"

enum lt_verdict {
    LT_VERDICT_EQUAL,  /**< the tail is the record the position names: go on */
    LT_VERDICT_ADOPT,  /**< the tail is ahead: take (seq, last) from it (protocol 4.5) */
    LT_VERDICT_DAMAGED /**< the tail is behind: what was promised is gone */
};
/** tail_seq 0: the topic holds no data record. */
enum lt_verdict lt_judge(int64_t position_seq, int64_t tail_seq);

/** Step 2: every topic of the list whose last stable offset is below its high watermark gets one
 * empty record in one transaction that is aborted.  *ret_scrubbed: how many were. */
int lt_scrub(struct lt_producer *producer,
             struct lt_asker *asker,
             const char *const *topics,
             size_t count,
             size_t *ret_scrubbed,
             struct lt_error *reterr) LT_MUST_CHECK;

/** Waits until the topic is readable (last stable offset) to the high watermark noted at the call.
 * RETRY: unreadable for longer than timeout_ms, both lanes start over (protocol 4.3). */
int lt_wait_readable(struct lt_asker *asker,
                     const char *topic,
                     int64_t timeout_ms,
                     struct lt_error *reterr) LT_MUST_CHECK;
