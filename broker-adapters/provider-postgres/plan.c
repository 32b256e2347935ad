#include "provider-postgres/plan.h"

#include <string.h>

static void add_table(struct lt_buf *sql, const struct service *service)
{
    char schema[64];
    char table[64];
    shape_names(service, schema, table);
    lt_sql_ident(sql, schema);
    lt_buf_adds(sql, ".");
    lt_sql_ident(sql, table);
}

static bool has_table_before(const struct feeds *feeds, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(feeds->items[i].service->declared->table,
                   feeds->items[index].service->declared->table) == 0) {
            return true;
        }
    }
    return false;
}

static void superuser_part(const char *role, struct lt_buf *sql)
{
    lt_buf_adds(
        sql, "-- 1. Superuser, once.  wal_level needs a restart of the server; the limit keeps a\n"
             "--    forgotten slot from filling the disk (the feeds then begin anew).\n"
             "ALTER SYSTEM SET wal_level = 'logical';\n"
             "ALTER SYSTEM SET max_slot_wal_keep_size = '10GB';\n"
             "-- then restart the server\n");
    lt_buf_adds(sql, "CREATE ROLE ");
    lt_sql_ident(sql, role);
    lt_buf_adds(sql, " LOGIN REPLICATION;\n\n");
}

static void add_columns(struct lt_buf *sql, const struct service *service)
{
    const struct lt_service *declared = service->declared;
    for (size_t i = 0; i < declared->field_count; i++) {
        lt_buf_adds(sql, i > 0 ? ", " : "");
        lt_sql_ident(sql, declared->fields[i].column);
    }
}

static void grants(const struct feeds *feeds, const char *role, bool undo, struct lt_buf *sql)
{
    for (size_t i = 0; i < feeds->count; i++) {
        const struct service *service = feeds->items[i].service;
        char schema[64];
        char table[64];
        shape_names(service, schema, table);
        lt_buf_adds(sql, undo ? "REVOKE SELECT (" : "GRANT SELECT (");
        add_columns(sql, service);
        lt_buf_adds(sql, ") ON ");
        add_table(sql, service);
        lt_buf_adds(sql, undo ? " FROM " : " TO ");
        lt_sql_ident(sql, role);
        lt_buf_adds(sql, ";\n");
        if (!undo) {
            lt_buf_adds(sql, "GRANT USAGE ON SCHEMA ");
            lt_sql_ident(sql, schema);
            lt_buf_adds(sql, " TO ");
            lt_sql_ident(sql, role);
            lt_buf_adds(sql, ";\n");
        }
    }
}

static void identities(const struct feeds *feeds, const char *identity, struct lt_buf *sql)
{
    for (size_t i = 0; i < feeds->count; i++) {
        if (!has_table_before(feeds, i)) {
            lt_buf_adds(sql, "ALTER TABLE ");
            add_table(sql, feeds->items[i].service);
            lt_buf_addf(sql, " REPLICA IDENTITY %s;\n", identity);
        }
    }
}

static void
publication(const struct provider_conf *conf, const struct feeds *feeds, struct lt_buf *sql)
{
    lt_buf_adds(sql, "CREATE PUBLICATION ");
    lt_sql_ident(sql, conf->publication);
    lt_buf_adds(sql, feeds->count > 0 ? " FOR TABLE" : "");
    for (size_t i = 0, listed = 0; i < feeds->count; i++) {
        if (!has_table_before(feeds, i)) {
            lt_buf_adds(sql, listed++ > 0 ? ", " : " ");
            add_table(sql, feeds->items[i].service);
        }
    }
    lt_buf_adds(sql, "\n    WITH (publish_via_partition_root = true);\n");
}

static void owner_part(const struct provider_conf *conf,
                       const struct feeds *feeds,
                       const char *role,
                       struct lt_buf *sql)
{
    lt_buf_adds(
        sql,
        "-- 2. Owner of the tables.  The identity makes PostgreSQL log whole old rows: needed to\n"
        "--    know which copies a change concerns; it makes updates and deletes write more WAL.\n"
        "--    The partitions of a partitioned table need the same ALTER, one by one.\n");
    identities(feeds, "FULL", sql);
    grants(feeds, role, false, sql);
    publication(conf, feeds, sql);
    lt_buf_adds(sql, "\n");
}

static void undo_part(const struct provider_conf *conf,
                      const struct feeds *feeds,
                      const char *role,
                      struct lt_buf *sql)
{
    lt_buf_adds(
        sql, "-- To undo, with lt-provider-postgres stopped:\n-- SELECT pg_drop_replication_slot(");
    lt_sql_literal(sql, conf->slot);
    lt_buf_adds(sql, ");\n-- DROP PUBLICATION ");
    lt_sql_ident(sql, conf->publication);
    lt_buf_adds(sql, ";\n");
    struct lt_buf lines = {0};
    identities(feeds, "DEFAULT", &lines);
    grants(feeds, role, true, &lines);
    for (const char *line = lt_buf_text(&lines); *line != '\0';) {
        int len = (int)strcspn(line, "\n");
        lt_buf_addf(sql, "-- %.*s\n", len, line);
        line += len + (line[len] == '\n' ? 1 : 0);
    }
    lt_buf_fini(&lines);
    lt_buf_adds(sql, "-- DROP ROLE ");
    lt_sql_ident(sql, role);
    lt_buf_adds(sql, ";\n");
}

void plan_sql(const struct provider_conf *conf,
              const struct feeds *feeds,
              const char *role,
              struct lt_buf *sql)
{
    lt_buf_addf(sql, "-- lt-provider-postgres: source %s, %zu data service%s\n\n", conf->source,
                feeds->count, feeds->count == 1 ? "" : "s");
    superuser_part(role, sql);
    owner_part(conf, feeds, role, sql);
    undo_part(conf, feeds, role, sql);
}

/* The login role of the dsn; libpq's own default when it names none. */
static void role_of(const char *dsn, char *role, size_t size)
{
    PQconninfoOption *all = PQconninfoParse(dsn, NULL);
    snprintf(role, size, "lienthong");
    for (PQconninfoOption *o = all; o != NULL && o->keyword != NULL; o++) {
        if (strcmp(o->keyword, "user") == 0 && o->val != NULL) {
            snprintf(role, size, "%s", o->val);
        }
    }
    PQconninfoFree(all);
}

int plan_print(struct provider *provider, FILE *out, struct lt_error *reterr)
{
    struct feeds feeds = {0};
    struct lt_buf sql = {0};
    char role[64];
    if (inbox_open(provider->inbox, &provider->bus, reterr) != 0) {
        return -1;
    }
    feeds_collect(&feeds, provider->inbox, provider->conf->source);
    role_of(provider->conf->dsn, role, sizeof(role));
    plan_sql(provider->conf, &feeds, role, &sql);
    fputs(lt_buf_text(&sql), out);
    lt_buf_fini(&sql);
    feeds_fini(&feeds);
    return 0;
}
