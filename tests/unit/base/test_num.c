#include "support/cm.h"

#include "base/num.h"

#include <string.h>

static int u64(const char *text, uint64_t max, uint64_t *ret)
{
    return lt_parse_u64(text, strlen(text), max, ret);
}

static void reads_whole_numbers_up_to_the_limit(void **state)
{
    (void)state;
    uint64_t value = 5;
    assert_int_equal(u64("18446744073709551615", UINT64_MAX, &value), 0);
    assert_true(value == UINT64_MAX);
    assert_int_equal(u64("100", 100, &value), 0);
    assert_int_equal(value, 100);
}

static void refuses_everything_else_and_keeps_the_result(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " 1",
                                      "1 ",
                                      "+1",
                                      "-1",
                                      "1x",
                                      "0x1",
                                      "1.0",
                                      "18446744073709551616",
                                      "99999999999999999999999"};
    uint64_t value = 5;
    for (size_t i = 0; i < LT_COUNT(bad); i++)
        assert_int_equal(u64(bad[i], UINT64_MAX, &value), -1);
    assert_int_equal(u64("101", 100, &value), -1);
    assert_int_equal(value, 5);
}

static void reads_signed_extremes(void **state)
{
    (void)state;
    int64_t value;
    assert_int_equal(lt_parse_i64("-9223372036854775808", 20, &value), 0);
    assert_true(value == INT64_MIN);
    assert_int_equal(lt_parse_i64("9223372036854775807", 19, &value), 0);
    assert_true(value == INT64_MAX);
    assert_int_equal(lt_parse_i64("-9223372036854775809", 20, &value), -1);
    assert_int_equal(lt_parse_i64("9223372036854775808", 19, &value), -1);
    assert_int_equal(lt_parse_i64("-", 1, &value), -1);
}

static void reads_hexadecimal_of_one_to_sixteen_digits(void **state)
{
    (void)state;
    uint64_t value;
    assert_int_equal(lt_parse_hex64("1A2b", 4, &value), 0);
    assert_int_equal(value, 0x1a2b);
    assert_int_equal(lt_parse_hex64("ffffffffffffffff", 16, &value), 0);
    assert_true(value == UINT64_MAX);
    assert_int_equal(lt_parse_hex64("", 0, &value), -1);
    assert_int_equal(lt_parse_hex64("g", 1, &value), -1);
    assert_int_equal(lt_parse_hex64("00000000000000000", 17, &value), -1);
}

static void reads_durations_with_their_unit(void **state)
{
    (void)state;
    int64_t ms;
    assert_int_equal(lt_parse_duration_ms("250ms", &ms), 0);
    assert_int_equal(ms, 250);
    assert_int_equal(lt_parse_duration_ms("7d", &ms), 0);
    assert_int_equal(ms, 604800000);
    static const char *const bad[] = {"",    "5",  "s",    "5 s",
                                      "-5s", "5S", "1.5h", "9223372036854775807d"};
    for (size_t i = 0; i < LT_COUNT(bad); i++)
        assert_int_equal(lt_parse_duration_ms(bad[i], &ms), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_whole_numbers_up_to_the_limit),
        cmocka_unit_test(refuses_everything_else_and_keeps_the_result),
        cmocka_unit_test(reads_signed_extremes),
        cmocka_unit_test(reads_hexadecimal_of_one_to_sixteen_digits),
        cmocka_unit_test(reads_durations_with_their_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
