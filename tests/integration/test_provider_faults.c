/* Faults: whatever dies, each row of the source is in the feed exactly once by seq (RT-1). */
#include "support/cm.h"
#include "support/kafka.h"
#include "support/provider_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "daemon/daemon.h"

#define ROWS_MAX_KIB 65536

/* Every inserted key once, and as often updated as the source says. */
static void expect_once(const char *service, int64_t incarnation, size_t inserts, size_t updates)
{
    struct line_feed feed = line_read(line, service, incarnation);
    assert_int_equal(line_count(&feed, LT_OP_INSERT), inserts);
    assert_int_equal(line_count(&feed, LT_OP_UPDATE), updates);
    line_feed_fini(&feed);
}

static uint64_t seed(void)
{
    const char *text = getenv("LT_TEST_SEED");
    uint64_t value = text != NULL ? strtoull(text, NULL, 10) : (uint64_t)lt_now();
    print_message("seed %llu\n", (unsigned long long)value);
    return value;
}

static void kills_at_any_moment_lose_and_repeat_nothing(void **state)
{
    (void)state;
    uint64_t random = seed();
    const char *service = line_table(line, "killed");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    size_t rows = 0;
    for (int round = 0; round < 12; round++) {
        int64_t until = lt_monotonic_ms() + (int64_t)(lt_random_next(&random) % 2500);
        while (lt_monotonic_ms() < until) {
            line_sql(line,
                     "INSERT INTO public.killed SELECT '%zu.' || i, 'n', '48' FROM "
                     "generate_series(1, 50) i",
                     rows);
            rows += 50;
        }
        line_kill(line);
        line_start(line);
    }
    line_wait_equal(line, service, "killed", 90);
    expect_once(service, 1, rows, 0);
}

/* Its position says that records were written; the feed's tail says that they are gone.  Without a
 * look at the tail the feed would go on behind a hole (DX-4, protocol 11). */
static void a_feed_that_lost_its_records_begins_anew(void **state)
{
    (void)state;
    const char *service = line_table(line, "lost");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    line_sql(line, "INSERT INTO public.lost SELECT i::text, 'n' FROM generate_series(1, 100) i");
    line_wait_equal(line, service, "lost", 60);
    line_kill(line);
    line_lose_feed(service, 1);
    line_sql(line, "INSERT INTO public.lost VALUES ('later', 'n')");
    line_start(line);
    line_wait_state(line, service, "streaming", 2);
    line_wait_equal(line, service, "lost", 60);
    assert_true(line_logged(line, "damaged: records that were promised are gone"));
}

/* Rows of the big transaction; `make check-large` asks for more. */
static int64_t big_rows(void)
{
    int64_t rows = 500000;
    const char *text = getenv("LT_TEST_BIG_ROWS");
    assert_true(!text || lt_parse_i64(text, strlen(text), &rows) == 0);
    return rows;
}

/* Waits until the feed's next seq is above `seq`. */
static void wait_seq(const char *service, int64_t seq, int64_t patience_ms)
{
    struct line_position position = {0};
    const int64_t until = lt_monotonic_ms() + patience_ms;
    while (position.next_seq <= seq) {
        line_position(line, service, &position);
        assert_true(lt_monotonic_ms() < until);
        lt_sleep_ms(50);
    }
}

/* One big transaction, killed in its middle; memory stays bounded. */
static void a_big_transaction_survives_kills_in_64_mib(void **state)
{
    (void)state;
    const int64_t rows = big_rows();
    const char *service = line_table(line, "big");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    line_sql(line,
             "INSERT INTO public.big SELECT i::text, 'name of ' || i, (i %% 90)::text, i, now(),"
             " md5(i::text) FROM generate_series(1, %lld) i",
             (long long)rows);
    wait_seq(service, rows / 5, 60000 + rows / 2);
    long peak = line_peak_kib(line);
    line_kill(line);
    struct line_position position = {0};
    line_position(line, service, &position);
    assert_in_range(position.next_seq, rows / 5, rows - 20000);
    line_start(line);
    wait_seq(service, rows, 60000 + rows / 2);
    peak = LT_MAX(peak, line_peak_kib(line));
    print_message("VmHWM %ld KiB\n", peak);
    assert_in_range(peak, 1, ROWS_MAX_KIB);
    line_wait_equal(line, service, "big", 60 + (int)(rows / 10000));
    expect_once(service, 1, (size_t)rows, 0);
}

static void a_large_snapshot_stays_in_64_mib(void **state)
{
    (void)state;
    const char *service = line_table(line, "bigsnap");
    line_sql(
        line,
        "INSERT INTO public.bigsnap SELECT i::text, 'name of ' || i, (i %% 90)::text, i, now(),"
        " md5(i::text) FROM generate_series(1, 500000) i");
    int64_t started = lt_monotonic_ms();
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    print_message("snapshot of 500,000 rows with start: %lld ms\n",
                  (long long)(lt_monotonic_ms() - started));
    long peak = line_peak_kib(line);
    print_message("VmHWM %ld KiB\n", peak);
    assert_in_range(peak, 1, ROWS_MAX_KIB);
    line_wait_equal(line, service, "bigsnap", 60);
}

static void a_second_process_fences_the_first(void **state)
{
    (void)state;
    const char *service = line_table(line, "twice");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    pid_t first = line_pid(line);
    line_start(line);
    for (int i = 0; i < 40; i++) {
        line_sql(line, "INSERT INTO public.twice VALUES ('%d', 'n')", i);
        lt_sleep_ms(50);
    }
    line_wait_equal(line, service, "twice", 60);
    expect_once(service, 1, 40, 0);
    int status = 0;
    line_reap(first, 60, &status);
    assert_int_equal(status, LT_EXIT_TAKEN_OVER);
    assert_true(line_running(line));
}

static void a_killed_walsender_or_server_is_met_again(void **state)
{
    (void)state;
    const char *service = line_table(line, "server");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    for (int i = 0; i < 6; i++) {
        line_sql(line,
                 "INSERT INTO public.server SELECT '%d.' || i, 'n' FROM generate_series(1, 500) i",
                 i);
        if (i % 3 == 0) {
            line_sql(line,
                     "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
                     " WHERE slot_name = '%s' AND active_pid IS NOT NULL",
                     line_slot(line));
        } else {
            line_pg(line, i % 3 == 1 ? "kill9" : "stop", i % 3 == 1 ? NULL : "--immediate");
            line_pg(line, "start", NULL);
        }
    }
    line_wait_equal(line, service, "server", 90);
    expect_once(service, 1, 3000, 0);
}

static void a_fast_shutdown_of_the_server_does_not_wait_for_us(void **state)
{
    (void)state;
    const char *service = line_table(line, "shutdown");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    line_sql(line, "INSERT INTO public.shutdown VALUES ('a', 'n')");
    int64_t started = lt_monotonic_ms();
    line_pg(line, "stop", NULL);
    assert_true(lt_monotonic_ms() - started < 15000);
    line_pg(line, "start", NULL);
    line_wait_equal(line, service, "shutdown", 60);
}

static void a_killed_broker_is_met_again(void **state)
{
    (void)state;
    const char *service = line_table(line, "broker");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    for (int i = 0; i < 2; i++) {
        line_sql(line,
                 "INSERT INTO public.broker SELECT '%d.' || i, 'n' FROM generate_series(1, 3000) i",
                 i);
        lt_test_kafka("kill9", "1");
        line_sql(line,
                 "INSERT INTO public.broker SELECT '%d-' || i, 'n' FROM generate_series(1, 3000) i",
                 i);
        lt_sleep_ms(2000);
        lt_test_kafka("restart", "1");
    }
    line_wait_equal(line, service, "broker", 120);
    expect_once(service, 1, 12000, 0);
}

/* Kafka away longer than wal_sender_timeout: the server still gets its answers. */
static void the_server_is_answered_while_kafka_is_away(void **state)
{
    (void)state;
    line_sql(line, "ALTER SYSTEM SET wal_sender_timeout = '3s'");
    line_sql(line, "SELECT pg_reload_conf()");
    const char *service = line_table(line, "away");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    char *pid = lt_strdup(
        line_ask(line, "SELECT active_pid FROM pg_replication_slots WHERE slot_name = '%s'",
                 line_slot(line)));
    lt_test_kafka("kill9", "1");
    line_sql(line, "INSERT INTO public.away SELECT i::text, 'n' FROM generate_series(1, 100000) i");
    lt_sleep_ms(9000);
    assert_string_equal(
        line_ask(line, "SELECT active_pid FROM pg_replication_slots WHERE slot_name = '%s'",
                 line_slot(line)),
        pid);
    lt_test_kafka("restart", "1");
    line_wait_equal(line, service, "away", 120);
    expect_once(service, 1, 100000, 0);
    line_sql(line, "ALTER SYSTEM RESET wal_sender_timeout");
    line_sql(line, "SELECT pg_reload_conf()");
    free(pid);
}

/* An idle database does not hold the WAL of the others. */
static void an_idle_slot_moves_on(void **state)
{
    (void)state;
    const char *service = line_table(line, "idle");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    line_sql(line,
             "CREATE TABLE public.noise AS SELECT md5(i::text) FROM generate_series(1, 50000) i");
    char *at = lt_strdup(line_ask(line, "SELECT pg_current_wal_lsn()"));
    for (int i = 0; i < 100; i++) {
        if (strcmp(line_ask(line,
                            "SELECT confirmed_flush_lsn >= '%s' FROM pg_replication_slots WHERE "
                            "slot_name = '%s'",
                            at, line_slot(line)),
                   "t") == 0) {
            free(at);
            return;
        }
        lt_sleep_ms(100);
    }
    fail_msg("the slot stands still");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh_line, free_line)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kills_at_any_moment_lose_and_repeat_nothing),
        TEST(a_feed_that_lost_its_records_begins_anew),
        TEST(a_big_transaction_survives_kills_in_64_mib),
        TEST(a_large_snapshot_stays_in_64_mib),
        TEST(a_second_process_fences_the_first),
        TEST(a_killed_walsender_or_server_is_met_again),
        TEST(a_fast_shutdown_of_the_server_does_not_wait_for_us),
        TEST(a_killed_broker_is_met_again),
        TEST(the_server_is_answered_while_kafka_is_away),
        TEST(an_idle_slot_moves_on),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    return cmocka_run_group_tests_name("provider_faults", tests, NULL, end);
}
