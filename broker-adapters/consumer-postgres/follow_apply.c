/*
 * Handing batches to the applier, one at a time: while the database works on one, the next is
 * decoded.  Everything else that asks the target or changes a copy settles what is under way first.
 */
#include "consumer-postgres/follow_priv.h"

#include "base/log.h"

/* The database refused for good: this copy waits, the others go on. */
static void block(struct follow *f, struct lt_track *track, const struct lt_error *err)
{
    lt_log_error(LT_LOG_ERROR, "copy_blocked", err, "stream", track->copy->stream, NULL);
    lt_follow_block(f, track);
}

static void
count_applied(const struct follow *f, struct lt_track *track, const struct lt_applied *applied)
{
    if (applied->rejected)
        lt_log(LT_LOG_WARN, "records_set_aside", "stream", track->copy->stream, "count",
               lt_logf("%zu", applied->rejected), NULL);
    lt_metric_add(f->metrics->records, (int64_t)applied->records);
    lt_metric_add(f->metrics->batches, applied->records != 0);
    lt_metric_add(f->metrics->rejected, (int64_t)applied->rejected);
    lt_metric_add(f->metrics->holes, (int64_t)track->holes);
    track->holes = 0;
}

int lt_follow_settle(struct follow *f, struct lt_error *reterr)
{
    struct lt_track *track = f->under_way;
    struct lt_applied applied;
    struct lt_error err = {0};
    if (!track)
        return 0;
    f->under_way = NULL;
    const int rc = lt_applier_settle(f->applier, &applied, &err);
    if (rc && err.class != LT_ERR_FATAL)
        return *reterr = err, -1;
    if (rc) {
        block(f, track, &err);
        return 0;
    }
    count_applied(f, track, &applied);
    if (lt_track_is_loaded(track))
        lt_follow_dirty(f, track->copy->connection);
    return 0;
}

static int carry_out_fault(struct follow *f, struct lt_track *track, struct lt_error *reterr)
{
    const struct lt_fault *fault = &track->fault;
    lt_log(fault->state == LT_COPY_DAMAGED ? LT_LOG_ERROR : LT_LOG_WARN, "copy_faulty", "stream",
           track->copy->stream, "state", lt_copy_state_name(fault->state), "expected",
           lt_logf("%ld", (long)fault->expected), "seen", lt_logf("%ld", (long)fault->seen),
           "reason", fault->reason, NULL);
    lt_metric_add(f->metrics->gaps, 1);
    if (lt_target_fault(f->target, track->copy, fault->state, fault->expected, fault->seen,
                        fault->reason, reterr))
        return -1;
    lt_follow_dirty(f, track->copy->connection);
    return 1;
}

/* A copy that is found faulty or complete waits for its last batch: both are acted upon. */
static int send(struct follow *f, struct lt_track *track, struct lt_error *reterr)
{
    if (lt_track_send(track, f->target, f->applier, &f->clock))
        f->under_way = track;
    if (!track->fault.found && !lt_track_is_loaded(track))
        return 0;
    if (lt_follow_settle(f, reterr))
        return -1;
    return track->fault.found ? carry_out_fault(f, track, reterr) : 0;
}

static void take_position(struct follow *f, struct lt_track *track)
{
    if (track->noticed && track->reading && !track->fault.found)
        track->to.next_offset =
            LT_MAX(track->to.next_offset, lt_reader_position(f->reader, track->topic));
}

/* 1: the copy is faulty now; 0; -1. */
static int flush(struct follow *f, struct lt_track *track, struct lt_error *reterr)
{
    const bool waits = track == f->under_way && track->pending.count == 0;
    if (track->blocked_until_ms || waits)
        return 0;
    take_position(f, track);
    if (lt_track_has_work(track, &f->clock)) {
        lt_track_decode(track);
        if (lt_follow_settle(f, reterr))
            return -1;
    }
    if (track->blocked_until_ms) /* by its batch before this one */
        return 0;
    lt_track_check_age(track, f->clock.now);
    return send(f, track, reterr);
}

static bool is_idle(const struct follow *f)
{
    for (size_t i = 0; i < f->track_count; i++)
        if (f->tracks[i]->pending.count)
            return false;
    return true;
}

int lt_follow_flush(struct follow *f, struct lt_error *reterr)
{
    bool faulty = false;
    f->clock.now = lt_now();
    lt_follow_notices(f);
    if (is_idle(f) && lt_follow_settle(f, reterr))
        return -1;
    for (size_t i = 0; i < f->track_count; i++) {
        const int rc = flush(f, f->tracks[i], reterr);
        if (rc < 0)
            return -1;
        faulty = faulty || rc > 0;
    }
    return faulty || f->tracks_stale ? lt_follow_reload(f, reterr) : 0;
}
