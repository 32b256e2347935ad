/*
 * One round: make the slot, import its snapshot, let the slot's session go; then for each feed:
 * check its table as of the snapshot, first batch (state snapshot, `end` of the previous
 * incarnation), rows by COPY, last batch (state streaming from the consistent point).
 *
 * Anything fails: what was written stays an incarnation that never became complete; the next start
 * asks for another one.  The table no longer fits: that feed ends with the reason, the others go
 * on.
 */
#include "provider-postgres/snapshot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "provider-postgres/copy_text.h"
#include "provider-postgres/own_records.h"
#include "provider-postgres/provider_metrics.h"

#define WAIT_MS         100
#define COPY_TIMEOUT_MS 300000
#define SLOT_TIMEOUT_MS 86400000 /* waits for the transactions that run at the source */

struct snapshot {
    struct snapshot_options options;
    struct snapshot_feed *order;
    struct lt_repl_slot slot;
    struct lt_pg *pg;
    lt_time time; /* of the source, before the snapshot */
    struct batch *batch;
    struct lt_buf scratch;
    struct lt_pgo_value *values;
    bool source_written;
    pthread_t thread;
    atomic_int state;
    atomic_bool stop;
    atomic_int_fast64_t rows;
    struct lt_error why; /* set before state */
};

static int stopped(struct snapshot *s, struct lt_error *reterr)
{
    struct lt_error why;
    if (atomic_load(&s->stop) || writer_failed(s->options.writer, &why)) {
        return lt_fail(reterr, LT_ERR_RETRY, "provider", 0, "the snapshot was interrupted");
    }
    return 0;
}

static int need_batch(struct snapshot *s, struct lt_error *reterr)
{
    while (s->batch == NULL) {
        if (stopped(s, reterr) != 0) {
            return -1;
        }
        s->batch = writer_wait(s->options.writer, POOL_SNAPSHOT, WAIT_MS);
    }
    return 0;
}

static void submit(struct snapshot *s)
{
    if (s->batch != NULL) {
        writer_submit(s->options.writer, lt_steal(&s->batch));
    }
}

static struct event_id point_of(const struct snapshot *s)
{
    return (struct event_id){s->slot.consistent, 0};
}

/* ---- one feed ---- */

static int mark(struct snapshot *s,
                const struct snapshot_feed *of,
                enum feed_state state,
                const char *reason,
                const uint8_t fingerprint[FINGERPRINT_BYTES],
                struct lt_error *reterr)
{
    if (need_batch(s, reterr) != 0) {
        return -1;
    }
    struct batch_mark *m = batch_mark(s->batch, lt_monotonic_ms());
    m->feed = of->index;
    m->state = state;
    m->incarnation = s->options.feeds->items[of->index].incarnation;
    m->reason = reason;
    m->id = point_of(s);
    memcpy(m->fingerprint, fingerprint, FINGERPRINT_BYTES);
    return 0;
}

static int begin_feed(struct snapshot *s,
                      const struct snapshot_feed *of,
                      const uint8_t fingerprint[FINGERPRINT_BYTES],
                      struct lt_error *reterr)
{
    const struct feed *feed = &s->options.feeds->items[of->index];
    if (mark(s, of, FEED_SNAPSHOT, feed->reason, fingerprint, reterr) != 0) {
        return -1;
    }
    if (of->end_seq > 0) {
        own_end(s->batch, of->index, of->end_seq, feed->incarnation, feed->reason, of->end_id,
                s->time);
    }
    if (s->options.fresh && !s->source_written) {
        s->source_written = true;
        s->batch->has_source = true;
        s->batch->source = (struct source_point){.ordinal = LT_NULL,
                                                 .commit_lsn = s->slot.consistent,
                                                 .commit_time = s->time,
                                                 .end_lsn = s->slot.consistent,
                                                 .safe_lsn = s->slot.consistent};
    }
    return 0;
}

static void copy_sql(const struct feed *feed, bool partitioned, struct lt_buf *sql)
{
    const struct lt_service *declared = feed->service->declared;
    char schema[64];
    char table[64];
    shape_names(feed->service, schema, table);
    lt_buf_adds(sql, "COPY (SELECT ");
    for (size_t i = 0; i < declared->field_count; i++) {
        lt_buf_adds(sql, i > 0 ? ", " : "");
        lt_sql_ident(sql, declared->fields[i].column);
    }
    lt_buf_adds(sql, partitioned ? " FROM " : " FROM ONLY ");
    lt_sql_ident(sql, schema);
    lt_buf_adds(sql, ".");
    lt_sql_ident(sql, table);
    lt_buf_adds(sql, ") TO STDOUT");
}

static struct row_plan *plan_for(const struct service *service, struct lt_error *reterr)
{
    const struct lt_service *declared = service->declared;
    struct lt_pgo_column *columns = lt_alloc((declared->field_count + 1) * sizeof(*columns));
    for (size_t i = 0; i < declared->field_count; i++) {
        columns[i] = (struct lt_pgo_column){.key = true, .name = declared->fields[i].column};
    }
    struct row_plan *plan = row_plan_new(service, columns, declared->field_count, NULL, reterr);
    free(columns);
    return plan;
}

static int copy_row(struct snapshot *s,
                    struct row_plan *plan,
                    uint32_t index,
                    size_t count,
                    struct lt_bytes line,
                    int64_t counts[WITHHELD_REASONS],
                    struct lt_error *reterr)
{
    const struct provider_conf *conf = s->options.conf;
    if (need_batch(s, reterr) != 0 ||
        copy_text_split(line, &s->scratch, s->values, count, reterr) != 0) {
        return -1;
    }
    const struct lt_pgo_tuple row = {s->values, count};
    const struct row_change change = {
        .feed = index, .op = LT_OP_SNAPSHOT, .time = s->time, .id = point_of(s), .new_row = &row};
    if (row_plan_apply(plan, &change, s->batch, 0, counts, reterr) != 0) {
        return -1;
    }
    atomic_fetch_add(&s->rows, 1);
    if (s->batch->count >= (size_t)conf->batch_rows ||
        s->batch->bytes.len >= (size_t)conf->batch_bytes) {
        submit(s);
    }
    return 0;
}

static int copy_rows(struct snapshot *s,
                     const struct snapshot_feed *of,
                     bool partitioned,
                     struct lt_error *reterr)
{
    const struct feed *feed = &s->options.feeds->items[of->index];
    size_t count = feed->service->declared->field_count;
    int64_t counts[WITHHELD_REASONS] = {0};
    LT_CLEANUP(row_plan_freep) struct row_plan *plan = plan_for(feed->service, reterr);
    if (plan == NULL) {
        return -1;
    }
    struct lt_buf sql = {0};
    copy_sql(feed, partitioned, &sql);
    int rc = lt_pg_copy_out(s->pg, lt_buf_text(&sql), reterr);
    lt_buf_fini(&sql);
    struct lt_bytes line;
    int n = rc == 0 ? 1 : -1;
    while (n > 0 && (n = lt_pg_copy_row(s->pg, &line, reterr)) > 0) {
        if (copy_row(s, plan, of->index, count, line, counts, reterr) != 0) {
            return -1;
        }
    }
    count_withheld(feed->service->id, counts);
    return n;
}

/* A copy reads the parts that its table has now, whatever the snapshot says of them.  They are
 * locked until it ends, so who looks meanwhile sees what it had; a tree that is not the
 * fingerprint's leaves one that no voucher fits. */
static int judge_tree(struct snapshot *s,
                      const struct feed *feed,
                      uint8_t fingerprint[FINGERPRINT_BYTES],
                      struct lt_error *reterr)
{
    const struct provider_conf *conf = s->options.conf;
    uint8_t now[FINGERPRINT_BYTES];
    LT_CLEANUP(lt_pg_closep) struct lt_pg *pg = source_open(conf, NULL, &s->stop, reterr);
    if (pg == NULL ||
        shape_fingerprint(pg, feed->service, conf->publication, now, NULL, reterr) != 0) {
        return -1;
    }
    if (memcmp(now, fingerprint, FINGERPRINT_BYTES) != 0) {
        memset(fingerprint + 32, 0, FINGERPRINT_BYTES - 32);
    }
    return 0;
}

static int write_feed(struct snapshot *s, const struct snapshot_feed *of, struct lt_error *reterr)
{
    const struct feed *feed = &s->options.feeds->items[of->index];
    const char *publication = s->options.conf->publication;
    uint8_t fingerprint[FINGERPRINT_BYTES];
    struct findings findings = {0};
    struct shape shape = {0};
    if (shape_fingerprint(s->pg, feed->service, publication, fingerprint, NULL, reterr) != 0 ||
        shape_read(s->pg, feed->service, publication, &shape, &findings, reterr) != 0) {
        return -1;
    }
    const struct finding *fault = findings_blocking(&findings);
    int rc = 0;
    if (fault != NULL) {
        lt_log(LT_LOG_ERROR, "feed_ended", "service", feed->service->id, "reason", fault->what,
               NULL);
        char *reason = lt_arena_printf(feed->service->arena, "%s", fault->what);
        rc = mark(s, of, FEED_ENDED, reason, fingerprint, reterr);
    } else if (begin_feed(s, of, fingerprint, reterr) != 0 ||
               copy_rows(s, of, shape.partitioned, reterr) != 0 ||
               (shape.partitioned && judge_tree(s, feed, fingerprint, reterr) != 0)) {
        rc = -1;
    } else {
        rc = mark(s, of, FEED_STREAMING, feed->reason, fingerprint, reterr);
    }
    submit(s);
    findings_fini(&findings);
    shape_fini(&shape);
    return rc;
}

/* ---- the thread ---- */

/* Makes the slot and leaves its session open: the snapshot lives until the next command there. */
static struct lt_pg *export(struct snapshot *s, struct lt_error *reterr)
{
    const struct provider_conf *conf = s->options.conf;
    char name[64];
    LT_CLEANUP(lt_pg_closep) struct lt_pg *repl = source_open_repl(conf, &s->stop, reterr);
    if (repl == NULL) {
        return NULL;
    }
    lt_pg_set_timeout(repl, SLOT_TIMEOUT_MS);
    if (s->options.drop_slot && lt_repl_slot_drop(repl, conf->slot, reterr) != 0) {
        return NULL;
    }
    snprintf(name, sizeof(name), "lt_snapshot_%d", (int)getpid());
    if (lt_repl_slot_create(repl, s->options.fresh ? conf->slot : name, !s->options.fresh, &s->slot,
                            reterr) != 0) {
        return NULL;
    }
    return lt_steal(&repl);
}

static int import(struct snapshot *s, struct lt_error *reterr)
{
    struct lt_buf sql = {0};
    s->pg = source_open(s->options.conf, "-c row_security=off", &s->stop, reterr);
    if (s->pg == NULL || source_clock(s->pg, &s->time, reterr) != 0) {
        return -1;
    }
    LT_CLEANUP(lt_pg_closep) struct lt_pg *exporter = export(s, reterr);
    if (exporter == NULL) {
        return -1;
    }
    lt_buf_adds(&sql, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT ");
    lt_sql_literal(&sql, s->slot.snapshot);
    int rc = lt_pg_exec(s->pg, lt_buf_text(&sql), reterr);
    lt_buf_fini(&sql);
    lt_pg_set_timeout(s->pg, COPY_TIMEOUT_MS);
    return rc == 0 ? 0 : lt_fail_context(reterr, "importing the snapshot");
}

static int round_of_feeds(struct snapshot *s, struct lt_error *reterr)
{
    if (import(s, reterr) != 0) {
        return -1;
    }
    for (size_t i = 0; i < s->options.count; i++) {
        if (write_feed(s, &s->order[i], reterr) != 0) {
            return lt_fail_context(reterr, "snapshot of '%s'",
                                   s->options.feeds->items[s->order[i].index].service->id);
        }
    }
    return 0;
}

static void *run(void *arg)
{
    struct snapshot *s = arg;
    uint64_t one = 1;
    int rc = round_of_feeds(s, &s->why);
    lt_pg_close(lt_steal(&s->pg)); /* its locks are in the way of who changes a table */
    submit(s);
    atomic_store(&s->state, rc == 0 ? SNAPSHOT_DONE : SNAPSHOT_FAILED);
    ssize_t n = write(s->options.wake_fd, &one, sizeof(one));
    (void)n; /* a full counter wakes too */
    return NULL;
}

struct snapshot *snapshot_start(const struct snapshot_options *options)
{
    struct snapshot *s = lt_alloc(sizeof(*s));
    s->options = *options;
    s->order = lt_memdup(options->order, options->count * sizeof(*options->order));
    s->values = lt_alloc(LT_PGO_COLUMNS_MAX * sizeof(*s->values));
    int rc = pthread_create(&s->thread, NULL, run, s);
    lt_assert(rc == 0);
    return s;
}

void snapshot_stop(struct snapshot *snapshot)
{
    if (snapshot == NULL) {
        return;
    }
    atomic_store(&snapshot->stop, true);
    pthread_join(snapshot->thread, NULL);
    lt_buf_fini(&snapshot->scratch);
    free(snapshot->values);
    free(snapshot->order);
    free(snapshot);
}

enum snapshot_state snapshot_look(struct snapshot *snapshot, struct lt_error *ret_why)
{
    enum snapshot_state state = (enum snapshot_state)atomic_load(&snapshot->state);
    if (state == SNAPSHOT_FAILED) {
        *ret_why = snapshot->why;
    }
    return state;
}

int64_t snapshot_rows(const struct snapshot *snapshot)
{
    return atomic_load(&snapshot->rows);
}
