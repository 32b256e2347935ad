/* The start-up table of capture-and-apply 4a and architecture 4.1: one test a row, on real parts.
 * PostgreSQL hides a gap and a rewound database; the adapter must not. */
#include "support/cm.h"
#include "support/provider_fixture.h"

#include <stdlib.h>
#include <string.h>

static const char *service;

static int fresh_wards(void **state)
{
    fresh_line(state);
    service = line_table(line, "wards");
    line_sql(line,
             "INSERT INTO public.wards SELECT i::text, 'n', '48' FROM generate_series(1, 100) i");
    return 0;
}

static void run_until_equal(int64_t incarnation)
{
    line_start(line);
    line_wait_state(line, service, "streaming", incarnation);
    line_sql(line, "INSERT INTO public.wards VALUES (left(md5(clock_timestamp()::text), 18), 'n')"
                   " ON CONFLICT DO NOTHING");
    line_wait_equal(line, service, "wards", 60);
}

static void expect_new_incarnation(const char *reason)
{
    struct line_position position;
    run_until_equal(2);
    line_position(line, service, &position);
    assert_int_equal(position.incarnation, 2);
    assert_non_null(strstr(position.reason, reason));
    struct line_feed old = line_read(line, service, 1);
    assert_int_equal(old.records[old.count - 1].op, LT_OP_END);
    line_feed_fini(&old);
}

/* The server notices the end of a stream a moment later. */
static void stop_and_free_slot(void)
{
    assert_int_equal(line_stop(line), 0);
    for (int i = 0;
         i < 100 &&
         strcmp(line_ask(line, "SELECT active FROM pg_replication_slots WHERE slot_name = '%s'",
                         line_slot(line)),
                "t") == 0;
         i++) {
        lt_sleep_ms(50);
    }
}

static void change(int n)
{
    line_sql(line, "UPDATE public.wards SET note = '%d' WHERE code IN ('1', '2', '3')", n);
}

static void no_checkpoint_and_no_slot_is_a_first_start(void **state)
{
    (void)state;
    struct lt_source_position source;
    assert_false(line_source(line, &source));
    run_until_equal(1);
    assert_true(line_source(line, &source));
    struct line_position position;
    line_position(line, service, &position);
    assert_string_equal(position.reason, "first incarnation");
}

static void a_slot_without_a_position_is_made_anew(void **state)
{
    (void)state;
    line_sql(line, "SELECT pg_create_logical_replication_slot('%s', 'pgoutput')", line_slot(line));
    change(1);
    run_until_equal(1);
    assert_true(line_logged(line, "a slot without a position"));
}

static void an_interrupted_snapshot_begins_again(void **state)
{
    (void)state;
    line_config(line, "provider", "batch_rows", "100");
    line_sql(
        line,
        "INSERT INTO public.wards SELECT 's' || i, 'n', '48' FROM generate_series(1, 200000) i");
    line_start(line);
    line_wait_state(line, service, "snapshot", 1);
    line_kill(line);
    line_config_clear(line); /* 2,000 small batches would take most of a minute */
    run_until_equal(2);
    struct line_position position;
    line_position(line, service, &position);
    assert_string_equal(position.reason, "the snapshot was interrupted");
}

static void a_position_that_fits_goes_on(void **state)
{
    (void)state;
    run_until_equal(1);
    assert_int_equal(line_stop(line), 0);
    change(1);
    run_until_equal(1);
    line_kill(line);
    change(2);
    run_until_equal(1);
    struct line_feed feed = line_read(line, service, 1);
    assert_int_equal(line_count(&feed, LT_OP_UPDATE), 6);
    line_feed_fini(&feed);
}

static void a_dropped_slot_begins_anew(void **state)
{
    (void)state;
    run_until_equal(1);
    stop_and_free_slot();
    line_sql(line, "SELECT pg_drop_replication_slot('%s')", line_slot(line));
    change(1);
    expect_new_incarnation("the slot is gone");
}

static void a_slot_dropped_and_recreated_by_hand_begins_anew(void **state)
{
    (void)state;
    run_until_equal(1);
    stop_and_free_slot();
    line_sql(line, "SELECT pg_drop_replication_slot('%s')", line_slot(line));
    change(1);
    line_sql(line, "SELECT pg_create_logical_replication_slot('%s', 'pgoutput')", line_slot(line));
    expect_new_incarnation("the slot is ahead of the stored position");
}

static void a_slot_advanced_by_hand_begins_anew(void **state)
{
    (void)state;
    run_until_equal(1);
    stop_and_free_slot();
    change(1);
    line_sql(line, "SELECT pg_replication_slot_advance('%s', pg_current_wal_lsn())",
             line_slot(line));
    expect_new_incarnation("the slot is ahead of the stored position");
}

static void an_invalidated_slot_begins_anew(void **state)
{
    (void)state;
    run_until_equal(1);
    stop_and_free_slot();
    line_sql(line, "ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
    line_sql(line, "SELECT pg_reload_conf()");
    for (int i = 0; i < 4; i++) {
        line_sql(
            line,
            "CREATE TABLE public.junk%d AS SELECT md5(i::text) FROM generate_series(1, 100000) i",
            i);
        line_sql(line, "SELECT pg_switch_wal()");
        line_sql(line, "CHECKPOINT");
    }
    assert_string_equal(
        line_ask(line, "SELECT wal_status FROM pg_replication_slots WHERE slot_name = '%s'",
                 line_slot(line)),
        "lost");
    line_sql(line, "ALTER SYSTEM RESET max_slot_wal_keep_size");
    line_sql(line, "SELECT pg_reload_conf()");
    expect_new_incarnation("the slot is lost or invalid");
}

static void a_slot_of_another_plugin_begins_anew(void **state)
{
    (void)state;
    run_until_equal(1);
    stop_and_free_slot();
    line_sql(line, "SELECT pg_drop_replication_slot('%s')", line_slot(line));
    line_sql(line, "SELECT pg_create_logical_replication_slot('%s', 'test_decoding')",
             line_slot(line));
    expect_new_incarnation("the slot is lost or invalid");
}

/* A slot may go back after a crash of the server: only the dropped prefix grows. */
static void a_slot_that_went_back_repeats_nothing(void **state)
{
    (void)state;
    run_until_equal(1);
    for (int i = 0; i < 10; i++) {
        change(i);
        lt_sleep_ms(60);
    }
    line_wait_equal(line, service, "wards", 30);
    line_pg(line, "kill9", NULL);
    line_pg(line, "start", NULL);
    change(10);
    line_wait_equal(line, service, "wards", 60);
    struct line_feed feed = line_read(line, service, 1);
    assert_int_equal(line_count(&feed, LT_OP_UPDATE), 33);
    line_feed_fini(&feed);
}

/* ---- restored databases: the whole server, so these use files ---- */

static void copy_data(const char *how)
{
    char command[1024];
    const char *data = line_pg_env(line, "LT_PG_DATA");
    snprintf(command, sizeof(command),
             strcmp(how, "save") == 0 ? "rm -rf '%s.saved' && cp -a '%s' '%s.saved'"
                                      : "rm -rf '%s' && cp -a '%s.saved' '%s'",
             data, data, data);
    assert_int_equal(system(command), 0);
}

static void a_restored_file_snapshot_begins_anew(void **state)
{
    (void)state;
    run_until_equal(1);
    stop_and_free_slot();
    line_pg(line, "stop", NULL);
    copy_data("save");
    line_pg(line, "start", NULL);
    for (int i = 0; i < 20; i++) {
        change(i);
    }
    run_until_equal(1);
    stop_and_free_slot();
    line_pg(line, "stop", NULL);
    copy_data("restore");
    line_pg(line, "start", NULL);
    expect_new_incarnation("the server is behind the stored position");
}

/* Same system id, same timeline, slot behind, WAL already beyond the stored position: only the
 * stored commit that never comes by tells. */
static void a_restored_file_snapshot_with_regrown_wal_begins_anew(void **state)
{
    (void)state;
    run_until_equal(1);
    stop_and_free_slot();
    line_pg(line, "stop", NULL);
    copy_data("save");
    line_pg(line, "start", NULL);
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    for (int i = 0; i < 20; i++) {
        change(i);
    }
    line_wait_equal(line, service, "wards", 30);
    stop_and_free_slot();
    line_pg(line, "stop", NULL);
    copy_data("restore");
    line_pg(line, "start", NULL);
    line_sql(line,
             "CREATE TABLE public.filler AS SELECT md5(i::text) FROM generate_series(1, 50000) i");
    change(77);
    expect_new_incarnation("another history");
}

static void a_promoted_server_begins_anew(void **state)
{
    (void)state;
    run_until_equal(1);
    stop_and_free_slot();
    line_pg(line, "stop", NULL);
    char command[600];
    snprintf(command, sizeof(command),
             "touch '%s/recovery.signal' && chown --reference='%s' '%s/recovery.signal'",
             line_pg_env(line, "LT_PG_DATA"), line_pg_env(line, "LT_PG_DATA"),
             line_pg_env(line, "LT_PG_DATA"));
    assert_int_equal(system(command), 0);
    line_pg(line, "start", "--set restore_command=false");
    for (int i = 0; i < 100 && strcmp(line_ask(line, "SELECT pg_is_in_recovery()"), "f") != 0;
         i++) {
        lt_sleep_ms(100);
    }
    expect_new_incarnation("another timeline");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh_wards, free_line)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_checkpoint_and_no_slot_is_a_first_start),
        TEST(a_slot_without_a_position_is_made_anew),
        TEST(an_interrupted_snapshot_begins_again),
        TEST(a_position_that_fits_goes_on),
        TEST(a_dropped_slot_begins_anew),
        TEST(a_slot_dropped_and_recreated_by_hand_begins_anew),
        TEST(a_slot_advanced_by_hand_begins_anew),
        TEST(an_invalidated_slot_begins_anew),
        TEST(a_slot_of_another_plugin_begins_anew),
        TEST(a_slot_that_went_back_repeats_nothing),
        TEST(a_restored_file_snapshot_begins_anew),
        TEST(a_restored_file_snapshot_with_regrown_wal_begins_anew),
        TEST(a_promoted_server_begins_anew),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    return cmocka_run_group_tests_name("provider_source", tests, NULL, end);
}
