#include "pg/conn_priv.h"

#include "base/clock.h"

/* To the answer that starts the copy; that of statements before it is no rows that anybody wants.
 */
static int start(struct lt_pg *pg, const char *sql, ExecStatusType wanted, struct lt_error *reterr)
{
    if (!PQsendQuery(pg->conn, sql)) {
        return lt_pg_result_error(pg, NULL, reterr);
    }
    for (;;) {
        LT_CLEANUP(lt_pg_clearp) PGresult *res = NULL;
        int n = lt_pg_next_result(pg, &res, reterr);
        if (n > 0 && PQresultStatus(res) == wanted) {
            return 0;
        }
        if (n > 0 && lt_pg_succeeded(res)) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        int rc = lt_pg_result_error(pg, res, reterr);
        return n > 0 && lt_pg_collect(pg, NULL, NULL) != 0 ? -1 : rc;
    }
}

int lt_pg_copy_out(struct lt_pg *pg, const char *sql, struct lt_error *reterr)
{
    return start(pg, sql, PGRES_COPY_OUT, reterr);
}

int lt_pg_copy_row(struct lt_pg *pg, struct lt_bytes *ret, struct lt_error *reterr)
{
    int64_t deadline = lt_monotonic_ms() + pg->timeout_ms;
    PQfreemem(pg->copy_row);
    pg->copy_row = NULL;
    for (;;) {
        int len = PQgetCopyData(pg->conn, &pg->copy_row, 1);
        if (len > 0) {
            *ret = lt_bytes(pg->copy_row, (size_t)len);
            return 1;
        }
        if (len < 0) {
            return len == -1 ? lt_pg_collect(pg, NULL, reterr)
                             : lt_pg_result_error(pg, NULL, reterr);
        }
        if (lt_pg_read_more(pg, deadline, reterr) != 0) {
            return -1;
        }
    }
}

int lt_pg_copy_in(struct lt_pg *pg, const char *sql, struct lt_error *reterr)
{
    return start(pg, sql, PGRES_COPY_IN, reterr);
}

int lt_pg_copy_put(struct lt_pg *pg, struct lt_bytes data, struct lt_error *reterr)
{
    for (;;) {
        int n = PQputCopyData(pg->conn, (const char *)data.data, (int)data.len);
        if (n < 0) {
            return lt_pg_result_error(pg, NULL, reterr);
        }
        if (n > 0) {
            return 0;
        }
        if (lt_pg_flush(pg, reterr) != 0) {
            return -1;
        }
    }
}

int lt_pg_copy_end(struct lt_pg *pg, struct lt_error *reterr)
{
    int n = 0;
    while ((n = PQputCopyEnd(pg->conn, NULL)) == 0) {
        if (lt_pg_flush(pg, reterr) != 0) {
            return -1;
        }
    }
    return n < 0 ? lt_pg_result_error(pg, NULL, reterr) : lt_pg_collect(pg, NULL, reterr);
}
