#include "consumer-postgres/shape.h"

#include "avro/frame.h"
#include "base/mem.h"
#include "consumer-postgres/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A cast with a length or scale would cut or round in silence; an assignment refuses what is too
 * long.  So the cast goes to the bare type; character and bit without a length mean length 1, and
 * their varying kin hold any. */
static void bare_type(const char *sql, char *out, size_t size)
{
    size_t len = 0;
    int depth = 0;
    for (const char *c = sql; *c && len + 1 < size; c++) {
        depth += *c == '(';
        if (depth == 0)
            out[len++] = *c;
        depth -= *c == ')';
    }
    out[len] = '\0';
    static const struct {
        const char *is, *becomes;
    } varying[] = {{"character", "text"},
                   {"character[]", "text[]"},
                   {"bit", "bit varying"},
                   {"bit[]", "bit varying[]"}};
    for (size_t i = 0; i < LT_COUNT(varying); i++)
        if (strcmp(out, varying[i].is) == 0)
            snprintf(out, size, "%s", varying[i].becomes);
}

static int read_column(const struct lt_avro_schema *schema,
                       size_t field,
                       struct lt_column *ret,
                       struct lt_error *reterr)
{
    bool nullable;
    const char *type = lt_avro_field_prop(schema, field, "lt.type");
    const char *name = lt_avro_field_prop(schema, field, "lt.column");
    if (!type)
        return lt_fail(reterr, LT_ERR_REJECT, "shape", 0, "field %s has no lt.type",
                       lt_avro_field_name(schema, field));
    if (lt_type_parse(type, &ret->type, reterr))
        return lt_fail_context(reterr, "field %s", lt_avro_field_name(schema, field));
    lt_avro_field_type(schema, field, &nullable);
    ret->name = name ? name : lt_avro_field_name(schema, field);
    ret->required = !nullable;
    if (!ret->name[0] || strlen(ret->name) > 63)
        return lt_fail(reterr, LT_ERR_REJECT, "shape", 0,
                       "field %s: a column's name has 1 to 63 bytes",
                       lt_avro_field_name(schema, field));
    bare_type(ret->type.sql, ret->cast, sizeof(ret->cast));
    ret->param = lt_type_param(&ret->type);
    return 0;
}

static int find_column(const struct lt_shape *shape, const char *name, size_t below)
{
    for (size_t i = 0; i < below; i++)
        if (strcmp(shape->columns[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* Text is its own binary form, but a text that the statement would have to cast is not. */
static bool is_own_form(const struct lt_column *column)
{
    return column->param.binary || strcmp(column->cast, "text") == 0 ||
           strcmp(column->cast, "character varying") == 0;
}

static int read_columns(struct lt_shape *shape, struct lt_error *reterr)
{
    shape->count = lt_avro_field_count(shape->value);
    if (shape->count == 0 || shape->count > LT_COLUMNS_MAX)
        return lt_fail(reterr, LT_ERR_REJECT, "shape", 0, "a value schema has 1 to %d fields",
                       LT_COLUMNS_MAX);
    shape->columns = lt_alloc(shape->count * sizeof(*shape->columns));
    shape->copies = true;
    for (size_t i = 0; i < shape->count; i++) {
        if (read_column(shape->value, i, &shape->columns[i], reterr))
            return -1;
        if (find_column(shape, shape->columns[i].name, i) >= 0)
            return lt_fail(reterr, LT_ERR_REJECT, "shape", 0, "field %s: its column comes twice",
                           lt_avro_field_name(shape->value, i));
        shape->copies = shape->copies && is_own_form(&shape->columns[i]);
    }
    return 0;
}

/* Numbers and dates have one form each; all others are checked as the texts that they travel as. */
static struct lt_param_type key_param(const struct lt_type *type)
{
    const enum lt_wire wire = type->wire;
    return wire == LT_WIRE_INT || wire == LT_WIRE_LONG || wire == LT_WIRE_DATE
               ? lt_type_param(type)
               : (struct lt_param_type){"text", LT_OID_TEXT, false};
}

static int read_key(struct lt_shape *shape, struct lt_error *reterr)
{
    shape->key_count = lt_avro_field_count(shape->key);
    if (shape->key_count == 0 || shape->key_count > 32)
        return lt_fail(reterr, LT_ERR_REJECT, "shape", 0, "a key schema has 1 to 32 fields");
    shape->key_columns = lt_alloc(shape->key_count * sizeof(*shape->key_columns));
    shape->key_types = lt_alloc(shape->key_count * sizeof(*shape->key_types));
    shape->key_params = lt_alloc(shape->key_count * sizeof(*shape->key_params));
    for (size_t i = 0; i < shape->key_count; i++) {
        struct lt_column key;
        if (read_column(shape->key, i, &key, reterr))
            return lt_fail_context(reterr, "key");
        const int column = find_column(shape, key.name, shape->count);
        if (column < 0 || shape->columns[column].in_key)
            return lt_fail(reterr, LT_ERR_REJECT, "shape", 0,
                           "key field %s is not once among the columns",
                           lt_avro_field_name(shape->key, i));
        shape->columns[column].in_key = true;
        shape->key_columns[i] = (size_t)column;
        shape->key_types[i] = key.type;
        shape->key_params[i] = key_param(&key.type);
    }
    return 0;
}

struct lt_shape *lt_shape_new(const char *key_text, const char *value_text, struct lt_error *reterr)
{
    LT_CLEANUP(lt_shape_freep) struct lt_shape *shape = lt_alloc(sizeof(*shape));
    shape->key = lt_avro_schema_parse(key_text, strlen(key_text), reterr);
    if (!shape->key)
        return lt_fail_context(reterr, "key schema"), NULL;
    shape->value = lt_avro_schema_parse(value_text, strlen(value_text), reterr);
    if (!shape->value)
        return lt_fail_context(reterr, "value schema"), NULL;
    if (read_columns(shape, reterr) || read_key(shape, reterr))
        return NULL;
    return lt_steal(&shape);
}

void lt_shape_free(struct lt_shape *shape)
{
    if (!shape)
        return;
    lt_avro_schema_unref(shape->key);
    lt_avro_schema_unref(shape->value);
    free(shape->columns);
    free(shape->key_columns);
    free(shape->key_types);
    free(shape->key_params);
    free(shape);
}

static int open_frame(const struct lt_avro_schema *schema,
                      int32_t id,
                      struct lt_bytes framed,
                      struct lt_bytes *ret_record,
                      struct lt_span *spans,
                      struct lt_error *reterr)
{
    int32_t found;
    if (lt_frame_get(framed, &found, ret_record, reterr))
        return -1;
    if (found != id)
        return lt_fail(reterr, LT_ERR_REJECT, "shape", 0, "schema %d where %d was agreed", found,
                       id);
    return lt_avro_walk(schema, *ret_record, spans, reterr);
}

/* How the fields of one of the two schemas are read. */
struct reading {
    const struct lt_avro_schema *schema;
    size_t count;
    int (*decode)(const struct lt_shape *shape,
                  size_t field,
                  struct lt_bytes avro,
                  struct lt_buf *out,
                  struct lt_error *reterr);
    const char *what;
};

static int decode_column(const struct lt_shape *shape,
                         size_t field,
                         struct lt_bytes avro,
                         struct lt_buf *out,
                         struct lt_error *reterr)
{
    return lt_type_decode_param(&shape->columns[field].type, avro, out, reterr);
}

static int decode_key_text(const struct lt_shape *shape,
                           size_t field,
                           struct lt_bytes avro,
                           struct lt_buf *out,
                           struct lt_error *reterr)
{
    return lt_type_decode_key(&shape->key_types[field], avro, out, reterr);
}

static int decode_key(const struct lt_shape *shape,
                      size_t field,
                      struct lt_bytes avro,
                      struct lt_buf *out,
                      struct lt_error *reterr)
{
    return shape->key_params[field].binary
               ? lt_type_decode_param(&shape->key_types[field], avro, out, reterr)
               : decode_key_text(shape, field, avro, out, reterr);
}

/* Decodes all fields behind each other; ends[i]: where the i-th ends. */
static int decode_fields(const struct lt_shape *shape,
                         const struct reading *how,
                         struct lt_bytes record,
                         const struct lt_span *spans,
                         struct lt_buf *out,
                         size_t *ends,
                         struct lt_error *reterr)
{
    for (size_t i = 0; i < how->count; i++) {
        const struct lt_bytes value = lt_bytes(record.data + spans[i].value, spans[i].value_len);
        if (!spans[i].null && how->decode(shape, i, value, out, reterr))
            return lt_fail_context(reterr, "%s %s", how->what, lt_avro_field_name(how->schema, i));
        ends[i] = out->len;
    }
    return 0;
}

/* One copy into the arena for the whole record. */
static void keep_fields(const struct reading *how,
                        const struct lt_span *spans,
                        const struct lt_buf *decoded,
                        const size_t *ends,
                        struct lt_arena *arena,
                        struct lt_bytes *ret)
{
    const struct lt_bytes all = lt_buf_bytes(decoded);
    const uint8_t *kept = lt_arena_dup(arena, all.data, all.len);
    for (size_t i = 0; i < how->count; i++) {
        const size_t start = i ? ends[i - 1] : 0;
        ret[i] = spans[i].null ? (struct lt_bytes){0} : lt_bytes(kept + start, ends[i] - start);
    }
}

static int read_fields(const struct lt_shape *shape,
                       const struct reading *how,
                       int32_t schema_id,
                       struct lt_bytes framed,
                       struct lt_arena *arena,
                       struct lt_bytes *ret,
                       struct lt_error *reterr)
{
    struct lt_bytes record;
    struct lt_buf decoded = {0};
    struct lt_span *spans = lt_arena_alloc(arena, how->count * sizeof(*spans));
    size_t *ends = lt_arena_alloc(arena, how->count * sizeof(*ends));
    int rc = open_frame(how->schema, schema_id, framed, &record, spans, reterr);
    if (rc == 0) {
        lt_buf_grow(&decoded, 2 * record.len + 1); /* most records fit */
        rc = decode_fields(shape, how, record, spans, &decoded, ends, reterr);
    }
    if (rc == 0)
        keep_fields(how, spans, &decoded, ends, arena, ret);
    lt_buf_fini(&decoded);
    return rc;
}

int lt_shape_value(const struct lt_shape *shape,
                   int32_t value_schema,
                   struct lt_bytes framed,
                   struct lt_arena *arena,
                   struct lt_bytes *values,
                   struct lt_error *reterr)
{
    const struct reading how = {
        .schema = shape->value, .count = shape->count, .decode = decode_column, .what = "field"};
    return read_fields(shape, &how, value_schema, framed, arena, values, reterr);
}

int lt_shape_key(const struct lt_shape *shape,
                 int32_t key_schema,
                 struct lt_bytes framed,
                 struct lt_arena *arena,
                 struct lt_bytes *values,
                 struct lt_error *reterr)
{
    const struct reading how = {
        .schema = shape->key, .count = shape->key_count, .decode = decode_key, .what = "key field"};
    return read_fields(shape, &how, key_schema, framed, arena, values, reterr);
}

int lt_shape_key_texts(const struct lt_shape *shape,
                       int32_t key_schema,
                       struct lt_bytes framed,
                       struct lt_arena *arena,
                       struct lt_bytes *texts,
                       struct lt_error *reterr)
{
    const struct reading how = {.schema = shape->key,
                                .count = shape->key_count,
                                .decode = decode_key_text,
                                .what = "key field"};
    return read_fields(shape, &how, key_schema, framed, arena, texts, reterr);
}
