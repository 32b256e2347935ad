#include "provider-postgres/batch.h"

#include <stdlib.h>

#include "base/mem.h"

struct batch *batch_new(void)
{
    return lt_alloc(sizeof(struct batch));
}

void batch_free(struct batch *batch)
{
    if (batch != NULL) {
        lt_buf_fini(&batch->bytes);
        free(batch->records);
        free(batch->marks);
        free(batch);
    }
}

void batch_clear(struct batch *batch)
{
    lt_buf_clear(&batch->bytes);
    batch->count = 0;
    batch->mark_count = 0;
    batch->has_source = false;
    batch->next = NULL;
}

static void touch(struct batch *batch, int64_t now_ms)
{
    if (batch_is_empty(batch)) {
        batch->opened_ms = now_ms;
    }
}

struct batch_record *batch_add(struct batch *batch, int64_t now_ms)
{
    touch(batch, now_ms);
    if (batch->count == batch->cap) {
        batch->cap = batch->cap > 0 ? batch->cap * 2 : 1024;
        batch->records = lt_realloc(batch->records, batch->cap * sizeof(*batch->records));
    }
    struct batch_record *record = &batch->records[batch->count++];
    *record = (struct batch_record){
        .key = BATCH_ABSENT, .value = BATCH_ABSENT, .scope_before = BATCH_ABSENT};
    return record;
}

struct batch_mark *batch_mark(struct batch *batch, int64_t now_ms)
{
    touch(batch, now_ms);
    if (batch->mark_count == batch->mark_cap) {
        batch->mark_cap = batch->mark_cap > 0 ? batch->mark_cap * 2 : 8;
        batch->marks = lt_realloc(batch->marks, batch->mark_cap * sizeof(*batch->marks));
    }
    struct batch_mark *mark = &batch->marks[batch->mark_count++];
    *mark = (struct batch_mark){0};
    return mark;
}

struct batch_range batch_put(struct batch *batch, struct lt_bytes data)
{
    struct batch_range range = {(uint32_t)batch->bytes.len, (uint32_t)data.len};
    lt_buf_add(&batch->bytes, data.data, data.len);
    return range;
}

struct lt_bytes batch_view(const struct batch *batch, struct batch_range range)
{
    return range.len == UINT32_MAX ? lt_bytes(NULL, 0)
                                   : lt_bytes(batch->bytes.data + range.start, range.len);
}

bool batch_is_due(const struct batch *batch,
                  const struct batch_limits *limits,
                  bool in_transaction,
                  int64_t now_ms)
{
    if (batch->bytes.len >= limits->bytes || batch->count >= limits->split_rows) {
        return true;
    }
    if (in_transaction || batch_is_empty(batch)) {
        return false;
    }
    return batch->count >= limits->rows || now_ms - batch->opened_ms >= limits->age_ms;
}
