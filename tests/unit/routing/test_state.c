/* The table of protocol 3. */
#include "routing/state.h"
#include "support/cm.h"

static void names_and_states_are_inverses(void **state)
{
    (void)state;
    for (int s = LANE_LOAD; s <= LANE_ENDED; s++)
        assert_int_equal(lt_lane_state_parse(lt_lane_state_name((enum lane_state)s)), s);
    assert_int_equal(lt_lane_state_parse("live"), LANE_NONE);
    assert_int_equal(lt_lane_state_parse(""), LANE_NONE);
    assert_int_equal(lt_lane_parse("live"), LANE_LIVE_LANE);
    assert_int_equal(lt_lane_parse("catch"), LANE_CATCH_LANE);
    assert_int_equal(lt_lane_parse("CATCH"), LANE_NOBODY);
}

static void every_state_has_the_owner_of_the_protocol(void **state)
{
    (void)state;
    assert_int_equal(lt_lane_owner(LANE_LOAD), LANE_CATCH_LANE);
    assert_int_equal(lt_lane_owner(LANE_CATCH), LANE_CATCH_LANE);
    assert_int_equal(lt_lane_owner(LANE_READY), LANE_LIVE_LANE);
    assert_int_equal(lt_lane_owner(LANE_LIVE), LANE_LIVE_LANE);
    assert_int_equal(lt_lane_owner(LANE_HELD), LANE_LIVE_LANE);
    assert_int_equal(lt_lane_owner(LANE_ENDED), LANE_NOBODY);
}

static void only_the_owner_writes(void **state)
{
    (void)state;
    for (int from = LANE_LOAD; from <= LANE_ENDED; from++)
        for (int to = LANE_LOAD; to <= LANE_ENDED; to++)
            for (int lane = 0; lane < 2; lane++)
                if ((enum lane_id)lane != lt_lane_owner((enum lane_state)from))
                    assert_false(lt_lane_may((enum lane_id)lane, (enum lane_state)from,
                                             (enum lane_state)to));
}

static void a_held_stream_comes_back_only_through_the_catch_up_lane(void **state)
{
    (void)state;
    assert_true(lt_lane_may(LANE_LIVE_LANE, LANE_HELD, LANE_CATCH));
    assert_true(lt_lane_may(LANE_LIVE_LANE, LANE_HELD, LANE_LOAD));
    assert_false(lt_lane_may(LANE_LIVE_LANE, LANE_HELD, LANE_LIVE));
    assert_false(lt_lane_may(LANE_LIVE_LANE, LANE_HELD, LANE_READY));
}

static void nothing_follows_the_end(void **state)
{
    (void)state;
    for (int to = LANE_LOAD; to <= LANE_ENDED; to++)
        for (int lane = 0; lane < 2; lane++)
            assert_false(lt_lane_may((enum lane_id)lane, LANE_ENDED, (enum lane_state)to));
}

static void a_first_cursor_is_load_or_held_or_tells_an_end(void **state)
{
    (void)state;
    for (int to = LANE_LOAD; to <= LANE_ENDED; to++)
        assert_int_equal(lt_lane_may(LANE_LIVE_LANE, LANE_NONE, (enum lane_state)to),
                         to == LANE_LOAD || to == LANE_HELD || to == LANE_ENDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_states_are_inverses),
        cmocka_unit_test(every_state_has_the_owner_of_the_protocol),
        cmocka_unit_test(only_the_owner_writes),
        cmocka_unit_test(a_held_stream_comes_back_only_through_the_catch_up_lane),
        cmocka_unit_test(nothing_follows_the_end),
        cmocka_unit_test(a_first_cursor_is_load_or_held_or_tells_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
