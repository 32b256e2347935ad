#include "support/cm.h"

#include "lienthong/shape.h"
#include "support/control_world.h"

#include <string.h>

static const char SCOPE[] =
    "{\"type\":\"record\",\"name\":\"WardScope\",\"namespace\":\"vn.lienthong.sv000001\","
    "\"fields\":[{\"name\":\"province_code\",\"type\":[\"null\",{\"type\":\"string\","
    "\"lt.type\":\"character varying(2)\"}],\"lt.column\":\"province_code\","
    "\"lt.type\":\"character varying(2)\"}]}";

static struct lt_field FIELDS[] = {
    {.name = "code", .column = "ward_code", .type = "varchar(20)", .required = true},
    {.name = "name", .column = "name", .type = "text", .required = false},
    {.name = "province_code", .column = "province_code", .type = "varchar(2)", .required = false},
    {.name = "area", .column = "area", .type = "numeric(8,2)", .required = false},
};

static struct lt_service service(void)
{
    struct lt_service ret = world_service;
    ret.fields = FIELDS;
    ret.field_count = LT_COUNT(FIELDS);
    return ret;
}

static const char *NARROW[] = {"area", "code"};

static struct lt_connection connection(const char *filter)
{
    struct lt_connection ret = world_connection;
    ret.fields = NARROW;
    ret.field_count = LT_COUNT(NARROW);
    ret.filter = filter;
    return ret;
}

static struct lt_cli_shape *shape(const char *filter, struct lt_error *err)
{
    struct lt_service declared = service();
    struct lt_connection terms = connection(filter);
    return lt_cli_shape_new(&declared, &terms, SCOPE, err);
}

static void projected_columns_come_first_in_the_order_of_the_service(void **state)
{
    (void)state;
    LT_CLEANUP(lt_cli_shape_freep) struct lt_cli_shape *made = shape("", NULL);
    assert_non_null(made);
    static const char *const COLUMNS[] = {"ward_code", "area", "name", "province_code"};
    assert_int_equal(lt_cli_shape_columns(made), 4);
    assert_int_equal(lt_cli_shape_projected(made), 2);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(lt_cli_shape_column(made, i), COLUMNS[i]);
}

static void source_and_target_rows_of_equal_values_have_one_form(void **state)
{
    (void)state;
    LT_CLEANUP(lt_cli_shape_freep)
    struct lt_cli_shape *made = shape("province_code = '48'", NULL);
    assert_non_null(made);
    const char *const source[] = {"20194", "12.50", "Hải Châu", "48"};
    const char *const target[] = {"20194", "12.50"};
    struct lt_cli_row a = {0}, b = {0};
    assert_int_equal(lt_cli_shape_source(made, source, &a), LT_CLI_ROW_IN);
    assert_int_equal(lt_cli_shape_target(made, target, &b), LT_CLI_ROW_IN);
    assert_true(lt_bytes_equal(lt_buf_bytes(&a.key), lt_buf_bytes(&b.key)));
    assert_true(lt_bytes_equal(lt_buf_bytes(&a.body), lt_buf_bytes(&b.body)));
    assert_string_equal(lt_buf_text(&a.text), "code=20194");
    const char *const other[] = {"20194", NULL};
    assert_int_equal(lt_cli_shape_target(made, other, &b), LT_CLI_ROW_IN);
    assert_false(lt_bytes_equal(lt_buf_bytes(&a.body), lt_buf_bytes(&b.body)));
    lt_cli_row_fini(&a);
    lt_cli_row_fini(&b);
}

/* D52.2b; unknown = out of scope. */
static void the_row_filter_decides_as_routing_does(void **state)
{
    (void)state;
    LT_CLEANUP(lt_cli_shape_freep)
    struct lt_cli_shape *made = shape("province_code IN ('48', '46')", NULL);
    assert_non_null(made);
    const struct {
        const char *province;
        enum lt_cli_row_kind kind;
    } CASES[] = {
        {"48", LT_CLI_ROW_IN},
        {"46", LT_CLI_ROW_IN},
        {"01", LT_CLI_ROW_OUT},
        {NULL, LT_CLI_ROW_OUT},
    };
    struct lt_cli_row row = {0};
    for (size_t i = 0; i < LT_COUNT(CASES); i++) {
        const char *const texts[] = {"1", NULL, NULL, CASES[i].province};
        assert_int_equal(lt_cli_shape_source(made, texts, &row), CASES[i].kind);
    }
    lt_cli_row_fini(&row);
}

static void values_outside_their_declared_type_are_withheld(void **state)
{
    (void)state;
    LT_CLEANUP(lt_cli_shape_freep) struct lt_cli_shape *made = shape("", NULL);
    assert_non_null(made);
    struct lt_cli_row row = {0};
    const char *const infinite[] = {"1", "NaN", NULL, "48"};
    assert_int_equal(lt_cli_shape_source(made, infinite, &row), LT_CLI_ROW_WITHHELD);
    const char *const keyless[] = {NULL, NULL, NULL, "48"};
    assert_int_equal(lt_cli_shape_source(made, keyless, &row), LT_CLI_ROW_WITHHELD);
    lt_cli_row_fini(&row);
}

static void what_is_not_declared_is_refused(void **state)
{
    (void)state;
    struct lt_error err;
    assert_null(shape("nowhere = '1'", &err));
    assert_non_null(strstr(err.msg, "row filter"));
    struct lt_service declared = service();
    struct lt_connection terms = connection("province_code = '48'");
    assert_null(lt_cli_shape_new(&declared, &terms, NULL, &err));
    assert_string_equal(err.msg, "a row filter on a data service without scope columns");
    terms.field_count = 1; /* without the key */
    assert_null(lt_cli_shape_new(&declared, &terms, SCOPE, &err));
    assert_string_equal(err.msg, "key field 'code' is not in the connection's scope");
}

static void a_service_without_scope_columns_has_all_rows_in_scope(void **state)
{
    (void)state;
    struct lt_service declared = service();
    struct lt_connection terms = connection("");
    LT_CLEANUP(lt_cli_shape_freep)
    struct lt_cli_shape *made = lt_cli_shape_new(&declared, &terms, NULL, NULL);
    assert_non_null(made);
    struct lt_cli_row row = {0};
    const char *const texts[] = {"1", NULL, NULL, NULL};
    assert_int_equal(lt_cli_shape_source(made, texts, &row), LT_CLI_ROW_IN);
    lt_cli_row_fini(&row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(projected_columns_come_first_in_the_order_of_the_service),
        cmocka_unit_test(source_and_target_rows_of_equal_values_have_one_form),
        cmocka_unit_test(the_row_filter_decides_as_routing_does),
        cmocka_unit_test(values_outside_their_declared_type_are_withheld),
        cmocka_unit_test(what_is_not_declared_is_refused),
        cmocka_unit_test(a_service_without_scope_columns_has_all_rows_in_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
