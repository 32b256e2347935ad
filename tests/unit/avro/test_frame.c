/* Framing and single values: one byte form each, refused when anything is off (DX-13). */
#include "avro/frame.h"

#include <string.h>

#include "avro/span.h"
#include "support/cm.h"

static void frames_and_unframes(void **state)
{
    static const int32_t ids[] = {0, 1, 60, 1000, 0x01020304, INT32_MAX};
    (void)state;

    for (size_t i = 0; i < LT_COUNT(ids); i++) {
        struct lt_buf out = {0};
        struct lt_bytes record;
        int32_t id;

        lt_frame_put(&out, ids[i]);
        lt_buf_adds(&out, "xy");
        assert_int_equal(out.len, LT_FRAME_BYTES + 2);
        assert_int_equal(lt_frame_get(lt_buf_bytes(&out), &id, &record, NULL), 0);
        assert_int_equal(id, ids[i]);
        assert_int_equal(record.len, 2);
        assert_memory_equal(record.data, "xy", 2);
        lt_buf_fini(&out);
    }
}

static void writes_the_id_big_endian(void **state)
{
    struct lt_buf out = {0};
    (void)state;

    lt_frame_put(&out, 0x01020304);
    assert_memory_equal(out.data, "\x00\x01\x02\x03\x04", 5);
    lt_buf_fini(&out);
}

static void takes_a_frame_without_record(void **state)
{
    struct lt_bytes record;
    int32_t id;
    (void)state;

    assert_int_equal(lt_frame_get(lt_bytes("\0\0\0\0\1", 5), &id, &record, NULL), 0);
    assert_int_equal(record.len, 0);
    assert_non_null(record.data);
}

static void refuses_what_is_no_frame(void **state)
{
    static const struct {
        struct lt_bytes bytes;
        const char *message;
    } cases[] = {
        {{NULL, 0}, "frame: 0 bytes are too short for one"},
        {{(const uint8_t *)"\0\0\0\0", 4}, "frame: 4 bytes are too short for one"},
        {{(const uint8_t *)"\1\0\0\0\1", 5}, "frame: format byte 1, not 0"},
        {{(const uint8_t *)"\0\xff\0\0\1", 5}, "frame: schema id 4278190081 out of range"},
    };
    (void)state;

    for (size_t i = 0; i < LT_COUNT(cases); i++) {
        struct lt_bytes record = lt_bytes("kept", 4);
        struct lt_error err = {0};
        int32_t id = 7;

        assert_int_equal(lt_frame_get(cases[i].bytes, &id, &record, &err), -1);
        assert_int_equal(err.class, LT_ERR_REJECT);
        assert_string_equal(err.msg, cases[i].message);
        assert_int_equal(id, 7);
        assert_int_equal(record.len, 4);
    }
}

static void reads_the_numbers_it_writes(void **state)
{
    static const int64_t edges[] = {0,    -1,   1,         63,        64,        -64,      -65,
                                    8191, 8192, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    (void)state;

    for (size_t i = 0; i < LT_COUNT(edges); i++) {
        for (int64_t shift = 0; shift < 63; shift++) {
            struct lt_buf out = {0};
            int64_t value = edges[i] >> shift, back;

            lt_avro_put_long(&out, value);
            assert_int_equal(lt_avro_get_long(lt_buf_bytes(&out), &back), 0);
            assert_true(back == value);
            lt_buf_fini(&out);
        }
    }
}

static void writes_numbers_as_the_specification_says(void **state)
{
    static const struct {
        int64_t value;
        const char *bytes;
        size_t len;
    } cases[] = {
        {0, "\x00", 1},      {-1, "\x01", 1},
        {1, "\x02", 1},      {-64, "\x7f", 1},
        {64, "\x80\x01", 2}, {INT64_MIN, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
    };
    (void)state;

    for (size_t i = 0; i < LT_COUNT(cases); i++) {
        struct lt_buf out = {0};

        lt_avro_put_long(&out, cases[i].value);
        assert_int_equal(out.len, cases[i].len);
        assert_memory_equal(out.data, cases[i].bytes, cases[i].len);
        lt_buf_fini(&out);
    }
}

static void refuses_numbers_of_another_form(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        {"", 0},
        {"\x80", 1},                                      /* cut */
        {"\x00\x00", 2},                                  /* something behind it */
        {"\x80\x00", 2},                                  /* needless zero byte */
        {"\xff\x80\x00", 3},                              /* the same, longer */
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10}, /* bit 65 */
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},
        {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 12},
    };
    int64_t value = 5;
    (void)state;

    for (size_t i = 0; i < LT_COUNT(cases); i++)
        assert_int_equal(lt_avro_get_long(lt_bytes(cases[i].bytes, cases[i].len), &value), -1);
    assert_int_equal(lt_avro_get_long(lt_bytes(NULL, 0), &value), -1);
    assert_int_equal(value, 5);
}

static void reads_the_bytes_it_writes(void **state)
{
    static const char data[200] = "abc";
    (void)state;

    for (size_t len = 0; len <= sizeof(data); len++) {
        struct lt_buf out = {0};
        struct lt_bytes back;

        lt_avro_put_bytes(&out, lt_bytes(data, len));
        assert_int_equal(lt_avro_get_bytes(lt_buf_bytes(&out), &back), 0);
        assert_true(lt_bytes_equal(back, lt_bytes(data, len)));
        lt_buf_fini(&out);
    }
}

static void refuses_bytes_of_another_length(void **state)
{
    struct lt_bytes back;
    (void)state;

    assert_int_equal(lt_avro_get_bytes(lt_bytes("\x06"
                                                "ab",
                                                3),
                                       &back),
                     -1);
    assert_int_equal(lt_avro_get_bytes(lt_bytes("\x02"
                                                "ab",
                                                3),
                                       &back),
                     -1);
    assert_int_equal(lt_avro_get_bytes(lt_bytes("\x01"
                                                "ab",
                                                3),
                                       &back),
                     -1);
    assert_int_equal(lt_avro_get_bytes(lt_bytes("", 0), &back), -1);
    assert_int_equal(lt_avro_get_bytes(lt_bytes(NULL, 0), &back), -1);
}

/* Decodes one code point the slow, obvious way. */
static bool plain_utf8(const uint8_t *p, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    while (len > 0) {
        size_t n = *p < 0x80 ? 1 : *p >> 5 == 6 ? 2 : *p >> 4 == 14 ? 3 : *p >> 3 == 30 ? 4 : 0;
        if (n == 0 || n > len)
            return false;
        uint32_t code = n == 1 ? *p : *p & (0xffu >> (n + 1));
        for (size_t i = 1; i < n; i++) {
            if (p[i] >> 6 != 2)
                return false;
            code = code << 6 | (p[i] & 0x3f);
        }
        if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return false;
        p += n;
        len -= n;
    }
    return true;
}

static void knows_utf8_for_all_short_sequences(void **state)
{
    (void)state;

    for (uint32_t word = 0; word < 1u << 24; word += word < 0x800000 ? 257 : 1) {
        uint8_t bytes[4] = {(uint8_t)(word >> 16), (uint8_t)(word >> 8), (uint8_t)word, 0x80};

        assert_int_equal(lt_utf8_valid(bytes, 3), plain_utf8(bytes, 3));
        if (bytes[0] >= 0xf0)
            assert_int_equal(lt_utf8_valid(bytes, 4), plain_utf8(bytes, 4));
    }
}

static void knows_utf8_at_every_place_of_a_text(void **state)
{
    char text[64];
    (void)state;

    for (size_t at = 0; at < sizeof(text) - 3; at++) {
        memset(text, 'a', sizeof(text));
        memcpy(text + at, "\xe1\xbb\x99", 3);
        assert_true(lt_utf8_valid((uint8_t *)text, sizeof(text)));
        assert_false(lt_utf8_valid((uint8_t *)text, at + 2));
        text[at + 2] = 'x';
        assert_false(lt_utf8_valid((uint8_t *)text, sizeof(text)));
    }
    assert_true(lt_utf8_valid(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_and_unframes),
        cmocka_unit_test(writes_the_id_big_endian),
        cmocka_unit_test(takes_a_frame_without_record),
        cmocka_unit_test(refuses_what_is_no_frame),
        cmocka_unit_test(reads_the_numbers_it_writes),
        cmocka_unit_test(writes_numbers_as_the_specification_says),
        cmocka_unit_test(refuses_numbers_of_another_form),
        cmocka_unit_test(reads_the_bytes_it_writes),
        cmocka_unit_test(refuses_bytes_of_another_length),
        cmocka_unit_test(knows_utf8_for_all_short_sequences),
        cmocka_unit_test(knows_utf8_at_every_place_of_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
