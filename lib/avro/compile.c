/*
 * Nodes -> program.  Two properties make a walk linear in the bytes, whatever the schema:
 * a type without bytes (null, fixed(0), a record of such) is no operation at all, and a record
 * with one field that has bytes is that field's operation.  Hence each operation reads at least one
 * byte of its own, or has two parts that do.
 */
#include "avro/schema_priv.h"

#include <string.h>

#define NO_VALUE     UINT32_MAX /* no finite value (yet) */
#define SIZE_CEILING (1u << 30)

/* The smallest value from what is known of the parts; NO_VALUE while that is unknown. */
static uint32_t smallest(const struct avro_node *node)
{
    uint64_t sum = 0;
    uint32_t least = NO_VALUE;

    switch (node->type) {
    case LT_AVRO_NULL:
        return 0;
    case LT_AVRO_FIXED:
        return (uint32_t)node->count;
    case LT_AVRO_FLOAT:
        return 4;
    case LT_AVRO_DOUBLE:
        return 8;
    case LT_AVRO_UNION:
        for (size_t i = 0; i < node->count; i++)
            least = LT_MIN(least, node->subs[i]->min_size);
        return least == NO_VALUE ? NO_VALUE : LT_MIN(least + 1, SIZE_CEILING);
    case LT_AVRO_RECORD:
        for (size_t i = 0; i < node->count; i++) {
            if (node->fields[i].type->min_size == NO_VALUE)
                return NO_VALUE;
            sum += node->fields[i].type->min_size;
        }
        return (uint32_t)LT_MIN(sum, SIZE_CEILING);
    default:
        return 1;
    }
}

int lt_avro_measure(struct lt_avro_schema *schema, struct lt_error *reterr)
{
    bool again = true;

    for (size_t i = 0; i < schema->node_count; i++)
        schema->nodes[i]->min_size = NO_VALUE;
    while (again) {
        again = false;
        /* Parts mostly stand behind the whole: from the end one or two rounds do. */
        for (size_t i = schema->node_count; i-- > 0;) {
            uint32_t size = smallest(schema->nodes[i]);

            again |= size < schema->nodes[i]->min_size;
            schema->nodes[i]->min_size = size;
        }
    }
    for (size_t i = 0; i < schema->node_count; i++)
        if (schema->nodes[i]->type == LT_AVRO_RECORD && schema->nodes[i]->min_size == NO_VALUE)
            return lt_fail(reterr, LT_ERR_REJECT, "avro", 0,
                           "record '%.128s' contains itself without a way out",
                           schema->nodes[i]->name);
    return 0;
}

const struct avro_node *lt_avro_nullable(const struct avro_node *node)
{
    if (node->type != LT_AVRO_UNION || node->count != 2)
        return NULL;
    if (node->subs[0]->type == LT_AVRO_NULL)
        return node->subs[1];
    return node->subs[1]->type == LT_AVRO_NULL ? node->subs[0] : NULL;
}

/* Fields of a record that have bytes; *ret_only is one of them. */
static size_t filled_fields(const struct avro_node *record, const struct avro_node **ret_only)
{
    size_t count = 0;

    for (size_t i = 0; i < record->count; i++)
        if (record->fields[i].type->min_size > 0) {
            *ret_only = record->fields[i].type;
            count++;
        }
    return count;
}

static const struct avro_node *unwrap(const struct avro_node *node)
{
    const struct avro_node *only = NULL;

    while (node->type == LT_AVRO_RECORD && filled_fields(node, &only) == 1)
        node = only;
    return node;
}

static uint8_t code_of(const struct avro_node *node)
{
    static const uint8_t codes[] = {
        [LT_AVRO_NULL] = AVRO_OP_NULL,   [LT_AVRO_BOOLEAN] = AVRO_OP_BOOLEAN,
        [LT_AVRO_INT] = AVRO_OP_INT,     [LT_AVRO_LONG] = AVRO_OP_LONG,
        [LT_AVRO_FLOAT] = AVRO_OP_FIXED, [LT_AVRO_DOUBLE] = AVRO_OP_FIXED,
        [LT_AVRO_BYTES] = AVRO_OP_BYTES, [LT_AVRO_STRING] = AVRO_OP_STRING,
        [LT_AVRO_FIXED] = AVRO_OP_FIXED, [LT_AVRO_ENUM] = AVRO_OP_ENUM,
        [LT_AVRO_UNION] = AVRO_OP_UNION, [LT_AVRO_ARRAY] = AVRO_OP_ARRAY,
        [LT_AVRO_MAP] = AVRO_OP_MAP,     [LT_AVRO_RECORD] = AVRO_OP_RECORD,
    };
    bool empty = node->min_size == 0 && node->type != LT_AVRO_NULL;
    return empty ? AVRO_OP_EMPTY : codes[node->type];
}

static uint32_t number_of(const struct avro_node *node)
{
    const struct avro_node *only;

    if (node->type == LT_AVRO_FLOAT || node->type == LT_AVRO_DOUBLE)
        return node->min_size;
    return (uint32_t)(node->type == LT_AVRO_RECORD ? filled_fields(node, &only) : node->count);
}

/* `tables[i]`: the operations of the parts of nodes[i]. */
static struct avro_op plain(struct avro_op *const *tables, const struct avro_node *node)
{
    return (struct avro_op){
        .code = code_of(node),
        .n = number_of(node),
        .min_size = node->min_size,
        .subs = tables[node->index],
    };
}

/* An operation has room for one "or null": a record around a nullable field stays a record. */
static struct avro_op operation(struct avro_op *const *tables, const struct avro_node *node)
{
    node = unwrap(node);
    const struct avro_node *other = lt_avro_nullable(node);
    if (!other)
        return plain(tables, node);
    const struct avro_node *part = unwrap(other);
    struct avro_op op = plain(tables, lt_avro_nullable(part) ? other : part);
    op.null_at = node->subs[0] == other ? AVRO_NULL_SECOND : AVRO_NULL_FIRST;
    op.min_size = 1;
    return op;
}

static void fill_table(struct avro_op *const *tables, const struct avro_node *node)
{
    struct avro_op *table = tables[node->index];

    if (node->type == LT_AVRO_RECORD) {
        for (size_t i = 0; i < node->count; i++)
            if (node->fields[i].type->min_size > 0)
                *table++ = operation(tables, node->fields[i].type);
    } else if (table) {
        for (size_t i = 0; i < node->count; i++)
            table[i] = operation(tables, node->subs[i]);
    }
}

/* The top record keeps its fields without bytes: they have spans, too. */
static void compile_top(struct lt_avro_schema *schema, struct avro_op *const *tables)
{
    const struct avro_node *top = schema->top;

    schema->top_op = operation(tables, top);
    if (top->type != LT_AVRO_RECORD)
        return;
    struct avro_op *ops = lt_arena_alloc(schema->arena, LT_MAX(top->count, 1) * sizeof(*ops));
    for (size_t i = 0; i < top->count; i++)
        ops[i] = operation(tables, top->fields[i].type);
    schema->field_ops = ops;
}

static bool has_parts(const struct avro_node *node)
{
    return node->type == LT_AVRO_RECORD || node->type == LT_AVRO_UNION ||
           node->type == LT_AVRO_ARRAY || node->type == LT_AVRO_MAP;
}

void lt_avro_compile(struct lt_avro_schema *schema)
{
    LT_CLEANUP(lt_freep)
    struct avro_op **tables = lt_alloc(schema->node_count * sizeof(struct avro_op *));

    for (size_t i = 0; i < schema->node_count; i++)
        if (has_parts(schema->nodes[i]))
            tables[i] = lt_arena_alloc(schema->arena,
                                       LT_MAX(schema->nodes[i]->count, 1) * sizeof(struct avro_op));
    for (size_t i = 0; i < schema->node_count; i++)
        fill_table(tables, schema->nodes[i]);
    compile_top(schema, tables);
}
