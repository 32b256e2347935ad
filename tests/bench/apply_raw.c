#include "bench/apply_raw.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench/raw_rows.h"

#define COLUMNS "id, district, amount, changed, name, address, active, total"
#define NEW_VALUES                                                                        \
    "district = excluded.district, amount = excluded.amount, changed = excluded.changed," \
    " name = excluded.name, address = excluded.address, active = excluded.active,"        \
    " total = excluded.total"
#define UNNEST                                                                                 \
    "unnest($1::int8[], $2::int4[], $3::numeric[], $4::timestamptz[], $5::text[], $6::text[]," \
    " $7::bool[], $8::int8[]) AS u(" COLUMNS ")"

static const char set_up_sql[] =
    "SET client_min_messages = warning; SET synchronous_commit = off; SET plan_cache_mode = "
    "force_generic_plan;"
    "DROP TABLE IF EXISTS public.target, public.place;"
    "CREATE TABLE public.target (id bigint PRIMARY KEY, district integer NOT NULL,"
    " amount numeric(18,4), changed timestamptz NOT NULL, name text NOT NULL, address text,"
    " active boolean NOT NULL, total bigint) WITH (fillfactor = 90);"
    "CREATE TABLE public.place (place int PRIMARY KEY, at bigint) WITH (fillfactor = 20);"
    "INSERT INTO public.place VALUES (1, 0);"
    "CREATE TEMPORARY TABLE incoming (LIKE public.target) ON COMMIT DELETE ROWS";
static const char move_sql[] = "UPDATE public.place SET at = at + 1 WHERE place = 1";

struct method {
    const char *name;
    bool copies;
    const char *copy;     /* COPY target */
    const char *upsert;   /* statement for upserts; NULL: none behind the copy */
    const char *removing; /* statement for deletes */
};
static const struct method methods[] = {
    {.name = "unnest",
     .upsert = "INSERT INTO public.target (" COLUMNS ") SELECT " COLUMNS " FROM " UNNEST
               " ON CONFLICT (id) DO UPDATE SET " NEW_VALUES,
     .removing = "DELETE FROM public.target t USING unnest($1::int8[]) AS u(id) WHERE t.id = u.id"},
    {.name = "insert",
     .upsert = "INSERT INTO public.target (" COLUMNS ") SELECT " COLUMNS " FROM " UNNEST},
    {.name = "update",
     .upsert = "UPDATE public.target t SET district = u.district, amount = u.amount,"
               " changed = u.changed, name = u.name, address = u.address, active = u.active,"
               " total = u.total FROM " UNNEST " WHERE t.id = u.id"},
    {.name = "copy-temp",
     .copies = true,
     .copy = "incoming",
     .upsert = "INSERT INTO public.target (" COLUMNS ") SELECT " COLUMNS " FROM incoming"
               " ON CONFLICT (id) DO UPDATE SET " NEW_VALUES,
     .removing = "DELETE FROM public.target t USING incoming u WHERE t.id = u.id"},
    {.name = "copy", .copies = true, .copy = "public.target"},
};

struct raw {
    PGconn *conn;
    const struct method *method;
    bool removes;
    struct raw_arrays arrays;
    struct lt_buf copy;
};

static void give_up(PGconn *conn)
{
    struct lt_error err;
    (void)lt_fail(&err, LT_ERR_FATAL, "bench", 0, "%s", PQerrorMessage(conn));
    bench_fail(&err);
}

static void check(PGconn *conn, PGresult *res)
{
    ExecStatusType status = PQresultStatus(res);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN &&
        status != PGRES_PIPELINE_SYNC) {
        give_up(conn);
    }
    PQclear(res);
}

static void run_sql(PGconn *conn, const char *sql)
{
    check(conn, PQexec(conn, sql));
}

static void queue(PGconn *conn, const char *sql)
{
    if (!PQsendQueryParams(conn, sql, 0, NULL, NULL, NULL, NULL, 0)) {
        give_up(conn);
    }
}

/* One pipelined round trip: BEGIN, position, the statement, COMMIT. */
static void apply_arrays(struct raw *raw, const struct sample_row *rows, size_t count)
{
    const char *values[SAMPLE_COLUMNS];
    int lengths[SAMPLE_COLUMNS], formats[SAMPLE_COLUMNS];
    raw_arrays_fill(&raw->arrays, rows, count);
    for (int i = 0; i < SAMPLE_COLUMNS; i++) {
        values[i] = (const char *)raw->arrays.columns[i].data;
        lengths[i] = (int)raw->arrays.columns[i].len;
        formats[i] = 1;
    }
    PQenterPipelineMode(raw->conn);
    queue(raw->conn, "BEGIN");
    queue(raw->conn, move_sql);
    if (!PQsendQueryPrepared(raw->conn, "change", raw->removes ? 1 : SAMPLE_COLUMNS, values,
                             lengths, formats, 0)) {
        give_up(raw->conn);
    }
    queue(raw->conn, "COMMIT");
    PQpipelineSync(raw->conn);
    for (bool synced = false; !synced;) {
        PGresult *res = PQgetResult(raw->conn);
        synced = PQresultStatus(res) == PGRES_PIPELINE_SYNC;
        if (res != NULL) {
            check(raw->conn, res);
        }
    }
    PQexitPipelineMode(raw->conn);
}

static void apply_copy(struct raw *raw, const struct sample_row *rows, size_t count)
{
    char sql[128];
    raw_copy_fill(&raw->copy, rows, count);
    snprintf(sql, sizeof(sql), "COPY %s FROM STDIN (FORMAT binary)", raw->method->copy);
    run_sql(raw->conn, "BEGIN");
    run_sql(raw->conn, move_sql);
    run_sql(raw->conn, sql);
    if (PQputCopyData(raw->conn, (const char *)raw->copy.data, (int)raw->copy.len) != 1 ||
        PQputCopyEnd(raw->conn, NULL) != 1) {
        give_up(raw->conn);
    }
    for (PGresult *res; (res = PQgetResult(raw->conn)) != NULL;) {
        check(raw->conn, res);
    }
    if (raw->method->upsert != NULL) {
        check(raw->conn, PQexecPrepared(raw->conn, "change", 0, NULL, NULL, NULL, 0));
    }
    run_sql(raw->conn, "COMMIT");
}

static void set_up(struct raw *raw, const struct apply_load *load)
{
    struct lt_buf sql = {0};
    const char *change = raw->removes ? raw->method->removing : raw->method->upsert;
    run_sql(raw->conn, set_up_sql);
    apply_before_sql(load, "public.target", &sql);
    if (sql.len > 0) {
        run_sql(raw->conn, lt_buf_text(&sql));
    }
    if (change != NULL) {
        check(raw->conn, PQprepare(raw->conn, "change", change, 0, NULL));
    }
    lt_buf_fini(&sql);
}

static void apply_all(struct raw *raw, const struct apply_load *load, struct meter *meter)
{
    struct sample_row *rows = lt_alloc((size_t)load->rows * sizeof(*rows));
    for (int64_t k = 0; k < load->rows; k++) {
        sample_row(apply_row_of(load, k), 1, &rows[k]);
    }
    meter->server_pid = PQbackendPID(raw->conn);
    meter_start(meter);
    for (size_t at = 0; at < (size_t)load->rows; at += load->batch) {
        size_t count = LT_MIN(load->batch, (size_t)load->rows - at);
        (raw->method->copies ? apply_copy : apply_arrays)(raw, rows + at, count);
    }
    meter_stop(meter);
    meter->rows = load->rows;
    free(rows);
}

void apply_raw(const char *dsn,
               const char *method,
               const struct apply_load *load,
               struct meter *meter)
{
    struct raw raw = {.conn = PQconnectdb(dsn), .removes = load->kind == APPLY_DELETE};
    for (size_t i = 0; i < LT_COUNT(methods); i++) {
        if (strcmp(methods[i].name, method) == 0) {
            raw.method = &methods[i];
        }
    }
    lt_assert(raw.method != NULL);
    set_up(&raw, load);
    apply_all(&raw, load, meter);
    raw_arrays_fini(&raw.arrays);
    lt_buf_fini(&raw.copy);
    PQfinish(raw.conn);
}
