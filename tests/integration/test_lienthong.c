/*
 * lienthong on a real broker with the real certificates and ACLs.  The test plays the steward (it
 * takes commands out of the spool and signs) and routing (it commits cursors), so that each wait of
 * the command line is seen to end exactly when its effect shows (DX-10, D8.1, D41.2b, D43, D45).
 * Ids begin with 99: other tests on the same broker have theirs.
 */
#include "lienthong_stage.h"
#include <stdlib.h>

/* ---- what is declared ---- */

static const uint8_t chain[32];

static struct lt_connection connection(void)
{
    struct lt_connection ret = world_connection;
    ret.agreement = "ar990012";
    ret.application = "ap990002";
    ret.service = "sv990001";
    return ret;
}

static void sign_world(void)
{
    struct lt_service service = world_service;
    service.provider = "ap990001";
    service.source = "so990001";
    struct lt_agreement agreement = world_agreement;
    agreement.valid_from = lt_now() - LT_SECOND;
    struct lt_application application = world_user;
    application.certificate_until = lt_now() + 86400 * LT_SECOND;
    struct lt_connection terms = connection();
    static const char scope[] =
        "{\"type\":\"record\",\"name\":\"S\",\"fields\":[{\"name\":\"province_code\",\"type\":"
        "[\"null\",\"string\"],\"lt.column\":\"province_code\",\"lt.type\":\"character "
        "varying(2)\"}]}";
    const struct lt_schema_body schema = {1002, scope, lt_bytes(chain, sizeof chain)};
    sign(LT_CONTROL_AGENCY, "ag0001", &world_agency);
    sign(LT_CONTROL_AGENCY, "ag0002", &world_agency);
    sign(LT_CONTROL_APPLICATION, "ap990001", &world_provider);
    sign(LT_CONTROL_APPLICATION, "ap990002", &application);
    sign(LT_CONTROL_SCHEMA, "1002", &schema);
    sign(LT_CONTROL_SERVICE, "sv990001", &service);
    sign(LT_CONTROL_FEED, "sv990001", &(struct lt_feed_body){"sv990001", 1, ""});
    sign(LT_CONTROL_AGREEMENT, "ar990012", &agreement);
    sign(LT_CONTROL_CONNECTION, "cn990001", &terms);
}

static void put_cursor(const char *state, int64_t control)
{
    const struct lt_cursor cursor = {
        .stream = "cn990001.1",
        .lane = "live",
        .state = state,
        .reason = "",
        .service = "sv990001",
        .incarnation = 1,
        .pos = 4711,
        .seq = 812,
        .control = control,
        .e0 = LT_NULL,
        .load_deadline = LT_NULL,
        .load_seq = 40,
        .sync_time = LT_NULL,
        .sync_seq = LT_NULL,
        .agreement = 12,
        .scope_version = 1,
        .chain = lt_bytes(chain, sizeof chain),
        .written_at = lt_now(),
    };
    record(LT_TOPIC_CURSORS, "cn990001.1", LT_RECORD_CURSOR, &cursor);
}

static void put_receipt(lt_time stamp)
{
    const struct lt_receipt receipt = {
        .stream = "cn990001.1",
        .seq = 812,
        .chain = lt_bytes(chain, sizeof chain),
        .stamp = stamp,
        .usable_until = stamp + world_connection.use_period,
        .active = true,
        .rows = 48,
        .flushed_at = lt_now(),
        .system_id = "8",
        .at = lt_now(),
    };
    record("outbox.ap990002", "receipt/cn990001.1", LT_RECORD_RECEIPT, &receipt);
}

/* ---- tests, in this order: each goes on where the last one ended ---- */

static void init_makes_topics_rights_and_the_key_pair(void **state)
{
    (void)state;
    LT_CLEANUP(lt_freep) char *line = init_line("steward.key");
    struct child first = start(line), second;
    assert_exit(&first, 0);
    assert_says(first.out, "key pair made");
    assert_says(first.out, "topic platform.diary\n");
    assert_says(first.out, "Now destroy the bootstrap certificate");
    second = start(line); /* a run that broke off is repeated */
    assert_exit(&second, 0);
    assert_says(second.out, "key pair kept");
    child_fini(&first);
    child_fini(&second);
    take_office();
}

static void init_refuses_a_public_key_of_another_pair(void **state)
{
    (void)state;
    LT_CLEANUP(lt_freep) char *line = init_line("other.key");
    struct child child = start(line);
    assert_exit(&child, 78);
    assert_says(child.errors, "steward.pub: not the public half of the steward's private key");
    child_fini(&child);
}

static void apply_waits_until_a_heartbeat_confirms(void **state)
{
    (void)state;
    LT_CLEANUP(lt_freep) char *path = path_of("agency.json");
    static const char DECLARATION[] = "{\"kind\":\"agency\",\"id\":\"ag0001\",\"name\":\"Bộ A\"}";
    assert_int_equal(lt_file_replace(path, lt_bytes_text(DECLARATION), 0600, &err), 0);
    LT_CLEANUP(lt_freep) char *line = lt_printf("apply --author Lan %s", path);
    struct child child = start(line);
    char name[LT_CLI_SPOOL_NAME_MAX];
    json_t *command = take_command(name);
    const char *kind, *author, *file, *text;
    assert_int_equal(json_unpack(command, "{s:s, s:s, s:[{s:s, s:s}]}", "command", &kind, "author",
                                 &author, "declarations", "file", &file, "text", &text),
                     0);
    assert_string_equal(kind, "apply");
    assert_string_equal(author, "Lan");
    assert_string_equal(file, path);
    assert_string_equal(text, DECLARATION);
    json_decref(command);
    sign_world();
    answer_number(name, "ag0001");
    assert_true(runs_for(&child, 1500)); /* signed, not confirmed */
    beat();
    assert_exit(&child, 0);
    assert_says(child.out, "in force after ");
    assert_says(child.out, "ag0001\n");
    assert_says(child.out, "carries out article 7 ");
    child_fini(&child);
}

static void what_is_signed_is_named_though_nobody_waits(void **state)
{
    (void)state;
    LT_CLEANUP(lt_freep) char *path = path_of("agency.json");
    LT_CLEANUP(lt_freep) char *line = lt_printf("apply --wait 0s %s", path);
    struct child child = start(line);
    char name[LT_CLI_SPOOL_NAME_MAX];
    json_decref(take_command(name));
    answer_number(name, "ag0001");
    assert_exit(&child, 3);
    assert_says(child.out, "ag0001\n");
    assert_says(child.errors, "its effect was not awaited");
    child_fini(&child);
}

static void a_refusal_is_told_as_file_path_text(void **state)
{
    (void)state;
    struct child child = start("amend cn990001 --use-period 1h");
    char name[LT_CLI_SPOOL_NAME_MAX];
    json_t *command = take_command(name);
    assert_string_equal(json_string_value(json_object_get(command, "use_period")), "1h");
    json_decref(command);
    answer(name,
           "{\"ok\":false,\"file\":\"amend\",\"path\":\"$.use_period\",\"error\":\"longer than the "
           "policy\"}");
    assert_exit(&child, 1);
    assert_string_equal(child.errors, "amend: $.use_period: longer than the policy\n");
    child_fini(&child);
}

static void a_silent_steward_is_told_with_a_hint(void **state)
{
    (void)state;
    assert_int_equal(setenv("LT_STEWARD_ANSWER", "300ms", 1), 0);
    struct child child = start("--lang vi lift ho990001");
    assert_int_equal(unsetenv("LT_STEWARD_ANSWER"), 0);
    assert_exit(&child, 69);
    assert_says(child.errors, "lt-steward không trả lời");
    assert_says(child.errors, spool);
    child_fini(&child);
    char name[LT_CLI_SPOOL_NAME_MAX];
    json_decref(take_command(name)); /* it stays until the steward comes */
}

static void mistakes_on_the_command_line_reach_nobody(void **state)
{
    (void)state;
    static const char *const LINES[] = {
        "hold cn990001 --ground 43.1a --reason x --expected-end 2030-01-01",
        "hold sv990001 --ground 43.2a --reason x --restore y",
        "hold cn990001 --ground 43.2a --reason x",
        "hold sv990001 --ground 43.1a --reason x",
        "hold sv990001 --ground 43.1a --reason x --expected-end soon",
        "hold cn990001 --ground 42 --reason x --restore y",
        "revoke cn990001 --ground 44.1d-2",
        "amend cn990001",
        "amend cn990001 --fields a,,b",
        "lift cn990001",
        "nonsense",
    };
    for (size_t i = 0; i < LT_COUNT(LINES); i++) {
        struct child child = start(LINES[i]);
        assert_exit(&child, 64);
        assert_says(child.errors, "hint: ");
        child_fini(&child);
    }
    LT_CLEANUP(lt_freep) char *box = lt_printf("%s/in", spool);
    DIR *in = opendir(box);
    for (const struct dirent *entry; (entry = readdir(in));)
        assert_int_equal(entry->d_name[0], '.');
    closedir(in);
}

static json_t *status(void)
{
    struct child child = start("status --json cn990001");
    assert_exit(&child, 0);
    json_t *json = json_loads(child.out, 0, NULL);
    json_t *line = json_incref(json_array_get(json_object_get(json, "connections"), 0));
    assert_non_null(line);
    json_decref(json);
    child_fini(&child);
    return line;
}

static void assert_field(const json_t *line, const char *name, const char *expected)
{
    assert_string_equal(json_string_value(json_object_get(line, name)), expected);
}

/* The operator's own rights suffice, and nothing but Kafka is asked. */
static void status_reads_every_stage_with_the_operators_rights(void **state)
{
    (void)state;
    json_t *line = status();
    assert_field(line, "stands_still", "source");
    assert_true(json_is_null(json_object_get(line, "stream")));
    json_decref(line);
    static const char *const TOPICS[] = {"progress.so990001", "feed.sv990001.1",
                                         "stream.cn990001.1", "inbox.ap990002", "outbox.ap990002"};
    for (size_t i = 0; i < LT_COUNT(TOPICS); i++)
        assert_int_equal(lt_admin_topic_create(lt_test_admin(), TOPICS[i], 1, NULL, 0, &err), 0);
    const lt_time now = lt_now();
    record("progress.so990001", "source", LT_RECORD_SOURCE_POSITION,
           &(struct lt_source_position){.source = "so990001",
                                        .system_id = "7",
                                        .slot = "s",
                                        .commit_time = now,
                                        .ordinal = LT_NULL,
                                        .at = now});
    record("progress.so990001", "sv990001", LT_RECORD_FEED_POSITION,
           &(struct lt_feed_position){.service = "sv990001",
                                      .incarnation = 1,
                                      .state = "streaming",
                                      .reason = "",
                                      .next_seq = 4712,
                                      .chain = lt_bytes(chain, 32),
                                      .fingerprint = lt_bytes(chain, 32),
                                      .at = now});
    record(LT_TOPIC_CURSORS, "live/sv990001", LT_RECORD_FEED_CURSOR,
           &(struct lt_feed_cursor){.service = "sv990001",
                                    .incarnation = 1,
                                    .g = 4711,
                                    .m = LT_NULL,
                                    .sync_time = now,
                                    .sync_g = 4711,
                                    .chain = lt_bytes(chain, 32),
                                    .written_at = now});
    put_cursor("LIVE", 0);
    record("inbox.ap990002", "cn990001.1", LT_RECORD_STREAM_NOTICE,
           &(struct lt_stream_notice){.stream = "cn990001.1",
                                      .connection = "cn990001",
                                      .generation = 1,
                                      .service = "sv990001",
                                      .entity = "ward",
                                      .end_of_use = LT_NULL,
                                      .on_expiry = "hide",
                                      .load_seq = 40,
                                      .sync_time = now,
                                      .sync_seq = 812,
                                      .state = "LIVE",
                                      .reason = "",
                                      .at = now});
    put_receipt(now);
    line = status();
    assert_field(line, "stands_still", "none");
    assert_field(line, "age", "fresh");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(line, "stream"), "end")),
                     0);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(line, "target"), "rows")),
                     48);
    json_decref(line);
}

/* A writer that died in the middle leaves an open transaction: just then status is needed. */
static void status_does_not_wait_for_an_open_transaction(void **state)
{
    (void)state;
    struct lt_producer *dead = lt_producer_open(&bootstrap, "consumer.ap990002", &err);
    assert_non_null(dead);
    assert_int_equal(lt_producer_init(dead, PATIENCE_MS, &err), 0);
    assert_int_equal(lt_producer_begin(dead, &err), 0);
    produce(dead, "outbox.ap990002", "receipt/cn990001.1", lt_bytes_text("open"));
    const int64_t started = lt_monotonic_ms();
    struct child child = start("status cn990001");
    assert_exit(&child, 0);
    assert_true(lt_monotonic_ms() - started < 10000);
    assert_says(child.out, "! not readable to its end: outbox.ap990002 (a transaction is open)\n");
    assert_says(child.out, "applied to seq 812");
    child_fini(&child);
    assert_int_equal(lt_producer_abort(dead, &err), 0);
    lt_producer_close(dead);
}

/* Protocol 7.2: EFFECTIVE is read from committed cursors, never from the request. */
static void hold_is_requested_first_and_effective_when_the_cursor_says_so(void **state)
{
    (void)state;
    struct child child = start("hold cn990001 --ground 43.2a --reason \"a violation\" --restore "
                               "\"a report\" --expected-end 2099-01-01");
    char name[LT_CLI_SPOOL_NAME_MAX];
    json_t *command = take_command(name);
    assert_field(command, "command", "hold");
    assert_field(command, "target", "cn990001");
    assert_field(command, "reason", "a violation");
    assert_field(command, "restore", "a report");
    assert_field(command, "expected_end", "2098-12-31T17:00:00Z"); /* Vietnam */
    json_decref(command);
    struct lt_hold hold = world_hold_pair;
    hold.target = "cn990001";
    sign(LT_CONTROL_HOLD, "ho990001", &hold);
    answer_number(name, "ho990001");
    beat();
    put_cursor("HELD", world.number - 1); /* of an earlier hold */
    assert_true(runs_for(&child, 1500));
    put_cursor("HELD", world.number);
    assert_exit(&child, 0);
    assert_says(child.out, "ho990001 REQUESTED after ");
    assert_says(child.out, "ho990001 EFFECTIVE after ");
    assert_says(child.out, "connections suspended: 1\n");
    assert_says(child.out, "copies whose use period ends before the expected end: 1\n");
    assert_says(child.out, "carries out point a, clause 2, article 43 of Decree 47/2020/ND-CP");
    child_fini(&child);
    json_t *line = status();
    assert_field(line, "stands_still", "stream");
    assert_field(line, "why", "held");
    assert_field(json_array_get(json_object_get(line, "holds"), 0), "hold", "ho990001");
    json_decref(line);
}

/* DX-10: the reason of a no can be read. */
static void explain_names_the_clause_and_the_diarys_decision(void **state)
{
    (void)state;
    record(LT_TOPIC_DIARY, "decision/cn990001.1", LT_RECORD_DECISION,
           &(struct lt_decision){.stream = "cn990001.1",
                                 .connection = "cn990001",
                                 .service = "sv990001",
                                 .application = "ap990002",
                                 .from_state = "LIVE",
                                 .to_state = "HELD",
                                 .clause = "pair_hold",
                                 .reason = "hold ho990001",
                                 .control = world.number,
                                 .at = lt_now()});
    beat();
    struct child child = start("--lang vi explain cn990001");
    assert_exit(&child, 1);
    assert_says(child.out, "cn990001: KHÔNG được cung cấp dữ liệu\n");
    assert_says(child.out, "tạm ngừng ho990001 đối với cn990001");
    assert_says(child.out, "cn990001.1  LIVE -> HELD  ");
    assert_says(child.out, ": hold ho990001 ");
    child_fini(&child);
    child = start("explain cn999999");
    assert_exit(&child, 1);
    assert_says(child.errors, "connection 'cn999999' is unknown");
    child_fini(&child);
}

static void lift_waits_until_the_stream_moves_again(void **state)
{
    (void)state;
    struct child child = start("lift ho990001");
    char name[LT_CLI_SPOOL_NAME_MAX];
    json_decref(take_command(name));
    struct lt_hold hold = world_hold_pair;
    hold.target = "cn990001";
    hold.lifted_at = lt_now();
    hold.lifted_by = "test";
    sign(LT_CONTROL_HOLD, "ho990001", &hold);
    answer_number(name, "ho990001");
    beat();
    assert_true(runs_for(&child, 1000));
    put_cursor("CATCH", world.number);
    assert_exit(&child, 0);
    assert_says(child.out, "ho990001 LIFTED after ");
    assert_says(child.out, "connections no longer suspended: 1, suspended by another hold: 0\n");
    child_fini(&child);
    beat();
    child = start("explain cn990001");
    assert_exit(&child, 0);
    child_fini(&child);
}

static void revoke_waits_for_the_end_and_says_when_it_does_not_come(void **state)
{
    (void)state;
    struct child child = start("revoke cn990001 --ground 44.1d-1 --wait 1s");
    char name[LT_CLI_SPOOL_NAME_MAX];
    json_decref(take_command(name));
    struct lt_connection terms = connection();
    terms.ended_at = lt_now();
    terms.ground = "44.1d-1";
    sign(LT_CONTROL_CONNECTION, "cn990001", &terms);
    answer_number(name, "cn990001");
    beat();
    assert_exit(&child, 3);
    assert_says(child.errors, "signed, but its effect does not show yet: waiting for cn990001");
    child_fini(&child);
    child = start("revoke cn990001 --ground 44.1d-1 --wait 0s");
    json_decref(take_command(name));
    answer_number(name, "cn990001");
    assert_exit(&child, 3);
    assert_says(child.errors, "its effect was not awaited");
    child_fini(&child);
    child = start("revoke cn990001 --ground 44.1d-1");
    json_decref(take_command(name));
    answer_number(name, "cn990001");
    put_cursor("ENDED", world.number);
    assert_exit(&child, 0);
    assert_says(child.out, "cn990001 TERMINATED after ");
    child_fini(&child);
}

/* D45 */
static void diary_prints_the_entries_of_one_connection(void **state)
{
    (void)state;
    record(LT_TOPIC_DIARY, "note/cn990001.1/1", LT_RECORD_DELIVERY_NOTE,
           &(struct lt_delivery_note){.stream = "cn990001.1",
                                      .connection = "cn990001",
                                      .service = "sv990001",
                                      .application = "ap990002",
                                      .agreement = 12,
                                      .scope_version = 1,
                                      .first = 1,
                                      .last = 812,
                                      .count = 812,
                                      .sync_time = LT_NULL,
                                      .chain = lt_bytes(chain, 32),
                                      .closed_at = lt_now()});
    struct child child = start("diary cn990001");
    assert_exit(&child, 0);
    assert_says(child.out, "note      cn990001.1  seq 1-812");
    assert_says(child.out, "decision  cn990001.1  LIVE -> HELD");
    child_fini(&child);
    child = start("diary --json cn999999");
    assert_exit(&child, 0);
    assert_string_equal(child.out, "");
    child_fini(&child);
}

static void schema_prints_what_is_registered(void **state)
{
    (void)state;
    struct child child = start("schema 1002");
    assert_exit(&child, 0);
    assert_says(child.out, "\"name\":\"province_code\"");
    child_fini(&child);
    child = start("schema 4000");
    assert_exit(&child, 1);
    child_fini(&child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_makes_topics_rights_and_the_key_pair),
        cmocka_unit_test(init_refuses_a_public_key_of_another_pair),
        cmocka_unit_test(apply_waits_until_a_heartbeat_confirms),
        cmocka_unit_test(what_is_signed_is_named_though_nobody_waits),
        cmocka_unit_test(a_refusal_is_told_as_file_path_text),
        cmocka_unit_test(a_silent_steward_is_told_with_a_hint),
        cmocka_unit_test(mistakes_on_the_command_line_reach_nobody),
        cmocka_unit_test(status_reads_every_stage_with_the_operators_rights),
        cmocka_unit_test(status_does_not_wait_for_an_open_transaction),
        cmocka_unit_test(hold_is_requested_first_and_effective_when_the_cursor_says_so),
        cmocka_unit_test(explain_names_the_clause_and_the_diarys_decision),
        cmocka_unit_test(lift_waits_until_the_stream_moves_again),
        cmocka_unit_test(revoke_waits_for_the_end_and_says_when_it_does_not_come),
        cmocka_unit_test(diary_prints_the_entries_of_one_connection),
        cmocka_unit_test(schema_prints_what_is_registered),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
