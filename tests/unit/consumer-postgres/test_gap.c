/* The gap rule (protocol 9.1-9.3, 9.6). */
#include "consumer-postgres/gap.h"
#include "support/cm.h"

#define DAY    (86400 * LT_SECOND)
#define NOW    (1795572000 * LT_SECOND)
#define WINDOW (7 * DAY)
#define OLD    (NOW - 8 * DAY)
#define YOUNG  (NOW - DAY)

static enum lt_gap judge(int64_t seq, int64_t offset, lt_time append_time)
{
    const struct lt_stand stand = {.seq = 10, .next_offset = 50, .e0 = 100};
    return lt_gap_judge(&stand, seq, offset, append_time, WINDOW, NOW);
}

static void what_was_applied_is_dropped(void **state)
{
    (void)state;
    assert_int_equal(judge(10, 50, YOUNG), LT_GAP_SEEN);
    assert_int_equal(judge(1, 50, OLD), LT_GAP_SEEN);
}

static void the_next_one_is_applied_however_old(void **state)
{
    (void)state;
    assert_int_equal(judge(11, 50, YOUNG), LT_GAP_NEXT);
    assert_int_equal(judge(11, 500, OLD), LT_GAP_NEXT);
}

static void a_hole_before_a_young_record_is_damage_in_a_first_reading_too(void **state)
{
    (void)state;
    assert_int_equal(judge(12, 50, YOUNG), LT_GAP_REPORT);
    assert_int_equal(judge(12, 500, YOUNG), LT_GAP_REPORT);
}

static void a_first_reading_passes_over_holes_older_than_the_window(void **state)
{
    (void)state;
    assert_int_equal(judge(12, 99, OLD), LT_GAP_HOLE);
    assert_int_equal(judge(12, 99, NOW - WINDOW), LT_GAP_HOLE);
}

static void a_hole_behind_the_first_reading_asks_for_a_second_one(void **state)
{
    (void)state;
    assert_int_equal(judge(12, 100, OLD), LT_GAP_REREAD);
}

static void a_stream_shorter_than_the_inbox_says_is_seen(void **state)
{
    (void)state;
    const struct lt_stand stand = {.seq = 10};
    assert_true(lt_gap_short(&stand, 11));
    assert_false(lt_gap_short(&stand, 10));
    assert_false(lt_gap_short(&stand, LT_TIME_NONE));
}

/* protocol 9.3 and the simulation: later, a delete may have been cleaned behind a row read. */
static void a_first_reading_must_reach_its_end_within_most_of_a_window(void **state)
{
    (void)state;
    struct lt_stand stand = {.seq = 10, .next_offset = 99, .e0 = 100};
    assert_false(lt_gap_overdue(&stand, NOW - WINDOW / 10 * 8, WINDOW, NOW));
    assert_true(lt_gap_overdue(&stand, NOW - WINDOW / 10 * 8 - 1, WINDOW, NOW));
    stand.next_offset = 100;
    assert_false(lt_gap_overdue(&stand, NOW - 2 * WINDOW, WINDOW, NOW));
}

static void a_topic_that_ends_before_the_first_mark_is_another_one(void **state)
{
    (void)state;
    const struct lt_stand stand = {.seq = 10, .next_offset = 99, .e0 = 100};
    assert_false(lt_gap_other_topic(&stand, 100));
    assert_true(lt_gap_other_topic(&stand, 99));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_applied_is_dropped),
        cmocka_unit_test(the_next_one_is_applied_however_old),
        cmocka_unit_test(a_hole_before_a_young_record_is_damage_in_a_first_reading_too),
        cmocka_unit_test(a_first_reading_passes_over_holes_older_than_the_window),
        cmocka_unit_test(a_hole_behind_the_first_reading_asks_for_a_second_one),
        cmocka_unit_test(a_stream_shorter_than_the_inbox_says_is_seen),
        cmocka_unit_test(a_topic_that_ends_before_the_first_mark_is_another_one),
        cmocka_unit_test(a_first_reading_must_reach_its_end_within_most_of_a_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
