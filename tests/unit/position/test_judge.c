/* The verdict over a position and the tail of its topic (protocol 4.5). */
#include "position/position.h"
#include "support/cm.h"

static void a_tail_that_the_position_names_is_equal(void **state)
{
    (void)state;
    assert_int_equal(lt_judge(0, 0), LT_VERDICT_EQUAL);
    assert_int_equal(lt_judge(4711, 4711), LT_VERDICT_EQUAL);
    assert_int_equal(lt_judge(INT64_MAX, INT64_MAX), LT_VERDICT_EQUAL);
}

static void a_tail_ahead_is_adopted(void **state)
{
    (void)state;
    assert_int_equal(lt_judge(0, 1), LT_VERDICT_ADOPT);
    assert_int_equal(lt_judge(4711, 4712), LT_VERDICT_ADOPT);
    assert_int_equal(lt_judge(4711, INT64_MAX), LT_VERDICT_ADOPT);
}

static void a_tail_behind_is_damage(void **state)
{
    (void)state;
    assert_int_equal(lt_judge(1, 0), LT_VERDICT_DAMAGED);
    assert_int_equal(lt_judge(4712, 4711), LT_VERDICT_DAMAGED);
    assert_int_equal(lt_judge(INT64_MAX, 0), LT_VERDICT_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tail_that_the_position_names_is_equal),
        cmocka_unit_test(a_tail_ahead_is_adopted),
        cmocka_unit_test(a_tail_behind_is_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
