/**
 * @file
 * A batch: what goes into one Kafka transaction.  Rows as Avro bytes in one buffer, changes of feed
 * states (marks), and the source position that is reached with it.  Pure; one owner at a time.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "change/lt_header.h"
#include "provider-postgres/event_id.h"
#include "provider-postgres/judge_feed.h"
#include "record/records.h"

#define FINGERPRINT_BYTES 64 /**< SHA-256 of the declaration, SHA-256 of the catalog's facts */

struct batch_limits {
    size_t rows;       /**< a batch is due at this many rows ... */
    size_t bytes;      /**< ... or bytes ... */
    int64_t age_ms;    /**< ... or age, between transactions */
    size_t split_rows; /**< inside a transaction it is due at this many rows or at `bytes` */
};

/** A range of the batch's buffer; len UINT32_MAX: absent (a null value, no header). */
struct batch_range {
    uint32_t start, len;
};
#define BATCH_ABSENT ((struct batch_range){0, UINT32_MAX})

struct batch_record {
    uint32_t feed; /**< index of the run's feeds */
    enum lt_op op;
    bool to_predecessor; /**< `end`: goes to the feed's previous incarnation, as record end_seq */
    int64_t end_seq;
    lt_time time;
    struct event_id id;
    struct batch_range key, value, scope_before;
};

/** From here on the feed has this state. */
struct batch_mark {
    uint32_t feed;
    enum feed_state state;
    int64_t incarnation;
    const char *reason; /**< static, or of the run */
    struct event_id id;
    uint8_t fingerprint[FINGERPRINT_BYTES];
};

struct source_point {
    uint64_t commit_lsn;
    int64_t xid, commit_time;
    int64_t ordinal; /**< LT_NULL: the transaction is complete */
    uint64_t end_lsn, safe_lsn;
};

struct batch {
    struct lt_buf bytes;
    struct batch_record *records;
    size_t count, cap;
    struct batch_mark *marks; /**< applied after the records */
    size_t mark_count, mark_cap;
    bool has_source;
    struct source_point source;
    int64_t opened_ms; /**< lt_monotonic_ms() of its first entry */
    int pool;          /**< whose it is when it is free (writer.h) */
    struct batch *next;
};

struct batch *batch_new(void);
void batch_free(struct batch *batch);
void batch_clear(struct batch *batch);
static inline bool batch_is_empty(const struct batch *batch)
{
    return batch->count == 0 && batch->mark_count == 0 && !batch->has_source;
}
/** Adds a record; its ranges are filled by the caller from bytes it appended to batch->bytes. */
struct batch_record *batch_add(struct batch *batch, int64_t now_ms);
struct batch_mark *batch_mark(struct batch *batch, int64_t now_ms);
/** Appends bytes and returns where they lie. */
struct batch_range batch_put(struct batch *batch, struct lt_bytes data);
struct lt_bytes batch_view(const struct batch *batch, struct batch_range range);

/** Is it time to commit?  in_transaction: the source's transaction is still open. */
bool batch_is_due(const struct batch *batch,
                  const struct batch_limits *limits,
                  bool in_transaction,
                  int64_t now_ms);
