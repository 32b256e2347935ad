/**
 * @file
 * A lane's view of all cursors of its bucket (protocol 5.1), with what the lane remembers of each
 * beside it.  Pure; one thread.
 */
#pragma once

#include "base/error.h"
#include "routing/cursor.h"
#include "routing/keyset.h"

/** One stream: the committed cursor and the one that goes out with the open transaction. */
struct lane_slot {
    struct lane_stream now;  /**< committed; state LANE_NONE before the first cursor */
    struct lane_stream next; /**< valid while touched */
    bool touched;            /**< next is part of the open transaction */
    bool marked, due;        /**< stands in the view's list of that name */
    bool tell;               /**< the inbox record is part of the open transaction */
    const char *clause;      /**< why the state changes, static text */

    bool repeat;                /**< the inbox record must be repeated (protocol 4.6) */
    bool judged;                /**< tail judged since this lane owns the stream (4.5, 6.4, 6.5) */
    bool ejected;               /**< its topic failed: HELD, technical, at the next boundary */
    bool reported;              /**< a consumer reported a gap */
    const char *fault;          /**< must be replaced for this reason, static text */
    lt_time window, sync_every; /**< of its terms, as read at the last boundary */
    bool filtered;
    bool use_known; /**< use was read before: another one must be told */
    struct lane_use use;
    lt_time sync_time;       /**< newest T passed in the open batch, LT_NULL: none */
    int64_t sync_seq;        /**< the stream's seq there */
    struct lane_keys *keys;  /**< keys of a load; NULL: not known */
    struct lane_slot *older; /**< the connection's generation before this one */
};

/** One feed, the same way. */
struct lane_feed_slot {
    struct lane_feed now, next;
    bool touched;
    struct lane_feed reading; /**< as the port was given it */
    bool open;                /**< the live lane reads it */
    bool wanted;              /**< the catch-up lane owns a stream of it */
    bool set_changed;         /**< the set of LIVE streams is another */
    int64_t cut;              /**< the batch ends here (protocol 6.4); INT64_MAX: no cut */
    int64_t lead, late;       /**< records of the last batch; those by which READY came late */
    lt_time announced_at;     /**< when M was put where it is */
    struct lane_slot **live;  /**< LIVE streams in the open batch */
    size_t live_count, live_cap;
    lt_time window; /**< the shortest of theirs */
};

/** Back from the `now` of a slot, and from the `reading` of a feed, which ports are given. */
static inline struct lane_slot *lt_lane_slot_of(const struct lane_stream *now)
{
    return (struct lane_slot *)((uintptr_t)now - offsetof(struct lane_slot, now));
}
static inline struct lane_feed_slot *lt_lane_feed_slot_of(const struct lane_feed *reading)
{
    return (struct lane_feed_slot *)((uintptr_t)reading - offsetof(struct lane_feed_slot, reading));
}

/** Some slots, each once. */
struct lane_list {
    struct lane_slot **slots;
    size_t count, cap;
};

struct lane_view {
    struct lane_slot **slots;
    size_t count, cap;
    struct lane_feed_slot **feeds;
    size_t feed_count, feed_cap;
    struct lane_slot **by_name, **by_connection; /* hash tables of table_cap places */
    size_t table_cap;
    int64_t highest;                 /**< highest control number in any cursor read */
    struct lane_list marked;         /**< may have something to send in the open transaction */
    struct lane_list due;            /**< have changed since the last boundary */
    size_t by_state[LANE_ENDED + 1]; /**< how many streams */
    bool regroup;                    /**< feeds and their LIVE streams must be put together anew */
};

void lt_lane_view_fini(struct lane_view *view);
/** Forgets everything. */
void lt_lane_view_reset(struct lane_view *view);
/** NULL: no such stream. */
struct lane_slot *lt_lane_view_find(const struct lane_view *view, const char *stream);
/** The connection's newest generation; NULL: none. */
struct lane_slot *lt_lane_view_newest(const struct lane_view *view, const char *connection);
/** The slot of a stream, made (state LANE_NONE) when it is not there. */
struct lane_slot *
lt_lane_view_slot(struct lane_view *view, const char *connection, int64_t generation);
/** The stream's committed cursor is this one from now on; it is due. */
void lt_lane_view_set(struct lane_view *view,
                      struct lane_slot *slot,
                      const struct lane_stream *now);
/** Adds the slot to the list. */
void lt_lane_view_mark(struct lane_view *view, struct lane_slot *slot);
void lt_lane_view_due(struct lane_view *view, struct lane_slot *slot);
/** Empties the list. */
void lt_lane_view_unmark(struct lane_view *view);
void lt_lane_view_settled(struct lane_view *view);
struct lane_feed_slot *lt_lane_view_feed(const struct lane_view *view, const char *service);
/** The slot of a feed, made (incarnation 0) when it is not there. */
struct lane_feed_slot *lt_lane_view_feed_slot(struct lane_view *view, const char *service);
