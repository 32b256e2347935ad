#include "consumer-postgres/commands.h"

#include "base/mem.h"
#include "change/ids.h"
#include "consumer-postgres/report_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- plan ---- */

static void print_sql(const char *before, const char *name, const char *after)
{
    struct lt_buf ident = {0};
    lt_sql_ident(&ident, name);
    printf("%s%s%s", before, lt_buf_text(&ident), after);
    lt_buf_fini(&ident);
}

/* Roles belong to the whole cluster: another database of it may have made them. */
static void print_role(const char *name, const char *options)
{
    struct lt_buf ident = {0}, literal = {0};
    lt_sql_ident(&ident, name);
    lt_sql_literal(&literal, name);
    printf("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)\n"
           "    THEN CREATE ROLE %s %s; END IF; END $$;\n",
           lt_buf_text(&literal), lt_buf_text(&ident), options);
    lt_buf_fini(&ident);
    lt_buf_fini(&literal);
}

/* The role that the configured connection uses. */
static char *own_role(const struct lt_consumer_conf *conf)
{
    PQconninfoOption *options = PQconninfoParse(conf->dsn, NULL);
    char *role = NULL;
    for (PQconninfoOption *o = options; o && o->keyword && !role; o++)
        if (strcmp(o->keyword, "user") == 0)
            role = lt_strdup(o->val);
    PQconninfoFree(options);
    return role ? role : lt_strdup("lienthong_consumer");
}

static void print_grants(const struct lt_consumer_conf *conf, const char *role)
{
    print_sql("-- Tables with the copies, positions and stamps; nobody else gets in:\n"
              "CREATE SCHEMA lienthong AUTHORIZATION ",
              role, ";\nREVOKE ALL ON SCHEMA lienthong FROM PUBLIC;\n");
    print_sql("-- The views:\nCREATE SCHEMA ", conf->data_schema, " AUTHORIZATION ");
    print_sql("", role, ";\n");
    if (conf->reader_role[0] == '\0')
        return;
    print_sql("GRANT USAGE ON SCHEMA ", conf->data_schema, " TO ");
    print_sql("", conf->reader_role, ";\n");
    print_sql("-- For each application: GRANT ", conf->reader_role, " TO its_role;\n");
}

int lt_command_plan(const struct lt_consumer_conf *conf)
{
    LT_CLEANUP(lt_freep) char *role = own_role(conf);
    printf("-- Run once by an administrator in the target database, as a superuser or its owner.\n"
           "-- The program's own role: owns the copies; applications must not be members of it.\n");
    print_role(role, "LOGIN");
    print_sql("-- then: \\password ", role, "\n");
    if (conf->reader_role[0] != '\0') {
        printf("-- Applications read through this role, and the views only:\n");
        print_role(conf->reader_role, "NOLOGIN");
    }
    print_grants(conf, role);
    printf("\n-- To undo it (all copies are lost; they can be loaded again while the connections\n"
           "-- stand):\n");
    print_sql("-- DROP SCHEMA ", conf->data_schema, " CASCADE; DROP SCHEMA lienthong CASCADE;\n");
    print_sql("-- DROP ROLE ", role, ";");
    if (conf->reader_role[0] != '\0')
        print_sql(" DROP ROLE ", conf->reader_role, ";");
    printf("\n");
    return 0;
}

/* ---- check ---- */

static int tell(const char *what, bool good, const char *detail)
{
    printf("%-4s %-28s %s\n", good ? "ok" : "FAIL", what, detail);
    return good ? 0 : 1;
}

static int check_clock(struct lt_target *target, const struct lt_consumer_conf *conf)
{
    lt_time ahead;
    char text[80];
    struct lt_error err = {0};
    if (lt_target_clock(target, &ahead, &err))
        return tell("clock of the target", false, err.msg);
    const enum lt_skew skew =
        lt_skew_class(ahead, conf->skew_alarm_ms * LT_MILLI, conf->skew_bound_ms * LT_MILLI);
    snprintf(text, sizeof(text), "%+" PRId64 " ms from ours", ahead / LT_MILLI);
    return tell("clock of the target", skew == LT_SKEW_FINE, text);
}

/* What each right is good for stands in the second column. */
static const char *const rights_sql[][2] = {
    {"schema lienthong", "SELECT has_schema_privilege('lienthong', 'CREATE'),"
                         " 'CREATE on schema lienthong'"},
    {"copies closed to others",
     "SELECT NOT EXISTS (SELECT FROM pg_namespace n, aclexplode(n.nspacl)"
     " a WHERE n.nspname = 'lienthong' AND a.grantee = 0),"
     " 'no right of PUBLIC on schema lienthong'"},
    {"fsync", "SELECT current_setting('fsync') = 'on', 'fsync is ' || current_setting('fsync')"},
};

static int check_right(struct lt_target *target, const char *what, const char *sql)
{
    struct lt_error err = {0};
    LT_CLEANUP(lt_pg_clearp) PGresult *res = lt_pg_query(lt_target_pg(target), sql, 0, NULL, &err);
    if (!res)
        return tell(what, false, err.msg);
    return tell(what, lt_pg_bool(res, 0, 0), lt_pg_text(res, 0, 1));
}

static int
check_named(struct lt_target *target, const char *what, const char *sql, const char *name)
{
    struct lt_error err = {0};
    const char *params[] = {name};
    LT_CLEANUP(lt_pg_clearp)
    PGresult *res = lt_pg_query(lt_target_pg(target), sql, 1, params, &err);
    if (!res)
        return tell(what, false, err.msg);
    return tell(what, lt_pg_bool(res, 0, 0), name);
}

static int check_database(const struct lt_consumer_conf *conf)
{
    struct lt_error err = {0};
    const struct lt_target_options options = lt_consumer_target(conf, NULL);
    LT_CLEANUP(lt_target_closep) struct lt_target *target = lt_target_open(&options, &err);
    if (!target)
        return tell("target database", false, err.msg);
    int bad = tell("target database", true, lt_target_system_id(target));
    for (size_t i = 0; i < LT_COUNT(rights_sql); i++)
        bad += check_right(target, rights_sql[i][0], rights_sql[i][1]);
    bad += check_named(target, "schema of the views",
                       "SELECT coalesce((SELECT has_schema_privilege(oid, 'CREATE') FROM"
                       " pg_namespace WHERE nspname = $1), false)",
                       conf->data_schema);
    if (conf->reader_role[0])
        bad += check_named(target, "role of the readers",
                           "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)",
                           conf->reader_role);
    return bad + check_clock(target, conf);
}

static int check_topic(struct lt_asker *asker, const char *what, const char *topic)
{
    struct lt_error err = {0};
    const int rc = lt_asker_topic_exists(asker, topic, &err);
    return tell(what, rc == 1, rc < 0 ? err.msg : rc ? topic : "not there, or no right to it");
}

static int check_bus(const struct lt_consumer_conf *conf)
{
    struct lt_error err = {0};
    char topic[LT_TOPIC_MAX];
    const struct lt_bus bus = lt_consumer_bus(conf);
    LT_CLEANUP(lt_asker_closep) struct lt_asker *asker = lt_asker_open(&bus, &err);
    if (!asker)
        return tell("platform", false, err.msg);
    lt_topic_inbox(conf->application, topic);
    int bad = check_topic(asker, "inbox", topic);
    lt_topic_outbox(conf->application, topic);
    return bad + check_topic(asker, "outbox", topic);
}

int lt_command_check(const struct lt_consumer_conf *conf)
{
    const int bad = check_database(conf) + check_bus(conf);
    printf("%s\n", bad ? "not ready" : "ready");
    return bad ? 1 : 0;
}

/* ---- status ---- */

static const char *worth_word(const struct lt_report_row *row, lt_time now, char *buf, size_t size)
{
    const int level = lt_stamp_warning(&row->worth, now);
    if (row->damaged)
        snprintf(buf, size, "damaged (%s), a successor is asked for", row->gap_reason);
    else if (row->worth.stamp == LT_TIME_NONE)
        snprintf(buf, size, "not loaded yet");
    else if (level == 100)
        snprintf(buf, size, "NOT USABLE");
    else if (level)
        snprintf(buf, size, "usable, past %d %% of its period", level);
    else
        snprintf(buf, size, "usable");
    return buf;
}

static const char *when(lt_time at, char *buf, size_t size)
{
    if (at == LT_TIME_NONE)
        return "-";
    return lt_time_utc(at, buf, size);
}

int lt_command_status(const struct lt_consumer_conf *conf)
{
    struct lt_error err = {0};
    struct lt_report_rows rows = {0};
    const struct lt_target_options options = lt_consumer_target(conf, NULL);
    LT_CLEANUP(lt_target_closep) struct lt_target *target = lt_target_open(&options, &err);
    if (!target || lt_report_rows_load(target, &rows, &err)) {
        fprintf(stderr, "lt-consumer-postgres: %s\n", err.msg);
        return 1;
    }
    const lt_time now = lt_now();
    for (size_t i = 0; i < rows.count; i++) {
        const struct lt_report_row *row = &rows.list[i];
        char word[128], stamp[40], until[40];
        printf("%s\n  view           %s.%s%s\n  worth          %s\n  synchronised   %s\n"
               "  usable until   %s\n  position       seq %" PRId64 "\n  rows           %" PRId64
               "\n  set aside      %" PRId64 "\n  refused reads  %" PRId64 "\n",
               row->at.stream, conf->data_schema, row->view, row->shown ? "" : " (beside)",
               worth_word(row, now, word, sizeof(word)),
               when(row->worth.stamp, stamp, sizeof(stamp)),
               when(row->worth.until, until, sizeof(until)), row->at.seq, row->rows, row->set_aside,
               row->refused);
    }
    if (rows.count == 0)
        printf("no copies\n");
    lt_report_rows_fini(&rows);
    return 0;
}
