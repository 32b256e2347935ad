#include <stdlib.h>
#include <string.h>

#include "control/effective.h"
#include "support/cm.h"
#include "support/control_world.h"

static int setup(void **state)
{
    struct world *world = test_malloc(sizeof(*world));
    world_init(world);
    world_fill(world);
    world_put(world, LT_CONTROL_FEED, "sv000001", &(struct lt_feed_body){"sv000001", 1, ""});
    world_put(world, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);    /* number 9 */
    world_put(world, LT_CONTROL_HOLD, "ho000002", &world_hold_service); /* number 10 */
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    world_fini(*state);
    test_free(*state);
    return 0;
}

static struct lt_cursor cursor(const char *stream, const char *state, int64_t control)
{
    return (struct lt_cursor){
        .stream = stream, .state = state, .control = control, .service = "sv000001"};
}

static bool pair_effective(struct world *world, const struct lt_cursor *cursors, size_t count)
{
    const struct lt_routing_view routing = {.cursors = cursors, .cursor_count = count};
    return lt_effect_of_hold(world->fold, "ho000001", &routing).effective;
}

static void waits_for_a_stream_that_still_runs(void **state)
{
    static const char *const running[] = {"LOAD", "CATCH", "READY", "LIVE"};
    for (size_t i = 0; i < LT_COUNT(running); i++) {
        const struct lt_cursor live = cursor("cn000001.1", running[i], 20);
        assert_false(pair_effective(*state, &live, 1));
    }
}

static void is_effective_when_held_with_its_number(void **state)
{
    const struct lt_cursor held = cursor("cn000001.1", "HELD", 9);
    assert_true(pair_effective(*state, &held, 1));
}

/* Protocol 12: the HELD of an earlier hold must not be taken for this one. */
static void does_not_take_an_earlier_hold_for_this_one(void **state)
{
    const struct lt_cursor held = cursor("cn000001.1", "HELD", 8);
    assert_false(pair_effective(*state, &held, 1));
}

static void every_stream_that_is_not_ended_counts(void **state)
{
    const struct lt_cursor both[] = {cursor("cn000001.1", "ENDED", 3),
                                     cursor("cn000001.2", "LOAD", 9)};
    assert_false(pair_effective(*state, both, 2));
    const struct lt_cursor held[] = {cursor("cn000001.1", "ENDED", 3),
                                     cursor("cn000001.2", "HELD", 9)};
    assert_true(pair_effective(*state, held, 2));
}

static void looks_at_no_other_connection(void **state)
{
    const struct lt_cursor two[] = {cursor("cn000001.1", "HELD", 9),
                                    cursor("cn0000011.1", "LIVE", 9)};
    assert_true(pair_effective(*state, two, 2));
}

static void waits_for_a_first_cursor_that_may_still_come(void **state)
{
    struct world *world = *state;
    assert_false(pair_effective(world, NULL, 0));
    const struct lt_feed_cursor behind = {.service = "sv000001", .control = 8};
    const struct lt_feed_cursor passed = {.service = "sv000001", .control = 9};
    struct lt_routing_view routing = {.feeds = &behind, .feed_count = 1};
    assert_false(lt_effect_of_hold(world->fold, "ho000001", &routing).effective);
    routing.feeds = &passed;
    assert_true(lt_effect_of_hold(world->fold, "ho000001", &routing).effective);
}

static void waits_for_nothing_that_was_made_after_it(void **state)
{
    struct world *world = *state;
    world_put(world, LT_CONTROL_CONNECTION, "cn000002", &world_connection); /* number 11 */
    const struct lt_cursor first = cursor("cn000001.1", "HELD", 10);
    const struct lt_routing_view routing = {.cursors = &first, .cursor_count = 1};
    assert_true(lt_effect_of_hold(world->fold, "ho000002", &routing).effective);
}

static void a_service_hold_waits_for_all_its_connections(void **state)
{
    struct world *world = *state;
    world_put(world, LT_CONTROL_CONNECTION, "cn000002", &world_connection);
    struct lt_connection ended = world_connection;
    ended.ended_at = WORLD_NOW;
    world_put(world, LT_CONTROL_CONNECTION, "cn000003", &ended);
    const struct lt_cursor cursors[] = {cursor("cn000001.1", "HELD", 10),
                                        cursor("cn000002.1", "LIVE", 11)};
    const struct lt_routing_view routing = {.cursors = cursors, .cursor_count = 2};
    const struct lt_effect effect = lt_effect_of_hold(world->fold, "ho000002", &routing);
    assert_false(effect.effective);
    assert_int_equal(effect.number, 10);
    assert_int_equal(effect.connections, 2);
    assert_int_equal(effect.waiting, 1);
    assert_string_equal(effect.first_waiting, "cn000002");
}

static void a_lifted_hold_is_not_effective(void **state)
{
    struct world *world = *state;
    struct lt_hold lifted = world_hold_pair;
    lifted.lifted_at = WORLD_NOW;
    world_put(world, LT_CONTROL_HOLD, "ho000001", &lifted);
    const struct lt_cursor held = cursor("cn000001.1", "HELD", 20);
    assert_false(pair_effective(world, &held, 1));
}

static bool end_effective(struct world *world, const struct lt_cursor *cursors, size_t count)
{
    const struct lt_routing_view routing = {.cursors = cursors, .cursor_count = count};
    return lt_effect_of_end(world->fold, "cn000001", &routing).effective;
}

static void a_termination_waits_for_every_stream_to_end(void **state)
{
    struct world *world = *state;
    const struct lt_cursor held = cursor("cn000001.1", "HELD", 20);
    const struct lt_cursor ended = cursor("cn000001.1", "ENDED", 20);
    assert_false(end_effective(world, &ended, 1)); /* nobody has terminated it */
    struct lt_agreement agreement = world_agreement;
    agreement.ended_at = WORLD_NOW;
    world_put(world, LT_CONTROL_AGREEMENT, "ar000012", &agreement);
    assert_false(end_effective(world, &held, 1));
    assert_true(end_effective(world, &ended, 1));
    assert_false(end_effective(world, NULL, 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(waits_for_a_stream_that_still_runs),
        TEST(is_effective_when_held_with_its_number),
        TEST(does_not_take_an_earlier_hold_for_this_one),
        TEST(every_stream_that_is_not_ended_counts),
        TEST(looks_at_no_other_connection),
        TEST(waits_for_a_first_cursor_that_may_still_come),
        TEST(waits_for_nothing_that_was_made_after_it),
        TEST(a_service_hold_waits_for_all_its_connections),
        TEST(a_lifted_hold_is_not_effective),
        TEST(a_termination_waits_for_every_stream_to_end),
    };
    return cmocka_run_group_tests_name("control effective", tests, NULL, NULL);
}
