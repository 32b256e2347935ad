/*
 * A batch of the catch-up lane: one stream, round robin, goes one step forward (protocol 6, 8).
 *
 *   LOAD   its topic must exist; the first batch fixes E0 and the deadline; read up to E0 (and up
 *          to the feed's first sync point); then, with the last batch, load seq, T and CATCH
 *   CATCH  read up to exactly M; then, with the last batch, READY with pos = M, and done with it
 *
 * Before the first record after the stream came here its tail is judged (6.5).  Below E0 holes of
 * compaction are normal and old values cannot be trusted: what the load itself has delivered
 * decides.  From E0 on old values count, and a hole ends the stream (8.3).
 */
#include "routing/lane_priv.h"

#include <string.h>

#include "routing/effect.h"
#include "routing/voucher.h"

/* How far this batch may bring the stream. */
static int64_t target_of(struct lane *lane, const struct lane_stream *seen)
{
    if (seen->state == LANE_LOAD)
        return INT64_MAX;
    const struct lane_feed_slot *feed = lt_lane_view_feed(&lane->view, seen->service);
    if (!feed || feed->now.incarnation != seen->incarnation || feed->now.m == LT_NULL)
        return -1;
    return feed->now.m;
}

/* First batch of a load, when its topic and its feed are there: E0 and the deadline, kept in the
 * cursor (8.2).  *ret_wait: not yet. */
static int
begin_load(struct lane *lane, struct lane_slot *slot, bool *ret_wait, struct lt_error *reterr)
{
    int exists = PORT(lane, topic_exists, &slot->now, reterr);
    *ret_wait = exists == 0;
    if (exists <= 0)
        return exists;
    struct lane_feed feed;
    lt_lane_feed_init(&feed, slot->now.service, slot->now.incarnation);
    int64_t end;
    int there = PORT(lane, feed_end, &feed, &end, reterr);
    *ret_wait = there == 0;
    if (there <= 0)
        return there;
    struct lane_stream *next = lt_lane_touch(lane, slot);
    next->e0 = MUTANT(E0) ? 0 : end;
    next->load_deadline = lane->now + slot->window / 10 * 8;
    return 0;
}

/* The keys delivered so far, before the first record below E0 (8.3). */
static int know_keys(struct lane *lane, struct lane_slot *slot, struct lt_error *reterr)
{
    const struct lane_stream *seen = lt_lane_seen(slot);
    if (seen->state != LANE_LOAD || seen->pos >= seen->e0 || slot->keys || !slot->filtered)
        return 0;
    slot->keys = lt_lane_keys_new();
    if (seen->seq == 0 || PORT(lane, load_keys, seen, slot->keys, reterr) == 0)
        return 0;
    lt_lane_keys_free(slot->keys);
    slot->keys = NULL;
    return -1;
}

static int close_reader(struct lane *lane, struct lt_error *reterr)
{
    if (lane->reading_at < 0)
        return 0;
    lane->reading_at = -1;
    return PORT(lane, feed_close, &lane->reading, reterr);
}

static int open_reader(struct lane *lane, const struct lane_stream *seen, struct lt_error *reterr)
{
    bool there = lane->reading_at == seen->pos && lane->reading.incarnation == seen->incarnation &&
                 strcmp(lane->reading.service, seen->service) == 0;
    if (there)
        return 0;
    if (close_reader(lane, reterr) < 0)
        return -1;
    lt_lane_feed_init(&lane->reading, seen->service, seen->incarnation);
    if (PORT(lane, feed_open, &lane->reading, seen->pos, -1, reterr) < 0)
        return -1;
    lane->reading_at = seen->pos;
    return 0;
}

/* Gives the record out if it concerns the stream. */
static int route(struct lane *lane,
                 struct lane_slot *slot,
                 const struct lane_record *record,
                 struct lt_error *reterr)
{
    const struct lane_stream *seen = lt_lane_seen(slot);
    bool loading = seen->state == LANE_LOAD;
    bool below = loading && record->seq <= seen->e0 && !MUTANT(KEYS);
    bool before, after;
    uint8_t hash[16];
    if (PORT(lane, effect, record, seen, &before, &after, reterr) < 0)
        return -1;
    if (below) {
        PORT(lane, key_hash, record, hash);
        before = !slot->filtered || lt_lane_keys_has(slot->keys, hash);
    } else if (lt_lane_cannot_tell(slot, record, after)) {
        lt_lane_replace(lane, slot, "unreadable");
        return 0;
    }
    enum lt_op op;
    bool adopted = record->seq <= seen->last && !MUTANT(LAST);
    if (adopted || !lt_lane_effect(record->op, before, after, loading, &op))
        return 0;
    if (below && slot->filtered && after && lt_op_has_value(op))
        lt_lane_keys_add(slot->keys, hash);
    return lt_lane_give(lane, slot, record, op, reterr);
}

/* Did the feed lose a record that this stream needs? */
static bool is_hole(const struct lane_stream *seen, int64_t seq)
{
    int64_t trusted = seen->e0 == LT_NULL ? seen->pos : LT_MAX(seen->pos, seen->e0);
    return seq > trusted + 1 && !MUTANT(FEED_GAP);
}

/* The newest sync point at or below the stream's position: what this lane has read itself, or
 * what the live lane's record says. */
static bool newest_sync_point(struct lane *lane, const struct lane_slot *slot, lt_time *ret_time)
{
    const struct lane_stream *seen = lt_lane_seen(slot);
    const struct lane_feed_slot *feed = lt_lane_view_feed(&lane->view, seen->service);
    *ret_time = slot->sync_time;
    if (feed && feed->now.incarnation == seen->incarnation && feed->now.sync_time != LT_NULL &&
        feed->now.sync_g <= seen->pos)
        *ret_time = LT_MAX(*ret_time, feed->now.sync_time);
    return *ret_time != LT_NULL;
}

static void finish_load(struct lane *lane, struct lane_slot *slot)
{
    lt_time sync_time;
    const struct lane_stream *seen = lt_lane_seen(slot);
    if (seen->state != LANE_LOAD || seen->pos < seen->e0 ||
        !newest_sync_point(lane, slot, &sync_time))
        return;
    lt_lane_move(lane, slot, LANE_CATCH, "", "");
    slot->next.load_seq = slot->next.seq;
    slot->next.sync_time = sync_time;
    slot->next.sync_seq = slot->next.seq;
    slot->sync_time = LT_NULL;
    lt_lane_keys_free(slot->keys);
    slot->keys = NULL;
}

static int take_record(struct lane *lane,
                       struct lane_slot *slot,
                       const struct lane_record *record,
                       struct lt_error *reterr)
{
    /* What lies before the stream's position is passed over, however many batches it takes. */
    lane->reading_at = LT_MAX(record->seq, lt_lane_seen(slot)->pos);
    if (record->seq <= lt_lane_seen(slot)->pos)
        return 0;
    struct lane_stream *next = lt_lane_touch(lane, slot);
    if (is_hole(next, record->seq)) {
        lt_lane_replace(lane, slot, "feed gap");
        return 0;
    }
    if (record->op != LT_OP_SYNC && record->op != LT_OP_END &&
        route(lane, slot, record, reterr) < 0)
        return -1;
    next->pos = record->seq;
    if (record->op == LT_OP_SYNC) {
        lt_time time = lt_lane_vouched(record->sync_time, record->append_time);
        slot->sync_time = time == LT_NULL ? slot->sync_time : time;
        slot->sync_seq = time == LT_NULL ? slot->sync_seq : next->seq;
    }
    return 0;
}

/* Reads on for the stream until its target, its end as owner, or the end of the batch. */
static int
read_on(struct lane *lane, struct lane_slot *slot, int64_t target, struct lt_error *reterr)
{
    for (int64_t rows = 0; rows < lane->options.batch_rows; rows++) {
        enum lane_state before = lt_lane_seen(slot)->state;
        finish_load(lane, slot);
        const struct lane_stream *seen = lt_lane_seen(slot);
        if (seen->state != before || seen->state == LANE_ENDED || seen->pos >= target)
            return 0;
        struct lane_record record;
        int got = PORT(lane, next, &record, reterr);
        if (got <= 0)
            return got;
        if (take_record(lane, slot, &record, reterr) < 0)
            return -1;
    }
    finish_load(lane, slot);
    return 0;
}

static int forward(struct lane *lane, struct lane_slot *slot, struct lt_error *reterr)
{
    if (!slot->judged && !MUTANT(TAIL_HANDOVER) && lt_lane_judge(lane, slot, reterr) < 0)
        return -1;
    if (slot->ejected)
        return 0; /* HELD at the next boundary */
    if (slot->fault) {
        lt_lane_replace(lane, slot, slot->fault);
        return 0;
    }
    bool wait = false;
    if (slot->now.state == LANE_LOAD && slot->now.e0 == LT_NULL &&
        begin_load(lane, slot, &wait, reterr) < 0)
        return -1;
    const struct lane_stream *seen = lt_lane_seen(slot);
    int64_t target = target_of(lane, seen);
    if (wait || seen->pos > target || target < 0)
        return 0;
    if (seen->state == LANE_LOAD && lane->now > seen->load_deadline && seen->pos < seen->e0 &&
        !MUTANT(DEADLINE)) {
        lt_lane_replace(lane, slot, "load overdue");
        return 0;
    }
    if (seen->pos < target &&
        (know_keys(lane, slot, reterr) < 0 || open_reader(lane, seen, reterr) < 0 ||
         read_on(lane, slot, target, reterr) < 0))
        return -1;
    if (lt_lane_seen(slot)->state == LANE_CATCH && lt_lane_seen(slot)->pos == target)
        lt_lane_move(lane, slot, LANE_READY, "", "");
    return 0;
}

int lt_lane_catch_batch(struct lane *lane, struct lt_error *reterr)
{
    size_t known = lane->view.count, *in = lane->view.by_state;
    if (in[LANE_LOAD] + in[LANE_CATCH] == 0)
        return close_reader(lane, reterr);
    for (size_t i = 0; i < known; i++) {
        struct lane_slot *slot = lane->view.slots[lane->turn++ % known];
        if (!lt_lane_owns(lane, slot) || slot->touched)
            continue;
        if (forward(lane, slot, reterr) < 0)
            return -1;
        if (slot->touched)
            break;
    }
    return 0;
}
