/**
 * @file
 * The gap rule: what the next record of a stream means for a copy (protocol 9.1-9.3, 9.6).  Pure.
 */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum lt_gap {
    LT_GAP_SEEN,   /**< applied before: drop it (same seq, same bytes) */
    LT_GAP_NEXT,   /**< the record that was expected */
    LT_GAP_HOLE,   /**< records before it were compacted away, as a first reading may find them */
    LT_GAP_REPORT, /**< damage: report, apply nothing more of this stream */
    LT_GAP_REREAD, /**< cleaned while we were away: read the stream again into a copy beside */
};

/** Where a copy stands. */
struct lt_stand {
    int64_t seq;         /**< applied */
    int64_t next_offset; /**< of the stream's topic */
    int64_t e0;          /**< end of the topic when this reading began */
};

/** Judges the record (seq, offset, append time) that follows `stand`; window in microseconds. */
enum lt_gap lt_gap_judge(const struct lt_stand *stand,
                         int64_t seq,
                         int64_t offset,
                         lt_time append_time,
                         lt_time window,
                         lt_time now);

/** A reading from the start that has not reached its own end e0 within 0.8 windows begins again: a
 * delete that it still needs may have been cleaned away behind a row that it has read. */
bool lt_gap_overdue(const struct lt_stand *stand, lt_time begun, lt_time window, lt_time now);

/** Everything to the end of the topic was read: are records missing that the inbox promised?
 * promised: the highest of load seq and sync seq, LT_TIME_NONE when the inbox names none. */
bool lt_gap_short(const struct lt_stand *stand, int64_t promised);

/** The topic ends before the mark that this reading took at its begin: it was deleted and made
 * anew, and what was read may not be in it. */
bool lt_gap_other_topic(const struct lt_stand *stand, int64_t end);
