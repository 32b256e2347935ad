/* Row filters: what they mean, their one normal form, what is refused and where (D52.2b). */
#include "unit/scope/rows.h"

#include <stdlib.h>

#include "base/mem.h"

static struct lt_avro_schema *schema;

static int make_schema(void **state)
{
    (void)state;
    schema = test_schema();
    return 0;
}

static int drop_schema(void **state)
{
    (void)state;
    lt_avro_schema_unref(schema);
    return 0;
}

/* Is a row in scope that has just this one value? */
static bool holds(const char *filter_text, const char *column, const char *text)
{
    const char *texts[TEST_COLUMNS] = {0};
    struct test_row row = {0};
    texts[test_column_index(column)] = text;
    test_row_make(&row, schema, texts);
    LT_CLEANUP(lt_filter_freep) struct lt_filter *filter = test_compile(schema, filter_text);
    LT_CLEANUP(lt_filter_view_freep) struct lt_filter_view *view = test_view(schema, filter);
    bool in = lt_filter_match(view, lt_buf_bytes(&row.record), row.spans);
    lt_buf_fini(&row.record);
    return in;
}

static void empty_filter_takes_every_row(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "  \n\t "};
    for (size_t i = 0; i < LT_COUNT(texts); i++) {
        LT_CLEANUP(lt_filter_freep) struct lt_filter *filter = test_compile(schema, texts[i]);
        assert_true(lt_filter_is_all(filter));
        assert_true(holds(texts[i], "id", NULL));
    }
    LT_CLEANUP(lt_filter_freep) struct lt_filter *filter = test_compile(schema, "id = 1");
    assert_false(lt_filter_is_all(filter));
}

static void numbers_compare_by_value(void **state)
{
    (void)state;
    assert_true(holds("id = 5", "id", "5"));
    assert_true(holds("id = 5.00", "id", "5"));
    assert_true(holds("id = -0", "id", "0"));
    assert_true(holds("id < 10", "id", "9"));
    assert_false(holds("id < 10", "id", "10"));
    assert_true(holds("id <= 10", "id", "10"));
    assert_true(holds("id > -9223372036854775808", "id", "-9223372036854775807"));
    assert_true(holds("id BETWEEN 3 AND 5", "id", "5"));
    assert_false(holds("id BETWEEN 3 AND 5", "id", "6"));
    assert_true(holds("id NOT BETWEEN 3 AND 5", "id", "6"));
    assert_true(holds("grade in (1, 2,3)", "grade", "3"));
    assert_false(holds("grade IN (1, 2, 3)", "grade", "4"));
}

static void decimals_compare_exactly(void **state)
{
    (void)state;
    assert_true(holds("amount = 1.5", "amount", "1.50"));
    assert_true(holds("amount = 1.500", "amount", "1.50"));
    assert_true(holds("amount < 1.28", "amount", "1.27"));
    assert_false(holds("amount < 1.28", "amount", "1.28"));
    assert_true(holds("amount < 0", "amount", "-0.01"));
    assert_true(holds("amount > -1.29", "amount", "-1.28"));
    assert_true(holds("weight > 99999999999999999999.998", "weight", "99999999999999999999.999"));
    assert_false(holds("weight > 99999999999999999999.999", "weight", "99999999999999999999.999"));
    assert_true(holds("weight < -9223372036854775.808", "weight", "-9223372036854775.809"));
    assert_true(holds("weight < 12345678901234567890", "weight", "-12345678901234567890.001"));
}

static void dates_and_times_compare_by_value(void **state)
{
    (void)state;
    assert_true(holds("born < '2026-01-01'", "born", "2025-12-31"));
    assert_true(holds("born < '0001-01-01'", "born", "0044-03-15 BC"));
    assert_true(holds("born > '9999-12-31'", "born", "10000-01-01"));
    assert_true(holds("seen = '2026-11-25 09:04:19+07'", "seen", "2026-11-25 02:04:19+00"));
    assert_true(holds("seen = '2026-11-25T02:04:19Z'", "seen", "2026-11-25 02:04:19+00"));
    assert_true(
        holds("seen > '2026-11-25 02:04:19.5+00'", "seen", "2026-11-25 02:04:19.500001+00"));
    assert_true(holds("noted >= '2026-11-25T02:04:19'", "noted", "2026-11-25 02:04:19"));
}

static void texts_compare_bytewise(void **state)
{
    (void)state;
    assert_true(holds("code = '48'", "code", "48"));
    assert_false(holds("code = '48'", "code", "048"));
    assert_false(holds("code = 'a'", "code", "A"));
    assert_true(holds("code = 'it''s'", "code", "it's"));
    assert_true(holds("code <> '48'", "code", "49"));
    assert_true(holds("code = ''", "code", ""));
    assert_true(holds("code LIKE '48%'", "code", "48901"));
    assert_true(holds("code LIKE '48%'", "code", "48"));
    assert_false(holds("code LIKE '48%'", "code", "4"));
    assert_true(holds("code NOT LIKE '48%'", "code", "4"));
    assert_true(holds("code LIKE '10\\%\\_\\\\%'", "code", "10%_\\x"));
    assert_true(holds("padded = 'ab'", "padded", "ab  "));
    assert_true(holds("padded = 'ab   '", "padded", "ab  "));
    assert_true(holds("padded LIKE 'a%'", "padded", "ab  "));
    assert_true(holds("uid = '6F1C0A52-93DE-4D1E-8F6B-0A1B2C3D4E5F'", "uid",
                      "6f1c0a52-93de-4d1e-8f6b-0a1b2c3d4e5f"));
    assert_true(holds("active = TRUE", "active", "t"));
    assert_false(holds("active = true", "active", "f"));
    assert_true(holds("active <> true", "active", "f"));
}

static void null_is_unknown_and_unknown_is_out_of_scope(void **state)
{
    (void)state;
    static const char *const unknown[] = {"id = 1",
                                          "id <> 1",
                                          "NOT id = 1",
                                          "NOT (id = 1)",
                                          "id IN (1, 2)",
                                          "id NOT IN (1, 2)",
                                          "id < 5 OR id >= 5",
                                          "NOT (id < 5 AND id >= 5)",
                                          "code LIKE '%'",
                                          "code NOT LIKE 'x%'",
                                          "NOT (id = 1 OR id IS NOT NULL AND id = 1)"};
    for (size_t i = 0; i < LT_COUNT(unknown); i++)
        assert_false(holds(unknown[i], "id", NULL));
    assert_true(holds("id IS NULL", "id", NULL));
    assert_false(holds("id IS NOT NULL", "id", NULL));
    assert_true(holds("NOT id IS NOT NULL", "id", NULL));
    assert_true(holds("id = 1 OR id IS NULL", "id", NULL));
    assert_true(holds("ratio IS NULL AND free IS NULL AND raw IS NULL", "id", NULL));
}

static void columns_go_by_both_their_names(void **state)
{
    (void)state;
    assert_true(holds("ma_xa = '1'", "ma_xa", "1"));
    assert_true(holds("\"M\xc3\xa3 x\xc3\xa3\" = '1'", "ma_xa", "1"));
    assert_true(holds("\"between\" = 1", "order", "1"));
    assert_true(holds("order = 1", "order", "1"));
}

static void spellings_have_one_normal_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *normal;
    } rows[] = {
        {"", ""},
        {" id=1 ", "id = 1"},
        {"ID = 1", NULL},
        {"id != 1", "id <> 1"},
        {"id in(3,1,2,3)", "id IN (1, 2, 3)"},
        {"id IN (7)", "id = 7"},
        {"id NOT IN (7, 7.0)", "id <> 7"},
        {"not id = 1", "id <> 1"},
        {"NOT NOT id < 1", "id < 1"},
        {"NOT id < 1", "id >= 1"},
        {"id between 1 and 5", "id >= 1 AND id <= 5"},
        {"id not between 1 and 5", "id < 1 OR id > 5"},
        {"((id = 1))", "id = 1"},
        {"(id = 1 and grade = 2) and code = 'x'", "id = 1 AND grade = 2 AND code = 'x'"},
        {"id = 1 or grade = 2 and code = 'x'", "id = 1 OR grade = 2 AND code = 'x'"},
        {"(id = 1 or grade = 2) and code = 'x'", "(id = 1 OR grade = 2) AND code = 'x'"},
        {"not (id = 1 or grade = 2)", "id <> 1 AND grade <> 2"},
        {"not (id = 1 and (grade = 2 or id is null))", "id <> 1 OR grade <> 2 AND id IS NOT NULL"},
        {"amount = 001.5", "amount = 1.50"},
        {"amount = -0.00", "amount = 0.00"},
        {"id = -007", "id = -7"},
        {"seen > '2026-11-25T09:04:19.500+07:00'", "seen > '2026-11-25 02:04:19.5+00'"},
        {"born = '0044-03-15 BC'", "born = '0044-03-15 BC'"},
        {"uid = '6F1C0A52-93DE-4D1E-8F6B-0A1B2C3D4E5F'",
         "uid = '6f1c0a52-93de-4d1e-8f6b-0a1b2c3d4e5f'"},
        {"active = True", "active = true"},
        {"code = 'it''s'", "code = 'it''s'"},
        {"code LIKE 'a\\%\\b%'", "code LIKE 'a\\%b%'"},
        {"padded in ('b ', 'b', 'a')", "padded IN ('a', 'b')"},
        {"ma_xa is not null", "\"M\xc3\xa3 x\xc3\xa3\" IS NOT NULL"},
        {"order = 3", "\"between\" = 3"},
    };
    for (size_t i = 0; i < LT_COUNT(rows); i++) {
        if (!rows[i].normal) {
            assert_null(lt_filter_compile(rows[i].text, schema, NULL));
            continue;
        }
        LT_CLEANUP(lt_filter_freep) struct lt_filter *filter = test_compile(schema, rows[i].text);
        LT_CLEANUP(lt_filter_freep) struct lt_filter *again = test_compile(schema, rows[i].normal);
        struct lt_buf first = {0}, second = {0};
        lt_filter_format(filter, &first);
        lt_filter_format(again, &second);
        assert_string_equal(lt_buf_text(&first), rows[i].normal);
        assert_string_equal(lt_buf_text(&second), rows[i].normal);
        lt_buf_fini(&first);
        lt_buf_fini(&second);
    }
}

struct mistake {
    const char *text, *why;
};
static const struct mistake UNKNOWN_NAMES[] = {
    {"x = 1", "at 1: unknown column 'x'"},
    {"id = 1 AND \"M\xc3\xa3\" = 'a'", "at 12: unknown column 'M\xc3\xa3'"},
    {"\"M\xc3\xa3 x\xc3\xa3\" = 1", "at 11: a text takes a 'text' here"},
};
static const struct mistake BAD_LITERALS[] = {
    {"id = 'x'", "at 6: a bigint takes a number here"},
    {"id = code", "at 6: a bigint takes a number here"},
    {"id = NULL", "at 6: NULL is no literal; use IS NULL"},
    {"id IN (1, null)", "at 11: NULL is no literal; use IS NULL"},
    {"id = 1.5", "at 6: not a value of type bigint"},
    {"id = 9223372036854775808", "at 6: not a value of type bigint"},
    {"id = 1e3", "at 6: not a number (digits, a point, digits)"},
    {"id = 1.", "at 6: not a number (digits, a point, digits)"},
    {"id = --1", "at 6: not a number (digits, a point, digits)"},
    {"grade = 40000", "at 9: not a value of type smallint"},
    {"amount = 1.001", "at 10: number has more digits than decimal(10,2) holds"},
    {"amount = 100000000", "at 10: number has more digits than decimal(10,2) holds"},
    {"born = '25/11/2026'", "at 8: not a date in ISO form"},
    {"born = 20261125", "at 8: a date takes a 'text' here"},
    {"born > 'infinity'", "at 8: an infinite date cannot travel as a date"},
    {"seen = '2026-11-25 02:04:19'", "at 8: not a timestamp in ISO form"},
    {"uid = 'x'", "at 7: not a uuid"},
};
static const struct mistake BAD_COMPARISONS[] = {
    {"active = 1", "at 10: a boolean takes true or false here"},
    {"active < true", "at 8: a boolean has no order here; use =, IN or IS NULL"},
    {"code < 'a'", "at 6: a character varying(20) has no order here; use =, IN or IS NULL"},
    {"code BETWEEN 'a' AND 'b'",
     "at 6: a character varying(20) has no order here; use =, IN or IS NULL"},
    {"uid > '6f1c0a52-93de-4d1e-8f6b-0a1b2c3d4e5f'",
     "at 5: a uuid has no order here; use =, IN or IS NULL"},
    {"ratio = 1", "at 7: a double precision cannot be compared; use IS NULL"},
    {"free = 1", "at 6: a numeric cannot be compared; use IS NULL"},
    {"raw IN ('\\x00')", "at 5: a bytea cannot be compared; use IS NULL"},
};
static const struct mistake BAD_LIKES[] = {
    {"id LIKE '1%'", "at 9: LIKE is for texts, not for a bigint"},
    {"uid LIKE '1%'", "at 10: LIKE is for texts, not for a uuid"},
    {"code LIKE 5", "at 11: LIKE takes 'prefix%'"},
    {"code LIKE 'abc'", "at 11: LIKE takes 'prefix%' only (\\ before a literal %, _ or \\)"},
    {"code LIKE '%abc'", "at 11: LIKE takes 'prefix%' only (\\ before a literal %, _ or \\)"},
    {"code LIKE 'a_c%'", "at 11: LIKE takes 'prefix%' only (\\ before a literal %, _ or \\)"},
    {"code LIKE 'a%%'", "at 11: LIKE takes 'prefix%' only (\\ before a literal %, _ or \\)"},
    {"code LIKE 'a\\", "at 11: ' without its partner"},
    {"code LIKE 'a\\'", "at 11: LIKE takes 'prefix%' only (\\ before a literal %, _ or \\)"},
};
static const struct mistake BAD_SYNTAX[] = {
    {"id", "at 3: a comparison expected, but the filter ends"},
    {"id 5", "at 4: a comparison expected"},
    {"id =", "at 5: a literal expected, but the filter ends"},
    {"id = )", "at 6: a literal expected"},
    {"code = 'abc", "at 8: ' without its partner"},
    {"code = 'abc''", "at 8: ' without its partner"},
    {"\"code = 'abc'", "at 1: \" without its partner"},
    {"id = 1 AND", "at 11: a column expected, but the filter ends"},
    {"id = 1 grade = 2", "at 8: AND, OR or the end expected"},
    {"(id = 1", "at 8: ) expected, but the filter ends"},
    {"id = 1)", "at 7: AND, OR or the end expected"},
    {"id IN 1", "at 7: ( expected"},
    {"id IN ()", "at 8: a literal expected"},
    {"id IN (1 2)", "at 10: ) expected"},
    {"id BETWEEN 1", "at 13: AND expected, but the filter ends"},
    {"id IS 5", "at 7: NULL expected"},
    {"id NOT = 5", "at 8: a comparison expected"},
    {"NOT", "at 4: a column expected, but the filter ends"},
    {"and = 1", "at 1: a column expected"},
    {"5 = id", "at 1: a column expected"},
    {"id = 1; DROP", "at 7: unexpected character"},
    {"id NOT 5", "at 8: a comparison expected"},
    {"id (5)", "at 4: a comparison expected"},
    {"id = 'a", "at 6: ' without its partner"},
    {"id IN (1, 'a", "at 11: ' without its partner"},
    {"NOT ;", "at 5: unexpected character"},
    {"id = 1 AND ;", "at 12: unexpected character"},
    {"now() > 1", "at 1: unknown column 'now'"},
    {"id = 1 -- x", "at 8: not a number (digits, a point, digits)"},
    {"\xff", "not valid UTF-8"},
};

static void assert_refused(const struct mistake *mistakes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct lt_error err = {0};
        struct lt_filter *filter = lt_filter_compile(mistakes[i].text, schema, &err);
        if (filter)
            fail_msg("taken: %s", mistakes[i].text);
        assert_int_equal(err.class, LT_ERR_REJECT);
        assert_string_equal(err.msg, mistakes[i].why);
    }
}

static void mistakes_are_named_with_their_position(void **state)
{
    (void)state;
    assert_refused(UNKNOWN_NAMES, LT_COUNT(UNKNOWN_NAMES));
    assert_refused(BAD_LITERALS, LT_COUNT(BAD_LITERALS));
    assert_refused(BAD_COMPARISONS, LT_COUNT(BAD_COMPARISONS));
    assert_refused(BAD_LIKES, LT_COUNT(BAD_LIKES));
    assert_refused(BAD_SYNTAX, LT_COUNT(BAD_SYNTAX));
}

/* `before` repeated, `middle`, `after` repeated. */
static char *nest(const char *before, const char *middle, const char *after, int depth)
{
    struct lt_buf text = {0};
    for (int i = 0; i < depth; i++)
        lt_buf_adds(&text, before);
    lt_buf_adds(&text, middle);
    for (int i = 0; i < depth; i++)
        lt_buf_adds(&text, after);
    char *copy = lt_strdup(lt_buf_text(&text));
    lt_buf_fini(&text);
    return copy;
}

static void limits_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *before, *middle, *after;
        int depth;
        const char *why;
    } rows[] = {
        {"(", "id = 1", ")", 32, NULL},
        {"(", "id = 1", ")", 33, "at 33: nested deeper than 32"},
        {"NOT ", "id = 1", "", 32, NULL},
        {"NOT ", "id = 1", "", 33, "at 129: nested deeper than 32"},
        {"(id = 1 AND grade = 2 OR ", "id NOT BETWEEN 1 AND 2", ")", 31, NULL},
        {"(", "id NOT BETWEEN 1 AND 2", ")", 32, "at 48: nested deeper than 32"},
        {"id = 1 OR ", "id = 1", "", 4095, NULL},
        {"id = 1 OR ", "id = 1", "", 4096, "at 40966: more than 4096 literals"},
        {" ", "id = 1", "", 65530, NULL},
        {" ", "id = 1", "", 65531, "longer than 65536 bytes"},
        {"weight=0 OR ", "weight=0", "", 3999, NULL},
    };
    for (size_t i = 0; i < LT_COUNT(rows); i++) {
        struct lt_error err = {0};
        char *text = nest(rows[i].before, rows[i].middle, rows[i].after, rows[i].depth);
        struct lt_filter *filter = lt_filter_compile(text, schema, &err);
        if (rows[i].why)
            assert_string_equal(err.msg, rows[i].why);
        else if (!filter && strcmp(err.msg, "longer than 65536 bytes in its normal form") != 0)
            fail_msg("row %zu: %s", i, err.msg);
        lt_filter_free(filter);
        free(text);
    }
}

static void a_view_needs_the_same_columns(void **state)
{
    (void)state;
    static const char other[] =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
        "{\"name\":\"grade\",\"type\":\"int\",\"lt.type\":\"integer\",\"lt.column\":\"grade\"},"
        "{\"name\":\"code\",\"type\":\"string\"},"
        "{\"name\":\"uid\",\"type\":\"string\",\"lt.type\":\"bigint\"},"
        "{\"name\":\"doc\",\"type\":\"string\",\"lt.type\":\"foo\"}]}";
    static const struct {
        const char *filter, *why;
    } rows[] = {
        {"id = 1", "the row has no field 'id'"},
        {"grade = 1", "field 'grade' is a integer in the row, a smallint in the filter"},
        {"code = 'x'", "field 'code' has no lt.type"},
        {"doc IS NULL",
         "field 'doc': unknown type 'foo' (outside the key any column may be declared as text)"},
        {"uid IS NULL", "field 'uid': its Avro type is not that of bigint"},
    };
    struct lt_error err = {0};
    struct lt_avro_schema *row_schema = lt_avro_schema_parse(other, sizeof other - 1, &err);
    assert_non_null(row_schema);
    for (size_t i = 0; i < LT_COUNT(rows); i++) {
        LT_CLEANUP(lt_filter_freep) struct lt_filter *filter = test_compile(schema, rows[i].filter);
        assert_null(lt_filter_view_new(filter, row_schema, &err));
        assert_string_equal(err.msg, rows[i].why);
    }
    LT_CLEANUP(lt_filter_freep) struct lt_filter *all = test_compile(schema, "");
    LT_CLEANUP(lt_filter_view_freep) struct lt_filter_view *view = test_view(row_schema, all);
    assert_non_null(view);
    lt_avro_schema_unref(row_schema);
}

static void entering_and_leaving_follow_membership(void **state)
{
    (void)state;
    assert_int_equal(lt_scope_effect(false, false), LT_SCOPE_NOTHING);
    assert_int_equal(lt_scope_effect(false, true), LT_SCOPE_ENTER);
    assert_int_equal(lt_scope_effect(true, true), LT_SCOPE_STAY);
    assert_int_equal(lt_scope_effect(true, false), LT_SCOPE_LEAVE);
}

/* Is the second filter provably wider than the first? */
static bool widens(const char *old_text, const char *text)
{
    LT_CLEANUP(lt_filter_freep) struct lt_filter *old = test_compile(schema, old_text);
    LT_CLEANUP(lt_filter_freep) struct lt_filter *filter = test_compile(schema, text);
    return lt_filter_widens(filter, old);
}

static void a_filter_is_wider_when_it_provably_holds_all_rows(void **state)
{
    (void)state;
    assert_true(widens("", ""));
    assert_true(widens("id = 1", ""));
    assert_true(widens("id = 1", "id = 1.0"));
    assert_true(widens("id = 1", "id = 1 OR id = 2"));
    assert_true(widens("id = 1", "id IN (3, 1, 2)"));
    assert_true(widens("id IN (1, 2) OR id > 7", "id > 7 OR id IN (1, 2, 3) OR id IS NULL"));
    assert_true(widens("id NOT IN (1, 2)", "id <> 2"));
    assert_true(widens("id > 3 AND id < 9", "id < 9"));
    assert_true(widens("id > 3 AND id < 9", "(id < 9 OR id = 12) AND id > 3"));
    assert_true(widens("id > 3 AND id < 9", "id = 1 OR id > 3 AND id < 9"));
}

static void what_is_not_proved_counts_as_narrower(void **state)
{
    (void)state;
    assert_false(widens("", "id = 1"));
    assert_false(widens("", "id IS NULL OR id IS NOT NULL"));
    assert_false(widens("id = 1", "id = 2"));
    assert_false(widens("id IN (1, 2)", "id = 1"));
    assert_false(widens("id IN (1, 2, 3)", "id IN (1, 3, 4)"));
    assert_false(widens("id <> 2", "id NOT IN (1, 2)"));
    assert_false(widens("id < 9", "id > 3 AND id < 9"));
    assert_false(widens("id < 9", "id < 10"));
    assert_false(widens("id < 9", "id <= 9"));
    assert_false(widens("id IS NULL", "id IS NOT NULL"));
    assert_false(widens("id = 1 OR id > 7", "id = 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_filter_takes_every_row),
        cmocka_unit_test(numbers_compare_by_value),
        cmocka_unit_test(decimals_compare_exactly),
        cmocka_unit_test(dates_and_times_compare_by_value),
        cmocka_unit_test(texts_compare_bytewise),
        cmocka_unit_test(null_is_unknown_and_unknown_is_out_of_scope),
        cmocka_unit_test(columns_go_by_both_their_names),
        cmocka_unit_test(spellings_have_one_normal_form),
        cmocka_unit_test(mistakes_are_named_with_their_position),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(a_view_needs_the_same_columns),
        cmocka_unit_test(a_filter_is_wider_when_it_provably_holds_all_rows),
        cmocka_unit_test(what_is_not_proved_counts_as_narrower),
        cmocka_unit_test(entering_and_leaving_follow_membership),
    };
    return cmocka_run_group_tests(tests, make_schema, drop_schema);
}
