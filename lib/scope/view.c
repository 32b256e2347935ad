#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "scope/tree.h"

/* ---- mapping ---- */

static int find_field(const struct scope_column *column,
                      const struct lt_avro_schema *schema,
                      uint32_t *ret,
                      struct lt_error *reterr)
{
    struct lt_type type;
    int field = lt_avro_field_find(schema, column->name);
    if (field < 0)
        return lt_fail(reterr, LT_ERR_REJECT, "filter", 0, "the row has no field '%s'",
                       column->name);
    if (scope_field_type(schema, (size_t)field, &type, reterr) < 0)
        return -1;
    if (strcmp(type.sql, column->type.sql) != 0)
        return lt_fail(reterr, LT_ERR_REJECT, "filter", 0,
                       "field '%s' is a %s in the row, a %s in the filter", column->name, type.sql,
                       column->type.sql);
    *ret = (uint32_t)field;
    return 0;
}

struct lt_filter_view *lt_filter_view_new(const struct lt_filter *filter,
                                          const struct lt_avro_schema *row_schema,
                                          struct lt_error *reterr)
{
    struct lt_filter_view *view =
        lt_alloc(sizeof *view + filter->column_count * sizeof view->fields[0]);
    view->filter = filter;
    for (size_t i = 0; i < filter->column_count; i++) {
        if (find_field(&filter->columns[i], row_schema, &view->fields[i], reterr) < 0) {
            lt_filter_view_free(view);
            return NULL;
        }
    }
    return view;
}

void lt_filter_view_free(struct lt_filter_view *view)
{
    free(view);
}

/* ---- evaluation ---- */

struct row {
    const struct lt_filter_view *view;
    struct lt_bytes record;
    const struct lt_span *spans;
};

static bool in_set(const struct scope_node *leaf, enum scope_class class, struct scope_value value)
{
    size_t low = 0, high = leaf->literal_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = scope_value_compare(class, leaf->literals[middle], value);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool has_prefix(const struct scope_node *leaf, struct lt_bytes text)
{
    struct lt_bytes prefix = leaf->literals[0].bytes;
    return text.len >= prefix.len && memcmp(text.data, prefix.data, prefix.len) == 0;
}

static bool
match_value(const struct scope_node *leaf, enum scope_class class, struct scope_value value)
{
    switch (leaf->kind) {
    case SCOPE_IN:
        return in_set(leaf, class, value);
    case SCOPE_NOT_IN:
        return !in_set(leaf, class, value);
    case SCOPE_LESS:
        return scope_value_compare(class, value, leaf->literals[0]) < 0;
    case SCOPE_LESS_EQUAL:
        return scope_value_compare(class, value, leaf->literals[0]) <= 0;
    case SCOPE_GREATER:
        return scope_value_compare(class, value, leaf->literals[0]) > 0;
    case SCOPE_GREATER_EQUAL:
        return scope_value_compare(class, value, leaf->literals[0]) >= 0;
    case SCOPE_PREFIX:
        return has_prefix(leaf, value.bytes);
    case SCOPE_NOT_PREFIX:
        return !has_prefix(leaf, value.bytes);
    default:
        return false;
    }
}

/* Null and unreadable values are out of scope (tree.h says why that is enough). */
static bool match_leaf(const struct row *row, const struct scope_node *leaf)
{
    const struct scope_column *column = &row->view->filter->columns[leaf->column];
    const struct lt_span *span = &row->spans[row->view->fields[leaf->column]];
    struct scope_value value;
    if (leaf->kind == SCOPE_IS_NULL || leaf->kind == SCOPE_IS_NOT_NULL)
        return span->null == (leaf->kind == SCOPE_IS_NULL);
    if (span->null)
        return false;
    if (scope_value_read(column, lt_bytes(row->record.data + span->value, span->value_len), &value))
        return false;
    return match_value(leaf, column->class, value);
}

static bool match(const struct row *row, const struct scope_node *node)
{
    if (node->kind != SCOPE_AND && node->kind != SCOPE_OR)
        return match_leaf(row, node);
    bool decides = node->kind == SCOPE_OR;
    for (size_t i = 0; i < node->child_count; i++)
        if (match(row, node->children[i]) == decides)
            return decides;
    return !decides;
}

bool lt_filter_match(const struct lt_filter_view *view,
                     struct lt_bytes record,
                     const struct lt_span *spans)
{
    struct row row = {view, record, spans};
    return !view->filter->root || match(&row, view->filter->root);
}
