/* The index: directed cases and the promise that cost grows with matches. */
#include "unit/scope/rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

static void an_empty_index_finds_nothing(void **state)
{
    (void)state;
    struct lt_avro_schema *schema = test_schema();
    struct test_row row = {0};
    const char *texts[TEST_COLUMNS] = {0};
    LT_CLEANUP(lt_scope_index_freep) struct lt_scope_index *index = lt_scope_index_new(schema);
    test_row_make(&row, schema, texts);
    void *tags[1];
    assert_int_equal(lt_scope_index_match(index, lt_buf_bytes(&row.record), row.spans, tags, 0), 0);
    lt_buf_fini(&row.record);
    lt_avro_schema_unref(schema);
}

static void tags_come_in_the_order_of_adding_each_once(void **state)
{
    (void)state;
    static const char *const filters[] = {"code = '48'",
                                          "",
                                          "id = 5 AND code IN ('48', '49')",
                                          "code = '49'",
                                          "code = '48' OR code = '48' OR code LIKE '4%'",
                                          "code = '48' OR code IN ('48', '49')",
                                          "code = '48' OR id = 5",
                                          "id > 4",
                                          "id = 5.0",
                                          "code IS NULL"};
    static const int expected[] = {0, 1, 2, 4, 5, 6, 7, 8};
    struct lt_avro_schema *schema = test_schema();
    struct lt_filter *compiled[LT_COUNT(filters)];
    struct lt_filter_view *views[LT_COUNT(filters)];
    void *tags[LT_COUNT(filters)];
    struct test_row row = {0};
    const char *texts[TEST_COLUMNS] = {0};
    LT_CLEANUP(lt_scope_index_freep) struct lt_scope_index *index = lt_scope_index_new(schema);
    for (size_t i = 0; i < LT_COUNT(filters); i++) {
        compiled[i] = test_compile(schema, filters[i]);
        views[i] = test_view(schema, compiled[i]);
        lt_scope_index_add(index, views[i], &views[i]);
    }
    texts[test_column_index("id")] = "5";
    texts[test_column_index("code")] = "48";
    test_row_make(&row, schema, texts);
    size_t count =
        lt_scope_index_match(index, lt_buf_bytes(&row.record), row.spans, tags, LT_COUNT(filters));
    assert_int_equal(count, LT_COUNT(expected));
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(tags[i], &views[expected[i]]);
    for (size_t i = 0; i < LT_COUNT(filters); i++) {
        lt_filter_view_free(views[i]);
        lt_filter_free(compiled[i]);
    }
    lt_buf_fini(&row.record);
    lt_avro_schema_unref(schema);
}

/* Milliseconds for many look-ups among `filters` filters of which one matches. */
static int64_t measure(const struct lt_avro_schema *schema, size_t filters)
{
    struct lt_filter **compiled = calloc(filters, sizeof *compiled);
    struct lt_filter_view **views = calloc(filters, sizeof *views);
    void **tags = calloc(filters, sizeof *tags);
    const char *texts[TEST_COLUMNS] = {0};
    struct test_row row = {0};
    struct lt_scope_index *index = lt_scope_index_new(schema);
    for (size_t i = 0; i < filters; i++) {
        char text[64];
        snprintf(text, sizeof text, "code = '%05zu' AND id > 0", i);
        compiled[i] = test_compile(schema, text);
        views[i] = test_view(schema, compiled[i]);
        lt_scope_index_add(index, views[i], views[i]);
    }
    texts[test_column_index("id")] = "5";
    texts[test_column_index("code")] = "00007";
    test_row_make(&row, schema, texts);
    int64_t start = lt_monotonic_ms();
    for (int i = 0; i < 200000; i++)
        assert_int_equal(
            lt_scope_index_match(index, lt_buf_bytes(&row.record), row.spans, tags, filters), 1);
    int64_t spent = lt_monotonic_ms() - start;
    lt_scope_index_free(index);
    for (size_t i = 0; i < filters; i++) {
        lt_filter_view_free(views[i]);
        lt_filter_free(compiled[i]);
    }
    free(compiled);
    free(views);
    free(tags);
    lt_buf_fini(&row.record);
    return spent;
}

/* 300 times the filters; a scan would take 300 times as long. */
static void cost_grows_with_matches_not_with_filters(void **state)
{
    (void)state;
    struct lt_avro_schema *schema = test_schema();
    int64_t few = measure(schema, 10), many = measure(schema, 3000);
    print_message("200,000 look-ups: %lld ms among 10, %lld ms among 3,000\n", (long long)few,
                  (long long)many);
    assert_true(many < 30 * (few + 1));
    lt_avro_schema_unref(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_index_finds_nothing),
        cmocka_unit_test(tags_come_in_the_order_of_adding_each_once),
        cmocka_unit_test(cost_grows_with_matches_not_with_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
