/*
 * Happy path of a turn: poll what is there (inbox and streams), hand each copy that got something
 * to the applier, take the steps that notices or positions call for, and once a second look at
 * clocks and at streams that are shorter than the inbox says.
 *
 * Failures.  Another process moved a position, or an uncertain end: forget what was read and load
 * the stored positions again.  The database is away: the same on a new session, with back-off.
 * The broker is away: librdkafka comes back by itself; stamps age meanwhile (D41.2b-12).  A stream
 * that may not be read (a hold) waits by itself, the others go on (D43-resume).
 */
#include "consumer-postgres/follow_priv.h"

#include "base/log.h"
#include "base/mem.h"
#include "change/ids.h"

#include <librdkafka/rdkafka.h>
#include <string.h>

#define IDLE_POLL_MS  100
#define TICK_MS       1000
#define SHORT_MS      5000
#define INBOX_WAIT_MS 30000
#define BACKOFF_BASE  200
#define BACKOFF_CAP   10000
#define AWAY_CAP      1500 /* a broker or database that is back is used at once */

void lt_follow_metrics_register(struct lt_follow_metrics *m)
{
    m->records = lt_metric_counter("lienthong_consumer_records_total", "records applied", NULL);
    m->rejected = lt_metric_counter("lienthong_consumer_rejected_total",
                                    "records that could not be applied", NULL);
    m->batches = lt_metric_counter("lienthong_consumer_batches_total", "transactions", NULL);
    m->reloads = lt_metric_counter("lienthong_consumer_reloads_total",
                                   "times the stored positions were loaded again", NULL);
    m->holes = lt_metric_counter("lienthong_consumer_holes_total",
                                 "compacted places passed over in a first reading", NULL);
    m->gaps = lt_metric_counter("lienthong_consumer_gaps_total", "gaps found", NULL);
    m->unreadable = lt_metric_gauge("lienthong_consumer_unreadable_streams",
                                    "streams that may not be read now", NULL);
    m->skew_ms = lt_metric_gauge("lienthong_consumer_clock_skew_milliseconds",
                                 "largest difference of clocks found", NULL);
}

/* ---- inbox ---- */

static int take_inbox(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)reterr;
    struct follow *f = arg;
    struct lt_error err = {0};
    char connection[LT_ID_MAX], stream[LT_TOPIC_MAX];
    int64_t generation;
    f->clock.newest_append = LT_MAX(f->clock.newest_append, message->append_time);
    f->last_append = message->append_time;
    f->notices_stale = true;
    if (lt_inbox_take(f->inbox, message->key, message->value, message->append_time, &err))
        lt_log_error(LT_LOG_ERROR, "inbox_record_refused", &err, NULL);
    if (message->key.data && message->key.len < sizeof(stream)) {
        memcpy(stream, message->key.data, message->key.len);
        stream[message->key.len] = '\0';
        if (lt_stream_parse(stream, connection, &generation, NULL) == 0)
            lt_follow_dirty(f, connection);
        else
            f->all_dirty = true; /* a schema: any stream may have waited for it */
    }
    return 0;
}

static int read_inbox(struct follow *f, struct lt_error *reterr)
{
    int64_t next;
    f->inbox = lt_inbox_new();
    if (lt_bus_read_to_end(&f->bus, f->inbox_topic, LT_OFFSET_BEGIN, INBOX_WAIT_MS, take_inbox, f,
                           &next, reterr) ||
        lt_reader_add(f->reader, f->inbox_topic, next, reterr)) {
        if (reterr->class == LT_ERR_REJECT)
            reterr->class = LT_ERR_RETRY; /* not there yet: the steward makes it */
        return -1;
    }
    f->all_dirty = true;
    lt_log(LT_LOG_INFO, "inbox_read", "topic", f->inbox_topic, "next", lt_logf("%ld", (long)next),
           NULL);
    return 0;
}

/* ---- polling ---- */

static void damage(struct lt_track *track, int64_t seen, const char *reason)
{
    track->fault = (struct lt_fault){.found = true,
                                     .state = LT_COPY_DAMAGED,
                                     .expected = track->to.seq + 1,
                                     .seen = seen,
                                     .reason = reason};
}

static void topic_failed(struct follow *f, const struct lt_error *err)
{
    const char *topic = lt_reader_failed_topic(f->reader);
    struct lt_track *track = topic ? lt_follow_track(f, topic) : NULL;
    if (!track) {
        lt_log_error(LT_LOG_WARN, "topic_unreadable", err, "topic", topic, NULL);
        return;
    }
    if (err->code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        if (!track->fault.found)
            damage(track, 0, "offset");
        return;
    }
    if (!track->unreadable)
        lt_log_error(LT_LOG_NOTICE, "stream_unreadable", err, "stream", track->copy->stream, NULL);
    track->unreadable = true;
}

/* 1 record taken, 0 none came, -1 FATAL. */
static int poll_once(struct follow *f, int64_t timeout_ms, bool *ret_full, struct lt_error *reterr)
{
    struct lt_message message;
    struct lt_error err = {0};
    const int rc = lt_reader_poll(f->reader, timeout_ms, &message, &err);
    if (rc < 0 && err.class == LT_ERR_FATAL)
        return *reterr = err, -1;
    if (rc < 0 && err.class == LT_ERR_REJECT)
        topic_failed(f, &err);
    else if (rc < 0)
        lt_log_error(LT_LOG_WARN, "broker_away", &err, NULL);
    if (rc <= 0)
        return 0;
    if (strcmp(message.topic, f->inbox_topic) == 0) {
        take_inbox(f, &message, NULL);
        lt_message_release(&message);
        return 1;
    }
    lt_follow_notices(f);
    struct lt_track *track = lt_follow_track(f, message.topic);
    if (!track || !track->noticed) {
        lt_message_release(&message);
        return 1;
    }
    f->clock.newest_append = LT_MAX(f->clock.newest_append, message.append_time);
    f->last_append = message.append_time;
    lt_track_feed(track, &message, f->clock.now);
    *ret_full =
        lt_track_is_full(track, (size_t)f->conf->batch_records, (size_t)f->conf->batch_bytes);
    return 1;
}

/* What is there now, and what comes within the batch time of the first record. */
static int poll_batch(struct follow *f, struct lt_error *reterr)
{
    bool full = false;
    f->clock.now = lt_now();
    int rc = poll_once(f, IDLE_POLL_MS, &full, reterr);
    const int64_t end = lt_monotonic_ms() + f->conf->batch_ms;
    for (int64_t left; rc > 0 && !full && (left = end - lt_monotonic_ms()) >= 0;)
        rc = poll_once(f, left, &full, reterr);
    return rc < 0 ? -1 : 0;
}

/* ---- once a second ---- */

/* Three clocks: ours, the broker's (append times), the target's (which the views ask). */
static int check_clocks(struct follow *f, struct lt_error *reterr)
{
    lt_time ahead;
    if (lt_target_clock(f->target, &ahead, reterr))
        return -1;
    const lt_time behind = f->last_append - lt_now();
    const lt_time worst = behind > 0 ? LT_MAX(behind, ahead < 0 ? -ahead : ahead) : ahead;
    const enum lt_skew skew =
        lt_skew_class(worst, f->conf->skew_alarm_ms * LT_MILLI, f->conf->skew_bound_ms * LT_MILLI);
    lt_metric_set(f->metrics->skew_ms, worst / LT_MILLI);
    if (skew != f->skew)
        lt_log(skew == LT_SKEW_FINE ? LT_LOG_NOTICE : LT_LOG_ERROR, "clock_skew", "milliseconds",
               lt_logf("%ld", (long)(worst / LT_MILLI)), "stamping",
               skew == LT_SKEW_STOP ? "stopped" : "goes_on", NULL);
    f->skew = skew;
    f->clock.trusted = skew != LT_SKEW_STOP;
    return 0;
}

/* protocol 9.6: all is read and the inbox promised more.  The notice came in one transaction with
 * its deliveries, so an end that is readable and read holds them or never will.  A first reading
 * that waits for its mark beyond the end waits for nothing: the topic is another one. */
static void check_short(struct follow *f, struct lt_track *track)
{
    int64_t low, lso, hw;
    const int64_t promised = lt_track_promised(track);
    const bool is_short = lt_gap_short(&track->to, promised);
    const bool is_first = track->to.next_offset < track->copy->is.at.e0;
    if (!track->reading || track->unreadable || track->fault.found || track->pending.count ||
        !(is_short || is_first) ||
        lt_asker_watermarks(f->asker, track->topic, &low, &lso, &hw, NULL))
        return;
    if (lt_gap_other_topic(&track->copy->is.at, hw))
        damage(track, promised, "other topic");
    else if (is_short && lso == hw && lt_reader_position(f->reader, track->topic) >= hw)
        damage(track, promised, "short");
}

/* A cluster made anew (Kafka's data were lost) answers under the old address: its inbox is another
 * one, and so are all offsets that were read. */
static int check_cluster(struct follow *f, struct lt_error *reterr)
{
    char id[LT_CLUSTER_ID_MAX];
    lt_reader_cluster_id(f->reader, id);
    if (lt_cluster_is_another(f->cluster_id, id))
        return lt_fail(reterr, LT_ERR_ABORT, "kafka", 0,
                       "another Kafka cluster answers: %s, it was %s", id, f->cluster_id);
    return 0;
}

static int tick(struct follow *f, struct lt_error *reterr)
{
    const int64_t now = lt_monotonic_ms();
    if (now < f->next_tick_ms)
        return 0;
    f->next_tick_ms = now + TICK_MS;
    if (check_cluster(f, reterr) || lt_follow_settle(f, reterr))
        return -1;
    int64_t unreadable = 0;
    bool unblock = false;
    for (size_t i = 0; i < f->track_count; i++) {
        const struct lt_track *track = f->tracks[i];
        unreadable += track->unreadable;
        unblock = unblock || (track->blocked_until_ms && track->blocked_until_ms <= now);
    }
    lt_metric_set(f->metrics->unreadable, unreadable);
    for (size_t i = 0; now >= f->next_short_ms && i < f->track_count; i++)
        check_short(f, f->tracks[i]);
    f->next_short_ms = now >= f->next_short_ms ? now + SHORT_MS : f->next_short_ms;
    if (unblock && lt_follow_reload(f, reterr))
        return -1;
    return check_clocks(f, reterr);
}

/* ---- life ---- */

static int open_bus(struct follow *f, struct lt_error *reterr)
{
    if (!f->reader)
        f->reader = lt_reader_open(&f->bus, true, LT_READ_STEADY, reterr);
    if (f->reader && !f->asker)
        f->asker = lt_asker_open(&f->bus, reterr);
    return f->asker ? 0 : -1;
}

static void close_bus(struct follow *f)
{
    lt_follow_tracks_fini(f);
    lt_reader_close(f->reader);
    lt_asker_close(f->asker);
    f->reader = NULL;
    f->asker = NULL;
    lt_inbox_free(f->inbox);
    f->inbox = NULL;
    f->cluster_id[0] = '\0';
}

static void close_target(struct follow *f)
{
    lt_follow_tracks_fini(f);
    lt_copies_fini(&f->copies);
    lt_target_close(f->target);
    f->target = NULL;
}

/* Everything that is missing, then the stored positions. */
static int begin(struct follow *f, struct lt_error *reterr)
{
    const struct lt_target_options options = lt_consumer_target(f->conf, lt_stopping);
    if (!f->target && !(f->target = lt_target_open(&options, reterr)))
        return -1;
    if (open_bus(f, reterr))
        return -1;
    if (!f->inbox && read_inbox(f, reterr)) {
        lt_inbox_free(f->inbox);
        f->inbox = NULL;
        return -1;
    }
    f->all_dirty = true;
    return check_clocks(f, reterr) || lt_follow_reload(f, reterr) ? -1 : 0;
}

static int turn(struct follow *f, struct lt_error *reterr)
{
    return poll_batch(f, reterr) || lt_follow_flush(f, reterr) || lt_follow_steps(f, reterr) ||
                   tick(f, reterr)
               ? -1
               : 0;
}

/* The end of what is under way is learned from the database (protocol 9.1). */
static void abandon(struct follow *f)
{
    struct lt_applied applied;
    struct lt_error err = {0};
    f->under_way = NULL;
    if (lt_applier_settle(f->applier, &applied, &err))
        lt_log_error(LT_LOG_DEBUG, "batch_abandoned", &err, NULL);
}

/* What an error means for what we hold; -1 when the program must end. */
static int recover(struct follow *f, const struct lt_error *err)
{
    abandon(f);
    const bool ours = strcmp(err->domain ? err->domain : "", "kafka") != 0;
    if (lt_stopping())
        return 0;
    lt_log_error(err->class == LT_ERR_FATAL ? LT_LOG_ERROR : LT_LOG_WARN, "starting_over", err,
                 NULL);
    lt_metric_add(f->metrics->reloads, 1);
    if (err->class == LT_ERR_FATAL)
        return -1;
    if (!ours)
        close_bus(f);
    else if (err->class != LT_ERR_ABORT)
        close_target(f);
    return 0;
}

static void run_session(struct follow *f, struct lt_error *reterr)
{
    bool ready = false;
    if (begin(f, reterr))
        return;
    while (!lt_stopping()) {
        if (turn(f, reterr))
            return;
        if (!ready)
            lt_notify("READY=1");
        ready = true;
    }
}

int lt_follow_run(const struct lt_consumer_conf *conf,
                  const struct lt_follow_metrics *metrics,
                  struct lt_error *reterr)
{
    struct follow f = {.conf = conf,
                       .metrics = metrics,
                       .bus = lt_consumer_bus(conf),
                       .applier = lt_applier_start(lt_apply),
                       .clock = {.newest_append = LT_TIME_NONE, .trusted = true},
                       .last_append = 0};
    int64_t delay = 0;
    uint64_t seed = (uint64_t)lt_now();
    int rc = 0;
    lt_topic_inbox(conf->application, f.inbox_topic);
    while (rc == 0 && !lt_stopping()) {
        struct lt_error err = {0};
        const int64_t started = lt_monotonic_ms();
        run_session(&f, &err);
        rc = recover(&f, &err);
        if (rc && reterr)
            *reterr = err;
        if (lt_monotonic_ms() - started > BACKOFF_CAP)
            delay = 0;
        const int64_t cap = err.class == LT_ERR_RETRY ? AWAY_CAP : BACKOFF_CAP;
        delay = lt_backoff_ms(delay, BACKOFF_BASE, cap, lt_random_next(&seed));
        if (rc == 0)
            lt_stop_wait(delay);
    }
    close_bus(&f);
    close_target(&f);
    lt_applier_stop(f.applier);
    return rc;
}
