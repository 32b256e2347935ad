/*
 * Following the source, one turn of the loop: read the stream while a batch has room, vouch, hand
 * over what is due, answer the server, look after the inbox and the snapshot, wait.
 *
 * Kafka slow or away: both batches are under way, the stream is not read, the server still gets its
 * answers.  Anything fails or needs a new beginning: the run ends, the next one starts from what is
 * stored.
 */
#include "provider-postgres/run.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/daemon.h"
#include "pg/sqlstate.h"
#include "provider-postgres/changed.h"
#include "provider-postgres/provider_metrics.h"

#define MESSAGES_A_TURN  2000
#define STATUS_MS        1000
#define INBOX_MS         100
#define INBOX_SETTLED_MS 300
#define ALL_READY_MS     3000
#define RECHECK_MS       1000
#define IDLE_MS          10000
#define KEEPALIVE_MS     10000
#define KEEPALIVE_BYTES  ((uint64_t)16 << 20)
#define DRAIN_MS         15000
#define WITHHELD_TELL_MS 10000
#define WAIT_MS          50

struct follow {
    struct run *run;
    struct batch_limits limits;
    struct capture capture;
    struct changed changed;
    struct ack ack;
    struct batch *batch;
    bool streams;     /* a replication stream is open */
    bool reply_asked; /* the server waits for a status */
    bool full_turn;   /* more may be there to read at once */
    bool again;       /* the inbox changed: a new start when it is quiet */
    bool closing;     /* the snapshot is written: nothing more is begun, so that the writer rests */
    uint64_t received, told;
    uint64_t stored_safe; /* of the position handed over last */
    int64_t stored_ms, status_ms, inbox_ms, changed_ms, withheld_ms;
};

/* ---- batches ---- */

static bool need_batch(struct follow *f)
{
    if (f->batch == NULL) {
        f->batch = writer_take(f->run->writer, POOL_STREAM);
    }
    return f->batch != NULL;
}

static void submit(struct follow *f)
{
    capture_seal(&f->capture, f->batch);
    if (f->batch->has_source) {
        f->stored_safe = f->batch->source.safe_lsn;
        f->stored_ms = lt_monotonic_ms();
    }
    lt_metric_add(provider_metrics.rows, (int64_t)f->batch->count);
    lt_metric_add(provider_metrics.batches, 1);
    writer_submit(f->run->writer, lt_steal(&f->batch));
}

static void submit_if_due(struct follow *f)
{
    if (f->batch != NULL &&
        batch_is_due(f->batch, &f->limits, f->capture.in_transaction, lt_monotonic_ms())) {
        submit(f);
    }
}

/* Nothing to write, but the server went on: its position is stored first, then acknowledged. */
static void store_keepalive(struct follow *f)
{
    const struct source_point *point = &f->capture.point;
    bool far = point->safe_lsn - f->stored_safe >= KEEPALIVE_BYTES;
    bool long_ago = lt_monotonic_ms() - f->stored_ms >= KEEPALIVE_MS;
    if (f->capture.point_moved && !f->capture.in_transaction && !f->ack.frozen &&
        (far || long_ago || f->reply_asked) && need_batch(f)) {
        submit(f);
    }
}

/* ---- the stream ---- */

static int
take_message(struct follow *f, const struct lt_repl_message *message, struct lt_error *reterr)
{
    if (message->keepalive) {
        f->received = LT_MAX(f->received, message->wal_end);
        f->reply_asked = f->reply_asked || message->reply;
        return capture_keepalive(&f->capture, message->wal_end, reterr);
    }
    f->received = LT_MAX(f->received, message->wal_start);
    return capture_message(&f->capture, message->data, f->batch, lt_monotonic_ms(), reterr);
}

static int read_stream(struct follow *f, struct lt_error *reterr)
{
    int n = 1;
    for (int i = 0; i < MESSAGES_A_TURN && need_batch(f); i++) {
        struct lt_repl_message message;
        n = lt_repl_next(f->run->repl, &message, reterr);
        if (n <= 0) {
            return n;
        }
        if (take_message(f, &message, reterr) != 0) {
            return -1;
        }
        submit_if_due(f);
    }
    f->full_turn = f->batch != NULL;
    return 0;
}

static int answer(struct follow *f, struct lt_error *reterr)
{
    int64_t now = lt_monotonic_ms();
    ack_seen(&f->ack, writer_seen(f->run->writer));
    bool moved = f->ack.value != f->told && now - f->status_ms >= STATUS_MS / 10;
    if (!moved && !f->reply_asked && now - f->status_ms < STATUS_MS) {
        return 0;
    }
    f->told = f->ack.value;
    f->status_ms = now;
    f->reply_asked = false;
    f->received = LT_MAX(f->received, f->told);
    lt_metric_set(provider_metrics.acknowledged, (int64_t)f->told);
    lt_metric_set(provider_metrics.received, (int64_t)f->received);
    return lt_repl_status(f->run->repl, f->received, f->told, reterr);
}

/* ---- sync points ---- */

static int vouch(struct follow *f, struct lt_error *reterr)
{
    const struct voucher *voucher = f->run->sync != NULL ? sync_peek(f->run->sync) : NULL;
    size_t points = 0;
    size_t changed = 0;
    if (voucher == NULL || !need_batch(f) ||
        !capture_vouch(&f->capture, voucher, f->batch, &points, &changed)) {
        return 0;
    }
    if (changed > 0 && changed_take(&f->changed, voucher, f->batch, reterr) != 0) {
        return -1;
    }
    if (points > 0) {
        lt_metric_add(provider_metrics.sync_points, (int64_t)points);
        lt_metric_set(provider_metrics.sync_time, voucher->time / LT_SECOND);
    }
    sync_release(f->run->sync);
    return 0;
}

/* A feed that ended in this run, or whose table looks different from when it was judged, is judged
 * again by a new start. */
static bool ended_changed(struct follow *f)
{
    const struct voucher *voucher = f->run->sync != NULL ? sync_peek(f->run->sync) : NULL;
    for (size_t i = 0; voucher != NULL && i < f->run->feeds.count; i++) {
        struct feed *feed = &f->run->feeds.items[i];
        if (feed->state == FEED_STREAMING || feed->state == FEED_WANTED) {
            continue;
        }
        if (!feed->judged ||
            memcmp(feed->judged_at, voucher->fingerprints[i], FINGERPRINT_BYTES) != 0) {
            return true;
        }
    }
    return false;
}

/* ---- inbox and snapshot ---- */

static int look_at_inbox(struct follow *f, struct lt_error *reterr)
{
    struct inbox *inbox = f->run->provider->inbox;
    int64_t now = lt_monotonic_ms();
    if (now - f->inbox_ms < INBOX_MS) {
        return 0;
    }
    f->inbox_ms = now;
    int n = inbox_poll(inbox, reterr);
    if (n > 0) {
        f->again = true;
        f->changed_ms = now;
    }
    lt_metric_set(provider_metrics.refused, inbox_refused(inbox));
    return n < 0 ? -1 : 0;
}

static void start_snapshot(struct follow *f)
{
    struct run *run = f->run;
    const struct snapshot_options options = {.conf = run->provider->conf,
                                             .feeds = &run->feeds,
                                             .writer = run->writer,
                                             .order = run->ready,
                                             .count = run->ready_count,
                                             .fresh = run->verdict.fresh,
                                             .drop_slot =
                                                 run->verdict.fresh && run->source.slot_exists,
                                             .wake_fd = run->wake_fd};
    ack_freeze(&f->ack);
    lt_log(LT_LOG_NOTICE, "snapshot_started", "feeds", lt_logf("%zu", run->ready_count), NULL);
    run->snapshot = snapshot_start(&options);
}

/* All that is wanted in one round, if it is ready soon. */
static bool may_start_snapshot(const struct follow *f)
{
    const struct run *run = f->run;
    return run->snapshot == NULL && run->ready_count > 0 && !f->again &&
           (run->ready_count == run->wanted_count ||
            lt_monotonic_ms() - run->started_ms >= ALL_READY_MS);
}

/* 1: the round is over and stored. */
static int look_at_snapshot(struct follow *f, struct lt_error *reterr)
{
    struct run *run = f->run;
    if (run->snapshot == NULL) {
        return 0;
    }
    lt_metric_set(provider_metrics.snapshot_rows, snapshot_rows(run->snapshot));
    enum snapshot_state state = snapshot_look(run->snapshot, reterr);
    if (state == SNAPSHOT_FAILED) {
        return -1;
    }
    f->closing = state == SNAPSHOT_DONE;
    if (!f->closing || !writer_is_quiet(run->writer)) {
        return 0;
    }
    lt_log(LT_LOG_NOTICE, "snapshot_finished", "rows",
           lt_logf("%lld", (long long)snapshot_rows(run->snapshot)), NULL);
    run->provider->fresh_reason[0] = '\0';
    run->provider->told_reason[0] = '\0';
    return 1;
}

/* Does the run end here, for a new start? */
static bool is_over(struct follow *f)
{
    const struct run *run = f->run;
    int64_t now = lt_monotonic_ms();
    if (run->snapshot != NULL) {
        return false;
    }
    if (f->again) {
        return now - f->changed_ms >= INBOX_SETTLED_MS;
    }
    /* signed, but its topic was not known to the broker yet */
    bool unknown = run->signed_count > run->ready_count;
    bool idle = run->verdict.fresh && now - run->started_ms >= IDLE_MS;
    return (unknown && now - run->started_ms >= RECHECK_MS) || idle || ended_changed(f);
}

/* ---- the loop ---- */

static void tell_withheld(struct follow *f)
{
    int64_t now = lt_monotonic_ms();
    if (now - f->withheld_ms < WITHHELD_TELL_MS) {
        return;
    }
    f->withheld_ms = now;
    for (size_t i = 0; f->streams && i < f->run->feeds.count; i++) {
        count_withheld(f->run->feeds.items[i].service->id, f->capture.withheld[i]);
        memset(f->capture.withheld[i], 0, sizeof(f->capture.withheld[i]));
    }
}

static int turn_stream(struct follow *f, struct lt_error *reterr)
{
    if (!f->streams) {
        return 0;
    }
    f->full_turn = false;
    if (!f->closing && (read_stream(f, reterr) != 0 || vouch(f, reterr) != 0)) {
        return -1;
    }
    changed_rest(&f->changed);
    submit_if_due(f);
    store_keepalive(f);
    return answer(f, reterr);
}

static void wait(const struct follow *f)
{
    bool readable = f->streams && f->batch != NULL && !f->closing;
    uint64_t count = 0;
    struct pollfd fds[] = {
        {.fd = f->run->wake_fd, .events = POLLIN},
        {.fd = readable ? PQsocket(lt_pg_raw(f->run->repl)) : -1, .events = POLLIN},
    };
    if (f->full_turn) {
        return;
    }
    int ms = f->batch != NULL && !batch_is_empty(f->batch) ? (int)LT_MIN(f->limits.age_ms, WAIT_MS)
                                                           : WAIT_MS;
    if (poll(fds, 2, ms) > 0 && (fds[0].revents & POLLIN) != 0) {
        ssize_t n = read(f->run->wake_fd, &count, sizeof(count));
        (void)n;
    }
}

static int follow(struct follow *f, struct lt_error *reterr)
{
    while (!lt_stopping()) {
        if (writer_failed(f->run->writer, reterr) || look_at_inbox(f, reterr) != 0 ||
            turn_stream(f, reterr) != 0) {
            return -1;
        }
        if (may_start_snapshot(f)) {
            start_snapshot(f);
        }
        int done = look_at_snapshot(f, reterr);
        if (done != 0) {
            return done < 0 ? -1 : 0;
        }
        if (is_over(f)) {
            return 0;
        }
        tell_withheld(f);
        wait(f);
    }
    return 0;
}

/* ---- beginning and end ---- */

static int64_t sync_interval(const struct run *run)
{
    int64_t ms = run->provider->conf->sync_interval_ms;
    for (size_t i = 0; i < run->feeds.count; i++) {
        int64_t period = run->feeds.items[i].service->use_period;
        if (period > 0) {
            ms = LT_MIN(ms, LT_MAX(period / 20 / LT_MILLI, 100));
        }
    }
    return ms;
}

static int begin(struct follow *f, struct lt_error *reterr)
{
    struct run *run = f->run;
    const struct provider_conf *conf = run->provider->conf;
    f->status_ms = f->stored_ms = f->withheld_ms = lt_monotonic_ms();
    lt_pg_close(run->pg);
    run->pg = NULL;
    if (run->verdict.fresh) {
        return 0;
    }
    capture_start(&f->capture, &run->feeds, run->progress.source, &run->verdict);
    f->changed = (struct changed){.conf = conf, .feeds = &run->feeds, .capture = &f->capture};
    capture_looks(&f->capture, changed_look, &f->changed);
    ack_start(&f->ack, run->source.confirmed);
    f->stored_safe = (uint64_t)run->progress.source->safe_lsn;
    if (lt_repl_start(run->repl, conf->slot, conf->publication, run->verdict.start, reterr) != 0) {
        return -1;
    }
    f->streams = true;
    run->sync = sync_start(conf, &run->feeds, &run->source, sync_interval(run), run->wake_fd);
    char from[24];
    lt_lsn_format(run->verdict.start, from);
    lt_log(LT_LOG_INFO, "streaming", "from", from, "must_pass",
           run->verdict.must_pass ? "yes" : "no", NULL);
    return 0;
}

/* What is in the batch is written, and the slot told, so that a new start has little to repeat. */
static void drain(struct follow *f)
{
    struct lt_error why;
    int64_t deadline = lt_monotonic_ms() + DRAIN_MS;
    if (f->batch != NULL) {
        submit(f);
    }
    while (lt_monotonic_ms() < deadline && !writer_failed(f->run->writer, &why) &&
           !writer_is_quiet(f->run->writer)) {
        lt_sleep_ms(2);
    }
    if (f->streams) {
        ack_seen(&f->ack, writer_seen(f->run->writer));
        int rc = lt_repl_status(f->run->repl, f->received, f->ack.value, &why);
        (void)rc; /* the server keeps what it was told before */
    }
}

/* Two failures do not go away by starting over: another history, and changes from before the
 * publication was made (the server decodes with the catalog of that time). */
static void remember_why_fresh(struct follow *f, struct lt_error *err)
{
    struct provider *p = f->run->provider;
    bool unpublished = strcmp(err->domain, "pg") == 0 && err->code == lt_sqlstate("42704");
    if (f->capture.gap || unpublished) {
        snprintf(p->fresh_reason, sizeof(p->fresh_reason), "%.190s", err->msg);
        err->class = LT_ERR_RETRY;
    }
}

int run_follow(struct run *run, struct lt_error *reterr)
{
    struct follow f = {.run = run,
                       .limits = {.rows = (size_t)run->provider->conf->batch_rows,
                                  .bytes = (size_t)run->provider->conf->batch_bytes,
                                  .age_ms = run->provider->conf->batch_age_ms,
                                  .split_rows = (size_t)run->provider->conf->split_rows}};
    int rc = begin(&f, reterr);
    if (rc == 0) {
        rc = follow(&f, reterr);
    }
    if (rc == 0) {
        drain(&f);
    } else if (f.streams) {
        remember_why_fresh(&f, reterr);
    }
    batch_free(f.batch);
    if (f.streams) {
        changed_rest(&f.changed);
        capture_fini(&f.capture);
    }
    return rc;
}
