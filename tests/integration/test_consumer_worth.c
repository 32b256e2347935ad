/* What a copy is worth at the target: stamps, use period, closing, rights (article 41.2b). */
#include "support/cm.h"
#include "support/consumer_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY  (86400 * LT_SECOND)
#define VIEW "lienthong_data.ward_%s"

static void count_is(const char *expected)
{
    consumer_eventually(&world, expected, "SELECT count(*) FROM " VIEW, world.connection);
}

static struct lt_stream_notice loaded_notice(lt_time sync_time)
{
    struct lt_stream_notice notice = consumer_notice(&world, &stream);
    notice.load_seq = 1;
    notice.sync_seq = stream.seq;
    notice.sync_time = sync_time;
    return notice;
}

static void put_notice(const struct lt_stream_notice *notice)
{
    consumer_begin(&world);
    consumer_put_notice(&world, notice);
    consumer_commit(&world);
}

static void loaded(void)
{
    consumer_put_load(&world, &stream, 3, lt_now() - LT_SECOND);
    consumer_world_start(&world);
    count_is("3");
}

/* D41.2b-7: expiry is enforced where the data are read, and the read is counted; D41.2b-8: it is
 * not deletion, and a new stamp makes the copy usable again without a reload. */
static void an_expired_copy_is_not_returned_until_it_is_synchronised_again(void **state)
{
    (void)state;
    loaded();
    struct lt_stream_notice notice = loaded_notice(lt_now());
    notice.use_period = 2 * LT_SECOND;
    put_notice(&notice);
    count_is("0");
    consumer_now(&world, "0", "SELECT count(*) FROM " VIEW, world.connection);
    char *refused =
        consumer_sql(&world, "SELECT last_value FROM lienthong.refused_%s", world.connection);
    assert_true(atoi(refused) >= 2);
    free(refused);
    consumer_now(&world, "3", "SELECT count(*) FROM lienthong.%s_g1_c1", world.connection);

    notice.use_period = DAY;
    notice.sync_time = lt_now();
    put_notice(&notice);
    count_is("3");
    consumer_now(&world, "1", "SELECT count(*) FROM lienthong.copy");
    /* D41.2b-13: two intervals of use, with a hole between them. */
    consumer_now(&world, "2", "SELECT count(*) FROM lienthong.stamp_history");
    consumer_now(&world, "t",
                 "SELECT max(opened_at) > min(usable_until) FROM lienthong.stamp_history");
}

static void a_refused_read_fails_when_the_policy_says_so(void **state)
{
    (void)state;
    loaded();
    struct lt_stream_notice notice = loaded_notice(lt_now() - 2 * LT_SECOND);
    notice.use_period = LT_SECOND;
    notice.on_expiry = "fail";
    put_notice(&notice);
    consumer_eventually(&world, "fail", "SELECT on_expiry FROM lienthong.copy");
    char *got = consumer_sql(&world, "SELECT count(*) FROM " VIEW, world.connection);
    assert_non_null(strstr(got, "LT410"));
    free(got);
    /* Counted although the statement was rolled back. */
    char *refused =
        consumer_sql(&world, "SELECT last_value FROM lienthong.refused_%s", world.connection);
    assert_true(atoi(refused) >= 1);
    free(refused);
    struct lt_receipt receipt = consumer_receipt(&world, &stream, 3, arena);
    for (int i = 0; i < 50 && receipt.refused_reads == 0; i++) {
        lt_sleep_ms(100);
        receipt = consumer_receipt(&world, &stream, 3, arena);
    }
    assert_true(receipt.refused_reads >= 1);
}

static void a_read_only_transaction_is_refused_without_an_error(void **state)
{
    (void)state;
    loaded();
    struct lt_stream_notice notice = loaded_notice(lt_now() - 2 * LT_SECOND);
    notice.use_period = LT_SECOND;
    put_notice(&notice);
    count_is("0");
    consumer_run(&world, "BEGIN READ ONLY");
    consumer_now(&world, "0", "SELECT count(*) FROM " VIEW, world.connection);
    consumer_run(&world, "COMMIT");
}

/* Applications get views, never tables (architecture 6). */
static void a_reader_sees_the_view_and_nothing_behind_it(void **state)
{
    (void)state;
    loaded();
    consumer_run(&world, "SET SESSION AUTHORIZATION lienthong_reader");
    consumer_now(&world, "3", "SELECT count(*) FROM " VIEW, world.connection);
    char *got[] = {
        consumer_sql(&world, "SELECT * FROM lienthong.%s_g1_c1", world.connection),
        consumer_sql(&world, "SELECT * FROM lienthong.copy"),
        consumer_sql(&world, "SELECT lienthong.stamp(1, now(), now(), 'infinity')"),
        consumer_sql(&world, "DELETE FROM " VIEW " RETURNING 1", world.connection),
    };
    for (size_t i = 0; i < LT_COUNT(got); i++) {
        assert_non_null(strstr(got[i], "42501")); /* insufficient privilege */
        free(got[i]);
    }
    consumer_run(&world, "RESET SESSION AUTHORIZATION");
    struct lt_stream_notice notice = loaded_notice(lt_now() - 2 * LT_SECOND);
    notice.use_period = LT_SECOND;
    put_notice(&notice);
    consumer_eventually(&world, "1000000", "SELECT use_period FROM lienthong.copy");
    char *before =
        consumer_sql(&world, "SELECT last_value + 1 FROM lienthong.refused_%s", world.connection);
    consumer_run(&world, "SET SESSION AUTHORIZATION lienthong_reader");
    consumer_now(&world, "0", "SELECT count(*) FROM " VIEW, world.connection);
    consumer_run(&world, "RESET SESSION AUTHORIZATION");
    consumer_now(&world, before, "SELECT last_value FROM lienthong.refused_%s", world.connection);
    free(before);
}

/* The gate is asked once and stands before the scan; a function of the reader's own that leaks
 * what it is given is not reached. */
static void a_closed_view_does_not_touch_a_row(void **state)
{
    (void)state;
    loaded();
    char *plan = consumer_sql(
        &world, "EXPLAIN (COSTS OFF) SELECT * FROM " VIEW " WHERE code = 'w1'", world.connection);
    assert_non_null(strstr(plan, "One-Time Filter"));
    free(plan);
    struct lt_stream_notice notice = loaded_notice(lt_now() - 2 * LT_SECOND);
    notice.use_period = LT_SECOND;
    put_notice(&notice);
    count_is("0");
    consumer_run(&world, "CREATE FUNCTION public.leak(text) RETURNS boolean LANGUAGE plpgsql COST"
                         " 0.0001 AS 'BEGIN RAISE EXCEPTION ''saw %%'', $1; END'");
    consumer_now(&world, "0", "SELECT count(*) FROM " VIEW " WHERE public.leak(code)",
                 world.connection);
}

/* D41.2b-10 */
static void a_shorter_period_closes_an_existing_copy(void **state)
{
    (void)state;
    loaded();
    char *stamp = consumer_sql(&world, "SELECT stamp FROM lienthong.copy");
    struct lt_stream_notice notice = loaded_notice(lt_now() - LT_SECOND);
    notice.sync_time = LT_NULL; /* no new sync point: from the stored stamp */
    notice.use_period = LT_SECOND / 2;
    put_notice(&notice);
    count_is("0");
    consumer_now(&world, stamp, "SELECT stamp FROM lienthong.copy");
    consumer_now(&world, "t",
                 "SELECT usable_until = stamp + interval '500 ms' FROM lienthong.copy");
    consumer_now(&world, "t",
                 "SELECT usable_until <= clock_timestamp() FROM lienthong.stamp_history");
    free(stamp);
}

/* D38.4 */
static void the_end_of_use_closes_a_fresh_copy(void **state)
{
    (void)state;
    loaded();
    struct lt_stream_notice notice = loaded_notice(lt_now());
    notice.end_of_use = lt_now() + 2 * LT_SECOND;
    put_notice(&notice);
    consumer_eventually(
        &world, "t",
        "SELECT usable_until = end_of_use FROM lienthong.copy WHERE stamp > '-infinity'");
    count_is("0");
}

/* D44.2, architecture 6: the view is empty at once, and stays so. */
static void a_terminated_connection_shows_nothing(void **state)
{
    (void)state;
    loaded();
    struct lt_stream_notice notice = loaded_notice(lt_now());
    notice.terminated = notice.ended = true;
    notice.state = "ENDED";
    notice.reason = "terminated";
    put_notice(&notice);
    count_is("0");
    consumer_now(&world, "terminated|-infinity", "SELECT closed, usable_until FROM lienthong.copy");
    assert_int_equal(consumer_world_stop(&world, SIGTERM), 0);
    consumer_world_start(&world);
    consumer_eventually(&world, "0", "SELECT count(*) FROM lienthong.report");
    consumer_now(&world, "0", "SELECT count(*) FROM " VIEW, world.connection);
}

/* D41.2b-10, D44.2: another process that has not heard of it yet cannot undo the closing. */
static void a_late_stamp_does_not_open_a_closed_copy(void **state)
{
    (void)state;
    loaded();
    struct lt_stream_notice notice = loaded_notice(lt_now());
    notice.terminated = notice.ended = true;
    notice.state = "ENDED";
    notice.reason = "terminated";
    put_notice(&notice);
    consumer_eventually(&world, "terminated", "SELECT closed FROM lienthong.copy");
    free(consumer_sql(&world, "SELECT lienthong.stamp(copy, clock_timestamp(), clock_timestamp()"
                              " - interval '1 min', clock_timestamp() + interval '1 h')"
                              " FROM lienthong.copy"));
    consumer_now(&world, "-infinity", "SELECT usable_until FROM lienthong.copy");
    consumer_now(&world, "0", "SELECT count(*) FROM " VIEW, world.connection);
    consumer_now(&world, "0",
                 "SELECT count(*) FROM lienthong.stamp_history"
                 " WHERE usable_until > clock_timestamp()");
}

/* The scope is amended: the old stream ends, its successor begins and has one row, not loaded. */
static struct lt_stream_notice
amended(struct consumer_stream *next, int32_t value_schema, int64_t rows_since)
{
    consumer_stream_init(&world, next, 2);
    next->scope_version = 2;
    next->value_schema = value_schema;
    struct lt_stream_notice ended = loaded_notice(lt_now()), notice = consumer_notice(&world, next);
    ended.ended = true;
    ended.reason = "amended";
    ended.rows_since = notice.rows_since = rows_since;
    consumer_begin(&world);
    consumer_put_notice(&world, &ended);
    consumer_put_notice(&world, &notice);
    consumer_put_ward(&world, next, LT_OP_SNAPSHOT, "w1", "amended", 1);
    consumer_commit(&world);
    return notice;
}

static void load_ends(struct lt_stream_notice *notice)
{
    notice->load_seq = notice->sync_seq = 1;
    notice->sync_time = lt_now();
    put_notice(notice);
}

/* architecture 5, DX-3: rows that are out of scope are shown no longer. */
static void a_narrowed_filter_closes_the_old_copy_until_the_new_one_is_loaded(void **state)
{
    (void)state;
    struct consumer_stream next;
    loaded();
    struct lt_stream_notice notice = amended(&next, WARD_SCHEMA, 2);
    count_is("0");
    consumer_now(&world, "amended", "SELECT closed FROM lienthong.copy WHERE shown");
    load_ends(&notice);
    count_is("1");
}

static void an_amendment_that_only_adds_keeps_the_old_copy_readable_meanwhile(void **state)
{
    (void)state;
    struct consumer_stream next;
    consumer_stream_init(&world, &stream, 1);
    stream.value_schema = WARD_SMALL_SCHEMA;
    loaded();
    struct lt_stream_notice notice = amended(&next, WARD_SCHEMA, 1);
    consumer_eventually(&world, "1", "SELECT seq FROM lienthong.position WHERE copy = 2");
    consumer_now(&world, "3|0", "SELECT count(*), count(population) FROM " VIEW, world.connection);
    consumer_now(&world, "", "SELECT closed FROM lienthong.copy WHERE shown");
    load_ends(&notice);
    count_is("1");
    consumer_now(&world, "1", "SELECT population FROM " VIEW, world.connection);
}

static void a_lost_field_reads_as_null_at_once(void **state)
{
    (void)state;
    struct consumer_stream next;
    loaded();
    struct lt_stream_notice notice = amended(&next, WARD_SMALL_SCHEMA, 1);
    consumer_eventually(&world, "3|0", "SELECT count(*), count(population) FROM " VIEW,
                        world.connection);
    consumer_now(&world, "", "SELECT closed FROM lienthong.copy WHERE shown");
    assert_int_equal(consumer_world_stop(&world, SIGTERM), 0);
    consumer_world_start(&world);
    consumer_eventually(&world, "1", "SELECT seq FROM lienthong.position WHERE copy > 1");
    consumer_now(&world, "3|0", "SELECT count(*), count(population) FROM " VIEW, world.connection);
    load_ends(&notice);
    count_is("1");
}

/* Nothing is lost, so a reader that keeps the view as it is costs nobody anything. */
static void an_added_field_waits_for_a_reader_of_the_view(void **state)
{
    (void)state;
    struct consumer_stream next;
    consumer_stream_init(&world, &stream, 1);
    stream.value_schema = WARD_SMALL_SCHEMA;
    loaded();
    consumer_run(&world, "BEGIN; LOCK TABLE " VIEW " IN ACCESS SHARE MODE", world.connection);
    struct lt_stream_notice notice = amended(&next, WARD_SCHEMA, 1);
    consumer_eventually(&world, "1", "SELECT seq FROM lienthong.position WHERE copy = 2");
    consumer_now(&world, "", "SELECT closed FROM lienthong.copy WHERE shown");
    consumer_now(&world, "3", "SELECT count(*) FROM " VIEW, world.connection);
    consumer_run(&world, "COMMIT");
    load_ends(&notice);
    count_is("1");
    consumer_now(&world, "1", "SELECT population FROM " VIEW, world.connection);
}

/* Somebody reads the view and so keeps its columns as they are: then nothing is shown to others. */
static void a_lost_field_that_cannot_be_taken_out_closes_the_copy(void **state)
{
    (void)state;
    struct consumer_stream next;
    loaded();
    consumer_run(&world, "BEGIN; LOCK TABLE " VIEW " IN ACCESS SHARE MODE", world.connection);
    struct lt_stream_notice notice = amended(&next, WARD_SMALL_SCHEMA, 1);
    consumer_eventually(&world, "amended", "SELECT closed FROM lienthong.copy WHERE shown");
    consumer_run(&world, "COMMIT");
    consumer_now(&world, "0", "SELECT count(*) FROM " VIEW, world.connection);
    load_ends(&notice);
    count_is("1");
}

/* D41.2b-2: nothing changes in the data, only sync points come. */
static void unchanged_data_stay_usable_while_sync_points_come(void **state)
{
    (void)state;
    loaded();
    for (int i = 0; i < 25; i++) {
        struct lt_stream_notice notice = loaded_notice(lt_now());
        notice.use_period = 2 * LT_SECOND;
        put_notice(&notice);
        consumer_now(&world, "3", "SELECT count(*) FROM " VIEW, world.connection);
        lt_sleep_ms(200);
    }
    consumer_now(&world, "1", "SELECT count(*) FROM lienthong.stamp_history");
}

/* D41.2b-3: the inbox is ahead of the data that can be read. */
static void a_stamp_waits_for_the_data_it_vouches_for(void **state)
{
    (void)state;
    char id[64];
    loaded();
    char *stamp = consumer_sql(&world, "SELECT stamp FROM lienthong.copy");
    struct lt_producer *notices = world.producer;
    world.producer = lt_producer_open(&world.bus, lt_test_name("routing", id, sizeof id), NULL);
    assert_int_equal(lt_producer_init(world.producer, 30000, NULL), 0);
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_INSERT, "w4", "on its way", 4);
    struct lt_producer *data = world.producer;
    world.producer = notices;
    const struct lt_stream_notice notice = loaded_notice(lt_now());
    put_notice(&notice);
    lt_sleep_ms(7000); /* longer than the check for a short stream */
    consumer_now(&world, stamp, "SELECT stamp FROM lienthong.copy");
    consumer_now(&world, "active", "SELECT state FROM lienthong.copy");
    world.producer = data;
    consumer_commit(&world);
    world.producer = notices;
    lt_producer_close(data);
    count_is("4");
    consumer_eventually(&world, "t", "SELECT stamp > '%s' FROM lienthong.copy", stamp);
    free(stamp);
}

/* D41.2b-9 and D41.2b-12: a copy ages by the local clock when nothing comes any more. */
static void a_copy_ages_and_its_user_is_warned(void **state)
{
    (void)state;
    int status;
    loaded();
    struct lt_stream_notice notice = loaded_notice(lt_now());
    notice.use_period = 8 * LT_SECOND;
    put_notice(&notice);
    count_is("3");
    count_is("0");
    lt_sleep_ms(600);
    assert_true(consumer_world_logged(&world, "percent=50"));
    assert_true(consumer_world_logged(&world, "percent=80"));
    assert_true(consumer_world_logged(&world, "percent=95"));
    assert_true(consumer_world_logged(&world, "event=copy_not_usable"));
    char *text = consumer_world_command(&world, "status", &status);
    assert_int_equal(status, 0);
    assert_non_null(strstr(text, "NOT USABLE"));
    free(text);
}

static void a_copy_ages_without_its_program(void **state)
{
    (void)state;
    loaded();
    struct lt_stream_notice notice = loaded_notice(lt_now());
    notice.use_period = 4 * LT_SECOND;
    put_notice(&notice);
    consumer_eventually(&world, "4000000", "SELECT use_period FROM lienthong.copy");
    assert_int_equal(consumer_world_stop(&world, SIGKILL), -1);
    count_is("0");
}

/* The server, restarted with another clock (libfaketime); NULL: with the true one. */
static void restart_postgres_at(const char *offset)
{
    if (offset) {
        setenv("LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", 1);
        setenv("FAKETIME", offset, 1);
    }
    consumer_world_postgres(&world, "restart");
    unsetenv("LD_PRELOAD");
    unsetenv("FAKETIME");
}

/* DT-4: a clock that is wrong is a hold on stamping, not a silent error. */
static void nothing_is_stamped_while_clocks_differ_too_much(void **state)
{
    (void)state;
    world.extra_config = "[clock]\nskew_alarm = 1s\nskew_bound = 5s\n";
    consumer_put_load(&world, &stream, 3, lt_now() - LT_SECOND);
    restart_postgres_at("-30s");
    consumer_world_start(&world);
    consumer_eventually(&world, "active|", "SELECT state, stamp FROM lienthong.copy");
    assert_true(consumer_world_logged(&world, "stamping=stopped"));
    consumer_now(&world, "0", "SELECT count(*) FROM " VIEW, world.connection);
    restart_postgres_at(NULL);
    count_is("3");
    assert_true(consumer_world_logged(&world, "stamping=goes_on"));
}

/* architecture 6: turning the target's clock back must not lengthen use. */
static void a_clock_turned_back_closes_the_view(void **state)
{
    (void)state;
    loaded();
    restart_postgres_at("-2m");
    count_is("0");
    restart_postgres_at(NULL);
    count_is("3");
}

static void plan_check_and_status_speak(void **state)
{
    (void)state;
    int status;
    char *text = consumer_world_command(&world, "check", &status);
    assert_non_null(strstr(text, "\nready\n"));
    assert_int_equal(status, 0);
    free(text);
    text = consumer_world_command(&world, "status", &status);
    assert_string_equal(text, "no copies\n");
    assert_int_equal(status, 0);
    free(text);
    consumer_run(&world, "GRANT USAGE ON SCHEMA lienthong TO PUBLIC");
    text = consumer_world_command(&world, "check", &status);
    assert_non_null(strstr(text, "FAIL copies closed to others"));
    assert_int_equal(status, 1);
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_expired_copy_is_not_returned_until_it_is_synchronised_again),
        TEST(a_refused_read_fails_when_the_policy_says_so),
        TEST(a_read_only_transaction_is_refused_without_an_error),
        TEST(a_reader_sees_the_view_and_nothing_behind_it),
        TEST(a_closed_view_does_not_touch_a_row),
        TEST(a_shorter_period_closes_an_existing_copy),
        TEST(the_end_of_use_closes_a_fresh_copy),
        TEST(a_terminated_connection_shows_nothing),
        TEST(a_narrowed_filter_closes_the_old_copy_until_the_new_one_is_loaded),
        TEST(an_amendment_that_only_adds_keeps_the_old_copy_readable_meanwhile),
        TEST(a_lost_field_reads_as_null_at_once),
        TEST(an_added_field_waits_for_a_reader_of_the_view),
        TEST(a_lost_field_that_cannot_be_taken_out_closes_the_copy),
        TEST(a_late_stamp_does_not_open_a_closed_copy),
        TEST(unchanged_data_stay_usable_while_sync_points_come),
        TEST(a_stamp_waits_for_the_data_it_vouches_for),
        TEST(a_copy_ages_and_its_user_is_warned),
        TEST(a_copy_ages_without_its_program),
        TEST(nothing_is_stamped_while_clocks_differ_too_much),
        TEST(a_clock_turned_back_closes_the_view),
        TEST(plan_check_and_status_speak),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    const int rc = cmocka_run_group_tests(tests, NULL, NULL);
    consumer_world_stop_postgres();
    lt_test_admin_close();
    return rc;
}
