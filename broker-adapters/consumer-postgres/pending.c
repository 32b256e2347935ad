#include "consumer-postgres/pending.h"

#include "base/mem.h"

#include <stdlib.h>

void lt_pending_init(struct lt_pending *pending)
{
    *pending = (struct lt_pending){.batch = lt_batch_new()};
}

void lt_pending_clear(struct lt_pending *pending)
{
    for (size_t i = 0; i < pending->count; i++)
        lt_message_release(&pending->held[i]);
    pending->count = pending->row_count = 0;
    pending->rows = NULL;
    lt_batch_clear(pending->batch);
}

void lt_pending_fini(struct lt_pending *pending)
{
    lt_pending_clear(pending);
    lt_batch_free(pending->batch);
    free(pending->held);
    *pending = (struct lt_pending){0};
}

void lt_pending_take(struct lt_pending *pending,
                     struct lt_message *message,
                     const struct lt_header *header)
{
    if (pending->count == pending->cap) {
        pending->cap = pending->cap ? 2 * pending->cap : 64;
        pending->held = lt_realloc(pending->held, pending->cap * sizeof(*pending->held));
    }
    pending->held[pending->count++] = *message;
    pending->rows = NULL;
    lt_batch_add(pending->batch, header, message->key, message->value);
    *message = (struct lt_message){0};
}

void lt_pending_decode(struct lt_pending *pending,
                       const struct lt_shape *shape,
                       int32_t key_schema,
                       int32_t value_schema)
{
    pending->row_count =
        lt_batch_rows(pending->batch, shape, key_schema, value_schema, &pending->rows);
}
