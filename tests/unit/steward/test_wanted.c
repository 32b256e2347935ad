#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "steward/actions.h"
#include "support/cm.h"
#include "support/control_world.h"

/* A filled world (connection cn000001 of user ap000002 on sv000001), and what was observed. */
struct bench {
    struct world world;
    struct lt_observed *observed;
    struct lt_wanted wanted;
    struct lt_actions actions;
    lt_time now;
};

static int setup(void **state)
{
    struct bench *bench = test_malloc(sizeof(*bench));
    *bench = (struct bench){.observed = lt_observed_new(), .now = WORLD_NOW};
    world_init(&bench->world);
    world_fill(&bench->world);
    world_put(&bench->world, LT_CONTROL_FEED, "sv000001",
              &(struct lt_feed_body){"sv000001", 1, ""});
    world_beat(&bench->world, WORLD_NOW + 1);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    lt_actions_fini(&bench->actions);
    lt_wanted_fini(&bench->wanted);
    lt_observed_free(bench->observed);
    world_fini(&bench->world);
    test_free(bench);
    return 0;
}

static void see(struct bench *bench,
                const char *topic,
                const char *key,
                enum lt_record_type type,
                const void *record)
{
    struct lt_buf value = {0};
    lt_record_encode(type, record, &value);
    assert_int_equal(
        lt_observed_take(bench->observed, topic, lt_bytes_text(key), lt_buf_bytes(&value), NULL),
        0);
    lt_buf_fini(&value);
}

static void
see_cursor(struct bench *bench, const char *stream, const char *state, int64_t incarnation)
{
    static const uint8_t chain[32];
    const struct lt_cursor cursor = {
        .stream = stream,
        .lane = "live",
        .state = state,
        .reason = "",
        .service = "sv000001",
        .incarnation = incarnation,
        .e0 = LT_NULL,
        .load_deadline = LT_NULL,
        .load_seq = LT_NULL,
        .sync_time = LT_NULL,
        .sync_seq = LT_NULL,
        .chain = {chain, sizeof(chain)},
    };
    see(bench, LT_TOPIC_CURSORS, stream, LT_RECORD_CURSOR, &cursor);
}

static void see_lane(struct bench *bench, int64_t incarnation)
{
    static const uint8_t chain[32];
    const struct lt_feed_cursor cursor = {
        .service = "sv000001",
        .incarnation = incarnation,
        .m = LT_NULL,
        .sync_time = LT_NULL,
        .sync_g = LT_NULL,
        .chain = {chain, sizeof(chain)},
    };
    see(bench, LT_TOPIC_CURSORS, "live/sv000001", LT_RECORD_FEED_CURSOR, &cursor);
}

static void
see_receipt(struct bench *bench, const char *application, const char *stream, bool active)
{
    static const uint8_t chain[32];
    char topic[LT_TOPIC_MAX], key[LT_TOPIC_MAX];
    const struct lt_receipt receipt = {
        .stream = stream,
        .chain = {chain, sizeof(chain)},
        .stamp = LT_NULL,
        .usable_until = LT_NULL,
        .active = active,
        .system_id = "1",
    };
    lt_topic_outbox(application, topic);
    snprintf(key, sizeof(key), "receipt/%s", stream);
    see(bench, topic, key, LT_RECORD_RECEIPT, &receipt);
}

static void
see_position(struct bench *bench, const char *source, const char *state, int64_t incarnation)
{
    static const uint8_t bytes[32];
    char topic[LT_TOPIC_MAX];
    const struct lt_feed_position position = {
        .service = "sv000001",
        .incarnation = incarnation,
        .state = state,
        .reason = "first",
        .chain = {bytes, sizeof(bytes)},
        .fingerprint = {bytes, sizeof(bytes)},
    };
    lt_topic_progress(source, topic);
    see(bench, topic, "sv000001", LT_RECORD_FEED_POSITION, &position);
}

static void compute(struct bench *bench)
{
    lt_wanted_fini(&bench->wanted);
    lt_wanted_compute(bench->world.fold, bench->observed, bench->now, &bench->wanted);
}

static bool wants_topic(struct bench *bench, const char *name)
{
    compute(bench);
    for (size_t i = 0; i < bench->wanted.topic_count; i++)
        if (strcmp(bench->wanted.topics[i].name, name) == 0)
            return true;
    return false;
}

static bool wants_right(struct bench *bench,
                        const char *principal,
                        enum lt_acl_operation operation,
                        const char *name)
{
    compute(bench);
    for (size_t i = 0; i < bench->wanted.acl_count; i++)
        if (strcmp(bench->wanted.acls[i].principal, principal) == 0 &&
            bench->wanted.acls[i].operation == operation &&
            strcmp(bench->wanted.acls[i].name, name) == 0)
            return true;
    return false;
}

static bool may_read(struct bench *bench, const char *stream)
{
    return wants_right(bench, "User:ap000002.k1", LT_ACL_READ, stream);
}

/* ---- topics ---- */

static void every_declared_thing_has_its_topics(void **state)
{
    struct bench *bench = *state;
    static const char *const topics[] = {LT_TOPIC_CONTROL,    LT_TOPIC_DIARY,   LT_TOPIC_CURSORS,
                                         "inbox.ap000001",    "inbox.ap000002", "outbox.ap000002",
                                         "progress.so000001", "feed.sv000001.1"};
    for (size_t i = 0; i < LT_COUNT(topics); i++)
        assert_true(wants_topic(bench, topics[i]));
    assert_int_equal(bench->wanted.topic_count, LT_COUNT(topics));
    assert_false(wants_topic(bench, "outbox.ap000001"));
}

static void a_cursor_makes_a_stream_topic_and_the_right_to_read_it(void **state)
{
    struct bench *bench = *state;
    static const char *const states[] = {"LOAD", "CATCH", "READY", "LIVE", "HELD"};
    assert_false(wants_topic(bench, "stream.cn000001.1"));
    for (size_t i = 0; i < LT_COUNT(states); i++) {
        see_cursor(bench, "cn000001.1", states[i], 1);
        assert_true(wants_topic(bench, "stream.cn000001.1"));
        assert_true(may_read(bench, "stream.cn000001.1"));
    }
    see_cursor(bench, "cn000001.1", "ENDED", 1);
    assert_false(wants_topic(bench, "stream.cn000001.1"));
    assert_false(may_read(bench, "stream.cn000001.1"));
    see_cursor(bench, "cn000009.1", "LIVE", 1); /* of a connection that nobody declared */
    assert_false(wants_topic(bench, "stream.cn000009.1"));
}

static void a_wanted_incarnation_gets_its_topic_and_then_its_signature(void **state)
{
    struct bench *bench = *state;
    const char *reason;
    see_position(bench, "so000001", "streaming", 1);
    assert_int_equal(lt_feed_to_sign(bench->world.fold, bench->observed, "sv000001", NULL), 0);
    see_position(bench, "so000001", "wanted", 2);
    assert_true(wants_topic(bench, "feed.sv000001.2"));
    assert_true(wants_topic(bench, "feed.sv000001.1"));
    assert_int_equal(lt_feed_to_sign(bench->world.fold, bench->observed, "sv000001", &reason), 2);
    assert_string_equal(reason, "first");
    see_position(bench, "so000001", "wanted", 4); /* no incarnation is skipped */
    assert_false(wants_topic(bench, "feed.sv000001.4"));
    see_position(bench, "so000001", "wanted", 1); /* nor made twice */
    assert_int_equal(lt_feed_to_sign(bench->world.fold, bench->observed, "sv000001", NULL), 0);
    see_position(bench, "so000002", "wanted", 2); /* another source speaks for itself only */
    assert_int_equal(lt_feed_to_sign(bench->world.fold, bench->observed, "sv000001", NULL), 0);
}

static const char *setting(const struct lt_topic_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->count; i++)
        if (strcmp(settings->items[i].name, name) == 0)
            return settings->items[i].value;
    fail_msg("%s is not set", name);
    return NULL;
}

static void streams_are_complete_logs_inside_the_window(void **state)
{
    (void)state;
    const struct lt_wanted_topic topic = {
        .name = "feed.sv000001.1", .form = LT_FORM_STREAM, .window = 7 * 86400 * LT_SECOND};
    struct lt_topic_settings settings;
    lt_topic_settings(&topic, 3, &settings);
    assert_string_equal(setting(&settings, "message.timestamp.type"), "LogAppendTime");
    assert_string_equal(setting(&settings, "min.insync.replicas"), "2");
    assert_string_equal(setting(&settings, "cleanup.policy"), "compact,delete");
    assert_string_equal(setting(&settings, "retention.ms"), "-1");
    assert_string_equal(setting(&settings, "retention.bytes"), "-1");
    assert_string_equal(setting(&settings, "min.compaction.lag.ms"), "604800000");
    assert_string_equal(setting(&settings, "delete.retention.ms"), "604800000");
    assert_string_equal(setting(&settings, "max.compaction.lag.ms"), "1209600000");
}

static void the_diary_is_never_compacted(void **state)
{
    (void)state;
    const struct lt_wanted_topic topic = {.name = LT_TOPIC_DIARY, .form = LT_FORM_APPENDED};
    struct lt_topic_settings settings;
    lt_topic_settings(&topic, 1, &settings);
    assert_string_equal(setting(&settings, "cleanup.policy"), "delete");
    assert_string_equal(setting(&settings, "retention.ms"), "-1");
}

/* ---- rights ---- */

static void a_user_has_its_own_rights_and_no_more(void **state)
{
    struct bench *bench = *state;
    see_cursor(bench, "cn000001.1", "LIVE", 1);
    compute(bench);
    size_t count = 0;
    for (size_t i = 0; i < bench->wanted.acl_count; i++)
        count += strcmp(bench->wanted.acls[i].principal, "User:ap000002.k1") == 0;
    assert_int_equal(count, 5);
    assert_true(wants_right(bench, "User:ap000002.k1", LT_ACL_READ, "inbox.ap000002"));
    assert_true(wants_right(bench, "User:ap000002.k1", LT_ACL_WRITE, "outbox.ap000002"));
    assert_true(wants_right(bench, "User:ap000002.k1", LT_ACL_READ, "ap000002."));
    assert_true(wants_right(bench, "User:ap000002.k1", LT_ACL_WRITE, "consumer.ap000002"));
    assert_true(may_read(bench, "stream.cn000001.1"));
}

static void a_provider_has_its_feeds_and_its_progress(void **state)
{
    struct bench *bench = *state;
    static const char *const provider = "User:ap000001.k1";
    assert_true(wants_right(bench, provider, LT_ACL_WRITE, "feed.sv000001."));
    assert_true(wants_right(bench, provider, LT_ACL_READ, "feed.sv000001."));
    assert_true(wants_right(bench, provider, LT_ACL_WRITE, "progress.so000001"));
    assert_true(wants_right(bench, provider, LT_ACL_READ, "inbox.ap000001"));
    assert_true(wants_right(bench, provider, LT_ACL_WRITE, "provider.so000001"));
    assert_false(wants_right(bench, provider, LT_ACL_WRITE, "outbox.ap000001"));
    assert_false(wants_right(bench, provider, LT_ACL_WRITE, "inbox.ap000001"));
}

static void put(struct bench *bench, enum lt_control_kind kind, const char *id, const void *body)
{
    world_put(&bench->world, kind, id, body);
    world_beat(&bench->world, lt_fold_heartbeat_at(bench->world.fold) + 1);
}

/* D43, D44, DX-2: a legal hold takes READ, and only READ of that connection. */
static void holds_take_read_and_lifts_give_it_back(void **state)
{
    struct bench *bench = *state;
    see_cursor(bench, "cn000001.1", "LIVE", 1);
    assert_true(may_read(bench, "stream.cn000001.1"));
    put(bench, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    put(bench, LT_CONTROL_HOLD, "ho000002", &world_hold_service);
    assert_false(may_read(bench, "stream.cn000001.1"));
    assert_true(wants_topic(bench, "stream.cn000001.1"));
    assert_true(wants_right(bench, "User:ap000002.k1", LT_ACL_READ, "inbox.ap000002"));
    assert_true(wants_right(bench, "User:ap000001.k1", LT_ACL_WRITE, "feed.sv000001."));
    struct lt_hold lifted = world_hold_pair;
    lifted.lifted_at = WORLD_NOW;
    put(bench, LT_CONTROL_HOLD, "ho000001", &lifted);
    assert_false(may_read(bench, "stream.cn000001.1")); /* the other one stands */
    lifted = world_hold_service;
    lifted.lifted_at = WORLD_NOW;
    put(bench, LT_CONTROL_HOLD, "ho000002", &lifted);
    assert_true(may_read(bench, "stream.cn000001.1"));
}

static void what_ends_loses_read(void **state)
{
    struct bench *bench = *state;
    see_cursor(bench, "cn000001.1", "LIVE", 1);
    struct lt_agreement agreement = world_agreement;
    agreement.connection_until = WORLD_NOW + LT_SECOND;
    put(bench, LT_CONTROL_AGREEMENT, "ar000012", &agreement);
    assert_true(may_read(bench, "stream.cn000001.1"));
    bench->now = WORLD_NOW + LT_SECOND; /* nobody has signed anything: the clock is enough */
    assert_false(may_read(bench, "stream.cn000001.1"));
    bench->now = WORLD_NOW;
    struct lt_connection connection = world_connection;
    connection.ended_at = WORLD_NOW;
    put(bench, LT_CONTROL_CONNECTION, "cn000001", &connection);
    assert_false(may_read(bench, "stream.cn000001.1"));
}

/* D40-life: TLS looks at a certificate only once; the rights end with it. */
static void a_certificate_that_runs_out_takes_all_rights(void **state)
{
    struct bench *bench = *state;
    see_cursor(bench, "cn000001.1", "LIVE", 1);
    bench->now = world_user.certificate_until;
    compute(bench);
    assert_int_equal(bench->wanted.acl_count, 0);
    bench->now = WORLD_NOW;
    struct lt_application locked = world_user;
    locked.active = false;
    put(bench, LT_CONTROL_APPLICATION, "ap000002", &locked);
    assert_false(wants_right(bench, "User:ap000002.k1", LT_ACL_READ, "inbox.ap000002"));
    struct lt_application renewed = world_user;
    renewed.key_generation = 2;
    put(bench, LT_CONTROL_APPLICATION, "ap000002", &renewed);
    assert_false(may_read(bench, "stream.cn000001.1"));
    assert_true(wants_right(bench, "User:ap000002.k2", LT_ACL_READ, "stream.cn000001.1"));
}

/* ---- what is over ---- */

static bool over(struct bench *bench, const char *topic)
{
    return lt_topic_over(bench->world.fold, bench->observed, topic);
}

static void a_replaced_stream_goes_when_the_new_one_is_shown(void **state)
{
    struct bench *bench = *state;
    see_cursor(bench, "cn000001.1", "ENDED", 1);
    see_cursor(bench, "cn000001.2", "LIVE", 1);
    assert_false(over(bench, "stream.cn000001.1"));
    see_receipt(bench, "ap000002", "cn000001.2", false);
    assert_false(over(bench, "stream.cn000001.1"));
    see_receipt(bench, "ap000009", "cn000001.2", true); /* somebody else's receipt */
    assert_false(over(bench, "stream.cn000001.1"));
    see_receipt(bench, "ap000002", "cn000001.2", true);
    assert_true(over(bench, "stream.cn000001.1"));
    assert_false(over(bench, "stream.cn000001.2"));
    assert_false(over(bench, "stream.cn000001.7")); /* never heard of */
}

static void a_terminated_connection_loses_its_topic_when_routing_let_go(void **state)
{
    struct bench *bench = *state;
    see_cursor(bench, "cn000001.1", "LIVE", 1);
    struct lt_connection connection = world_connection;
    connection.ended_at = WORLD_NOW;
    put(bench, LT_CONTROL_CONNECTION, "cn000001", &connection);
    assert_false(over(bench, "stream.cn000001.1"));
    see_cursor(bench, "cn000001.1", "ENDED", 1);
    assert_true(over(bench, "stream.cn000001.1"));
}

static void an_old_feed_goes_when_nobody_stands_in_it(void **state)
{
    struct bench *bench = *state;
    see_lane(bench, 1);
    see_cursor(bench, "cn000001.1", "LIVE", 1);
    assert_false(over(bench, "feed.sv000001.1"));
    put(bench, LT_CONTROL_FEED, "sv000001", &(struct lt_feed_body){"sv000001", 2, "rewound"});
    assert_false(over(bench, "feed.sv000001.1"));
    see_lane(bench, 2);
    assert_false(over(bench, "feed.sv000001.1"));
    see_cursor(bench, "cn000001.1", "ENDED", 1);
    see_cursor(bench, "cn000001.2", "LOAD", 2);
    assert_true(over(bench, "feed.sv000001.1"));
    assert_false(over(bench, "feed.sv000001.2"));
    assert_false(over(bench, "platform.control"));
    assert_false(over(bench, "inbox.ap000002"));
}

/* ---- the difference ---- */

static void compare(struct bench *bench,
                    const char **topics,
                    size_t topic_count,
                    struct lt_acl *acls,
                    size_t acl_count)
{
    const struct lt_actual actual = {
        .topics = topics, .topic_count = topic_count, .acls = acls, .acl_count = acl_count};
    compute(bench);
    lt_actions_fini(&bench->actions);
    lt_actions_compute(bench->world.fold, bench->observed, &bench->wanted, &actual,
                       &bench->actions);
}

static void an_empty_cluster_gets_everything(void **state)
{
    struct bench *bench = *state;
    compare(bench, NULL, 0, NULL, 0);
    assert_int_equal(bench->actions.make_count, bench->wanted.topic_count);
    assert_int_equal(bench->actions.give_count, bench->wanted.acl_count);
    assert_int_equal(bench->actions.take_count, 0);
    assert_int_equal(bench->actions.drop_count, 0);
    assert_int_equal(bench->actions.missing_grants, lt_grant_count);
}

static void nothing_is_done_when_all_is_as_wanted(void **state)
{
    struct bench *bench = *state;
    see_cursor(bench, "cn000001.1", "LIVE", 1);
    compute(bench);
    const char *topics[32];
    const size_t topic_count = bench->wanted.topic_count, acl_count = bench->wanted.acl_count;
    struct lt_acl *acls = lt_memdup(bench->wanted.acls, acl_count * sizeof(*acls));
    for (size_t i = 0; i < topic_count; i++)
        topics[i] = lt_strdup(bench->wanted.topics[i].name);
    compare(bench, topics, topic_count, acls, acl_count);
    assert_int_equal(bench->actions.make_count, 0);
    assert_int_equal(bench->actions.give_count, 0);
    assert_int_equal(bench->actions.take_count, 0);
    assert_int_equal(bench->actions.drop_count, 0);
    assert_int_equal(bench->actions.unknown_topics, 0);
    put(bench, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    compare(bench, topics, topic_count, acls, acl_count);
    assert_int_equal(bench->actions.take_count, 1); /* exactly the one right */
    assert_string_equal(bench->actions.take[0].name, "stream.cn000001.1");
    assert_int_equal(bench->actions.make_count + bench->actions.give_count, 0);
    for (size_t i = 0; i < topic_count; i++)
        free((void *)(uintptr_t)topics[i]);
    free(acls);
}

static struct lt_acl acl(const char *principal, enum lt_acl_operation operation, const char *name)
{
    struct lt_acl out = {.resource = LT_ACL_TOPIC, .operation = operation};
    snprintf(out.principal, sizeof(out.principal), "%s", principal);
    snprintf(out.name, sizeof(out.name), "%s", name);
    return out;
}

/* D24.1: what nobody declared is told, not mended: a topic may be evidence. */
static void foreign_things_are_told_and_left_alone(void **state)
{
    struct bench *bench = *state;
    const char *topics[] = {"__consumer_offsets", "feed.sv000001.9", "inbox.ap000009", "scratch"};
    struct lt_acl acls[] = {acl("User:admin", LT_ACL_READ, "feed."),
                            acl("User:steward", LT_ACL_READ, "platform.control")};
    qsort(acls, 2, sizeof(acls[0]), (int (*)(const void *, const void *))lt_acl_compare);
    compare(bench, topics, LT_COUNT(topics), acls, LT_COUNT(acls));
    assert_int_equal(bench->actions.unknown_topics, 3);
    assert_string_equal(bench->actions.unknown_topic, "feed.sv000001.9");
    assert_int_equal(bench->actions.foreign_acls, 1);
    assert_int_equal(bench->actions.missing_grants, lt_grant_count - 1);
    assert_int_equal(bench->actions.drop_count, 0);
    assert_int_equal(bench->actions.take_count, 0);
}

static void rights_of_applications_that_nobody_wants_are_taken(void **state)
{
    struct bench *bench = *state;
    struct lt_acl acls[] = {acl("User:ap000002.k1", LT_ACL_READ, "feed.sv000001.1"),
                            acl("User:ap000077.k1", LT_ACL_READ, "inbox.ap000077")};
    compare(bench, NULL, 0, acls, LT_COUNT(acls));
    assert_int_equal(bench->actions.take_count, 2);
    assert_false(lt_acl_of_application(&(struct lt_acl){.principal = "User:routing"}));
    assert_false(lt_acl_of_application(&(struct lt_acl){.principal = "User:ap000002"}));
    assert_false(lt_acl_of_application(&(struct lt_acl){.principal = "User:apx.k1"}));
}

/* ---- garbage ---- */

static void a_lane_that_stands_still_is_no_garbage(void **state)
{
    struct bench *bench = *state;
    const struct lt_standstill stand = {.name = "live/diary", .lane = "live", .clause = "diary"};
    see(bench, LT_TOPIC_CURSORS, "stand/live/diary", LT_RECORD_STANDSTILL, &stand);
    assert_int_equal(lt_observed_take(bench->observed, LT_TOPIC_CURSORS,
                                      lt_bytes_text("stand/live/diary"), lt_bytes(NULL, 0), NULL),
                     0);
    assert_int_equal(lt_observed_routing(bench->observed).cursor_count, 0);
}

static void garbage_of_others_is_left_out(void **state)
{
    struct bench *bench = *state;
    struct lt_error err = {0};
    static const char *const topics[] = {LT_TOPIC_CURSORS, "progress.so000001", "outbox.ap000002"};
    for (size_t i = 0; i < LT_COUNT(topics); i++) {
        assert_int_equal(lt_observed_take(bench->observed, topics[i], lt_bytes_text("k"),
                                          lt_bytes_text("garbage"), &err),
                         -1);
        assert_int_equal(err.class, LT_ERR_REJECT);
        assert_int_equal(lt_observed_take(bench->observed, topics[i], lt_bytes_text("k"),
                                          (struct lt_bytes){0}, &err),
                         -1);
    }
    assert_false(lt_observed_changed(bench->observed));
    see_cursor(bench, "cn000001.1", "LIVE", 1);
    assert_true(lt_observed_changed(bench->observed));
    see_cursor(bench, "cn000001.1", "LIVE", 1);
    assert_false(lt_observed_changed(bench->observed));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_declared_thing_has_its_topics),
        TEST(a_cursor_makes_a_stream_topic_and_the_right_to_read_it),
        TEST(a_wanted_incarnation_gets_its_topic_and_then_its_signature),
        TEST(streams_are_complete_logs_inside_the_window),
        TEST(the_diary_is_never_compacted),
        TEST(a_user_has_its_own_rights_and_no_more),
        TEST(a_provider_has_its_feeds_and_its_progress),
        TEST(holds_take_read_and_lifts_give_it_back),
        TEST(what_ends_loses_read),
        TEST(a_certificate_that_runs_out_takes_all_rights),
        TEST(a_replaced_stream_goes_when_the_new_one_is_shown),
        TEST(a_terminated_connection_loses_its_topic_when_routing_let_go),
        TEST(an_old_feed_goes_when_nobody_stands_in_it),
        TEST(an_empty_cluster_gets_everything),
        TEST(nothing_is_done_when_all_is_as_wanted),
        TEST(foreign_things_are_told_and_left_alone),
        TEST(rights_of_applications_that_nobody_wants_are_taken),
        TEST(a_lane_that_stands_still_is_no_garbage),
        TEST(garbage_of_others_is_left_out),
    };
    return cmocka_run_group_tests_name("steward wanted", tests, NULL, NULL);
}
