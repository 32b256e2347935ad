/**
 * @file
 * What a lane keeps of one stream and of one feed: the cursor records as plain values (protocol 2).
 * Pure, any thread.  Copying the struct copies the cursor, so that memory can move on a certain
 * success only (protocol 5.3).
 */
#pragma once

#include "base/clock.h"
#include "change/chain.h"
#include "change/ids.h"
#include "record/records.h"
#include "routing/state.h"

#define LANE_REASON_MAX 32

/** The open page of the delivery note (architecture 7); count 0 = none open. */
struct lane_page {
    int64_t first, count, deletes;
    lt_time opened;
};

/** What a copy is worth, as far as its user must be told (article 41.2b). */
struct lane_use {
    lt_time period, end; /**< LT_NULL: no end of use agreed */
    bool fail;           /**< an expired copy fails rather than hides */
};

/** One stream's cursor: seq = last seq given out, last = feed seq it was made from, pos = every
 * feed record up to here is handled (for LIVE the lane record's g is the truth). */
struct lane_stream {
    char name[LT_TOPIC_MAX];
    char connection[LT_ID_MAX];
    int64_t generation;
    char service[LT_ID_MAX];
    enum lane_id writer;
    enum lane_state state;
    char reason[LANE_REASON_MAX];
    int64_t incarnation, pos, seq, last, control;
    int64_t e0, load_deadline, load_seq, sync_time, sync_seq; /**< LT_NULL: not set */
    int64_t agreement, scope_version;
    int32_t key_schema, value_schema; /**< of its records, fixed for its life */
    struct lt_chain chain;
    struct lane_page page;
    int64_t day, day_count;
    lt_time written_at;
};

/** The lane record of one feed: G = g, M = m (protocol 2). */
struct lane_feed {
    char service[LT_ID_MAX];
    int64_t incarnation, offset, g;
    int64_t m, sync_time, sync_g; /**< LT_NULL: not set */
    struct lt_chain chain;        /**< all zero: unknown since a hole */
    int64_t control;
    lt_time written_at;
};

/** A new stream of a connection before its first record: position 0, no load begun. */
void lt_lane_stream_init(struct lane_stream *stream, const char *connection, int64_t generation);
/** A feed at the start of an incarnation. */
void lt_lane_feed_init(struct lane_feed *feed, const char *service, int64_t incarnation);

/** To and from the records of routing.cursors.  The record borrows the struct's texts.
 * LT_ERR_REJECT when a record is not one that a lane wrote. */
void lt_lane_stream_record(const struct lane_stream *stream, struct lt_cursor *ret);
int lt_lane_stream_read(const struct lt_cursor *record,
                        struct lane_stream *ret,
                        struct lt_error *reterr) LT_MUST_CHECK;
void lt_lane_feed_record(const struct lane_feed *feed, struct lt_feed_cursor *ret);
int lt_lane_feed_read(const struct lt_feed_cursor *record,
                      struct lane_feed *ret,
                      struct lt_error *reterr) LT_MUST_CHECK;

/** Days since 1970 in Asia/Ho_Chi_Minh (UTC+7): the day that `day_count` counts (D35.2e). */
int64_t lt_lane_day(lt_time at);
/** When the day of `at` ends there. */
lt_time lt_lane_day_end(lt_time at);
/** Records delivered on the day of `now`. */
int64_t lt_lane_day_count(const struct lane_stream *stream, lt_time now);
/** Counts one more record given out: seq, last, page and day move. */
void lt_lane_stream_give(struct lane_stream *stream, int64_t feed_seq, bool is_delete, lt_time now);
