#include "lienthong/sides.h"

#include "base/mem.h"
#include "daemon/daemon.h"
#include "pg/conn.h"

#include <string.h>

#define POLL_MS    200
#define FETCH_ROWS "5000"

static const char SNAPSHOT[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/* The consumer's tables (broker-adapters/consumer-postgres). */
static const char COPY_SQL[] =
    "SELECT c.copy, c.stream, c.table_name,"
    " CASE WHEN isfinite(c.stamp) THEN (extract(epoch FROM c.stamp) * 1000000)::bigint END,"
    " (SELECT count(*) FROM lienthong.set_aside s WHERE s.copy = c.copy)"
    " FROM lienthong.copy c WHERE c.connection = $1 AND c.shown";

typedef enum lt_cli_row_kind
take_row(struct lt_cli_shape *shape, const char *const *texts, struct lt_cli_row *row);

static void take_rows(const struct lt_cli_sides *sides,
                      const PGresult *rows,
                      take_row *take,
                      struct lt_cli_row *row,
                      struct lt_cli_side_read *side)
{
    const int columns = PQnfields(rows);
    const char **texts = lt_alloc((size_t)columns * sizeof *texts);
    for (int r = 0; r < PQntuples(rows); r++) {
        for (int c = 0; c < columns; c++)
            texts[c] = PQgetisnull(rows, r, c) ? NULL : PQgetvalue(rows, r, c);
        enum lt_cli_row_kind kind = take(sides->shape, texts, row);
        side->read++;
        if (kind == LT_CLI_ROW_WITHHELD)
            side->withheld++;
        if (kind == LT_CLI_ROW_IN)
            lt_cli_side_add(&side->rows, lt_buf_bytes(&row->key), lt_buf_bytes(&row->body),
                            lt_buf_bytes(&row->text));
    }
    lt_freep(&texts);
}

static int declare_cursor(const struct lt_cli_sides *sides,
                          struct lt_pg *pg,
                          size_t columns,
                          const char *schema,
                          const char *table,
                          struct lt_error *reterr)
{
    struct lt_buf sql = {0};
    lt_buf_adds(&sql, "DECLARE verify NO SCROLL CURSOR FOR SELECT ");
    for (size_t i = 0; i < columns; i++) {
        lt_buf_adds(&sql, i ? ", " : "");
        lt_sql_ident(&sql, lt_cli_shape_column(sides->shape, i));
    }
    lt_buf_adds(&sql, " FROM ");
    if (schema) {
        lt_sql_ident(&sql, schema);
        lt_buf_addc(&sql, '.');
        lt_sql_ident(&sql, table);
    } else {
        lt_sql_table(&sql, table);
    }
    int rc = lt_pg_exec(pg, lt_buf_text(&sql), reterr);
    lt_buf_fini(&sql);
    return rc;
}

/* Fetches everything of the declared cursor into the side. */
static int fetch_all(const struct lt_cli_sides *sides,
                     struct lt_pg *pg,
                     take_row *take,
                     struct lt_cli_side_read *side,
                     struct lt_error *reterr)
{
    struct lt_cli_row row = {0};
    int fetched = -1;
    do {
        LT_CLEANUP(lt_pg_clearp)
        PGresult *rows = lt_pg_query(pg, "FETCH " FETCH_ROWS " FROM verify", 0, NULL, reterr);
        fetched = rows ? PQntuples(rows) : -1;
        if (rows)
            take_rows(sides, rows, take, &row, side);
    } while (fetched > 0);
    lt_cli_row_fini(&row);
    return fetched;
}

static int close_side(struct lt_pg *pg, struct lt_cli_side_read *side, struct lt_error *reterr)
{
    if (lt_pg_exec(pg, "COMMIT", reterr) != 0)
        return -1;
    if (!lt_cli_side_close(&side->rows))
        return lt_fail(reterr, LT_ERR_REJECT, "verify", 0, "two rows have one key: not comparable");
    return 0;
}

int lt_cli_read_source(const struct lt_cli_sides *sides,
                       struct lt_cli_side_read *ret,
                       struct lt_error *reterr)
{
    struct lt_pg *pg = sides->source;
    *ret = (struct lt_cli_side_read){.rows.keep_texts = sides->keys};
    if (lt_pg_exec(pg, SNAPSHOT, reterr) != 0)
        return -1;
    LT_CLEANUP(lt_pg_clearp)
    PGresult *clock = lt_pg_query(
        pg, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", 0, NULL, reterr);
    if (!clock)
        return -1;
    ret->at = lt_pg_i64(clock, 0, 0);
    if (declare_cursor(sides, pg, lt_cli_shape_columns(sides->shape), NULL, sides->table, reterr) !=
            0 ||
        fetch_all(sides, pg, lt_cli_shape_source, ret, reterr) != 0)
        return -1;
    return close_side(pg, ret, reterr);
}

/* The copy that is shown, as a row of COPY_SQL; NULL after filling the error. */
static PGresult *shown_copy(const struct lt_cli_sides *sides, struct lt_error *reterr)
{
    PGresult *copy = lt_pg_query(sides->target, COPY_SQL, 1, &sides->connection, reterr);
    if (!copy)
        return NULL;
    const char *why = PQntuples(copy) == 0 ? "the target shows no copy of the connection yet"
                      : strcmp(lt_pg_text(copy, 0, 1), sides->stream) != 0
                          ? "the target still shows an older stream; a replacing one is on its way"
                          : NULL;
    if (!why)
        return copy;
    PQclear(copy);
    lt_fail(reterr, LT_ERR_REJECT, "verify", 0, "%s", why);
    return NULL;
}

static lt_time stamp_of(const PGresult *copy)
{
    return PQgetisnull(copy, 0, 3) ? LT_TIME_NONE : lt_pg_i64(copy, 0, 3);
}

/* Until the stamp has reached T; REJECT when it has not within --wait. */
int lt_cli_wait_for_stamp(const struct lt_cli_sides *sides, lt_time at, struct lt_error *reterr)
{
    for (;;) {
        LT_CLEANUP(lt_pg_clearp) PGresult *copy = shown_copy(sides, reterr);
        if (!copy && reterr->class != LT_ERR_REJECT)
            return -1;
        if (copy && stamp_of(copy) >= at)
            return 0;
        if (lt_monotonic_ms() < sides->deadline_ms && !lt_stop_wait(POLL_MS))
            continue;
        return copy ? lt_fail(reterr, LT_ERR_REJECT, "verify", 0,
                              "the target's stamp has not reached the source's snapshot")
                    : -1;
    }
}

int lt_cli_read_target(const struct lt_cli_sides *sides,
                       struct lt_cli_side_read *ret,
                       struct lt_error *reterr)
{
    struct lt_pg *pg = sides->target;
    *ret = (struct lt_cli_side_read){.rows.keep_texts = sides->keys};
    if (lt_pg_exec(pg, SNAPSHOT, reterr) != 0)
        return -1;
    LT_CLEANUP(lt_pg_clearp) PGresult *copy = shown_copy(sides, reterr);
    if (!copy)
        return -1;
    ret->at = stamp_of(copy);
    ret->set_aside = lt_pg_i64(copy, 0, 4);
    if (declare_cursor(sides, pg, lt_cli_shape_projected(sides->shape), "lienthong",
                       lt_pg_text(copy, 0, 2), reterr) != 0 ||
        fetch_all(sides, pg, lt_cli_shape_target, ret, reterr) != 0)
        return -1;
    return close_side(pg, ret, reterr);
}
