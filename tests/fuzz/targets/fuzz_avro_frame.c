/* Any bytes as a frame and as single values: what is read is written again as the same bytes. */
#include "avro/frame.h"

#include <stdint.h>

#include "avro/span.h"
#include "record/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_frame(struct lt_bytes bytes)
{
    struct lt_buf again = {0};
    struct lt_bytes record;
    int32_t id;

    (void)lt_record_type_of(bytes);
    if (lt_frame_get(bytes, &id, &record, NULL) == 0) {
        lt_frame_put(&again, id);
        lt_buf_add(&again, record.data, record.len);
        lt_assert(lt_bytes_equal(lt_buf_bytes(&again), bytes));
    }
    lt_buf_fini(&again);
}

static void check_values(struct lt_bytes bytes)
{
    struct lt_buf again = {0};
    struct lt_bytes inner;
    int64_t number;

    if (lt_avro_get_long(bytes, &number) == 0) {
        lt_avro_put_long(&again, number);
        lt_assert(lt_bytes_equal(lt_buf_bytes(&again), bytes));
    }
    lt_buf_clear(&again);
    if (lt_avro_get_bytes(bytes, &inner) == 0) {
        lt_avro_put_bytes(&again, inner);
        lt_assert(lt_bytes_equal(lt_buf_bytes(&again), bytes));
    }
    lt_buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_frame(lt_bytes(data, size));
    check_values(lt_bytes(data, size));
    (void)lt_utf8_valid(data, size);
    return 0;
}
