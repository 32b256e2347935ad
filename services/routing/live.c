/*
 * A batch of the live lane (protocol 5.5, 6).
 *
 *   for every READY stream: pos > G: the batch is cut at pos; pos < G: it was passed, back to
 *     CATCH; pos = G: its tail is judged and it is LIVE from this batch on
 *   if the catch-up lane owns a stream and G has reached M: a new M
 *   read every feed up to its boundary and give each record to the LIVE streams it concerns
 *
 * A LIVE stream gets the whole batch or another state in the same transaction.  A hole in the feed
 * ends the streams that would cross it.
 *
 * M is a meeting point, not a promise: what makes a hand-over safe is READY with pos = G.  On a
 * busy feed an M at the feed's end is passed before the catch-up lane can commit READY, again and
 * again; so M lies ahead by a batch, or by twice of what the last READY was late.  It is taken back
 * to the end at the first batch without a record, but where READY came late, so that a feed that
 * trickles has a chance; and in any case when it was not reached in time.
 */
#include "routing/lane_priv.h"

#include "base/mem.h"
#include "routing/effect.h"
#include "routing/voucher.h"

static const struct lane_feed *seen_feed(const struct lane_feed_slot *feed)
{
    return feed->touched ? &feed->next : &feed->now;
}

/* A stream of a newer incarnation takes its feed along; the older streams have ended at this
 * boundary, since this lane's fold is as new as the cursor that named it. */
static void follow_incarnation(struct lane *lane, const struct lane_stream *stream)
{
    struct lane_feed_slot *feed = lt_lane_view_feed_slot(&lane->view, stream->service);
    if (stream->incarnation <= seen_feed(feed)->incarnation)
        return;
    struct lane_feed *next = lt_lane_touch_feed(lane, feed);
    lt_lane_feed_init(next, stream->service, stream->incarnation);
    next->control = lane->control;
    next->written_at = lane->now;
    char topic[LT_TOPIC_MAX];
    lt_topic_feed(next->service, next->incarnation, topic);
    lt_chain_start(&next->chain, topic);
    feed->set_changed = true;
}

static int take_ready(struct lane *lane,
                      struct lane_slot *slot,
                      struct lane_feed_slot *feed,
                      struct lt_error *reterr)
{
    int64_t pos = slot->now.pos, g = seen_feed(feed)->g;
    if (slot->now.incarnation != seen_feed(feed)->incarnation)
        return 0;
    if (pos > g) {
        if (!MUTANT(CUT))
            feed->cut = LT_MIN(feed->cut, pos);
        return 0;
    }
    if (pos < g && !MUTANT(CUT)) {
        feed->late = g - pos;
        if (!MUTANT(BOUNCE))
            lt_lane_move(lane, slot, LANE_CATCH, "", "");
        return 0;
    }
    if (!slot->judged && !MUTANT(TAIL_HANDOVER) && lt_lane_judge(lane, slot, reterr) < 0)
        return -1;
    if (slot->fault)
        lt_lane_replace(lane, slot, slot->fault);
    else if (!slot->ejected) { /* else HELD at the next boundary */
        feed->late /= 2;
        lt_lane_move(lane, slot, LANE_LIVE, "", "");
    }
    return 0;
}

static void add_live(struct lane_feed_slot *feed, struct lane_slot *slot)
{
    if (feed->live_count == feed->live_cap) {
        feed->live_cap = feed->live_cap ? feed->live_cap * 2 : 16;
        feed->live = lt_realloc(feed->live, feed->live_cap * sizeof(struct lane_slot *));
    }
    feed->live[feed->live_count++] = slot;
    feed->window = LT_MIN(feed->window, slot->window);
}

static void prepare_feeds(struct lane *lane)
{
    for (size_t i = 0; i < lane->view.feed_count; i++) {
        struct lane_feed_slot *feed = lane->view.feeds[i];
        feed->cut = feed->window = INT64_MAX;
        feed->live_count = 0;
        feed->wanted = false;
    }
}

/* Sorts the streams to their feeds and settles each READY one.  While no state changes, and none is
 * READY, all of that stays as it was. */
static int prepare_streams(struct lane *lane, struct lt_error *reterr)
{
    size_t known = lane->view.count;
    if (!lane->view.regroup)
        return 0;
    lane->view.regroup = false;
    for (size_t i = 0; i < known; i++)
        if (lt_lane_seen(lane->view.slots[i])->state != LANE_ENDED)
            follow_incarnation(lane, lt_lane_seen(lane->view.slots[i]));
    prepare_feeds(lane);
    for (size_t i = 0; i < known; i++) {
        struct lane_slot *slot = lane->view.slots[i];
        const struct lane_stream *seen = lt_lane_seen(slot);
        if (seen->state == LANE_ENDED)
            continue;
        struct lane_feed_slot *feed = lt_lane_view_feed_slot(&lane->view, seen->service);
        if (seen->state == LANE_READY && take_ready(lane, slot, feed, reterr) < 0)
            return -1;
        seen = lt_lane_seen(slot);
        lane->view.regroup |= seen->state == LANE_READY;
        if (seen->state == LANE_LIVE)
            add_live(feed, slot);
        feed->wanted |= lt_lane_owner(seen->state) == LANE_CATCH_LANE &&
                        seen->incarnation == seen_feed(feed)->incarnation;
    }
    return 0;
}

/* How far M lies ahead of the feed's end, now that it is put anew. */
static int64_t ahead(const struct lane *lane, const struct lane_feed_slot *feed, bool overdue)
{
    return overdue || lane->options.meet_within == 0 ? 0 : LT_MAX(feed->lead, 2 * feed->late);
}

/* Protocol 6.1, with the note on M at the top. */
static int announce(struct lane *lane, struct lane_feed_slot *feed, struct lt_error *reterr)
{
    const struct lane_feed *seen = seen_feed(feed);
    bool pending = seen->m != LT_NULL && seen->g < seen->m;
    bool overdue = pending && lane->now - feed->announced_at >= lane->options.meet_within;
    bool silent = feed->lead == 0 && feed->late == 0;
    if (!feed->wanted || (pending && !silent && !overdue))
        return 0;
    int64_t end;
    int there = PORT(lane, feed_end, seen, &end, reterr);
    if (there <= 0)
        return there;
    if (pending && seen->m <= end)
        return 0;
    int64_t m = LT_MAX(end, seen->g) + ahead(lane, feed, overdue);
    feed->late = overdue ? 0 : feed->late;
    feed->announced_at = lane->now;
    if (seen->m != m)
        lt_lane_touch_feed(lane, feed)->m = m;
    return 0;
}

static int tell_live_set(struct lane *lane, struct lane_feed_slot *feed, struct lt_error *reterr)
{
    if (!feed->set_changed)
        return 0;
    struct lane_stream **streams = lt_alloc((feed->live_count + 1) * sizeof(struct lane_stream *));
    for (size_t i = 0; i < feed->live_count; i++)
        streams[i] = &feed->live[i]->now;
    int rc = PORT(lane, live_set, &feed->reading, streams, feed->live_count, reterr);
    lt_freep(&streams);
    feed->set_changed = rc < 0;
    return rc;
}

/* A feed's own lane record says how old a LIVE position is (protocol 4.5). */
static void refresh(struct lane *lane, struct lane_feed_slot *feed)
{
    if (feed->live_count > 0 && lane->now - feed->now.written_at > feed->window / 10)
        lt_lane_touch_feed(lane, feed);
}

static int open_feed(struct lane *lane, struct lane_feed_slot *feed, struct lt_error *reterr)
{
    const struct lane_feed *seen = seen_feed(feed);
    if (feed->open && feed->reading.incarnation != seen->incarnation) {
        if (PORT(lane, feed_close, &feed->reading, reterr) < 0)
            return -1;
        feed->open = false;
    }
    if (feed->open)
        return 0;
    feed->reading = *seen;
    if (PORT(lane, feed_open, &feed->reading, seen->g, seen->offset, reterr) < 0)
        return -1;
    feed->open = true;
    return 0;
}

static int prepare_feed(struct lane *lane, struct lane_feed_slot *feed, struct lt_error *reterr)
{
    const struct lane_feed *seen = seen_feed(feed);
    if (seen->incarnation == 0)
        return 0;
    if (announce(lane, feed, reterr) < 0)
        return -1;
    refresh(lane, feed);
    feed->lead = 0;
    return open_feed(lane, feed, reterr) < 0 ? -1 : tell_live_set(lane, feed, reterr);
}

/* What the callback of affected() needs. */
struct routed {
    struct lane *lane;
    const struct lane_record *record;
};

static int
route(void *arg, const struct lane_stream *stream, bool before, bool after, struct lt_error *reterr)
{
    struct routed *routed = arg;
    struct lane_slot *slot = lt_lane_slot_of(stream);
    const struct lane_stream *seen = lt_lane_seen(slot);
    enum lt_op op;
    bool adopted = routed->record->seq <= seen->last && !MUTANT(LAST);
    if (seen->state == LANE_LIVE && lt_lane_cannot_tell(slot, routed->record, after)) {
        lt_lane_replace(routed->lane, slot, "unreadable");
        return 0;
    }
    if (seen->state != LANE_LIVE || adopted ||
        !lt_lane_effect(routed->record->op, before, after, false, &op))
        return 0;
    if (MUTANT(PARTIAL) && routed->record->seq % 4 == 0)
        return 0;
    return lt_lane_give(routed->lane, slot, routed->record, op, reterr);
}

static void
pass_sync_point(struct lane *lane, struct lane_feed_slot *feed, const struct lane_record *record)
{
    lt_time time = lt_lane_vouched(record->sync_time, record->append_time);
    if (time == LT_NULL)
        return;
    feed->next.sync_time = time;
    feed->next.sync_g = record->seq;
    for (size_t i = 0; i < feed->live_count; i++) {
        struct lane_slot *slot = feed->live[i];
        lt_lane_view_mark(&lane->view, slot);
        slot->sync_time = time;
        slot->sync_seq = lt_lane_seen(slot)->seq;
    }
}

/* Compaction removed what a LIVE stream would have needed. */
static void end_at_hole(struct lane *lane, struct lane_feed_slot *feed)
{
    feed->next.chain = (struct lt_chain){{0}};
    for (size_t i = 0; i < feed->live_count && !MUTANT(FEED_GAP); i++)
        if (lt_lane_seen(feed->live[i])->state == LANE_LIVE)
            lt_lane_replace(lane, feed->live[i], "feed gap");
}

static int take_record(struct lane *lane, const struct lane_record *record, struct lt_error *reterr)
{
    struct lane_feed_slot *feed = lt_lane_feed_slot_of(record->feed);
    int64_t g = seen_feed(feed)->g;
    if (record->seq <= g)
        return 0;
    struct lane_feed *next = lt_lane_touch_feed(lane, feed);
    if (record->seq != g + 1)
        end_at_hole(lane, feed);
    else
        PORT(lane, feed_chain, next, record);
    if (record->op == LT_OP_SYNC)
        pass_sync_point(lane, feed, record);
    struct routed routed = {.lane = lane, .record = record};
    if (record->op != LT_OP_SYNC && record->op != LT_OP_END &&
        PORT(lane, affected, record, route, &routed, reterr) < 0)
        return -1;
    next->g = record->seq;
    next->offset = record->offset + 1;
    feed->lead++;
    if (next->g < feed->cut)
        return 0;
    feed->open = false; /* the boundary: nothing behind it in this batch */
    return PORT(lane, feed_close, &feed->reading, reterr);
}

int lt_lane_live_batch(struct lane *lane, struct lt_error *reterr)
{
    if (prepare_streams(lane, reterr) < 0)
        return -1;
    for (size_t i = 0; i < lane->view.feed_count; i++)
        if (prepare_feed(lane, lane->view.feeds[i], reterr) < 0)
            return -1;
    for (int64_t rows = 0; rows < lane->options.batch_rows; rows++) {
        struct lane_record record;
        int got = PORT(lane, next, &record, reterr);
        if (got <= 0)
            return got;
        if (take_record(lane, &record, reterr) < 0)
            return -1;
    }
    return 0;
}
