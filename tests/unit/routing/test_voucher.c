#include "support/cm.h"

#include "routing/voucher.h"

#define NOW ((lt_time)1795457460 * LT_SECOND)

/* architecture 4.2 */
static void a_stamp_is_never_later_than_the_append(void **state)
{
    (void)state;
    assert_int_equal(lt_lane_vouched(NOW - 20 * LT_MILLI, NOW), NOW - 20 * LT_MILLI);
    assert_int_equal(lt_lane_vouched(NOW + LT_MILLI, NOW), NOW);
    assert_int_equal(lt_lane_vouched(NOW + LANE_AHEAD_MAX, NOW), NOW);
}

/* DX-6, DT-4: the append says when the voucher arrived, not when it was true. */
static void a_sync_point_from_the_future_vouches_for_nothing(void **state)
{
    (void)state;
    assert_int_equal(lt_lane_vouched(NOW + LANE_AHEAD_MAX + 1, NOW), LT_NULL);
    assert_int_equal(lt_lane_vouched(NOW + 3600 * LT_SECOND, NOW), LT_NULL);
}

/* A backlog, or a clock that is behind: old, but true. */
static void an_old_sync_point_counts_for_its_time(void **state)
{
    (void)state;
    assert_int_equal(lt_lane_vouched(NOW - 3600 * LT_SECOND, NOW), NOW - 3600 * LT_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stamp_is_never_later_than_the_append),
        cmocka_unit_test(a_sync_point_from_the_future_vouches_for_nothing),
        cmocka_unit_test(an_old_sync_point_counts_for_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
