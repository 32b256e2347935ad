/*
 * The steps of a connection in the target database.  Each is one transaction with
 * synchronous_commit = on; a step that fails leaves nothing behind.
 */
#include "consumer-postgres/target.h"

#include "base/mem.h"
#include "base/num.h"
#include "pg/sqlstate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs BEGIN; sql; COMMIT and rolls back on failure. */
static int run(struct lt_target *target, const struct lt_buf *sql, struct lt_error *reterr)
{
    struct lt_buf all = {0};
    lt_buf_adds(&all, "BEGIN; SET LOCAL synchronous_commit = on; ");
    lt_buf_add(&all, sql->data, sql->len);
    lt_buf_adds(&all, "; COMMIT");
    int rc = lt_pg_exec(lt_target_pg(target), lt_buf_text(&all), reterr);
    lt_buf_fini(&all);
    if (rc && reterr && reterr->class != LT_ERR_RETRY &&
        lt_pg_exec(lt_target_pg(target), "ROLLBACK", NULL))
        reterr->class = LT_ERR_RETRY;
    if (rc && reterr && reterr->code == lt_sqlstate(LT_CODE_LOST_RACE))
        reterr->class = LT_ERR_ABORT;
    return rc;
}

/* The position must still be what we know: the lock that keeps two processes apart. */
static void add_guard(struct lt_buf *sql, const struct lt_copy *copy)
{
    const long offset = (long)copy->is.at.next_offset, seq = (long)copy->is.at.seq;
    lt_buf_addf(sql,
                "SELECT lienthong.advance(%d, %ld, %ld, %ld, %ld,"
                " (SELECT chain FROM lienthong.position WHERE copy = %d), NULL); ",
                copy->is.copy, offset, seq, offset, seq, copy->is.copy);
}

static void add_time(struct lt_buf *sql, lt_time at, bool nullable)
{
    char text[40];
    if (nullable && at == LT_TIME_NONE)
        lt_buf_adds(sql, "NULL::timestamptz");
    else
        lt_buf_addf(sql, "'%s'::timestamptz", lt_sql_time(at, text));
}

static void add_drop(struct lt_buf *sql, const char *table, int copy)
{
    lt_buf_adds(sql, "DROP TABLE IF EXISTS lienthong.");
    lt_sql_ident(sql, table);
    lt_buf_addf(sql, "; DELETE FROM lienthong.copy WHERE copy = %d; ", copy);
}

/* ---- the view ---- */

struct view_columns {
    PGresult *res; /* holds the texts */
    struct lt_view_column *list;
    size_t count;
};

static void view_columns_fini(struct view_columns *columns)
{
    PQclear(columns->res);
    free(columns->list);
}

static int read_view(struct lt_target *target,
                     const char *view,
                     struct view_columns *ret,
                     struct lt_error *reterr)
{
    const char *params[] = {lt_target_options(target)->data_schema, view};
    ret->res = lt_pg_query(lt_target_pg(target),
                           "SELECT a.attname, format_type(a.atttypid, a.atttypmod)"
                           " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
                           " JOIN pg_namespace n ON n.oid = c.relnamespace"
                           " WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0"
                           " AND NOT a.attisdropped ORDER BY a.attnum",
                           2, params, reterr);
    if (!ret->res)
        return -1;
    ret->count = (size_t)PQntuples(ret->res);
    ret->list = lt_alloc(LT_MAX(ret->count, (size_t)1) * sizeof(*ret->list));
    for (size_t i = 0; i < ret->count; i++)
        ret->list[i] = (struct lt_view_column){.name = lt_pg_text(ret->res, (int)i, 0),
                                               .type = lt_pg_text(ret->res, (int)i, 1)};
    return 0;
}

static void add_view_name(struct lt_buf *sql, struct lt_target *target, const char *view)
{
    lt_sql_ident(sql, lt_target_options(target)->data_schema);
    lt_buf_addc(sql, '.');
    lt_sql_ident(sql, view);
}

static int add_view(struct lt_target *target,
                    const struct lt_shape *shape,
                    const struct lt_shape *granted,
                    const struct lt_place *place,
                    struct lt_buf *sql,
                    struct lt_error *reterr)
{
    struct view_columns old = {0};
    const char *role = lt_target_options(target)->reader_role;
    int rc = read_view(target, place->view, &old, reterr);
    if (rc == 0) {
        const bool drop = lt_view_must_drop(shape, old.list, old.count);
        if (drop) {
            lt_buf_adds(sql, "DROP VIEW ");
            add_view_name(sql, target, place->view);
            lt_buf_adds(sql, "; ");
        }
        lt_sql_view(shape, granted, place, old.list, drop ? 0 : old.count, sql);
        if (role && role[0]) {
            lt_buf_adds(sql, "; GRANT SELECT ON ");
            add_view_name(sql, target, place->view);
            lt_buf_adds(sql, " TO ");
            lt_sql_ident(sql, role);
        }
        lt_buf_adds(sql, "; ");
    }
    view_columns_fini(&old);
    return rc;
}

static int next_copy(struct lt_target *target, int *ret, struct lt_error *reterr)
{
    LT_CLEANUP(lt_pg_clearp)
    PGresult *res = lt_pg_query(lt_target_pg(target),
                                "SELECT nextval(pg_get_serial_sequence('lienthong.copy', 'copy'))",
                                0, NULL, reterr);
    if (!res)
        return -1;
    *ret = (int)lt_pg_i64(res, 0, 0);
    return 0;
}

/* ---- steps ---- */

/* One process makes a copy of a stream; another that wanted the same finds it there. */
static void add_race_check(struct lt_buf *sql, const char *stream)
{
    lt_buf_adds(sql, "SELECT pg_advisory_xact_lock(5068137042871043); DO $$ BEGIN IF EXISTS"
                     " (SELECT FROM lienthong.copy WHERE state <> 'stale' AND stream = ");
    lt_sql_literal(sql, stream);
    lt_buf_adds(sql, ") THEN RAISE EXCEPTION 'another process made a copy of the stream'"
                     " USING ERRCODE = '" LT_CODE_LOST_RACE "'; END IF; END $$; ");
}

static void
add_copy_row(struct lt_buf *sql, const struct lt_creation *creation, int copy, const char *table)
{
    const struct lt_stream_notice *notice = creation->notice;
    lt_buf_addf(sql,
                "INSERT INTO lienthong.copy (copy, connection, stream, generation, table_name,"
                " view_name, shown, key_schema, value_schema, use_period, end_of_use, on_expiry)"
                " OVERRIDING SYSTEM VALUE VALUES (%d, ",
                copy);
    lt_sql_literal(sql, notice->connection);
    lt_buf_adds(sql, ", ");
    lt_sql_literal(sql, notice->stream);
    lt_buf_addf(sql, ", %ld, ", (long)notice->generation);
    lt_sql_literal(sql, table);
    lt_buf_adds(sql, ", ");
    lt_sql_literal(sql, creation->view);
    lt_buf_addf(sql, ", %s, %d, %d, %ld, ", creation->show ? "true" : "false", notice->key_schema,
                notice->value_schema, (long)notice->use_period);
    add_time(sql, notice->end_of_use, true);
    lt_buf_addf(sql, ", '%s'); ", notice->on_expiry);
    lt_buf_addf(sql,
                "INSERT INTO lienthong.position (copy, next_offset, seq, e0)"
                " VALUES (%d, 0, 0, %ld); ",
                copy, (long)creation->e0);
    lt_buf_addf(sql, "INSERT INTO lienthong.scope (copy, version) VALUES (%d, %ld); ", copy,
                (long)notice->scope_version);
    lt_buf_adds(sql, "CREATE SEQUENCE IF NOT EXISTS lienthong.");
    struct lt_buf name = {0};
    lt_buf_addf(&name, "refused_%s", notice->connection);
    lt_sql_ident(sql, lt_buf_text(&name));
    lt_buf_fini(&name);
    lt_buf_adds(sql, "; ");
}

int lt_target_create(struct lt_target *target,
                     const struct lt_creation *creation,
                     struct lt_error *reterr)
{
    int copy, rc = -1;
    struct lt_buf sql = {0}, table = {0};
    if (next_copy(target, &copy, reterr))
        return -1;
    lt_table_name(creation->notice->connection, creation->notice->generation, copy, &table);
    const struct lt_place place = {.copy = copy,
                                   .table = lt_buf_text(&table),
                                   .data_schema = lt_target_options(target)->data_schema,
                                   .view = creation->view};
    add_race_check(&sql, creation->notice->stream);
    lt_sql_create_table(creation->shape, &place, &sql);
    lt_buf_adds(&sql, "; ");
    if (creation->show) {
        lt_buf_adds(&sql, "UPDATE lienthong.copy SET shown = false WHERE connection = ");
        lt_sql_literal(&sql, creation->notice->connection);
        lt_buf_adds(&sql, "; ");
    }
    add_copy_row(&sql, creation, copy, place.table);
    if (!creation->show ||
        add_view(target, creation->shape, creation->shape, &place, &sql, reterr) == 0)
        rc = run(target, &sql, reterr);
    lt_buf_fini(&sql);
    lt_buf_fini(&table);
    return rc ? lt_fail_context(reterr, "copy of %s", creation->notice->stream) : 0;
}

/* The connection's other copies go with their set-aside rows. */
static int add_drop_others(struct lt_target *target,
                           const struct lt_copy *copy,
                           struct lt_buf *sql,
                           struct lt_error *reterr)
{
    char number[16];
    snprintf(number, sizeof(number), "%d", copy->is.copy);
    const char *params[] = {copy->connection, number};
    LT_CLEANUP(lt_pg_clearp)
    PGresult *res = lt_pg_query(lt_target_pg(target),
                                "SELECT copy, table_name FROM lienthong.copy"
                                " WHERE connection = $1 AND copy <> $2::int",
                                2, params, reterr);
    for (int i = 0; res && i < PQntuples(res); i++)
        add_drop(sql, lt_pg_text(res, i, 1), (int)lt_pg_i64(res, i, 0));
    return res ? 0 : -1;
}

static void add_stamp(struct lt_buf *sql, int copy, const struct lt_worth *worth)
{
    lt_buf_addf(sql, "SELECT lienthong.stamp(%d, ", copy);
    add_time(sql, worth->stamp, false);
    lt_buf_adds(sql, ", ");
    add_time(sql, worth->from, false);
    lt_buf_adds(sql, ", ");
    add_time(sql, worth->until, false);
    lt_buf_adds(sql, "); ");
}

static struct lt_place place_of(struct lt_target *target, const struct lt_copy *copy)
{
    return (struct lt_place){.copy = copy->is.copy,
                             .table = copy->table,
                             .data_schema = lt_target_options(target)->data_schema,
                             .view = copy->view};
}

/* Readers that come while we wait for the view's lock wait behind us: not for long. */
static void add_view_guard(struct lt_buf *sql, const struct lt_copy *copy)
{
    lt_buf_adds(sql, "SET LOCAL lock_timeout = '1s'; ");
    add_guard(sql, copy);
}

int lt_target_switch(struct lt_target *target,
                     const struct lt_copy *copy,
                     const struct lt_shape *shape,
                     const struct lt_worth *worth,
                     struct lt_error *reterr)
{
    struct lt_buf sql = {0};
    const struct lt_place place = place_of(target, copy);
    add_view_guard(&sql, copy);
    lt_buf_adds(&sql, "ANALYZE lienthong."); /* statistics are there for the first reader */
    lt_sql_ident(&sql, copy->table);
    lt_buf_adds(&sql, "; ");
    int rc = copy->is.shown ? 0 : add_view(target, shape, shape, &place, &sql, reterr);
    rc = rc ? rc : add_drop_others(target, copy, &sql, reterr);
    if (rc == 0) {
        lt_buf_addf(&sql,
                    "UPDATE lienthong.copy SET state = 'active', shown = true WHERE copy = %d; ",
                    copy->is.copy);
        if (worth)
            add_stamp(&sql, copy->is.copy, worth);
        lt_buf_adds(&sql, "SELECT 1");
        rc = run(target, &sql, reterr);
    }
    lt_buf_fini(&sql);
    return rc ? lt_fail_context(reterr, "showing %s", copy->stream) : 0;
}

int lt_target_narrow(struct lt_target *target,
                     const struct lt_copy *copy,
                     const struct lt_shape *shape,
                     const struct lt_shape *granted,
                     int32_t granted_schema,
                     bool rebuild,
                     struct lt_error *reterr)
{
    struct lt_buf sql = {0};
    const struct lt_place place = place_of(target, copy);
    add_view_guard(&sql, copy);
    int rc = rebuild ? add_view(target, shape, granted, &place, &sql, reterr) : 0;
    if (rc == 0) {
        lt_buf_addf(&sql,
                    "INSERT INTO lienthong.narrowed (copy, value_schema) VALUES (%d, %d)"
                    " ON CONFLICT (copy) DO UPDATE SET value_schema = excluded.value_schema",
                    copy->is.copy, granted_schema);
        rc = run(target, &sql, reterr);
    }
    lt_buf_fini(&sql);
    return rc ? lt_fail_context(reterr, "narrowing %s", copy->stream) : 0;
}

int lt_target_drop(struct lt_target *target, const struct lt_copy *copy, struct lt_error *reterr)
{
    struct lt_buf sql = {0};
    add_drop(&sql, copy->table, copy->is.copy);
    lt_buf_adds(&sql, "SELECT 1");
    const int rc = run(target, &sql, reterr);
    lt_buf_fini(&sql);
    return rc ? lt_fail_context(reterr, "dropping %s", copy->table) : 0;
}

int lt_target_terms(struct lt_target *target,
                    const struct lt_copy *copy,
                    const struct lt_terms *terms,
                    struct lt_error *reterr)
{
    struct lt_buf sql = {0};
    lt_buf_addf(&sql, "SELECT lienthong.terms(%d, %ld, ", copy->is.copy, (long)terms->use_period);
    add_time(&sql, terms->end_of_use, true);
    lt_buf_addf(&sql, ", '%s', ", terms->fail ? "fail" : "hide");
    lt_sql_literal(&sql, terms->closed);
    lt_buf_adds(&sql, ", ");
    add_time(&sql, lt_usable_until(copy->is.worth.stamp, terms), false);
    lt_buf_adds(&sql, ")");
    const int rc = run(target, &sql, reterr);
    lt_buf_fini(&sql);
    return rc ? lt_fail_context(reterr, "terms of %s", copy->stream) : 0;
}

int lt_target_fault(struct lt_target *target,
                    const struct lt_copy *copy,
                    enum lt_copy_state state,
                    int64_t expected,
                    int64_t seen,
                    const char *reason,
                    struct lt_error *reterr)
{
    struct lt_buf sql = {0};
    add_guard(&sql, copy);
    lt_buf_addf(&sql,
                "UPDATE lienthong.copy SET state = '%s', gap_expected = %ld, gap_seen = %ld,"
                " gap_reason = ",
                lt_copy_state_name(state), (long)expected, (long)seen);
    lt_sql_literal(&sql, reason);
    lt_buf_addf(&sql, " WHERE copy = %d", copy->is.copy);
    const int rc = run(target, &sql, reterr);
    lt_buf_fini(&sql);
    return rc ? lt_fail_context(reterr, "marking %s", copy->stream) : 0;
}
