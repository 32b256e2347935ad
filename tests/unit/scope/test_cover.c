/* Which amended filters are certain to keep every row (DX-3, architecture 5). */
#include "unit/scope/rows.h"

#include "base/clock.h"

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

static bool covers(const char *wide_text, const char *narrow_text)
{
    LT_CLEANUP(lt_filter_freep) struct lt_filter *wide = test_compile(schema, wide_text);
    LT_CLEANUP(lt_filter_freep) struct lt_filter *narrow = test_compile(schema, narrow_text);
    return lt_filter_covers(wide, narrow);
}

struct pair {
    const char *old, *new;
};

static void a_filter_taken_away_or_left_as_it_is_keeps_every_row(void **state)
{
    (void)state;
    assert_true(covers("", ""));
    assert_true(covers("", "id = 1"));
    assert_false(covers("id = 1", ""));
    assert_true(covers("id = 1", "id = 1"));
    assert_true(covers("code = '48' AND (id < 5 OR born IS NULL)",
                       "(born IS NULL OR id < 5) AND code = '48'"));
}

static void alternatives_added_and_conditions_dropped_keep_every_row(void **state)
{
    (void)state;
    static const struct pair wider[] = {
        {"code = '48'", "code = '48' OR code = '49'"},
        {"code = '48'", "code IN ('47', '48', '49')"},
        {"code IN ('48', '47')", "id > 5 OR code IN ('47', '48', '50')"},
        {"code = '48' AND id < 5", "id < 5"},
        {"code = '48' AND id < 5", "code IN ('48', '49') AND id < 5"},
        {"code NOT IN ('48', '49')", "code <> '48'"},
        {"id = 1 OR id = 2", "born IS NULL OR id = 2 OR id = 1"},
        {"code LIKE '4%'", "code LIKE '4%' OR code LIKE '5%'"},
    };
    for (size_t i = 0; i < LT_COUNT(wider); i++) {
        if (!covers(wider[i].new, wider[i].old))
            fail_msg("'%s' does not cover '%s'", wider[i].new, wider[i].old);
        if (covers(wider[i].old, wider[i].new))
            fail_msg("'%s' covers '%s'", wider[i].old, wider[i].new);
    }
}

static void what_is_not_shown_to_be_wider_is_not(void **state)
{
    (void)state;
    static const struct pair others[] = {
        {"code = '48'", "code = '49'"},
        {"code = '48'", "\"M\xc3\xa3 x\xc3\xa3\" = '48'"}, /* another column */
        {"code = '48'", "code <> '48'"},
        {"id < 5", "id <= 5 AND id > 0"},
        {"code IN ('47', '48')", "code IN ('47', '49')"},
        {"id < 5", "id < 4"},
        {"code = '48' OR id = 1", "code = '48'"},
        {"code = '48'", "code = '48' AND id IS NOT NULL"},
        {"code IS NULL", "code IS NOT NULL"},
    };
    for (size_t i = 0; i < LT_COUNT(others); i++)
        if (covers(others[i].new, others[i].old))
            fail_msg("'%s' covers '%s'", others[i].new, others[i].old);
}

/* Limits on everything: two filters that split in many ways end, as "not shown". */
static void a_comparison_that_would_not_end_is_given_up(void **state)
{
    (void)state;
    struct lt_buf wide = {0}, narrow = {0};
    for (int i = 0; i < 2000; i++) {
        lt_buf_addf(&wide, "%sid = %d", i ? " OR " : "", i);
        lt_buf_addf(&narrow, "%sid = %d", i ? " OR " : "", 1999 - i);
    }
    assert_false(covers(lt_buf_text(&wide), lt_buf_text(&narrow)));
    lt_buf_fini(&wide);
    lt_buf_fini(&narrow);
}

/* ---- over random filters and rows ---- */

static uint64_t seed = 20261125;
static int pick(int below)
{
    return (int)(lt_random_next(&seed) % (uint64_t)below);
}

/* Few columns and values, so that filters meet. */
static void put_filter(struct lt_buf *out, int depth)
{
    static const char *const leaves[] = {"id = 1", "id IN (1, 2)",          "id <> 1",
                                         "id > 1", "id NOT IN (1, 2)",      "code = 'a'",
                                         "id < 2", "code IN ('a', 'b')",    "code LIKE 'a%'",
                                         "id = 2", "code NOT LIKE 'a%'",    "code IS NULL",
                                         "id = 3", "code NOT IN ('b','c')", "id IS NOT NULL"};
    if (depth == 0 || pick(3) == 0) {
        lt_buf_adds(out, leaves[pick((int)LT_COUNT(leaves))]);
        return;
    }
    lt_buf_addc(out, '(');
    put_filter(out, depth - 1);
    lt_buf_adds(out, pick(2) ? " AND " : " OR ");
    put_filter(out, depth - 1);
    lt_buf_addc(out, ')');
}

static void check_rows(const struct lt_filter *wide, const struct lt_filter *narrow)
{
    static const char *const ids[] = {NULL, "0", "1", "2", "3"};
    static const char *const codes[] = {NULL, "a", "ab", "b", "c"};
    LT_CLEANUP(lt_filter_view_freep) struct lt_filter_view *in_wide = test_view(schema, wide);
    LT_CLEANUP(lt_filter_view_freep) struct lt_filter_view *in_narrow = test_view(schema, narrow);
    struct test_row row = {0};
    for (size_t i = 0; i < LT_COUNT(ids) * LT_COUNT(codes); i++) {
        const char *texts[TEST_COLUMNS] = {0};
        texts[test_column_index("id")] = ids[i % LT_COUNT(ids)];
        texts[test_column_index("code")] = codes[i / LT_COUNT(ids)];
        test_row_make(&row, schema, texts);
        const struct lt_bytes record = lt_buf_bytes(&row.record);
        if (lt_filter_match(in_narrow, record, row.spans))
            assert_true(lt_filter_match(in_wide, record, row.spans));
    }
    lt_buf_fini(&row.record);
}

static void what_covers_matches_every_row_of_the_other(void **state)
{
    (void)state;
    int covered = 0;
    for (int i = 0; i < 20000; i++) {
        struct lt_buf a = {0}, b = {0};
        put_filter(&a, 1 + pick(3));
        put_filter(&b, 1 + pick(3));
        LT_CLEANUP(lt_filter_freep) struct lt_filter *wide = test_compile(schema, lt_buf_text(&a));
        LT_CLEANUP(lt_filter_freep)
        struct lt_filter *narrow = test_compile(schema, lt_buf_text(&b));
        if (lt_filter_covers(wide, narrow)) {
            covered++;
            check_rows(wide, narrow);
        }
        lt_buf_fini(&a);
        lt_buf_fini(&b);
    }
    assert_in_range(covered, 500, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter_taken_away_or_left_as_it_is_keeps_every_row),
        cmocka_unit_test(alternatives_added_and_conditions_dropped_keep_every_row),
        cmocka_unit_test(what_is_not_shown_to_be_wider_is_not),
        cmocka_unit_test(a_comparison_that_would_not_end_is_given_up),
        cmocka_unit_test(what_covers_matches_every_row_of_the_other),
    };
    return cmocka_run_group_tests(tests, make_schema, drop_schema);
}
