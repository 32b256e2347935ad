/* Cursors as records and back, pages and days (protocol 2, D35.2e, D45.2). */
#include "routing/cursor.h"
#include "support/cm.h"

#include <string.h>

#define HOUR (3600 * LT_SECOND)

static struct lane_stream some_stream(void)
{
    struct lane_stream stream;
    lt_lane_stream_init(&stream, "cn000981", 3);
    strcpy(stream.service, "sv000412");
    strcpy(stream.reason, "pair_hold");
    stream.writer = LANE_CATCH_LANE;
    stream.state = LANE_HELD;
    stream.incarnation = 2;
    stream.pos = 90412;
    stream.seq = 4711;
    stream.last = 90400;
    stream.control = 17;
    stream.e0 = 80000;
    stream.load_seq = 4000;
    stream.agreement = 12;
    stream.scope_version = 3;
    stream.key_schema = 1000;
    stream.value_schema = 1003;
    lt_chain_start(&stream.chain, "stream.cn000981.3");
    stream.page = (struct lane_page){.first = 4700, .count = 12, .deletes = 2, .opened = 5};
    stream.day = 20000;
    stream.day_count = 99;
    stream.written_at = 1795457460210123;
    return stream;
}

static void a_cursor_survives_its_record(void **state)
{
    (void)state;
    struct lt_error err = {0};
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    struct lane_stream before = some_stream(), after;
    struct lt_cursor record, decoded;
    struct lt_buf bytes = {0};
    lt_lane_stream_record(&before, &record);
    lt_record_encode(LT_RECORD_CURSOR, &record, &bytes);
    assert_int_equal(
        lt_record_decode(LT_RECORD_CURSOR, lt_buf_bytes(&bytes), &decoded, arena, &err), 0);
    assert_int_equal(lt_lane_stream_read(&decoded, &after, &err), 0);
    assert_string_equal(after.name, "cn000981.3");
    assert_string_equal(after.connection, "cn000981");
    assert_int_equal(after.generation, 3);
    assert_string_equal(after.reason, "pair_hold");
    assert_int_equal(after.state, LANE_HELD);
    assert_int_equal(after.writer, LANE_CATCH_LANE);
    assert_int_equal(after.pos, 90412);
    assert_int_equal(after.seq, 4711);
    assert_int_equal(after.last, 90400);
    assert_int_equal(after.e0, 80000);
    assert_true(after.load_deadline == LT_NULL);
    assert_int_equal(after.page.first, 4700);
    assert_int_equal(after.page.deletes, 2);
    assert_int_equal(after.day_count, 99);
    assert_int_equal(after.key_schema, 1000);
    assert_int_equal(after.value_schema, 1003);
    assert_memory_equal(after.chain.value, before.chain.value, LT_CHAIN_BYTES);
    lt_buf_fini(&bytes);
}

static void a_record_of_nobody_is_refused(void **state)
{
    (void)state;
    struct lane_stream stream = some_stream(), after;
    struct lt_cursor record;
    struct lt_error err = {0};
    lt_lane_stream_record(&stream, &record);
    record.state = "RUNNING";
    assert_int_equal(lt_lane_stream_read(&record, &after, &err), -1);
    assert_int_equal(err.class, LT_ERR_REJECT);
    assert_string_equal(err.msg, "cursor of cn000981.3 is not one that a lane writes");
    lt_lane_stream_record(&stream, &record);
    record.chain.len = 31;
    assert_int_equal(lt_lane_stream_read(&record, &after, &err), -1);
    lt_lane_stream_record(&stream, &record);
    record.lane = "third";
    assert_int_equal(lt_lane_stream_read(&record, &after, &err), -1);
}

static void a_lane_record_survives_its_record(void **state)
{
    (void)state;
    struct lane_feed before, after;
    struct lt_feed_cursor record;
    struct lt_error err = {0};
    lt_lane_feed_init(&before, "sv000412", 2);
    before.g = 7;
    before.offset = 9;
    before.sync_time = 12345;
    before.sync_g = 6;
    lt_lane_feed_record(&before, &record);
    assert_int_equal(lt_lane_feed_read(&record, &after, &err), 0);
    assert_string_equal(after.service, "sv000412");
    assert_int_equal(after.g, 7);
    assert_int_equal(after.offset, 9);
    assert_true(after.m == LT_NULL);
    assert_int_equal(after.sync_g, 6);
}

static void giving_out_moves_seq_page_and_day(void **state)
{
    (void)state;
    struct lane_stream stream;
    lt_time noon = 20000 * 24 * HOUR + 5 * HOUR; /* 12:00 in Ho Chi Minh City */
    lt_lane_stream_init(&stream, "cn000001", 1);
    lt_lane_stream_give(&stream, 10, false, noon);
    lt_lane_stream_give(&stream, 12, true, noon + 1);
    assert_int_equal(stream.seq, 2);
    assert_int_equal(stream.last, 12);
    assert_int_equal(stream.page.first, 1);
    assert_int_equal(stream.page.count, 2);
    assert_int_equal(stream.page.deletes, 1);
    assert_true(stream.page.opened == noon);
    assert_int_equal(lt_lane_day_count(&stream, noon), 2);
}

static void a_day_ends_at_midnight_in_vietnam(void **state)
{
    (void)state;
    struct lane_stream stream;
    lt_time midnight = 20000 * 24 * HOUR + 17 * HOUR;
    lt_lane_stream_init(&stream, "cn000001", 1);
    lt_lane_stream_give(&stream, 10, false, midnight - 1);
    assert_int_equal(lt_lane_day_end(midnight - 1), midnight);
    assert_int_equal(lt_lane_day_end(midnight), midnight + 86400 * LT_SECOND);
    assert_int_equal(lt_lane_day_count(&stream, midnight - 1), 1);
    assert_int_equal(lt_lane_day_count(&stream, midnight), 0);
    lt_lane_stream_give(&stream, 11, false, midnight);
    assert_int_equal(lt_lane_day_count(&stream, midnight), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cursor_survives_its_record),
        cmocka_unit_test(a_record_of_nobody_is_refused),
        cmocka_unit_test(a_lane_record_survives_its_record),
        cmocka_unit_test(giving_out_moves_seq_page_and_day),
        cmocka_unit_test(a_day_ends_at_midnight_in_vietnam),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
