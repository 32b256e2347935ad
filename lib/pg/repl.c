#include "pg/repl.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "pg/conn_priv.h"
#include "pg/sqlstate.h"

/* 2000-01-01 UTC in microseconds since 1970. */
#define PG_EPOCH ((lt_time)946684800 * LT_SECOND)

int lt_lsn_parse(const char *text, uint64_t *ret, struct lt_error *reterr)
{
    const char *slash = strchr(text, '/');
    uint64_t high = 0;
    uint64_t low = 0;
    if (slash == NULL || lt_parse_hex64(text, (size_t)(slash - text), &high) != 0 ||
        lt_parse_hex64(slash + 1, strlen(slash + 1), &low) != 0 || high > UINT32_MAX ||
        low > UINT32_MAX) {
        return lt_fail(reterr, LT_ERR_REJECT, "pg", 0, "malformed lsn");
    }
    *ret = high << 32 | low;
    return 0;
}

void lt_lsn_format(uint64_t lsn, char buf[24])
{
    snprintf(buf, 24, "%X/%X", (unsigned)(lsn >> 32), (unsigned)(lsn & UINT32_MAX));
}

/* Replication commands know the simple protocol only. */
static PGresult *command(struct lt_pg *pg, const char *sql, struct lt_error *reterr)
{
    LT_CLEANUP(lt_pg_clearp) PGresult *res = NULL;
    if (!PQsendQuery(pg->conn, sql)) {
        lt_pg_result_error(pg, NULL, reterr);
        return NULL;
    }
    if (lt_pg_next_result(pg, &res, reterr) < 0) {
        return NULL;
    }
    ExecStatusType status = PQresultStatus(res);
    if (status == PGRES_COPY_BOTH) {
        return lt_steal(&res);
    }
    bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    if (!good) {
        lt_pg_result_error(pg, res, reterr);
    }
    for (;;) {
        LT_CLEANUP(lt_pg_clearp) PGresult *rest = NULL;
        int n = lt_pg_next_result(pg, &rest, good ? reterr : NULL);
        if (n < 0) {
            return NULL;
        }
        if (n == 0) {
            return good ? lt_steal(&res) : NULL;
        }
    }
}

int lt_repl_identify(struct lt_pg *pg, struct lt_repl_system *ret, struct lt_error *reterr)
{
    LT_CLEANUP(lt_pg_clearp) PGresult *res = command(pg, "IDENTIFY_SYSTEM", reterr);
    if (res == NULL) {
        return -1;
    }
    if (PQntuples(res) != 1 || PQnfields(res) < 3) {
        return lt_fail(reterr, LT_ERR_FATAL, "pg", 0, "IDENTIFY_SYSTEM: not one row of three");
    }
    struct lt_repl_system system = {.timeline = lt_pg_i64(res, 0, 1)};
    snprintf(system.system_id, sizeof(system.system_id), "%s", lt_pg_text(res, 0, 0));
    if (lt_lsn_parse(lt_pg_text(res, 0, 2), &system.wal, reterr) != 0) {
        return -1;
    }
    *ret = system;
    return 0;
}

int lt_repl_slot_create(struct lt_pg *pg,
                        const char *name,
                        bool temporary,
                        struct lt_repl_slot *ret,
                        struct lt_error *reterr)
{
    struct lt_buf sql = {0};
    lt_buf_adds(&sql, "CREATE_REPLICATION_SLOT ");
    lt_sql_ident(&sql, name);
    lt_buf_addf(&sql, "%s LOGICAL pgoutput EXPORT_SNAPSHOT", temporary ? " TEMPORARY" : "");
    LT_CLEANUP(lt_pg_clearp) PGresult *res = command(pg, lt_buf_text(&sql), reterr);
    lt_buf_fini(&sql);
    if (res == NULL) {
        return lt_fail_context(reterr, "creating slot '%s'", name);
    }
    if (PQntuples(res) != 1 || PQnfields(res) < 3) {
        return lt_fail(reterr, LT_ERR_FATAL, "pg", 0, "CREATE_REPLICATION_SLOT: not one row");
    }
    struct lt_repl_slot slot = {0};
    snprintf(slot.snapshot, sizeof(slot.snapshot), "%s", lt_pg_text(res, 0, 2));
    if (lt_lsn_parse(lt_pg_text(res, 0, 1), &slot.consistent, reterr) != 0) {
        return -1;
    }
    *ret = slot;
    return 0;
}

int lt_repl_slot_drop(struct lt_pg *pg, const char *name, struct lt_error *reterr)
{
    struct lt_buf sql = {0};
    lt_buf_adds(&sql, "DROP_REPLICATION_SLOT ");
    lt_sql_ident(&sql, name);
    lt_buf_adds(&sql, " WAIT");
    LT_CLEANUP(lt_pg_clearp) PGresult *res = command(pg, lt_buf_text(&sql), reterr);
    lt_buf_fini(&sql);
    return res != NULL ? 0 : lt_fail_context(reterr, "dropping slot '%s'", name);
}

int lt_repl_start(struct lt_pg *pg,
                  const char *slot,
                  const char *publication,
                  uint64_t lsn,
                  struct lt_error *reterr)
{
    struct lt_buf sql = {0};
    struct lt_buf name = {0};
    char at[24];
    lt_lsn_format(lsn, at);
    lt_sql_ident(&name, publication);
    lt_buf_adds(&sql, "START_REPLICATION SLOT ");
    lt_sql_ident(&sql, slot);
    lt_buf_addf(&sql, " LOGICAL %s (proto_version '1', messages 'true', publication_names ", at);
    lt_sql_literal(&sql, lt_buf_text(&name));
    lt_buf_adds(&sql, ")");
    LT_CLEANUP(lt_pg_clearp) PGresult *res = command(pg, lt_buf_text(&sql), reterr);
    lt_buf_fini(&sql);
    lt_buf_fini(&name);
    if (res == NULL) {
        return lt_fail_context(reterr, "starting replication from slot '%s'", slot);
    }
    return PQresultStatus(res) == PGRES_COPY_BOTH
               ? 0
               : lt_fail(reterr, LT_ERR_FATAL, "pg", 0, "START_REPLICATION: no stream");
}

/* Streaming replication protocol: 'w' XLogData, 'k' primary keepalive. */
static int parse(struct lt_bytes raw, struct lt_repl_message *ret, struct lt_error *reterr)
{
    const uint8_t *p = raw.data;
    if (raw.len >= 25 && p[0] == 'w') {
        *ret = (struct lt_repl_message){.wal_start = lt_get_u64be(p + 1),
                                        .wal_end = lt_get_u64be(p + 9),
                                        .data = lt_bytes(p + 25, raw.len - 25)};
        return 1;
    }
    if (raw.len == 18 && p[0] == 'k') {
        *ret = (struct lt_repl_message){
            .keepalive = true, .wal_end = lt_get_u64be(p + 1), .reply = p[17] != 0};
        return 1;
    }
    return lt_fail(reterr, LT_ERR_FATAL, "pg", 0, "unknown replication message");
}

/* The stream is over: the server says why, or just closed it. */
static int ended(struct lt_pg *pg, struct lt_error *reterr)
{
    LT_CLEANUP(lt_pg_clearp) PGresult *res = NULL;
    if (lt_pg_next_result(pg, &res, reterr) < 0) {
        return -1;
    }
    if (res == NULL || PQresultErrorField(res, PG_DIAG_SQLSTATE) == NULL) {
        return lt_fail(reterr, LT_ERR_RETRY, "pg", 0, "the server ended the replication stream");
    }
    return lt_pg_result_error(pg, res, reterr);
}

int lt_repl_next(struct lt_pg *pg, struct lt_repl_message *ret, struct lt_error *reterr)
{
    PQfreemem(pg->copy_row);
    pg->copy_row = NULL;
    int len = PQgetCopyData(pg->conn, &pg->copy_row, 1);
    if (len == 0) {
        if (!PQconsumeInput(pg->conn)) {
            return lt_pg_result_error(pg, NULL, reterr);
        }
        len = PQgetCopyData(pg->conn, &pg->copy_row, 1);
    }
    if (len > 0) {
        return parse(lt_bytes(pg->copy_row, (size_t)len), ret, reterr);
    }
    if (len == 0) {
        return 0;
    }
    return len == -1 ? ended(pg, reterr) : lt_pg_result_error(pg, NULL, reterr);
}

int lt_repl_status(struct lt_pg *pg, uint64_t received, uint64_t flushed, struct lt_error *reterr)
{
    uint8_t text[34] = {'r'};
    lt_put_u64be(text + 1, received);
    lt_put_u64be(text + 9, flushed);
    lt_put_u64be(text + 17, flushed);
    lt_put_u64be(text + 25, (uint64_t)(lt_now() - PG_EPOCH));
    struct lt_bytes status = lt_bytes(text, sizeof(text));
    return lt_pg_copy_put(pg, status, reterr) != 0 ? -1 : lt_pg_flush(pg, reterr);
}
