#include "provider-postgres/own_records.h"

static struct batch_range put(struct batch *batch, enum lt_record_type type, const void *record)
{
    size_t start = batch->bytes.len;
    lt_record_encode(type, record, &batch->bytes);
    return (struct batch_range){(uint32_t)start, (uint32_t)(batch->bytes.len - start)};
}

void own_sync(struct batch *batch,
              uint32_t feed,
              lt_time time,
              uint64_t lsn,
              const uint8_t fingerprint[FINGERPRINT_BYTES],
              struct event_id id)
{
    const struct lt_sync_key key = {.what = "sync"};
    const struct lt_sync_point value = {
        .time = time, .fingerprint = lt_bytes(fingerprint, FINGERPRINT_BYTES), .lsn = (int64_t)lsn};
    struct batch_record *record = batch_add(batch, lt_monotonic_ms());
    record->feed = feed;
    record->op = LT_OP_SYNC;
    record->time = time;
    record->id = id;
    record->key = put(batch, LT_RECORD_SYNC_KEY, &key);
    record->value = put(batch, LT_RECORD_SYNC_POINT, &value);
}

void own_end(struct batch *batch,
             uint32_t feed,
             int64_t seq,
             int64_t successor,
             const char *reason,
             struct event_id id,
             lt_time time)
{
    const struct lt_sync_key key = {.what = "end"};
    const struct lt_end_of_feed value = {.successor = successor, .reason = reason, .at = time};
    struct batch_record *record = batch_add(batch, lt_monotonic_ms());
    record->feed = feed;
    record->op = LT_OP_END;
    record->to_predecessor = true;
    record->end_seq = seq;
    record->time = time;
    record->id = id;
    record->key = put(batch, LT_RECORD_SYNC_KEY, &key);
    record->value = put(batch, LT_RECORD_END_OF_FEED, &value);
}
