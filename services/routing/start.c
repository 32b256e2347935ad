/*
 * The start of a lane, step by step (protocol 4), also after every abort, error, time-out or
 * uncertain end:
 *   fence -> scrub -> read all cursors to the noted end -> fold control at least as far as any
 *   cursor -> judge the tail of every stream owned -> run, the first transaction repeating the
 *   inbox records of all streams owned.
 * Any failure on the way starts over; unreadable for longer than the time-out: both lanes do,
 * since each can free only what its own id left open.
 */
#include "routing/lane_priv.h"

#include "position/position.h"

/* Which part of a window a position may be old before the tail can no longer be trusted. */
static bool too_old(const struct lane *lane, lt_time written_at, lt_time window)
{
    return PORT(lane, now) - written_at > window / 10 * 8;
}

int lt_lane_judge(struct lane *lane, struct lane_slot *slot, struct lt_error *reterr)
{
    struct lane_tail tail;
    if (PORT(lane, tail, &slot->now, &tail, reterr) < 0) {
        if (!reterr || reterr->class != LT_ERR_REJECT)
            return -1;
        *reterr = (struct lt_error){0};
        slot->ejected = true;
        lt_lane_view_due(&lane->view, slot);
        return 0;
    }
    slot->judged = true;
    enum lt_verdict verdict = lt_judge(slot->now.seq, tail.seq);
    if (verdict == LT_VERDICT_ADOPT && !MUTANT(ADOPT)) {
        int adopted = PORT(lane, adopt, &slot->now, &tail, reterr);
        if (adopted < 0)
            return -1;
        if (!adopted)
            verdict = LT_VERDICT_DAMAGED;
    }
    if (verdict == LT_VERDICT_DAMAGED && !MUTANT(BEHIND))
        slot->fault = "damaged";
    return 0;
}

/* No mercy for age: behind a window the tail may have been cleaned, and equal says nothing; not
 * even for a stream that has given nothing out by its cursor (its first transaction may have
 * lost the cursor alone). */
static void judge_age(struct lane *lane, struct lane_slot *slot)
{
    struct lane_terms terms;
    if (slot->fault || MUTANT(AGE) || !PORT(lane, terms, slot->now.connection, 0, &terms))
        return;
    lt_time written_at = slot->now.written_at;
    struct lane_feed_slot *feed = lt_lane_view_feed(&lane->view, slot->now.service);
    if (slot->now.state == LANE_LIVE && feed)
        written_at = LT_MAX(written_at, feed->now.written_at);
    if (too_old(lane, written_at, terms.window))
        slot->fault = "window";
}

/* Step 5.  A held stream is judged by the catch-up lane before its first record after the hold. */
static int judge_tails(struct lane *lane, struct lt_error *reterr)
{
    for (size_t i = 0; i < lane->view.count; i++) {
        struct lane_slot *slot = lane->view.slots[i];
        if (!lt_lane_owns(lane, slot) || slot->now.state == LANE_HELD)
            continue;
        if (MUTANT(TAIL_START))
            slot->judged = true;
        else if (lt_lane_judge(lane, slot, reterr) < 0)
            return -1;
        judge_age(lane, slot);
    }
    return 0;
}

/* Step 6: who is told again after the start. */
static void repeat_inbox_records(struct lane *lane)
{
    for (size_t i = 0; i < lane->view.count; i++) {
        struct lane_slot *slot = lane->view.slots[i];
        bool newest = lt_lane_view_newest(&lane->view, slot->now.connection) == slot;
        bool ended = slot->now.state == LANE_ENDED && newest && lane->id == LANE_LIVE_LANE;
        slot->repeat = lt_lane_owns(lane, slot) || ended;
        if (slot->repeat)
            lt_lane_view_mark(&lane->view, slot);
    }
}

static enum lane_step next_phase(struct lane *lane, enum lane_phase phase)
{
    lane->phase = phase;
    return LANE_WORKED;
}

enum lane_step lt_lane_start(struct lane *lane, struct lt_error *reterr)
{
    switch (lane->phase) {
    case LANE_INIT:
        if (PORT(lane, init, reterr) < 0)
            return LANE_AGAIN;
        return next_phase(lane, MUTANT(FENCE_LATE) ? LANE_RUN : LANE_SCRUB);
    case LANE_SCRUB:
        if (!MUTANT(SCRUB) && PORT(lane, scrub, reterr) < 0)
            return LANE_AGAIN;
        return next_phase(lane, LANE_CURSORS);
    case LANE_CURSORS:
        lt_lane_view_reset(&lane->view);
        lt_lane_forget_stored_stands(lane);
        if (PORT(lane, read_cursors, true, reterr) < 0)
            return LANE_AGAIN;
        return next_phase(lane, LANE_CONTROL);
    case LANE_CONTROL: {
        struct lane_stand why = {.clause = ""};
        int fresh = PORT(lane, control, &lane->control, &why, reterr);
        if (fresh < 0 || (!fresh && lt_lane_stand_still(lane, &why, reterr) < 0))
            return LANE_AGAIN;
        if (!fresh || (lane->control < lane->view.highest && !MUTANT(OLD_FOLD)))
            return LANE_IDLE;
        return next_phase(lane, LANE_TAILS);
    }
    default:
        if (judge_tails(lane, reterr) < 0)
            return LANE_AGAIN;
        repeat_inbox_records(lane);
        return next_phase(lane, MUTANT(FENCE_LATE) ? LANE_INIT : LANE_RUN);
    }
}
