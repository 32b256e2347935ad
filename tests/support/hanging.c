/*
 * Three raw requests: the broker's own check is switched off (KIP-890 would refuse the record),
 * InitProducerId gives producer id and epoch, and Produce appends a transactional batch whose
 * partition was never added to the transaction.
 */
#include "support/hanging.h"

#include "support/cm.h"

#include "base/num.h"
#include "bus/raw.h"

#include <string.h>

enum { PRODUCE = 0, INIT_PRODUCER_ID = 22, INCREMENTAL_ALTER_CONFIGS = 44 };

static void call(const struct lt_bus *bus,
                 int16_t api_key,
                 int16_t version,
                 const struct lt_buf *body,
                 struct lt_buf *answer,
                 struct lt_raw_fields *fields)
{
    struct lt_error err;
    if (lt_raw_call(bus, api_key, version, lt_buf_bytes(body), answer, &err) != 0) {
        fail_msg("%s", err.msg);
    }
    *fields = (struct lt_raw_fields){.at = answer->data, .end = answer->data + answer->len};
}

static void put_i64(struct lt_buf *buf, int64_t v)
{
    uint8_t bytes[8];
    lt_put_u64be(bytes, (uint64_t)v);
    lt_buf_add(buf, bytes, sizeof bytes);
}

static void set_verification(const struct lt_bus *bus, const char *value)
{
    struct lt_buf body = {0}, answer = {0};
    struct lt_raw_fields fields;
    lt_raw_put_i32(&body, 1);
    lt_raw_put_i8(&body, 4); /* broker */
    lt_raw_put_text(&body, "");
    lt_raw_put_i32(&body, 1);
    lt_raw_put_text(&body, "transaction.partition.verification.enable");
    lt_raw_put_i8(&body, 0); /* set */
    lt_raw_put_text(&body, value);
    lt_raw_put_i8(&body, 0); /* not only validate */
    call(bus, INCREMENTAL_ALTER_CONFIGS, 0, &body, &answer, &fields);
    lt_raw_i32(&fields); /* throttle time */
    assert_int_equal(lt_raw_count(&fields, 1), 1);
    assert_int_equal(lt_raw_i16(&fields), 0);
    lt_buf_fini(&body);
    lt_buf_fini(&answer);
    lt_sleep_ms(500); /* until the broker has it from the controller */
}

static void
init_producer_id(const struct lt_bus *bus, const char *id, int64_t *ret_id, int16_t *ret_epoch)
{
    struct lt_buf body = {0}, answer = {0};
    struct lt_raw_fields fields;
    lt_raw_put_text(&body, id);
    lt_raw_put_i32(&body, 60000);
    call(bus, INIT_PRODUCER_ID, 1, &body, &answer, &fields);
    lt_raw_i32(&fields); /* throttle time */
    assert_int_equal(lt_raw_i16(&fields), 0);
    uint64_t high = (uint32_t)lt_raw_i32(&fields), low = (uint32_t)lt_raw_i32(&fields);
    *ret_id = (int64_t)(high << 32 | low);
    *ret_epoch = lt_raw_i16(&fields);
    assert_false(fields.bad);
    lt_buf_fini(&body);
    lt_buf_fini(&answer);
}

static uint32_t crc32c(const uint8_t *data, size_t len)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
        }
    }
    return ~crc;
}

/* Record batch, format 2, one record: key "k", value "hanging". */
static void put_batch(struct lt_buf *batch, int64_t producer_id, int16_t epoch)
{
    static const uint8_t record[] = {28, 0, 0, 0, 2, 'k', 14, 'h', 'a', 'n', 'g', 'i', 'n', 'g', 0};
    put_i64(batch, 0);        /* base offset */
    lt_raw_put_i32(batch, 0); /* length, below */
    lt_raw_put_i32(batch, 0); /* leader epoch */
    lt_raw_put_i8(batch, 2);
    lt_raw_put_i32(batch, 0);    /* checksum, below */
    lt_raw_put_i16(batch, 0x10); /* transactional */
    lt_raw_put_i32(batch, 0);    /* last offset delta */
    put_i64(batch, lt_now() / 1000);
    put_i64(batch, lt_now() / 1000);
    put_i64(batch, producer_id);
    lt_raw_put_i16(batch, epoch);
    lt_raw_put_i32(batch, 0); /* base sequence */
    lt_raw_put_i32(batch, 1);
    lt_buf_add(batch, record, sizeof record);
    lt_put_u32be(batch->data + 8, (uint32_t)(batch->len - 12));
    lt_put_u32be(batch->data + 17, crc32c(batch->data + 21, batch->len - 21));
}

static void produce(
    const struct lt_bus *bus, const char *id, const char *topic, int64_t producer_id, int16_t epoch)
{
    struct lt_buf body = {0}, batch = {0}, answer = {0};
    struct lt_raw_fields fields;
    put_batch(&batch, producer_id, epoch);
    lt_raw_put_text(&body, id);
    lt_raw_put_i16(&body, -1); /* all replicas */
    lt_raw_put_i32(&body, 10000);
    lt_raw_put_i32(&body, 1);
    lt_raw_put_text(&body, topic);
    lt_raw_put_i32(&body, 1);
    lt_raw_put_i32(&body, 0); /* partition */
    lt_raw_put_i32(&body, (int32_t)batch.len);
    lt_buf_add(&body, batch.data, batch.len);
    call(bus, PRODUCE, 3, &body, &answer, &fields);
    assert_int_equal(lt_raw_count(&fields, 1), 1);
    lt_raw_text(&fields);
    assert_int_equal(lt_raw_count(&fields, 1), 1);
    lt_raw_i32(&fields); /* partition */
    assert_int_equal(lt_raw_i16(&fields), 0);
    assert_false(fields.bad);
    lt_buf_fini(&body);
    lt_buf_fini(&batch);
    lt_buf_fini(&answer);
}

void lt_test_hang(const struct lt_bus *bus, const char *id, const char *topic)
{
    int64_t producer_id;
    int16_t epoch;
    set_verification(bus, "false");
    init_producer_id(bus, id, &producer_id, &epoch);
    produce(bus, id, topic, producer_id, epoch);
    set_verification(bus, "true");
}
