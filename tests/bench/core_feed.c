#include "bench/core_feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "avro/frame.h"
#include "avro/span.h"
#include "base/mem.h"
#include "base/num.h"
#include "bench/sample.h"
#include "change/lt_header.h"

#define START ((lt_time)1795457460 * LT_SECOND)
#define NONE  UINT32_MAX

static void put_scope(struct lt_buf *out, int64_t district)
{
    lt_frame_put(out, SAMPLE_SCOPE_SCHEMA);
    lt_avro_put_long(out, 1);
    lt_avro_put_long(out, district);
}

static enum lt_op op_of(size_t i)
{
    size_t turn = i % 10;
    return turn < 6 ? LT_OP_INSERT : turn < 9 ? LT_OP_UPDATE : LT_OP_DELETE;
}

static void put_lt(struct lt_buf *out, size_t i)
{
    const struct lt_header header = {.op = op_of(i),
                                     .seq = (int64_t)i + 1,
                                     .time = START + (lt_time)i * LT_MILLI,
                                     .on_feed = true,
                                     .incarnation = 1,
                                     .lsn = 0x16b374d848 + i / 100 * 96,
                                     .ordinal = (int64_t)(i % 100) + 1};
    char text[LT_HEADER_MAX];
    lt_buf_add(out, text, lt_header_format(&header, text));
}

/* The district of row i, and `step` places further among those of its batch. */
static int64_t district_of(const struct core_plan *plan, size_t i, int64_t step)
{
    int64_t batch = (int64_t)i / plan->batch, turn = ((int64_t)i + step) % plan->touched;
    return (batch * plan->touched + turn) % plan->districts;
}

static void make_record(struct core_feed *feed, size_t i, const struct core_plan *plan)
{
    struct lt_buf *out = &feed->bytes;
    struct core_record *r = &feed->records[i];
    struct sample_row row;
    sample_row((int64_t)i, 0, &row);
    row.district = district_of(plan, i, 0);
    row.padding = (size_t)plan->width;
    bool moved = i % 100 == 7;
    *r = (struct core_record){.key = (uint32_t)out->len, .value_len = NONE, .scope_len = NONE};
    sample_put_key(out, &row);
    r->key_len = (uint32_t)out->len - r->key;
    r->value = (uint32_t)out->len;
    if (op_of(i) != LT_OP_DELETE) {
        sample_put_value(out, SAMPLE_VALUE_SCHEMA, &row);
        r->value_len = (uint32_t)out->len - r->value;
    }
    r->lt = (uint32_t)out->len;
    put_lt(out, i);
    r->lt_len = (uint32_t)out->len - r->lt;
    r->scope = (uint32_t)out->len;
    if (op_of(i) == LT_OP_DELETE || moved) {
        put_scope(out, district_of(plan, i, moved));
        r->scope_len = (uint32_t)out->len - r->scope;
    }
}

struct core_plan core_plan_even(size_t count, int64_t districts)
{
    return (struct core_plan){
        .count = count, .districts = districts, .batch = (int64_t)count, .touched = districts};
}

void core_feed_make(struct core_feed *feed, const struct core_plan *plan)
{
    *feed = (struct core_feed){.count = plan->count};
    feed->records = lt_alloc(plan->count * sizeof(*feed->records));
    for (size_t i = 0; i < plan->count; i++) {
        make_record(feed, i, plan);
    }
}

void core_feed_fini(struct core_feed *feed)
{
    lt_buf_fini(&feed->bytes);
    free(feed->records);
}

static struct lt_bytes part(const struct core_feed *feed, uint32_t start, uint32_t len)
{
    return len == NONE ? lt_bytes(NULL, 0) : lt_bytes(feed->bytes.data + start, len);
}

void core_feed_message(const struct core_feed *feed, size_t i, struct lt_message *ret)
{
    const struct core_record *r = &feed->records[i];
    *ret = (struct lt_message){.topic = "feed." SAMPLE_SERVICE ".1",
                               .offset = (int64_t)i,
                               .append_time = START + (lt_time)i * LT_MILLI,
                               .key = part(feed, r->key, r->key_len),
                               .value = part(feed, r->value, r->value_len),
                               .lt = part(feed, r->lt, r->lt_len),
                               .scope_before = part(feed, r->scope, r->scope_len)};
}

static void write_part(FILE *out, struct lt_bytes bytes)
{
    uint8_t len[4];
    lt_put_u32be(len, bytes.data != NULL ? (uint32_t)bytes.len : NONE);
    fwrite(len, 1, sizeof(len), out);
    fwrite(bytes.data != NULL ? bytes.data : len, 1, bytes.data != NULL ? bytes.len : 0, out);
}

void core_feed_dump(const struct core_feed *feed, const char *path)
{
    FILE *out = fopen(path, "wb");
    struct lt_message m;
    lt_assert(out != NULL);
    for (size_t i = 0; i < feed->count; i++) {
        core_feed_message(feed, i, &m);
        write_part(out, m.key);
        write_part(out, m.value);
        write_part(out, m.lt);
        write_part(out, m.scope_before);
    }
    lt_assert(fclose(out) == 0);
}
