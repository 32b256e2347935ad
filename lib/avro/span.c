/*
 * The walk.  Every operation reads a byte of its own or has two parts that do (compile.c), so the
 * work is linear in the bytes; recursion is bounded by DEPTH_MAX.  Items
 * without bytes cost the walk nothing but would cost the next reader, hence EMPTY_ITEMS_MAX.
 */
#include "avro/span.h"
#include "avro/schema_priv.h"
#include "avro/utf8.h"
#include "avro/varint.h"

#define DEPTH_MAX       256
#define EMPTY_ITEMS_MAX 65536

struct walk {
    const uint8_t *end;
    unsigned depth;
    uint64_t empty_items;
    const uint8_t *at; /* where it failed */
    const char *why;
};

static const uint8_t *walk_nested(struct walk *walk, const struct avro_op *op, const uint8_t *p);

static const uint8_t *fault(struct walk *walk, const uint8_t *at, const char *why)
{
    walk->at = at;
    walk->why = why;
    return NULL;
}

static inline const uint8_t *walk_varint(struct walk *walk, const uint8_t *p, uint64_t *ret)
{
    const uint8_t *next = lt_varint_read(p, walk->end, ret, &walk->why);

    if (__builtin_expect(!next, 0))
        walk->at = p;
    return next;
}

/* Length and that many bytes; the bytes begin at *ret_data. */
static inline const uint8_t *
walk_bytes(struct walk *walk, const uint8_t *p, const uint8_t **ret_data)
{
    uint64_t raw;
    const uint8_t *data = walk_varint(walk, p, &raw);

    if (__builtin_expect(!data, 0))
        return NULL;
    if (__builtin_expect((raw & 1) != 0, 0))
        return fault(walk, p, "a negative length");
    if (__builtin_expect(raw >> 1 > (uint64_t)(walk->end - data), 0))
        return fault(walk, p, "a length beyond the end");
    *ret_data = data;
    return data + (ptrdiff_t)(raw >> 1);
}

static inline const uint8_t *walk_text(struct walk *walk, const uint8_t *p)
{
    const uint8_t *data;
    const uint8_t *next = walk_bytes(walk, p, &data);

    if (__builtin_expect(!next, 0))
        return NULL;
    size_t len = (size_t)(next - data);
    if (!lt_ascii_only(data, len) && !lt_utf8_valid(data, len))
        return fault(walk, p, "a text that is not UTF-8");
    return next;
}

static inline const uint8_t *
walk_index(struct walk *walk, const uint8_t *p, uint32_t n, const char *why, uint64_t *ret_index)
{
    const uint8_t *next = walk_varint(walk, p, ret_index);

    if (__builtin_expect(!next, 0))
        return NULL;
    if (__builtin_expect(*ret_index & 1 || *ret_index >> 1 >= n, 0))
        return fault(walk, p, why);
    *ret_index >>= 1;
    return next;
}

/* One value of an operation that is not null here. */
static inline __attribute__((always_inline)) const uint8_t *
walk_value(struct walk *walk, const struct avro_op *op, const uint8_t *p)
{
    const uint8_t *next = p;
    uint64_t raw;

    switch (op->code) {
    case AVRO_OP_NULL:
    case AVRO_OP_EMPTY:
        return p;
    case AVRO_OP_INT:
        next = walk_varint(walk, p, &raw);
        if (__builtin_expect(next && raw > UINT32_MAX, 0))
            return fault(walk, p, "an int of more than 32 bits");
        return next;
    case AVRO_OP_LONG:
        return walk_varint(walk, p, &raw);
    case AVRO_OP_STRING:
        return walk_text(walk, p);
    case AVRO_OP_BYTES:
        return walk_bytes(walk, p, &next);
    case AVRO_OP_FIXED:
        return op->n > (size_t)(walk->end - p) ? fault(walk, p, "the bytes end early") : p + op->n;
    case AVRO_OP_BOOLEAN:
        if (p == walk->end)
            return fault(walk, p, "the bytes end early");
        return *p > 1 ? fault(walk, p, "a boolean that is neither 0 nor 1") : p + 1;
    case AVRO_OP_ENUM:
        return walk_index(walk, p, op->n, "an enum symbol out of range", &raw);
    default:
        return walk_nested(walk, op, p);
    }
}

/* The branch byte in front of a nullable value (0 or 2 as zigzag). */
static inline const uint8_t *
walk_null(struct walk *walk, const struct avro_op *op, const uint8_t *p, bool *ret_null)
{
    uint64_t branch = 0;
    const uint8_t *next = walk_index(walk, p, 2, "a union branch out of range", &branch);

    *ret_null = (branch == 0) == (op->null_at == AVRO_NULL_FIRST);
    return next;
}

static inline const uint8_t *
walk_item(struct walk *walk, const struct avro_op *op, const uint8_t *p)
{
    if (op->null_at != AVRO_NOT_NULL) {
        bool null;

        p = walk_null(walk, op, p, &null);
        if (!p || null)
            return p;
    }
    return walk_value(walk, op, p);
}

static const uint8_t *walk_record(struct walk *walk, const struct avro_op *op, const uint8_t *p)
{
    for (uint32_t i = 0; p && i < op->n; i++)
        p = walk_item(walk, &op->subs[i], p);
    return p;
}

static const uint8_t *walk_union(struct walk *walk, const struct avro_op *op, const uint8_t *p)
{
    uint64_t branch;

    p = walk_index(walk, p, op->n, "a union branch out of range", &branch);
    return p ? walk_item(walk, &op->subs[branch], p) : NULL;
}

/* Could `count` items of at least min_size stand in the bytes left?  Items without bytes are
 * counted over the whole record. */
static bool items_possible(struct walk *walk, uint64_t count, uint64_t min_size, const uint8_t *p)
{
    if (min_size > 0)
        return count <= (uint64_t)(walk->end - p) / min_size;
    if (count > EMPTY_ITEMS_MAX - walk->empty_items)
        return false;
    walk->empty_items += count;
    return true;
}

/* Head of a block: its number of items (0 ends the array), and where it must end when it says. */
static const uint8_t *
walk_block_head(struct walk *walk, const uint8_t *p, uint64_t *ret_count, const uint8_t **ret_end)
{
    uint64_t raw;
    const uint8_t *at = p;

    if (!(p = walk_varint(walk, p, &raw)))
        return NULL;
    int64_t count = lt_zigzag_decode(raw);
    *ret_end = NULL;
    if (count == INT64_MIN)
        return fault(walk, at, "an impossible block count");
    if (count < 0) {
        const uint8_t *size_at = p;

        count = -count;
        if (!(p = walk_varint(walk, p, &raw)))
            return NULL;
        if (raw & 1 || raw >> 1 > (uint64_t)(walk->end - p))
            return fault(walk, size_at, "a block size beyond the end");
        *ret_end = p + (raw >> 1);
    }
    *ret_count = (uint64_t)count;
    return p;
}

static const uint8_t *
walk_items(struct walk *walk, const struct avro_op *op, const uint8_t *p, uint64_t count)
{
    const struct avro_op *item = op->subs;

    if (op->code == AVRO_OP_ARRAY && item->min_size == 0)
        return p;
    for (; p && count > 0; count--) {
        if (op->code == AVRO_OP_MAP && !(p = walk_text(walk, p)))
            return NULL;
        p = walk_item(walk, item, p);
    }
    return p;
}

static const uint8_t *walk_blocks(struct walk *walk, const struct avro_op *op, const uint8_t *p)
{
    /* A map's key is one byte at least. */
    uint64_t min_size = op->subs->min_size + (op->code == AVRO_OP_MAP ? 1u : 0u);

    for (;;) {
        const uint8_t *at = p, *end;
        uint64_t count;

        if (!(p = walk_block_head(walk, p, &count, &end)))
            return NULL;
        if (count == 0)
            return p;
        if (!items_possible(walk, count, min_size, p))
            return fault(walk, at, "a block count beyond what the bytes can hold");
        if (!(p = walk_items(walk, op, p, count)))
            return NULL;
        if (end && p != end)
            return fault(walk, at, "a block size that does not match");
    }
}

static const uint8_t *walk_nested(struct walk *walk, const struct avro_op *op, const uint8_t *p)
{
    if (walk->depth >= DEPTH_MAX)
        return fault(walk, p, "values nested too deep");
    walk->depth++;
    if (op->code == AVRO_OP_RECORD)
        p = walk_record(walk, op, p);
    else if (op->code == AVRO_OP_UNION)
        p = walk_union(walk, op, p);
    else
        p = walk_blocks(walk, op, p);
    walk->depth--;
    return p;
}

/* Fields of the top record; spans may be NULL.  *ret_field is where it stopped. */
static inline __attribute__((always_inline)) const uint8_t *walk_fields(struct walk *walk,
                                                                        const struct avro_op *ops,
                                                                        size_t count,
                                                                        const uint8_t *base,
                                                                        struct lt_span *spans,
                                                                        size_t *ret_field)
{
    const uint8_t *p = base;

    for (size_t i = 0; i < count; i++) {
        const uint8_t *start = p;
        bool null = ops[i].code == AVRO_OP_NULL;

        if (ops[i].null_at != AVRO_NOT_NULL)
            p = walk_null(walk, &ops[i], p, &null);
        const uint8_t *value = p;
        if (p && !null)
            p = walk_value(walk, &ops[i], p);
        if (__builtin_expect(!p, 0)) {
            *ret_field = i;
            return NULL;
        }
        if (spans)
            spans[i] = (struct lt_span){
                .start = (uint32_t)(start - base),
                .len = (uint32_t)(p - start),
                .value = (uint32_t)(value - base),
                .value_len = (uint32_t)(p - value),
                .null = null,
            };
    }
    return p;
}

static int walk_top_record(const struct lt_avro_schema *schema,
                           struct walk *walk,
                           const uint8_t *base,
                           struct lt_span *spans,
                           struct lt_error *reterr)
{
    const struct avro_node *top = schema->top;
    const uint8_t *p;
    size_t field = 0;

    if (spans)
        p = walk_fields(walk, schema->field_ops, top->count, base, spans, &field);
    else
        p = walk_fields(walk, schema->field_ops, top->count, base, NULL, &field);
    if (!p)
        return lt_fail(reterr, LT_ERR_REJECT, "avro", 0, "field %zu '%.128s', byte %zu: %s", field,
                       top->fields[field].name, (size_t)(walk->at - base), walk->why);
    walk->at = p;
    return 0;
}

static int walk_top_value(const struct lt_avro_schema *schema,
                          struct walk *walk,
                          const uint8_t *base,
                          struct lt_error *reterr)
{
    const uint8_t *p = walk_item(walk, &schema->top_op, base);

    if (!p)
        return lt_fail(reterr, LT_ERR_REJECT, "avro", 0, "byte %zu: %s", (size_t)(walk->at - base),
                       walk->why);
    walk->at = p;
    return 0;
}

int lt_avro_walk(const struct lt_avro_schema *schema,
                 struct lt_bytes record,
                 struct lt_span *spans,
                 struct lt_error *reterr)
{
    bool is_record = schema->top->type == LT_AVRO_RECORD;

    lt_assert(is_record || !spans);
    if (!record.data || record.len > INT32_MAX)
        return lt_fail(reterr, LT_ERR_REJECT, "avro", 0, "no bytes, or more than %d", INT32_MAX);
    struct walk walk = {.end = record.data + record.len};
    if (is_record ? walk_top_record(schema, &walk, record.data, spans, reterr) < 0
                  : walk_top_value(schema, &walk, record.data, reterr) < 0)
        return -1;
    if (walk.at != walk.end)
        return lt_fail(reterr, LT_ERR_REJECT, "avro", 0, "byte %zu: %zu bytes are left over",
                       (size_t)(walk.at - record.data), (size_t)(walk.end - walk.at));
    return 0;
}
