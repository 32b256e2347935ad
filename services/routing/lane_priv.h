/**
 * @file
 * Inside of a lane, for the files of the lane only.
 */
#pragma once

#include "routing/lane.h"
#include "routing/mutant.h"

enum lane_phase {
    LANE_INIT,
    LANE_SCRUB,
    LANE_CURSORS,
    LANE_CONTROL,
    LANE_TAILS,
    LANE_RUN,
    LANE_COMMIT
};

#define LANE_EJECTED_MAX 64

struct lane {
    enum lane_id id;
    const struct lane_port *port;
    struct lane_options options;
    enum lane_phase phase;
    struct lane_view view;
    int64_t control;   /**< number of the fold that the open batch applies */
    lt_time now;       /**< time of the open batch */
    lt_time looked_at; /**< when partitions were looked at (protocol 5.4) */
    bool writing;      /**< begin() was called for the open batch */
    lt_time swept_at;  /**< when pages were looked through for old ones */
    size_t turn;       /**< catch-up: round robin */
    char ejected[LANE_EJECTED_MAX][LT_TOPIC_MAX];
    size_t ejected_count;
    struct lane_stand stands[LANE_STANDS_MAX]; /**< why nothing is delivered; outlives starts */
    size_t stand_count;
    /* boundary: every stream that is not due stays as it is from .. until, under this version */
    bool settled;
    int64_t settled_version;
    lt_time settled_from, settled_until;
    /* catch-up: where the reader stands, and who is read for */
    struct lane_feed reading;
    int64_t reading_at; /**< feed seq of the last record handed out; -1: nowhere */
};

#define PORT(lane, call, ...) ((lane)->port->call((lane)->port->arg, ##__VA_ARGS__))

/* lane.c */
static inline bool lt_lane_owns(const struct lane *lane, const struct lane_slot *slot)
{
    return lt_lane_owner(slot->now.state) == lane->id;
}
/** The record may take the row from the stream, or not: what it says of the old values cannot be
 * read.  A guess would leave a row that is gone, or leak its key; so the stream ends, and its
 * successor's load knows the keys it has given out (protocol 5.5, 8.3). */
static inline bool
lt_lane_cannot_tell(const struct lane_slot *slot, const struct lane_record *record, bool after)
{
    return record->unknown && slot->filtered && !after;
}

/** The state the stream has in the open transaction. */
static inline const struct lane_stream *lt_lane_seen(const struct lane_slot *slot)
{
    return slot->touched ? &slot->next : &slot->now;
}

/* start.c: protocol 4. */
enum lane_step lt_lane_start(struct lane *lane, struct lt_error *reterr);
/** Compares the tail of a stream this lane owns: equal, adopted (into slot->now) or marked as
 * damaged (slot->fault).  A topic that alone fails is ejected.  Errors as the port's. */
int lt_lane_judge(struct lane *lane, struct lane_slot *slot, struct lt_error *reterr);

/* plan.c: the open transaction. */
/** The stream's next cursor, a copy of now at first. */
struct lane_stream *lt_lane_touch(struct lane *lane, struct lane_slot *slot);
struct lane_feed *lt_lane_touch_feed(struct lane *lane, struct lane_feed_slot *feed);
/** Moves the stream to a state; its inbox record and a decision go out with it. */
void lt_lane_move(struct lane *lane,
                  struct lane_slot *slot,
                  enum lane_state to,
                  const char *clause,
                  const char *reason);
int lt_lane_begin(struct lane *lane, struct lt_error *reterr);
/** Gives the record out on the stream as `op`. */
int lt_lane_give(struct lane *lane,
                 struct lane_slot *slot,
                 const struct lane_record *record,
                 enum lt_op op,
                 struct lt_error *reterr);
/** Sends what the batch changed; *ret_any false: nothing changed, nothing was begun. */
int lt_lane_send(struct lane *lane, bool *ret_any, struct lt_error *reterr);
/** The stream is HELD: its ejection is done. */
void lt_lane_forget_ejection(struct lane *lane, const char *stream);
/** After a certain commit. */
void lt_lane_committed(struct lane *lane);

/* stand.c */
/** Before what is stored is read again. */
void lt_lane_forget_stored_stands(struct lane *lane);
/** Stores why the lane stands still, once, in a transaction of its own. */
int lt_lane_stand_still(struct lane *lane, const struct lane_stand *why, struct lt_error *reterr);
/** The lane may write again: tells the diary, in the open transaction. */
int lt_lane_go_on(struct lane *lane, struct lt_error *reterr);

/* boundary.c: control at the start of a batch (protocol 5.2, 7, 8). */
int lt_lane_boundary(struct lane *lane, struct lt_error *reterr);
/** ENDED for this reason + the successor's first cursor, in the open transaction (8.1). */
void lt_lane_replace(struct lane *lane, struct lane_slot *slot, const char *reason);

/* live.c and catch.c: the batch itself. */
int lt_lane_live_batch(struct lane *lane, struct lt_error *reterr);
int lt_lane_catch_batch(struct lane *lane, struct lt_error *reterr);
