#include "lienthong/shape.h"

#include "avro/schema.h"
#include "base/mem.h"
#include "change/type.h"
#include "scope/scope.h"

#include <stdlib.h>
#include <string.h>

struct column {
    const struct lt_field *field;
    struct lt_type type;
};

struct lt_cli_shape {
    struct column *columns; /* the projected ones first */
    size_t count, projected;
    size_t *key; /* indices into columns, in the order of the key */
    size_t key_count;
    struct lt_avro_schema *scope;
    size_t *scope_of; /* scope schema field -> index into columns */
    struct lt_span *spans;
    struct lt_filter *filter;
    struct lt_filter_view *view;
    struct lt_buf record, value;
};

void lt_cli_shape_free(struct lt_cli_shape *shape)
{
    if (!shape)
        return;
    lt_filter_view_free(shape->view);
    lt_filter_free(shape->filter);
    lt_avro_schema_unref(shape->scope);
    lt_buf_fini(&shape->record);
    lt_buf_fini(&shape->value);
    free(shape->columns);
    free(shape->key);
    free(shape->scope_of);
    free(shape->spans);
    free(shape);
}

void lt_cli_row_fini(struct lt_cli_row *row)
{
    lt_buf_fini(&row->key);
    lt_buf_fini(&row->body);
    lt_buf_fini(&row->text);
}

static bool is_named(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Takes the service's fields that are, or are not, in the connection's projection. */
static int add_columns(struct lt_cli_shape *shape,
                       const struct lt_service *service,
                       const struct lt_connection *terms,
                       bool projected,
                       struct lt_error *reterr)
{
    for (size_t i = 0; i < service->field_count; i++) {
        const struct lt_field *field = &service->fields[i];
        if (is_named(terms->fields, terms->field_count, field->name) != projected)
            continue;
        struct column *column = &shape->columns[shape->count++];
        column->field = field;
        if (lt_type_parse(field->type, &column->type, reterr) != 0)
            return lt_fail_context(reterr, "field '%s'", field->name);
    }
    return 0;
}

static int find_column(const struct lt_cli_shape *shape,
                       const char *name,
                       size_t *ret,
                       struct lt_error *reterr)
{
    for (size_t i = 0; i < shape->count; i++) {
        if (strcmp(shape->columns[i].field->name, name) == 0) {
            *ret = i;
            return 0;
        }
    }
    return lt_fail(reterr, LT_ERR_REJECT, "verify", 0, "field '%s' is not declared", name);
}

static int
add_key(struct lt_cli_shape *shape, const struct lt_service *service, struct lt_error *reterr)
{
    shape->key = lt_alloc((service->key_count + 1) * sizeof *shape->key);
    for (size_t i = 0; i < service->key_count; i++) {
        size_t *index = &shape->key[shape->key_count++];
        if (find_column(shape, service->key[i], index, reterr) != 0)
            return -1;
        if (*index >= shape->projected)
            return lt_fail(reterr, LT_ERR_REJECT, "verify", 0,
                           "key field '%s' is not in the connection's scope", service->key[i]);
    }
    return 0;
}

static int add_filter(struct lt_cli_shape *shape,
                      const char *filter,
                      const char *scope_schema,
                      struct lt_error *reterr)
{
    if (!scope_schema)
        return filter[0] ? lt_fail(reterr, LT_ERR_REJECT, "verify", 0,
                                   "a row filter on a data service without scope columns")
                         : 0;
    shape->scope = lt_avro_schema_parse(scope_schema, strlen(scope_schema), reterr);
    if (!shape->scope)
        return lt_fail_context(reterr, "scope schema");
    const size_t count = lt_avro_field_count(shape->scope);
    shape->scope_of = lt_alloc((count + 1) * sizeof *shape->scope_of);
    shape->spans = lt_alloc((count + 1) * sizeof *shape->spans);
    for (size_t i = 0; i < count; i++)
        if (find_column(shape, lt_avro_field_name(shape->scope, i), &shape->scope_of[i], reterr) !=
            0)
            return -1;
    shape->filter = lt_filter_compile(filter, shape->scope, reterr);
    if (!shape->filter)
        return lt_fail_context(reterr, "row filter");
    shape->view = lt_filter_view_new(shape->filter, shape->scope, reterr);
    return shape->view ? 0 : -1;
}

struct lt_cli_shape *lt_cli_shape_new(const struct lt_service *service,
                                      const struct lt_connection *terms,
                                      const char *scope_schema,
                                      struct lt_error *reterr)
{
    LT_CLEANUP(lt_cli_shape_freep) struct lt_cli_shape *shape = lt_alloc(sizeof *shape);
    shape->columns = lt_alloc((service->field_count + 1) * sizeof *shape->columns);
    if (add_columns(shape, service, terms, true, reterr) != 0)
        return NULL;
    shape->projected = shape->count;
    if (add_columns(shape, service, terms, false, reterr) != 0 ||
        add_key(shape, service, reterr) != 0 ||
        add_filter(shape, terms->filter, scope_schema, reterr) != 0)
        return NULL;
    return lt_steal(&shape);
}

size_t lt_cli_shape_columns(const struct lt_cli_shape *shape)
{
    return shape->count;
}

size_t lt_cli_shape_projected(const struct lt_cli_shape *shape)
{
    return shape->projected;
}

const char *lt_cli_shape_column(const struct lt_cli_shape *shape, size_t i)
{
    return shape->columns[i].field->column;
}

/* Encodes one value into shape->value; false when it is outside its declared type. */
static bool encode(struct lt_cli_shape *shape, const struct column *column, const char *text)
{
    lt_buf_clear(&shape->value);
    return lt_type_encode(&column->type, lt_bytes_text(text), &shape->value, NULL) == 0;
}

/* One presence byte, then length and bytes: no two rows share a form. */
static bool add_value(struct lt_cli_shape *shape, size_t i, const char *text, struct lt_buf *out)
{
    const struct column *column = &shape->columns[i];
    if (!text) {
        if (out)
            lt_buf_addc(out, 0);
        return !column->field->required;
    }
    if (!encode(shape, column, text))
        return false;
    if (out) {
        lt_buf_addc(out, 1);
        lt_avro_put_bytes(out, lt_buf_bytes(&shape->value));
    }
    return true;
}

static bool
add_row_key(struct lt_cli_shape *shape, const char *const *texts, struct lt_cli_row *row)
{
    for (size_t i = 0; i < shape->key_count; i++) {
        const struct column *column = &shape->columns[shape->key[i]];
        const char *text = texts[shape->key[i]];
        lt_buf_clear(&shape->value);
        if (!text ||
            lt_type_encode_key(&column->type, lt_bytes_text(text), &shape->value, NULL) != 0)
            return false;
        lt_avro_put_bytes(&row->key, lt_buf_bytes(&shape->value));
        lt_buf_addf(&row->text, "%s%s=%s", i ? " " : "", column->field->name, text);
    }
    return true;
}

/* Encodes the columns [0, count); those not projected are only checked. */
static bool
fill(struct lt_cli_shape *shape, const char *const *texts, size_t count, struct lt_cli_row *row)
{
    lt_buf_clear(&row->key);
    lt_buf_clear(&row->body);
    lt_buf_clear(&row->text);
    for (size_t i = 0; i < count; i++)
        if (!add_value(shape, i, texts[i], i < shape->projected ? &row->body : NULL))
            return false;
    return add_row_key(shape, texts, row);
}

/* The row's scope columns as the record that routing's filters are made for. */
static bool in_scope(struct lt_cli_shape *shape, const char *const *texts)
{
    if (!shape->filter || lt_filter_is_all(shape->filter))
        return true;
    lt_buf_clear(&shape->record);
    for (size_t i = 0; i < lt_avro_field_count(shape->scope); i++) {
        const char *text = texts[shape->scope_of[i]];
        lt_avro_put_long(&shape->record, text ? 1 : 0); /* branch of ["null", T] */
        if (text && !encode(shape, &shape->columns[shape->scope_of[i]], text))
            return false;
        if (text)
            lt_buf_add(&shape->record, shape->value.data, shape->value.len);
    }
    struct lt_bytes record = lt_buf_bytes(&shape->record);
    return lt_avro_walk(shape->scope, record, shape->spans, NULL) == 0 &&
           lt_filter_match(shape->view, record, shape->spans);
}

enum lt_cli_row_kind
lt_cli_shape_source(struct lt_cli_shape *shape, const char *const *texts, struct lt_cli_row *row)
{
    if (!fill(shape, texts, shape->count, row))
        return LT_CLI_ROW_WITHHELD;
    return in_scope(shape, texts) ? LT_CLI_ROW_IN : LT_CLI_ROW_OUT;
}

enum lt_cli_row_kind
lt_cli_shape_target(struct lt_cli_shape *shape, const char *const *texts, struct lt_cli_row *row)
{
    return fill(shape, texts, shape->projected, row) ? LT_CLI_ROW_IN : LT_CLI_ROW_WITHHELD;
}
