#include "sim/kafka.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

uint64_t sim_random(uint64_t *state, uint64_t below)
{
    return lt_random_next(state) % below;
}

static bool happens(struct sim_kafka *kafka, int percent)
{
    return percent > 0 && (int)sim_random(kafka->random, 100) < percent;
}

void sim_kafka_reset(struct sim_kafka *kafka)
{
    for (int i = 0; i < SIM_PARTS_MAX; i++) {
        struct sim_part *part = &kafka->parts[i];
        part->exists = false;
        part->count = 0;
        part->epoch[0] = part->epoch[1] = 0;
    }
    kafka->count = 0;
    kafka->coord[0] = kafka->coord[1] = (struct sim_coord){0};
}

void sim_kafka_fini(struct sim_kafka *kafka)
{
    for (int i = 0; i < SIM_PARTS_MAX; i++)
        free(kafka->parts[i].records);
}

void sim_kafka_lose(struct sim_kafka *kafka)
{
    for (int i = 0; i < SIM_PARTS_MAX; i++) {
        kafka->parts[i].count = 0;
        kafka->parts[i].epoch[0] = kafka->parts[i].epoch[1] = 0;
    }
    for (int tid = 0; tid < 2; tid++) {
        const int epoch = kafka->coord[tid].epoch;
        kafka->coord[tid] = (struct sim_coord){.epoch = epoch + 1, .unknown = epoch};
    }
}

int sim_lso(const struct sim_part *part)
{
    for (int i = 0; i < part->count; i++)
        if (part->records[i].status == SIM_OPEN)
            return i;
    return part->count;
}

static void write_marker(struct sim_kafka *kafka, int tid, int at)
{
    struct sim_coord *coord = &kafka->coord[tid];
    struct sim_part *part = &kafka->parts[at];
    coord->pending &= ~(1ull << at);
    if (!part->exists || happens(kafka, kafka->faults.lose))
        return;
    part->epoch[tid] = LT_MAX(part->epoch[tid], coord->marker_epoch);
    for (int i = 0; i < part->count; i++)
        if (part->records[i].tid == tid && part->records[i].status == SIM_OPEN)
            part->records[i].status = coord->commits ? SIM_COMMITTED : SIM_ABORTED;
}

void sim_markers(struct sim_kafka *kafka, int tid, bool all)
{
    struct sim_coord *coord = &kafka->coord[tid];
    int at = (int)sim_random(kafka->random, SIM_PARTS_MAX);
    for (int i = 0; i < SIM_PARTS_MAX && coord->pending; i++, at = (at + 1) % SIM_PARTS_MAX) {
        if (!(coord->pending >> at & 1))
            continue;
        write_marker(kafka, tid, at);
        if (!all)
            return;
    }
}

static void decide(struct sim_kafka *kafka, int tid, bool commits)
{
    struct sim_coord *coord = &kafka->coord[tid];
    sim_markers(kafka, tid, true);
    coord->pending = coord->members;
    coord->members = 0;
    coord->commits = commits;
    coord->marker_epoch = coord->epoch;
    coord->ongoing = false;
}

int sim_init(struct sim_kafka *kafka, int tid)
{
    struct sim_coord *coord = &kafka->coord[tid];
    coord->epoch++;
    if (coord->ongoing)
        decide(kafka, tid, false);
    sim_markers(kafka, tid, true);
    return coord->epoch;
}

static bool has_open(const struct sim_part *part, int tid, int epoch)
{
    for (int i = part->count - 1; i >= 0; i--)
        if (part->records[i].tid == tid && part->records[i].status == SIM_OPEN)
            return part->records[i].epoch == epoch;
    return false;
}

static void append(struct sim_kafka *kafka, int tid, int epoch, int at, const struct sim_record *r)
{
    struct sim_part *part = &kafka->parts[at];
    if (part->count == part->cap) {
        part->cap = part->cap ? part->cap * 2 : 64;
        part->records = lt_realloc(part->records, (size_t)part->cap * sizeof(*r));
    }
    struct sim_record *record = &part->records[part->count++];
    *record = *r;
    record->tid = tid;
    record->epoch = epoch;
    record->status = SIM_OPEN;
    record->removed = false;
    record->alone = 0;
    record->append = *kafka->now;
    record->event = *kafka->event;
    part->epoch[tid] = epoch;
}

enum sim_result
sim_produce(struct sim_kafka *kafka, int tid, int epoch, int at, const struct sim_record *record)
{
    struct sim_coord *coord = &kafka->coord[tid];
    struct sim_part *part = &kafka->parts[at];
    if (epoch <= coord->unknown)
        return SIM_UNSURE;
    if (epoch < part->epoch[tid])
        return SIM_FENCED;
    if (epoch != coord->epoch) {
        /* A fenced writer: taken by a partition that has its transaction open (1.5). */
        if (!has_open(part, tid, epoch))
            return SIM_FENCED;
        append(kafka, tid, epoch, at, record);
        return SIM_OK;
    }
    if (!coord->ongoing) {
        sim_markers(kafka, tid, true);
        coord->ongoing = true;
        coord->begun = *kafka->now;
    }
    coord->members |= 1ull << at;
    append(kafka, tid, epoch, at, record);
    return SIM_OK;
}

enum sim_result sim_commit(struct sim_kafka *kafka, int tid, int epoch)
{
    struct sim_coord *coord = &kafka->coord[tid];
    if (epoch <= coord->unknown)
        return SIM_UNSURE;
    if (epoch != coord->epoch)
        return SIM_FENCED;
    if (happens(kafka, kafka->faults.unsure)) {
        if (happens(kafka, 60))
            decide(kafka, tid, happens(kafka, 80));
        return SIM_UNSURE;
    }
    decide(kafka, tid, true);
    return SIM_OK;
}

void sim_abort(struct sim_kafka *kafka, int tid, int epoch)
{
    if (epoch == kafka->coord[tid].epoch && kafka->coord[tid].ongoing)
        decide(kafka, tid, false);
    sim_markers(kafka, tid, true);
}

void sim_time_out(struct sim_kafka *kafka, int tid, lt_time timeout)
{
    struct sim_coord *coord = &kafka->coord[tid];
    if (!coord->ongoing || *kafka->now - coord->begun <= timeout)
        return;
    coord->epoch++;
    decide(kafka, tid, false);
}
