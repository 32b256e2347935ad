/* Fields of raw requests and answers: what lies beyond the end is never read. */
#include "bus/raw.h"
#include "support/cm.h"

#include <string.h>

static void what_was_written_is_read_back(void **state)
{
    (void)state;
    struct lt_buf buf = {0};
    lt_raw_put_i8(&buf, -5);
    lt_raw_put_i16(&buf, -2);
    lt_raw_put_i32(&buf, -70000);
    lt_raw_put_text(&buf, "User:ap000041.k1");
    lt_raw_put_text(&buf, "");
    lt_raw_put_text(&buf, NULL);
    lt_raw_put_i32(&buf, 3);
    struct lt_raw_fields fields = {.at = buf.data, .end = buf.data + buf.len};
    assert_int_equal(lt_raw_i8(&fields), -5);
    assert_int_equal(lt_raw_i16(&fields), -2);
    assert_int_equal(lt_raw_i32(&fields), -70000);
    struct lt_bytes text = lt_raw_text(&fields);
    assert_int_equal(text.len, 16);
    assert_memory_equal(text.data, "User:ap000041.k1", 16);
    text = lt_raw_text(&fields);
    assert_non_null(text.data);
    assert_int_equal(text.len, 0);
    assert_null(lt_raw_text(&fields).data);
    assert_int_equal(lt_raw_count(&fields, 3), 3);
    assert_false(fields.bad);
    assert_ptr_equal(fields.at, fields.end);
    lt_buf_fini(&buf);
}

static void numbers_are_big_endian(void **state)
{
    (void)state;
    struct lt_buf buf = {0};
    lt_raw_put_i16(&buf, 0x0102);
    lt_raw_put_i32(&buf, 0x03040506);
    assert_memory_equal(buf.data, "\1\2\3\4\5\6", 6);
    lt_buf_fini(&buf);
}

static void a_cut_answer_is_bad_and_reads_as_nothing(void **state)
{
    (void)state;
    static const uint8_t whole[] = {0, 3, 'a', 'b', 'c', 0, 0, 0, 1};
    for (size_t len = 0; len < sizeof whole; len++) {
        /* On the heap, so that a sanitizer sees a read beyond the end. */
        uint8_t *cut = memcpy(lt_alloc(len + 1), whole, len);
        struct lt_raw_fields fields = {.at = cut, .end = cut + len};
        lt_raw_text(&fields);
        lt_raw_i32(&fields);
        assert_true(fields.bad);
        assert_int_equal(lt_raw_i8(&fields), 0);
        assert_int_equal(lt_raw_i16(&fields), 0);
        assert_int_equal(lt_raw_i32(&fields), 0);
        assert_null(lt_raw_text(&fields).data);
        assert_int_equal(lt_raw_count(&fields, 10), 0);
        lt_freep(&cut);
    }
}

static void lengths_and_counts_out_of_bounds_are_bad(void **state)
{
    (void)state;
    static const uint8_t negative_text[] = {0xff, 0xfe, 'a', 'b'};
    struct lt_raw_fields fields = {.at = negative_text, .end = negative_text + 4};
    assert_null(lt_raw_text(&fields).data);
    assert_true(fields.bad);
    static const uint8_t negative_count[] = {0xff, 0xff, 0xff, 0xff};
    fields = (struct lt_raw_fields){.at = negative_count, .end = negative_count + 4};
    assert_int_equal(lt_raw_count(&fields, 10), 0);
    assert_true(fields.bad);
    static const uint8_t many[] = {0, 0, 0, 11};
    fields = (struct lt_raw_fields){.at = many, .end = many + 4};
    assert_int_equal(lt_raw_count(&fields, 10), 0);
    assert_true(fields.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(a_cut_answer_is_bad_and_reads_as_nothing),
        cmocka_unit_test(lengths_and_counts_out_of_bounds_are_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
