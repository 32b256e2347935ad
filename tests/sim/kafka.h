/**
 * @file
 * A model of Kafka's transactions as far as protocol.md 1 tells: delayed and lost markers,
 * uncertain commits, fenced writers whose late records are still taken, aborted and committed
 * records side by side, compaction.  One partition per topic.  Deterministic.
 */
#pragma once

#include "change/lt_header.h"
#include "routing/stand.h"

enum sim_status { SIM_OPEN, SIM_COMMITTED, SIM_ABORTED };
enum sim_kind { SIM_EMPTY, SIM_CURSOR, SIM_FEED, SIM_DELIVERY, SIM_NOTICE, SIM_STAND };

struct sim_delivery {
    int64_t seq, pos;
    enum lt_op op;
    int key, value;
};
struct sim_notice {
    struct lane_stream stream;
    bool over;
};
struct sim_stand {
    char clause[LANE_REASON_MAX];
    lt_time since;
    bool over;
};
struct sim_record {
    enum sim_kind kind;
    enum sim_status status;
    int tid, epoch;
    bool removed; /* by compaction */
    lt_time append;
    lt_time alone; /* of a tombstone: since when nothing older of its key is left; 0: not yet */
    int event;     /* of the schedule, when it was produced */
    union {
        struct lane_stream cursor;
        struct lane_feed feed;
        struct sim_delivery delivery;
        struct sim_notice notice;
        struct sim_stand stand;
    };
};
struct sim_part {
    bool exists;
    struct sim_record *records;
    int count, cap;
    int epoch[2]; /* newest epoch seen, per transactional id */
};

/* One coordinator entry per transactional id. */
struct sim_coord {
    int epoch;
    bool ongoing;
    lt_time begun;
    uint64_t members; /* partitions of the ongoing transaction */
    uint64_t pending; /* partitions whose marker is still to be written */
    bool commits;     /* what the pending markers say */
    int marker_epoch;
    int unknown; /* epochs up to here are of a cluster that is lost: nobody knows them */
};

#define SIM_PARTS_MAX 64
struct sim_faults {
    int lose, unsure; /* percent */
};
struct sim_kafka {
    struct sim_part parts[SIM_PARTS_MAX];
    int count;
    struct sim_coord coord[2];
    struct sim_faults faults;
    uint64_t *random;
    lt_time *now;
    int *event;
};

enum sim_result { SIM_OK, SIM_UNSURE, SIM_FENCED };

void sim_kafka_reset(struct sim_kafka *kafka);
void sim_kafka_fini(struct sim_kafka *kafka);
/** Every partition is empty, every transaction forgotten; nobody's epoch is good any more. */
void sim_kafka_lose(struct sim_kafka *kafka);
/** First offset that a read_committed reader cannot pass. */
int sim_lso(const struct sim_part *part);
int sim_init(struct sim_kafka *kafka, int tid);
/** *record is copied; the partition must exist. */
enum sim_result
sim_produce(struct sim_kafka *kafka, int tid, int epoch, int part, const struct sim_record *record);
enum sim_result sim_commit(struct sim_kafka *kafka, int tid, int epoch);
void sim_abort(struct sim_kafka *kafka, int tid, int epoch);
/** Writes (or loses) one pending marker of the id; `all`: every one. */
void sim_markers(struct sim_kafka *kafka, int tid, bool all);
/** The coordinator ends a transaction that is older than the time-out. */
void sim_time_out(struct sim_kafka *kafka, int tid, lt_time timeout);
uint64_t sim_random(uint64_t *state, uint64_t below);
