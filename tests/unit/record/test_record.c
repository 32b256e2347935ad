/* The platform's records: what is written is read again, and nothing else is read (DX-13). */
#include "record/records.h"

#include <pthread.h>

#include "avro/frame.h"
#include "avro/span.h"
#include "support/cm.h"
#include "unit/avro/bounded.h"
#include "unit/record/record_sample.h"

static const enum lt_record_type all_types[] = {
    LT_RECORD_CONTROL,       LT_RECORD_CURSOR,        LT_RECORD_FEED_CURSOR,
    LT_RECORD_STANDSTILL,    LT_RECORD_STREAM_NOTICE, LT_RECORD_SCHEMA_NOTICE,
    LT_RECORD_RECEIPT,       LT_RECORD_GAP_REPORT,    LT_RECORD_REJECT_REPORT,
    LT_RECORD_DELIVERY_NOTE, LT_RECORD_DECISION,      LT_RECORD_SOURCE_POSITION,
    LT_RECORD_FEED_POSITION, LT_RECORD_SYNC_KEY,      LT_RECORD_SYNC_POINT,
    LT_RECORD_END_OF_FEED,
};

/* Room for any record. */
union any_record {
    struct lt_control control;
    struct lt_cursor cursor;
    struct lt_stream_notice notice;
    char bytes[1024];
};

struct state {
    struct lt_arena *arena;
    struct lt_buf bytes;
    struct lt_error err;
};

static int setup(void **state)
{
    struct state *s = lt_alloc(sizeof(*s));

    s->arena = lt_arena_new(65536);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct state *s = *state;

    lt_arena_free(s->arena);
    lt_buf_fini(&s->bytes);
    free(s);
    return 0;
}

static void encode_sample(struct state *s, uint64_t *seed, enum lt_record_type type, void *record)
{
    sample_record(seed, s->arena, lt_record_type((int)type)->table, record);
    lt_buf_clear(&s->bytes);
    lt_record_encode(type, record, &s->bytes);
}

static void reads_back_what_was_written(void **state)
{
    struct state *s = *state;

    for (uint64_t seed = 1, round = 0; round < 200; round++) {
        for (size_t i = 0; i < LT_COUNT(all_types); i++) {
            union any_record in = {0}, out = {0};

            encode_sample(s, &seed, all_types[i], &in);
            assert_int_equal(
                lt_record_decode(all_types[i], lt_buf_bytes(&s->bytes), &out, s->arena, &s->err),
                0);
            assert_true(
                record_equal(lt_record_type((int)all_types[i])->table, (char *)&in, (char *)&out));
        }
        lt_arena_reset(s->arena);
    }
}

static void writes_each_control_body(void **state)
{
    struct state *s = *state;
    bool seen[LT_CONTROL_HEARTBEAT + 1] = {0};

    for (uint64_t seed = 7, round = 0; round < 300; round++) {
        struct lt_control control = {0};

        encode_sample(s, &seed, LT_RECORD_CONTROL, &control);
        seen[control.body_kind] = true;
    }
    for (int kind = 0; kind <= LT_CONTROL_HEARTBEAT; kind++)
        assert_true(seen[kind]);
}

static void writes_the_bytes_of_the_specification(void **state)
{
    struct state *s = *state;
    struct lt_gap_report report = {
        .stream = "cn000981.1", .expected = 3, .seen = 64, .reason = "gap", .at = -1};
    static const uint8_t expected[] = "\x00\x00\x00\x00\x1f\x14"
                                      "cn000981.1\x06\x80\x01\x06"
                                      "gap\x01";

    lt_record_encode(LT_RECORD_GAP_REPORT, &report, &s->bytes);
    assert_int_equal(s->bytes.len, sizeof(expected) - 1);
    assert_memory_equal(s->bytes.data, expected, sizeof(expected) - 1);
}

static void writes_control_without_frame(void **state)
{
    struct state *s = *state;
    struct lt_control control = {
        .epoch = 1, .number = 2, .at = 3, .kind = "hold", .object = "ho000007"};
    static const uint8_t expected[] = "\x02\x04\x06\x08hold\x10ho000007\x00";

    lt_record_encode(LT_RECORD_CONTROL, &control, &s->bytes);
    assert_int_equal(s->bytes.len, sizeof(expected) - 1);
    assert_memory_equal(s->bytes.data, expected, sizeof(expected) - 1);
}

static void appends_to_what_is_in_the_buffer(void **state)
{
    struct state *s = *state;
    struct lt_sync_key key = {.what = "sync"};

    lt_buf_adds(&s->bytes, "before");
    lt_record_encode(LT_RECORD_SYNC_KEY, &key, &s->bytes);
    assert_int_equal(s->bytes.len, 6 + 5 + 5);
    assert_memory_equal(s->bytes.data, "before\0\0\0\0\x3c\x08sync", 16);
}

static void refuses_every_prefix(void **state)
{
    struct state *s = *state;

    for (uint64_t seed = 3, i = 0; i < LT_COUNT(all_types); i++) {
        union any_record record = {0}, untouched = {0};

        encode_sample(s, &seed, all_types[i], &record);
        for (size_t len = 0; len < LT_MIN(s->bytes.len, (size_t)2000); len++) {
            struct lt_error err = {0};
            /* A copy of its own, so that reading beyond the end is found. */
            LT_CLEANUP(lt_freep) uint8_t *copy = lt_alloc(LT_MAX(len, 1));

            memcpy(copy, s->bytes.data, len);
            assert_int_equal(
                lt_record_decode(all_types[i], lt_bytes(copy, len), &record, s->arena, &err), -1);
            assert_int_equal(err.class, LT_ERR_REJECT);
        }
        record = untouched;
        assert_int_equal(lt_record_decode(all_types[i], lt_bytes(s->bytes.data, s->bytes.len - 1),
                                          &record, s->arena, NULL),
                         -1);
        assert_memory_equal(&record, &untouched, sizeof(record));
    }
}

static void survives_every_garbled_byte(void **state)
{
    struct state *s = *state;
    static const uint8_t masks[] = {0x01, 0x80, 0xff, 0x40};

    for (uint64_t seed = 5, i = 0; i < LT_COUNT(all_types); i++) {
        union any_record record = {0};

        encode_sample(s, &seed, all_types[i], &record);
        for (size_t at = 0; at < LT_MIN(s->bytes.len, (size_t)600); at++) {
            for (size_t m = 0; m < LT_COUNT(masks); m++) {
                struct lt_error err = {0};

                s->bytes.data[at] ^= masks[m];
                if (lt_record_decode(all_types[i], lt_buf_bytes(&s->bytes), &record, s->arena,
                                     &err) < 0)
                    assert_int_equal(err.class, LT_ERR_REJECT);
                s->bytes.data[at] ^= masks[m];
            }
            lt_arena_reset(s->arena);
        }
    }
}

/* A text of 100 MiB that is not there makes avro-c allocate and lose it (kafka-and-avro D.2). */
static bool absent_text_is_refused(const void *arg)
{
    static const uint8_t notice[] = "\0\0\0\0\x15\x02\x80\x80\x80\x64";
    struct lt_schema_notice out;
    struct lt_error err = {0};
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    (void)arg;

    for (int i = 0; i < 1000; i++)
        if (lt_record_decode(LT_RECORD_SCHEMA_NOTICE, lt_bytes(notice, sizeof(notice) - 1), &out,
                             arena, &err) == 0)
            return false;
    return strcmp(err.msg,
                  "record SchemaNotice: field 1 'text', byte 1: a length beyond the end") == 0;
}

static void refuses_a_length_beyond_the_end_at_once(void **state)
{
    (void)state;
    assert_true(bounded(absent_text_is_refused, NULL));
}

static void refuses_a_record_of_another_type(void **state)
{
    struct state *s = *state;
    struct lt_sync_key key = {.what = "sync"};
    struct lt_schema_notice notice;

    lt_record_encode(LT_RECORD_SYNC_KEY, &key, &s->bytes);
    assert_int_equal(lt_record_decode(LT_RECORD_SCHEMA_NOTICE, lt_buf_bytes(&s->bytes), &notice,
                                      s->arena, &s->err),
                     -1);
    assert_string_equal(s->err.msg, "record SchemaNotice: schema id 60, not 21");
}

static void refuses_bytes_left_over(void **state)
{
    struct state *s = *state;
    struct lt_sync_key key = {.what = "sync"};

    lt_record_encode(LT_RECORD_SYNC_KEY, &key, &s->bytes);
    lt_buf_addc(&s->bytes, 0);
    assert_int_equal(
        lt_record_decode(LT_RECORD_SYNC_KEY, lt_buf_bytes(&s->bytes), &key, s->arena, &s->err), -1);
    assert_string_equal(s->err.msg, "record SyncKey: byte 5: 1 bytes are left over");
}

static void refuses_a_text_with_a_zero_byte(void **state)
{
    struct state *s = *state;
    struct lt_sync_key key = {.what = "kept"};

    assert_int_equal(lt_record_decode(LT_RECORD_SYNC_KEY,
                                      lt_bytes("\0\0\0\0\x3c\x06"
                                               "a\0b",
                                               9),
                                      &key, s->arena, &s->err),
                     -1);
    assert_string_equal(s->err.msg, "record SyncKey: a text with a zero byte");
    assert_string_equal(key.what, "kept");
}

/* LT_NULL stands for null in the struct, so it cannot be a value as well. */
static void refuses_a_number_that_stands_for_null(void **state)
{
    struct state *s = *state;
    struct lt_source_position position = {.ordinal = INT64_MAX};
    uint8_t *at;

    lt_record_encode(LT_RECORD_SOURCE_POSITION, &position, &s->bytes);
    at = memmem(s->bytes.data, s->bytes.len, "\x02\xfe\xff", 3);
    assert_non_null(at);
    at[1] = 0xff; /* INT64_MIN */
    assert_int_equal(lt_record_decode(LT_RECORD_SOURCE_POSITION, lt_buf_bytes(&s->bytes), &position,
                                      s->arena, &s->err),
                     -1);
    assert_string_equal(s->err.msg, "record SourcePosition: a number that stands for null");
}

static void writes_absent_text_as_empty(void **state)
{
    struct state *s = *state;
    struct lt_end_of_feed end = {.successor = 2}, out;

    lt_record_encode(LT_RECORD_END_OF_FEED, &end, &s->bytes);
    assert_int_equal(
        lt_record_decode(LT_RECORD_END_OF_FEED, lt_buf_bytes(&s->bytes), &out, s->arena, &s->err),
        0);
    assert_string_equal(out.reason, "");
}

/* A reason may quote foreign bytes or be cut within a character. */
static void mends_a_text_that_is_not_utf8(void **state)
{
    struct state *s = *state;
    struct lt_end_of_feed end = {.reason = "Bộ\xff t\xe1\xbb"}, out;

    lt_record_encode(LT_RECORD_END_OF_FEED, &end, &s->bytes);
    assert_int_equal(
        lt_record_decode(LT_RECORD_END_OF_FEED, lt_buf_bytes(&s->bytes), &out, s->arena, &s->err),
        0);
    assert_string_equal(out.reason, "Bộ\xef\xbf\xbd t\xef\xbf\xbd\xef\xbf\xbd");
}

static void tells_platform_records_by_their_id(void **state)
{
    struct state *s = *state;
    struct lt_sync_key key = {.what = "sync"};

    lt_record_encode(LT_RECORD_SYNC_KEY, &key, &s->bytes);
    assert_int_equal(lt_record_type_of(lt_buf_bytes(&s->bytes)), LT_RECORD_SYNC_KEY);
    assert_int_equal(lt_record_type_of(lt_bytes("\0\0\0\x03\xe8", 5)), -1);
    assert_int_equal(lt_record_type_of(lt_bytes("\0\0\0\0\x01", 5)), -1);
    assert_int_equal(lt_record_type_of(lt_bytes("\1\0\0\0\x3c", 5)), -1);
    assert_int_equal(lt_record_type_of(lt_bytes("\0\0\0", 3)), -1);
    assert_int_equal(lt_record_type_of(lt_bytes(NULL, 0)), -1);
}

static void hands_out_the_schema_of_each_type(void **state)
{
    struct state *s = *state;

    for (size_t i = 0; i < LT_COUNT(all_types); i++) {
        const char *text = lt_record_schema_text(all_types[i]);
        LT_CLEANUP(lt_avro_schema_unrefp)
        struct lt_avro_schema *schema = lt_avro_schema_parse(text, strlen(text), &s->err);

        assert_non_null(schema);
        assert_int_equal(lt_avro_schema_type(schema), LT_AVRO_RECORD);
    }
    assert_null(lt_record_schema_text((enum lt_record_type)LT_SCHEMA_FIRST));
}

/* One thread's work: any record, written and read. */
static void *write_and_read(void *arg)
{
    struct state *s = NULL;
    uint64_t seed = (uint64_t)(uintptr_t)arg;

    setup((void **)&s);
    for (size_t round = 0; round < 20; round++) {
        for (size_t i = 0; i < LT_COUNT(all_types); i++) {
            union any_record in = {0}, out = {0};

            encode_sample(s, &seed, all_types[i], &in);
            if (lt_record_decode(all_types[i], lt_buf_bytes(&s->bytes), &out, s->arena, NULL) < 0)
                arg = NULL;
            s->bytes.data[s->bytes.len - 1] ^= 0x55; /* a failure, mostly */
            (void)!lt_record_decode(all_types[i], lt_buf_bytes(&s->bytes), &out, s->arena, NULL);
        }
        lt_arena_reset(s->arena);
    }
    teardown((void **)&s);
    return arg;
}

static void serves_several_threads(void **state)
{
    pthread_t threads[4];
    (void)state;

    for (size_t i = 0; i < LT_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, (void *)(i + 1)), 0);
    for (size_t i = 0; i < LT_COUNT(threads); i++) {
        void *good = NULL;

        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_non_null(good);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        /* First, so that the threads race to load the schemas. */
        TEST(serves_several_threads),
        TEST(reads_back_what_was_written),
        TEST(writes_each_control_body),
        TEST(writes_the_bytes_of_the_specification),
        TEST(writes_control_without_frame),
        TEST(appends_to_what_is_in_the_buffer),
        TEST(refuses_every_prefix),
        TEST(survives_every_garbled_byte),
        TEST(refuses_a_length_beyond_the_end_at_once),
        TEST(refuses_a_record_of_another_type),
        TEST(refuses_bytes_left_over),
        TEST(refuses_a_text_with_a_zero_byte),
        TEST(refuses_a_number_that_stands_for_null),
        TEST(writes_absent_text_as_empty),
        TEST(mends_a_text_that_is_not_utf8),
        TEST(tells_platform_records_by_their_id),
        TEST(hands_out_the_schema_of_each_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
