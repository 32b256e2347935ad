#include "consumer-postgres/statement.h"

#include "base/mem.h"
#include "pg/conn.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 63

void lt_table_name(const char *connection, int64_t generation, int copy, struct lt_buf *out)
{
    lt_buf_addf(out, "%s_g%ld_c%d", connection, (long)generation, copy);
}

void lt_view_name(const char *entity, const char *connection, struct lt_buf *out)
{
    size_t keep = LT_MIN(strlen(entity), NAME_MAX_BYTES - 1 - strlen(connection));
    while (keep && ((uint8_t)entity[keep] & 0xC0) == 0x80)
        keep--;
    lt_buf_add(out, entity, keep);
    lt_buf_addf(out, "_%s", connection);
}

static void add_table(struct lt_buf *out, const struct lt_place *place)
{
    lt_buf_adds(out, LT_CONSUMER_SCHEMA ".");
    lt_sql_ident(out, place->table);
}

static void add_key(struct lt_buf *out, const struct lt_shape *shape)
{
    for (size_t i = 0; i < shape->key_count; i++) {
        lt_buf_adds(out, i ? ", " : "");
        lt_sql_ident(out, shape->columns[shape->key_columns[i]].name);
    }
}

void lt_sql_create_table(const struct lt_shape *shape,
                         const struct lt_place *place,
                         struct lt_buf *out)
{
    lt_buf_adds(out, "CREATE TABLE ");
    add_table(out, place);
    lt_buf_adds(out, " (");
    for (size_t i = 0; i < shape->count; i++) {
        lt_sql_ident(out, shape->columns[i].name);
        lt_buf_addf(out, " %s%s, ", shape->columns[i].type.sql,
                    shape->columns[i].required ? " NOT NULL" : "");
    }
    lt_buf_adds(out, "PRIMARY KEY (");
    add_key(out, shape);
    lt_buf_adds(out, ")) WITH (fillfactor = 90)");
}

static void add_columns(struct lt_buf *out, const struct lt_shape *shape)
{
    for (size_t i = 0; i < shape->count; i++) {
        lt_buf_adds(out, i ? ", " : "");
        lt_sql_ident(out, shape->columns[i].name);
    }
}

static void add_assignments(struct lt_buf *out, const struct lt_shape *shape)
{
    const char *between = "DO UPDATE SET ";
    for (size_t i = 0; i < shape->count; i++) {
        if (shape->columns[i].in_key)
            continue;
        lt_buf_adds(out, between);
        lt_sql_ident(out, shape->columns[i].name);
        lt_buf_adds(out, " = excluded.");
        lt_sql_ident(out, shape->columns[i].name);
        between = ", ";
    }
    if (shape->key_count == shape->count)
        lt_buf_adds(out, "DO NOTHING");
}

static void add_value(struct lt_buf *out, const struct lt_shape *shape, size_t column)
{
    lt_buf_addf(out, "u.c%zu", column + 1);
    if (!shape->columns[column].param.binary)
        lt_buf_addf(out, "::%s", shape->columns[column].cast);
}

/* The batch as rows u (c1, c2 ...). */
static void add_rows(struct lt_buf *out, const struct lt_shape *shape)
{
    lt_buf_adds(out, " FROM unnest(");
    for (size_t i = 0; i < shape->count; i++)
        lt_buf_addf(out, "%s$%zu::pg_catalog.%s[]", i ? ", " : "", i + 1,
                    shape->columns[i].param.sql);
    lt_buf_adds(out, ") AS u(");
    for (size_t i = 0; i < shape->count; i++)
        lt_buf_addf(out, "%sc%zu", i ? ", " : "", i + 1);
    lt_buf_addc(out, ')');
}

static void
add_insert(struct lt_buf *out, const struct lt_shape *shape, const struct lt_place *place)
{
    lt_buf_adds(out, "WITH done AS (INSERT INTO ");
    add_table(out, place);
    lt_buf_adds(out, " (");
    add_columns(out, shape);
    lt_buf_adds(out, ") SELECT ");
    for (size_t i = 0; i < shape->count; i++) {
        lt_buf_adds(out, i ? ", " : "");
        add_value(out, shape, i);
    }
    add_rows(out, shape);
}

void lt_sql_insert(const struct lt_shape *shape, const struct lt_place *place, struct lt_buf *out)
{
    add_insert(out, shape, place);
    lt_buf_addf(out,
                ") UPDATE lienthong.position SET row_count = row_count + cardinality($1)"
                " WHERE copy = %d",
                place->copy);
}

void lt_sql_copy(const struct lt_shape *shape, const struct lt_place *place, struct lt_buf *out)
{
    lt_buf_adds(out, "COPY ");
    add_table(out, place);
    lt_buf_adds(out, " (");
    add_columns(out, shape);
    lt_buf_adds(out, ") FROM STDIN (FORMAT binary)");
}

/* xmax is 0 in a row that the statement made, and our own transaction in one that it changed. */
void lt_sql_upsert(const struct lt_shape *shape, const struct lt_place *place, struct lt_buf *out)
{
    add_insert(out, shape, place);
    lt_buf_adds(out, " ON CONFLICT (");
    add_key(out, shape);
    lt_buf_adds(out, ") ");
    add_assignments(out, shape);
    lt_buf_addf(out,
                " RETURNING (xmax = 0) AS fresh) UPDATE lienthong.position SET row_count ="
                " row_count + (SELECT count(*) FROM done WHERE fresh) WHERE copy = %d",
                place->copy);
}

/* A table of keys only has nothing to set but a key to itself. */
void lt_sql_update(const struct lt_shape *shape, const struct lt_place *place, struct lt_buf *out)
{
    lt_buf_adds(out, "WITH done AS (UPDATE ");
    add_table(out, place);
    lt_buf_adds(out, " t SET ");
    const bool only_key = shape->key_count == shape->count;
    const char *between = "";
    for (size_t i = 0; i < shape->count; i++) {
        if (shape->columns[i].in_key && !only_key)
            continue;
        lt_buf_adds(out, between);
        lt_sql_ident(out, shape->columns[i].name);
        lt_buf_adds(out, " = ");
        add_value(out, shape, i);
        between = ", ";
    }
    add_rows(out, shape);
    for (size_t i = 0; i < shape->key_count; i++) {
        lt_buf_adds(out, i ? " AND t." : " WHERE t.");
        lt_sql_ident(out, shape->columns[shape->key_columns[i]].name);
        lt_buf_adds(out, " = ");
        add_value(out, shape, shape->key_columns[i]);
    }
    lt_buf_adds(out, " RETURNING 1) SELECT lienthong.all_there((SELECT count(*) FROM done),"
                     " cardinality($1))");
}

static void add_key_match(struct lt_buf *out, const struct lt_shape *shape, const char *from, int n)
{
    for (size_t i = 0; i < shape->key_count; i++) {
        const struct lt_column *column = &shape->columns[shape->key_columns[i]];
        lt_buf_adds(out, i ? " AND t." : "t.");
        lt_sql_ident(out, column->name);
        lt_buf_addf(out, " = %s%zu::%s", from, i + (size_t)n, column->cast);
    }
}

void lt_sql_delete(const struct lt_shape *shape, const struct lt_place *place, struct lt_buf *out)
{
    lt_buf_adds(out, "WITH gone AS (DELETE FROM ");
    add_table(out, place);
    lt_buf_adds(out, " t USING unnest(");
    for (size_t i = 0; i < shape->key_count; i++)
        lt_buf_addf(out, "%s$%zu::pg_catalog.%s[]", i ? ", " : "", i + 1, shape->key_params[i].sql);
    lt_buf_adds(out, ") AS u(");
    for (size_t i = 0; i < shape->key_count; i++)
        lt_buf_addf(out, "%sc%zu", i ? ", " : "", i + 1);
    lt_buf_adds(out, ") WHERE ");
    add_key_match(out, shape, "u.c", 1);
    lt_buf_addf(out,
                " RETURNING 1) UPDATE lienthong.position SET row_count = row_count -"
                " (SELECT count(*) FROM gone) WHERE copy = %d",
                place->copy);
}

void lt_sql_set_aside(const struct lt_shape *shape,
                      const struct lt_place *place,
                      bool with_key,
                      struct lt_buf *out)
{
    const char *held = "NULL::jsonb";
    if (with_key) {
        lt_buf_adds(out, "WITH gone AS (DELETE FROM ");
        add_table(out, place);
        lt_buf_adds(out, " t WHERE ");
        add_key_match(out, shape, "$", 5);
        lt_buf_addf(out,
                    " RETURNING to_jsonb(t.*) AS held), counted AS (UPDATE lienthong.position"
                    " SET row_count = row_count - (SELECT count(*) FROM gone) WHERE copy = %d) ",
                    place->copy);
        held = "(SELECT held FROM gone)";
    }
    lt_buf_addf(out,
                "INSERT INTO lienthong.set_aside AS s (copy, key, seq, code, reason, held)"
                " VALUES (%d, $1::bytea, $2::bigint, $3, $4, %s) ON CONFLICT (copy, sha256(key))"
                " DO UPDATE SET seq = excluded.seq, code = excluded.code, reason = excluded.reason,"
                " held = coalesce(excluded.held, s.held), at = clock_timestamp()",
                place->copy, held);
}

static const struct lt_column *find_column(const struct lt_shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->count; i++)
        if (strcmp(shape->columns[i].name, name) == 0)
            return &shape->columns[i];
    return NULL;
}

bool lt_shape_exceeds(const struct lt_shape *shape, const struct lt_shape *granted)
{
    for (size_t i = 0; i < shape->count; i++)
        if (!find_column(granted, shape->columns[i].name))
            return true;
    return false;
}

static bool
was_there(const struct lt_view_column *old, size_t old_count, const struct lt_column *column)
{
    for (size_t i = 0; i < old_count; i++)
        if (strcmp(old[i].name, column->name) == 0)
            return true;
    return false;
}

static void add_view_columns(const struct lt_shape *shape,
                             const struct lt_shape *granted,
                             const struct lt_view_column *old,
                             size_t old_count,
                             struct lt_buf *out)
{
    const char *between = "";
    for (size_t i = 0; i < old_count; i++, between = ", ") {
        const bool stays = find_column(shape, old[i].name) && find_column(granted, old[i].name);
        lt_buf_adds(out, between);
        if (!stays)
            lt_buf_addf(out, "NULL::%s AS ", old[i].type);
        else
            lt_buf_adds(out, "t.");
        lt_sql_ident(out, old[i].name);
    }
    for (size_t i = 0; i < granted->count; i++) {
        const struct lt_column *column = &granted->columns[i];
        if (was_there(old, old_count, column))
            continue;
        lt_buf_adds(out, between);
        if (find_column(shape, column->name))
            lt_buf_adds(out, "t.");
        else
            lt_buf_addf(out, "NULL::%s AS ", column->type.sql);
        lt_sql_ident(out, column->name);
        between = ", ";
    }
}

void lt_sql_view(const struct lt_shape *shape,
                 const struct lt_shape *granted,
                 const struct lt_place *place,
                 const struct lt_view_column *old,
                 size_t old_count,
                 struct lt_buf *out)
{
    lt_buf_adds(out, "CREATE OR REPLACE VIEW ");
    lt_sql_ident(out, place->data_schema);
    lt_buf_addc(out, '.');
    lt_sql_ident(out, place->view);
    lt_buf_adds(out, " AS SELECT ");
    add_view_columns(shape, granted, old, old_count, out);
    lt_buf_adds(out, " FROM ");
    add_table(out, place);
    lt_buf_addf(
        out,
        " t WHERE (SELECT EXISTS (SELECT FROM lienthong.copy c WHERE c.copy = %d AND c.shown"
        " AND clock_timestamp() BETWEEN c.usable_from AND c.usable_until)"
        " OR lienthong.refuse(%d, EXISTS (SELECT FROM lienthong.copy c WHERE c.copy = %d"
        " AND c.shown)))",
        place->copy, place->copy, place->copy);
}

bool lt_view_must_drop(const struct lt_shape *shape,
                       const struct lt_view_column *old,
                       size_t old_count)
{
    for (size_t i = 0; i < old_count; i++) {
        const struct lt_column *column = find_column(shape, old[i].name);
        if (column && strcmp(column->type.sql, old[i].type))
            return true;
    }
    return false;
}
