#include "line_world.h"

#include "lienthong/effect.h"

static struct lt_cli_effect ask(struct line_world *line, enum lt_cli_wish wish, const char *object)
{
    line_put(line);
    return lt_cli_effect(line->world.fold, line->board, wish, object, line->world.number);
}

static void signed_means_confirmed_by_a_heartbeat(void **state)
{
    struct line_world *line = *state;
    world_put(&line->world, LT_CONTROL_AGENCY, "ag0003", &world_agency);
    assert_false(ask(line, LT_CLI_WISH_SIGNED, "").shown);
    world_beat(&line->world, WORLD_NOW + 1);
    assert_true(ask(line, LT_CLI_WISH_SIGNED, "").shown);
}

/* Protocol 7.2 */
static void a_hold_shows_when_its_stream_is_held_with_its_number(void **state)
{
    struct line_world *line = *state;
    world_put(&line->world, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    struct lt_cli_effect effect = ask(line, LT_CLI_WISH_HELD, "ho000001");
    assert_false(effect.shown);
    assert_string_equal(effect.first_waiting, "cn000001");
    line->cursor.state = "HELD";
    line->cursor.control = line->world.number - 1; /* of an earlier hold */
    assert_false(ask(line, LT_CLI_WISH_HELD, "ho000001").shown);
    line->cursor.control = line->world.number;
    effect = ask(line, LT_CLI_WISH_HELD, "ho000001");
    assert_true(effect.shown);
    assert_int_equal(effect.connections, 1);
}

static void nothing_shows_before_the_command_is_in_the_fold(void **state)
{
    struct line_world *line = *state;
    line_put(line);
    line->cursor.state = "HELD";
    line->cursor.control = 99;
    line_put(line);
    assert_false(
        lt_cli_effect(line->world.fold, line->board, LT_CLI_WISH_HELD, "ho000001", 99).shown);
    assert_false(
        lt_cli_effect(line->world.fold, line->board, LT_CLI_WISH_LIFTED, "ho000001", 99).shown);
}

static void lift(struct line_world *line, const char *id)
{
    struct lt_hold hold = world_hold_pair;
    hold.lifted_at = WORLD_NOW;
    hold.lifted_by = "test";
    world_put(&line->world, LT_CONTROL_HOLD, id, &hold);
}

static void a_lift_shows_when_the_stream_moves_again(void **state)
{
    struct line_world *line = *state;
    world_put(&line->world, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    line->cursor.state = "HELD";
    line->cursor.control = line->world.number;
    lift(line, "ho000001");
    assert_false(ask(line, LT_CLI_WISH_LIFTED, "ho000001").shown);
    line->cursor.state = "CATCH";
    line->cursor.control = line->world.number;
    struct lt_cli_effect effect = ask(line, LT_CLI_WISH_LIFTED, "ho000001");
    assert_true(effect.shown);
    assert_int_equal(effect.still_held, 0);
}

/* A LIVE stream's position is its feed's record (protocol 2): a hold lifted before it took effect
 * leaves the cursor as it was. */
static void a_live_stream_is_judged_by_its_feeds_control_number(void **state)
{
    struct line_world *line = *state;
    world_put(&line->world, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    lift(line, "ho000001");
    assert_false(ask(line, LT_CLI_WISH_LIFTED, "ho000001").shown);
    line->routed.control = line->world.number;
    assert_true(ask(line, LT_CLI_WISH_LIFTED, "ho000001").shown);
}

/* DX-2: holds are a set. */
static void a_lift_says_what_another_hold_keeps_suspended(void **state)
{
    struct line_world *line = *state;
    world_put(&line->world, LT_CONTROL_HOLD, "ho000002", &world_hold_service);
    world_put(&line->world, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    line->cursor.state = "HELD";
    lift(line, "ho000001");
    struct lt_cli_effect effect = ask(line, LT_CLI_WISH_LIFTED, "ho000001");
    assert_true(effect.shown);
    assert_int_equal(effect.still_held, 1);
}

static void an_amendment_shows_when_the_stream_has_its_scope_version(void **state)
{
    struct line_world *line = *state;
    struct lt_connection terms = world_connection;
    terms.scope_version = 2;
    world_put(&line->world, LT_CONTROL_CONNECTION, "cn000001", &terms);
    line->routed.control = line->world.number;
    assert_false(ask(line, LT_CLI_WISH_AMENDED, "cn000001").shown);
    line->cursor.state = "ENDED";
    line_put(line);
    line->cursor.stream = "cn000001.2";
    line->cursor.state = "LOAD";
    line->cursor.scope_version = 2;
    assert_true(ask(line, LT_CLI_WISH_AMENDED, "cn000001").shown);
}

static void a_connection_without_stream_has_nothing_to_wait_for(void **state)
{
    struct line_world *line = *state;
    world_put(&line->world, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    lift(line, "ho000001");
    const int64_t number = line->world.number;
    assert_true(
        lt_cli_effect(line->world.fold, line->board, LT_CLI_WISH_LIFTED, "ho000001", number).shown);
    assert_true(
        lt_cli_effect(line->world.fold, line->board, LT_CLI_WISH_AMENDED, "cn000001", number)
            .shown);
}

static void a_termination_shows_when_every_stream_has_ended(void **state)
{
    struct line_world *line = *state;
    struct lt_agreement agreement = world_agreement;
    agreement.ended_at = WORLD_NOW;
    agreement.ground = "44.1c";
    world_put(&line->world, LT_CONTROL_AGREEMENT, "ar000012", &agreement);
    line->cursor.state = "HELD"; /* held is not ended */
    line->cursor.control = line->world.number;
    struct lt_cli_effect effect = ask(line, LT_CLI_WISH_ENDED, "ar000012");
    assert_false(effect.shown);
    assert_int_equal(effect.waiting, 1);
    line->cursor.state = "ENDED";
    effect = ask(line, LT_CLI_WISH_ENDED, "ar000012");
    assert_true(effect.shown);
    assert_int_equal(effect.connections, 1);
}

#define WITH_LINE(test) cmocka_unit_test_setup_teardown(test, line_setup, line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LINE(signed_means_confirmed_by_a_heartbeat),
        WITH_LINE(a_hold_shows_when_its_stream_is_held_with_its_number),
        WITH_LINE(nothing_shows_before_the_command_is_in_the_fold),
        WITH_LINE(a_lift_shows_when_the_stream_moves_again),
        WITH_LINE(a_live_stream_is_judged_by_its_feeds_control_number),
        WITH_LINE(a_lift_says_what_another_hold_keeps_suspended),
        WITH_LINE(an_amendment_shows_when_the_stream_has_its_scope_version),
        WITH_LINE(a_connection_without_stream_has_nothing_to_wait_for),
        WITH_LINE(a_termination_shows_when_every_stream_has_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
