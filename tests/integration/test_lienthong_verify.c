/*
 * lienthong verify against real PostgreSQL databases: a source table, and a target as
 * lt-consumer-postgres lays it out (its own install.sql).  The test moves rows and stamp itself.
 * Ids begin with 98: other tests on the same broker have theirs.
 */
#include "lienthong_stage.h"
#include <stdlib.h>

static char pg_dir[600], source_dsn[700], target_dsn[700];

/* ---- databases ---- */

static void shell(const char *fmt, ...) LT_PRINTF(1, 2);
static void shell(const char *fmt, ...)
{
    char command[4096];
    va_list args;
    va_start(args, fmt);
    vsnprintf(command, sizeof command, fmt, args);
    va_end(args);
    if (system(command) != 0)
        fail_msg("command failed: %s", command);
}

static void sql(const char *dsn, const char *text)
{
    shell("psql -X -q -v ON_ERROR_STOP=1 -d '%s' -c \"%s\" >/dev/null", dsn, text);
}

static void pg_setting(const char *name, char *ret, size_t size)
{
    LT_CLEANUP(lt_freep)
    char *command = lt_printf("eval \"$(tools/pg/pg env '%s')\"; printf %%s \"$%s\"", pg_dir, name);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    assert_non_null(fgets(ret, (int)size, out));
    assert_int_equal(pclose(out), 0);
}

static const char SOURCE_SQL[] =
    "CREATE TABLE public.wards (code varchar(20) PRIMARY KEY, name text, "
    "province_code varchar(2) NOT NULL, area numeric);"
    "INSERT INTO public.wards SELECT i::text, 'Phường ' || i, lpad((i % 4)::text, 2, '0'), "
    "i / 8.0 FROM generate_series(1, 4000) i;";

static void start_databases(void)
{
    char host[400], port[16];
    snprintf(pg_dir, sizeof pg_dir, "%s/pg", getenv("LT_TEST_DIR"));
    shell("tools/pg/pg start '%s'", pg_dir);
    pg_setting("PGHOST", host, sizeof host);
    pg_setting("PGPORT", port, sizeof port);
    const char form[] = "host=%s port=%s user=postgres dbname=%s";
    char maintenance[700];
    snprintf(maintenance, sizeof maintenance, form, host, port, "postgres");
    snprintf(source_dsn, sizeof source_dsn, form, host, port, "source");
    snprintf(target_dsn, sizeof target_dsn, form, host, port, "target");
    sql(maintenance, "CREATE DATABASE source");
    sql(maintenance, "CREATE DATABASE target");
    sql(source_dsn, SOURCE_SQL);
    sql(target_dsn, "CREATE SCHEMA lienthong");
    shell("psql -X -q -v ON_ERROR_STOP=1 -1 -d '%s' "
          "-f broker-adapters/consumer-postgres/sql/install.sql >/dev/null",
          target_dsn);
}

/* The copy of cn980001: code and area of province 01, as the source has them now. */
static void fill_target(void)
{
    shell("psql -X -q -v ON_ERROR_STOP=1 -d '%s' -c \"COPY (SELECT code, area FROM public.wards "
          "WHERE province_code = '01') TO STDOUT\" | psql -X -q -v ON_ERROR_STOP=1 -d '%s' "
          "-c \"TRUNCATE lienthong.cn980001_g1_c1\" "
          "-c \"COPY lienthong.cn980001_g1_c1 (code, area) FROM STDIN\"",
          source_dsn, target_dsn);
}

static void set_stamp(const char *expression)
{
    LT_CLEANUP(lt_freep)
    char *text = lt_printf("UPDATE lienthong.copy SET stamp = %s", expression);
    sql(target_dsn, text);
}

#define REACHED "clock_timestamp() + interval '1 hour'"

/* ---- control ---- */

static struct lt_field fields[] = {
    {.name = "code", .column = "code", .type = "varchar(20)", .required = true},
    {.name = "name", .column = "name", .type = "text"},
    {.name = "province_code", .column = "province_code", .type = "varchar(2)", .required = true},
    {.name = "area", .column = "area", .type = "numeric(12,3)"},
};
static const char *granted[] = {"code", "area"};

static void put_cursor(const char *stream)
{
    static const uint8_t chain[32];
    const struct lt_cursor cursor = {
        .stream = stream,
        .lane = "live",
        .state = "LIVE",
        .reason = "",
        .service = "sv980001",
        .e0 = LT_NULL,
        .load_deadline = LT_NULL,
        .load_seq = LT_NULL,
        .sync_time = LT_NULL,
        .sync_seq = LT_NULL,
        .chain = lt_bytes(chain, sizeof chain),
        .written_at = lt_now(),
    };
    record(LT_TOPIC_CURSORS, stream, LT_RECORD_CURSOR, &cursor);
}

static void sign_world(void)
{
    static const char scope[] =
        "{\"type\":\"record\",\"name\":\"S\",\"fields\":[{\"name\":\"province_code\",\"type\":"
        "[\"null\",\"string\"],\"lt.column\":\"province_code\",\"lt.type\":\"character "
        "varying(2)\"}]}";
    const struct lt_schema_body schema = {1002, scope, lt_bytes(scope, 32)};
    struct lt_service service = world_service;
    service.fields = fields;
    service.field_count = LT_COUNT(fields);
    struct lt_connection terms = world_connection;
    terms.service = "sv980001";
    terms.fields = granted;
    terms.filter = "province_code = '01'";
    sign(LT_CONTROL_SCHEMA, "1002", &schema);
    sign(LT_CONTROL_SERVICE, "sv980001", &service);
    sign(LT_CONTROL_CONNECTION, "cn980001", &terms);
    beat();
    put_cursor("cn980001.1");
}

static struct child verify(const char *options)
{
    LT_CLEANUP(lt_freep)
    char *line = lt_printf("verify cn980001 --source \"%s\" --target \"%s\" %s", source_dsn,
                           target_dsn, options);
    return start(line);
}

static void assert_verdict(const char *options, int code, const char *verdict)
{
    struct child child = verify(options);
    assert_exit(&child, code);
    assert_says(child.out, verdict);
    child_fini(&child);
}

/* Every test begins with a target that equals the source and has reached it. */
static int equal_sides(void **state)
{
    (void)state;
    fill_target();
    set_stamp(REACHED);
    return 0;
}

/* ---- tests ---- */

static void equal_sides_have_one_digest(void **state)
{
    (void)state;
    struct child child = verify("");
    assert_exit(&child, 0);
    assert_says(child.out, "source: rows in scope 1000 of 4000, withheld 0");
    assert_says(child.out, "target: rows in scope 1000 of 1000, withheld 0");
    assert_says(child.out, "EQUAL\n");
    const char *first = strstr(child.out, "digest ");
    const char *second = strstr(first + 7, "digest ");
    assert_memory_equal(first + 7, second + 7, 64);
    child_fini(&child);
}

static void differences_are_counted_and_keys_kept_back(void **state)
{
    (void)state;
    sql(target_dsn, "DELETE FROM lienthong.cn980001_g1_c1 WHERE code IN ('1', '5');"
                    "INSERT INTO lienthong.cn980001_g1_c1 VALUES ('99999', NULL);"
                    "UPDATE lienthong.cn980001_g1_c1 SET area = NULL WHERE code = '9'");
    struct child child = verify("");
    assert_exit(&child, 1);
    assert_says(child.out, "DIFFERENT: missing at the target 2, extra 1, other values 1 (set aside "
                           "at the target: 0)\n");
    assert_null(strstr(child.out, "99999"));
    child_fini(&child);
    child = verify("--keys");
    assert_exit(&child, 1);
    assert_says(child.out, "  missing at the target: code=5\n");
    assert_says(child.out, "  extra at the target: code=99999\n");
    assert_says(child.out, "  different: code=9\n");
    child_fini(&child);
}

static void a_row_that_left_the_scope_must_be_gone(void **state)
{
    (void)state;
    sql(source_dsn, "UPDATE public.wards SET province_code = '02' WHERE code = '13'");
    assert_verdict("--keys", 1, "  extra at the target: code=13\n");
    sql(source_dsn, "UPDATE public.wards SET province_code = '01' WHERE code = '13'");
}

/* Undeclared differences: a field that the connection has not been granted. */
static void fields_outside_the_scope_do_not_count(void **state)
{
    (void)state;
    sql(source_dsn, "UPDATE public.wards SET name = 'changed' WHERE code = '17'");
    assert_verdict("", 0, "EQUAL\n");
}

static void a_value_outside_its_declared_type_is_withheld(void **state)
{
    (void)state;
    sql(source_dsn, "UPDATE public.wards SET area = 'NaN' WHERE code = '21'");
    sql(target_dsn, "DELETE FROM lienthong.cn980001_g1_c1 WHERE code = '21'");
    assert_verdict("", 0, "source: rows in scope 999 of 4000, withheld 1");
    sql(source_dsn, "UPDATE public.wards SET area = 2.625 WHERE code = '21'");
}

/* D41.2b-1: before its stamp reaches the snapshot, a target may lack what the source has. */
static void a_stamp_before_the_snapshot_is_waited_for(void **state)
{
    (void)state;
    set_stamp("clock_timestamp() - interval '1 hour'");
    assert_verdict("--wait 500ms", 2,
                   "NOT COMPARABLE: the target's stamp has not reached the source's snapshot\n");
    set_stamp("NULL");
    struct child child = verify("--wait 60s");
    assert_true(runs_for(&child, 1500));
    set_stamp(REACHED);
    assert_exit(&child, 0);
    child_fini(&child);
}

static void an_older_stream_is_not_compared(void **state)
{
    (void)state;
    put_cursor("cn980001.2");
    assert_verdict("--wait 500ms", 2, "NOT COMPARABLE: the target still shows an older stream");
    produce(anybody, LT_TOPIC_CURSORS, "cn980001.2", lt_bytes(NULL, 0));
}

/* A source that is never the same twice: its values are the time of reading. */
static void a_moving_source_is_not_called_different(void **state)
{
    (void)state;
    sql(source_dsn, "ALTER TABLE public.wards RENAME TO kept; "
                    "CREATE VIEW public.wards AS SELECT code, name, province_code, "
                    "(extract(epoch FROM clock_timestamp())::numeric % 100000)::numeric(12,3) "
                    "AS area FROM public.kept");
    assert_verdict("", 2, "NOT COMPARABLE: moving: the source was written to during every reading");
    sql(source_dsn, "DROP VIEW public.wards; ALTER TABLE public.kept RENAME TO wards");
    assert_verdict("", 0, "EQUAL\n");
}

static void what_cannot_be_reached_or_read_is_told(void **state)
{
    (void)state;
    struct child child = start("verify cn980001 --source \"host=/nowhere dbname=x\" --target "
                               "\"host=/nowhere dbname=x\"");
    assert_exit(&child, 69);
    assert_says(child.errors, "lienthong verify: source: ");
    child_fini(&child);
    child = start("verify cn980009 --source x --target y");
    assert_exit(&child, 2);
    assert_says(child.out, "NOT COMPARABLE: unknown connection\n");
    child_fini(&child);
    child = start("verify cn980001 --source x");
    assert_exit(&child, 64);
    assert_says(child.errors, "--target is needed");
    child_fini(&child);
}

/* ---- set-up ---- */

static int found(void **state)
{
    if (set_up(state) != 0)
        return -1;
    LT_CLEANUP(lt_freep) char *line = init_line("steward.key");
    struct child child = start(line);
    assert_exit(&child, 0);
    child_fini(&child);
    take_office();
    sign_world();
    start_databases();
    sql(target_dsn,
        "CREATE TABLE lienthong.cn980001_g1_c1 (code varchar(20) PRIMARY KEY, area numeric(12,3));"
        "INSERT INTO lienthong.copy (connection, stream, generation, state, shown, table_name, "
        "view_name, key_schema, value_schema, use_period, on_expiry) VALUES ('cn980001', "
        "'cn980001.1', 1, 'active', true, 'cn980001_g1_c1', 'v', 1000, 1001, 1000000, 'hide')");
    return 0;
}

static int leave(void **state)
{
    shell("tools/pg/pg stop '%s'", pg_dir);
    return tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(equal_sides_have_one_digest, equal_sides),
        cmocka_unit_test_setup(differences_are_counted_and_keys_kept_back, equal_sides),
        cmocka_unit_test_setup(a_row_that_left_the_scope_must_be_gone, equal_sides),
        cmocka_unit_test_setup(fields_outside_the_scope_do_not_count, equal_sides),
        cmocka_unit_test_setup(a_value_outside_its_declared_type_is_withheld, equal_sides),
        cmocka_unit_test_setup(a_stamp_before_the_snapshot_is_waited_for, equal_sides),
        cmocka_unit_test_setup(an_older_stream_is_not_compared, equal_sides),
        cmocka_unit_test_setup(a_moving_source_is_not_called_different, equal_sides),
        cmocka_unit_test_setup(what_cannot_be_reached_or_read_is_told, equal_sides),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    return cmocka_run_group_tests(tests, found, leave);
}
