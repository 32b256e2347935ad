/**
 * @file
 * What the files of the main loop share.
 */
#pragma once

#include "consumer-postgres/follow.h"
#include "consumer-postgres/track.h"
#include "daemon/daemon.h"

#define DIRTY_MAX       256
#define CONNECTIONS_MAX 4096
#define BLOCKED_MS      30000

struct follow {
    const struct lt_consumer_conf *conf;
    const struct lt_follow_metrics *metrics;
    struct lt_bus bus;
    struct lt_target *target;
    struct lt_reader *reader;
    struct lt_asker *asker;
    struct lt_inbox *inbox;
    bool notices_stale; /* the inbox took something since the tracks looked at it */
    bool tracks_stale;  /* a stream got its notice, or lost it: load again */
    char inbox_topic[LT_TOPIC_MAX];
    char cluster_id[LT_CLUSTER_ID_MAX]; /* where all of this was read */

    struct lt_copies copies;
    struct lt_track **tracks; /* one per copy that is followed */
    size_t track_count;
    struct lt_track *last_track; /* the one fed last: records come in runs */
    struct lt_applier *applier;
    struct lt_track *under_way; /* whose batch the applier has; NULL: none */

    struct lt_track_clock clock;
    lt_time last_append; /* of the record read last: what the broker's clock says */
    enum lt_skew skew;
    int64_t next_tick_ms, next_short_ms;

    /* Connections whose next steps are to be asked for. */
    bool all_dirty;
    char dirty[DIRTY_MAX][LT_ID_MAX];
    size_t dirty_count;
    int64_t steps_again_ms; /* a step could not be taken: ask again then; 0: none waits */
};

/* follow_apply.c */

/** Hands what was read to the applier, track by track. */
int lt_follow_flush(struct follow *f, struct lt_error *reterr) LT_MUST_CHECK;
/** Waits for the batch under way: from here on the target and all copies are the caller's. */
int lt_follow_settle(struct follow *f, struct lt_error *reterr) LT_MUST_CHECK;

/* follow_steps.c */

/** Carries out the steps of all dirty connections.  A step that fails for one connection's own
 * reason is put off; ABORT and RETRY come back. */
int lt_follow_steps(struct follow *f, struct lt_error *reterr) LT_MUST_CHECK;
void lt_follow_dirty(struct follow *f, const char *connection);

/* follow_tracks.c */

/** Tells the tracks what the inbox took since they looked at it. */
void lt_follow_notices(struct follow *f);
/** Loads the copies as stored and puts reader and tracks there.  Tracks that stand where the
 * database says go on without reading anything twice. */
int lt_follow_reload(struct follow *f, struct lt_error *reterr) LT_MUST_CHECK;
/** From the inbox's schemas.  REJECT: it does not hold them, or they make no table. */
struct lt_shape *lt_follow_shape(const struct follow *f,
                                 int32_t key_schema,
                                 int32_t value_schema,
                                 struct lt_error *reterr) LT_MUST_CHECK;
/** Stops reading for a track; its copy stays as it is. */
void lt_follow_block(struct follow *f, struct lt_track *track);
struct lt_track *lt_follow_track(struct follow *f, const char *topic);
void lt_follow_tracks_fini(struct follow *f);
