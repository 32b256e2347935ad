/*
 * The first byte chooses a platform record, the rest is its wire bytes: refused, or what was read
 * is written to bytes that are read and written again as the same bytes.
 */
#include "record/records.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum lt_record_type types[] = {
    LT_RECORD_CONTROL,       LT_RECORD_CURSOR,          LT_RECORD_FEED_CURSOR,
    LT_RECORD_STREAM_NOTICE, LT_RECORD_SCHEMA_NOTICE,   LT_RECORD_RECEIPT,
    LT_RECORD_GAP_REPORT,    LT_RECORD_REJECT_REPORT,   LT_RECORD_DELIVERY_NOTE,
    LT_RECORD_DECISION,      LT_RECORD_SOURCE_POSITION, LT_RECORD_FEED_POSITION,
    LT_RECORD_SYNC_KEY,      LT_RECORD_SYNC_POINT,      LT_RECORD_END_OF_FEED,
};

/* Room for any record. */
union any_record {
    struct lt_control control;
    struct lt_cursor cursor;
    struct lt_stream_notice notice;
    char bytes[1024];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    struct lt_buf first = {0}, second = {0};
    struct lt_error err = {0};
    union any_record record;

    if (size == 0)
        return 0;
    enum lt_record_type type = types[*data % LT_COUNT(types)];
    if (lt_record_decode(type, lt_bytes(data + 1, size - 1), &record, arena, &err) < 0) {
        lt_assert(err.class == LT_ERR_REJECT);
        return 0;
    }
    lt_record_encode(type, &record, &first);
    lt_assert(lt_record_decode(type, lt_buf_bytes(&first), &record, arena, NULL) == 0);
    lt_record_encode(type, &record, &second);
    lt_assert(lt_bytes_equal(lt_buf_bytes(&first), lt_buf_bytes(&second)));
    lt_buf_fini(&first);
    lt_buf_fini(&second);
    return 0;
}
