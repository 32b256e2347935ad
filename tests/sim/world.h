/**
 * @file
 * The simulated world around the two lanes: feeds and their provider, control, the steward,
 * consumers, and what must always be true (protocol 10).
 *
 * Every random choice of event i comes from a seed made of (schedule, i), so that an event can be
 * left out without changing the others: this is how a failing schedule is shrunk.
 */
#pragma once

#include "routing/lane.h"
#include "sim/kafka.h"

#define SIM_KEYS        4
#define SIM_CONNECTIONS 3
#define SIM_FEEDS       2
#define SIM_GENERATIONS 40
#define SIM_CONTROLS    64
#define SIM_WINDOW      10000
#define SIM_TIMEOUT     100
#define SIM_COPIES      4

/* ---- feeds ---- */
struct sim_change {
    enum lt_op op;          /* insert update delete snapshot sync */
    int key, before, after; /* -1: no row */
    lt_time append;
    bool removed;
    lt_time alone; /* of a tombstone: since when nothing older of its key is left; 0: not yet */
};
struct sim_history {
    struct sim_change *changes; /* seq of changes[i] is i + 1, its offset i */
    int count, cap;
};
struct sim_source {
    int incarnation; /* what the provider writes */
    int rows[SIM_KEYS];
    struct sim_history histories[8];
};

/* ---- control: one snapshot per number, so that a fold may be old ---- */
struct sim_terms {
    bool terminated;
    int holds;           /* set now */
    int64_t hold_number; /* of the newest hold record */
    int scope_version;
};
struct sim_scope {
    int mask, want; /* row in scope: (value & mask) == want */
};
#define SIM_SCOPES 8
struct sim_control {
    struct sim_terms connections[SIM_CONNECTIONS];
    int incarnation[SIM_FEEDS];
    int generation_base;
};

/* ---- lanes ---- */
struct sim_open {
    bool open;
    int incarnation, next;
    struct lane_feed *feed;
    const struct lane_feed *given;
    const struct lane_stream *live[SIM_CONNECTIONS];
    size_t live_count;
};
struct sim_lane {
    struct world *world;
    struct lane *lane;
    struct lane_port port;
    int tid, epoch, fold, cursors_read;
    bool reports_read;
    struct sim_open feeds[SIM_FEEDS];
};

/* ---- consumers ---- */
struct sim_copy {
    bool used, active;
    int generation, offset, e0;
    lt_time begun;
    int64_t seq;
    int rows[SIM_KEYS];
};
struct sim_target {
    struct sim_copy copies[SIM_COPIES];
    lt_time stamp; /* LT_NULL: none */
};
struct sim_consumer {
    struct sim_target target, backup;
    bool has_backup;
    bool reported[SIM_GENERATIONS];
};

struct world {
    uint64_t seed, random;
    lt_time now;
    int event, skip_count;
    bool trace, settling, directed;
    bool always_slow;           /* every schedule is slow: for rules about the window */
    bool slow;                  /* windows pass while the lanes work: compaction is near */
    int asleep[2];              /* a lane does nothing until this event */
    bool lost[SIM_CONNECTIONS]; /* a topic of it was lost from outside */
    struct sim_kafka kafka;
    int connections, feeds;
    struct sim_source sources[SIM_FEEDS];
    struct sim_control controls[SIM_CONTROLS];
    int number; /* newest control number */
    int floor;  /* no fold can be older: control was restored with this number */
    int service_of[SIM_CONNECTIONS];
    struct sim_scope scopes[SIM_CONNECTIONS][SIM_SCOPES]; /* by scope version */
    struct sim_lane *lanes[2], *zombies[2];
    struct lane_options options;
    struct sim_consumer consumers[SIM_CONNECTIONS];
    int topic_of[SIM_CONNECTIONS][SIM_GENERATIONS]; /* partition, -1 none yet, -2 deleted */
    int effective[SIM_CONNECTIONS];                 /* event since when EFFECTIVE, -1 not */
    int64_t requested[SIM_CONNECTIONS];             /* control number of the open hold */
    char violation[256];
};

/* Partitions: 0 cursors, 1.. inboxes, then streams as they are made. */
#define SIM_CURSORS           0
#define SIM_INBOX(connection) (1 + (connection))

void sim_violation(struct world *world, const char *fmt, ...) LT_PRINTF(2, 3);
void sim_trace(const struct world *world, const char *fmt, ...) LT_PRINTF(2, 3);
bool sim_chance(struct world *world, int percent);
int sim_connection_of(const char *connection); /* cn000001 -> 0 */
int sim_service_of(const char *service);

/* loss.c */
/** All of Kafka's data are gone, and control is restored. */
void sim_lose_kafka(struct world *world);

/* port.c */
struct sim_lane *sim_lane_new(struct world *world, enum lane_id id);
void sim_lane_free(struct sim_lane *lane);

/* actors.c */
void sim_provider_change(struct world *world, int feed);
void sim_provider_write(struct world *world, int feed, int key, int value);
void sim_provider_sync(struct world *world, int feed);
void sim_provider_restart(struct world *world, int feed);
void sim_compact(struct world *world);
void sim_control_event(struct world *world);
void sim_steward(struct world *world);
void sim_lane_turn(struct world *world, enum lane_id id);
void sim_zombie_turn(struct world *world, enum lane_id id);
void sim_lane_crash(struct world *world, enum lane_id id);
/** Is the row (-1: none) in scope? */
bool sim_in_scope(const struct sim_scope *scope, int value);

/* consumer.c */
void sim_consumer_turn(struct world *world, int connection);
void sim_consumer_restore(struct world *world, int connection);
/** Newest committed inbox record of the stream; NULL: none. */
const struct sim_notice *sim_notice_of(struct world *world, int connection, int generation);
const struct sim_copy *sim_active_copy(const struct sim_target *target);

/** Feed seq of the newest sync point of at most this T. */
int64_t sim_sync_seq(struct world *world, int connection, int64_t incarnation, lt_time time);

/* check.c */
/** Invariants over the logs; sets the violation. */
void sim_check_logs(struct world *world);
/** What must hold when faults have ended: true, or *why. */
bool sim_is_settled(struct world *world, char *why, size_t size);
/** Are the rows those of the scope at some feed seq >= from? */
bool sim_rows_fit(struct world *world,
                  int connection,
                  const struct lane_stream *told,
                  const int *rows,
                  int64_t from);

/* main loop: false = a violation; the text is in world->violation. */
bool sim_schedule(struct world *world, uint64_t seed, int events, const bool *skip, bool trace);
int sim_schedule_length(uint64_t seed);
/** Directed schedules: histories that the random ones hardly ever have. */
enum sim_directed {
    SIM_DEADLINE, /**< a row is superseded beyond E0 and cleaned before the load comes to it (8.2)
                   */
    SIM_E0, /**< so is a leave-event below E0, and the record at E0 is of that row (8.2, 8.3) */
    SIM_DIRECTED
};
bool sim_directed(struct world *world, enum sim_directed which, bool trace);
void sim_world_fini(struct world *world);
