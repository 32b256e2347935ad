#include "provider-postgres/sync.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "provider-postgres/provider_metrics.h"

struct sync {
    const struct provider_conf *conf;
    const struct service **services; /* of the feeds, in their order */
    size_t service_count;
    struct source source;
    int64_t interval_ms;
    int wake_fd;
    pthread_t thread;
    atomic_bool stop, ready;
    enum lt_skew skew;      /* the thread's */
    struct voucher voucher; /* the thread's while !ready, the reader's while ready */
};

static const char identity_sql[] =
    "SELECT s.system_identifier::text, left(pg_walfile_name(pg_current_wal_lsn()), 8)"
    " FROM pg_control_system() s";

/* Is this session on the server that we stream from? */
static int check_identity(struct sync *sync, struct lt_pg *pg, struct lt_error *reterr)
{
    LT_CLEANUP(lt_pg_clearp) PGresult *res = lt_pg_query(pg, identity_sql, 0, NULL, reterr);
    char timeline[16];
    if (res == NULL) {
        return -1;
    }
    snprintf(timeline, sizeof(timeline), "%08X", (unsigned)sync->source.system.timeline);
    if (strcmp(lt_pg_text(res, 0, 0), sync->source.system.system_id) != 0 ||
        strcmp(lt_pg_text(res, 0, 1), timeline) != 0) {
        return lt_fail(reterr, LT_ERR_RETRY, "provider", 0,
                       "the sync session is on another server");
    }
    return 0;
}

/* L in its own transaction, flushed whatever the server's setting. */
static int emit(struct lt_pg *pg, uint64_t *ret, struct lt_error *reterr)
{
    if (lt_pg_exec(pg, "BEGIN; SET LOCAL synchronous_commit = on", reterr) != 0) {
        return -1;
    }
    LT_CLEANUP(lt_pg_clearp)
    PGresult *res =
        lt_pg_query(pg, "SELECT pg_logical_emit_message(true, 'lienthong', '')", 0, NULL, reterr);
    if (res == NULL || lt_lsn_parse(lt_pg_text(res, 0, 0), ret, reterr) != 0) {
        return -1;
    }
    return lt_pg_exec(pg, "COMMIT", reterr);
}

static void judge_clock(struct sync *sync, lt_time apart)
{
    enum lt_skew skew = lt_skew_class(apart, sync->conf->skew_alarm_ms * LT_MILLI,
                                      sync->conf->skew_bound_ms * LT_MILLI);
    lt_metric_set(provider_metrics.skew_ms, apart / LT_MILLI);
    if (skew != sync->skew) {
        lt_log(skew == LT_SKEW_FINE ? LT_LOG_NOTICE : LT_LOG_ERROR, "clock_skew", "milliseconds",
               lt_logf("%lld", (long long)(apart / LT_MILLI)), "sync_points",
               skew == LT_SKEW_STOP ? "stopped" : "go_on", NULL);
    }
    sync->skew = skew;
}

/* T, never later than our own clock: what is asked for after it holds all that was visible then.
 * Append times would bound a clock ahead only by the time that the voucher took to get there
 * (DT-4, DX-6). */
static int take_time(struct sync *sync, struct lt_pg *pg, lt_time *ret, struct lt_error *reterr)
{
    lt_time asked = lt_now();
    lt_time theirs;
    if (source_clock(pg, &theirs, reterr) != 0) {
        return -1;
    }
    lt_time answered = lt_now();
    judge_clock(sync, lt_clock_apart(theirs, asked, answered));
    *ret = LT_MIN(theirs, answered);
    return 0;
}

/* 1: a voucher; 0: none, clocks differ; -1. */
static int make(struct sync *sync, struct lt_pg *pg, struct lt_error *reterr)
{
    struct voucher *voucher = &sync->voucher;
    if (check_identity(sync, pg, reterr) != 0 || take_time(sync, pg, &voucher->time, reterr) != 0) {
        return -1;
    }
    if (sync->skew == LT_SKEW_STOP) {
        return 0;
    }
    if (shape_fingerprints(pg, sync->services, sync->service_count, sync->conf->publication,
                           voucher->fingerprints, reterr) != 0) {
        return -1;
    }
    return emit(pg, &voucher->lsn, reterr) == 0 ? 1 : -1;
}

static void wait_for_turn(struct sync *sync, int64_t until_ms)
{
    while (!atomic_load(&sync->stop) &&
           (lt_monotonic_ms() < until_ms || atomic_load(&sync->ready))) {
        lt_sleep_ms(LT_MIN(20, sync->interval_ms));
    }
}

static void publish(struct sync *sync)
{
    uint64_t one = 1;
    atomic_store(&sync->ready, true);
    ssize_t n = write(sync->wake_fd, &one, sizeof(one));
    (void)n; /* a full counter wakes too */
}

static void *run(void *arg)
{
    struct sync *sync = arg;
    LT_CLEANUP(lt_pg_closep) struct lt_pg *pg = NULL;
    bool told = false;
    while (!atomic_load(&sync->stop)) {
        struct lt_error err;
        int64_t started = lt_monotonic_ms();
        if (pg == NULL) {
            pg = source_open(sync->conf, NULL, &sync->stop, &err);
        }
        int made = pg != NULL ? make(sync, pg, &err) : -1;
        if (made >= 0) {
            told = false;
            if (made > 0) {
                publish(sync);
            }
        } else if (!atomic_load(&sync->stop)) {
            lt_pg_close(pg);
            pg = NULL;
            if (!told) {
                lt_log_error(LT_LOG_WARN, "sync_session_lost", &err, NULL);
                told = true;
            }
        }
        wait_for_turn(sync, started + sync->interval_ms);
    }
    return NULL;
}

struct sync *sync_start(const struct provider_conf *conf,
                        const struct feeds *feeds,
                        const struct source *source,
                        int64_t interval_ms,
                        int wake_fd)
{
    struct sync *sync = lt_alloc(sizeof(*sync));
    *sync = (struct sync){.conf = conf,
                          .service_count = feeds->count,
                          .source = *source,
                          .interval_ms = interval_ms,
                          .wake_fd = wake_fd};
    sync->services = lt_alloc((feeds->count + 1) * sizeof(struct service *));
    for (size_t i = 0; i < feeds->count; i++) {
        sync->services[i] = feeds->items[i].service;
    }
    sync->voucher.fingerprints = lt_alloc((feeds->count + 1) * FINGERPRINT_BYTES);
    int rc = pthread_create(&sync->thread, NULL, run, sync);
    lt_assert(rc == 0);
    return sync;
}

void sync_stop(struct sync *sync)
{
    if (sync != NULL) {
        atomic_store(&sync->stop, true);
        pthread_join(sync->thread, NULL);
        free(sync->voucher.fingerprints);
        free(sync->services);
        free(sync);
    }
}

const struct voucher *sync_peek(struct sync *sync)
{
    return atomic_load(&sync->ready) ? &sync->voucher : NULL;
}

void sync_release(struct sync *sync)
{
    atomic_store(&sync->ready, false);
}
