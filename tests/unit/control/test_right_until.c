/* Until when an answer of DX-1 stands by itself. */
#include "control/right.h"
#include "support/cm.h"
#include "support/control_world.h"

#define MINUTE (60 * LT_SECOND)
#define DAY    (86400 * LT_SECOND)

/* The clause that fails at a moment; control stays fresh. */
static enum lt_clause clause_at(const struct world *world, lt_time at, lt_time *ret_until)
{
    const struct lt_right_facts facts = {.now = at,
                                         .grace = 1000 * DAY,
                                         .transaction = MINUTE,
                                         .scope_known = true,
                                         .diary_writable = true};
    *ret_until = lt_route_until(world->fold, "cn000001", &facts);
    return lt_route(world->fold, "cn000001", &facts).clause;
}

/* From moment to moment: what stands at the first stands at the last instant before the next. */
static void an_answer_stands_until_the_moment_that_is_told(void **state)
{
    (void)state;
    struct world world;
    struct lt_agreement agreement = world_agreement;
    const enum lt_clause expected[] = {LT_CLAUSE_AGREEMENT, LT_CLAUSE_NONE, LT_CLAUSE_ACCOUNT,
                                       LT_CLAUSE_AGREEMENT, LT_CLAUSE_CONNECTION};
    const lt_time moments[] = {WORLD_NOW + DAY, WORLD_NOW + 90 * DAY - MINUTE,
                               WORLD_NOW + 100 * DAY - MINUTE, WORLD_NOW + 100 * DAY, INT64_MAX};
    lt_time at = WORLD_NOW + 2, until, again;
    world_init(&world);
    world_fill(&world);
    agreement.valid_from = WORLD_NOW + DAY;
    agreement.connection_until = WORLD_NOW + 100 * DAY;
    world_put(&world, LT_CONTROL_AGREEMENT, "ar000012", &agreement);
    world_beat(&world, WORLD_NOW + 1);
    for (size_t i = 0; i < LT_COUNT(moments); i++) {
        assert_int_equal(clause_at(&world, at, &until), expected[i]);
        assert_int_equal(until, moments[i]);
        lt_time last = i + 1 < LT_COUNT(moments) ? until - 1 : at + DAY;
        assert_int_equal(clause_at(&world, last, &again), expected[i]);
        assert_int_equal(again, until);
        at = until;
    }
    world_fini(&world);
}

static void nothing_known_of_a_connection_has_no_moment(void **state)
{
    (void)state;
    struct world world;
    const struct lt_right_facts facts = {.now = WORLD_NOW, .transaction = MINUTE};
    world_init(&world);
    assert_int_equal(lt_route_until(world.fold, "cn000001", &facts), INT64_MAX);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_stands_until_the_moment_that_is_told),
        cmocka_unit_test(nothing_known_of_a_connection_has_no_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
