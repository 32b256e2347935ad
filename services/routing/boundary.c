/*
 * Control at the start of a batch (protocol 5.2, 7, 8): for each stream this lane owns, in this
 * order, the first that applies:
 *   the connection is over (a final clause of DX-1)     -> ENDED, no successor (7.5)
 *   damaged, or its position is too old                 -> ENDED + successor (8.1)
 *   the feed has another incarnation, or other terms    -> ENDED + successor
 *   a clause fails that may hold again                  -> HELD; held already: again with the
 *                                                          newer number (7.1)
 *   its topic or its application's inbox fails          -> HELD, technical
 *   held, and nothing holds it any more (live lane)     -> CATCH, or LOAD without load mark (7.4)
 * Whatever applies, a changed use period or end of use is told in the same transaction.
 * A connection without any cursor gets its first one here (live lane).  Where control was restored
 * after a loss, so does one that is over: its copies may not have heard of it.
 *
 * Which of these applies hangs on the stream's own slot, on its terms, and on time.  So all streams
 * are gone through only when the terms may be others (terms_version: at every change of control,
 * and every heartbeat) or when a moment has come that one of them named; in between only those are
 * whose slot has changed (view.due): the others would stay as they are.
 */
#include "routing/lane_priv.h"

#include <stdio.h>
#include <string.h>

#define TECHNICAL "technical"

/* The cursor of a stream that has not begun. */
static struct lane_slot *make_stream(struct lane *lane,
                                     const char *connection,
                                     int64_t generation,
                                     const struct lane_terms *terms)
{
    struct lane_slot *slot = lt_lane_view_slot(&lane->view, connection, generation);
    struct lane_stream *stream = lt_lane_touch(lane, slot);
    char topic[LT_TOPIC_MAX];
    lt_topic_stream(stream->name, topic);
    lt_chain_start(&stream->chain, topic);
    snprintf(stream->service, sizeof(stream->service), "%s", terms->service);
    stream->incarnation = terms->incarnation;
    stream->agreement = terms->agreement;
    stream->scope_version = terms->scope_version;
    stream->key_schema = terms->key_schema;
    stream->value_schema = terms->value_schema;
    return slot;
}

/* LOAD, or HELD when the connection is held.  What went before may be of an older epoch. */
static void open_stream(struct lane *lane,
                        const char *connection,
                        int64_t before,
                        const struct lane_terms *terms)
{
    int64_t base = MUTANT(GENERATIONS) ? 0 : terms->generation_base;
    struct lane_slot *slot = make_stream(lane, connection, LT_MAX(before, base) + 1, terms);
    bool held = terms->right != LANE_MAY;
    lt_lane_move(lane, slot, held ? LANE_HELD : LANE_LOAD, terms->clause, terms->clause);
}

static void replace(struct lane *lane,
                    struct lane_slot *slot,
                    const struct lane_terms *terms,
                    const char *reason)
{
    lt_lane_move(lane, slot, LANE_ENDED, terms->clause, reason);
    open_stream(lane, slot->now.connection, slot->now.generation, terms);
}

void lt_lane_replace(struct lane *lane, struct lane_slot *slot, const char *reason)
{
    struct lane_terms terms;
    const char *connection = slot->now.connection;
    if (PORT(lane, terms, connection, lt_lane_day_count(&slot->now, lane->now), &terms) &&
        terms.right != LANE_OVER) {
        replace(lane, slot, &terms, reason);
        return;
    }
    lt_lane_move(lane, slot, LANE_ENDED, "connection", "terminated");
}

static const char *fault_of(const struct lane_slot *slot, const struct lane_terms *terms)
{
    const struct lane_stream *stream = &slot->now;
    if (slot->fault)
        return slot->fault;
    if (slot->reported)
        return "damaged";
    if (terms->incarnation > stream->incarnation)
        return "incarnation";
    if (terms->agreement != stream->agreement || terms->scope_version != stream->scope_version ||
        terms->key_schema != stream->key_schema || terms->value_schema != stream->value_schema)
        return "amended";
    return NULL;
}

static void hold(struct lane *lane,
                 struct lane_slot *slot,
                 const char *clause,
                 const char *reason,
                 int64_t number)
{
    if (slot->now.state != LANE_HELD || strcmp(slot->now.reason, reason) != 0)
        lt_lane_move(lane, slot, LANE_HELD, clause, reason);
    else if (number > slot->now.control)
        lt_lane_touch(lane, slot);
}

/* Resting, it stays until the pause is over. */
static void lift(struct lane *lane, struct lane_slot *slot)
{
    const struct lane_stream *stream = &slot->now;
    lt_time rested = stream->written_at + lane->options.technical_pause;
    if (strcmp(stream->reason, TECHNICAL) == 0 && lane->now < rested)
        lane->settled_until = LT_MIN(lane->settled_until, rested);
    else
        lt_lane_move(lane, slot, stream->load_seq == LT_NULL ? LANE_LOAD : LANE_CATCH, "", "");
}

/* A shortened use period counts for the copy that is there, also while its feed is silent and no
 * sync point carries it (D41.2b-10). */
static void tell_use(struct lane *lane, struct lane_slot *slot, const struct lane_use *use)
{
    const struct lane_use *old = &slot->use;
    if (slot->use_known &&
        (old->period != use->period || old->end != use->end || old->fail != use->fail)) {
        lt_lane_touch(lane, slot);
        slot->tell = true;
    }
    slot->use = *use;
    slot->use_known = true;
}

static void apply(struct lane *lane, struct lane_slot *slot)
{
    struct lane_terms terms;
    int64_t today = lt_lane_day_count(&slot->now, lane->now);
    if (!PORT(lane, terms, slot->now.connection, today, &terms) || terms.right == LANE_OVER) {
        lt_lane_move(lane, slot, LANE_ENDED, "connection", "terminated");
        return;
    }
    lane->settled_until = LT_MIN(lane->settled_until, terms.until);
    slot->window = terms.window;
    slot->sync_every = terms.sync_every;
    slot->filtered = terms.filtered;
    tell_use(lane, slot, &terms.use);
    const char *fault = fault_of(slot, &terms);
    if (fault)
        replace(lane, slot, &terms, fault);
    else if (terms.right == LANE_HOLD)
        hold(lane, slot, terms.clause, terms.clause, terms.hold_number);
    else if (slot->ejected || terms.muted)
        hold(lane, slot, "", TECHNICAL, 0);
    else if (slot->now.state == LANE_HELD)
        lift(lane, slot);
}

/* After a loss nothing says any more that the connection was ended: its copies are told again. */
static void tell_over(struct lane *lane, const char *connection, const struct lane_terms *terms)
{
    if (terms->generation_base == 0 || MUTANT(TELL_OVER))
        return;
    struct lane_slot *slot = make_stream(lane, connection, terms->generation_base + 1, terms);
    lt_lane_move(lane, slot, LANE_ENDED, "connection", "terminated");
}

static void first_cursor(void *arg, const char *connection)
{
    struct lane *lane = arg;
    struct lane_terms terms;
    if (lt_lane_view_newest(&lane->view, connection) || !PORT(lane, terms, connection, 0, &terms) ||
        terms.incarnation == 0)
        return;
    if (terms.right == LANE_OVER)
        tell_over(lane, connection, &terms);
    else
        open_stream(lane, connection, 0, &terms);
}

static bool is_ejected(const struct lane *lane, const struct lane_slot *slot)
{
    for (size_t i = 0; i < lane->ejected_count; i++)
        if (strcmp(lane->ejected[i], slot->now.name) == 0)
            return true;
    return false;
}

/* A stream that is HELD already has left its topic alone, whoever wrote that. */
static void take_ejection(struct lane *lane, struct lane_slot *slot)
{
    if (!is_ejected(lane, slot))
        return;
    if (slot->now.state == LANE_HELD)
        lt_lane_forget_ejection(lane, slot->now.name);
    else
        slot->ejected = true;
}

static bool may_apply(const struct lane *lane, const struct lane_slot *slot)
{
    if (MUTANT(READY_KEEPS) && lane->id == LANE_CATCH_LANE && slot->now.state == LANE_READY &&
        slot->now.writer == LANE_CATCH_LANE)
        return true;
    return lt_lane_owns(lane, slot);
}

static void gap_reported(void *arg, const char *stream)
{
    struct lane *lane = arg;
    struct lane_slot *slot = lt_lane_view_find(&lane->view, stream);
    if (slot && !slot->reported) {
        slot->reported = true;
        lt_lane_view_due(&lane->view, slot);
    }
}

static void look_at(struct lane *lane, struct lane_slot *slot)
{
    if (!may_apply(lane, slot))
        return;
    take_ejection(lane, slot);
    apply(lane, slot);
}

/* A clock that was turned back brings moments again. */
static bool all_are_due(const struct lane *lane, int64_t version)
{
    bool others = version != lane->settled_version && !MUTANT(SETTLED);
    return !lane->settled || others || lane->now < lane->settled_from ||
           lane->now >= lane->settled_until;
}

static void look_at_all(struct lane *lane, int64_t version)
{
    lane->settled = true;
    lane->settled_version = version;
    lane->settled_from = lane->now;
    lane->settled_until = INT64_MAX;
    lane->view.regroup = true;       /* windows may be others */
    size_t known = lane->view.count; /* successors that come up here are new */
    for (size_t i = 0; i < known; i++)
        look_at(lane, lane->view.slots[i]);
    if (lane->id == LANE_LIVE_LANE)
        PORT(lane, each_connection, first_cursor, lane);
}

int lt_lane_boundary(struct lane *lane, struct lt_error *reterr)
{
    if (lane->id == LANE_LIVE_LANE && PORT(lane, gap_reports, gap_reported, lane, reterr) < 0)
        return -1;
    const int64_t version = PORT(lane, terms_version);
    if (all_are_due(lane, version)) {
        look_at_all(lane, version);
    } else {
        for (size_t i = 0; i < lane->view.due.count && !MUTANT(DUE); i++)
            look_at(lane, lane->view.due.slots[i]);
    }
    lt_lane_view_settled(&lane->view);
    return 0;
}
