/**
 * @file
 * A lane: one of the two writers of a bucket, stepped by its owner (protocol 1-8).  Pure: all I/O,
 * time and randomness come through the port.  One thread, or one at a time.
 *
 * The happy path: fence, scrub, read all cursors, fold control, judge the tails (start.c); then
 * per transaction: take over the other lane's cursors, apply control at the boundary (boundary.c),
 * route a batch (live.c) or bring one stream forward (catch.c), send cursors, inbox records and
 * notes with it (plan.c), commit.  Memory moves only after a certain commit; on anything else the
 * lane starts over from what is stored.
 */
#pragma once

#include "routing/port.h"
#include "routing/view.h"

struct lane_options {
    int64_t batch_rows;      /**< most feed records of one transaction */
    int64_t page_records;    /**< a delivery note's page closes at so many records (10,000) ... */
    lt_time page_time;       /**< ... or when it is so old (60 s) */
    lt_time technical_pause; /**< how long an ejected topic rests before it is tried again */
    lt_time look_every;      /**< how often partitions are looked at (protocol 5.4): below the
                                transaction time-out */
    lt_time meet_within; /**< M may lie as far ahead as the feed comes within this time (live.c); 0:
                            never ahead */
};

enum lane_step {
    LANE_WORKED, /**< step again at once */
    LANE_IDLE,   /**< nothing to do now */
    LANE_AGAIN,  /**< starting over from what is stored, after a pause; the error says why */
    LANE_BOTH,   /**< the same, and the other lane must start over too (lt_lane_restart) */
    LANE_STOP,   /**< fenced or broken: leave; the error says why */
};

struct lane;
/** `port` must outlive the lane. */
struct lane *
lt_lane_new(enum lane_id id, const struct lane_port *port, const struct lane_options *options);
void lt_lane_free(struct lane *lane);
/** One phase: a start step, a batch up to its commit, or the commit. */
enum lane_step lt_lane_step(struct lane *lane, struct lt_error *reterr);
/** Starts over at the next step; between steps only. */
void lt_lane_restart(struct lane *lane);
/** Is every start step done? */
bool lt_lane_is_running(const struct lane *lane);
/** What the lane knows; valid until the next step. */
const struct lane_view *lt_lane_view(const struct lane *lane);

/* For the port. */
/** Takes over a committed cursor record: every one while starting, the other lane's afterwards. */
void lt_lane_take_stream(struct lane *lane, const struct lane_stream *stream);
void lt_lane_take_feed(struct lane *lane, const struct lane_feed *feed);
/** While starting: a record of this lane's that says it stands still, and its removal. */
void lt_lane_take_stand(struct lane *lane, const char *clause, lt_time since);
void lt_lane_drop_stand(struct lane *lane, const char *clause);
/** The stream's topic failed while others were acknowledged: HELD, technical, at the next
 * boundary (architecture 4.3).  Survives starting over. */
void lt_lane_eject(struct lane *lane, const char *stream);
