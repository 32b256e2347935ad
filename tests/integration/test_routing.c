/*
 * lt-routing on a real broker (requirements DX-1, DX-3, DX-4, DX-5, DX-7, D43, D44, D45, D52.2b):
 * what a reader of the streams sees must be the scope of the source, exactly once, whatever
 * happens to the process.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "support/bus.h"
#include "support/routing_world.h"

static pid_t daemon_pid;
static struct rw_copy copy;

static int begin_world(void **state)
{
    (void)state;
    rw_start();
    daemon_pid = 0;
    return 0;
}

static int end_world(void **state)
{
    (void)state;
    if (daemon_pid > 0) {
        rw_kill(daemon_pid, SIGTERM);
        assert_int_equal(rw_exit_of(daemon_pid), 0);
    }
    rw_stop();
    return 0;
}

/* Ten rows of province 48, ten of 49, and a sync point. */
static void fill_source(void)
{
    rw_put_many(0, 10, "first", "48");
    rw_put_many(10, 20, "first", "49");
    rw_sync();
}

static void run_until_live(void)
{
    daemon_pid = rw_spawn();
    rw_await_state("cn000001.1", "LIVE");
    rw_await_state("cn000002.1", "LIVE");
    rw_await_state("cn000003.1", "LIVE");
}

/* ---- first load and shape ---- */

static void a_first_load_gives_each_its_scope(void **state)
{
    (void)state;
    struct lt_stream_notice notice;
    fill_source();
    run_until_live();
    rw_await_equal("cn000001.1", 1);
    rw_await_equal("cn000002.1", 2);
    rw_await_equal("cn000003.1", 3);
    rw_read_stream("cn000002.1", &copy);
    assert_string_equal(copy.ops, "ssssssssss");
    assert_string_equal(copy.terms, "12.1");
    assert_string_equal(copy.rows[3].province, ""); /* not granted: not there */
    assert_true(rw_notice("cn000002.1", &notice));
    assert_int_equal(notice.load_seq, 10);
    assert_int_equal(notice.value_schema, 1003);
    assert_string_equal(notice.entity, "ward");
    assert_true(notice.sync_time > 0);
}

static void rows_enter_and_leave_a_scope(void **state)
{
    (void)state;
    fill_source();
    run_until_live();
    rw_put(3, "moved", "49");
    rw_put(13, "moved", "48");
    rw_put(4, "changed", "48");
    rw_delete(5);
    rw_delete(15);
    rw_sync();
    rw_await_equal("cn000001.1", 1);
    rw_await_equal("cn000002.1", 2);
    rw_await_equal("cn000003.1", 3);
    rw_read_stream("cn000002.1", &copy);
    assert_string_equal(copy.ops, "ssssssssssdiud");
    rw_read_stream("cn000003.1", &copy);
    assert_string_equal(copy.ops, "ssssssssssidd");
}

static void the_cursor_carries_the_chain_of_the_stream(void **state)
{
    (void)state;
    struct lt_cursor cursor;
    fill_source();
    run_until_live();
    rw_put(4, "changed", "48");
    rw_sync();
    rw_await_equal("cn000002.1", 2);
    rw_pass(500);
    rw_read_stream("cn000002.1", &copy);
    assert_true(rw_cursor("cn000002.1", &cursor));
    assert_int_equal(cursor.seq, copy.seq);
    assert_memory_equal(cursor.chain.data, copy.chain.value, LT_CHAIN_BYTES);
}

static void every_delivery_is_in_one_note(void **state)
{
    (void)state;
    int64_t notes, records;
    fill_source();
    run_until_live();
    for (int i = 0; i < 5; i++)
        rw_put(i, "noted", "48");
    rw_await_equal("cn000001.1", 1);
    rw_pass(2500); /* page_time is 1 s */
    rw_read_stream("cn000001.1", &copy);
    rw_notes("cn000001.1", &notes, &records);
    assert_int_equal(records, copy.seq);
    assert_true(notes >= 2);
}

/* ---- control ---- */

static void a_hold_stops_and_a_lift_loses_nothing(void **state)
{
    (void)state;
    struct lt_cursor cursor;
    fill_source();
    run_until_live();
    rw_hold("ho000001", "cn000002");
    rw_await_state("cn000002.1", "HELD");
    assert_true(rw_cursor("cn000002.1", &cursor));
    assert_true(cursor.control >= rw_number());
    assert_string_equal(cursor.reason, "pair_hold");
    int64_t held_at = cursor.seq;
    rw_put_many(0, 10, "while held", "48");
    rw_delete(7);
    rw_sync();
    rw_await_equal("cn000001.1", 1); /* others go on (DX-13) */
    rw_read_stream("cn000002.1", &copy);
    assert_int_equal(copy.seq, held_at);
    rw_lift("ho000001", "cn000002");
    rw_await_state("cn000002.1", "LIVE");
    rw_await_equal("cn000002.1", 2);
}

static void a_second_hold_raises_the_number_and_keeps_holding(void **state)
{
    (void)state;
    struct lt_cursor cursor;
    fill_source();
    run_until_live();
    rw_hold("ho000001", "cn000002");
    rw_await_state("cn000002.1", "HELD");
    rw_hold("ho000002", "sv000001");
    rw_await_state("cn000001.1", "HELD");
    int64_t number = rw_number();
    for (int i = 0; i < 100; i++) {
        assert_true(rw_cursor("cn000002.1", &cursor));
        if (cursor.control >= number)
            break;
        rw_pass(100);
    }
    assert_true(cursor.control >= number);
    rw_lift("ho000001", "cn000002");
    rw_await_state("cn000002.1", "HELD"); /* the set is not empty (DX-2) */
    rw_lift("ho000002", "sv000001");
    rw_await_state("cn000002.1", "LIVE");
    rw_await_equal("cn000002.1", 2);
}

static void a_termination_ends_for_good(void **state)
{
    (void)state;
    struct lt_stream_notice notice;
    struct lt_cursor cursor;
    fill_source();
    run_until_live();
    rw_terminate("cn000003");
    rw_await_state("cn000003.1", "ENDED");
    assert_true(rw_notice("cn000003.1", &notice));
    assert_true(notice.ended);
    assert_true(notice.terminated);
    rw_put(11, "after", "49");
    rw_await_equal("cn000001.1", 1);
    assert_false(rw_cursor("cn000003.2", &cursor));
}

static void an_amended_scope_is_a_new_stream(void **state)
{
    (void)state;
    struct lt_stream_notice notice;
    fill_source();
    run_until_live();
    rw_amend("cn000003", "province_code = '49' AND province_code <> '48'", 2);
    rw_await_state("cn000003.1", "ENDED");
    rw_make_topic("stream.cn000003.2");
    rw_await_state("cn000003.2", "LIVE");
    rw_await_equal("cn000003.2", 3);
    rw_read_stream("cn000003.2", &copy);
    assert_string_equal(copy.terms, "12.2");
    assert_true(rw_notice("cn000003.1", &notice));
    assert_true(notice.ended);
    assert_false(notice.terminated);
    assert_string_equal(notice.reason, "amended");
}

static void a_new_incarnation_is_a_new_stream_for_all(void **state)
{
    (void)state;
    fill_source();
    run_until_live();
    for (int i = 1; i <= 3; i++) {
        char topic[64];
        snprintf(topic, sizeof(topic), "stream.cn00000%d.2", i);
        rw_make_topic(topic);
    }
    rw_delete(2);
    rw_begin_history(2);
    rw_incarnation(2);
    rw_await_state("cn000001.2", "LIVE");
    rw_await_state("cn000002.2", "LIVE");
    rw_await_equal("cn000001.2", 1);
    rw_await_equal("cn000002.2", 2);
    rw_put(2, "back", "48");
    rw_await_equal("cn000002.2", 2);
    rw_await_state("cn000001.1", "ENDED");
}

static void a_rate_once_used_up_holds(void **state)
{
    (void)state;
    struct lt_cursor cursor;
    fill_source();
    run_until_live();
    rw_limit("cn000003", 12);
    rw_put_many(10, 20, "much", "49");
    rw_await_state("cn000003.1", "HELD");
    assert_true(rw_cursor("cn000003.1", &cursor));
    assert_string_equal(cursor.reason, "rate");
    rw_await_equal("cn000001.1", 1);
}

static void a_reported_gap_brings_a_new_stream(void **state)
{
    (void)state;
    struct lt_cursor cursor;
    fill_source();
    run_until_live();
    rw_report_gap("cn000002.1");
    rw_await_state("cn000002.1", "ENDED");
    assert_true(rw_cursor("cn000002.1", &cursor));
    assert_string_equal(cursor.reason, "damaged");
    rw_make_topic("stream.cn000002.2");
    rw_await_state("cn000002.2", "LIVE");
    rw_await_equal("cn000002.2", 2);
}

/* DX-1, DX-7: and the diary is told afterwards, with the time from which nothing was. */
static void without_heartbeat_nothing_is_delivered(void **state)
{
    (void)state;
    struct lt_decision decision;
    fill_source();
    rw_settings("grace = 2s");
    run_until_live();
    rw_hold("ho000001", "cn000003");
    rw_await_state("cn000003.1", "HELD");
    lt_time beat = lt_now();
    rw_beat();
    lt_sleep_ms(4000); /* no heartbeat */
    rw_put(1, "unconfirmed", "48");
    lt_sleep_ms(1500);
    rw_read_stream("cn000001.1", &copy);
    assert_string_equal(copy.rows[1].name, "first");
    assert_true(rw_logged("event=control_stale"));
    assert_true(rw_stands_still("live", "control"));
    assert_int_equal(rw_decisions("cn000001.1", "control", NULL), 0);
    rw_beat();
    rw_await_equal("cn000001.1", 1);
    assert_int_equal(rw_decisions("cn000001.1", "control", &decision), 1);
    assert_true(decision.at >= beat + 2 * LT_SECOND && decision.at < beat + 3 * LT_SECOND);
    assert_string_equal(decision.from_state, "LIVE");
    assert_string_equal(decision.to_state, "LIVE");
    assert_non_null(strstr(decision.reason, "until 20"));
    assert_int_equal(rw_decisions("cn000002.1", "control", NULL), 1);
    assert_int_equal(rw_decisions("cn000003.1", "control", NULL), 0); /* held anyway */
    assert_false(rw_stands_still("live", "control"));
}

/* DX-1, D45-avail, DX-7: killed while it stands, it still knows since when. */
static void without_a_diary_nothing_is_delivered(void **state)
{
    (void)state;
    struct lt_decision decision;
    int64_t notes, records;
    fill_source();
    rw_settings("diary_check = 200ms");
    run_until_live();
    rw_await_equal("cn000001.1", 1);
    lt_time taken = lt_now();
    rw_diary_right(false);
    for (int i = 0; i < 300 && !rw_stands_still("live", "diary"); i++)
        rw_pass(100);
    assert_true(rw_stands_still("live", "diary"));
    lt_time noticed = lt_now();
    assert_true(rw_logged("event=diary_unwritable"));
    rw_put(1, "unnoted", "48");
    rw_pass(1500);
    rw_read_stream("cn000001.1", &copy);
    assert_string_equal(copy.rows[1].name, "first");
    rw_kill(daemon_pid, SIGKILL);
    rw_exit_of(daemon_pid);
    daemon_pid = rw_spawn();
    rw_pass(3000);
    rw_read_stream("cn000001.1", &copy);
    assert_string_equal(copy.rows[1].name, "first");
    rw_diary_right(true);
    rw_await_equal("cn000001.1", 1);
    assert_int_equal(rw_decisions("cn000001.1", "diary", &decision), 1);
    assert_true(decision.at >= taken && decision.at <= noticed);
    assert_int_equal(rw_decisions("cn000003.1", "diary", NULL), 1);
    assert_false(rw_stands_still("live", "diary"));
    rw_pass(2500);
    rw_read_stream("cn000001.1", &copy);
    rw_notes("cn000001.1", &notes, &records);
    assert_int_equal(records, copy.seq);
}

/* DX-4, DX-5: who had a row that nobody can read any more cannot be told by a filter. */
static void an_unreadable_value_ends_the_streams_that_cannot_tell(void **state)
{
    (void)state;
    struct lt_cursor cursor;
    fill_source();
    run_until_live();
    rw_put_garbage(3);
    rw_await_state("cn000002.1", "ENDED");
    assert_true(rw_cursor("cn000002.1", &cursor));
    assert_string_equal(cursor.reason, "unreadable");
    rw_await_state("cn000003.1", "ENDED");
    rw_make_topic("stream.cn000002.2");
    rw_make_topic("stream.cn000003.2");
    rw_await_state("cn000002.2", "LIVE");
    rw_read_stream("cn000002.2", &copy);
    assert_false(copy.rows[3].there); /* withheld: it was in this scope */
    rw_await_state("cn000003.2", "LIVE");
    rw_read_stream("cn000003.2", &copy);
    assert_string_equal(copy.ops, "ssssssssss"); /* and never was in this one */
    rw_read_stream("cn000001.1", &copy);
    assert_string_equal(copy.ops + 20, "w"); /* without filter there is nothing to tell */
    rw_put(3, "readable", "48");
    rw_sync();
    rw_await_equal("cn000001.1", 1);
    rw_await_equal("cn000002.2", 2);
}

/* D41.2b-1, DX-6: control has another schema before the feed begins anew under it.  Nobody is given
 * what only the old schema describes, and no load ends without it. */
static void a_feed_of_another_schema_is_waited_for(void **state)
{
    (void)state;
    struct lt_cursor cursor;
    struct lt_stream_notice notice;
    fill_source();
    run_until_live();
    rw_new_schema();
    rw_await_state("cn000003.1", "ENDED");
    rw_make_topic("stream.cn000001.2");
    rw_make_topic("stream.cn000003.2");
    rw_await_state("cn000003.2", "LOAD");
    rw_put(3, "under the old schema", "48");
    lt_time time = rw_sync();
    rw_pass(1500);
    assert_true(rw_cursor("cn000003.2", &cursor));
    assert_string_equal(cursor.state, "LOAD");
    rw_read_stream("cn000003.2", &copy);
    assert_int_equal(copy.records, 0);
    assert_true(rw_notice("cn000002.1", &notice)); /* its fields are as before */
    assert_true(notice.sync_time < time);
    assert_true(rw_logged("feed_of_another_schema"));
    rw_begin_history(2);
    rw_incarnation(2);
    rw_make_topic("stream.cn000002.2");
    rw_await_state("cn000003.2", "ENDED");
    rw_make_topic("stream.cn000001.3");
    rw_make_topic("stream.cn000003.3");
    rw_await_equal("cn000001.3", 1);
    rw_await_equal("cn000003.3", 3);
}

/* A stream never changes its meaning: its notice neither. */
static void an_ended_stream_keeps_its_schema(void **state)
{
    (void)state;
    struct lt_stream_notice notice;
    fill_source();
    run_until_live();
    rw_amend_fields("cn000003", 2);
    rw_await_state("cn000003.1", "ENDED");
    rw_make_topic("stream.cn000003.2");
    rw_await_state("cn000003.2", "LIVE");
    assert_true(rw_notice("cn000003.1", &notice));
    assert_true(notice.ended);
    assert_int_equal(notice.value_schema, 1001);
    assert_true(rw_notice("cn000003.2", &notice));
    assert_int_equal(notice.value_schema, 1003);
}

/* DX-13: a data service whose feed is not made yet is waited for alone. */
static void a_feed_that_is_not_there_yet_disturbs_nobody(void **state)
{
    (void)state;
    fill_source();
    run_until_live();
    rw_make_topic("stream.cn000004.1");
    rw_other_service();
    rw_await_state("cn000004.1", "LOAD");
    rw_put(1, "goes on", "48");
    rw_await_equal("cn000001.1", 1);
    rw_make_topic("feed.sv000002.1");
    for (int i = 0; i < 20; i++) {
        rw_put(2, i % 2 ? "odd" : "even", "48");
        rw_pass(50);
    }
    rw_await_equal("cn000001.1", 1);
    assert_false(rw_logged("lane_starts_over"));
}

/* However short a batch, every visit of the catch-up lane brings a stream forward. */
static void a_long_backlog_is_caught_up_in_short_batches(void **state)
{
    (void)state;
    char name[32];
    fill_source();
    rw_settings("batch_ms = 1ms");
    run_until_live();
    for (int i = 0; i < 20; i++)
        rw_put_many(0, 200, "before", "48");
    rw_await_equal("cn000001.1", 1);
    rw_hold("ho000001", "sv000001");
    for (int i = 1; i <= 3; i++) {
        snprintf(name, sizeof(name), "cn00000%d.1", i);
        rw_await_state(name, "HELD");
    }
    for (int i = 0; i < 20; i++)
        rw_put_many(0, 200, "backlog", i % 2 ? "48" : "49");
    rw_lift("ho000001", "sv000001");
    for (int i = 1; i <= 3; i++) {
        snprintf(name, sizeof(name), "cn00000%d.1", i);
        rw_await_state(name, "LIVE");
        rw_await_equal(name, i);
    }
}

/* L never waits for C, and yet C gets there (protocol 6). */
static void joins_while_rows_come(int rounds, int rows, int64_t pause_ms)
{
    struct lt_cursor cursor;
    char name[32];
    fill_source();
    run_until_live();
    rw_hold("ho000001", "cn000002");
    rw_await_state("cn000002.1", "HELD");
    rw_lift("ho000001", "cn000002");
    bool live = false;
    for (int i = 0; i < rounds && !live; i++) {
        snprintf(name, sizeof(name), "busy%d", i);
        rw_put_many(i % 20, i % 20 + rows, name, i % 3 ? "48" : "49");
        if (i % 10 == 0)
            rw_pass(1);
        if (i % 50 == 0 || pause_ms > 0)
            live = rw_cursor("cn000002.1", &cursor) && strcmp(cursor.state, "LIVE") == 0;
        lt_sleep_ms(pause_ms);
    }
    assert_true(live);
    rw_await_equal("cn000002.1", 2);
}

static void a_lifted_stream_joins_a_feed_that_never_rests(void **state)
{
    (void)state;
    joins_while_rows_come(3000, 3, 0);
}

/* Each batch is empty or has one row: what is ahead by a batch is not ahead by enough. */
static void a_lifted_stream_joins_a_feed_that_trickles(void **state)
{
    (void)state;
    joins_while_rows_come(300, 0, 70);
}

/* ---- faults ---- */

static void killed_at_any_moment_it_delivers_exactly_once(void **state)
{
    (void)state;
    uint64_t random = 20261125;
    fill_source();
    rw_settings("batch_rows = 7");
    daemon_pid = rw_spawn();
    for (int round = 0; round < 8; round++) {
        char name[32];
        int64_t end = lt_monotonic_ms() + 300 + (int64_t)(lt_random_next(&random) % 1500);
        for (int i = 0; lt_monotonic_ms() < end; i++) {
            int code = (int)(lt_random_next(&random) % 60);
            snprintf(name, sizeof(name), "r%d.%d", round, i);
            rw_put_many(code, code + 5, name, lt_random_next(&random) % 2 ? "48" : "49");
            if (i % 5 == 0)
                rw_sync();
            rw_pass(10);
        }
        rw_kill(daemon_pid, SIGKILL);
        assert_int_equal(rw_exit_of(daemon_pid), 128 + SIGKILL);
        daemon_pid = rw_spawn();
    }
    rw_sync();
    rw_await_state("cn000001.1", "LIVE");
    rw_await_state("cn000002.1", "LIVE");
    rw_await_equal("cn000001.1", 1);
    rw_await_equal("cn000002.1", 2);
    rw_await_equal("cn000003.1", 3);
    rw_read_stream("cn000001.1", &copy); /* a broker that loses no marker: nothing twice */
    assert_int_equal(copy.repeats, 0);
}

static void the_older_of_two_processes_leaves(void **state)
{
    (void)state;
    fill_source();
    run_until_live();
    pid_t older = daemon_pid;
    daemon_pid = rw_spawn();
    for (int i = 0; i < 300 && waitpid(older, NULL, WNOHANG | WNOWAIT) == 0; i++)
        rw_pass(100);
    assert_int_equal(rw_exit_of(older), 3);
    assert_true(rw_logged("event=lane_fenced"));
    assert_true(rw_logged("another lt-routing has taken over this bucket"));
    rw_put(1, "by the newer", "48");
    rw_await_equal("cn000001.1", 1);
}

static void a_deleted_topic_ends_its_stream_alone(void **state)
{
    (void)state;
    fill_source();
    run_until_live();
    assert_ok(lt_admin_topic_delete(rw_admin(), "stream.cn000002.1", &test_err));
    rw_put(1, "goes on", "48");
    rw_await_equal("cn000001.1", 1);
    rw_await_state("cn000002.1", "ENDED");
    rw_make_topic("stream.cn000002.2");
    rw_await_state("cn000002.2", "LIVE");
    rw_await_equal("cn000002.2", 2);
    rw_await_state("cn000001.1", "LIVE");
}

static void a_topic_that_refuses_is_held_while_others_go_on(void **state)
{
    (void)state;
    struct lt_cursor cursor;
    struct lt_topic_config small = {"max.message.bytes", "100"};
    fill_source();
    assert_ok(lt_admin_topic_delete(rw_admin(), "stream.cn000003.1", &test_err));
    lt_sleep_ms(500);
    assert_ok(lt_admin_topic_create(rw_admin(), "stream.cn000003.1", 1, &small, 1, &test_err));
    daemon_pid = rw_spawn();
    rw_await_state("cn000003.1", "HELD");
    assert_true(rw_cursor("cn000003.1", &cursor));
    assert_string_equal(cursor.reason, "technical");
    rw_await_state("cn000001.1", "LIVE");
    rw_put(11, "others", "49");
    rw_await_equal("cn000001.1", 1);
}

/* test_routing [PATTERN]: only the tests whose name matches. */
int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_world, end_world)
    const struct CMUnitTest tests[] = {
        TEST(a_first_load_gives_each_its_scope),
        TEST(rows_enter_and_leave_a_scope),
        TEST(the_cursor_carries_the_chain_of_the_stream),
        TEST(every_delivery_is_in_one_note),
        TEST(a_hold_stops_and_a_lift_loses_nothing),
        TEST(a_second_hold_raises_the_number_and_keeps_holding),
        TEST(a_termination_ends_for_good),
        TEST(an_amended_scope_is_a_new_stream),
        TEST(a_new_incarnation_is_a_new_stream_for_all),
        TEST(a_rate_once_used_up_holds),
        TEST(a_reported_gap_brings_a_new_stream),
        TEST(without_heartbeat_nothing_is_delivered),
        TEST(without_a_diary_nothing_is_delivered),
        TEST(an_unreadable_value_ends_the_streams_that_cannot_tell),
        TEST(an_ended_stream_keeps_its_schema),
        TEST(a_feed_of_another_schema_is_waited_for),
        TEST(a_feed_that_is_not_there_yet_disturbs_nobody),
        TEST(a_long_backlog_is_caught_up_in_short_batches),
        TEST(a_lifted_stream_joins_a_feed_that_never_rests),
        TEST(a_lifted_stream_joins_a_feed_that_trickles),
        TEST(killed_at_any_moment_it_delivers_exactly_once),
        TEST(the_older_of_two_processes_leaves),
        TEST(a_deleted_topic_ends_its_stream_alone),
        TEST(a_topic_that_refuses_is_held_while_others_go_on),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    lt_test_admin_close();
    return rc;
}
