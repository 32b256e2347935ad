#include "provider-postgres/row_plan.h"

#include <stdlib.h>
#include <string.h>

#include "avro/frame.h"
#include "avro/span.h"
#include "base/mem.h"
#include "change/type.h"

struct step {
    size_t column; /* index in the tuple */
    struct lt_type type;
    bool nullable;
};
struct part {
    int32_t schema_id;
    struct step *steps;
    size_t count;
};
struct row_plan {
    struct part key, value, scope;
    size_t columns;
};

static const char *const reasons[] = {
    [WITHHELD_VALUE] = "value",
    [WITHHELD_NULL] = "null",
    [WITHHELD_SIZE] = "size",
    [WITHHELD_KEY] = "key",
};

const char *withheld_name(enum withheld why)
{
    return reasons[why];
}

/* ---- compiling ---- */

struct source_columns {
    const struct lt_pgo_column *columns;
    size_t count;
    const struct type_id *type_of; /* by field of the declaration */
};

static const struct lt_field *
field_named(const struct lt_service *declared, const char *name, size_t *ret_index)
{
    for (size_t i = 0; i < declared->field_count; i++) {
        if (strcmp(declared->fields[i].name, name) == 0) {
            *ret_index = i;
            return &declared->fields[i];
        }
    }
    return NULL;
}

static int column_of(const struct source_columns *from,
                     const struct lt_field *field,
                     size_t index,
                     size_t *ret,
                     struct lt_error *reterr)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct lt_pgo_column *column = &from->columns[i];
        if (strcmp(column->name, field->column) != 0) {
            continue;
        }
        if (from->type_of != NULL && (column->type_oid != from->type_of[index].oid ||
                                      column->typmod != from->type_of[index].typmod)) {
            return lt_fail(reterr, LT_ERR_REJECT, "row", 0,
                           "declared column '%s' has another type now", field->column);
        }
        *ret = i;
        return 0;
    }
    return lt_fail(reterr, LT_ERR_REJECT, "row", 0, "declared column '%s' is gone", field->column);
}

/* identity: these columns must be in the old row of every change. */
static int compile(struct part *part,
                   const struct service *service,
                   const struct lt_avro_schema *schema,
                   bool identity,
                   const struct source_columns *from,
                   struct lt_error *reterr)
{
    part->count = lt_avro_field_count(schema);
    part->steps = lt_alloc((part->count + 1) * sizeof(*part->steps));
    for (size_t i = 0; i < part->count; i++) {
        struct step *step = &part->steps[i];
        size_t index = 0;
        const struct lt_field *field =
            field_named(service->declared, lt_avro_field_name(schema, i), &index);
        lt_assert(field != NULL); /* service_new() checked it */
        lt_avro_field_type(schema, i, &step->nullable);
        if (lt_type_parse(field->type, &step->type, reterr) != 0 ||
            column_of(from, field, index, &step->column, reterr) != 0) {
            return -1;
        }
        if (identity && !from->columns[step->column].key) {
            return lt_fail(reterr, LT_ERR_REJECT, "row", 0,
                           "column '%s' is not part of the replica identity", field->column);
        }
    }
    return 0;
}

struct row_plan *row_plan_new(const struct service *service,
                              const struct lt_pgo_column *columns,
                              size_t count,
                              const struct type_id *type_of,
                              struct lt_error *reterr)
{
    const struct lt_service *declared = service->declared;
    struct source_columns from = {columns, count, type_of};
    LT_CLEANUP(row_plan_freep) struct row_plan *plan = lt_alloc(sizeof(*plan));
    plan->columns = count;
    plan->key.schema_id = declared->key_schema;
    plan->value.schema_id = declared->value_schema;
    plan->scope.schema_id = declared->scope_schema;
    if (compile(&plan->key, service, service->key_schema, true, &from, reterr) != 0 ||
        compile(&plan->value, service, service->value_schema, false, &from, reterr) != 0) {
        return NULL;
    }
    if (service->scope_schema != NULL &&
        compile(&plan->scope, service, service->scope_schema, true, &from, reterr) != 0) {
        return NULL;
    }
    return lt_steal(&plan);
}

void row_plan_free(struct row_plan *plan)
{
    if (plan != NULL) {
        free(plan->key.steps);
        free(plan->value.steps);
        free(plan->scope.steps);
        free(plan);
    }
}

/* ---- encoding ---- */

/* Columns of a row with unsent values taken from the old row. */
struct row {
    const struct lt_pgo_value *values, *fallback;
};

static const struct lt_pgo_value *value_at(const struct row *row, size_t column)
{
    const struct lt_pgo_value *value = &row->values[column];
    if (value->kind == LT_PGO_UNCHANGED && row->fallback != NULL) {
        return &row->fallback[column];
    }
    return value;
}

static struct batch_range framed(struct batch *batch, size_t start)
{
    return (struct batch_range){(uint32_t)start, (uint32_t)(batch->bytes.len - start)};
}

/* false: the key has no byte form. */
static bool put_key(const struct row_plan *plan,
                    const struct row *row,
                    struct batch *batch,
                    struct batch_range *ret)
{
    size_t start = batch->bytes.len;
    lt_frame_put(&batch->bytes, plan->key.schema_id);
    for (size_t i = 0; i < plan->key.count; i++) {
        const struct step *step = &plan->key.steps[i];
        const struct lt_pgo_value *value = value_at(row, step->column);
        if (value->kind != LT_PGO_TEXT ||
            lt_type_encode_key(&step->type, value->text, &batch->bytes, NULL) != 0) {
            batch->bytes.len = start;
            return false;
        }
    }
    *ret = framed(batch, start);
    return true;
}

/* 0, or 1 and *ret_why: the row cannot be told as declared; -1: it is not whole. */
static int put_value(const struct row_plan *plan,
                     const struct row *row,
                     struct batch *batch,
                     struct batch_range *ret,
                     enum withheld *ret_why,
                     struct lt_error *reterr)
{
    size_t start = batch->bytes.len;
    lt_frame_put(&batch->bytes, plan->value.schema_id);
    for (size_t i = 0; i < plan->value.count; i++) {
        const struct step *step = &plan->value.steps[i];
        const struct lt_pgo_value *value = value_at(row, step->column);
        if (value->kind == LT_PGO_UNCHANGED) {
            return lt_fail(reterr, LT_ERR_FATAL, "row", 0,
                           "an out-of-line value was not sent and the old row is not there: the "
                           "table needs REPLICA IDENTITY FULL");
        }
        if (value->kind == LT_PGO_NULL && !step->nullable) {
            *ret_why = WITHHELD_NULL;
            batch->bytes.len = start;
            return 1;
        }
        if (step->nullable) {
            lt_avro_put_long(&batch->bytes, value->kind == LT_PGO_NULL ? 0 : 1);
        }
        if (value->kind == LT_PGO_TEXT &&
            lt_type_encode(&step->type, value->text, &batch->bytes, NULL) != 0) {
            *ret_why = WITHHELD_VALUE;
            batch->bytes.len = start;
            return 1;
        }
        if (batch->bytes.len - start > RECORD_BYTES_MAX) {
            *ret_why = WITHHELD_SIZE;
            batch->bytes.len = start;
            return 1;
        }
    }
    *ret = framed(batch, start);
    return 0;
}

/* Old values of the scope columns; row NULL: nobody had this entity, all null.  A value that has
 * no form was withheld when it came, so null (= out of every scope) is right for it too. */
static struct batch_range
put_scope(const struct row_plan *plan, const struct lt_pgo_tuple *row, struct batch *batch)
{
    if (plan->scope.count == 0) {
        return BATCH_ABSENT;
    }
    size_t start = batch->bytes.len;
    lt_frame_put(&batch->bytes, plan->scope.schema_id);
    for (size_t i = 0; i < plan->scope.count; i++) {
        const struct step *step = &plan->scope.steps[i];
        size_t field = batch->bytes.len;
        bool known = row != NULL && row->values[step->column].kind == LT_PGO_TEXT;
        if (known) {
            lt_avro_put_long(&batch->bytes, 1);
            known = lt_type_encode(&step->type, row->values[step->column].text, &batch->bytes,
                                   NULL) == 0;
        }
        if (!known) {
            batch->bytes.len = field;
            lt_avro_put_long(&batch->bytes, 0);
        }
    }
    if (batch->bytes.len - start > SCOPE_BYTES_MAX) {
        batch->bytes.len = start; /* the row was withheld for its size: nobody has it */
        return put_scope(plan, NULL, batch);
    }
    return framed(batch, start);
}

static bool changed(const struct part *part,
                    const struct lt_pgo_tuple *before,
                    const struct lt_pgo_tuple *after)
{
    for (size_t i = 0; i < part->count; i++) {
        const struct lt_pgo_value *a = &before->values[part->steps[i].column];
        const struct lt_pgo_value *b = &after->values[part->steps[i].column];
        if (b->kind != LT_PGO_UNCHANGED &&
            (a->kind != b->kind || (a->kind == LT_PGO_TEXT && !lt_bytes_equal(a->text, b->text)))) {
            return true;
        }
    }
    return false;
}

/* ---- records ---- */

struct writing {
    const struct row_plan *plan;
    const struct row_change *change;
    struct batch *batch;
    int64_t now_ms;
    int64_t *counts;
};

static struct batch_record *add(const struct writing *w, enum lt_op op, struct batch_range key)
{
    struct batch_record *record = batch_add(w->batch, w->now_ms);
    record->feed = w->change->feed;
    record->op = op;
    record->time = w->change->time;
    record->id = w->change->id;
    record->key = key;
    return record;
}

static void write_delete(const struct writing *w)
{
    const struct row row = {w->change->old_row->values, NULL};
    struct batch_range key;
    if (put_key(w->plan, &row, w->batch, &key)) {
        struct batch_range scope = put_scope(w->plan, w->change->old_row, w->batch);
        add(w, LT_OP_DELETE, key)->scope_before = scope;
    }
}

/* before: the old row under the same key, or NULL. */
static int write_row(const struct writing *w,
                     enum lt_op op,
                     const struct lt_pgo_tuple *before,
                     struct lt_error *reterr)
{
    const struct lt_pgo_tuple *after = w->change->new_row;
    const struct lt_pgo_tuple *old = w->change->old_row;
    bool whole = old != NULL && old->count > 0 && !w->change->old_is_key;
    const struct row row = {after->values, whole ? old->values : NULL};
    enum withheld why = WITHHELD_KEY;
    struct batch_range key;
    struct batch_range value;
    if (!put_key(w->plan, &row, w->batch, &key)) {
        w->counts[why]++;
        return 0;
    }
    int rc = put_value(w->plan, &row, w->batch, &value, &why, reterr);
    if (rc < 0) {
        return -1;
    }
    bool scope_changed = before != NULL && changed(&w->plan->scope, before, after);
    struct batch_range scope =
        rc > 0 || scope_changed ? put_scope(w->plan, before, w->batch) : BATCH_ABSENT;
    struct batch_record *record = add(w, rc > 0 ? LT_OP_WITHHELD : op, key);
    record->scope_before = scope;
    if (rc > 0) {
        w->counts[why]++;
    } else {
        record->value = value;
    }
    return 0;
}

static int write_update(const struct writing *w, struct lt_error *reterr)
{
    const struct row_change *change = w->change;
    bool has_old = change->old_row != NULL && change->old_row->count > 0;
    if (has_old && changed(&w->plan->key, change->old_row, change->new_row)) {
        write_delete(w);
        return write_row(w, LT_OP_INSERT, NULL, reterr);
    }
    return write_row(w, LT_OP_UPDATE, has_old ? change->old_row : NULL, reterr);
}

static bool fits(const struct row_plan *plan, const struct lt_pgo_tuple *row)
{
    return row == NULL || row->count == 0 || row->count >= plan->columns;
}

int row_plan_apply(struct row_plan *plan,
                   const struct row_change *change,
                   struct batch *batch,
                   int64_t now_ms,
                   int64_t counts[WITHHELD_REASONS],
                   struct lt_error *reterr)
{
    const struct writing w = {plan, change, batch, now_ms, counts};
    if (!fits(plan, change->old_row) || !fits(plan, change->new_row)) {
        return lt_fail(reterr, LT_ERR_REJECT, "row", 0, "a row with fewer columns than its table");
    }
    switch (change->op) {
    case LT_OP_DELETE:
        write_delete(&w);
        return 0;
    case LT_OP_UPDATE:
        return write_update(&w, reterr);
    default:
        return write_row(&w, change->op, NULL, reterr);
    }
}
