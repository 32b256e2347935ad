/*
 * Snapshot until Avro bytes are ready, beside COPY ... TO STDOUT whose rows are thrown away.
 *
 *   bench_snapshot copy|avro|digest DSN
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "bench/meter.h"
#include "bench/sample.h"
#include "pg/conn.h"
#include "provider-postgres/copy_text.h"

#define BATCH_ROWS 10000 /* the provider's default */

static const char copy_sql[] =
    "COPY (SELECT id, district, amount, changed, name, address, active, total"
    " FROM ONLY public.bench) TO STDOUT";

static void throw_away(const char *dsn, struct meter *meter)
{
    struct lt_error err = {.msg = "COPY failed"};
    PGconn *conn = PQconnectdb(dsn);
    meter->server_pid = PQbackendPID(conn);
    meter_start(meter);
    PQclear(PQexec(conn, copy_sql));
    for (;;) {
        char *row = NULL;
        int len = PQgetCopyData(conn, &row, 0);
        if (len < -1) {
            bench_fail(&err);
        }
        if (len < 0) {
            break;
        }
        meter->rows++;
        meter->bytes += len;
        PQfreemem(row);
    }
    meter_stop(meter);
    PQfinish(conn);
}

struct copying {
    struct lt_pg *pg;
    struct row_plan *plan;
    struct batch *batch;
    struct lt_buf scratch;
    struct lt_pgo_value values[SAMPLE_COLUMNS];
    struct meter *meter;
};

static void hand_over(struct copying *c)
{
    c->meter->rows += (int64_t)c->batch->count;
    c->meter->bytes += (int64_t)c->batch->bytes.len;
    for (size_t i = 0; c->meter->has_digest && i < c->batch->count; i++) {
        const struct batch_record *record = &c->batch->records[i];
        meter_digest(c->meter, batch_view(c->batch, record->key),
                     batch_view(c->batch, record->value), lt_op_name(record->op));
    }
    batch_clear(c->batch);
}

/* As the snapshot's own thread does (snapshot.c, copy_row). */
static void take_row(struct copying *c, struct lt_bytes line)
{
    struct lt_error err;
    int64_t counts[WITHHELD_REASONS] = {0};
    const struct lt_pgo_tuple row = {c->values, SAMPLE_COLUMNS};
    const struct row_change change = {.op = LT_OP_SNAPSHOT, .id = {1, 0}, .new_row = &row};
    if (copy_text_split(line, &c->scratch, c->values, SAMPLE_COLUMNS, &err) != 0 ||
        row_plan_apply(c->plan, &change, c->batch, 0, counts, &err) != 0) {
        bench_fail(&err);
    }
    if (c->batch->count >= BATCH_ROWS) {
        hand_over(c);
    }
}

static struct row_plan *plan_for(const struct service *service)
{
    struct lt_error err;
    struct lt_pgo_column columns[SAMPLE_COLUMNS];
    for (size_t i = 0; i < SAMPLE_COLUMNS; i++) {
        columns[i] =
            (struct lt_pgo_column){.key = true, .name = service->declared->fields[i].column};
    }
    struct row_plan *plan = row_plan_new(service, columns, SAMPLE_COLUMNS, NULL, &err);
    if (plan == NULL) {
        bench_fail(&err);
    }
    return plan;
}

static void encode(const char *dsn, struct meter *meter)
{
    struct lt_error err;
    const struct lt_pg_options options = {.dsn = dsn, .application_name = "bench"};
    struct service *service = sample_service();
    struct copying c = {.meter = meter, .batch = batch_new(), .plan = plan_for(service)};
    struct lt_bytes line;
    int n = 1;
    c.pg = lt_pg_open(&options, &err);
    if (c.pg == NULL) {
        bench_fail(&err);
    }
    meter->server_pid = PQbackendPID(lt_pg_raw(c.pg));
    meter_start(meter);
    if (lt_pg_copy_out(c.pg, copy_sql, &err) != 0) {
        bench_fail(&err);
    }
    while ((n = lt_pg_copy_row(c.pg, &line, &err)) > 0) {
        take_row(&c, line);
    }
    if (n < 0) {
        bench_fail(&err);
    }
    hand_over(&c);
    meter_stop(meter);
    lt_pg_close(c.pg);
    lt_buf_fini(&c.scratch);
    batch_free(c.batch);
    row_plan_free(c.plan);
    service_free(service);
}

int main(int argc, char **argv)
{
    struct meter meter = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: bench_snapshot copy|avro|digest DSN\n");
        return 64;
    }
    meter.has_digest = strcmp(argv[1], "digest") == 0;
    if (strcmp(argv[1], "copy") == 0) {
        throw_away(argv[2], &meter);
    } else {
        encode(argv[2], &meter);
    }
    meter_print(&meter);
    return 0;
}
