/* Projection of schemas and of bytes (D52.2b: what leaves is exactly the scope). */
#include "avro/span.h"

#include <string.h>

#include "support/cm.h"
#include "unit/avro/parsed.h"

#define LIST(...) (const char *const[]){__VA_ARGS__}, LT_COUNT(((const char *const[]){__VA_ARGS__}))

#define NAMES "\"type\":\"record\",\"name\":\"Ward\",\"namespace\":\"vn.x\",\"doc\":\"Xã\""
#define CODE  "{\"name\":\"code\",\"type\":\"string\",\"lt.column\":\"Mã\"}"
#define LEVEL "{\"name\":\"level\",\"type\":[\"null\",\"int\"],\"default\":null}"
#define AREA                                                                                       \
    "{\"name\":\"area\",\"type\":{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9}" \
    "}"
#define ACTIVE "{\"name\":\"active\",\"type\":\"boolean\"}"

static const char ward[] = "{" NAMES ",\"fields\":[" CODE "," LEVEL "," AREA "," ACTIVE "]}";

static void check_project(const char *from, const char *const *fields, size_t count, const char *to)
{
    LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *schema = parse(from);
    struct lt_error err = {0};
    struct lt_buf text = {0};

    if (lt_avro_schema_project(schema, fields, count, &text, &err) < 0)
        fail_msg("%s", err.msg);
    assert_string_equal(lt_buf_text(&text), to);
    lt_buf_fini(&text);
}

static void keeps_what_it_keeps_as_it_was(void **state)
{
    (void)state;

    check_project(ward, LIST("code"), "{" NAMES ",\"fields\":[" CODE "]}");
    check_project(ward, LIST("area", "code"), "{" NAMES ",\"fields\":[" CODE "," AREA "]}");
    check_project(ward, LIST("level", "active"), "{" NAMES ",\"fields\":[" LEVEL "," ACTIVE "]}");
    check_project(ward, NULL, 0, "{" NAMES ",\"fields\":[]}");
}

static void gives_the_text_itself_when_all_is_kept(void **state)
{
    static const char spaced[] = "{ \"type\":\"record\",\n\"name\":\"R\",\"fields\":[" CODE " ] }";
    (void)state;

    check_project(spaced, LIST("code"), spaced);
}

/* The definition of E stands in a field that goes. */
static void moves_a_definition_to_its_first_use(void **state)
{
#define E_BODY "\"symbols\":[\"A\"],\"doc\":\"e\""
    (void)state;

    check_project(
        "{\"type\":\"record\",\"name\":\"vn.x.R\",\"fields\":["
        "{\"name\":\"a\",\"type\":{\"type\":\"enum\",\"name\":\"o.E\"," E_BODY "}},"
        "{\"name\":\"b\",\"type\":[\"null\",\"o.E\"]},{\"name\":\"c\",\"type\":\"o.E\"}]}",
        LIST("b", "c"),
        "{\"type\":\"record\",\"name\":\"vn.x.R\",\"fields\":["
        "{\"name\":\"b\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"E\"," E_BODY
        ",\"namespace\":\"o\"}]},{\"name\":\"c\",\"type\":\"o.E\"}]}");
    check_project(
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
        "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\","
        "\"name\":\"S\",\"fields\":[{\"name\":\"f\",\"type\":{\"type\":\"fixed\",\"name\":"
        "\"F\",\"size\":2}}]}}},"
        "{\"name\":\"b\",\"type\":\"F\"},{\"name\":\"c\",\"type\":\"S\"}]}",
        LIST("b", "c"),
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
        "{\"name\":\"b\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":2,"
        "\"namespace\":\"\"}},"
        "{\"name\":\"c\",\"type\":{\"type\":\"record\",\"name\":\"S\",\"fields\":[{\"name\":"
        "\"f\",\"type\":\"F\"}],\"namespace\":\"\"}}]}");
}

static void refuses_and_names_the_field(void **state)
{
    static const char list[] =
        "{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"v\",\"type\":\"int\"},"
        "{\"name\":\"next\",\"type\":[\"null\",{\"type\":\"array\",\"items\":\"L\"}]}]}";
    static const struct {
        const char *schema, *field, *again, *message;
    } cases[] = {
        {ward, "code", "colour", "projection: unknown field 'colour'"},
        {ward, "code", "code", "projection: field 'code' stands there twice"},
        {"\"int\"", "code", "level", "projection: the schema is no record"},
        {list, "next", NULL, "projection: field 'next' contains the record itself"},
    };
    (void)state;

    for (size_t i = 0; i < LT_COUNT(cases); i++) {
        LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *schema = parse(cases[i].schema);
        const char *fields[] = {cases[i].field, cases[i].again};
        size_t count = cases[i].again ? 2 : 1;
        struct lt_error err = {0};
        struct lt_buf text = {0};

        assert_int_equal(lt_avro_schema_project(schema, fields, count, &text, &err), -1);
        assert_int_equal(err.class, LT_ERR_REJECT);
        assert_string_equal(err.msg, cases[i].message);
        assert_int_equal(text.len, 0);
        err = (struct lt_error){0};
        assert_null(lt_projection_new(schema, fields, count, &err));
        assert_string_equal(err.msg, cases[i].message);
    }
}

static void check_bytes(const char *const *fields, size_t count, const char *expected, size_t len)
{
    static const uint8_t record[] = "\x04xy\x02\x06\x02z\x01";
    LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *schema = parse(ward);
    struct lt_bytes bytes = lt_bytes(record, sizeof(record) - 1);
    struct lt_span spans[4];
    struct lt_buf out = {0};
    LT_CLEANUP(lt_projection_freep)
    struct lt_projection *projection = lt_projection_new(schema, fields, count, NULL);

    assert_non_null(projection);
    assert_int_equal(lt_avro_walk(schema, bytes, spans, NULL), 0);
    lt_buf_adds(&out, "before");
    lt_project(projection, bytes, spans, &out);
    assert_int_equal(out.len, 6 + len);
    assert_memory_equal(out.data, "before", 6);
    assert_memory_equal(out.data + 6, expected, len);
    assert_int_equal(lt_projection_is_identity(projection), count == 4);
    lt_buf_fini(&out);
}

static void copies_the_bytes_of_the_kept_fields(void **state)
{
    (void)state;

    check_bytes(LIST("code"), "\x04xy", 3);
    check_bytes(LIST("active", "code"), "\x04xy\x01", 4);
    check_bytes(LIST("area", "level"), "\x02\x06\x02z", 4);
    check_bytes(LIST("level", "active"), "\x02\x06\x01", 3);
    check_bytes(LIST("active", "area", "level", "code"), "\x04xy\x02\x06\x02z\x01", 8);
    check_bytes(NULL, 0, "", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_it_keeps_as_it_was),
        cmocka_unit_test(gives_the_text_itself_when_all_is_kept),
        cmocka_unit_test(moves_a_definition_to_its_first_use),
        cmocka_unit_test(refuses_and_names_the_field),
        cmocka_unit_test(copies_the_bytes_of_the_kept_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
