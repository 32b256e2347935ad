/* lt-provider-postgres on a real PostgreSQL and a real broker: what it publishes (architecture
 * 3, 4.1, 4.2; D3.3, D41.2b-1). */
#include "support/cm.h"
#include "support/provider_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "support/kafka.h"

static const struct line_record *last_of(const struct line_feed *feed, enum lt_op op)
{
    for (size_t i = feed->count; i-- > 0;) {
        if (feed->records[i].op == op) {
            return &feed->records[i];
        }
    }
    fail_msg("no %s in the feed", lt_op_name(op));
    return NULL;
}

static void rows_and_changes_reach_the_feed(void **state)
{
    (void)state;
    const char *service = line_table(line, "wards");
    line_sql(
        line,
        "INSERT INTO public.wards VALUES ('a', 'An', '48', 1.50, '2026-01-01 00:00Z', NULL, 1),"
        " ('b', E'tab\\there\\nand \\\\ backslash', NULL, NULL, NULL, 'x', 2)");
    line_start(line);
    line_wait_equal(line, service, "wards", 60);
    line_sql(line, "INSERT INTO public.wards VALUES ('c', 'Cần Thơ', '92', 0, now(), '', 3)");
    line_sql(line, "UPDATE public.wards SET province_code = '01' WHERE code = 'a'");
    line_sql(line, "UPDATE public.wards SET note = 'y' WHERE code = 'c'");
    line_sql(line, "DELETE FROM public.wards WHERE code = 'b'");
    line_wait_equal(line, service, "wards", 30);
    struct line_feed feed = line_read(line, service, 1);
    assert_int_equal(line_count(&feed, LT_OP_SNAPSHOT), 2);
    assert_int_equal(line_count(&feed, LT_OP_INSERT), 1);
    assert_int_equal(line_count(&feed, LT_OP_UPDATE), 2);
    assert_int_equal(line_count(&feed, LT_OP_DELETE), 1);
    line_feed_fini(&feed);
    assert_int_equal(line_stop(line), 0);
}

/* Old scope values: when one of them changed, and on each delete. */
static void old_scope_values_come_when_they_changed(void **state)
{
    (void)state;
    const char *service = line_table(line, "scoped");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    line_sql(line, "INSERT INTO public.scoped VALUES ('a', 'An', '48')");
    line_sql(line, "UPDATE public.scoped SET name = 'B'");
    line_sql(line, "UPDATE public.scoped SET province_code = '01'");
    line_sql(line, "UPDATE public.scoped SET province_code = NULL");
    line_sql(line, "DELETE FROM public.scoped");
    line_sql(line, "INSERT INTO public.scoped VALUES ('b', 'last', '48')");
    line_wait_equal(line, service, "scoped", 30);
    struct line_feed feed = line_read(line, service, 1);
    const char *expected[] = {NULL, NULL, "48", "01", "\\N", NULL};
    size_t n = 0;
    for (size_t i = 0; i < feed.count; i++) {
        if (feed.records[i].op == LT_OP_SYNC) {
            continue;
        }
        assert_true(n < LT_COUNT(expected));
        const char *scope = feed.records[i].scope;
        assert_string_equal(scope != NULL ? scope : "-", expected[n] != NULL ? expected[n] : "-");
        n++;
    }
    assert_int_equal(n, LT_COUNT(expected));
    line_feed_fini(&feed);
}

static void a_changed_key_is_a_delete_and_an_insert_of_one_position(void **state)
{
    (void)state;
    const char *service = line_table(line, "keyed");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    line_sql(line, "INSERT INTO public.keyed VALUES ('a', 'An', '48')");
    line_sql(line, "UPDATE public.keyed SET code = 'z', province_code = '01'");
    line_wait_equal(line, service, "keyed", 30);
    struct line_feed feed = line_read(line, service, 1);
    const struct line_record *gone = last_of(&feed, LT_OP_DELETE);
    const struct line_record *here = last_of(&feed, LT_OP_INSERT);
    assert_string_equal(gone->key, "a");
    assert_string_equal(gone->scope, "48");
    assert_string_equal(here->key, "z");
    assert_null(here->scope);
    assert_int_equal(gone->lsn, here->lsn);
    assert_int_equal(gone->ordinal, here->ordinal);
    assert_int_equal(gone->seq + 1, here->seq);
    line_feed_fini(&feed);
}

/* RT: whole rows only: an unchanged out-of-line value comes from the old row. */
static void an_unchanged_large_value_is_in_the_record(void **state)
{
    (void)state;
    const char *service = line_table(line, "large");
    line_sql(line, "INSERT INTO public.large SELECT 'a', 'An', '48', 1, now(),"
                   " string_agg(md5(i::text), '') FROM generate_series(1, 3000) i");
    line_start(line);
    line_wait_equal(line, service, "large", 60);
    line_sql(line, "UPDATE public.large SET name = 'B'");
    line_wait_equal(line, service, "large", 30);
    struct line_feed feed = line_read(line, service, 1);
    assert_true(strlen(last_of(&feed, LT_OP_UPDATE)->value) > 96000);
    line_feed_fini(&feed);
}

static void a_value_outside_its_type_withholds_the_row_until_it_is_good(void **state)
{
    (void)state;
    const char *service = line_table(line, "odd");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    line_sql(line, "INSERT INTO public.odd VALUES ('a', 'An', '48', 1, 'infinity')");
    line_sql(line, "INSERT INTO public.odd VALUES ('b', 'B', '48', 'NaN')");
    line_sql(line, "INSERT INTO public.odd VALUES ('c', repeat('x', 1100000), '48', 1)");
    line_sql(line, "INSERT INTO public.odd VALUES ('d', 'D', '48', 1)");
    line_sql(line, "UPDATE public.odd SET at = 'infinity' WHERE code = 'd'");
    line_sql(line, "UPDATE public.odd SET at = NULL, amount = 2, name = 'good'");
    line_wait_equal(line, service, "odd", 30);
    struct line_feed feed = line_read(line, service, 1);
    assert_int_equal(line_count(&feed, LT_OP_WITHHELD), 4);
    const struct line_record *held = last_of(&feed, LT_OP_WITHHELD);
    assert_string_equal(held->key, "d");
    assert_null(held->value);
    assert_string_equal(held->scope, "48");
    line_feed_fini(&feed);
    line_wait_logged(line, "event=rows_withheld", 20);
    assert_false(line_logged(line, "infinity"));
}

static void a_snapshot_withholds_like_the_stream(void **state)
{
    (void)state;
    const char *service = line_table(line, "oddsnap");
    line_sql(line, "INSERT INTO public.oddsnap VALUES ('a', 'An', '48', 1, '-infinity'),"
                   " ('b', 'B', NULL, NULL, NULL)");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    struct line_feed feed = line_read(line, service, 1);
    assert_int_equal(line_count(&feed, LT_OP_WITHHELD), 1);
    assert_int_equal(line_count(&feed, LT_OP_SNAPSHOT), 1);
    line_feed_fini(&feed);
}

/* D41.2b-1: what was visible at T stands before the sync point of T. */
static void sync_points_follow_what_they_vouch_for(void **state)
{
    (void)state;
    const char *service = line_table(line, "synced");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    lt_time before[20];
    for (int i = 0; i < 20; i++) {
        line_sql(line, "INSERT INTO public.synced VALUES ('%d', 'n')", i);
        before[i] = strtoll(
            line_ask(line, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"),
            NULL, 10);
        lt_sleep_ms(100);
    }
    lt_sleep_ms(1500);
    struct line_feed feed = line_read(line, service, 1);
    assert_true(line_count(&feed, LT_OP_SYNC) >= 3);
    int64_t inserted = 0;
    lt_time newest = 0;
    for (size_t i = 0; i < feed.count; i++) {
        if (feed.records[i].op == LT_OP_INSERT) {
            inserted++;
        } else if (feed.records[i].op == LT_OP_SYNC) {
            newest = feed.records[i].time;
            for (int row = 0; row < 20; row++) {
                assert_false(before[row] <= newest && row >= inserted);
            }
        }
    }
    assert_true(newest > before[19]);
    line_feed_fini(&feed);
}

static void no_sync_point_while_a_transaction_of_before_is_open_in_the_feed(void **state)
{
    (void)state;
    const char *service = line_table(line, "open");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    line_sql(line, "INSERT INTO public.open SELECT i::text, 'n' FROM generate_series(1, 60000) i");
    line_wait_equal(line, service, "open", 60);
    struct line_feed feed = line_read(line, service, 1);
    uint64_t lsn = last_of(&feed, LT_OP_INSERT)->lsn;
    int64_t first = 0;
    int64_t last = 0;
    for (size_t i = 0; i < feed.count; i++) {
        if (feed.records[i].op == LT_OP_INSERT && feed.records[i].lsn == lsn) {
            first = first > 0 ? first : feed.records[i].seq;
            last = feed.records[i].seq;
        }
    }
    assert_int_equal(last - first + 1, 60000); /* nothing between the rows of one transaction */
    line_feed_fini(&feed);
}

static void truncate_begins_a_new_incarnation_and_ends_the_old(void **state)
{
    (void)state;
    const char *service = line_table(line, "emptied");
    line_sql(line, "INSERT INTO public.emptied SELECT i::text, 'n' FROM generate_series(1, 10) i");
    line_start(line);
    line_wait_equal(line, service, "emptied", 60);
    line_sql(line, "BEGIN; INSERT INTO public.emptied VALUES ('x', 'x'); TRUNCATE public.emptied;"
                   " INSERT INTO public.emptied VALUES ('new', 'n'); COMMIT");
    assert_int_equal(line_wait_state(line, service, "streaming", 2), 2);
    line_sql(line, "INSERT INTO public.emptied VALUES ('after', 'n')");
    line_wait_equal(line, service, "emptied", 30);
    struct line_feed old = line_read(line, service, 1);
    assert_int_equal(old.records[old.count - 1].op, LT_OP_END);
    line_feed_fini(&old);
    struct line_position position;
    line_position(line, service, &position);
    assert_string_equal(position.reason, "the table was truncated");
}

static void a_dropped_column_ends_one_feed_and_the_others_go_on(void **state)
{
    (void)state;
    const char *one = line_table(line, "one");
    const char *two = line_table(line, "two");
    line_start(line);
    line_wait_state(line, one, "streaming", 1);
    line_wait_state(line, two, "streaming", 1);
    line_sql(line, "ALTER TABLE public.one DROP COLUMN undeclared");
    line_sql(line, "INSERT INTO public.one VALUES ('still', 'n')");
    line_wait_equal(line, one, "one", 30);
    line_sql(line, "ALTER TABLE public.one DROP COLUMN note");
    line_sql(line, "INSERT INTO public.one VALUES ('b', 'n')");
    line_sql(line, "INSERT INTO public.two VALUES ('b', 'n')");
    line_wait_state(line, one, "ended", 1);
    line_wait_equal(line, two, "two", 30);
    struct line_position position;
    line_position(line, one, &position);
    /* In the words of the stream, or, once it was looked at again, of the check. */
    assert_non_null(strstr(position.reason, "declared column 'note'"));
    assert_non_null(strstr(position.reason, "is gone"));
    assert_true(line_logged(line, "event=feed_ended service="));
    line_sql(line, "ALTER TABLE public.one ADD COLUMN note text");
    line_wait_state(line, one, "streaming", 2);
    line_wait_equal(line, one, "one", 30);
}

static void a_column_of_another_type_ends_the_feed(void **state)
{
    (void)state;
    const char *service = line_table(line, "retyped");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    line_sql(line, "ALTER TABLE public.retyped ALTER COLUMN amount TYPE numeric(14,2)");
    line_sql(line, "INSERT INTO public.retyped VALUES ('b', 'n')");
    line_wait_state(line, service, "ended", 1);
    struct line_position position;
    line_position(line, service, &position);
    assert_non_null(strstr(position.reason, "column 'amount'"));
}

/* A rewritten table: rows go on, nothing is vouched for, until the provider decides. */
static void a_rewritten_table_gets_no_sync_points(void **state)
{
    (void)state;
    const char *service = line_table(line, "rewritten");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    line_sql(line, "VACUUM FULL public.rewritten");
    line_wait_logged(line, "event=sync_points_held", 20);
    lt_sleep_ms(700);
    struct line_feed before = line_read(line, service, 1);
    line_sql(line, "INSERT INTO public.rewritten VALUES ('a', 'n')");
    lt_sleep_ms(2000);
    struct line_feed after = line_read(line, service, 1);
    assert_int_equal(line_count(&after, LT_OP_SYNC), line_count(&before, LT_OP_SYNC));
    assert_int_equal(line_count(&after, LT_OP_INSERT), 1);
    line_feed_fini(&before);
    line_feed_fini(&after);
}

static int64_t sync_points(const char *service)
{
    struct line_feed feed = line_read(line, service, 1);
    int64_t points = (int64_t)line_count(&feed, LT_OP_SYNC);
    line_feed_fini(&feed);
    return points;
}

static void wait_sync_points(const char *service, int64_t count)
{
    for (int i = 0; i < 200 && sync_points(service) < count; i++) {
        lt_sleep_ms(100);
    }
    assert_true(sync_points(service) >= count);
}

/* All fingerprints come by one statement: each table is judged by its own. */
static void of_several_tables_only_the_rewritten_one_gets_no_sync_points(void **state)
{
    (void)state;
    static const char *const tables[] = {"left_alone", "rewritten_now", "untouched"};
    const char *services[LT_COUNT(tables)];
    for (size_t i = 0; i < LT_COUNT(tables); i++) {
        services[i] = line_table(line, tables[i]);
    }
    line_start(line);
    for (size_t i = 0; i < LT_COUNT(tables); i++) {
        line_wait_state(line, services[i], "streaming", 1);
    }
    line_sql(line, "VACUUM FULL public.rewritten_now");
    line_wait_logged(line, "event=sync_points_held", 20);
    lt_sleep_ms(700);
    int64_t held = sync_points(services[1]);
    wait_sync_points(services[0], sync_points(services[0]) + 2);
    wait_sync_points(services[2], sync_points(services[2]) + 2);
    assert_int_equal(sync_points(services[1]), held);
}

static void a_rewritten_table_is_loaded_anew_when_the_provider_says_so(void **state)
{
    (void)state;
    line_config(line, "provider", "on_shape_change", "renew");
    const char *service = line_table(line, "renewed");
    line_sql(line, "INSERT INTO public.renewed VALUES ('a', 'n', '48')");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    /* values changed without any row event */
    line_sql(line,
             "ALTER TABLE public.renewed ALTER COLUMN province_code TYPE varchar(2) USING '01'");
    line_wait_state(line, service, "streaming", 2);
    line_wait_equal(line, service, "renewed", 30);
}

/* D41.2b-1: announced as before, but what the column held is gone without any row event.  What
 * comes behind it is for the next incarnation. */
static void no_row_follows_a_column_that_went_and_came_back(void **state)
{
    (void)state;
    line_config(line, "provider", "on_shape_change", "renew");
    const char *service = line_table(line, "returned");
    line_sql(line, "INSERT INTO public.returned (code, name, note) VALUES ('a', 'n', 'x')");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    line_sql(line,
             "BEGIN; ALTER TABLE public.returned DROP COLUMN note; ALTER TABLE public.returned"
             " ADD COLUMN note text; INSERT INTO public.returned (code, name) VALUES ('b',"
             " 'n'); COMMIT");
    line_wait_state(line, service, "streaming", 2);
    line_wait_equal(line, service, "returned", 30);
    struct line_feed before = line_read(line, service, 1);
    assert_int_equal(line_count(&before, LT_OP_INSERT), 0);
    line_feed_fini(&before);
}

static void a_new_service_joins_while_the_others_go_on(void **state)
{
    (void)state;
    const char *one = line_table(line, "first");
    line_start(line);
    line_wait_state(line, one, "streaming", 1);
    line_sql(line, "CREATE TABLE public.second (code varchar(20) PRIMARY KEY, name text NOT NULL,"
                   " province_code varchar(2), amount numeric(12,2), at timestamptz, note text)");
    line_sql(line, "ALTER TABLE public.second REPLICA IDENTITY FULL");
    line_sql(line,
             "INSERT INTO public.second SELECT i::text, 'n' FROM generate_series(1, 50000) i");
    line_publish(line, "second");
    struct lt_service service = line_service(line, "second");
    const char *two = line_declare(line, &service);
    for (int i = 0; i < 300; i++) {
        line_sql(line,
                 "BEGIN; INSERT INTO public.first VALUES ('%d', 'n');"
                 " INSERT INTO public.second VALUES ('n%d', 'n');"
                 " UPDATE public.second SET note = 'u%d' WHERE code = '%d'; COMMIT",
                 i, i, i, i + 1);
        lt_sleep_ms(10);
    }
    line_wait_equal(line, one, "first", 60);
    line_wait_equal(line, two, "second", 60);
    struct line_feed feed = line_read(line, one, 1);
    assert_int_equal(line_count(&feed, LT_OP_INSERT), 300);
    line_feed_fini(&feed);
}

static void wait_asked(const char *query)
{
    for (int i = 0; i < 600 && strcmp(line_ask(line, "%s", query), "t") != 0; i++) {
        lt_sleep_ms(50);
    }
    assert_string_equal(line_ask(line, "%s", query), "t");
}

/* Inserts one row a transaction, without a rest, until it is told to end. */
static PGconn *start_busy_writer(const char *table)
{
    char sql[400];
    PGconn *pg = line_connect(line);
    snprintf(sql, sizeof(sql),
             "DO $$BEGIN FOR i IN 1..10000000 LOOP INSERT INTO public.%s VALUES (i::text, 'n');"
             " COMMIT; END LOOP; END$$",
             table);
    assert_int_equal(PQsendQuery(pg, sql), 1);
    return pg;
}

static void end_busy_writer(PGconn *pg)
{
    char why[256];
    PGcancel *cancel = PQgetCancel(pg);
    assert_int_equal(PQcancel(cancel, why, sizeof(why)), 1);
    PQfreeCancel(cancel);
    PQfinish(pg);
}

/* A broker that stands still most of the time: a commit takes long enough that the next batch is
 * always there before it is over. */
static pid_t start_slowing(pid_t broker)
{
    pid_t self = fork();
    if (self != 0) {
        return self;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i < 1000; i++) {
        kill(broker, SIGSTOP);
        lt_sleep_ms(60);
        kill(broker, SIGCONT);
        lt_sleep_ms(4);
    }
    _exit(0);
}

static void end_slowing(pid_t slowing, pid_t broker)
{
    kill(slowing, SIGKILL);
    waitpid(slowing, NULL, 0);
    kill(broker, SIGCONT);
}

static pid_t broker_pid(void)
{
    int pid = 0;
    FILE *file = fopen(lt_test_text("%s/node1/pid", getenv("LT_TEST_KAFKA_DIR")), "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    return pid;
}

/* D41.2b-1: the round ends, and lets the table go, also when there is always something to write. */
static void a_new_service_joins_beside_one_that_never_rests(void **state)
{
    (void)state;
    const char *one = line_table(line, "restless");
    line_start(line);
    line_wait_state(line, one, "streaming", 1);
    PGconn *writer = start_busy_writer("restless");
    const char *two = line_table(line, "joining");
    line_sql(line,
             "INSERT INTO public.joining SELECT i::text, 'n' FROM generate_series(1, 100000) i");
    wait_asked("SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'COPY%joining%'");
    pid_t broker = broker_pid();
    pid_t slowing = start_slowing(broker);
    line_wait_logged(line, "event=snapshot_finished rows=100000", 120);
    end_slowing(slowing, broker);
    end_busy_writer(writer);
    line_sql(line, "SET lock_timeout = '5s'; TRUNCATE public.joining; RESET lock_timeout");
    line_wait_equal(line, two, "joining", 60);
    line_wait_equal(line, one, "restless", 60);
}

static void a_changed_declaration_begins_a_new_incarnation(void **state)
{
    (void)state;
    const char *id = line_table(line, "declared");
    line_sql(line, "INSERT INTO public.declared VALUES ('a', 'n', '48')");
    line_start(line);
    line_wait_state(line, id, "streaming", 1);
    struct lt_service service = line_service(line, "declared");
    service.scope_column_count = 0;
    line_redeclare(line, id, &service);
    line_wait_state(line, id, "streaming", 2);
    line_wait_equal(line, id, "declared", 30);
    struct line_position position;
    line_position(line, id, &position);
    assert_string_equal(position.reason, "the declaration of the service changed");
}

/* D3.3: why there is no feed stands where the platform looks; mended, the feed begins. */
static void a_table_that_never_fitted_is_told_and_begins_when_mended(void **state)
{
    (void)state;
    const char *service = line_table(line, "unfit");
    line_sql(line, "ALTER TABLE public.unfit DROP COLUMN note");
    line_start(line);
    line_wait_state(line, service, "ended", 0);
    struct line_position position;
    line_position(line, service, &position);
    assert_int_equal(position.incarnation, 0);
    assert_string_equal(position.reason, "declared column 'note' of public.unfit is gone");
    line_sql(line, "ALTER TABLE public.unfit ADD COLUMN note text");
    line_wait_state(line, service, "streaming", 1);
    line_wait_equal(line, service, "unfit", 30);
    line_position(line, service, &position);
    assert_int_equal(position.incarnation, 1);
}

/* D24: nothing of a service leaves the provider before it is published. */
static void an_unpublished_service_has_no_feed(void **state)
{
    (void)state;
    const char *id = line_table(line, "private");
    struct lt_service service = line_service(line, "private");
    struct line_position position;
    service.published = false;
    line_redeclare(line, id, &service);
    line_start(line);
    lt_sleep_ms(2000);
    assert_false(line_position(line, id, &position));
    service.published = true;
    line_redeclare(line, id, &service);
    line_wait_state(line, id, "streaming", 1);
    service.published = false;
    line_redeclare(line, id, &service);
    line_wait_state(line, id, "ended", 1);
    line_position(line, id, &position);
    assert_string_equal(position.reason, "the service is not published");
}

static void a_partitioned_table_is_one_feed(void **state)
{
    (void)state;
    line_sql(line, "CREATE TABLE public.parted (code varchar(20) NOT NULL, name text NOT NULL,"
                   " province_code varchar(2), amount numeric(12,2), at timestamptz, note text,"
                   " PRIMARY KEY (code)) PARTITION BY RANGE (code)");
    line_sql(
        line,
        "CREATE TABLE public.parted_a PARTITION OF public.parted FOR VALUES FROM ('a') TO ('m')");
    line_sql(
        line,
        "CREATE TABLE public.parted_m PARTITION OF public.parted FOR VALUES FROM ('m') TO ('zz')");
    line_sql(line, "ALTER TABLE public.parted REPLICA IDENTITY FULL");
    line_sql(line, "ALTER TABLE public.parted_a REPLICA IDENTITY FULL");
    line_sql(line, "ALTER TABLE public.parted_m REPLICA IDENTITY FULL");
    line_sql(line, "INSERT INTO public.parted VALUES ('b', 'n'), ('n', 'n')");
    line_publish(line, "parted");
    struct lt_service service = line_service(line, "parted");
    const char *id = line_declare(line, &service);
    line_start(line);
    line_wait_equal(line, id, "parted", 60);
    line_sql(line, "UPDATE public.parted SET name = 'moved', code = 'x' WHERE code = 'b'");
    line_sql(line, "INSERT INTO public.parted VALUES ('c', 'n')");
    line_wait_equal(line, id, "parted", 30);
}

/* Codes a to m and m to z; and n to nz apart. */
static const char *make_partitioned(const char *table)
{
    line_sql(line,
             "CREATE TABLE public.%s (code varchar(20) NOT NULL, name text NOT NULL,"
             " province_code varchar(2), amount numeric(12,2), at timestamptz, note text,"
             " PRIMARY KEY (code)) PARTITION BY RANGE (code)",
             table);
    line_sql(line, "CREATE TABLE public.%s_a PARTITION OF public.%s FOR VALUES FROM ('a') TO ('m')",
             table, table);
    line_sql(line, "CREATE TABLE public.%s_n (LIKE public.%s INCLUDING ALL)", table, table);
    line_sql(line,
             "ALTER TABLE public.%s REPLICA IDENTITY FULL;"
             " ALTER TABLE public.%s_a REPLICA IDENTITY FULL;"
             " ALTER TABLE public.%s_n REPLICA IDENTITY FULL",
             table, table, table);
    line_sql(line, "INSERT INTO public.%s VALUES ('b', 'n'), ('c', 'n')", table);
    line_sql(line, "INSERT INTO public.%s_n VALUES ('n1', 'n'), ('n2', 'n')", table);
    line_publish(line, table);
    struct lt_service service = line_service(line, table);
    return line_declare(line, &service);
}

/* D41.2b-1: what the parts of a table bring and take is in no stream, and when all looks as before
 * at the next sync point, it was there all the same. */
static void a_table_is_loaded_anew_when_its_parts_came_or_went(void **state)
{
    (void)state;
    line_config(line, "provider", "on_shape_change", "renew");
    const char *id = make_partitioned("tree");
    line_start(line);
    line_wait_state(line, id, "streaming", 1);
    /* joins, is changed, and leaves in one transaction */
    line_sql(line, "BEGIN; ALTER TABLE public.tree ATTACH PARTITION public.tree_n FOR VALUES FROM"
                   " ('n') TO ('nz'); UPDATE public.tree SET name = 'm';"
                   " ALTER TABLE public.tree DETACH PARTITION public.tree_n; COMMIT");
    line_wait_state(line, id, "streaming", 2);
    line_wait_equal(line, id, "tree", 30);
    line_sql(line, "ALTER TABLE public.tree ATTACH PARTITION public.tree_n FOR VALUES FROM ('n') TO"
                   " ('nz')");
    line_wait_state(line, id, "streaming", 3);
    line_wait_equal(line, id, "tree", 30);
    /* leaves, is changed, and joins in one transaction */
    line_sql(line, "BEGIN; ALTER TABLE public.tree DETACH PARTITION public.tree_n;"
                   " UPDATE public.tree_n SET name = 'away'; ALTER TABLE public.tree"
                   " ATTACH PARTITION public.tree_n FOR VALUES FROM ('n') TO ('nz'); COMMIT");
    line_wait_state(line, id, "streaming", 4);
    line_wait_equal(line, id, "tree", 30);
}

/* D41.2b-1: a copy reads parts that its snapshot did not have.  A large table is copied first, so
 * that there is time to lock the other one. */
static void a_part_that_joined_while_its_table_was_copied_is_noticed(void **state)
{
    (void)state;
    line_config(line, "provider", "on_shape_change", "renew");
    line_table(line, "before");
    line_sql(line,
             "INSERT INTO public.before SELECT i::text, 'n' FROM generate_series(1, 300000) i");
    const char *id = make_partitioned("copied");
    line_start(line);
    wait_asked(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'COPY%before%' AND pid <>"
        " pg_backend_pid()");
    line_sql(line, "BEGIN; LOCK TABLE public.copied IN ACCESS EXCLUSIVE MODE");
    wait_asked("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted");
    line_sql(line,
             "ALTER TABLE public.copied ATTACH PARTITION public.copied_n FOR VALUES FROM ('n')"
             " TO ('nz'); COMMIT");
    line_sql(line, "ALTER TABLE public.copied DETACH PARTITION public.copied_n");
    line_wait_state(line, id, "streaming", 2);
    line_wait_equal(line, id, "copied", 30);
}

/* The default: nothing is vouched for until the provider decides, also not when all is undone. */
static void a_held_feed_is_not_vouched_for_when_its_table_looks_as_before(void **state)
{
    (void)state;
    const char *id = make_partitioned("undone");
    line_start(line);
    line_wait_state(line, id, "streaming", 1);
    line_sql(line,
             "ALTER TABLE public.undone ATTACH PARTITION public.undone_n FOR VALUES FROM ('n')"
             " TO ('nz')");
    line_wait_logged(line, "event=sync_points_held", 20);
    line_sql(line, "UPDATE public.undone SET name = 'm'");
    line_sql(line, "ALTER TABLE public.undone DETACH PARTITION public.undone_n");
    lt_sleep_ms(700);
    struct line_feed before = line_read(line, id, 1);
    assert_int_equal(line_stop(line), 0);
    line_start(line);
    lt_sleep_ms(3000);
    struct line_feed after = line_read(line, id, 1);
    assert_int_equal(line_count(&after, LT_OP_SYNC), line_count(&before, LT_OP_SYNC));
    line_feed_fini(&before);
    line_feed_fini(&after);
}

static void an_operation_unpublished_for_a_moment_is_noticed(void **state)
{
    (void)state;
    line_config(line, "provider", "on_shape_change", "renew");
    const char *id = line_table(line, "operations");
    line_sql(line, "INSERT INTO public.operations VALUES ('a', 'n'), ('b', 'n')");
    line_start(line);
    line_wait_state(line, id, "streaming", 1);
    line_sql(line,
             "BEGIN; ALTER PUBLICATION %s SET (publish = 'insert'); DELETE FROM public.operations"
             " WHERE code = 'a'; ALTER PUBLICATION %s SET (publish ="
             " 'insert, update, delete, truncate'); COMMIT",
             line_publication(line), line_publication(line));
    line_wait_state(line, id, "streaming", 2);
    line_wait_equal(line, id, "operations", 30);
}

/* DX-13: a provider who rewrites one table for an hour lets the copies of that one age alone. */
static void a_locked_table_keeps_no_other_feed_waiting(void **state)
{
    (void)state;
    line_table(line, "locked");
    const char *other = line_table(line, "unlocked");
    line_start(line);
    line_wait_state(line, other, "streaming", 1);
    line_sql(line, "BEGIN; LOCK TABLE public.locked IN ACCESS EXCLUSIVE MODE");
    lt_sleep_ms(500); /* the voucher under way */
    wait_sync_points(other, sync_points(other) + 3);
    assert_int_equal(line_stop(line), 0);
    line_start(line); /* all tables are judged */
    wait_sync_points(other, sync_points(other) + 3);
    line_sql(line, "ROLLBACK");
}

static void check_names_what_is_wrong_and_what_to_do(void **state)
{
    (void)state;
    int status = 0;
    line_sql(line, "CREATE TABLE public.loose (code varchar(20), name text NOT NULL,"
                   " province_code varchar(2), amount numeric(10,2), at timestamptz, note text)");
    struct lt_service service = line_service(line, "loose");
    line_declare(line, &service);
    const char *text = line_command(line, "check", &status);
    assert_int_equal(status, 1);
    assert_non_null(
        strstr(text, "does not exist\n      run the SQL of `lt-provider-postgres plan`"));
    assert_non_null(strstr(text, "the declared key of public.loose is not unique"));
    assert_non_null(strstr(text, "key column 'code' of public.loose may be null"));
    assert_non_null(
        strstr(text, "column 'amount' of public.loose is numeric(10,2), declared numeric(12,2)"));
    assert_non_null(strstr(text, "ALTER TABLE public.loose REPLICA IDENTITY FULL;"));
}

/* The plan's grants are enough: the role is no superuser and owns nothing. */
static void the_plan_makes_a_check_pass_and_the_feed_run(void **state)
{
    (void)state;
    int status = 0;
    char role[32];
    line_sql(line, "CREATE TABLE public.planned (code varchar(20) PRIMARY KEY, name text NOT NULL,"
                   " province_code varchar(2), amount numeric(12,2), at timestamptz, note text,"
                   " secret text)");
    line_sql(line, "INSERT INTO public.planned VALUES ('a', 'n')");
    struct lt_service service = line_service(line, "planned");
    const char *id = line_declare(line, &service);
    snprintf(role, sizeof(role), "role_%s", line_slot(line));
    line_role(line, role);
    line_sql(line, "CREATE ROLE %s LOGIN REPLICATION", role); /* the superuser's part */
    char *plan = lt_strdup(line_command(line, "plan", &status));
    assert_int_equal(status, 0);
    char *owner = strstr(plan, "ALTER TABLE");
    char *undo = strstr(plan, "-- To undo");
    assert_non_null(owner);
    assert_non_null(undo);
    *undo = '\0';
    const char *before = line_command(line, "check", &status);
    assert_non_null(strstr(before, "no right to read column 'code' of public.planned"));
    assert_int_equal(status, 1);
    line_sql(line, "%s", owner);
    const char *after = line_command(line, "check", &status);
    assert_non_null(strstr(after, " 0 of them stop a feed"));
    assert_int_equal(status, 0);
    line_start(line);
    line_wait_equal(line, id, "planned", 60);
    line_sql(line, "INSERT INTO public.planned VALUES ('b', 'n')");
    line_wait_equal(line, id, "planned", 30);
    free(plan);
}

/* Changes from before the publication was made cannot be decoded: the source begins anew. */
static void a_publication_made_again_begins_anew(void **state)
{
    (void)state;
    const char *service = line_table(line, "republished");
    line_start(line);
    line_wait_state(line, service, "streaming", 1);
    line_stop(line);
    line_sql(line, "DROP PUBLICATION %s", line_publication(line));
    line_sql(line, "INSERT INTO public.republished VALUES ('between', 'n')");
    line_publish(line, "republished");
    line_start(line);
    line_wait_state(line, service, "streaming", 2);
    line_wait_equal(line, service, "republished", 30);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh_line, free_line)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_and_changes_reach_the_feed),
        TEST(old_scope_values_come_when_they_changed),
        TEST(a_changed_key_is_a_delete_and_an_insert_of_one_position),
        TEST(an_unchanged_large_value_is_in_the_record),
        TEST(a_value_outside_its_type_withholds_the_row_until_it_is_good),
        TEST(a_snapshot_withholds_like_the_stream),
        TEST(sync_points_follow_what_they_vouch_for),
        TEST(no_sync_point_while_a_transaction_of_before_is_open_in_the_feed),
        TEST(truncate_begins_a_new_incarnation_and_ends_the_old),
        TEST(a_dropped_column_ends_one_feed_and_the_others_go_on),
        TEST(a_column_of_another_type_ends_the_feed),
        TEST(a_rewritten_table_gets_no_sync_points),
        TEST(of_several_tables_only_the_rewritten_one_gets_no_sync_points),
        TEST(a_rewritten_table_is_loaded_anew_when_the_provider_says_so),
        TEST(no_row_follows_a_column_that_went_and_came_back),
        TEST(a_new_service_joins_while_the_others_go_on),
        TEST(a_new_service_joins_beside_one_that_never_rests),
        TEST(a_changed_declaration_begins_a_new_incarnation),
        TEST(a_table_that_never_fitted_is_told_and_begins_when_mended),
        TEST(an_unpublished_service_has_no_feed),
        TEST(a_partitioned_table_is_one_feed),
        TEST(a_table_is_loaded_anew_when_its_parts_came_or_went),
        TEST(a_part_that_joined_while_its_table_was_copied_is_noticed),
        TEST(a_held_feed_is_not_vouched_for_when_its_table_looks_as_before),
        TEST(an_operation_unpublished_for_a_moment_is_noticed),
        TEST(a_locked_table_keeps_no_other_feed_waiting),
        TEST(check_names_what_is_wrong_and_what_to_do),
        TEST(the_plan_makes_a_check_pass_and_the_feed_run),
        TEST(a_publication_made_again_begins_anew),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    return cmocka_run_group_tests_name("provider", tests, NULL, end);
}
