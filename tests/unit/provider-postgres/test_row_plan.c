/* Rows to records (architecture 3): whole rows, old scope, changed keys, what is withheld; and the
 * text of COPY into the same values. */
#include "support/cm.h"

#include <stdlib.h>
#include <string.h>

#include "avro/frame.h"
#include "avro/span.h"
#include "base/mem.h"
#include "provider-postgres/copy_text.h"
#include "support/pgo_build.h"
#include "support/provider_world.h"

static struct service *service;
static struct row_plan *plan;
static struct batch *batch;
static int64_t counts[WITHHELD_REASONS];
static struct lt_error err;

static int set_up(void **state)
{
    (void)state;
    service = wards_service();
    plan = row_plan_new(service, wards_columns, 4, NULL, &err);
    batch = batch_new();
    memset(counts, 0, sizeof(counts));
    return plan != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    row_plan_free(plan);
    service_free(service);
    batch_free(batch);
    return 0;
}

static struct lt_pgo_tuple tuple(const char *const text[4], struct lt_pgo_value values[4])
{
    for (int i = 0; i < 4; i++) {
        values[i] =
            text[i] == NULL ? (struct lt_pgo_value){.kind = LT_PGO_NULL}
            : text[i] == PGO_UNCHANGED
                ? (struct lt_pgo_value){.kind = LT_PGO_UNCHANGED}
                : (struct lt_pgo_value){.kind = LT_PGO_TEXT, .text = lt_bytes_text(text[i])};
    }
    return (struct lt_pgo_tuple){values, 4};
}

static int
apply(enum lt_op op, const char *const before[4], const char *const after[4], bool key_only)
{
    struct lt_pgo_value a[4];
    struct lt_pgo_value b[4];
    struct lt_pgo_tuple old_row = {0};
    struct lt_pgo_tuple new_row = {0};
    if (before != NULL) {
        old_row = tuple(before, a);
    }
    if (after != NULL) {
        new_row = tuple(after, b);
    }
    const struct row_change change = {
        .op = op, .id = {100, 1}, .old_row = &old_row, .new_row = &new_row, .old_is_key = key_only};
    return row_plan_apply(plan, &change, batch, 0, counts, &err);
}

static void expect_valid(const struct lt_avro_schema *schema, int32_t id, struct lt_bytes framed)
{
    int32_t got = 0;
    struct lt_bytes record;
    assert_int_equal(lt_frame_get(framed, &got, &record, NULL), 0);
    assert_int_equal(got, id);
    assert_int_equal(lt_avro_walk(schema, record, NULL, &err), 0);
}

/* The old province, and no other (DX-5: who loses a row is told by it). */
static void expect_old_province(const struct batch_record *record, const char *province)
{
    struct lt_bytes scope = batch_view(batch, record->scope_before);
    expect_valid(service->scope_schema, 1003, scope);
    assert_true(scope.len >= 2);
    assert_memory_equal(scope.data + scope.len - 2, province, 2);
}

static const char *const row_a[] = {"a", "An", "48", "1.50"};

static void an_insert_is_key_and_whole_value(void **state)
{
    (void)state;
    assert_int_equal(apply(LT_OP_INSERT, NULL, row_a, false), 0);
    assert_int_equal(batch->count, 1);
    const struct batch_record *r = &batch->records[0];
    assert_int_equal(r->op, LT_OP_INSERT);
    expect_valid(service->key_schema, 1001, batch_view(batch, r->key));
    expect_valid(service->value_schema, 1002, batch_view(batch, r->value));
    assert_null(batch_view(batch, r->scope_before).data);
}

static void nulls_stand_where_they_are_allowed(void **state)
{
    (void)state;
    static const char *const row[] = {"a", "An", NULL, NULL};
    assert_int_equal(apply(LT_OP_SNAPSHOT, NULL, row, false), 0);
    assert_int_equal(batch->records[0].op, LT_OP_SNAPSHOT);
    expect_valid(service->value_schema, 1002, batch_view(batch, batch->records[0].value));
}

static void an_update_tells_old_scope_values_only_when_they_changed(void **state)
{
    (void)state;
    static const char *const renamed[] = {"a", "B", "48", "1.50"};
    static const char *const moved[] = {"a", "B", "01", "1.50"};
    apply(LT_OP_UPDATE, row_a, renamed, false);
    apply(LT_OP_UPDATE, renamed, moved, false);
    assert_int_equal(batch->count, 2);
    assert_null(batch_view(batch, batch->records[0].scope_before).data);
    expect_old_province(&batch->records[1], "48");
}

static void an_unsent_value_comes_from_the_old_row(void **state)
{
    (void)state;
    static const char *const after[] = {"a", PGO_UNCHANGED, "48", "2.00"};
    assert_int_equal(apply(LT_OP_UPDATE, row_a, after, false), 0);
    struct lt_bytes value = batch_view(batch, batch->records[0].value);
    assert_non_null(memmem(value.data, value.len, "An", 2));
}

static void an_unsent_value_without_old_row_is_an_error_not_a_guess(void **state)
{
    (void)state;
    static const char *const after[] = {"a", PGO_UNCHANGED, "48", "2.00"};
    static const char *const identity[] = {"a", NULL, "48", NULL};
    assert_int_equal(apply(LT_OP_UPDATE, NULL, after, false), -1);
    assert_non_null(strstr(err.msg, "REPLICA IDENTITY FULL"));
    assert_int_equal(apply(LT_OP_UPDATE, identity, after, true), -1);
}

static void a_changed_key_is_delete_then_insert(void **state)
{
    (void)state;
    static const char *const after[] = {"z", "An", "01", "1.50"};
    assert_int_equal(apply(LT_OP_UPDATE, row_a, after, false), 0);
    assert_int_equal(batch->count, 2);
    assert_int_equal(batch->records[0].op, LT_OP_DELETE);
    assert_int_equal(batch->records[1].op, LT_OP_INSERT);
    assert_null(batch_view(batch, batch->records[0].value).data);
    expect_old_province(&batch->records[0], "48");
    assert_null(batch_view(batch, batch->records[1].scope_before).data);
    assert_false(event_after(batch->records[1].id, batch->records[0].id));
}

static void a_delete_has_key_and_old_scope(void **state)
{
    (void)state;
    assert_int_equal(apply(LT_OP_DELETE, row_a, NULL, false), 0);
    assert_int_equal(batch->records[0].op, LT_OP_DELETE);
    assert_null(batch_view(batch, batch->records[0].value).data);
    expect_old_province(&batch->records[0], "48");
}

static void what_cannot_be_told_is_withheld_with_its_reason(void **state)
{
    (void)state;
    static const char *const nan[] = {"a", "An", "48", "NaN"};
    static const char *const without_name[] = {"a", NULL, "48", "1"};
    char *large = lt_alloc(RECORD_BYTES_MAX + 2);
    memset(large, 'x', RECORD_BYTES_MAX + 1);
    const char *const big[] = {"a", large, "48", "1"};
    apply(LT_OP_INSERT, NULL, nan, false);
    apply(LT_OP_UPDATE, row_a, without_name, false);
    apply(LT_OP_UPDATE, row_a, big, false);
    assert_int_equal(batch->count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(batch->records[i].op, LT_OP_WITHHELD);
        assert_null(batch_view(batch, batch->records[i].value).data);
        assert_non_null(batch_view(batch, batch->records[i].scope_before).data);
    }
    assert_int_equal(counts[WITHHELD_VALUE], 1);
    assert_int_equal(counts[WITHHELD_NULL], 1);
    assert_int_equal(counts[WITHHELD_SIZE], 1);
    assert_true(batch->bytes.len < 1000);
    free(large);
}

/* U+0065 U+0301 is not NFC: the key has no byte form, so nobody can have had this row. */
static void a_key_without_a_byte_form_is_counted_and_left_out(void **state)
{
    (void)state;
    static const char *const row[] = {"e\xcc\x81", "An", "48", "1"};
    assert_int_equal(apply(LT_OP_INSERT, NULL, row, false), 0);
    assert_int_equal(batch->count, 0);
    assert_int_equal(counts[WITHHELD_KEY], 1);
}

static void a_plan_needs_its_columns_types_and_identity(void **state)
{
    (void)state;
    struct type_id types[4];
    struct lt_pgo_column columns[4];
    memcpy(columns, wards_columns, sizeof(columns));
    for (int i = 0; i < 4; i++) {
        types[i] = (struct type_id){columns[i].type_oid, columns[i].typmod};
    }
    columns[3].typmod++;
    assert_null(row_plan_new(service, columns, 4, types, &err));
    assert_string_equal(err.msg, "declared column 'amount' has another type now");
    assert_null(row_plan_new(service, columns, 3, NULL, &err));
    assert_string_equal(err.msg, "declared column 'amount' is gone");
    columns[2].key = false;
    assert_null(row_plan_new(service, columns, 4, NULL, &err));
    assert_string_equal(err.msg, "column 'province_code' is not part of the replica identity");
}

static void schemas_that_do_not_agree_are_refused(void **state)
{
    (void)state;
    const char *value = lt_avro_schema_text(service->value_schema);
    const char *scope = lt_avro_schema_text(service->scope_schema);
    assert_null(service_new("sv000001", service->declared, value, value, scope, &err));
    assert_non_null(strstr(err.msg, "service 'sv000001': key schema is not a record of 1 fields"));
    const char *key = lt_avro_schema_text(service->key_schema);
    assert_null(service_new("sv000001", service->declared, key, value, key, &err));
    assert_non_null(strstr(err.msg, "field 'code' does not agree with the declaration"));
}

/* ---- COPY text ---- */

static int split(const char *row, struct lt_buf *scratch, struct lt_pgo_value *values, size_t count)
{
    return copy_text_split(lt_bytes_text(row), scratch, values, count, &err);
}

static void copy_rows_are_split_and_unescaped(void **state)
{
    (void)state;
    struct lt_buf scratch = {0};
    struct lt_pgo_value values[4];
    assert_int_equal(split("a\\tb\t\\N\t\tx\\\\y\\n\n", &scratch, values, 4), 0);
    assert_true(lt_bytes_equal(values[0].text, lt_bytes_text("a\tb")));
    assert_int_equal(values[1].kind, LT_PGO_NULL);
    assert_int_equal(values[2].kind, LT_PGO_TEXT);
    assert_int_equal(values[2].text.len, 0);
    assert_true(lt_bytes_equal(values[3].text, lt_bytes_text("x\\y\n")));
    lt_buf_fini(&scratch);
}

static void a_copy_row_of_another_width_or_escape_is_refused(void **state)
{
    (void)state;
    struct lt_buf scratch = {0};
    struct lt_pgo_value values[4];
    static const char *const bad[] = {"a\tb\n", "a\tb\tc\td\n", "a\tb\\q\tc\n", "a\tb\tc\\"};
    for (size_t i = 0; i < LT_COUNT(bad); i++) {
        assert_int_equal(split(bad[i], &scratch, values, 3), -1);
        assert_int_equal(err.class, LT_ERR_FATAL);
    }
    lt_buf_fini(&scratch);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_insert_is_key_and_whole_value),
        TEST(nulls_stand_where_they_are_allowed),
        TEST(an_update_tells_old_scope_values_only_when_they_changed),
        TEST(an_unsent_value_comes_from_the_old_row),
        TEST(an_unsent_value_without_old_row_is_an_error_not_a_guess),
        TEST(a_changed_key_is_delete_then_insert),
        TEST(a_delete_has_key_and_old_scope),
        TEST(what_cannot_be_told_is_withheld_with_its_reason),
        TEST(a_key_without_a_byte_form_is_counted_and_left_out),
        TEST(a_plan_needs_its_columns_types_and_identity),
        TEST(schemas_that_do_not_agree_are_refused),
        cmocka_unit_test(copy_rows_are_split_and_unescaped),
        cmocka_unit_test(a_copy_row_of_another_width_or_escape_is_refused),
    };
    return cmocka_run_group_tests_name("row_plan", tests, NULL, NULL);
}
