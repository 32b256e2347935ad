#include "consumer-postgres/report.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "consumer-postgres/report_rows.h"
#include "daemon/daemon.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP_AGAIN_MS    60000
#define REPORTS_AT_ONCE 500
#define INIT_MS         30000

struct lt_reporter {
    pthread_t thread;
    const struct lt_consumer_conf *conf;
    const struct lt_report_metrics *metrics;
    struct lt_bus bus;
    char outbox[LT_TOPIC_MAX], transactional_id[64];
    bool fenced; /* read by others after the join only */

    struct lt_target *target;
    struct lt_producer *producer;
    struct lt_report_rows rows, sent; /* as they are now; as last receipted */
    struct lt_ledger ledger;
    int64_t gaps_again_ms;
    struct warning {
        char stream[LT_TOPIC_MAX];
        int level;
    } * warnings;
    size_t warning_count;
};

void lt_report_metrics_register(struct lt_report_metrics *m)
{
    m->copies = lt_metric_gauge("lienthong_consumer_copies", "copies that are shown", NULL);
    m->at_50 = lt_metric_gauge("lienthong_consumer_copies_past_half",
                               "copies past 50 % of their use period", NULL);
    m->at_80 = lt_metric_gauge("lienthong_consumer_copies_past_80_percent",
                               "copies past 80 % of their use period", NULL);
    m->at_95 = lt_metric_gauge("lienthong_consumer_copies_past_95_percent",
                               "copies past 95 % of their use period", NULL);
    m->expired = lt_metric_gauge("lienthong_consumer_copies_not_usable",
                                 "copies past their use period, closed, or not loaded", NULL);
    m->oldest_stamp_s =
        lt_metric_gauge("lienthong_consumer_oldest_stamp_seconds", "age of the oldest stamp", NULL);
    m->set_aside = lt_metric_gauge("lienthong_consumer_rows_set_aside",
                                   "rows that are not synchronised", NULL);
    m->refused =
        lt_metric_gauge("lienthong_consumer_refused_reads", "reads refused by the views", NULL);
    m->receipts = lt_metric_counter("lienthong_consumer_receipts_total", "receipts sent", NULL);
    m->rewound = lt_metric_counter("lienthong_consumer_rewound_total",
                                   "streams whose stored position went back", NULL);
}

/* ---- warnings (D41.2b-9) ---- */

static int *warned_level(struct lt_reporter *r, const char *stream)
{
    for (size_t i = 0; i < r->warning_count; i++)
        if (strcmp(r->warnings[i].stream, stream) == 0)
            return &r->warnings[i].level;
    r->warnings = lt_realloc(r->warnings, (r->warning_count + 1) * sizeof(*r->warnings));
    struct warning *warning = &r->warnings[r->warning_count++];
    *warning = (struct warning){0};
    snprintf(warning->stream, sizeof(warning->stream), "%s", stream);
    return &warning->level;
}

static void warn(struct lt_reporter *r, const struct lt_report_row *row, int level)
{
    char until[40];
    int *last = warned_level(r, row->at.stream);
    if (level == *last)
        return;
    if (level > *last && row->worth.stamp != LT_TIME_NONE)
        lt_log(LT_LOG_WARN, level == 100 ? "copy_not_usable" : "use_period_passes", "stream",
               row->at.stream, "view", row->view, "percent", lt_logf("%d", level), "usable_until",
               lt_sql_time(row->worth.until, until), NULL);
    *last = level;
}

/* From what was read last, by our own clock: copies age while database or broker are away
 * (D41.2b-12). */
static void evaluate(struct lt_reporter *r)
{
    const struct lt_report_metrics *m = r->metrics;
    const lt_time now = lt_now();
    int64_t copies = 0, past[4] = {0}, oldest = 0, aside = 0, refused = 0;
    for (size_t i = 0; i < r->rows.count; i++) {
        const struct lt_report_row *row = &r->rows.list[i];
        aside += row->set_aside;
        refused += row->refused;
        if (!row->shown)
            continue;
        const int level = lt_stamp_warning(&row->worth, now);
        copies++;
        past[0] += level >= 50;
        past[1] += level >= 80;
        past[2] += level >= 95;
        past[3] += level >= 100;
        if (row->worth.stamp != LT_TIME_NONE)
            oldest = LT_MAX(oldest, now - row->worth.stamp);
        warn(r, row, level);
    }
    lt_metric_set(m->copies, copies);
    lt_metric_set(m->at_50, past[0]);
    lt_metric_set(m->at_80, past[1]);
    lt_metric_set(m->at_95, past[2]);
    lt_metric_set(m->expired, past[3]);
    lt_metric_set(m->oldest_stamp_s, oldest / LT_SECOND);
    lt_metric_set(m->set_aside, aside);
    lt_metric_set(m->refused, refused);
}

/* ---- durable, then sent ---- */

/* A commit is durable only with everything before it, so this one covers what the rows said. */
static int make_durable(struct lt_reporter *r, struct lt_error *reterr)
{
    struct lt_buf sql = {0};
    lt_buf_adds(&sql, "BEGIN; SET LOCAL synchronous_commit = on; ");
    for (size_t i = 0; i < r->rows.count; i++) {
        const struct lt_ledger_entry *at = &r->rows.list[i].at;
        lt_buf_adds(&sql, "INSERT INTO lienthong.receipt VALUES (");
        lt_sql_literal(&sql, at->stream);
        lt_buf_addf(&sql,
                    ", %ld, %ld, clock_timestamp()) ON CONFLICT (stream) DO UPDATE SET copy ="
                    " excluded.copy, seq = excluded.seq, at = excluded.at; ",
                    (long)at->copy, (long)at->seq);
    }
    lt_buf_adds(&sql, "COMMIT");
    const int rc = lt_pg_exec(lt_target_pg(r->target), lt_buf_text(&sql), reterr);
    lt_buf_fini(&sql);
    return rc;
}

static int
send_record(struct lt_reporter *r, const char *key, struct lt_bytes body, struct lt_error *reterr)
{
    return lt_producer_send(r->producer, r->outbox, lt_bytes_text(key), body, NULL, 0, reterr);
}

static int send_receipt(struct lt_reporter *r,
                        const struct lt_report_row *row,
                        lt_time flushed_at,
                        struct lt_error *reterr)
{
    char key[LT_TOPIC_MAX + 16];
    struct lt_buf body = {0};
    const bool rewound = lt_ledger_rewound(&r->ledger, &row->at);
    const struct lt_receipt receipt = lt_report_receipt(row, rewound, flushed_at);
    if (rewound)
        lt_log(LT_LOG_ERROR, "position_went_back", "stream", row->at.stream, "seq",
               lt_logf("%ld", (long)row->at.seq), NULL);
    lt_metric_add(r->metrics->rewound, rewound);
    lt_record_encode(LT_RECORD_RECEIPT, &receipt, &body);
    snprintf(key, sizeof(key), "receipt/%s", row->at.stream);
    const int rc = send_record(r, key, lt_buf_bytes(&body), reterr);
    lt_buf_fini(&body);
    return rc;
}

static int send_gap(struct lt_reporter *r, const struct lt_report_row *row, struct lt_error *reterr)
{
    char key[LT_TOPIC_MAX + 16];
    struct lt_buf body = {0};
    const struct lt_gap_report gap = {.stream = row->at.stream,
                                      .expected = row->gap_expected,
                                      .seen = row->gap_seen,
                                      .reason = row->gap_reason,
                                      .at = lt_now()};
    lt_record_encode(LT_RECORD_GAP_REPORT, &gap, &body);
    snprintf(key, sizeof(key), "gap/%s", row->at.stream);
    const int rc = send_record(r, key, lt_buf_bytes(&body), reterr);
    lt_buf_fini(&body);
    return rc;
}

static bool gap_is_due(const struct lt_reporter *r, const struct lt_report_row *row)
{
    const struct lt_report_row *last = lt_report_rows_find(&r->sent, row->at.stream);
    return row->damaged && (!last || !last->damaged || lt_monotonic_ms() >= r->gaps_again_ms);
}

static bool is_due(const struct lt_reporter *r, const struct lt_report_row *row)
{
    return gap_is_due(r, row) ||
           lt_report_is_news(row, lt_report_rows_find(&r->sent, row->at.stream));
}

static int send_row(struct lt_reporter *r,
                    const struct lt_report_row *row,
                    lt_time flushed_at,
                    struct lt_error *reterr)
{
    if (!is_due(r, row))
        return 0;
    if (gap_is_due(r, row) && send_gap(r, row, reterr))
        return -1;
    lt_metric_add(r->metrics->receipts, 1);
    return send_receipt(r, row, flushed_at, reterr);
}

static int send_reports(struct lt_reporter *r, const PGresult *reports, struct lt_error *reterr)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < PQntuples(reports); i++) {
        size_t len;
        unsigned char *body =
            PQunescapeBytea((const unsigned char *)lt_pg_text(reports, i, 2), &len);
        rc = send_record(r, lt_pg_text(reports, i, 1), lt_bytes(body, len), reterr);
        PQfreemem(body);
    }
    return rc;
}

static int forget_reports(struct lt_reporter *r, const PGresult *reports, struct lt_error *reterr)
{
    struct lt_buf sql = {0};
    if (PQntuples(reports) == 0)
        return 0;
    lt_buf_adds(&sql, "DELETE FROM lienthong.report WHERE report IN (");
    for (int i = 0; i < PQntuples(reports); i++)
        lt_buf_addf(&sql, "%s%ld", i ? ", " : "", (long)lt_pg_i64(reports, i, 0));
    lt_buf_adds(&sql, ")");
    const int rc = lt_pg_exec(lt_target_pg(r->target), lt_buf_text(&sql), reterr);
    lt_buf_fini(&sql);
    return rc;
}

/* ---- the ledger file ---- */

static int load_ledger(struct lt_reporter *r, struct lt_error *reterr)
{
    struct lt_buf text = {0};
    FILE *file = fopen(r->conf->state_file, "re");
    if (!file)
        return 0; /* the first run, or the file was lost: nothing to compare with */
    fclose(file);
    int rc = lt_file_read(r->conf->state_file, LT_LEDGER_MAX_BYTES, &text, reterr);
    rc = rc ? rc : lt_ledger_parse(&r->ledger, lt_buf_bytes(&text), reterr);
    lt_buf_fini(&text);
    return rc ? lt_fail_context(reterr, "state_file '%s'", r->conf->state_file) : 0;
}

static int store_ledger(struct lt_reporter *r, struct lt_error *reterr)
{
    struct lt_buf text = {0};
    for (size_t i = 0; i < r->rows.count; i++)
        lt_ledger_put(&r->ledger, &r->rows.list[i].at);
    lt_ledger_format(&r->ledger, &text);
    const int rc = lt_file_replace(r->conf->state_file, lt_buf_bytes(&text), 0600, reterr);
    lt_buf_fini(&text);
    return rc;
}

/* ---- a round ---- */

static int open_producer(struct lt_reporter *r, struct lt_error *reterr)
{
    if (r->producer)
        return 0;
    r->producer = lt_producer_open(&r->bus, r->transactional_id, reterr);
    return r->producer ? lt_producer_init(r->producer, INIT_MS, reterr) : -1;
}

static int send_all(struct lt_reporter *r,
                    const PGresult *reports,
                    lt_time flushed_at,
                    struct lt_error *reterr)
{
    if (open_producer(r, reterr) || lt_producer_begin(r->producer, reterr))
        return -1;
    for (size_t i = 0; i < r->rows.count; i++)
        if (send_row(r, &r->rows.list[i], flushed_at, reterr))
            return -1;
    if (send_reports(r, reports, reterr))
        return -1;
    return lt_producer_commit(r->producer, reterr);
}

static void remember_sent(struct lt_reporter *r)
{
    lt_report_rows_fini(&r->sent);
    r->sent = (struct lt_report_rows){
        .list = lt_memdup(r->rows.list, r->rows.count * sizeof(*r->rows.list)),
        .count = r->rows.count};
    if (lt_monotonic_ms() >= r->gaps_again_ms)
        r->gaps_again_ms = lt_monotonic_ms() + GAP_AGAIN_MS;
}

static bool has_news(const struct lt_reporter *r, const PGresult *reports)
{
    for (size_t i = 0; i < r->rows.count; i++)
        if (is_due(r, &r->rows.list[i]))
            return true;
    return PQntuples(reports) > 0;
}

static int run_round(struct lt_reporter *r, struct lt_error *reterr)
{
    const struct lt_target_options options = lt_consumer_target(r->conf, lt_stopping);
    char sql[128];
    if (!r->target && !(r->target = lt_target_open(&options, reterr)))
        return -1;
    if (lt_report_rows_load(r->target, &r->rows, reterr))
        return -1;
    snprintf(sql, sizeof(sql),
             "SELECT report, key, body FROM lienthong.report ORDER BY report LIMIT %d",
             REPORTS_AT_ONCE);
    LT_CLEANUP(lt_pg_clearp)
    PGresult *reports = lt_pg_query(lt_target_pg(r->target), sql, 0, NULL, reterr);
    if (!reports)
        return -1;
    if (!has_news(r, reports))
        return 0;
    if (make_durable(r, reterr))
        return -1;
    if (send_all(r, reports, lt_now(), reterr))
        return -1;
    remember_sent(r);
    return forget_reports(r, reports, reterr) || store_ledger(r, reterr) ? -1 : 0;
}

static void recover(struct lt_reporter *r, const struct lt_error *err)
{
    if (lt_stopping())
        return;
    lt_log_error(LT_LOG_WARN, "report_failed", err, NULL);
    if (lt_bus_is_fenced(err)) {
        lt_log(LT_LOG_ERROR, "another_process_took_over", "application", r->conf->application,
               NULL);
        r->fenced = true;
        lt_stop();
    }
    if (strcmp(err->domain ? err->domain : "", "kafka") == 0) {
        lt_producer_close(r->producer);
        r->producer = NULL;
    } else {
        lt_target_close(r->target);
        r->target = NULL;
    }
}

static void *run(void *arg)
{
    struct lt_reporter *r = arg;
    struct lt_error err = {0};
    int64_t delay = 0;
    uint64_t seed = (uint64_t)lt_now();
    if (load_ledger(r, &err))
        lt_log_error(LT_LOG_ERROR, "ledger_lost", &err, NULL);
    while (!lt_stopping()) {
        err = (struct lt_error){0};
        const int rc = run_round(r, &err);
        evaluate(r);
        if (rc)
            recover(r, &err);
        const int64_t cap = err.class == LT_ERR_RETRY ? 1500 : 10000;
        delay = rc ? lt_backoff_ms(delay, 200, cap, lt_random_next(&seed)) : 0;
        lt_stop_wait(LT_MAX(delay, r->conf->receipt_ms));
    }
    return NULL;
}

struct lt_reporter *lt_report_start(const struct lt_consumer_conf *conf,
                                    const struct lt_report_metrics *metrics)
{
    struct lt_reporter *r = lt_alloc(sizeof(*r));
    r->conf = conf;
    r->metrics = metrics;
    r->bus = lt_consumer_bus(conf);
    lt_topic_outbox(conf->application, r->outbox);
    snprintf(r->transactional_id, sizeof(r->transactional_id), "consumer.%s", conf->application);
    lt_assert(pthread_create(&r->thread, NULL, run, r) == 0);
    return r;
}

bool lt_report_join(struct lt_reporter *r)
{
    pthread_join(r->thread, NULL);
    const bool fenced = r->fenced;
    lt_producer_close(r->producer);
    lt_target_close(r->target);
    lt_report_rows_fini(&r->rows);
    lt_report_rows_fini(&r->sent);
    lt_ledger_fini(&r->ledger);
    free(r->warnings);
    free(r);
    return fenced;
}
