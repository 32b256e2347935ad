/*
 * The open transaction of a lane: which cursors, inbox records, notes and decisions go out with
 * the deliveries of the batch.  Everything is kept beside the committed values and takes their
 * place only after a certain commit (protocol 5.3).
 */
#include "routing/lane_priv.h"

#include <stdio.h>
#include <string.h>

struct lane_feed *lt_lane_touch_feed(struct lane *lane, struct lane_feed_slot *feed)
{
    if (!feed->touched) {
        feed->touched = true;
        feed->next = feed->now;
        feed->next.control = lane->control;
        feed->next.written_at = lane->now;
    }
    return &feed->next;
}

struct lane_stream *lt_lane_touch(struct lane *lane, struct lane_slot *slot)
{
    if (!slot->touched) {
        slot->touched = true;
        lt_lane_view_mark(&lane->view, slot);
        slot->next = slot->now;
        slot->next.writer = lane->id;
        slot->next.control = lane->control;
        slot->next.written_at = lane->now;
        slot->clause = "";
    }
    return &slot->next;
}

static void set_changed(struct lane *lane, const struct lane_stream *stream)
{
    struct lane_feed_slot *feed = lt_lane_view_feed(&lane->view, stream->service);
    if (feed)
        feed->set_changed = true;
}

/* G of the open transaction: a LIVE stream's position is its feed's. */
static int64_t live_position(struct lane *lane, const struct lane_stream *stream)
{
    const struct lane_feed_slot *feed = lt_lane_view_feed(&lane->view, stream->service);
    if (!feed)
        return stream->pos;
    const struct lane_feed *seen = feed->touched ? &feed->next : &feed->now;
    return seen->incarnation == stream->incarnation ? seen->g : stream->pos;
}

void lt_lane_move(struct lane *lane,
                  struct lane_slot *slot,
                  enum lane_state to,
                  const char *clause,
                  const char *reason)
{
    struct lane_stream *next = lt_lane_touch(lane, slot);
    if (next->state == LANE_LIVE)
        next->pos = live_position(lane, next);
    if (next->state == LANE_LIVE || to == LANE_LIVE)
        set_changed(lane, next);
    next->state = to;
    lane->view.regroup = true;
    snprintf(next->reason, sizeof(next->reason), "%s", reason);
    slot->clause = clause;
    slot->tell = true;
}

int lt_lane_begin(struct lane *lane, struct lt_error *reterr)
{
    if (lane->writing)
        return 0;
    if (PORT(lane, begin, reterr) < 0)
        return -1;
    lane->writing = true;
    return 0;
}

/* The page goes to the diary in the transaction of its records: no diary, no delivery. */
static int close_page(struct lane *lane, struct lane_stream *next, struct lt_error *reterr)
{
    if (next->page.count == 0)
        return 0;
    if (lt_lane_begin(lane, reterr) < 0 || PORT(lane, put_note, next, reterr) < 0)
        return -1;
    next->page = (struct lane_page){0};
    return 0;
}

int lt_lane_give(struct lane *lane,
                 struct lane_slot *slot,
                 const struct lane_record *record,
                 enum lt_op op,
                 struct lt_error *reterr)
{
    if (lt_lane_begin(lane, reterr) < 0)
        return -1;
    struct lane_stream *next = lt_lane_touch(lane, slot);
    lt_lane_stream_give(next, record->seq, op == LT_OP_DELETE, lane->now);
    if (PORT(lane, deliver, next, record, op, reterr) < 0)
        return -1;
    return next->page.count < lane->options.page_records ? 0 : close_page(lane, next, reterr);
}

/* A new T goes out only as often as the copy needs it (architecture 4.2); none while a load runs
 * (protocol 8.4). */
static void hand_out_sync_point(struct lane *lane, struct lane_slot *slot)
{
    const struct lane_stream *seen = lt_lane_seen(slot);
    bool loading = seen->state == LANE_LOAD || seen->load_seq == LT_NULL;
    if (slot->sync_time == LT_NULL || seen->state == LANE_ENDED || (loading && !MUTANT(EARLY_T)))
        return;
    if (seen->sync_time != LT_NULL && (slot->sync_time <= seen->sync_time ||
                                       slot->sync_time - seen->sync_time < slot->sync_every))
        return;
    struct lane_stream *next = lt_lane_touch(lane, slot);
    next->sync_time = slot->sync_time;
    next->sync_seq = slot->sync_seq;
    slot->tell = true;
}

/* Pages are looked through so often ... */
static lt_time sweep_every(const struct lane *lane)
{
    return lane->options.page_time / 60;
}

/* ... and so much earlier one closes, so that none is older than its time. */
static bool page_is_old(const struct lane *lane, const struct lane_slot *slot)
{
    const struct lane_page *page = &lt_lane_seen(slot)->page;
    return page->count > 0 &&
           lane->now - page->opened >= lane->options.page_time - sweep_every(lane);
}

/* A stream to which nothing happens is in nobody's way but for its page. */
static void mark_old_pages(struct lane *lane)
{
    if (lane->now >= lane->swept_at && lane->now - lane->swept_at < sweep_every(lane))
        return;
    lane->swept_at = lane->now;
    for (size_t i = 0; i < lane->view.count; i++)
        if (page_is_old(lane, lane->view.slots[i]))
            lt_lane_view_mark(&lane->view, lane->view.slots[i]);
}

static int send_cursor(struct lane *lane, struct lane_slot *slot, struct lt_error *reterr)
{
    struct lane_stream *next = &slot->next;
    bool moved = next->state != slot->now.state;
#ifndef LT_MUTANTS
    lt_assert(lt_lane_may(lane->id, slot->now.state, next->state));
#endif
    if ((slot->tell || page_is_old(lane, slot)) && close_page(lane, next, reterr) < 0)
        return -1;
    if (next->state == LANE_LIVE)
        next->pos = live_position(lane, next);
    if (lt_lane_begin(lane, reterr) < 0 || PORT(lane, put_stream, next, reterr) < 0)
        return -1;
    struct lane_decision decision = {.from = slot->now.state,
                                     .clause = slot->clause,
                                     .reason = next->reason,
                                     .at = PORT(lane, now)};
    return moved ? PORT(lane, put_decision, next, &decision, reterr) : 0;
}

static int send_notice(struct lane *lane, struct lane_slot *slot, struct lt_error *reterr)
{
    const struct lane_stream *seen = lt_lane_seen(slot);
    /* An ended stream without successor: the connection itself is over. */
    bool over =
        seen->state == LANE_ENDED && lt_lane_view_newest(&lane->view, seen->connection) == slot;
    if (lt_lane_begin(lane, reterr) < 0)
        return -1;
    return PORT(lane, put_notice, seen, over, reterr);
}

static int send_slot(struct lane *lane, struct lane_slot *slot, struct lt_error *reterr)
{
    if (slot->now.state != LANE_NONE && lt_lane_owns(lane, slot)) {
        hand_out_sync_point(lane, slot);
        if (!slot->touched && page_is_old(lane, slot))
            lt_lane_touch(lane, slot);
    }
    if (slot->touched && send_cursor(lane, slot, reterr) < 0)
        return -1;
    if (slot->tell || (slot->repeat && !MUTANT(REPEAT)))
        return send_notice(lane, slot, reterr);
    return 0;
}

int lt_lane_send(struct lane *lane, bool *ret_any, struct lt_error *reterr)
{
    mark_old_pages(lane);
    for (size_t i = 0; i < lane->view.marked.count; i++)
        if (send_slot(lane, lane->view.marked.slots[i], reterr) < 0)
            return -1;
    for (size_t i = 0; i < lane->view.feed_count; i++) {
        struct lane_feed_slot *feed = lane->view.feeds[i];
        if (feed->touched &&
            (lt_lane_begin(lane, reterr) < 0 || PORT(lane, put_feed, &feed->next, reterr) < 0))
            return -1;
    }
    *ret_any = lane->writing;
    return 0;
}

void lt_lane_forget_ejection(struct lane *lane, const char *stream)
{
    for (size_t i = 0; i < lane->ejected_count; i++)
        if (strcmp(lane->ejected[i], stream) == 0)
            memmove(lane->ejected[i], lane->ejected[i + 1],
                    (--lane->ejected_count - i) * LT_TOPIC_MAX);
}

static void slot_committed(struct lane *lane, struct lane_slot *slot)
{
    if (slot->touched) {
        bool was_owner = lt_lane_owns(lane, slot);
        lt_lane_view_set(&lane->view, slot, &slot->next);
        slot->touched = false;
        if (slot->ejected && slot->now.state == LANE_HELD) {
            slot->ejected = false;
            lt_lane_forget_ejection(lane, slot->now.name);
        }
        if (was_owner && !lt_lane_owns(lane, slot)) {
            slot->judged = false;
            lt_lane_keys_free(slot->keys);
            slot->keys = NULL;
        }
    }
    slot->tell = slot->repeat = false;
    if (slot->now.state != LANE_LOAD)
        slot->sync_time = LT_NULL;
}

void lt_lane_committed(struct lane *lane)
{
    for (size_t i = 0; i < lane->view.marked.count; i++)
        slot_committed(lane, lane->view.marked.slots[i]);
    lt_lane_view_unmark(&lane->view);
    for (size_t i = 0; i < lane->view.feed_count; i++) {
        struct lane_feed_slot *feed = lane->view.feeds[i];
        if (feed->touched)
            feed->now = feed->next;
        feed->touched = false;
    }
    lane->writing = false;
    lane->stand_count = 0;
}
