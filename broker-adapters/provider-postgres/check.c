#include "provider-postgres/check.h"

#include <string.h>

/* First minor of each major with the fixes of May 2025 (changes lost when a publication changes)
 * and of August 2024 (parts of transactions that straddle the slot's start). */
static const struct {
    int major, good_minor;
} minors[] = {{13, 21}, {14, 18}, {15, 13}, {16, 9}, {17, 5}};

const char *check_bad_minor(int64_t version_num)
{
    int major = (int)(version_num / 10000);
    int minor = (int)(version_num % 10000);
    for (size_t i = 0; i < LT_COUNT(minors); i++) {
        if (minors[i].major == major && minor < minors[i].good_minor) {
            return "logical decoding of this minor release can lose changes";
        }
    }
    return major < 15 ? "older than PostgreSQL 15, the oldest that this program is tested with"
                      : NULL;
}

static const char server_sql[] =
    "SELECT current_setting('server_version_num')::int, current_setting('wal_level'),"
    " current_setting('max_slot_wal_keep_size'), current_setting('server_encoding'),"
    " pg_is_in_recovery(), r.rolreplication OR r.rolsuper, "
    "current_setting('max_replication_slots')::int"
    " - (SELECT count(*) FROM pg_replication_slots)::int,"
    " has_function_privilege('pg_logical_emit_message(boolean, text, text)', 'EXECUTE'),"
    " has_function_privilege('pg_control_system()', 'EXECUTE'), inet_client_addr() IS NOT NULL"
    " AND NOT coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)"
    " FROM pg_roles r WHERE r.rolname = current_user";

static void check_settings(const PGresult *res, struct findings *findings)
{
    const char *bad = check_bad_minor(lt_pg_i64(res, 0, 0));
    if (bad != NULL) {
        finding_todo(
            findings_add(findings, false, "server version %s: %s", lt_pg_text(res, 0, 0), bad),
            "install the newest minor release");
    }
    if (strcmp(lt_pg_text(res, 0, 1), "logical") != 0) {
        finding_todo(findings_add(findings, true, "wal_level is %s", lt_pg_text(res, 0, 1)),
                     "ALTER SYSTEM SET wal_level = 'logical'; and restart the server");
    }
    if (strcmp(lt_pg_text(res, 0, 2), "-1") == 0) {
        finding_todo(findings_add(findings, false, "max_slot_wal_keep_size is unlimited"),
                     "a slot that nobody reads can fill the disk; "
                     "ALTER SYSTEM SET max_slot_wal_keep_size = '10GB';");
    }
    if (strcmp(lt_pg_text(res, 0, 3), "UTF8") != 0) {
        finding_todo(findings_add(findings, strcmp(lt_pg_text(res, 0, 3), "SQL_ASCII") == 0,
                                  "server_encoding is %s", lt_pg_text(res, 0, 3)),
                     "texts are converted to UTF-8; SQL_ASCII cannot be");
    }
    if (lt_pg_bool(res, 0, 4)) {
        findings_add(findings, true,
                     "the server is a standby: its slots do not follow a promotion");
    }
}

static void check_rights(const PGresult *res, struct findings *findings)
{
    if (!lt_pg_bool(res, 0, 5)) {
        finding_todo(findings_add(findings, true, "this role may not replicate"),
                     "ALTER ROLE ... REPLICATION;");
    }
    if (lt_pg_i64(res, 0, 6) < 2) {
        finding_todo(findings_add(findings, false, "fewer than two replication slots are free"),
                     "raise max_replication_slots: one for the feeds, one while a table is loaded");
    }
    if (!lt_pg_bool(res, 0, 7) || !lt_pg_bool(res, 0, 8)) {
        finding_todo(findings_add(findings, true, "no right to make sync points"),
                     "GRANT EXECUTE ON FUNCTION pg_logical_emit_message(boolean, text, text), "
                     "pg_control_system() TO this role;");
    }
    if (lt_pg_bool(res, 0, 9)) {
        finding_todo(
            findings_add(findings, false, "the connection goes over the network without TLS"),
            "sslmode=verify-full sslrootcert=... in dsn, or a Unix socket");
    }
}

int check_server(struct lt_pg *pg, struct findings *findings, struct lt_error *reterr)
{
    LT_CLEANUP(lt_pg_clearp) PGresult *res = lt_pg_query(pg, server_sql, 0, NULL, reterr);
    if (res == NULL) {
        return -1;
    }
    check_settings(res, findings);
    check_rights(res, findings);
    return 0;
}

static int check_all(struct provider *provider,
                     struct feeds *feeds,
                     struct findings *findings,
                     struct lt_error *reterr)
{
    const struct provider_conf *conf = provider->conf;
    LT_CLEANUP(lt_pg_closep) struct lt_pg *pg = source_open(conf, NULL, NULL, reterr);
    if (pg == NULL || check_server(pg, findings, reterr) != 0) {
        return -1;
    }
    if (inbox_open(provider->inbox, &provider->bus, reterr) != 0) {
        return -1;
    }
    feeds_collect(feeds, provider->inbox, conf->source);
    for (size_t i = 0; i < feeds->count; i++) {
        struct shape shape = {0};
        if (shape_read(pg, feeds->items[i].service, conf->publication, &shape, findings, reterr) !=
            0) {
            return -1;
        }
        shape_fini(&shape);
    }
    if (feeds->count == 0) {
        finding_todo(
            findings_add(findings, false, "no data service of source %s is known", conf->source),
            "declare one; the steward sends it to inbox.%s", conf->application);
    }
    return 0;
}

int check_print(struct provider *provider, FILE *out, struct lt_error *reterr)
{
    struct feeds feeds = {0};
    struct findings findings = {0};
    size_t blocking = 0;
    int rc = check_all(provider, &feeds, &findings, reterr);
    for (size_t i = 0; i < findings.count; i++) {
        const struct finding *finding = &findings.items[i];
        blocking += finding->blocks ? 1 : 0;
        fprintf(out, "%s  %s\n", finding->blocks ? "STOP" : "note", finding->what);
        if (finding->todo[0] != '\0') {
            fprintf(out, "      %s\n", finding->todo);
        }
    }
    if (rc == 0) {
        fprintf(out, "%zu data services, %zu findings, %zu of them stop a feed\n", feeds.count,
                findings.count, blocking);
    }
    findings_fini(&findings);
    feeds_fini(&feeds);
    if (rc == 0 && blocking > 0) {
        return lt_fail(reterr, LT_ERR_FATAL, "provider", 0, "%zu findings stop a feed", blocking);
    }
    return rc;
}
