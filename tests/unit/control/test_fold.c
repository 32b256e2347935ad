#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cm.h"
#include "support/control_world.h"

static int setup(void **state)
{
    struct world *world = test_malloc(sizeof(*world));
    world_init(world);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    world_fini(*state);
    test_free(*state);
    return 0;
}

static void assert_refused(struct world *world, const char *why)
{
    struct lt_error err = {0};
    uint8_t before[32], after[32];
    lt_fold_digest(world->fold, before);
    assert_int_equal(world_take(world, &err), -1);
    assert_int_equal(err.class, LT_ERR_REJECT);
    if (!strstr(err.msg, why))
        fail_msg("'%s' does not say '%s'", err.msg, why);
    lt_fold_digest(world->fold, after);
    assert_memory_equal(before, after, sizeof(after));
}

static void keeps_the_newest_body_of_each_object(void **state)
{
    struct world *world = *state;
    world_fill(world);
    struct lt_connection narrower = world_connection;
    narrower.field_count = 1;
    narrower.scope_version = 2;
    world_put(world, LT_CONTROL_CONNECTION, "cn000001", &narrower);
    const struct lt_connection *held = lt_fold_connection(world->fold, "cn000001");
    assert_int_equal(held->field_count, 1);
    assert_string_equal(held->fields[0], "code");
    assert_int_equal(held->scope_version, 2);
    assert_int_equal(lt_fold_number_of(world->fold, LT_CONTROL_CONNECTION, "cn000001"),
                     world->number);
    assert_null(lt_fold_connection(world->fold, "cn000002"));
    assert_string_equal(lt_fold_service(world->fold, "sv000001")->policy->on_expiry, "hide");
}

static void keeps_the_bytes_as_they_came(void **state)
{
    struct world *world = *state;
    world_put(world, LT_CONTROL_AGENCY, "ag0001", &world_agency);
    const struct lt_bytes wire = lt_fold_wire(world->fold, LT_CONTROL_AGENCY, "ag0001");
    assert_true(lt_bytes_equal(wire, lt_buf_bytes(&world->wire)));
    assert_null(lt_fold_wire(world->fold, LT_CONTROL_AGENCY, "ag0002").data);
}

static void acts_only_when_it_equals_a_heartbeat(void **state)
{
    struct world *world = *state;
    const char *why = NULL;
    assert_false(lt_fold_fresh(world->fold, WORLD_NOW, WORLD_GRACE, &why));
    assert_non_null(strstr(why, "no heartbeat"));
    world_fill(world);
    assert_int_equal(lt_fold_number(world->fold), 7);
    assert_true(lt_fold_fresh(world->fold, WORLD_NOW, WORLD_GRACE, NULL));
    world_put(world, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    assert_int_equal(lt_fold_number(world->fold), 0);
    assert_int_equal(lt_fold_highest(world->fold), 8);
    assert_false(lt_fold_fresh(world->fold, WORLD_NOW, WORLD_GRACE, &why));
    assert_non_null(strstr(why, "differs"));
    world_beat(world, WORLD_NOW + 1);
    assert_int_equal(lt_fold_number(world->fold), 8);
}

static void stops_when_a_record_is_missing(void **state)
{
    struct world *world = *state;
    struct lt_fold *other = lt_fold_new(world->public_key);
    world_put(world, LT_CONTROL_AGENCY, "ag0001", &world_agency);
    world_put(world, LT_CONTROL_AGENCY, "ag0002", &world_agency); /* never reaches the other */
    world_beat(world, WORLD_NOW);
    assert_int_equal(
        lt_fold_take(other, lt_bytes_text(world->key), lt_buf_bytes(&world->wire), NULL), 0);
    assert_int_equal(lt_fold_number(other), 0);
    assert_false(lt_fold_fresh(other, WORLD_NOW, WORLD_GRACE, NULL));
    lt_fold_free(other);
}

static void grows_stale_with_its_heartbeat(void **state)
{
    struct world *world = *state;
    const char *why = NULL;
    world_fill(world);
    assert_true(lt_fold_fresh(world->fold, WORLD_NOW + WORLD_GRACE, WORLD_GRACE, NULL));
    assert_false(lt_fold_fresh(world->fold, WORLD_NOW + WORLD_GRACE + 1, WORLD_GRACE, &why));
    assert_non_null(strstr(why, "older than the grace"));
    assert_true(lt_fold_fresh(world->fold, WORLD_NOW - 60 * LT_SECOND, WORLD_GRACE, NULL));
    assert_false(lt_fold_fresh(world->fold, WORLD_NOW - 60 * LT_SECOND - 1, WORLD_GRACE, &why));
    assert_non_null(strstr(why, "from the future"));
}

static void refuses_a_forged_record(void **state)
{
    struct world *world = *state;
    world_fill(world);
    world_sign(world, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    world->wire.data[world->wire.len - 1] ^= 1;
    assert_refused(world, "signature does not verify");
    struct world thief;
    world_init(&thief);
    thief.number = world->number;
    world_sign(&thief, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    assert_int_equal(
        lt_fold_take(world->fold, lt_bytes_text(thief.key), lt_buf_bytes(&thief.wire), NULL), -1);
    world_fini(&thief);
}

static void refuses_malformed_bytes(void **state)
{
    struct world *world = *state;
    world_sign(world, LT_CONTROL_AGENCY, "ag0001", &world_agency);
    const size_t len = world->wire.len;
    world->wire.len = 1 + LT_SIGNATURE_BYTES;
    assert_refused(world, "too short");
    world->wire.len = len;
    world->wire.data[0] = 2;
    assert_refused(world, "unknown form 02");
    const struct lt_bytes absent = {0};
    assert_int_equal(lt_fold_take(world->fold, lt_bytes_text("agency/ag0001"), absent, NULL), -1);
}

static void refuses_a_record_under_another_key(void **state)
{
    struct world *world = *state;
    world_sign(world, LT_CONTROL_AGENCY, "ag0001", &world_agency);
    strcpy(world->key, "agency/ag0002");
    assert_refused(world, "stands under another key");
}

static void refuses_a_replayed_older_record(void **state)
{
    struct world *world = *state;
    world_fill(world);
    world_put(world, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    world_beat(world, WORLD_NOW + 1);
    struct world copy = *world; /* the hold's record, kept by somebody */
    copy.wire = (struct lt_buf){0};
    struct lt_hold lifted = world_hold_pair;
    lifted.lifted_at = WORLD_NOW;
    world_put(world, LT_CONTROL_HOLD, "ho000001", &lifted);
    world_beat(world, WORLD_NOW + 2);
    copy.number = 7;
    world_sign(&copy, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    assert_refused(&copy, "not newer");
    assert_int_equal(lt_fold_number(world->fold), 9);
    lt_buf_fini(&copy.wire);
}

static void refuses_a_number_that_a_heartbeat_passed(void **state)
{
    struct world *world = *state;
    world_fill(world);
    world->number = 3;
    world_sign(world, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    assert_refused(world, "passed by a heartbeat");
}

static void refuses_two_contents_of_one_number(void **state)
{
    struct world *world = *state;
    world_put(world, LT_CONTROL_AGENCY, "ag0001", &world_agency);
    world->number--;
    const struct lt_agency other = {.name = "B", .class = "ministry", .contact = ""};
    world_sign(world, LT_CONTROL_AGENCY, "ag0001", &other);
    assert_refused(world, "not newer");
}

static void takes_the_same_record_twice_without_change(void **state)
{
    struct world *world = *state;
    world_fill(world);
    world->number = 6;
    world_put(world, LT_CONTROL_CONNECTION, "cn000001", &world_connection);
    assert_int_equal(lt_fold_number(world->fold), 7);
}

static void refuses_a_dead_epoch(void **state)
{
    struct world *world = *state;
    world_fill(world);
    world->epoch = 2;
    world_put(world, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    world_beat(world, WORLD_NOW + 1);
    assert_int_equal(lt_fold_epoch(world->fold), 2);
    world->epoch = 1;
    world_sign(world, LT_CONTROL_HOLD, "ho000002", &world_hold_pair);
    assert_refused(world, "epoch");
}

static void refuses_an_older_heartbeat(void **state)
{
    struct world *world = *state;
    world_fill(world);
    struct lt_buf old = {0};
    lt_buf_add(&old, world->wire.data, world->wire.len);
    world_beat(world, WORLD_NOW + 5 * LT_SECOND);
    lt_buf_clear(&world->wire);
    lt_buf_add(&world->wire, old.data, old.len);
    assert_refused(world, "older than the heartbeat");
    assert_int_equal(lt_fold_heartbeat_at(world->fold), WORLD_NOW + 5 * LT_SECOND);
    lt_buf_fini(&old);
}

/* DT-4: the signer's clock was an hour ahead; right again it goes on under a new number, and what
 * it signed before stays older. */
static void takes_an_earlier_heartbeat_under_a_new_number(void **state)
{
    struct world *world = *state;
    const char *why;
    world_fill(world);
    world_beat(world, WORLD_NOW + 3600 * LT_SECOND);
    struct lt_buf ahead = {0};
    lt_buf_add(&ahead, world->wire.data, world->wire.len);
    assert_false(lt_fold_fresh(world->fold, WORLD_NOW, 30 * LT_SECOND, &why));
    world->number++;
    world_beat(world, WORLD_NOW);
    assert_true(lt_fold_fresh(world->fold, WORLD_NOW, 30 * LT_SECOND, &why));
    lt_buf_clear(&world->wire);
    lt_buf_add(&world->wire, ahead.data, ahead.len);
    assert_refused(world, "older than the heartbeat");
    assert_int_equal(lt_fold_heartbeat_at(world->fold), WORLD_NOW);
    lt_buf_fini(&ahead);
}

static void removes_an_object_but_remembers_its_number(void **state)
{
    struct world *world = *state;
    world_fill(world);
    world_put(world, LT_CONTROL_AGENCY, "ag0002", NULL);
    assert_null(lt_fold_agency(world->fold, "ag0002"));
    assert_int_equal(lt_fold_number_of(world->fold, LT_CONTROL_AGENCY, "ag0002"), 8);
}

static void takes_copies_in_any_order_of_objects(void **state)
{
    struct world *world = *state;
    world->number = 9;
    world_put(world, LT_CONTROL_FEED, "sv000001", &(struct lt_feed_body){"sv000001", 1, ""});
    world->number = 2;
    world_put(world, LT_CONTROL_SERVICE, "sv000001", &world_service);
    assert_non_null(lt_fold_service(world->fold, "sv000001"));
    assert_int_equal(lt_fold_feed(world->fold, "sv000001")->incarnation, 1);
}

static void holds_are_a_set(void **state)
{
    struct world *world = *state;
    world_fill(world);
    struct lt_hold second = world_hold_pair;
    second.ground = "43.2b";
    world_put(world, LT_CONTROL_HOLD, "ho000002", &second);
    world_put(world, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    const struct lt_hold *holds[4];
    const char *ids[4];
    assert_int_equal(lt_fold_holds_on(world->fold, "cn000001", holds, 4), 2);
    assert_int_equal(lt_fold_hold_ids_on(world->fold, "cn000001", ids, 4), 2);
    assert_string_equal(ids[0], "ho000001");
    assert_string_equal(holds[1]->ground, "43.2b");
    struct lt_hold lifted = world_hold_pair;
    lifted.lifted_at = WORLD_NOW;
    world_put(world, LT_CONTROL_HOLD, "ho000001", &lifted);
    assert_int_equal(lt_fold_holds_on(world->fold, "cn000001", holds, 4), 1);
    assert_string_equal(holds[0]->ground, "43.2b");
    assert_int_equal(lt_fold_holds_on(world->fold, "sv000001", holds, 4), 0);
}

static bool collect(void *arg, const char *object, int64_t number, const void *body)
{
    (void)number;
    (void)body;
    strcat(arg, object);
    strcat(arg, " ");
    return strcmp(object, "ag0003") != 0;
}

static void visits_objects_of_a_kind_in_order(void **state)
{
    struct world *world = *state;
    static const char *const ids[] = {"ag0002", "ag0004", "ag0001", "ag0003"};
    for (size_t i = 0; i < LT_COUNT(ids); i++)
        world_put(world, LT_CONTROL_AGENCY, ids[i], &world_agency);
    world_put(world, LT_CONTROL_APPLICATION, "ap000001", &world_provider);
    world_put(world, LT_CONTROL_AGENCY, "ag0002", NULL);
    char seen[128] = "";
    lt_fold_each(world->fold, LT_CONTROL_AGENCY, collect, seen);
    assert_string_equal(seen, "ag0001 ag0003 ");
    seen[0] = 0;
    lt_fold_each(world->fold, LT_CONTROL_SERVICE, collect, seen);
    assert_string_equal(seen, "");
}

/* DX-12: two replicas that fold one log agree, at every heartbeat and at the end; and one that
 * reads only what compaction left agrees with them at the end. */
static void replicas_of_one_log_agree(void **state)
{
    struct world *world = *state;
    struct lt_fold *replica = lt_fold_new(world->public_key);
    struct {
        char key[LT_CONTROL_KEY_MAX];
        struct lt_buf wire;
    } log[300] = {0};
    uint64_t random = 20261125;
    for (size_t i = 0; i < LT_COUNT(log); i++) {
        char id[16];
        snprintf(id, sizeof(id), "ho%06d", (int)(lt_random_next(&random) % 20) + 1);
        struct lt_hold hold = world_hold_pair;
        hold.lifted_at = lt_random_next(&random) % 2 ? LT_NULL : WORLD_NOW;
        if (lt_random_next(&random) % 5 == 0)
            world_beat(world, WORLD_NOW + (lt_time)i);
        else
            world_put(world, LT_CONTROL_HOLD, id, lt_random_next(&random) % 9 ? &hold : NULL);
        memcpy(log[i].key, world->key, sizeof(log[i].key));
        lt_buf_add(&log[i].wire, world->wire.data, world->wire.len);
        assert_int_equal(
            lt_fold_take(replica, lt_bytes_text(log[i].key), lt_buf_bytes(&log[i].wire), NULL), 0);
        assert_int_equal(lt_fold_number(replica), lt_fold_number(world->fold));
    }
    world_beat(world, WORLD_NOW + LT_SECOND);
    struct lt_fold *late = lt_fold_new(world->public_key);
    for (size_t i = 0; i < LT_COUNT(log); i++) {
        bool newest = true;
        for (size_t j = i + 1; j < LT_COUNT(log); j++)
            newest = newest && strcmp(log[i].key, log[j].key) != 0;
        if (newest)
            assert_int_equal(
                lt_fold_take(late, lt_bytes_text(log[i].key), lt_buf_bytes(&log[i].wire), NULL), 0);
    }
    assert_int_equal(
        lt_fold_take(late, lt_bytes_text(world->key), lt_buf_bytes(&world->wire), NULL), 0);
    assert_int_equal(lt_fold_number(late), lt_fold_number(world->fold));
    assert_true(lt_fold_number(late) > 200);
    uint8_t a[32], b[32];
    lt_fold_digest(replica, a);
    lt_fold_digest(late, b);
    assert_memory_equal(a, b, sizeof(a));
    for (size_t i = 0; i < LT_COUNT(log); i++)
        lt_buf_fini(&log[i].wire);
    lt_fold_free(late);
    lt_fold_free(replica);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(keeps_the_newest_body_of_each_object),
        TEST(keeps_the_bytes_as_they_came),
        TEST(acts_only_when_it_equals_a_heartbeat),
        TEST(stops_when_a_record_is_missing),
        TEST(grows_stale_with_its_heartbeat),
        TEST(refuses_a_forged_record),
        TEST(refuses_malformed_bytes),
        TEST(refuses_a_record_under_another_key),
        TEST(refuses_a_replayed_older_record),
        TEST(refuses_a_number_that_a_heartbeat_passed),
        TEST(refuses_two_contents_of_one_number),
        TEST(takes_the_same_record_twice_without_change),
        TEST(refuses_a_dead_epoch),
        TEST(refuses_an_older_heartbeat),
        TEST(takes_an_earlier_heartbeat_under_a_new_number),
        TEST(removes_an_object_but_remembers_its_number),
        TEST(takes_copies_in_any_order_of_objects),
        TEST(holds_are_a_set),
        TEST(visits_objects_of_a_kind_in_order),
        TEST(replicas_of_one_log_agree),
    };
    return cmocka_run_group_tests_name("control fold", tests, NULL, NULL);
}
