/**
 * @file
 * A batch of one stream's records and what remains of it: the last state of each key.  Pure.
 */
#pragma once

#include "change/lt_header.h"
#include "consumer-postgres/shape.h"

enum lt_row_kind {
    LT_ROW_UPSERT,
    LT_ROW_DELETE,
    LT_ROW_ASIDE, /**< cannot be applied, or is withheld: moved out of the table */
};
/** Of an upsert: had the copy a row of this key before the batch, as the stream says? */
enum lt_row_before {
    LT_ROW_WAS_THERE_OR_NOT,
    LT_ROW_WAS_NOT_THERE,
    LT_ROW_WAS_THERE,
};
/** Everything lives in the batch's arena until the batch is cleared. */
struct lt_row {
    enum lt_row_kind kind;
    enum lt_row_before before;
    int64_t seq;
    struct lt_bytes key;         /**< framed */
    struct lt_bytes *key_values; /**< shape->key_count, as parameters; NULL: it cannot be read */
    struct lt_bytes *values;     /**< upsert: shape->count, as parameters */
    const char *code;            /**< aside: SQLSTATE or a reason word */
    const char *reason;
};
/** Code of rows that the provider side holds back (not a reject). */
#define LT_CODE_WITHHELD "withheld"

struct lt_batch;
struct lt_batch *lt_batch_new(void);
void lt_batch_free(struct lt_batch *batch);
LT_DEFINE_CLEANUP(struct lt_batch, lt_batch_free)
void lt_batch_clear(struct lt_batch *batch);

/** Adds a record in the order of seq; key and value are borrowed until the batch is cleared. */
void lt_batch_add(struct lt_batch *batch,
                  const struct lt_header *header,
                  struct lt_bytes key,
                  struct lt_bytes value);
struct lt_arena *lt_batch_arena(struct lt_batch *batch); /**< lives until the next clear */
size_t lt_batch_records(const struct lt_batch *batch);
size_t lt_batch_bytes(const struct lt_batch *batch);

/** Makes the row one that is set aside; code and reason are copied, a character that the limit of
 * an error message cut in two is left out. */
void lt_row_set_aside(struct lt_row *row,
                      struct lt_batch *batch,
                      const char *code,
                      const char *reason);

/** The last state of each key, bytewise ordered by key (two states of one key in one statement
 * would be an error), decoded to parameters.  A record that is no good becomes LT_ROW_ASIDE.
 * Valid until the batch is cleared. */
size_t lt_batch_rows(struct lt_batch *batch,
                     const struct lt_shape *shape,
                     int32_t key_schema,
                     int32_t value_schema,
                     struct lt_row **ret);
