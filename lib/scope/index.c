/* A filter hangs at its most selective necessary condition: a set of values of one field that a
 * matching row must have.  A leaf `=` or IN has its own set, an AND the smallest of its children,
 * an OR the union of its children's when all have one on the same field.  A row finds the filters
 * at its own values; each is then evaluated in full, and so is every filter without a condition. */
#include "scope/index.h"

#include <stdlib.h>

#include "base/mem.h"
#include "scope/hash.h"
#include "scope/tree.h"

struct entry {
    const struct lt_filter_view *view;
    void *tag;
    bool exact; /* the filter is the condition it hangs on: who finds it there has matched it */
};

/* A row field at which filters hang, and how to read it. */
struct probe {
    uint32_t field;
    struct scope_column column;
};

struct lt_scope_index {
    struct entry *entries;
    uint32_t count;
    struct scope_hash hash;
    struct probe *probes;
    size_t probe_count;
    uint32_t *always; /* ids of filters without a condition */
    size_t always_count;
    size_t field_count; /* of the rows */
};

struct lt_scope_index *lt_scope_index_new(const struct lt_avro_schema *row_schema)
{
    struct lt_scope_index *index = lt_alloc(sizeof *index);
    index->field_count = lt_avro_field_count(row_schema);
    return index;
}

void lt_scope_index_free(struct lt_scope_index *index)
{
    if (!index)
        return;
    scope_hash_fini(&index->hash);
    free(index->entries);
    free(index->probes);
    free(index->always);
    free(index);
}

/* ---- adding ---- */

/* Values of one column, one of which a matching row must have. */
struct condition {
    bool found;
    size_t column;
    struct lt_buf values; /* struct scope_value */
};

static size_t size_of(const struct condition *condition)
{
    return condition->values.len / sizeof(struct scope_value);
}

static void find_condition(const struct scope_node *node, struct condition *ret);

static void smallest_of_and(const struct scope_node *node, struct condition *ret)
{
    for (size_t i = 0; i < node->child_count; i++) {
        struct condition child = {0};
        find_condition(node->children[i], &child);
        if (child.found && (!ret->found || size_of(&child) < size_of(ret))) {
            lt_buf_fini(&ret->values);
            *ret = child;
        } else {
            lt_buf_fini(&child.values);
        }
    }
}

static void union_of_or(const struct scope_node *node, struct condition *ret)
{
    for (size_t i = 0; i < node->child_count; i++) {
        struct condition child = {0};
        find_condition(node->children[i], &child);
        bool fits = child.found && (i == 0 || child.column == ret->column);
        if (fits)
            lt_buf_add(&ret->values, child.values.data, child.values.len);
        lt_buf_fini(&child.values);
        ret->column = child.column;
        ret->found = fits;
        if (!fits)
            return;
    }
}

static void find_condition(const struct scope_node *node, struct condition *ret)
{
    if (node->kind == SCOPE_IN) {
        lt_buf_add(&ret->values, node->literals, node->literal_count * sizeof *node->literals);
        ret->column = node->column;
        ret->found = true;
    } else if (node->kind == SCOPE_AND) {
        smallest_of_and(node, ret);
    } else if (node->kind == SCOPE_OR) {
        union_of_or(node, ret);
    }
}

static void
enter_probe(struct lt_scope_index *index, uint32_t field, const struct scope_column *column)
{
    for (size_t i = 0; i < index->probe_count; i++)
        if (index->probes[i].field == field)
            return;
    index->probes = lt_realloc(index->probes, (index->probe_count + 1) * sizeof *index->probes);
    index->probes[index->probe_count++] = (struct probe){field, *column};
}

static void hang(struct lt_scope_index *index,
                 const struct lt_filter_view *view,
                 const struct condition *condition,
                 uint32_t id)
{
    const struct scope_column *column = &view->filter->columns[condition->column];
    const struct scope_value *values = (const void *)condition->values.data;
    uint32_t field = view->fields[condition->column];
    lt_assert(field < index->field_count);
    enter_probe(index, field, column);
    for (size_t i = 0; i < size_of(condition); i++) {
        uint8_t buf[8];
        struct lt_bytes key = scope_value_bytes(column->class, values[i], buf);
        const struct scope_slot *slot = scope_hash_find(&index->hash, field, key);
        if (!slot || slot->ids[slot->id_count - 1] != id) /* an OR may name a value twice */
            scope_hash_add(&index->hash, field, key, id);
    }
}

void lt_scope_index_add(struct lt_scope_index *index, const struct lt_filter_view *view, void *tag)
{
    struct condition condition = {0};
    uint32_t id = index->count++;
    index->entries = lt_realloc(index->entries, index->count * sizeof *index->entries);
    index->entries[id] = (struct entry){
        view, tag, .exact = view->filter->root && view->filter->root->kind == SCOPE_IN};
    if (view->filter->root)
        find_condition(view->filter->root, &condition);
    if (condition.found) {
        hang(index, view, &condition, id);
    } else {
        index->always =
            lt_realloc(index->always, (index->always_count + 1) * sizeof *index->always);
        index->always[index->always_count++] = id;
    }
    lt_buf_fini(&condition.values);
}

/* ---- matching ---- */

/* Evaluates the filters; ids of those that match go where their tags will stand. */
static size_t try_all(const struct lt_scope_index *index,
                      const uint32_t *ids,
                      size_t id_count,
                      struct lt_bytes record,
                      const struct lt_span *spans,
                      void **tags,
                      size_t count)
{
    for (size_t i = 0; i < id_count; i++)
        if (index->entries[ids[i]].exact ||
            lt_filter_match(index->entries[ids[i]].view, record, spans))
            tags[count++] = (void *)(uintptr_t)ids[i]; /* NOLINT(performance-no-int-to-ptr) */
    return count;
}

static const struct scope_slot *probe_row(const struct lt_scope_index *index,
                                          const struct probe *probe,
                                          struct lt_bytes record,
                                          const struct lt_span *spans)
{
    const struct lt_span *span = &spans[probe->field];
    struct scope_value value;
    uint8_t buf[8];
    if (span->null ||
        scope_value_read(&probe->column, lt_bytes(record.data + span->value, span->value_len),
                         &value) < 0)
        return NULL;
    struct lt_bytes key = scope_value_bytes(probe->column.class, value, buf);
    return scope_hash_find(&index->hash, probe->field, key);
}

static int compare_ids(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t) * (void *const *)a, right = (uintptr_t) * (void *const *)b;
    return (left > right) - (left < right);
}

/* The ids of one slot are in order; only several lists need sorting. */
static bool is_sorted(void *const *tags, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (tags[i - 1] > tags[i])
            return false;
    return true;
}

size_t lt_scope_index_match(const struct lt_scope_index *index,
                            struct lt_bytes record,
                            const struct lt_span *spans,
                            void **tags,
                            size_t cap)
{
    lt_assert(cap >= index->count);
    size_t count = try_all(index, index->always, index->always_count, record, spans, tags, 0);
    for (size_t i = 0; i < index->probe_count; i++) {
        const struct scope_slot *slot = probe_row(index, &index->probes[i], record, spans);
        if (slot)
            count = try_all(index, slot->ids, slot->id_count, record, spans, tags, count);
    }
    if (!is_sorted(tags, count))
        qsort(tags, count, sizeof *tags, compare_ids);
    for (size_t i = 0; i < count; i++)
        tags[i] = index->entries[(uintptr_t)tags[i]].tag;
    return count;
}
