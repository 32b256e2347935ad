#include "consumer-postgres/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"

struct record {
    uint64_t head[2]; /* the key's first 16 bytes, zeros behind it: most comparisons end here */
    int64_t seq;
    struct lt_bytes key, value;
    enum lt_op op;
};
struct lt_batch {
    struct record *records;
    size_t count, cap, bytes;
    struct lt_arena *arena;
};

struct lt_batch *lt_batch_new(void)
{
    struct lt_batch *batch = lt_alloc(sizeof(*batch));
    batch->arena = lt_arena_new(64 * 1024);
    return batch;
}

void lt_batch_free(struct lt_batch *batch)
{
    if (!batch)
        return;
    lt_arena_free(batch->arena);
    free(batch->records);
    free(batch);
}

void lt_batch_clear(struct lt_batch *batch)
{
    batch->count = batch->bytes = 0;
    lt_arena_reset(batch->arena);
}

static void read_head(struct lt_bytes key, uint64_t ret[2])
{
    uint8_t bytes[16] = {0};
    memcpy(bytes, key.data, LT_MIN(key.len, sizeof(bytes)));
    ret[0] = lt_get_u64be(bytes);
    ret[1] = lt_get_u64be(bytes + 8);
}

void lt_batch_add(struct lt_batch *batch,
                  const struct lt_header *header,
                  struct lt_bytes key,
                  struct lt_bytes value)
{
    if (batch->count == batch->cap) {
        batch->cap = batch->cap ? 2 * batch->cap : 64;
        batch->records = lt_realloc(batch->records, batch->cap * sizeof(*batch->records));
    }
    struct record *record = &batch->records[batch->count++];
    *record = (struct record){.op = header->op, .seq = header->seq, .key = key, .value = value};
    read_head(key, record->head);
    batch->bytes += key.len + value.len;
}

struct lt_arena *lt_batch_arena(struct lt_batch *batch)
{
    return batch->arena;
}

size_t lt_batch_records(const struct lt_batch *batch)
{
    return batch->count;
}

size_t lt_batch_bytes(const struct lt_batch *batch)
{
    return batch->bytes;
}

static int by_key_then_seq(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    for (size_t i = 0; i < LT_COUNT(x->head); i++)
        if (x->head[i] != y->head[i])
            return x->head[i] < y->head[i] ? -1 : 1;
    const int order = lt_bytes_compare(x->key, y->key);
    return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

void lt_row_set_aside(struct lt_row *row,
                      struct lt_batch *batch,
                      const char *code,
                      const char *reason)
{
    size_t len = strlen(reason);
    while (len && !lt_utf8_valid((const uint8_t *)reason, len))
        len--;
    row->kind = LT_ROW_ASIDE;
    row->code = lt_arena_printf(batch->arena, "%s", code);
    row->reason = lt_arena_dup(batch->arena, reason, len);
}

static void decode_row(struct lt_batch *batch,
                       const struct record *record,
                       const struct lt_shape *shape,
                       int32_t key_schema,
                       int32_t value_schema,
                       struct lt_row *row)
{
    struct lt_error err;
    *row = (struct lt_row){.kind = LT_ROW_DELETE, .seq = record->seq, .key = record->key};
    struct lt_bytes *key_values =
        lt_arena_alloc(batch->arena, shape->key_count * sizeof(*key_values));
    if (lt_shape_key(shape, key_schema, record->key, batch->arena, key_values, &err)) {
        lt_row_set_aside(row, batch, "key", err.msg);
        return;
    }
    row->key_values = key_values;
    if (record->op == LT_OP_WITHHELD) {
        lt_row_set_aside(row, batch, LT_CODE_WITHHELD, "held back by the provider side");
    } else if (lt_op_has_value(record->op) != (record->value.data != NULL)) {
        lt_row_set_aside(row, batch, "value", "the value does not fit the operation");
    } else if (record->op != LT_OP_DELETE) {
        row->kind = LT_ROW_UPSERT;
        row->values = lt_arena_alloc(batch->arena, shape->count * sizeof(*row->values));
        if (lt_shape_value(shape, value_schema, record->value, batch->arena, row->values, &err))
            lt_row_set_aside(row, batch, "value", err.msg);
    }
}

static bool same_key(const struct record *a, const struct record *b)
{
    return a->head[0] == b->head[0] && a->head[1] == b->head[1] && lt_bytes_equal(a->key, b->key);
}

/* Of a key's first record in the batch. */
static enum lt_row_before before(const struct record *record)
{
    switch (record->op) {
    case LT_OP_INSERT:
    case LT_OP_SNAPSHOT:
        return LT_ROW_WAS_NOT_THERE;
    case LT_OP_UPDATE:
        return LT_ROW_WAS_THERE;
    default:
        return LT_ROW_WAS_THERE_OR_NOT;
    }
}

size_t lt_batch_rows(struct lt_batch *batch,
                     const struct lt_shape *shape,
                     int32_t key_schema,
                     int32_t value_schema,
                     struct lt_row **ret)
{
    size_t count = 0, first = 0; /* of its key */
    struct lt_row *rows = lt_arena_alloc(batch->arena, batch->count * sizeof(*rows));
    if (batch->count)
        qsort(batch->records, batch->count, sizeof(*batch->records), by_key_then_seq);
    for (size_t i = 0; i < batch->count; i++) {
        const struct record *record = &batch->records[i];
        if (i + 1 < batch->count && same_key(record, record + 1))
            continue;
        decode_row(batch, record, shape, key_schema, value_schema, &rows[count]);
        rows[count++].before = before(&batch->records[first]);
        first = i + 1;
    }
    *ret = rows;
    return count;
}
