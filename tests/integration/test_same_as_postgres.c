/*
 * PostgreSQL itself as the judge: what it prints comes back from the wire unchanged (architecture
 * 3: nothing is rounded, clamped or nulled), and a row filter takes the rows that its WHERE takes
 * (D52.2b).
 */
#include "unit/scope/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pg/conn.h"

static char directory[400];
static struct lt_pg *pg;
static struct lt_error err;

/* ---- the server ---- */

static void run_pg(const char *command)
{
    char line[600];
    snprintf(line, sizeof line, "tools/pg/pg %s '%s'", command, directory);
    if (system(line) != 0)
        fail_msg("failed: %s", line);
}

/* PGHOST and PGPORT from `pg env`. */
static void read_env(char dsn[600])
{
    char line[600], host[400] = "", port[16] = "";
    snprintf(line, sizeof line, "tools/pg/pg env '%s'", directory);
    FILE *out = popen(line, "re");
    while (out && fgets(line, sizeof line, out)) {
        (void)sscanf(line, "export PGHOST='%399[^']'", host);
        (void)sscanf(line, "export PGPORT='%15[^']'", port);
    }
    if (!out || pclose(out))
        fail_msg("no PostgreSQL");
    snprintf(dsn, 600, "host=%s port=%s user=postgres dbname=postgres", host, port);
}

static int start_postgres(void **state)
{
    (void)state;
    const char *root = getenv("LT_TEST_DIR");
    char dsn[600];
    if (!root)
        fail_msg("LT_TEST_DIR is not set: start this test with tests/integration/run");
    snprintf(directory, sizeof directory, "%s/pg-%d", root, (int)getpid());
    run_pg("start");
    read_env(dsn);
    pg = lt_pg_open(&(struct lt_pg_options){.dsn = dsn, .application_name = "test"}, &err);
    if (!pg)
        fail_msg("%s", err.msg);
    return 0;
}

static int stop_postgres(void **state)
{
    (void)state;
    lt_pg_close(pg);
    run_pg("stop");
    return 0;
}

static PGresult *query(const char *sql)
{
    PGresult *res = lt_pg_query(pg, sql, 0, NULL, &err);
    if (!res)
        fail_msg("%.120s: %s", sql, err.msg);
    return res;
}

/* ---- values ---- */

/* Every value of the query comes back as it was. */
static void identity(const char *declared, const char *sql, int at_least)
{
    struct lt_type type;
    struct lt_buf avro = {0}, text = {0};
    assert_int_equal(lt_type_parse(declared, &type, &err), 0);
    LT_CLEANUP(lt_pg_clearp) PGresult *res = query(sql);
    assert_true(PQntuples(res) >= at_least);
    for (int row = 0; row < PQntuples(res); row++) {
        const char *value = lt_pg_text(res, row, 0);
        lt_buf_clear(&avro);
        lt_buf_clear(&text);
        if (lt_type_encode(&type, lt_bytes_text(value), &avro, &err) < 0 ||
            lt_type_decode(&type, lt_buf_bytes(&avro), &text, &err) < 0)
            fail_msg("%s %s: %s", declared, value, err.msg);
        assert_string_equal(lt_buf_text(&text), value);
    }
    lt_buf_fini(&avro);
    lt_buf_fini(&text);
}

static void floats_come_back(void **state)
{
    (void)state;
    identity(
        "double precision",
        "SELECT ((random() * 2 - 1) * power(2::float8, (random() * 2000 - 1000)::int))::float8 "
        "FROM generate_series(1, 30000)",
        30000);
    identity("double precision",
             "SELECT power(2::float8, i) FROM generate_series(-1022, 1023) i UNION ALL "
             "SELECT i * 5e-324::float8 FROM generate_series(1, 3000) i UNION ALL "
             "SELECT unnest('{NaN,Infinity,-Infinity,-0,1e15,1e14,1e-4,1e-5}'::float8[])",
             5000);
    identity("real",
             "SELECT ((random() * 2 - 1) * power(2::float8, (random() * 240 - 120)::int))::real "
             "FROM generate_series(1, 30000) UNION ALL "
             "SELECT power(2::float8, i)::real FROM generate_series(-126, 127) i UNION ALL "
             "SELECT i::real FROM generate_series(1, 2000000, 97) i UNION ALL "
             "SELECT (i * 1e-45::real)::real FROM generate_series(1, 3000) i",
             50000);
}

static void dates_and_timestamps_come_back(void **state)
{
    (void)state;
    identity("date",
             "SELECT '4714-11-24 BC'::date + i FROM generate_series(0, 2147483493, 97001) i "
             "UNION ALL SELECT '0005-01-01 BC'::date + i FROM generate_series(0, 4000) i "
             "UNION ALL SELECT '5874897-12-31'::date",
             25000);
    identity("timestamp with time zone",
             "SELECT '4713-01-01 00:00:00+00 BC'::timestamptz + random() * interval '150000 years' "
             "FROM generate_series(1, 20000) UNION ALL SELECT to_timestamp(i * 86399.5) "
             "FROM generate_series(-20000, 20000, 7) i",
             25000);
    identity("timestamp without time zone",
             "SELECT '4713-01-01 00:00:00 BC'::timestamp + random() * interval '150000 years' "
             "FROM generate_series(1, 20000)",
             20000);
}

static void numbers_come_back(void **state)
{
    (void)state;
    identity("bigint",
             "SELECT ((random() - 0.5) * power(2, 63 * random()))::bigint "
             "FROM generate_series(1, 10000)",
             10000);
    identity("numeric(18,4)",
             "SELECT ((random() - 0.5) * power(10, 14 * random()))::numeric(18,4) "
             "FROM generate_series(1, 20000)",
             20000);
    identity("numeric(60,25)",
             "SELECT (((random() - 0.5)::numeric) ^ 3 * 10::numeric ^ (30 * random())::int)"
             "::numeric(60,25) FROM generate_series(1, 10000)",
             10000);
    identity("numeric",
             "SELECT unnest('{1.500,-0.0,NaN,Infinity,1e-20,1e20}'::numeric[]) UNION ALL "
             "SELECT random()::numeric FROM generate_series(1, 1000)",
             1006);
}

static void everything_else_comes_back(void **state)
{
    (void)state;
    identity("bytea", "SELECT decode(md5(i::text), 'hex') FROM generate_series(1, 1000) i", 1000);
    identity("uuid", "SELECT gen_random_uuid() FROM generate_series(1, 1000)", 1000);
    identity("boolean", "SELECT i % 2 = 0 FROM generate_series(1, 2) i", 2);
    identity("interval", "SELECT make_interval(secs => i * 7777.7) FROM generate_series(1, 99) i",
             99);
    identity("jsonb", "SELECT jsonb_build_object('a', i) FROM generate_series(1, 99) i", 99);
    identity("text", "SELECT chr(i) FROM generate_series(1, 55295, 5) i", 11000);
}

/* ---- filters ---- */

static const char *const filters[] = {
    "",
    "id = 5",
    "id <> 5",
    "NOT id = 5",
    "id IN (1, 2, 3.0)",
    "id NOT IN (1, 2)",
    "id BETWEEN -2 AND 2",
    "id NOT BETWEEN -2 AND 2",
    "NOT (id BETWEEN -2 AND 2 OR grade = 1)",
    "id < 0 OR grade >= 3 AND active = true",
    "(id < 0 OR grade >= 3) AND active = true",
    "amount < -0.5",
    "amount >= 1.20 AND amount <= 3.4",
    "amount = 1.5",
    "amount <> 0",
    "weight > 100000000000000000000.5",
    "weight <= -100000000000000000000.5",
    "born < '0001-01-01'",
    "born BETWEEN '2026-01-01' AND '2026-12-31'",
    "born IS NULL OR born > '9999-12-31'",
    "seen > '2026-06-30T17:00:00Z'",
    "seen <= '2026-07-01 00:00:00+07'",
    "noted >= '2026-06-01 12:00:00.5'",
    "code = '48'",
    "code <> '48'",
    "code LIKE '4%'",
    "code NOT LIKE '4%'",
    "code LIKE '\\%%'",
    "code IN ('', '4', '489')",
    "padded = 'a'",
    "padded IN ('b  ', 'ab')",
    "active = false",
    "active <> false",
    "active IS NOT NULL",
    "\"M\xc3\xa3 x\xc3\xa3\" = 'X\xc3\xa3 A'",
    "\"M\xc3\xa3 x\xc3\xa3\" LIKE 'X\xc3\xa3%'",
    "\"between\" = 3 OR \"between\" IS NULL",
    "NOT (code = '48' AND (born IS NULL OR NOT amount > 0))",
    "ratio IS NULL AND doc IS NOT NULL",
    "free IS NULL OR raw IS NULL",
};

static const char make_rows[] =
    "SELECT setseed(0.47); CREATE TABLE public.t (id bigint, grade smallint, "
    "amount numeric(10,2), weight numeric(40,3), born date, seen timestamptz, noted timestamp, "
    "code varchar(20), padded char(4), uid uuid, active boolean, \"M\xc3\xa3 x\xc3\xa3\" text, "
    "ratio float8, free numeric, raw bytea, doc jsonb, \"between\" integer); "
    "CREATE FUNCTION public.some(p text[]) RETURNS text VOLATILE LANGUAGE sql AS "
    "'SELECT p[1 + floor(random() * cardinality(p))::int]'; "
    "INSERT INTO public.t SELECT "
    "public.some('{-5,-2,0,1,2,3,5,NULL}')::bigint, public.some('{1,2,3,4,NULL}')::smallint, "
    "public.some('{-1,-0.51,-0.5,0,1.2,1.5,3.4,3.41,NULL}')::numeric, "
    "public.some('{-100000000000000000000.501,100000000000000000000.5,"
    "100000000000000000000.501,0,NULL}')::numeric, "
    "public.some('{0044-03-15 BC,0001-01-01,2026-01-01,2026-12-31,10000-01-01,NULL}')::date, "
    "public.some('{2026-06-30 17:00:00+00,2026-06-30 17:00:00.000001+00,2020-01-01,NULL}')"
    "::timestamptz, "
    "public.some('{2026-06-01 12:00:00.5,2026-06-01 12:00:00.499999,NULL}')::timestamp, "
    "public.some('{\"\",4,48,489,49,%a,a%,NULL}'), public.some('{a,b,ab,\"\",NULL}'), "
    "public.some('{NULL,6f1c0a52-93de-4d1e-8f6b-0a1b2c3d4e5f}')::uuid, "
    "public.some('{t,f,NULL}')::boolean, "
    "public.some('{X\xc3\xa3,X\xc3\xa3 A,x\xc3\xa3,NULL}'), public.some('{1.5,NULL}')::float8, "
    "public.some('{1.50,NULL}')::numeric, public.some('{\"\\\\x00\",NULL}')::bytea, "
    "public.some('{\"{\\\"a\\\":1}\",NULL}')::jsonb, public.some('{3,4,NULL}')::integer "
    "FROM generate_series(1, 1000)";

static void
read_row(const PGresult *res, int row, struct lt_avro_schema *schema, struct test_row *ret)
{
    const char *texts[TEST_COLUMNS];
    for (size_t i = 0; i < TEST_COLUMNS; i++)
        texts[i] = PQgetisnull(res, row, (int)i) ? NULL : lt_pg_text(res, row, (int)i);
    test_row_make(ret, schema, texts);
}

static void filters_take_the_rows_that_where_takes(void **state)
{
    (void)state;
    struct lt_avro_schema *schema = test_schema();
    struct test_row row = {0};
    if (lt_pg_exec(pg, make_rows, &err) < 0)
        fail_msg("%s", err.msg);
    for (size_t f = 0; f < LT_COUNT(filters); f++) {
        char sql[600];
        int matches = 0;
        LT_CLEANUP(lt_filter_freep) struct lt_filter *filter = test_compile(schema, filters[f]);
        LT_CLEANUP(lt_filter_view_freep) struct lt_filter_view *view = test_view(schema, filter);
        snprintf(sql, sizeof sql, "SELECT *, (%s) IS TRUE FROM public.t",
                 filters[f][0] ? filters[f] : "true");
        LT_CLEANUP(lt_pg_clearp) PGresult *res = query(sql);
        assert_int_equal(PQntuples(res), 1000);
        for (int i = 0; i < PQntuples(res); i++) {
            read_row(res, i, schema, &row);
            bool in = lt_filter_match(view, lt_buf_bytes(&row.record), row.spans);
            if (in != lt_pg_bool(res, i, (int)TEST_COLUMNS))
                fail_msg("%s: row %d", filters[f], i);
            matches += in;
        }
        if (matches == 0)
            fail_msg("%s: matches nothing, so it proves nothing", filters[f]);
    }
    lt_buf_fini(&row.record);
    lt_avro_schema_unref(schema);
}

/* The session that all programs use (pg/conn.h). */
static void no_statement_is_compiled(void **state)
{
    (void)state;
    LT_CLEANUP(lt_pg_clearp) PGresult *res = query("SHOW jit");
    assert_string_equal(lt_pg_text(res, 0, 0), "off");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_come_back),
        cmocka_unit_test(dates_and_timestamps_come_back),
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(everything_else_comes_back),
        cmocka_unit_test(filters_take_the_rows_that_where_takes),
        cmocka_unit_test(no_statement_is_compiled),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    return cmocka_run_group_tests(tests, start_postgres, stop_postgres);
}
