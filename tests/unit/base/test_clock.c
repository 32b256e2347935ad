#include "support/cm.h"

#include "base/clock.h"
#include "base/macros.h"

static void tells_utc_to_machines_and_vietnam_time_to_people(void **state)
{
    (void)state;
    char buf[40];
    const lt_time at = (lt_time)1795457460 * LT_SECOND + 210123;
    assert_string_equal(lt_time_utc(at, buf, sizeof(buf)), "2026-11-23T18:11:00.210123Z");
    assert_string_equal(lt_time_vn(at, buf, sizeof(buf)), "24/11/2026 01:11:00");
    assert_string_equal(lt_time_utc(-1, buf, sizeof(buf)), "1969-12-31T23:59:59.999999Z");
    assert_string_equal(lt_time_utc(LT_TIME_NONE, buf, sizeof(buf)), "-");
    assert_string_equal(lt_time_utc(LT_TIME_END, buf, sizeof(buf)), "never");
}

static void back_off_grows_within_its_bounds(void **state)
{
    (void)state;
    uint64_t seed = 1;
    int64_t last = 0, longest = 0;
    for (int i = 0; i < 1000; i++) {
        last = lt_backoff_ms(last, 50, 2000, lt_random_next(&seed));
        assert_in_range(last, 50, 2000);
        longest = LT_MAX(longest, last);
    }
    assert_int_equal(longest, 2000);
}

static void the_same_seed_gives_the_same_numbers(void **state)
{
    (void)state;
    uint64_t a = 7, b = 7, c = 8;
    const uint64_t first = lt_random_next(&a);
    assert_true(first == lt_random_next(&b));
    assert_true(first != lt_random_next(&c));
}

/* DT-4 */
static void skew_is_alarmed_then_stops_in_both_directions(void **state)
{
    (void)state;
    const lt_time alarm = 5 * LT_SECOND, bound = 60 * LT_SECOND;
    assert_int_equal(lt_skew_class(alarm, alarm, bound), LT_SKEW_FINE);
    assert_int_equal(lt_skew_class(alarm + 1, alarm, bound), LT_SKEW_ALARM);
    assert_int_equal(lt_skew_class(-alarm - 1, alarm, bound), LT_SKEW_ALARM);
    assert_int_equal(lt_skew_class(bound + 1, alarm, bound), LT_SKEW_STOP);
    assert_int_equal(lt_skew_class(-bound - 1, alarm, bound), LT_SKEW_STOP);
}

/* What lies between question and answer is no difference. */
static void clocks_lie_apart_by_what_the_answer_cannot_explain(void **state)
{
    (void)state;
    assert_int_equal(lt_clock_apart(1000, 1000, 1200), 0);
    assert_int_equal(lt_clock_apart(1200, 1000, 1200), 0);
    assert_int_equal(lt_clock_apart(4800, 1000, 1200), 3600);
    assert_int_equal(lt_clock_apart(400, 1000, 1200), -600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_utc_to_machines_and_vietnam_time_to_people),
        cmocka_unit_test(skew_is_alarmed_then_stops_in_both_directions),
        cmocka_unit_test(clocks_lie_apart_by_what_the_answer_cannot_explain),
        cmocka_unit_test(back_off_grows_within_its_bounds),
        cmocka_unit_test(the_same_seed_gives_the_same_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
