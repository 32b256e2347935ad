/*
 * lt-steward under faults on a real broker: restarts, kill -9 in the middle of commands, forged and
 * replayed records, a control log that has lost records.  DX-12; protocol 4.
 */
#include "base/file.h"
#include "change/ids.h"
#include "daemon/daemon.h"
#include "support/bus.h"
#include "support/steward_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KILLS       12
#define PER_COMMAND 20 /* agencies in one command */
#define SOON_MS     30000

static struct steward_process steward;
static uint64_t seed = 20261125;

static int setup(void **state)
{
    (void)state;
    const char *given = getenv("LT_TEST_SEED");
    if (given)
        seed = strtoull(given, NULL, 10);
    print_message("seed %lu\n", (unsigned long)seed);
    steward_process_init(&steward, "steward-faults");
    steward_process_start(&steward);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (steward.pid)
        steward_process_stop(&steward);
    lt_test_admin_close();
    return 0;
}

static const char *agency(int number)
{
    return lt_test_text(
        "{\"kind\":\"agency\",\"id\":\"ag%04d\",\"name\":\"A\",\"class\":\"ministry\","
        "\"contact\":\"c\"}",
        number);
}

static void await_log(const char *text)
{
    const int64_t end = lt_monotonic_ms() + SOON_MS;
    while (!steward_process_logged(&steward, text)) {
        if (lt_monotonic_ms() > end)
            fail_msg("not logged: %s", text);
        lt_sleep_ms(20);
    }
}

static void await_start(int64_t number)
{
    await_log(lt_test_text("event=started epoch=1 number=%ld", (long)number));
}

/* ---- restarts ---- */

static void numbers_go_on_after_a_restart(void **state)
{
    (void)state;
    const char *first = agency(9001), *second = agency(9002);
    const int64_t number = steward_process_apply(&steward, &first, 1);
    assert_int_equal(steward_process_stop(&steward), 0);
    steward_process_start(&steward);
    await_start(number);
    assert_int_equal(steward_process_apply(&steward, &second, 1), number + 1);
    assert_int_equal(steward_process_apply(&steward, &second, 1), number + 1); /* no news */
}

static int64_t count_agencies(struct lt_fold *fold, int first)
{
    int64_t count = 0;
    for (int i = 0; i < PER_COMMAND; i++)
        count += lt_fold_agency(fold, lt_test_text("ag%04d", first + i)) != NULL;
    return count;
}

static const char *apply_of(int first)
{
    json_t *items = json_array();
    for (int i = 0; i < PER_COMMAND; i++)
        json_array_append_new(items, json_pack("{s:s, s:s}", "file", lt_test_text("%d", i), "text",
                                               agency(first + i)));
    json_t *command =
        json_pack("{s:s, s:s, s:o}", "command", "apply", "author", "t", "declarations", items);
    char *text = json_dumps(command, 0);
    const char *out = lt_test_text("%s", text);
    free(text);
    json_decref(command);
    return out;
}

/* All or nothing, and once: a command that was killed is there whole or not at all; taken up again
 * after the restart it is there exactly once, and its numbers leave no hole. */
static void a_kill_in_the_middle_leaves_all_or_nothing(void **state)
{
    (void)state;
    int whole = 0, nothing = 0;
    for (int round = 0; round < KILLS; round++) {
        const int first = 1 + round * PER_COMMAND;
        struct lt_fold *before = steward_process_fold(&steward);
        const int64_t number = lt_fold_highest(before);
        lt_fold_free(before);
        const char *name = steward_process_ask(&steward, apply_of(first));
        lt_sleep_ms((int64_t)(lt_random_next(&seed) % 90));
        steward_process_kill(&steward);

        struct lt_fold *fold = steward_process_fold(&steward);
        const int64_t there = count_agencies(fold, first);
        assert_true(there == 0 || there == PER_COMMAND);
        whole += there == PER_COMMAND;
        nothing += there == 0;
        assert_int_equal(lt_fold_number(fold), lt_fold_highest(fold)); /* confirmed as it is */
        lt_fold_free(fold);

        steward_process_start(&steward);
        json_t *answer = steward_process_answer(&steward, name);
        assert_true(json_is_true(json_object_get(answer, "ok")));
        assert_int_equal(json_integer_value(json_object_get(answer, "number")),
                         number + PER_COMMAND);
        json_decref(answer);
        fold = steward_process_fold(&steward);
        assert_int_equal(count_agencies(fold, first), PER_COMMAND);
        assert_int_equal(lt_fold_highest(fold), number + PER_COMMAND);
        lt_fold_free(fold);
    }
    print_message("%d whole, %d nothing\n", whole, nothing);
    assert_true(whole > 0);
    assert_true(nothing > 0);
}

/* A hold is not idempotent by itself: killed and taken up again it must not stand twice. */
static void a_killed_hold_stands_once(void **state)
{
    (void)state;
    static const char *const declared[] = {
        "{\"kind\":\"agency\",\"id\":\"ag0001\",\"name\":\"A\",\"class\":\"ministry\",\"contact\":"
        "\"c\"}",
        "{\"kind\":\"application\",\"id\":\"ap000001\",\"agency\":\"ag0001\",\"name\":\"p\","
        "\"role\":\"provider\"}",
        "{\"kind\":\"service\",\"id\":\"sv000001\",\"provider\":\"ap000001\",\"source\":"
        "\"so000001\",\"name\":\"w\",\"entity\":\"ward\",\"table\":\"public.wards\",\"fields\":[{"
        "\"name\":\"code\",\"column\":\"code\",\"type\":\"text\",\"required\":true}],\"key\":["
        "\"code\"],\"scope_columns\":[],\"published\":true,\"policy\":{\"version\":1,"
        "\"use_period\":\"72h\",\"on_expiry\":\"hide\"}}"};
    steward_process_apply(&steward, declared, LT_COUNT(declared));
    for (int round = 1; round <= KILLS; round++) {
        const char *name = steward_process_ask(
            &steward,
            "{\"command\":\"hold\",\"target\":\"sv000001\",\"ground\":\"43.1b\",\"reason\":\"r\","
            "\"restore\":\"\",\"author\":\"t\"}");
        lt_sleep_ms((int64_t)(lt_random_next(&seed) % 90));
        steward_process_kill(&steward);
        steward_process_start(&steward);
        json_t *answer = steward_process_answer(&steward, name);
        const char *id = json_string_value(json_array_get(json_object_get(answer, "objects"), 0));
        assert_string_equal(id, lt_test_text("ho%06d", round));
        json_decref(answer);
        struct lt_fold *fold = steward_process_fold(&steward);
        const struct lt_hold *holds[1];
        assert_int_equal(lt_fold_holds_on(fold, "sv000001", holds, 1), round);
        lt_fold_free(fold);
    }
}

/* ---- forged and replayed ---- */

struct kept_record {
    char key[LT_CONTROL_KEY_MAX];
    struct lt_buf wire;
};

static int keep_first_agency(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)reterr;
    struct kept_record *kept = arg;
    if (kept->key[0] || message->key.len < 7 || memcmp(message->key.data, "agency/", 7) != 0)
        return 0;
    snprintf(kept->key, sizeof(kept->key), "%.*s", (int)message->key.len,
             (const char *)message->key.data);
    lt_buf_add(&kept->wire, message->value.data, message->value.len);
    return 0;
}

static void write_control(const char *key, struct lt_bytes value)
{
    const struct lt_bus bootstrap = lt_test_bus("bootstrap");
    LT_CLEANUP(lt_producer_closep)
    struct lt_producer *producer = test_producer(&bootstrap, "intruder");
    assert_ok(lt_producer_begin(producer, &test_err));
    assert_ok(lt_producer_send(producer, "platform.control", lt_bytes_text(key), value, NULL, 0,
                               &test_err));
    assert_ok(lt_producer_commit(producer, &test_err));
}

static void forged_and_replayed_records_are_refused_and_counted(void **state)
{
    (void)state;
    const struct lt_bus operator= lt_test_bus("operator");
    struct kept_record kept = {0};
    int64_t next;
    assert_ok(lt_bus_read_to_end(&operator, "platform.control", LT_OFFSET_BEGIN, SOON_MS,
                                 keep_first_agency, &kept, &next, &test_err));
    assert_true(kept.key[0] != 0);
    const char *renamed =
        lt_test_text("{\"kind\":\"agency\",\"id\":\"%s\",\"name\":\"B\",\"class\":"
                     "\"ministry\",\"contact\":\"c\"}",
                     kept.key + 7);
    const int64_t number = steward_process_apply(&steward, &renamed, 1);
    const int64_t refused = steward_process_last(&steward, " refused="); /* of other tests */

    write_control(kept.key, lt_buf_bytes(&kept.wire)); /* the old name, signed as it is */
    write_control("hold/ho000099", lt_bytes_text("garbage"));
    struct lt_buf forged = {0};
    uint8_t private_key[LT_SIGN_KEY_BYTES], public_key[LT_SIGN_KEY_BYTES];
    assert_ok(lt_control_key_new(private_key, public_key, &test_err));
    const struct lt_control control = {
        .epoch = 1,
        .number = number + 1,
        .kind = "agency",
        .object = "ag9999",
        .body_kind = LT_CONTROL_AGENCY,
        .body.agency = {.name = "x", .class = "ministry", .contact = ""},
    };
    lt_control_sign(&control, private_key, &forged);
    write_control("agency/ag9999", lt_buf_bytes(&forged));

    steward_process_kill(&steward);
    steward_process_start(&steward);
    await_log(lt_test_text("event=started epoch=1 number=%ld refused=%ld", (long)number,
                           (long)refused + 3));
    struct lt_fold *fold = steward_process_fold(&steward);
    assert_string_equal(lt_fold_agency(fold, kept.key + 7)->name, "B");
    assert_null(lt_fold_agency(fold, "ag9999"));
    lt_fold_free(fold);
    lt_buf_fini(&forged);
    lt_buf_fini(&kept.wire);
}

/* ---- one signer ---- */

static void a_second_steward_fences_the_first(void **state)
{
    (void)state;
    const pid_t first = steward.pid;
    struct steward_process second = steward;
    second.pid = 0;
    steward_process_start(&second);
    steward.pid = first;
    assert_int_equal(steward_process_wait(&steward), LT_EXIT_TAKEN_OVER);
    await_log("fenced");
    steward.pid = second.pid;
    const char *more = agency(9003);
    assert_true(steward_process_apply(&steward, &more, 1) > 0);
}

/* ---- loss ---- */

static void refuses_to_sign_on_top_of_a_loss(void **state)
{
    (void)state;
    assert_int_equal(steward_process_stop(&steward), 0);
    const char *path = lt_test_text("%s/steward.state", steward.dir);
    assert_ok(lt_file_replace(path, lt_bytes_text("1 1000000\n"), 0600, &test_err));
    steward_process_start(&steward);
    assert_int_equal(steward_process_wait(&steward), 1);
    assert_true(steward_process_logged(&steward, "but 1000000 was signed: records are lost"));

    /* The operator accepts it: a new epoch, and no number twice. */
    assert_ok(lt_file_replace(path, lt_bytes_text("2 1000000\n"), 0600, &test_err));
    steward_process_start(&steward);
    await_log("event=started epoch=2 number=1000000");
    const char *more = agency(9004);
    assert_int_equal(steward_process_apply(&steward, &more, 1), 1000001);
    struct lt_fold *fold = steward_process_fold(&steward);
    assert_int_equal(lt_fold_epoch(fold), 2);
    assert_int_equal(lt_fold_number(fold), 1000001);
    assert_non_null(lt_fold_agency(fold, "ag9001"));
    lt_fold_free(fold);
}

static int restore(void)
{
    steward_process_restore(&steward);
    return steward_process_wait(&steward);
}

/* DX-3, D43, D44: every record under its number, a new epoch, and only into an empty control. */
static void an_empty_control_comes_back_by_command(void **state)
{
    (void)state;
    uint8_t before[32], after[32];
    struct lt_fold *fold = steward_process_fold(&steward);
    const int64_t epoch = lt_fold_epoch(fold), number = lt_fold_number(fold);
    lt_fold_digest(fold, before);
    lt_fold_free(fold);
    assert_int_equal(steward_process_stop(&steward), 0);
    assert_int_equal(restore(), 1);
    assert_true(steward_process_logged(&steward, "platform.control is not empty: it is at number"));

    assert_ok(lt_admin_topic_delete(lt_test_admin(), LT_TOPIC_CONTROL, &test_err));
    steward_process_start(&steward);
    assert_int_equal(steward_process_wait(&steward), 1);
    assert_true(steward_process_logged(&steward, "if all of Kafka's data are lost: lt-steward "
                                                 "restore-control"));
    assert_int_equal(restore(), 0);
    assert_true(steward_process_logged(&steward, "records are back"));

    steward_process_start(&steward);
    await_log(lt_test_text("event=started epoch=%ld number=%ld", (long)epoch + 1, (long)number));
    fold = steward_process_fold(&steward);
    lt_fold_digest(fold, after);
    assert_memory_equal(before, after, sizeof(after));
    assert_int_equal(lt_fold_number(fold), number);
    lt_fold_free(fold);
    const char *more = agency(9005);
    assert_int_equal(steward_process_apply(&steward, &more, 1), number + 1);
}

/* The archive must reach as far as what is known to have been signed. */
static void an_archive_that_ends_too_early_is_refused(void **state)
{
    (void)state;
    assert_int_equal(steward_process_stop(&steward), 0);
    const char *path = lt_test_text("%s/steward.state", steward.dir);
    assert_ok(lt_file_replace(path, lt_bytes_text("7 2000000\n"), 0600, &test_err));
    assert_ok(lt_admin_topic_delete(lt_test_admin(), LT_TOPIC_CONTROL, &test_err));
    assert_int_equal(restore(), 1);
    assert_true(
        steward_process_logged(&steward, "but 2000000 was signed: find a newer copy of it"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_go_on_after_a_restart),
        cmocka_unit_test(a_kill_in_the_middle_leaves_all_or_nothing),
        cmocka_unit_test(a_killed_hold_stands_once),
        cmocka_unit_test(forged_and_replayed_records_are_refused_and_counted),
        cmocka_unit_test(a_second_steward_fences_the_first),
        cmocka_unit_test(refuses_to_sign_on_top_of_a_loss),
        cmocka_unit_test(an_empty_control_comes_back_by_command),
        cmocka_unit_test(an_archive_that_ends_too_early_is_refused),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    return cmocka_run_group_tests_name("steward under faults", tests, setup, teardown);
}
