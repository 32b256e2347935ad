#include "provider-postgres/shape_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "change/type.h"

/* All of these read catalogs only, so that a table that somebody has locked for long keeps no other
 * feed waiting; pg_publication_tables and pg_partition_tree() would lock tables. */

/* One row for the table itself. */
static const char table_sql[] =
    "SELECT t.oid, t.relkind, t.relpersistence, row_security_active(t.oid),"
    " has_schema_privilege(n.oid, 'USAGE'),"
    " coalesce(p.puballtables OR pr.oid IS NOT NULL OR pn.oid IS NOT NULL, false),"
    " coalesce(pr.filters AND pn.oid IS NULL AND NOT p.puballtables, false), p.pubviaroot,"
    " p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate, p.oid IS NOT NULL"
    " FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace"
    " LEFT JOIN pg_publication p ON p.pubname = $3" PUBLISHED
    " WHERE n.nspname = $1 AND t.relname = $2";

/* One row for the table and each leaf of its partition tree: the leaves' identity decides what is
 * logged, the root's how it is sent. */
static const char parts_sql[] =
    "WITH RECURSIVE parts (oid) AS (SELECT $1::oid UNION ALL SELECT i.inhrelid FROM parts p"
    "  JOIN pg_inherits i ON i.inhparent = p.oid JOIN pg_class c ON c.oid = i.inhrelid"
    "  AND c.relispartition)"
    "SELECT c.relname, c.relreplident, c.reltoastrelid <> 0 OR c.relkind = 'p' AS toasts,"
    " coalesce((SELECT array_agg(a.attname::text) FROM pg_index i"
    "  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
    "  WHERE i.indrelid = c.oid AND CASE c.relreplident WHEN 'd' THEN i.indisprimary"
    "   WHEN 'i' THEN i.indisreplident ELSE false END), '{}') @> $2::text[] AS identifies"
    " FROM pg_class c JOIN parts ON parts.oid = c.oid"
    " WHERE c.oid = $1::oid OR c.relkind <> 'p' ORDER BY 1";

/* One row for each declared column, in the order of the declaration. */
static const char columns_sql[] =
    "SELECT d.name, a.atttypid, a.atttypmod, format_type(a.atttypid, a.atttypmod), a.attnotnull,"
    " a.attlen = -1 AND a.attstorage <> 'p', a.attgenerated <> '',"
    " coalesce(co.collisdeterministic, true),"
    " pr.columns IS NULL OR pn.oid IS NOT NULL OR p.puballtables"
    "  OR a.attnum::text = ANY (string_to_array(pr.columns, ' ')),"
    " coalesce(has_column_privilege($1::oid, a.attnum, 'SELECT'), false)"
    " FROM unnest($2::text[]) WITH ORDINALITY AS d (name, n)"
    " JOIN pg_class t ON t.oid = $1::oid"
    " LEFT JOIN pg_attribute a"
    "  ON a.attrelid = t.oid AND a.attname = d.name AND a.attnum > 0 AND NOT a.attisdropped"
    " LEFT JOIN pg_collation co ON co.oid = a.attcollation"
    " LEFT JOIN pg_publication p ON p.pubname = $3" PUBLISHED " ORDER BY d.n";

/* Is there a unique index on exactly these columns, without a condition, checked at once? */
static const char unique_sql[] =
    "SELECT count(*) > 0 FROM pg_index i WHERE i.indrelid = $1::oid AND i.indisunique"
    " AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL"
    " AND (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a"
    "  WHERE a.attrelid = i.indrelid"
    "  AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))"
    " = (SELECT array_agg(k ORDER BY k) FROM unnest($2::text[]) k)";

void shape_names(const struct service *service, char schema[64], char table[64])
{
    const char *dot = strchr(service->declared->table, '.');
    int len = dot != NULL ? (int)(dot - service->declared->table) : 0;
    snprintf(schema, 64, "%.*s", dot != NULL ? len : 6,
             dot != NULL ? service->declared->table : "public");
    snprintf(table, 64, "%s", dot != NULL ? dot + 1 : service->declared->table);
}

void shape_parts_fini(struct shape_parts *parts)
{
    free(parts->oids);
    *parts = (struct shape_parts){0};
}

bool shape_parts_have(const struct shape_parts *parts, uint32_t oid)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->oids[i] == oid) {
            return true;
        }
    }
    return false;
}

void shape_fini(struct shape *shape)
{
    free(shape->types);
    *shape = (struct shape){0};
}

/* ---- arrays as text ---- */

void shape_array_add(struct lt_buf *array, const char *item)
{
    lt_buf_adds(array, array->len == 0 ? "{\"" : ",\"");
    for (; *item != '\0'; item++) {
        if (*item == '"' || *item == '\\') {
            lt_buf_addc(array, '\\');
        }
        lt_buf_addc(array, (uint8_t)*item);
    }
    lt_buf_addc(array, '"');
}

const char *shape_array_end(struct lt_buf *array)
{
    lt_buf_adds(array, array->len == 0 ? "{}" : "}");
    return lt_buf_text(array);
}

static const struct lt_field *field_named(const struct service *service, const char *name)
{
    for (size_t i = 0; i < service->declared->field_count; i++) {
        if (strcmp(service->declared->fields[i].name, name) == 0) {
            return &service->declared->fields[i];
        }
    }
    return NULL;
}

static void
add_columns(struct lt_buf *array, const struct service *service, const char **names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct lt_field *field = field_named(service, names[i]);
        if (field != NULL) {
            shape_array_add(array, field->column);
        }
    }
}

void shape_add_columns(struct lt_buf *array, const struct service *service)
{
    for (size_t i = 0; i < service->declared->field_count; i++) {
        shape_array_add(array, service->declared->fields[i].column);
    }
}

/* ---- checking ---- */

struct checking {
    struct lt_pg *pg;
    const struct service *service;
    const char *publication, *table; /* schema.table, as declared */
    char oid[24];
    bool partitioned, toastable;
    struct shape *shape;
    struct findings *findings;
};

static void check_publication(struct checking *c, const PGresult *res)
{
    if (!lt_pg_bool(res, 0, 9)) {
        finding_todo(
            findings_add(c->findings, true, "publication '%s' does not exist", c->publication),
            "run the SQL of `lt-provider-postgres plan`");
        return;
    }
    if (!lt_pg_bool(res, 0, 5)) {
        finding_todo(findings_add(c->findings, true, "publication '%s' lacks table %s",
                                  c->publication, c->table),
                     "ALTER PUBLICATION \"%s\" ADD TABLE %s;", c->publication, c->table);
    }
    if (lt_pg_bool(res, 0, 6)) {
        finding_todo(findings_add(c->findings, true, "publication '%s' filters rows of %s",
                                  c->publication, c->table),
                     "publish the table without WHERE: scopes are applied by the platform");
    }
    if (!lt_pg_bool(res, 0, 8)) {
        finding_todo(findings_add(c->findings, true, "publication '%s' leaves out operations",
                                  c->publication),
                     "ALTER PUBLICATION \"%s\" SET (publish = 'insert, update, delete, truncate');",
                     c->publication);
    }
    if (c->partitioned && !lt_pg_bool(res, 0, 7)) {
        finding_todo(findings_add(c->findings, true,
                                  "%s is partitioned and published by its leaves", c->table),
                     "ALTER PUBLICATION \"%s\" SET (publish_via_partition_root = true);",
                     c->publication);
    }
}

static int check_table(struct checking *c, struct lt_error *reterr)
{
    char schema[64];
    char name[64];
    shape_names(c->service, schema, name);
    const char *params[] = {schema, name, c->publication};
    LT_CLEANUP(lt_pg_clearp) PGresult *res = lt_pg_query(c->pg, table_sql, 3, params, reterr);
    if (res == NULL) {
        return -1;
    }
    c->shape->found = PQntuples(res) == 1;
    if (!c->shape->found) {
        findings_add(c->findings, true, "table %s does not exist or is not visible", c->table);
        return 0;
    }
    snprintf(c->oid, sizeof(c->oid), "%s", lt_pg_text(res, 0, 0));
    char kind = lt_pg_text(res, 0, 1)[0];
    c->partitioned = kind == 'p';
    if (kind != 'r' && kind != 'p') {
        findings_add(c->findings, true, "%s is no table", c->table);
    }
    if (lt_pg_text(res, 0, 2)[0] != 'p') {
        findings_add(c->findings, true,
                     "%s is unlogged or temporary: its changes are not in the WAL", c->table);
    }
    if (lt_pg_bool(res, 0, 3)) {
        finding_todo(findings_add(c->findings, true, "row security hides rows of %s from this role",
                                  c->table),
                     "ALTER ROLE ... BYPASSRLS, or a policy for this role that lets it read all");
    }
    if (!lt_pg_bool(res, 0, 4)) {
        finding_todo(findings_add(c->findings, true, "no right to use schema %s", schema),
                     "GRANT USAGE ON SCHEMA \"%s\" TO this role;", schema);
    }
    check_publication(c, res);
    return 0;
}

static bool is_key(const struct service *service, const char *name)
{
    for (size_t i = 0; i < service->declared->key_count; i++) {
        if (strcmp(service->declared->key[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void
check_column(struct checking *c, const PGresult *res, int row, const struct lt_field *field)
{
    struct lt_type type;
    struct lt_error why;
    if (PQgetisnull(res, row, 1)) {
        findings_add(c->findings, true, "declared column '%s' of %s is gone", field->column,
                     c->table);
        return;
    }
    c->shape->types[row] =
        (struct type_id){(uint32_t)lt_pg_i64(res, row, 1), (int32_t)lt_pg_i64(res, row, 2)};
    c->toastable = c->toastable || lt_pg_bool(res, row, 5);
    if (lt_type_parse(field->type, &type, &why) != 0) {
        findings_add(c->findings, true, "column '%s': %.150s", field->column, why.msg);
    } else if (strcmp(type.sql, lt_pg_text(res, row, 3)) != 0 &&
               (strcmp(type.sql, "text") != 0 || is_key(c->service, field->name))) {
        /* Outside the key, text may be declared for any type (schemas/README.md 4). */
        findings_add(c->findings, true, "column '%s' of %s is %s, declared %s", field->column,
                     c->table, lt_pg_text(res, row, 3), type.sql);
    }
    if (field->required && !lt_pg_bool(res, row, 4)) {
        finding_todo(
            findings_add(c->findings, false, "required column '%s' of %s may be null",
                         field->column, c->table),
            "rows with null are withheld; ALTER TABLE %s ALTER COLUMN \"%s\" SET NOT NULL;",
            c->table, field->column);
    }
    if (lt_pg_bool(res, row, 6)) {
        findings_add(c->findings, true,
                     "column '%s' of %s is generated: replication does not send it", field->column,
                     c->table);
    }
    if (!lt_pg_bool(res, row, 8)) {
        findings_add(c->findings, true, "publication '%s' leaves out column '%s' of %s",
                     c->publication, field->column, c->table);
    }
    if (!lt_pg_bool(res, row, 9)) {
        finding_todo(findings_add(c->findings, true, "no right to read column '%s' of %s",
                                  field->column, c->table),
                     "GRANT SELECT (\"%s\") ON %s TO this role (see `plan`)", field->column,
                     c->table);
    }
}

static void
check_key(struct checking *c, const PGresult *res, int row, const struct lt_field *field)
{
    struct lt_type type;
    if (PQgetisnull(res, row, 1) || lt_type_parse(field->type, &type, NULL) != 0) {
        return; /* said before */
    }
    if (!type.key_ok || !lt_pg_bool(res, row, 7)) {
        finding_todo(
            findings_add(c->findings, true, "column '%s' of %s cannot be part of a key",
                         field->column, c->table),
            "keys are integers, uuid, date, numeric, or text under a deterministic collation");
    }
    if (!lt_pg_bool(res, row, 4)) {
        finding_todo(findings_add(c->findings, true, "key column '%s' of %s may be null",
                                  field->column, c->table),
                     "ALTER TABLE %s ALTER COLUMN \"%s\" SET NOT NULL;", c->table, field->column);
    }
}

static int check_columns(struct checking *c, struct lt_error *reterr)
{
    const struct lt_service *declared = c->service->declared;
    struct lt_buf names = {0};
    shape_add_columns(&names, c->service);
    const char *params[] = {c->oid, shape_array_end(&names), c->publication};
    LT_CLEANUP(lt_pg_clearp) PGresult *res = lt_pg_query(c->pg, columns_sql, 3, params, reterr);
    lt_buf_fini(&names);
    if (res == NULL) {
        return -1;
    }
    for (int row = 0; row < PQntuples(res) && row < (int)declared->field_count; row++) {
        const struct lt_field *field = &declared->fields[row];
        check_column(c, res, row, field);
        if (is_key(c->service, field->name)) {
            check_key(c, res, row, field);
        }
    }
    return 0;
}

/* Whole rows only: FULL, unless nothing can be stored out of line and key and scope columns are in
 * the identity. */
static void check_part(struct checking *c, const PGresult *res, int row)
{
    const char *part = lt_pg_text(res, row, 0);
    bool full = lt_pg_text(res, row, 1)[0] == 'f';
    bool toasts = lt_pg_bool(res, row, 2) && c->toastable;
    bool identifies = lt_pg_bool(res, row, 3);
    if (!full && (toasts || !identifies)) {
        finding_todo(findings_add(c->findings, true, "the replica identity of '%s' (%s) %s", part,
                                  c->table,
                                  toasts ? "does not carry values stored out of line"
                                         : "lacks the key or a scope column"),
                     "ALTER TABLE %s REPLICA IDENTITY FULL;", c->partitioned ? part : c->table);
    }
}

static int check_identity(struct checking *c, struct lt_error *reterr)
{
    const struct lt_service *declared = c->service->declared;
    struct lt_buf names = {0};
    add_columns(&names, c->service, declared->key, declared->key_count);
    add_columns(&names, c->service, declared->scope_columns, declared->scope_column_count);
    const char *params[] = {c->oid, shape_array_end(&names)};
    LT_CLEANUP(lt_pg_clearp) PGresult *res = lt_pg_query(c->pg, parts_sql, 2, params, reterr);
    lt_buf_fini(&names);
    if (res == NULL) {
        return -1;
    }
    for (int row = 0; row < PQntuples(res); row++) {
        check_part(c, res, row);
    }
    return 0;
}

static int check_unique(struct checking *c, struct lt_error *reterr)
{
    struct lt_buf names = {0};
    add_columns(&names, c->service, c->service->declared->key, c->service->declared->key_count);
    const char *params[] = {c->oid, shape_array_end(&names)};
    LT_CLEANUP(lt_pg_clearp) PGresult *res = lt_pg_query(c->pg, unique_sql, 2, params, reterr);
    lt_buf_fini(&names);
    if (res == NULL) {
        return -1;
    }
    if (!lt_pg_bool(res, 0, 0)) {
        finding_todo(
            findings_add(c->findings, true, "the declared key of %s is not unique", c->table),
            "CREATE UNIQUE INDEX on exactly the key columns, without WHERE");
    }
    return 0;
}

int shape_read(struct lt_pg *pg,
               const struct service *service,
               const char *publication,
               struct shape *ret,
               struct findings *findings,
               struct lt_error *reterr)
{
    struct shape shape = {
        .types = lt_alloc((service->declared->field_count + 1) * sizeof(struct type_id))};
    struct checking c = {.pg = pg,
                         .service = service,
                         .publication = publication,
                         .table = service->declared->table,
                         .shape = &shape,
                         .findings = findings};
    if (check_table(&c, reterr) != 0 ||
        (shape.found && (check_columns(&c, reterr) != 0 || check_identity(&c, reterr) != 0 ||
                         check_unique(&c, reterr) != 0))) {
        shape_fini(&shape);
        return -1;
    }
    shape.partitioned = c.partitioned;
    *ret = shape;
    return 0;
}
