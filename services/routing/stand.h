/**
 * @file
 * A lane that stands still: a clause of DX-1 fails for every stream at once (control is stale, the
 * diary cannot be written), so the lane delivers nothing and moves no cursor.
 *
 * The denial reaches the diary when the lane may write again: one decision for each stream it owns
 * that was not held anyway, with the time from which the lane stood (DX-1, DX-7).  Until then it
 * stands in routing.cursors, in a transaction of its own, so that it outlives the process and
 * `lienthong explain` can name the clause.  Pure; one thread.
 */
#pragma once

#include "base/clock.h"
#include "routing/cursor.h"

struct lane_stand {
    char clause[LANE_REASON_MAX]; /**< as lt_clause_name(); "": no reason to stand still */
    lt_time since;
    bool stored; /**< stands in routing.cursors */
};
/** Clauses that can make a whole lane stand still: control, diary. */
#define LANE_STANDS_MAX 2

/** Since when control has been stale, or LT_NULL while it only pauses: between a change and the
 * heartbeat that confirms it, or while a fold is still read.  beat_at: the newest heartbeat or
 * LT_TIME_NONE; noticed_at: when the fold was first found not to be fresh; complete: the fold was
 * fresh once, so that its newest heartbeat is not only the newest one read so far. */
lt_time
lt_lane_stale_since(lt_time beat_at, lt_time grace, lt_time noticed_at, lt_time now, bool complete);
