#include "provider-postgres/source.h"

#include "daemon/daemon.h"

#define PROGRAM "lt-provider-postgres"

struct lt_pg *source_open(const struct provider_conf *conf,
                          const char *settings,
                          const atomic_bool *stop,
                          struct lt_error *reterr)
{
    const struct lt_pg_options options = {.dsn = conf->dsn,
                                          .application_name = PROGRAM,
                                          .settings = settings,
                                          .stopping = lt_stopping,
                                          .stop = stop};
    struct lt_pg *pg = lt_pg_open(&options, reterr);
    if (pg == NULL) {
        lt_fail_context(reterr, "source database");
    }
    return pg;
}

struct lt_pg *
source_open_repl(const struct provider_conf *conf, const atomic_bool *stop, struct lt_error *reterr)
{
    const struct lt_pg_options options = {.dsn = conf->dsn,
                                          .application_name = PROGRAM,
                                          .replication = true,
                                          .stopping = lt_stopping,
                                          .stop = stop};
    struct lt_pg *pg = lt_pg_open(&options, reterr);
    if (pg == NULL) {
        lt_fail_context(reterr, "source database, replication");
    }
    return pg;
}

static const char slot_sql[] =
    "SELECT d.oid, s.slot_name IS NOT NULL, s.plugin = 'pgoutput' AND s.database = d.datname"
    " AND NOT s.temporary AND s.wal_status <> 'lost' AND s.confirmed_flush_lsn IS NOT NULL,"
    " coalesce(s.confirmed_flush_lsn, '0/0'), coalesce(s.active_pid, 0)"
    " FROM pg_database d LEFT JOIN pg_replication_slots s ON s.slot_name = $1"
    " WHERE d.datname = current_database()";

int source_read(struct lt_pg *pg,
                struct lt_pg *repl,
                const char *slot,
                struct source *ret,
                struct lt_error *reterr)
{
    struct source source = {0};
    const char *params[] = {slot};
    if (lt_repl_identify(repl, &source.system, reterr) != 0) {
        return -1;
    }
    LT_CLEANUP(lt_pg_clearp) PGresult *res = lt_pg_query(pg, slot_sql, 1, params, reterr);
    if (res == NULL || lt_lsn_parse(lt_pg_text(res, 0, 3), &source.confirmed, reterr) != 0) {
        return -1;
    }
    source.dboid = lt_pg_i64(res, 0, 0);
    source.slot_exists = lt_pg_bool(res, 0, 1);
    source.slot = !source.slot_exists ? SLOT_NONE : lt_pg_bool(res, 0, 2) ? SLOT_GOOD : SLOT_BAD;
    source.active_pid = lt_pg_i64(res, 0, 4);
    *ret = source;
    return 0;
}

int source_clock(struct lt_pg *pg, lt_time *ret, struct lt_error *reterr)
{
    LT_CLEANUP(lt_pg_clearp)
    PGresult *res = lt_pg_query(
        pg, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", 0, NULL, reterr);
    if (res == NULL) {
        return -1;
    }
    *ret = lt_pg_i64(res, 0, 0);
    return 0;
}
