/*
 * The loop: take what others wrote, carry out commands, keep control confirmed, make the cluster
 * follow.  Whatever leaves control in doubt ends with a start from what is stored.
 */
#include "steward/steward.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define IDLE_MS         20
#define PAUSE_FIRST_MS  200
#define PAUSE_MOST_MS   1500
#define DAY             (86400 * LT_SECOND)
#define COMMANDS_IN_ROW 100 /* then look at the heartbeat */
#define SPREAD_MS       10000

int lt_steward_init(struct lt_steward *s, struct lt_error *reterr)
{
    if (lt_control_key_read_private(s->conf.sign_key_file, s->private_key, reterr) < 0)
        return -1;
    s->bus = lt_kafka_conf_bus(&s->conf.kafka, &s->extra, "lt-steward", s->conf.transaction_ms);
    s->spool.directory = s->conf.spool;
    s->authority = (struct lt_cert_authority){.cert_file = s->conf.ca_cert_file,
                                              .key_file = s->conf.ca_sign_key_file};
    s->settings = (struct lt_command_settings){
        .default_window = s->conf.window_ms * LT_MILLI,
        .certificate_period = s->conf.certificate_days * DAY,
    };
    const char *archive = s->conf.archive_file;
    s->archive_file =
        archive && archive[0] ? lt_strdup(archive) : lt_printf("%s.archive", s->conf.state_file);
    const struct lt_ledger_conf ledger = {.bus = &s->bus,
                                          .private_key = s->private_key,
                                          .state_file = s->conf.state_file,
                                          .archive_file = s->archive_file};
    s->ledger = lt_ledger_new(&ledger);
    s->observed = lt_observed_new();
    s->follow = lt_follow_new(&s->bus, s->observed);
    s->copies = lt_copies_new();
    s->effects = lt_effects_new();
    s->stale = s->dirty = true;
    s->born_ms = lt_monotonic_ms();
    return lt_spool_open(&s->spool, reterr);
}

void lt_steward_fini(struct lt_steward *s)
{
    lt_effects_free(s->effects);
    lt_copies_free(s->copies);
    lt_follow_free(s->follow);
    lt_observed_free(s->observed);
    lt_cluster_close(s->cluster);
    lt_ledger_free(s->ledger);
    free(s->archive_file);
    OPENSSL_cleanse(s->private_key, sizeof(s->private_key));
}

/* Inboxes among the topics: they are scrubbed with control, since copies go there. */
static int start_ledger(struct lt_steward *s, struct lt_error *reterr)
{
    const struct lt_actual *actual = lt_cluster_actual(s->cluster);
    const char **inboxes = lt_alloc((actual->topic_count + 1) * sizeof(*inboxes));
    size_t count = 0;
    for (size_t i = 0; i < actual->topic_count; i++)
        if (strncmp(actual->topics[i], "inbox.", 6) == 0)
            inboxes[count++] = actual->topics[i];
    const int rc = lt_ledger_start(s->ledger, inboxes, count, reterr);
    free(inboxes);
    return rc;
}

/* What we hold of cursors, wishes and topics is of one cluster. */
static int check_cluster(struct lt_steward *s, struct lt_error *reterr)
{
    char id[LT_CLUSTER_ID_MAX];
    lt_admin_cluster_id(lt_cluster_admin(s->cluster), id);
    if (lt_cluster_is_another(s->cluster_id, id))
        return lt_fail(reterr, LT_ERR_FATAL, "steward", 0,
                       "another Kafka cluster answers: %s, it was %s; start again when it is the "
                       "right one",
                       id, s->cluster_id);
    return 0;
}

static int start(struct lt_steward *s, struct lt_error *reterr)
{
    if (!s->cluster)
        s->cluster = lt_cluster_open(&s->bus, reterr);
    if (!s->cluster || lt_cluster_refresh(s->cluster, reterr) < 0 || check_cluster(s, reterr) < 0 ||
        lt_steward_make_platform(s, reterr) < 0 || start_ledger(s, reterr) < 0)
        return -1;
    lt_copies_forget(s->copies);
    s->signing = true;
    s->stale = s->dirty = true;
    s->beat_due_ms = lt_monotonic_ms() + s->conf.heartbeat_ms;
    const struct lt_fold *fold = lt_ledger_fold(s->ledger);
    lt_metric_add(s->metrics.starts, 1);
    lt_metric_set(s->metrics.number, lt_fold_highest(fold));
    lt_metric_set(s->metrics.control_refused, lt_ledger_refused(s->ledger));
    lt_log(LT_LOG_NOTICE, "started", "epoch", lt_logf("%ld", (long)lt_fold_epoch(fold)), "number",
           lt_logf("%ld", (long)lt_fold_highest(fold)), "refused",
           lt_logf("%ld", (long)lt_ledger_refused(s->ledger)), NULL);
    lt_notify("READY=1");
    return 0;
}

/* ---- steps of the loop ---- */

static int beat(struct lt_steward *s, struct lt_error *reterr)
{
    if (lt_monotonic_ms() < s->beat_due_ms)
        return 0;
    if (lt_ledger_beat(s->ledger, reterr) < 0) {
        s->signing = false;
        return -1;
    }
    s->beat_due_ms = lt_monotonic_ms() + s->conf.heartbeat_ms;
    lt_metric_add(s->metrics.heartbeats, 1);
    return 0;
}

static int run_commands(struct lt_steward *s, struct lt_error *reterr)
{
    for (int i = 0; i < COMMANDS_IN_ROW && s->signing && !lt_stopping(); i++) {
        const int rc = lt_steward_execute(s, reterr);
        if (rc < 0)
            s->signing = false;
        if (rc <= 0)
            return rc;
    }
    return 0;
}

static void
effect_reached(void *arg, const char *id, int64_t number, size_t connections, int64_t asked_ms)
{
    struct lt_steward *s = arg;
    const int64_t ms = lt_monotonic_ms() - asked_ms;
    lt_metric_set(s->metrics.effective_ms, ms);
    lt_log(LT_LOG_INFO, "effective", "object", id, "number", lt_logf("%ld", (long)number),
           "connections", lt_logf("%zu", connections), "milliseconds", lt_logf("%ld", (long)ms),
           NULL);
}

static int watch_others(struct lt_steward *s, struct lt_error *reterr)
{
    size_t garbage = 0;
    const int rc = lt_follow_poll(s->follow, IDLE_MS, &garbage, reterr);
    lt_metric_add(s->metrics.garbage, (int64_t)garbage);
    s->dirty |= lt_observed_changed(s->observed);
    if (lt_effects_waiting(s->effects) > 0)
        lt_effects_check(s->effects, lt_ledger_fold(s->ledger), s->observed, effect_reached, s);
    lt_metric_set(s->metrics.effects_waiting, (int64_t)lt_effects_waiting(s->effects));
    return rc;
}

static int follow_control(struct lt_steward *s, struct lt_error *reterr)
{
    const int64_t now = lt_monotonic_ms();
    s->stale |= now >= s->list_due_ms;
    if (s->dirty || s->stale || now >= s->look_due_ms)
        return lt_steward_reconcile(s, NULL, reterr);
    return now >= s->drift_due_ms ? lt_steward_check_drift(s, reterr) : 0;
}

/* One turn.  -1: s->signing says whether control is in doubt. */
static int turn(struct lt_steward *s, struct lt_error *reterr)
{
    if (!s->signing && start(s, reterr) < 0)
        return -1;
    if (beat(s, reterr) < 0 || run_commands(s, reterr) < 0 || follow_control(s, reterr) < 0)
        return -1;
    return watch_others(s, reterr);
}

static int64_t pause_after(int64_t last_ms)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof(random), 0) < 0)
        random = (uint64_t)lt_monotonic_ms();
    return lt_backoff_ms(last_ms, PAUSE_FIRST_MS, PAUSE_MOST_MS, random);
}

/* `lienthong init` gave our rights to one broker; the others hear of them a little later. */
static bool may_still_come(const struct lt_steward *s, const struct lt_error *err)
{
    return lt_bus_is_denied(err) && lt_monotonic_ms() - s->born_ms < SPREAD_MS;
}

int lt_steward_serve(struct lt_steward *s, struct lt_error *reterr)
{
    int64_t pause_ms = 0;
    while (!lt_stopping()) {
        struct lt_error err = {0};
        if (turn(s, &err) == 0) {
            pause_ms = 0;
            continue;
        }
        if (err.class == LT_ERR_FATAL && !may_still_come(s, &err)) {
            if (reterr)
                *reterr = err;
            return -1;
        }
        s->stale = true;
        pause_ms = pause_after(pause_ms);
        lt_log_error(LT_LOG_WARN, s->signing ? "step_failed" : "starting_over", &err, "retry_ms",
                     lt_logf("%ld", (long)pause_ms), NULL);
        lt_stop_wait(pause_ms);
    }
    lt_notify("STOPPING=1");
    return 0;
}

int lt_steward_restore(struct lt_steward *s, struct lt_error *reterr)
{
    struct lt_restored restored;
    char newest[40];
    if (lt_ledger_restore(s->ledger, &restored, reterr) < 0)
        return lt_bus_is_denied(reterr) ? lt_fail_context(reterr, "first run lienthong init") : -1;
    printf(
        "%zu records are back, up to number %ld, the newest signed at %s; epoch %ld has begun.\n",
        restored.records, (long)restored.number,
        lt_time_utc(restored.newest, newest, sizeof(newest)), (long)restored.epoch);
    if (restored.undecided > 0)
        printf(
            "The last %zu of them were being signed when Kafka was lost; they are in force now.\n",
            restored.undecided);
    printf("Start lt-steward and what has stopped: every copy is loaded anew.\n"
           "The diary and what providers had sent are gone.\n");
    return 0;
}
