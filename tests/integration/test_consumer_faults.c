/* lt-consumer-postgres when things break: kill -9, restarts, rivals, holds, restores. */
#include "consumer-postgres/apply.h"
#include "daemon/daemon.h"
#include "support/cm.h"
#include "support/consumer_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define DAY  (86400 * LT_SECOND)
#define VIEW "lienthong_data.ward_%s"

static uint64_t seed;

static uint64_t below(uint64_t n)
{
    return lt_random_next(&seed) % n;
}

/* ---- a model of the source: what the copy must be in the end ---- */

#define KEYS 50
static int64_t model[KEYS]; /* population, -1: no such ward */

static void put_random(int count)
{
    consumer_begin(&world);
    for (int i = 0; i < count; i++) {
        const int key = (int)below(KEYS);
        char code[16];
        snprintf(code, sizeof code, "w%02d", key);
        if (model[key] >= 0 && below(3) == 0) {
            consumer_put_gone(&world, &stream, LT_OP_DELETE, code);
            model[key] = -1;
        } else {
            const enum lt_op op = model[key] < 0 ? LT_OP_INSERT : LT_OP_UPDATE;
            model[key] = (int64_t)below(1000000);
            consumer_put_ward(&world, &stream, op, code, "x", model[key]);
        }
    }
    consumer_put_sync(&world, &stream, lt_now());
    consumer_commit(&world);
}

static void begin_model(void)
{
    seed = (uint64_t)lt_now();
    print_message("seed %lu\n", (unsigned long)seed);
    for (int i = 0; i < KEYS; i++)
        model[i] = -1;
    consumer_begin(&world);
    consumer_put_schemas(&world);
    consumer_put_ward(&world, &stream, LT_OP_SNAPSHOT, "w00", "x", 7);
    consumer_put_sync(&world, &stream, lt_now());
    consumer_commit(&world);
    model[0] = 7;
}

/* Nothing lost, nothing twice, counters true, position at the end, chain as the topic says. */
static void copy_equals_model(void)
{
    struct lt_buf expected = {0};
    char seq[24], rows[24];
    int count = 0;
    for (int i = 0; i < KEYS; i++)
        if (model[i] >= 0)
            lt_buf_addf(&expected, "%sw%02d|%ld", count++ ? ";" : "", i, (long)model[i]);
    snprintf(seq, sizeof seq, "%ld", (long)stream.seq);
    snprintf(rows, sizeof rows, "%d", count);
    consumer_eventually(&world, seq, "SELECT seq FROM lienthong.position");
    consumer_eventually(&world, lt_buf_text(&expected),
                        "SELECT code, population FROM " VIEW " ORDER BY code", world.connection);
    consumer_now(&world, rows, "SELECT row_count FROM lienthong.position");
    consumer_now(&world, "0", "SELECT count(*) FROM lienthong.set_aside");
    consumer_now(&world, "active", "SELECT state FROM lienthong.copy");
    lt_buf_fini(&expected);
}

static int add_to_chain(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)reterr;
    lt_chain_add(arg, message->key, message->value, message->lt);
    return 0;
}

static void chain_equals_topic(void)
{
    struct lt_chain chain;
    struct lt_buf hex = {0};
    int64_t next;
    lt_chain_start(&chain, stream.topic);
    assert_int_equal(lt_bus_read_to_end(&world.bus, stream.topic, LT_OFFSET_BEGIN, 30000,
                                        add_to_chain, &chain, &next, NULL),
                     0);
    for (int i = 0; i < LT_CHAIN_BYTES; i++)
        lt_buf_addf(&hex, "%02x", chain.value[i]);
    consumer_now(&world, lt_buf_text(&hex), "SELECT encode(chain, 'hex') FROM lienthong.position");
    const struct lt_receipt receipt = consumer_receipt(&world, &stream, stream.seq, arena);
    assert_true(lt_bytes_equal(receipt.chain, lt_chain_bytes(&chain)));
    lt_buf_fini(&hex);
}

static void killed_at_random_moments_it_loses_and_repeats_nothing(void **state)
{
    (void)state;
    begin_model();
    for (int round = 0; round < 12; round++) {
        consumer_world_start(&world);
        for (uint64_t i = 0, n = below(6); i < n; i++) {
            put_random(1 + (int)below(40));
            lt_sleep_ms((int64_t)below(150));
        }
        lt_sleep_ms((int64_t)below(400));
        assert_int_equal(consumer_world_stop(&world, SIGKILL), -1);
        put_random(1 + (int)below(20));
    }
    consumer_world_start(&world);
    copy_equals_model();
    chain_equals_topic();
}

/* synchronous_commit = off: a crash of the server takes rows, position and stamp back together. */
static void a_crash_of_the_database_takes_all_back_together(void **state)
{
    (void)state;
    begin_model();
    consumer_world_start(&world);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 5; i++)
            put_random(1 + (int)below(30));
        lt_sleep_ms((int64_t)below(300));
        consumer_world_postgres(&world, round % 2 ? "restart --immediate" : "kill9");
        if (round % 2 == 0)
            consumer_world_postgres(&world, "start");
        put_random(3);
    }
    copy_equals_model();
    chain_equals_topic();
    assert_true(consumer_world_logged(&world, "event=starting_over"));
}

/* D41.2b-12: no broker, no stamps; and on it goes by itself when it is back. */
static void a_restart_of_the_broker_is_survived(void **state)
{
    (void)state;
    begin_model();
    consumer_world_start(&world);
    put_random(20);
    copy_equals_model();
    lt_test_kafka("restart", NULL);
    put_random(20);
    copy_equals_model();
    put_random(5);
    copy_equals_model();
    chain_equals_topic();
}

/* protocol 9.1: whoever moves the position first has won, the other starts over. */
static void the_loser_of_a_race_changes_nothing(void **state)
{
    (void)state;
    struct lt_error err = {0};
    char dsn[800];
    begin_model();
    consumer_world_start(&world);
    copy_equals_model();
    consumer_world_stop(&world, SIGTERM);
    consumer_world_dsn(&world, dsn, sizeof dsn);
    const struct lt_target_options options = {.dsn = dsn,
                                              .application = world.application,
                                              .data_schema = "lienthong_data",
                                              .reader_role = "lienthong_reader"};
    struct lt_copies ours = {0}, theirs = {0};
    size_t rejected;
    struct lt_target *one = lt_target_open(&options, &err), *two = lt_target_open(&options, &err);
    assert_non_null(one);
    assert_non_null(two);
    assert_int_equal(lt_target_load(one, &ours, &err), 0);
    assert_int_equal(lt_target_load(two, &theirs, &err), 0);
    struct lt_shape *shape = lt_shape_new(consumer_schema_text(WARD_KEY_SCHEMA),
                                          consumer_schema_text(WARD_SCHEMA), &err);
    struct lt_apply apply = {.copy = &ours.list[0],
                             .shape = shape,
                             .to = ours.list[0].is.at,
                             .append_time = LT_TIME_NONE};
    apply.to.seq++;
    assert_int_equal(lt_apply(one, &apply, &rejected, &err), 0);
    apply.copy = &theirs.list[0];
    assert_int_equal(lt_apply(two, &apply, &rejected, &err), -1);
    assert_int_equal(err.class, LT_ERR_ABORT);
    assert_int_equal(lt_target_fault(two, &theirs.list[0], LT_COPY_DAMAGED, 1, 2, "gap", &err), -1);
    assert_int_equal(err.class, LT_ERR_ABORT);
    consumer_now(&world, "active", "SELECT state FROM lienthong.copy");
    /* What it read anew is good. */
    assert_int_equal(lt_target_load(two, &theirs, &err), 0);
    apply.copy = &theirs.list[0];
    apply.to = theirs.list[0].is.at;
    apply.to.seq++;
    assert_int_equal(lt_apply(two, &apply, &rejected, &err), 0);
    lt_shape_free(shape);
    lt_copies_fini(&ours);
    lt_copies_fini(&theirs);
    lt_target_close(one);
    lt_target_close(two);
}

/* Feeds both, since who is fenced learns of it when it has something to say; returns who ended. */
static pid_t wait_first_to_end(const pid_t both[2], int *ret_status)
{
    for (int i = 0; i < 150; i++) {
        for (int k = 0; k < 2; k++)
            if (waitpid(both[k], ret_status, WNOHANG) == both[k])
                return both[k];
        put_random(1);
        lt_sleep_ms(200);
    }
    fail_msg("two processes go on side by side");
    return 0;
}

/* The second one, as a rule.  A commit in the moment in which the broker fences the first is
 * answered with an internal error (Kafka 4.2.1: ONGOING while it already a pending state
 * PREPARE_EPOCH_FENCE), so that the first one begins again, and with that fences the second. */
static void of_two_processes_one_takes_over(void **state)
{
    (void)state;
    int status = 0;
    begin_model();
    consumer_world_start(&world);
    put_random(10);
    copy_equals_model();
    const pid_t first = world.pid;
    consumer_world_start(&world);
    put_random(10);
    copy_equals_model();
    const pid_t both[2] = {first, world.pid};
    const pid_t gone = wait_first_to_end(both, &status);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), LT_EXIT_TAKEN_OVER); /* by itself */
    assert_true(consumer_world_logged(&world, "another_process_took_over"));
    assert_true(gone == first || consumer_world_logged(&world, "Unknown broker error"));
    world.pid = gone == both[0] ? both[1] : both[0];
    put_random(10);
    copy_equals_model();
    chain_equals_topic();
}

#define RIGHTS 5

/* The rights of a consumer of two streams; the first is the one to read `stream`. */
static void give_rights(struct lt_acl acls[RIGHTS], const char *other_topic, const char *principal)
{
    const struct {
        enum lt_acl_resource resource;
        enum lt_acl_operation operation;
        const char *name;
    } rights[RIGHTS] = {
        {LT_ACL_TOPIC, LT_ACL_READ, stream.topic},     {LT_ACL_TOPIC, LT_ACL_READ, other_topic},
        {LT_ACL_TOPIC, LT_ACL_READ, world.inbox},      {LT_ACL_TOPIC, LT_ACL_WRITE, world.outbox},
        {LT_ACL_TRANSACTIONAL_ID, LT_ACL_WRITE, NULL},
    };
    for (size_t i = 0; i < RIGHTS; i++) {
        acls[i] = (struct lt_acl){.resource = rights[i].resource, .operation = rights[i].operation};
        if (rights[i].name)
            snprintf(acls[i].name, sizeof acls[i].name, "%s", rights[i].name);
        else
            snprintf(acls[i].name, sizeof acls[i].name, "consumer.%s", world.application);
        snprintf(acls[i].principal, sizeof acls[i].principal, "User:%s", principal);
    }
    struct lt_error err = {0};
    if (lt_admin_acl_add(lt_test_admin(), acls, RIGHTS, &err))
        fail_msg("%s", err.msg);
}

/* D43-resume: a hold is a normal state of one stream; the others go on; nothing is lost. */
static void a_stream_that_may_not_be_read_waits_and_resumes_by_itself(void **state)
{
    (void)state;
    struct consumer_stream other;
    char principal[32], first[LT_ID_MAX];
    snprintf(principal, sizeof principal, "%s.k1", world.application);
    snprintf(first, sizeof first, "%s", world.connection);
    world.cert = principal;
    strcpy(world.connection, world.others[0]);
    consumer_stream_init(&world, &other, 1);
    consumer_put_load(&world, &other, 2, lt_now());
    snprintf(world.connection, sizeof world.connection, "%s", first);
    begin_model();

    struct lt_acl acls[RIGHTS];
    struct lt_error err = {0};
    give_rights(acls, other.topic, principal);
    consumer_world_start(&world);
    consumer_eventually(&world, "2", "SELECT count(*) FROM lienthong_data.ward_%s",
                        world.others[0]);
    consumer_eventually(&world, "1",
                        "SELECT seq FROM lienthong.position JOIN lienthong.copy USING"
                        " (copy) WHERE connection = '%s'",
                        first);

    /* Held: READ is gone, the stream has records that the consumer may not see. */
    assert_int_equal(lt_admin_acl_remove(lt_test_admin(), acls, 1, &err), 0);
    lt_sleep_ms(500);
    put_random(5);
    for (int i = 0; i < 100 && !consumer_world_logged(&world, "event=stream_unreadable"); i++)
        lt_sleep_ms(100);
    assert_true(consumer_world_logged(&world, "event=stream_unreadable"));
    strcpy(world.connection, world.others[0]);
    consumer_begin(&world);
    consumer_put_ward(&world, &other, LT_OP_INSERT, "w3", "others go on", 3);
    consumer_put_sync(&world, &other, lt_now());
    consumer_commit(&world);
    snprintf(world.connection, sizeof world.connection, "%s", first);
    consumer_eventually(&world, "3", "SELECT count(*) FROM lienthong_data.ward_%s",
                        world.others[0]);
    consumer_now(&world, "1|active",
                 "SELECT seq, state FROM lienthong.position JOIN lienthong.copy USING (copy)"
                 " WHERE connection = '%s'",
                 first);

    assert_int_equal(lt_admin_acl_add(lt_test_admin(), acls, 1, &err), 0);
    put_random(5);
    char seq[24];
    snprintf(seq, sizeof seq, "%ld", (long)stream.seq);
    consumer_eventually(&world, seq,
                        "SELECT seq FROM lienthong.position JOIN lienthong.copy USING (copy)"
                        " WHERE connection = '%s'",
                        first);
}

static void shell(const char *fmt, ...) LT_PRINTF(1, 2);
static void shell(const char *fmt, ...)
{
    char line[2000];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    assert_int_equal(system(line), 0);
}

/* D41.2b-11: rows, position and stamp come back together and are read again; nothing looks fresher
 * than it is, and the platform is told. */
static void a_restored_database_is_reported_and_catches_up(void **state)
{
    (void)state;
    const char *dir = consumer_world_postgres_dir();
    begin_model();
    consumer_world_start(&world);
    put_random(10);
    copy_equals_model();
    consumer_receipt(&world, &stream, stream.seq, arena);
    consumer_world_stop(&world, SIGTERM);
    char *then = consumer_sql(&world, "SELECT stamp FROM lienthong.copy");
    consumer_world_postgres(&world, "stop");
    shell("cp -a '%s/data' '%s/backup'", dir, dir);
    consumer_world_postgres(&world, "start");

    consumer_world_start(&world);
    put_random(30);
    copy_equals_model();
    consumer_receipt(&world, &stream, stream.seq, arena);
    consumer_world_stop(&world, SIGTERM);
    consumer_world_postgres(&world, "stop");
    shell("rm -rf '%s/data' && mv '%s/backup' '%s/data'", dir, dir, dir);
    consumer_world_postgres(&world, "start");
    consumer_now(&world, then, "SELECT stamp FROM lienthong.copy");
    free(then);

    consumer_world_start(&world);
    copy_equals_model();
    chain_equals_topic();
    assert_true(consumer_world_logged(&world, "event=position_went_back"));
}

/* protocol 9.2-9.3: away for longer than the window, records were cleaned meanwhile. */
static void cleaned_records_make_it_read_the_stream_again_beside(void **state)
{
    (void)state;
    consumer_begin(&world);
    consumer_put_schemas(&world);
    consumer_put_ward(&world, &stream, LT_OP_SNAPSHOT, "w1", "one", 1);
    struct lt_stream_notice notice = consumer_notice(&world, &stream);
    notice.load_seq = notice.sync_seq = 1;
    notice.sync_time = lt_now();
    consumer_put_notice(&world, &notice);
    consumer_commit(&world);
    consumer_world_start(&world);
    consumer_eventually(&world, "one", "SELECT \"họ tên\" FROM " VIEW, world.connection);
    consumer_world_stop(&world, SIGTERM);
    stream.seq += 3; /* compaction took them */
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_UPDATE, "w1", "five", 5);
    notice.sync_seq = stream.seq;
    notice.sync_time = lt_now();
    notice.window = LT_SECOND;
    consumer_put_notice(&world, &notice);
    consumer_commit(&world);
    lt_sleep_ms(1500);
    consumer_world_start(&world);
    consumer_eventually(&world, "five", "SELECT \"họ tên\" FROM " VIEW, world.connection);
    /* One that takes long to load in so short a window is made once more. */
    consumer_now(&world, "t|active|5|",
                 "SELECT copy > 1, state, seq, encode(chain, 'hex') FROM lienthong.copy JOIN"
                 " lienthong.position USING (copy)");
    assert_true(consumer_world_logged(&world, "reason=cleaned"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(killed_at_random_moments_it_loses_and_repeats_nothing),
        TEST(a_crash_of_the_database_takes_all_back_together),
        TEST(a_restart_of_the_broker_is_survived),
        TEST(the_loser_of_a_race_changes_nothing),
        TEST(of_two_processes_one_takes_over),
        TEST(a_stream_that_may_not_be_read_waits_and_resumes_by_itself),
        TEST(a_restored_database_is_reported_and_catches_up),
        TEST(cleaned_records_make_it_read_the_stream_again_beside),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    const int rc = cmocka_run_group_tests(tests, NULL, NULL);
    consumer_world_stop_postgres();
    lt_test_admin_close();
    return rc;
}
