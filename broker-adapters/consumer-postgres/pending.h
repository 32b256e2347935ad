/**
 * @file
 * Records of one stream that were read and are not committed yet, and the rows they were decoded
 * to.  One thread at a time; it may be handed from one to another.
 */
#pragma once

#include "bus/bus.h"
#include "consumer-postgres/batch.h"

struct lt_pending {
    struct lt_batch *batch;
    struct lt_message *held; /**< what the batch borrows from */
    size_t count, cap;
    struct lt_row *rows; /**< of lt_pending_decode() */
    size_t row_count;
};
void lt_pending_init(struct lt_pending *pending);
void lt_pending_fini(struct lt_pending *pending); /**< releases the messages */
void lt_pending_clear(struct lt_pending *pending);

/** Takes the message over; *message is empty afterwards.  header: its own, in the order of seq. */
void lt_pending_take(struct lt_pending *pending,
                     struct lt_message *message,
                     const struct lt_header *header);
/** The last state of each key, as parameters; lt_batch_rows() says more.  Good until the next
 * change. */
void lt_pending_decode(struct lt_pending *pending,
                       const struct lt_shape *shape,
                       int32_t key_schema,
                       int32_t value_schema);
