#include <stdlib.h>
#include <string.h>

#include "control/right.h"
#include "support/cm.h"
#include "support/control_world.h"

#define MINUTE (60 * LT_SECOND)

/* One way to break the deliverable world, and the one clause that must fail then. */
struct breakage {
    const char *name;
    enum lt_clause clause;
    const char *detail;
    void (*apply)(struct world *world, struct lt_right_facts *facts);
};

static void nothing(struct world *world, struct lt_right_facts *facts)
{
    (void)world;
    (void)facts;
}

static void old_heartbeat(struct world *world, struct lt_right_facts *facts)
{
    (void)world;
    facts->now = WORLD_NOW + WORLD_GRACE + 1;
}

static void unconfirmed(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    world_put(world, LT_CONTROL_AGENCY, "ag0009", &world_agency);
}

static void put_connection(struct world *world, struct lt_connection connection)
{
    world_put(world, LT_CONTROL_CONNECTION, "cn000001", &connection);
    world_beat(world, WORLD_NOW + 1);
}

static void put_agreement(struct world *world, struct lt_agreement agreement)
{
    world_put(world, LT_CONTROL_AGREEMENT, "ar000012", &agreement);
    world_beat(world, WORLD_NOW + 1);
}

static void put_service(struct world *world, struct lt_service service)
{
    world_put(world, LT_CONTROL_SERVICE, "sv000001", &service);
    world_beat(world, WORLD_NOW + 1);
}

static void put_user(struct world *world, struct lt_application application)
{
    world_put(world, LT_CONTROL_APPLICATION, "ap000002", &application);
    world_beat(world, WORLD_NOW + 1);
}

static void terminated(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    struct lt_connection connection = world_connection;
    connection.ended_at = WORLD_NOW;
    connection.ground = "44.1d-1";
    put_connection(world, connection);
}

static void unpublished(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    struct lt_service service = world_service;
    service.published = false;
    put_service(world, service);
}

static void no_policy(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    struct lt_service service = world_service;
    service.policy = NULL;
    put_service(world, service);
}

static void endless_policy(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    struct lt_policy policy = *world_service.policy;
    policy.use_period = 0;
    struct lt_service service = world_service;
    service.policy = &policy;
    put_service(world, service);
}

static void longer_than_policy(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    struct lt_connection connection = world_connection;
    connection.use_period++;
    put_connection(world, connection);
}

static void service_hold(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    world_put(world, LT_CONTROL_HOLD, "ho000003", &world_hold_service);
    world_beat(world, WORLD_NOW + 1);
}

static void pair_hold(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    world_put(world, LT_CONTROL_HOLD, "ho000007", &world_hold_pair);
    world_beat(world, WORLD_NOW + 1);
}

static void expected_end_passed(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    struct lt_hold hold = world_hold_pair;
    hold.expected_end = WORLD_NOW - LT_SECOND; /* no silent resume (D43.3) */
    world_put(world, LT_CONTROL_HOLD, "ho000007", &hold);
    world_beat(world, WORLD_NOW + 1);
}

static void unsigned_agreement(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    struct lt_agreement agreement = world_agreement;
    agreement.signed_by_all = false;
    put_agreement(world, agreement);
}

static void not_yet_valid(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    struct lt_agreement agreement = world_agreement;
    agreement.valid_from = WORLD_NOW + LT_SECOND;
    put_agreement(world, agreement);
}

static void ends_within_a_transaction(struct world *world, struct lt_right_facts *facts)
{
    struct lt_agreement agreement = world_agreement;
    agreement.connection_until = WORLD_NOW + facts->transaction;
    put_agreement(world, agreement);
}

static void another_provider(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    struct lt_agreement agreement = world_agreement;
    agreement.provider = "ag0003";
    put_agreement(world, agreement);
}

static void another_user(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    struct lt_agreement agreement = world_agreement;
    agreement.user = "ag0001";
    put_agreement(world, agreement);
}

static void locked_account(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    struct lt_application user = world_user;
    user.active = false;
    put_user(world, user);
}

static void no_certificate(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    struct lt_application user = world_user;
    user.key_generation = 0;
    put_user(world, user);
}

static void certificate_ends_within_a_transaction(struct world *world, struct lt_right_facts *facts)
{
    struct lt_application user = world_user;
    user.certificate_until = WORLD_NOW + facts->transaction;
    put_user(world, user);
}

static void wrong_role(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    struct lt_application user = world_user;
    user.role = "provider";
    put_user(world, user);
}

static void unknown_scope(struct world *world, struct lt_right_facts *facts)
{
    (void)world;
    facts->scope_known = false;
}

static void no_fields(struct world *world, struct lt_right_facts *facts)
{
    (void)facts;
    struct lt_connection connection = world_connection;
    connection.field_count = 0;
    put_connection(world, connection);
}

static void rate_used_up(struct world *world, struct lt_right_facts *facts)
{
    facts->delivered_today = 100;
    struct lt_connection connection = world_connection;
    connection.max_per_day = 100;
    put_connection(world, connection);
}

static void no_diary(struct world *world, struct lt_right_facts *facts)
{
    (void)world;
    facts->diary_writable = false;
}

static const struct breakage breakages[] = {
    {"whole", LT_CLAUSE_NONE, "", nothing},
    {"old heartbeat", LT_CLAUSE_CONTROL, "older than the grace", old_heartbeat},
    {"unconfirmed", LT_CLAUSE_CONTROL, "differs", unconfirmed},
    {"terminated", LT_CLAUSE_CONNECTION, "ground 44.1d-1", terminated},
    {"unpublished", LT_CLAUSE_PUBLISHED, "not published", unpublished},
    {"no policy", LT_CLAUSE_POLICY, "no policy", no_policy},
    {"longer than policy", LT_CLAUSE_POLICY, "longer than policy 1", longer_than_policy},
    {"endless policy", LT_CLAUSE_POLICY, "no finite use period", endless_policy},
    {"service hold", LT_CLAUSE_SERVICE_HOLD, "hold ho000003 on sv000001, ground 43.1a",
     service_hold},
    {"pair hold", LT_CLAUSE_PAIR_HOLD, "hold ho000007 on cn000001, ground 43.2a", pair_hold},
    {"expected end", LT_CLAUSE_PAIR_HOLD, "hold ho000007", expected_end_passed},
    {"unsigned", LT_CLAUSE_AGREEMENT, "not signed by all", unsigned_agreement},
    {"not yet valid", LT_CLAUSE_AGREEMENT, "in force from", not_yet_valid},
    {"ends soon", LT_CLAUSE_AGREEMENT, "before a delivery begun now", ends_within_a_transaction},
    {"other provider", LT_CLAUSE_AGREEMENT, "other agencies", another_provider},
    {"other user", LT_CLAUSE_AGREEMENT, "other agencies", another_user},
    {"locked", LT_CLAUSE_ACCOUNT, "locked", locked_account},
    {"no certificate", LT_CLAUSE_ACCOUNT, "no certificate", no_certificate},
    {"certificate ends", LT_CLAUSE_ACCOUNT, "certificate of ap000002.k1",
     certificate_ends_within_a_transaction},
    {"role", LT_CLAUSE_ACCOUNT, "not a user", wrong_role},
    {"unknown scope", LT_CLAUSE_SCOPE, "cannot be applied", unknown_scope},
    {"no fields", LT_CLAUSE_SCOPE, "no fields", no_fields},
    {"rate", LT_CLAUSE_RATE, "100 records delivered today, 100 declared", rate_used_up},
    {"no diary", LT_CLAUSE_DIARY, "diary", no_diary},
};

static const struct lt_right_facts good_facts = {
    .now = WORLD_NOW,
    .grace = WORLD_GRACE,
    .transaction = MINUTE,
    .scope_known = true,
    .delivered_today = 99,
    .diary_writable = true,
};

/* DX-1: for each clause one case in which exactly that clause fails. */
static void names_the_one_clause_that_fails(void **state)
{
    (void)state;
    unsigned covered = 0;
    for (size_t i = 0; i < LT_COUNT(breakages); i++) {
        const struct breakage *breakage = &breakages[i];
        struct world world;
        struct lt_right_facts facts = good_facts;
        world_init(&world);
        world_fill(&world);
        breakage->apply(&world, &facts);
        const struct lt_right right = lt_route(world.fold, "cn000001", &facts);
        if (right.clause != breakage->clause || !strstr(right.detail, breakage->detail))
            fail_msg("%s: clause %s, '%s'", breakage->name, lt_clause_name(right.clause),
                     right.detail);
        const unsigned failing = lt_route_failing(world.fold, "cn000001", &facts);
        if (failing != (breakage->clause ? 1u << breakage->clause : 0))
            fail_msg("%s: clauses %x fail", breakage->name, failing);
        covered |= 1u << breakage->clause;
        world_fini(&world);
    }
    assert_int_equal(covered, (1u << (LT_CLAUSE_DIARY + 1)) - 1);
}

static void knows_nothing_of_an_unknown_connection(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_fill(&world);
    const struct lt_right right = lt_route(world.fold, "cn000002", &good_facts);
    assert_int_equal(right.clause, LT_CLAUSE_CONNECTION);
    assert_string_equal(right.detail, "connection 'cn000002' is unknown");
    world_fini(&world);
}

/* D44.1d-2: the end of an agreement needs no scheduler; it is read from the clock. */
static void an_expired_agreement_ends_the_connection(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_fill(&world);
    struct lt_agreement agreement = world_agreement;
    agreement.connection_until = WORLD_NOW + 10 * LT_SECOND;
    put_agreement(&world, agreement);
    struct lt_right_facts facts = good_facts;
    facts.now = WORLD_NOW + 10 * LT_SECOND - 1;
    assert_int_equal(lt_route(world.fold, "cn000001", &facts).clause, LT_CLAUSE_AGREEMENT);
    facts.now = WORLD_NOW + 10 * LT_SECOND;
    const struct lt_right right = lt_route(world.fold, "cn000001", &facts);
    assert_int_equal(right.clause, LT_CLAUSE_CONNECTION);
    assert_non_null(strstr(right.detail, "ground 44.1d-2"));
    assert_true(lt_clause_is_final(right.clause));
    world_fini(&world);
}

static void an_ended_agreement_ends_the_connection(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_fill(&world);
    struct lt_agreement agreement = world_agreement;
    agreement.ended_at = WORLD_NOW;
    agreement.ground = "44.1c";
    put_agreement(&world, agreement);
    const struct lt_right right = lt_route(world.fold, "cn000001", &good_facts);
    assert_int_equal(right.clause, LT_CLAUSE_CONNECTION);
    assert_non_null(strstr(right.detail, "ground 44.1c"));
    world_fini(&world);
}

/* DX-2: lifting the maintenance leaves the violation. */
static void stays_stopped_until_the_last_hold_is_lifted(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_fill(&world);
    world_put(&world, LT_CONTROL_HOLD, "ho000001", &world_hold_service);
    world_put(&world, LT_CONTROL_HOLD, "ho000002", &world_hold_pair);
    struct lt_hold lifted = world_hold_service;
    lifted.lifted_at = WORLD_NOW;
    world_put(&world, LT_CONTROL_HOLD, "ho000001", &lifted);
    world_beat(&world, WORLD_NOW + 1);
    assert_int_equal(lt_route(world.fold, "cn000001", &good_facts).clause, LT_CLAUSE_PAIR_HOLD);
    lifted = world_hold_pair;
    lifted.lifted_at = WORLD_NOW;
    world_put(&world, LT_CONTROL_HOLD, "ho000002", &lifted);
    world_beat(&world, WORLD_NOW + 2);
    assert_int_equal(lt_route(world.fold, "cn000001", &good_facts).clause, LT_CLAUSE_NONE);
    world_fini(&world);
}

static void says_each_clause_in_both_languages_with_its_article(void **state)
{
    (void)state;
    for (enum lt_clause clause = LT_CLAUSE_CONNECTION; clause <= LT_CLAUSE_DIARY; clause++) {
        assert_non_null(strstr(lt_clause_words(clause, false), "article"));
        assert_non_null(strstr(lt_clause_words(clause, true), "Điều"));
        assert_true(strlen(lt_clause_name(clause)) > 0);
    }
    assert_string_equal(lt_clause_name(LT_CLAUSE_PAIR_HOLD), "pair_hold");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_one_clause_that_fails),
        cmocka_unit_test(knows_nothing_of_an_unknown_connection),
        cmocka_unit_test(an_expired_agreement_ends_the_connection),
        cmocka_unit_test(an_ended_agreement_ends_the_connection),
        cmocka_unit_test(stays_stopped_until_the_last_hold_is_lifted),
        cmocka_unit_test(says_each_clause_in_both_languages_with_its_article),
    };
    return cmocka_run_group_tests_name("control right", tests, NULL, NULL);
}
