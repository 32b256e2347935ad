/* Since when a lane stands still for want of control (DX-1, DX-7). */
#include "routing/stand.h"
#include "support/cm.h"

#define NOW   ((lt_time)1795572000 * LT_SECOND)
#define GRACE (30 * LT_SECOND)

/* complete: the fold was fresh before; noticed: seconds ago; beat: seconds ago, -1 none. */
static lt_time since(int beat, int noticed, bool complete)
{
    return lt_lane_stale_since(beat < 0 ? LT_TIME_NONE : NOW - beat * LT_SECOND, GRACE,
                               NOW - noticed * LT_SECOND, NOW, complete);
}

static void an_old_heartbeat_stops_from_the_end_of_the_grace(void **state)
{
    (void)state;
    assert_int_equal(since(31, 0, true), NOW - LT_SECOND);
    assert_int_equal(since(90, 6, true), NOW - 60 * LT_SECOND);
}

static void a_fold_still_read_says_nothing_of_its_heartbeat(void **state)
{
    (void)state;
    assert_true(since(86400, 0, false) == LT_NULL);
    assert_true(since(86400, 5, false) == LT_NULL);
    assert_int_equal(since(90, 6, false), NOW - 60 * LT_SECOND);
}

static void a_change_not_yet_confirmed_is_only_a_pause(void **state)
{
    (void)state;
    assert_true(since(3, 0, true) == LT_NULL);
    assert_true(since(3, 5, true) == LT_NULL);
    assert_int_equal(since(3, 6, true), NOW - 6 * LT_SECOND);
}

static void a_steward_never_heard_of_stops_from_when_it_was_missed(void **state)
{
    (void)state;
    assert_true(since(-1, 4, false) == LT_NULL);
    assert_int_equal(since(-1, 7, false), NOW - 7 * LT_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_heartbeat_stops_from_the_end_of_the_grace),
        cmocka_unit_test(a_fold_still_read_says_nothing_of_its_heartbeat),
        cmocka_unit_test(a_change_not_yet_confirmed_is_only_a_pause),
        cmocka_unit_test(a_steward_never_heard_of_stops_from_when_it_was_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
