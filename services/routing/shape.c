#include "routing/shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "avro/frame.h"
#include "base/mem.h"

/* ---- the schemas of a data service ---- */

static struct lt_avro_schema *
schema_of(const struct lt_fold *fold, int32_t id, struct lt_error *reterr)
{
    const struct lt_schema_body *body = lt_fold_schema(fold, id);
    if (!body) {
        lt_fail(reterr, LT_ERR_REJECT, "routing", 0, "schema %d is not in control", id);
        return NULL;
    }
    return lt_avro_schema_parse(body->text, strlen(body->text), reterr);
}

static struct lt_span *room_for(const struct lt_avro_schema *schema)
{
    size_t count = schema ? lt_avro_field_count(schema) : 0;
    return lt_alloc((count + 1) * sizeof(struct lt_span));
}

struct lt_lane_rows *
lt_lane_rows_new(const struct lt_fold *fold, const char *service, struct lt_error *reterr)
{
    const struct lt_service *body = lt_fold_service(fold, service);
    if (!body) {
        lt_fail(reterr, LT_ERR_REJECT, "routing", 0, "data service %s is unknown", service);
        return NULL;
    }
    struct lt_lane_rows *rows = lt_alloc(sizeof(*rows));
    snprintf(rows->service, sizeof(rows->service), "%s", service);
    rows->row_id = body->value_schema;
    rows->scope_id = body->scope_schema;
    rows->row = schema_of(fold, rows->row_id, reterr);
    if (rows->row && body->scope_column_count > 0)
        rows->scope = schema_of(fold, rows->scope_id, reterr);
    if (!rows->row || (body->scope_column_count > 0 && !rows->scope)) {
        lt_lane_rows_free(rows);
        return NULL;
    }
    rows->row_spans = room_for(rows->row);
    rows->scope_spans = room_for(rows->scope);
    return rows;
}

void lt_lane_rows_free(struct lt_lane_rows *rows)
{
    if (!rows)
        return;
    lt_avro_schema_unref(rows->row);
    lt_avro_schema_unref(rows->scope);
    free(rows->row_spans);
    free(rows->scope_spans);
    free(rows);
}

static bool is_framed_for_another(struct lt_bytes framed, int32_t id)
{
    int32_t framed_id;
    struct lt_bytes record;
    return framed.data && lt_frame_get(framed, &framed_id, &record, NULL) == 0 && framed_id != id;
}

bool lt_lane_rows_foreign(const struct lt_lane_rows *rows,
                          struct lt_bytes value,
                          struct lt_bytes scope_before)
{
    return is_framed_for_another(value, rows->row_id) ||
           is_framed_for_another(scope_before, rows->scope_id);
}

static bool walk(const struct lt_avro_schema *schema,
                 int32_t id,
                 struct lt_bytes framed,
                 struct lt_span *spans,
                 struct lt_bytes *ret)
{
    int32_t framed_id;
    return schema && lt_frame_get(framed, &framed_id, ret, NULL) == 0 && framed_id == id &&
           lt_avro_walk(schema, *ret, spans, NULL) == 0;
}

/* An insert had no row before; elsewhere absent old values are those of the new row. */
static bool had_row(enum lt_op op)
{
    return op != LT_OP_INSERT && op != LT_OP_SNAPSHOT;
}

struct lt_lane_row lt_lane_rows_read(struct lt_lane_rows *rows,
                                     enum lt_op op,
                                     struct lt_bytes value,
                                     struct lt_bytes scope_before,
                                     bool *ret_good)
{
    struct lt_lane_row row = {.op = op};
    *ret_good = true;
    if (scope_before.data &&
        !walk(rows->scope, rows->scope_id, scope_before, rows->scope_spans, &row.before)) {
        row.before = (struct lt_bytes){0};
        *ret_good = false;
    }
    if (lt_op_has_value(op) &&
        (!value.data || !walk(rows->row, rows->row_id, value, rows->row_spans, &row.record))) {
        row.record = (struct lt_bytes){0};
        row.op = LT_OP_WITHHELD;
        *ret_good = false;
    }
    row.unknown = had_row(op) && !row.before.data && (!*ret_good || !row.record.data);
    return row;
}

/* ---- one connection ---- */

static int compile(struct lt_lane_shape *shape,
                   const struct lt_connection *connection,
                   const struct lt_lane_rows *rows,
                   struct lt_error *reterr)
{
    shape->projection =
        lt_projection_new(rows->row, connection->fields, connection->field_count, reterr);
    if (!shape->projection)
        return -1;
    if (connection->filter[0] == 0)
        return 0;
    if (!rows->scope)
        return lt_fail(reterr, LT_ERR_REJECT, "routing", 0, "a filter without scope columns");
    shape->filter = lt_filter_compile(connection->filter, rows->scope, reterr);
    if (!shape->filter)
        return -1;
    shape->row_view = lt_filter_view_new(shape->filter, rows->row, reterr);
    shape->scope_view = lt_filter_view_new(shape->filter, rows->scope, reterr);
    return shape->row_view && shape->scope_view ? 0 : -1;
}

struct lt_lane_shape *lt_lane_shape_new(const struct lt_fold *fold,
                                        const char *connection,
                                        const struct lt_lane_rows *rows,
                                        struct lt_error *reterr)
{
    const struct lt_connection *body = lt_fold_connection(fold, connection);
    const struct lt_agreement *agreement = body ? lt_fold_agreement(fold, body->agreement) : NULL;
    if (!agreement) {
        lt_fail(reterr, LT_ERR_REJECT, "routing", 0, "%s has no agreement", connection);
        return NULL;
    }
    struct lt_lane_shape *shape = lt_alloc(sizeof(*shape));
    snprintf(shape->connection, sizeof(shape->connection), "%s", connection);
    shape->agreement = agreement->number;
    shape->scope_version = body->scope_version;
    shape->row_id = rows->row_id;
    shape->value_id = body->value_schema;
    if (compile(shape, body, rows, reterr) == 0)
        return shape;
    lt_lane_shape_free(shape);
    return NULL;
}

void lt_lane_shape_free(struct lt_lane_shape *shape)
{
    if (!shape)
        return;
    lt_filter_view_free(shape->row_view);
    lt_filter_view_free(shape->scope_view);
    lt_filter_free(shape->filter);
    lt_projection_free(shape->projection);
    free(shape);
}

void lt_lane_shape_effect(const struct lt_lane_shape *shape,
                          const struct lt_lane_rows *rows,
                          const struct lt_lane_row *row,
                          bool *ret_before,
                          bool *ret_after)
{
    if (!shape->filter) {
        *ret_before = had_row(row->op);
        *ret_after = row->record.data != NULL;
        return;
    }
    *ret_after = row->record.data && lt_filter_match(shape->row_view, row->record, rows->row_spans);
    *ret_before = false;
    if (row->before.data)
        *ret_before = lt_filter_match(shape->scope_view, row->before, rows->scope_spans);
    else if (had_row(row->op))
        *ret_before = row->unknown || *ret_after;
}

void lt_lane_shape_project(const struct lt_lane_shape *shape,
                           const struct lt_lane_rows *rows,
                           const struct lt_lane_row *row,
                           struct lt_buf *out)
{
    lt_frame_put(out, shape->value_id);
    if (lt_projection_is_identity(shape->projection))
        lt_buf_add(out, row->record.data, row->record.len);
    else
        lt_project(shape->projection, row->record, rows->row_spans, out);
}
