#include "line_world.h"

#define LATE (WORLD_NOW - STILL - LT_SECOND)
#define HOUR (3600 * LT_SECOND)

static void time_passes_everywhere_on_a_fresh_line(void **state)
{
    struct lt_cli_line line = line_compute(*state);
    assert_int_equal(line.stands, LT_CLI_MOVING);
    assert_int_equal(line.why, LT_CLI_STILL_NOT);
    assert_int_equal(line.age, LT_CLI_AGE_FRESH);
    assert_int_equal(line.usable_until, WORLD_NOW - LT_SECOND + 72 * HOUR);
    assert_false(line.over);
}

/* One stage broken, and where time must stand still then (D8.1). */
struct breakage {
    const char *name;
    void (*apply)(struct line_world *line);
    enum lt_cli_stage stage;
    enum lt_cli_still why;
};

static void adapter_silent(struct line_world *line)
{
    line->source.at = LATE;
    line->feed.at = LATE; /* what follows is late too: the first one is named */
    line->routed.sync_time = LATE;
}
static void feed_wanted(struct line_world *line)
{
    line->feed.state = "wanted";
}
static void snapshot_runs(struct line_world *line)
{
    line->feed.state = "snapshot";
}
static void feed_over(struct line_world *line)
{
    line->feed.state = "ended";
}
static void feed_unfit(struct line_world *line)
{
    line->feed.state = "ended";
    line->feed.incarnation = 0;
}
static void no_voucher(struct line_world *line)
{
    line->feed.at = LATE;
}
static void routing_behind(struct line_world *line)
{
    line->routed.sync_time = LATE;
    line->routed.g = 4000;
}
static void old_incarnation(struct line_world *line)
{
    line->feed.incarnation = 2;
}
static void voucher_missing_in_feed(struct line_world *line)
{
    line->routed.sync_time = LATE;
}
static void held(struct line_world *line)
{
    line->cursor.state = "HELD";
}
static void ended(struct line_world *line)
{
    line->cursor.state = "ENDED";
}
static void loading(struct line_world *line)
{
    line->cursor.state = "LOAD";
}
static void catching(struct line_world *line)
{
    line->cursor.state = "CATCH";
    line->notice.sync_time = LATE;
}
static void inbox_old(struct line_world *line)
{
    line->notice.sync_time = LATE;
}
static void target_silent(struct line_world *line)
{
    line->receipt.stamp = line->receipt.at = LATE - LT_SECOND; /* while offers go on */
}
static void target_slow(struct line_world *line)
{
    line->receipt.stamp = LATE - LT_SECOND;
}
static void target_loads(struct line_world *line)
{
    line->receipt.active = false;
}

static const struct breakage BREAKAGES[] = {
    {"the adapter is silent", adapter_silent, LT_CLI_SOURCE, LT_CLI_STILL_NO_SIGN},
    {"the feed is wanted", feed_wanted, LT_CLI_FEED, LT_CLI_STILL_NO_FEED},
    {"the snapshot runs", snapshot_runs, LT_CLI_FEED, LT_CLI_STILL_SNAPSHOT},
    {"the feed ended", feed_over, LT_CLI_FEED, LT_CLI_STILL_FEED_ENDED},
    {"the feed cannot begin", feed_unfit, LT_CLI_FEED, LT_CLI_STILL_FEED_UNFIT},
    {"no sync point", no_voucher, LT_CLI_FEED, LT_CLI_STILL_NO_SYNC},
    {"routing is behind", routing_behind, LT_CLI_ROUTED, LT_CLI_STILL_BEHIND},
    {"routing is in the old feed", old_incarnation, LT_CLI_ROUTED, LT_CLI_STILL_BEHIND},
    {"routing has read all", voucher_missing_in_feed, LT_CLI_ROUTED, LT_CLI_STILL_NO_SYNC},
    {"held", held, LT_CLI_STREAM, LT_CLI_STILL_HELD},
    {"ended", ended, LT_CLI_STREAM, LT_CLI_STILL_ENDED},
    {"loading", loading, LT_CLI_STREAM, LT_CLI_STILL_LOADING},
    {"catching up", catching, LT_CLI_STREAM, LT_CLI_STILL_CATCHING},
    {"the inbox is old", inbox_old, LT_CLI_STREAM, LT_CLI_STILL_NO_NOTICE},
    {"the target is silent", target_silent, LT_CLI_TARGET, LT_CLI_STILL_NO_RECEIPT},
    {"the target is slow", target_slow, LT_CLI_TARGET, LT_CLI_STILL_NOT_APPLIED},
    {"the target loads", target_loads, LT_CLI_TARGET, LT_CLI_STILL_STAGING},
};

static void names_the_first_stage_where_time_stands_still(void **state)
{
    struct line_world *world = *state;
    for (size_t i = 0; i < LT_COUNT(BREAKAGES); i++) {
        line_set(world);
        BREAKAGES[i].apply(world);
        struct lt_cli_line line = line_compute(world);
        if (line.stands != BREAKAGES[i].stage || line.why != BREAKAGES[i].why)
            fail_msg("%s: stage %d why %d", BREAKAGES[i].name, (int)line.stands, (int)line.why);
    }
}

static void nothing_written_yet_stands_at_the_source(void **state)
{
    struct line_world *world = *state;
    struct lt_cli_line line;
    lt_cli_line(world->world.fold, world->board, "cn000001", &LT_CLI_NO_MARKS,
                &(struct lt_cli_measure){WORLD_NOW, STILL}, &line);
    assert_int_equal(line.stands, LT_CLI_SOURCE);
    assert_int_equal(line.why, LT_CLI_STILL_NO_SIGN);
    assert_int_equal(line.stamp, LT_TIME_NONE);
    assert_int_equal(line.age, LT_CLI_AGE_NONE);
}

static void a_target_may_trail_by_the_tolerance(void **state)
{
    struct line_world *world = *state;
    world->receipt.stamp = world->notice.sync_time - STILL;
    world->receipt.at = LATE; /* nothing new to report until now */
    assert_int_equal(line_compute(world).stands, LT_CLI_MOVING);
}

static void a_target_without_stamp_has_the_tolerance_from_the_offer_on(void **state)
{
    struct line_world *world = *state;
    world->receipt.stamp = LT_NULL;
    assert_int_equal(line_compute(world).stands, LT_CLI_MOVING);
    world->notice.at = LATE;
    assert_int_equal(line_compute(world).why, LT_CLI_STILL_NOT_APPLIED);
}

/* While a replacing stream is loaded, the old copy is what people use (architecture 4.4). */
static void the_shown_copy_gives_the_stamp_while_another_is_loaded(void **state)
{
    struct line_world *world = *state;
    world->receipt.stamp = WORLD_NOW - HOUR;
    line_put(world);
    world->cursor.stream = world->notice.stream = world->receipt.stream = "cn000001.2";
    world->notice.generation = 2;
    world->receipt.active = false;
    world->receipt.stamp = LT_NULL;
    struct lt_cli_line line = line_compute(world);
    assert_string_equal(line.cursor->stream, "cn000001.2");
    assert_string_equal(line.shown->stream, "cn000001.1");
    assert_int_equal(line.stamp, WORLD_NOW - HOUR);
    assert_int_equal(line.why, LT_CLI_STILL_STAGING);
}

/* D41.2b-9: warnings at 50, 80, 95 % of the use period. */
static void warns_by_the_share_of_the_use_period_that_is_gone(void **state)
{
    (void)state;
    const struct {
        int64_t percent;
        enum lt_cli_age age;
    } CASES[] = {
        {-1, LT_CLI_AGE_NONE},     {0, LT_CLI_AGE_FRESH},      {49, LT_CLI_AGE_FRESH},
        {50, LT_CLI_AGE_50},       {79, LT_CLI_AGE_50},        {80, LT_CLI_AGE_80},
        {94, LT_CLI_AGE_80},       {95, LT_CLI_AGE_95},        {99, LT_CLI_AGE_95},
        {100, LT_CLI_AGE_EXPIRED}, {5000, LT_CLI_AGE_EXPIRED},
    };
    for (size_t i = 0; i < LT_COUNT(CASES); i++)
        assert_int_equal(lt_cli_age_of(CASES[i].percent), CASES[i].age);
}

static void percent_does_not_overflow_or_go_below_zero(void **state)
{
    (void)state;
    assert_int_equal(lt_cli_used_percent(100, 10, 50), 0);
    assert_int_equal(lt_cli_used_percent(0, 200, 99), 49);
    assert_int_equal(lt_cli_used_percent(0, INT64_MAX / 2, INT64_MAX / 2), 100);
}

static void the_end_of_use_cuts_the_use_period_short(void **state)
{
    struct line_world *world = *state;
    struct lt_agreement agreement = world_agreement;
    agreement.use_until = WORLD_NOW + HOUR;
    world_put(&world->world, LT_CONTROL_AGREEMENT, "ar000012", &agreement);
    assert_int_equal(line_compute(world).usable_until, WORLD_NOW + HOUR);
}

static void a_copy_is_closed_when_its_right_is_over(void **state)
{
    struct line_world *world = *state;
    struct lt_agreement ways[3] = {world_agreement, world_agreement, world_agreement};
    ways[0].ended_at = WORLD_NOW - HOUR;
    ways[1].connection_until = WORLD_NOW;
    ways[2].use_until = WORLD_NOW;
    for (size_t i = 0; i < LT_COUNT(ways); i++) {
        world_put(&world->world, LT_CONTROL_AGREEMENT, "ar000012", &ways[i]);
        struct lt_cli_line line = line_compute(world);
        assert_true(line.over);
        assert_int_equal(line.age, LT_CLI_AGE_OVER);
    }
}

static void shows_holds_on_connection_and_service_but_not_lifted_ones(void **state)
{
    struct line_world *world = *state;
    struct lt_hold lifted = world_hold_pair;
    lifted.lifted_at = WORLD_NOW;
    world_put(&world->world, LT_CONTROL_HOLD, "ho000001", &lifted);
    world_put(&world->world, LT_CONTROL_HOLD, "ho000002", &world_hold_pair);
    world_put(&world->world, LT_CONTROL_HOLD, "ho000003", &world_hold_service);
    struct lt_hold other = world_hold_pair;
    other.target = "cn000002";
    world_put(&world->world, LT_CONTROL_HOLD, "ho000004", &other);
    struct lt_cli_line line = line_compute(world);
    assert_int_equal(line.hold_count, 2);
    assert_string_equal(line.holds[0].id, "ho000002");
    assert_string_equal(line.holds[1].id, "ho000003");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_target_without_stamp_has_the_tolerance_from_the_offer_on,
                                        line_setup, line_teardown),
        cmocka_unit_test_setup_teardown(time_passes_everywhere_on_a_fresh_line, line_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(names_the_first_stage_where_time_stands_still, line_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(nothing_written_yet_stands_at_the_source, line_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(a_target_may_trail_by_the_tolerance, line_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(the_shown_copy_gives_the_stamp_while_another_is_loaded,
                                        line_setup, line_teardown),
        cmocka_unit_test(warns_by_the_share_of_the_use_period_that_is_gone),
        cmocka_unit_test(percent_does_not_overflow_or_go_below_zero),
        cmocka_unit_test_setup_teardown(the_end_of_use_cuts_the_use_period_short, line_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(a_copy_is_closed_when_its_right_is_over, line_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(shows_holds_on_connection_and_service_but_not_lifted_ones,
                                        line_setup, line_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
