/*
 * lt-steward on a real broker: what is declared gets its topics and rights, and loses them; D24.1,
 * D40-life, D43, D44, DX-14.
 */
#include "support/bus.h"
#include "support/steward_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOON_MS    20000
#define CUT_OFF_MS 2000 /* from the command to the last byte a greedy reader gets */

static struct steward_process steward;
static const char *certs_dir;

static const char *const declarations[] = {
    "{\"kind\":\"agency\",\"id\":\"ag0001\",\"name\":\"Bộ A\",\"class\":\"ministry\",\"contact\":"
    "\"a\"}",
    "{\"kind\":\"agency\",\"id\":\"ag0002\",\"name\":\"Tỉnh B\",\"class\":\"people_committee\","
    "\"contact\":\"b\"}",
    "{\"kind\":\"application\",\"id\":\"ap000001\",\"agency\":\"ag0001\",\"name\":\"p\",\"role\":"
    "\"provider\"}",
    "{\"kind\":\"application\",\"id\":\"ap000002\",\"agency\":\"ag0002\",\"name\":\"u\",\"role\":"
    "\"user\"}",
    "{\"kind\":\"service\",\"id\":\"sv000001\",\"provider\":\"ap000001\",\"source\":\"so000001\","
    "\"name\":\"w\",\"entity\":\"ward\",\"table\":\"public.wards\",\"fields\":[{\"name\":\"code\","
    "\"column\":\"code\",\"type\":\"varchar(20)\",\"required\":true},{\"name\":\"province_code\","
    "\"column\":\"province_code\",\"type\":\"varchar(2)\",\"required\":true}],\"key\":[\"code\"],"
    "\"scope_columns\":[\"province_code\"],\"window\":\"1d\",\"published\":true,\"policy\":{"
    "\"version\":1,\"use_period\":\"72h\",\"on_expiry\":\"hide\"}}",
    "{\"kind\":\"agreement\",\"id\":\"ar000001\",\"provider\":\"ag0001\",\"user\":\"ag0002\","
    "\"purpose\":\"p\",\"basis\":\"case\",\"signed\":true,\"valid_from\":\"2026-01-01T00:00:00Z\","
    "\"connection_until\":null,\"use_until\":null,\"grants\":[{\"connection\":\"cn000001\","
    "\"application\":\"ap000002\",\"service\":\"sv000001\",\"fields\":[\"code\"],\"filter\":"
    "\"province_code = '48'\"}]}",
};

static int setup(void **state)
{
    (void)state;
    steward_process_init(&steward, "steward");
    certs_dir = lt_test_text("%s/certificates", steward.dir);
    assert_int_equal(system(lt_test_text("mkdir -p '%s'", certs_dir)), 0);
    steward_process_start(&steward);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    const int status = steward_process_stop(&steward);
    lt_test_admin_close();
    return status;
}

static struct lt_bus bus_of(const char *principal)
{
    return lt_test_bus_with(lt_test_text("%s/%s.pem", certs_dir, principal),
                            lt_test_text("%s/%s.key", certs_dir, principal));
}

static bool topic_exists(const char *topic)
{
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    const char **names;
    size_t count;
    assert_ok(lt_admin_topics(lt_test_admin(), arena, &names, &count, &test_err));
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], topic) == 0)
            return true;
    return false;
}

static bool acl_exists(const char *principal, enum lt_acl_operation operation, const char *name)
{
    struct lt_acl *acls;
    size_t count;
    bool found = false;
    assert_ok(lt_admin_acl_list(lt_test_admin(), &acls, &count, &test_err));
    for (size_t i = 0; i < count; i++)
        found |= strcmp(acls[i].principal, principal) == 0 && acls[i].operation == operation &&
                 strcmp(acls[i].name, name) == 0;
    free(acls);
    return found;
}

static void await_topic(const char *topic, bool there)
{
    const int64_t end = lt_monotonic_ms() + SOON_MS;
    while (topic_exists(topic) != there) {
        if (lt_monotonic_ms() > end)
            fail_msg("topic %s is %s", topic, there ? "not there" : "still there");
        lt_sleep_ms(50);
    }
}

static void
await_acl(const char *principal, enum lt_acl_operation operation, const char *name, bool there)
{
    const int64_t end = lt_monotonic_ms() + SOON_MS;
    while (acl_exists(principal, operation, name) != there) {
        if (lt_monotonic_ms() > end)
            fail_msg("%s %s the right on %s", principal, there ? "has not" : "still has", name);
        lt_sleep_ms(50);
    }
}

static void issue(const char *application)
{
    steward_process_do(&steward,
                       lt_test_text("{\"command\":\"issue\",\"application\":\"%s\",\"directory\":"
                                    "\"%s\",\"author\":\"t\"}",
                                    application, certs_dir));
}

/* Writes one record as somebody. */
static void write_record(const struct lt_bus *bus,
                         const char *id,
                         const char *topic,
                         const char *key,
                         enum lt_record_type type,
                         const void *record)
{
    struct lt_buf value = {0};
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(bus, id);
    lt_record_encode(type, record, &value);
    assert_ok(lt_producer_begin(producer, &test_err));
    assert_ok(lt_producer_send(producer, topic, lt_bytes_text(key), lt_buf_bytes(&value), NULL, 0,
                               &test_err));
    assert_ok(lt_producer_commit(producer, &test_err));
    lt_buf_fini(&value);
}

static void write_cursor(const char *stream, const char *state)
{
    static const uint8_t chain[32];
    const struct lt_bus bus = lt_test_bus("routing");
    const struct lt_cursor cursor = {
        .stream = stream,
        .lane = "live",
        .state = state,
        .reason = "",
        .service = "sv000001",
        .incarnation = 1,
        .control = 100000,
        .e0 = LT_NULL,
        .load_deadline = LT_NULL,
        .load_seq = LT_NULL,
        .sync_time = LT_NULL,
        .sync_seq = LT_NULL,
        .chain = {chain, sizeof(chain)},
    };
    write_record(&bus, "routing.b0.live", "routing.cursors", stream, LT_RECORD_CURSOR, &cursor);
}

/* ---- the story, in order ---- */

static void declared_things_get_topics_and_an_account_its_rights(void **state)
{
    (void)state;
    assert_int_equal(steward_process_apply(&steward, declarations, LT_COUNT(declarations)), 11);
    static const char *const topics[] = {"inbox.ap000001", "inbox.ap000002", "outbox.ap000002",
                                         "progress.so000001"};
    for (size_t i = 0; i < LT_COUNT(topics); i++)
        await_topic(topics[i], true);
    assert_false(acl_exists("User:ap000002.k1", LT_ACL_READ, "inbox.ap000002"));
    issue("ap000002");
    await_acl("User:ap000002.k1", LT_ACL_READ, "inbox.ap000002", true);
    await_acl("User:ap000002.k1", LT_ACL_WRITE, "outbox.ap000002", true);
    await_acl("User:ap000002.k1", LT_ACL_WRITE, "consumer.ap000002", true);
    const struct lt_bus user = bus_of("ap000002.k1");
    LT_CLEANUP(lt_reader_closep)
    struct lt_reader *own = test_reader(&user, "inbox.ap000002", LT_OFFSET_BEGIN);
    assert_nothing(own);
    LT_CLEANUP(lt_reader_closep)
    struct lt_reader *foreign = test_reader(&user, "inbox.ap000001", LT_OFFSET_BEGIN);
    await_error(foreign, SOON_MS);
}

static void a_refused_command_changes_nothing_and_says_where(void **state)
{
    (void)state;
    json_t *answer = steward_process_answer(
        &steward,
        steward_process_ask(&steward,
                            "{\"command\":\"apply\",\"author\":\"t\",\"declarations\":[{\"file\":"
                            "\"a.json\",\"text\":\"{\\\"kind\\\":\\\"agency\\\",\\\"id\\\":"
                            "\\\"ag0009\\\",\\\"name\\\":\\\"n\\\",\\\"class\\\":\\\"ministry\\\","
                            "\\\"contact\\\":\\\"c\\\"}\"},{\"file\":\"b.json\",\"text\":\"{"
                            "\\\"kind\\\":\\\"agency\\\"}\"}]}"));
    assert_false(json_is_true(json_object_get(answer, "ok")));
    assert_string_equal(json_string_value(json_object_get(answer, "file")), "b.json");
    assert_string_equal(json_string_value(json_object_get(answer, "path")), "$.id");
    assert_string_equal(json_string_value(json_object_get(answer, "error")), "is missing");
    json_decref(answer);
    struct lt_fold *fold = steward_process_fold(&steward);
    assert_null(lt_fold_agency(fold, "ag0009"));
    lt_fold_free(fold);
}

static int take_copy(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    return lt_fold_take(arg, message->key, message->value, reterr);
}

static void read_inbox(const struct lt_bus *bus, const char *topic, struct lt_fold *fold)
{
    int64_t next;
    assert_ok(lt_bus_read_to_end(bus, topic, LT_OFFSET_BEGIN, SOON_MS, take_copy, fold, &next,
                                 &test_err));
}

/* A provider asks for its feed, gets topic and signature, and can check both by itself. */
static void a_wanted_feed_is_made_signed_and_copied(void **state)
{
    (void)state;
    static const uint8_t bytes[32];
    issue("ap000001");
    await_acl("User:ap000001.k1", LT_ACL_WRITE, "feed.sv000001.", true);
    const struct lt_bus provider = bus_of("ap000001.k1");
    const struct lt_feed_position position = {.service = "sv000001",
                                              .incarnation = 1,
                                              .state = "wanted",
                                              .reason = "first",
                                              .chain = {bytes, sizeof(bytes)},
                                              .fingerprint = {bytes, sizeof(bytes)}};
    write_record(&provider, "provider.so000001", "progress.so000001", "sv000001",
                 LT_RECORD_FEED_POSITION, &position);
    await_topic("feed.sv000001.1", true);
    const int64_t end = lt_monotonic_ms() + SOON_MS;
    for (bool done = false; !done; lt_sleep_ms(50)) {
        struct lt_fold *fold = lt_fold_new(steward.public_key);
        read_inbox(&provider, "inbox.ap000001", fold);
        const struct lt_feed_body *feed = lt_fold_feed(fold, "sv000001");
        const struct lt_service *service = lt_fold_service(fold, "sv000001");
        done = feed && feed->incarnation == 1 && service &&
               lt_fold_schema(fold, service->key_schema) &&
               lt_fold_schema(fold, service->value_schema) &&
               lt_fold_schema(fold, service->scope_schema);
        assert_null(lt_fold_connection(fold, "cn000001")); /* others' agreements stay hidden */
        lt_fold_free(fold);
        if (lt_monotonic_ms() > end)
            fail_msg("the provider's inbox is not complete");
    }
    struct lt_buf value = {0};
    assert_ok(lt_admin_setting(lt_test_admin(), "feed.sv000001.1", "min.compaction.lag.ms", &value,
                               &test_err));
    assert_string_equal(lt_buf_text(&value), "86400000");
    lt_buf_fini(&value);
}

static const char *const second_provider[] = {
    "{\"kind\":\"application\",\"id\":\"ap000004\",\"agency\":\"ag0002\",\"name\":\"q\",\"role\":"
    "\"provider\"}",
    "{\"kind\":\"service\",\"id\":\"sv000002\",\"provider\":\"ap000004\",\"source\":\"so000002\","
    "\"name\":\"x\",\"entity\":\"road\",\"table\":\"public.roads\",\"fields\":[{\"name\":\"code\","
    "\"column\":\"code\",\"type\":\"varchar(20)\",\"required\":true}],\"key\":[\"code\"],"
    "\"scope_columns\":[],\"window\":\"1d\",\"published\":true,\"policy\":{\"version\":1,"
    "\"use_period\":\"72h\",\"on_expiry\":\"hide\"}}",
};

static void assert_unreadable(const struct lt_bus *bus, const char *topic)
{
    LT_CLEANUP(lt_reader_closep)
    struct lt_reader *reader = test_reader(bus, topic, LT_OFFSET_BEGIN);
    await_error(reader, SOON_MS);
    assert_string_equal(lt_reader_failed_topic(reader), topic);
    assert_error(LT_ERR_REJECT, "topic authorization failed");
}

/* With a producer of its own: what a refusal leaves behind cannot always be aborted.  Refused at
 * the record, when the right is known to be missing already, or at the commit. */
static void assert_unwritable(const struct lt_bus *bus, const char *id, const char *topic)
{
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(bus, id);
    assert_ok(lt_producer_begin(producer, &test_err));
    int rc = lt_producer_send(producer, topic, lt_bytes_text("k"), lt_bytes_text("v"), NULL, 0,
                              &test_err);
    if (rc == 0) {
        rc = lt_producer_commit(producer, &test_err);
    }
    assert_int_equal(rc, -1);
    assert_non_null(strstr(test_err.msg, "opic authorization failed"));
}

/* D24.1: what others share and agree on stays theirs; its own topics show that the rights of this
 * provider are there. */
static void a_provider_reads_no_control_and_writes_nothing_of_another(void **state)
{
    (void)state;
    steward_process_apply(&steward, second_provider, LT_COUNT(second_provider));
    issue("ap000004");
    await_acl("User:ap000004.k1", LT_ACL_WRITE, "feed.sv000002.", true);
    await_acl("User:ap000004.k1", LT_ACL_WRITE, "provider.so000002", true);
    const struct lt_bus other = bus_of("ap000004.k1");
    LT_CLEANUP(lt_producer_closep)
    struct lt_producer *producer = test_producer(&other, "provider.so000002");
    test_commit(producer, "progress.so000002", "own", 1);
    assert_unwritable(&other, "provider.so000002", "feed.sv000001.1");
    assert_unwritable(&other, "provider.so000002", "progress.so000001");
    assert_unwritable(&other, "provider.so000002", "inbox.ap000004");
    assert_unwritable(&other, "provider.so000002", "platform.control");
    assert_unreadable(&other, "platform.control");
    assert_unreadable(&other, "feed.sv000001.1");
    assert_unreadable(&other, "inbox.ap000001");
    LT_CLEANUP(lt_producer_closep)
    struct lt_producer *foreign = lt_producer_open(&other, "provider.so000001", &test_err);
    assert_non_null(foreign);
    assert_int_equal(lt_producer_init(foreign, SOON_MS, &test_err), -1);
    assert_error(LT_ERR_FATAL, "ransactional");
}

/* Takes all that is there; false when the reader is refused.  *last: when the last record came. */
static bool drain(struct lt_reader *reader, int64_t *last)
{
    struct lt_message message;
    struct lt_error err = {0};
    int rc;
    while ((rc = lt_reader_poll(reader, 1, &message, &err)) > 0) {
        *last = lt_monotonic_ms();
        lt_message_release(&message);
    }
    return rc == 0;
}

/* Routing goes on writing, the user goes on reading, until it is refused. */
static int64_t last_byte_ms(struct lt_producer *producer, struct lt_reader *reader, int64_t from_ms)
{
    int64_t last = from_ms;
    while (drain(reader, &last)) {
        if (lt_monotonic_ms() > from_ms + SOON_MS)
            fail_msg("the reader is never refused");
        test_commit(producer, "stream.cn000001.1", "during", 1);
    }
    return last;
}

/* DX-14, D43.2: cut off within a bound, measured; lifted, the same reader goes on by itself. */
static void a_hold_takes_read_within_the_bound_and_a_lift_gives_it_back(void **state)
{
    (void)state;
    write_cursor("cn000001.1", "LIVE");
    await_topic("stream.cn000001.1", true);
    await_acl("User:ap000002.k1", LT_ACL_READ, "stream.cn000001.1", true);
    const struct lt_bus user = bus_of("ap000002.k1"), routing = lt_test_bus("routing");
    LT_CLEANUP(lt_reader_closep)
    struct lt_reader *reader = test_reader(&user, "stream.cn000001.1", LT_OFFSET_BEGIN);
    LT_CLEANUP(lt_producer_closep)
    struct lt_producer *producer = test_producer(&routing, "routing.b0.catch");
    test_commit(producer, "stream.cn000001.1", "before", 1);
    assert_next(reader, "before0");

    const int64_t asked = lt_monotonic_ms();
    const char *name = steward_process_ask(
        &steward,
        "{\"command\":\"hold\",\"target\":\"cn000001\",\"ground\":\"43.2a\",\"reason\":\"r\","
        "\"restore\":\"s\",\"expected_end\":null,\"author\":\"t\"}");
    const int64_t cut_off = last_byte_ms(producer, reader, asked) - asked;
    print_message("last byte %ld ms after the command\n", (long)cut_off);
    assert_true(cut_off < CUT_OFF_MS);
    json_t *answer = steward_process_answer(&steward, name);
    assert_string_equal(json_string_value(json_array_get(json_object_get(answer, "objects"), 0)),
                        "ho000001");
    json_decref(answer);
    await_acl("User:ap000002.k1", LT_ACL_READ, "stream.cn000001.1", false);
    assert_true(acl_exists("User:ap000002.k1", LT_ACL_READ, "inbox.ap000002"));

    steward_process_do(&steward, "{\"command\":\"lift\",\"hold\":\"ho000001\",\"author\":\"t\"}");
    test_commit(producer, "stream.cn000001.1", "after", 1);
    const int64_t end = lt_monotonic_ms() + SOON_MS;
    for (bool seen = false; !seen;) {
        struct lt_message message;
        if (lt_monotonic_ms() > end)
            fail_msg("the reader does not go on");
        if (lt_reader_poll(reader, 100, &message, NULL) <= 0)
            continue;
        seen = lt_bytes_equal(message.value, lt_bytes_text("after0"));
        lt_message_release(&message);
    }
}

static void a_hold_is_effective_when_the_cursor_says_so(void **state)
{
    (void)state;
    steward_process_do(&steward,
                       "{\"command\":\"hold\",\"target\":\"sv000001\",\"ground\":\"43.1b\","
                       "\"reason\":\"r\",\"restore\":\"\",\"author\":\"t\"}");
    lt_sleep_ms(500);
    assert_false(steward_process_logged(&steward, "event=effective object=ho000002"));
    write_cursor("cn000001.1", "HELD");
    const int64_t end = lt_monotonic_ms() + SOON_MS;
    while (!steward_process_logged(&steward, "event=effective object=ho000002")) {
        if (lt_monotonic_ms() > end)
            fail_msg("never effective");
        lt_sleep_ms(20);
    }
    steward_process_do(&steward, "{\"command\":\"lift\",\"hold\":\"ho000002\",\"author\":\"t\"}");
}

static void write_receipt(const char *stream, bool active)
{
    static const uint8_t chain[32];
    const struct lt_bus user = bus_of("ap000002.k1");
    const struct lt_receipt receipt = {.stream = stream,
                                       .chain = {chain, sizeof(chain)},
                                       .stamp = LT_NULL,
                                       .usable_until = LT_NULL,
                                       .active = active,
                                       .system_id = "1"};
    write_record(&user, "consumer.ap000002", "outbox.ap000002", lt_test_text("receipt/%s", stream),
                 LT_RECORD_RECEIPT, &receipt);
}

static void a_replaced_stream_is_deleted_when_its_successor_is_shown(void **state)
{
    (void)state;
    write_cursor("cn000001.1", "ENDED");
    write_cursor("cn000001.2", "LOAD");
    await_topic("stream.cn000001.2", true);
    await_acl("User:ap000002.k1", LT_ACL_READ, "stream.cn000001.1", false);
    assert_true(topic_exists("stream.cn000001.1"));
    write_receipt("cn000001.2", true);
    await_topic("stream.cn000001.1", false);
    assert_true(topic_exists("stream.cn000001.2"));
}

static void a_new_key_takes_the_rights_of_the_old(void **state)
{
    (void)state;
    issue("ap000002");
    await_acl("User:ap000002.k2", LT_ACL_READ, "stream.cn000001.2", true);
    await_acl("User:ap000002.k1", LT_ACL_READ, "stream.cn000001.2", false);
    assert_false(acl_exists("User:ap000002.k1", LT_ACL_READ, "inbox.ap000002"));
}

static void a_termination_takes_read_and_then_the_topic(void **state)
{
    (void)state;
    steward_process_do(&steward,
                       "{\"command\":\"revoke\",\"target\":\"ar000001\",\"ground\":\"44.1d-1\","
                       "\"author\":\"t\"}");
    await_acl("User:ap000002.k2", LT_ACL_READ, "stream.cn000001.2", false);
    assert_true(topic_exists("stream.cn000001.2")); /* routing has not let go */
    write_cursor("cn000001.2", "ENDED");
    await_topic("stream.cn000001.2", false);
    assert_true(acl_exists("User:ap000002.k2", LT_ACL_READ, "inbox.ap000002"));
}

/* D24.1: no running program is a super user; the steward works with what init granted. */
static void no_running_principal_is_a_super_user(void **state)
{
    (void)state;
    char line[1024], found[1024] = "";
    FILE *file =
        fopen(lt_test_text("%s/node1/server.properties", getenv("LT_TEST_KAFKA_DIR")), "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file))
        if (strncmp(line, "super.users=", 12) == 0)
            snprintf(found, sizeof(found), "%s", line + 12);
    fclose(file);
    assert_string_equal(found, "User:broker;User:bootstrap\n");
}

static void await_setting(const char *topic, const char *name, const char *expected)
{
    const int64_t end = lt_monotonic_ms() + 90000; /* at most one whole round */
    struct lt_buf value = {0};
    do {
        assert_ok(lt_admin_setting(lt_test_admin(), topic, name, &value, &test_err));
        lt_sleep_ms(100);
    } while (strcmp(lt_buf_text(&value), expected) != 0 && lt_monotonic_ms() < end);
    assert_string_equal(lt_buf_text(&value), expected);
    lt_buf_fini(&value);
}

/* Architecture 9: settings that a promise rests on; each is named when it is set back. */
static void settings_that_differ_are_set_back_and_told(void **state)
{
    (void)state;
    static const struct lt_topic_config wrong[] = {
        {"cleanup.policy", "delete"}, {"segment.bytes", "33554432"}, {"compression.type", "lz4"}};
    static const struct lt_topic_config spoilt[] = {{"retention.ms", "60000"},
                                                    {"min.compaction.lag.ms", "0"}};
    assert_ok(lt_admin_topic_create(lt_test_admin(), "inbox.ap000003", 1, wrong, LT_COUNT(wrong),
                                    &test_err));
    assert_int_equal(steward_process_stop(&steward), 0);
    assert_ok(lt_admin_settings_set(lt_test_admin(), "feed.sv000001.1", spoilt, LT_COUNT(spoilt),
                                    &test_err));
    steward_process_start(&steward);
    const char *const user = "{\"kind\":\"application\",\"id\":\"ap000003\",\"agency\":\"ag0002\","
                             "\"name\":\"u\",\"role\":\"user\"}";
    steward_process_apply(&steward, &user, 1);
    await_setting("inbox.ap000003", "cleanup.policy", "compact");
    await_setting("inbox.ap000003", "segment.bytes", "16777216");
    await_setting("feed.sv000001.1", "retention.ms", "-1");
    await_setting("feed.sv000001.1", "min.compaction.lag.ms", "86400000");
    await_setting("inbox.ap000003", "compression.type", "lz4"); /* no promise rests on it */
    assert_true(steward_process_logged(&steward,
                                       "event=setting_restored topic=inbox.ap000003 "
                                       "setting=cleanup.policy expected=compact found=delete"));
    assert_true(steward_process_logged(&steward,
                                       "event=setting_restored topic=feed.sv000001.1 "
                                       "setting=min.compaction.lag.ms expected=86400000 found=0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declared_things_get_topics_and_an_account_its_rights),
        cmocka_unit_test(a_refused_command_changes_nothing_and_says_where),
        cmocka_unit_test(a_wanted_feed_is_made_signed_and_copied),
        cmocka_unit_test(a_provider_reads_no_control_and_writes_nothing_of_another),
        cmocka_unit_test(a_hold_takes_read_within_the_bound_and_a_lift_gives_it_back),
        cmocka_unit_test(a_hold_is_effective_when_the_cursor_says_so),
        cmocka_unit_test(a_replaced_stream_is_deleted_when_its_successor_is_shown),
        cmocka_unit_test(a_new_key_takes_the_rights_of_the_old),
        cmocka_unit_test(a_termination_takes_read_and_then_the_topic),
        cmocka_unit_test(no_running_principal_is_a_super_user),
        cmocka_unit_test(settings_that_differ_are_set_back_and_told),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    return cmocka_run_group_tests_name("steward on a broker", tests, setup, teardown);
}
