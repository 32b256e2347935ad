/* The strict schema parser: what is accepted, what is refused and where (kafka-and-avro D.3; a
 * registered schema is what everybody else must be able to read, D3.2, DX-13). */
#include "avro/schema.h"

#include <string.h>

#include "support/cm.h"
#include "unit/avro/bounded.h"

static struct lt_avro_schema *parse(const char *text, struct lt_error *err)
{
    return lt_avro_schema_parse(text, strlen(text), err);
}

static void check_canonical(const char *text, const char *expected)
{
    struct lt_buf out = {0};
    struct lt_error err = {0};
    LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *schema = parse(text, &err);

    if (!schema)
        fail_msg("%s: %s", text, err.msg);
    lt_avro_schema_canonical(schema, &out);
    assert_string_equal(lt_buf_text(&out), expected);
    lt_buf_fini(&out);
}

static void gives_the_canonical_form(void **state)
{
    static const char *const cases[][2] = {
        {"\"int\"", "\"int\""},
        {" {\"type\" : \"string\", \"x\":1}", "\"string\""},
        {"[\"null\", {\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}]",
         "[\"null\",\"long\"]"},
        {"{\"items\":\"bytes\",\"type\":\"array\"}", "{\"type\":\"array\",\"items\":\"bytes\"}"},
        {"{\"values\":[\"null\",\"int\"],\"type\":\"map\"}",
         "{\"type\":\"map\",\"values\":[\"null\",\"int\"]}"},
        {"{\"type\":\"fixed\",\"size\":16,\"name\":\"md5\",\"doc\":\"d\"}",
         "{\"name\":\"md5\",\"type\":\"fixed\",\"size\":16}"},
        {"{\"type\":\"enum\",\"symbols\":[\"A\",\"B\"],\"name\":\"e\",\"namespace\":\"n.m\","
         "\"default\":\"A\",\"aliases\":[\"x\"]}",
         "{\"name\":\"n.m.e\",\"type\":\"enum\",\"symbols\":[\"A\",\"B\"]}"},
        {"{\"type\":\"record\",\"name\":\"a.R\",\"namespace\":\"ignored\",\"fields\":[{\"type\":"
         "{\"type\":\"fixed\",\"name\":\"F\",\"size\":0},\"name\":\"x\",\"order\":\"ignore\"},"
         "{\"name\":\"y\",\"type\":\"F\"},{\"name\":\"z\",\"type\":[\"null\",\"R\"],"
         "\"default\":null}]}",
         "{\"name\":\"a.R\",\"type\":\"record\",\"fields\":[{\"name\":\"x\",\"type\":"
         "{\"name\":\"a.F\",\"type\":\"fixed\",\"size\":0}},{\"name\":\"y\",\"type\":\"a.F\"},"
         "{\"name\":\"z\",\"type\":[\"null\",\"a.R\"]}]}"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}",
         "{\"name\":\"R\",\"type\":\"record\",\"fields\":[]}"},
    };
    (void)state;

    for (size_t i = 0; i < LT_COUNT(cases); i++) {
        check_canonical(cases[i][0], cases[i][1]);
        check_canonical(cases[i][1], cases[i][1]);
    }
}

/* Names without namespace inside of one that has it are written bare, as the specification says,
 * although they then read as names of that namespace. */
static void writes_a_name_without_namespace_bare(void **state)
{
    (void)state;

    check_canonical("{\"type\":\"record\",\"name\":\"a.R\",\"fields\":[{\"name\":\"x\",\"type\":"
                    "{\"type\":\"enum\",\"namespace\":\"\",\"name\":\"E\",\"symbols\":[\"A\"]}}]}",
                    "{\"name\":\"a.R\",\"type\":\"record\",\"fields\":[{\"name\":\"x\",\"type\":"
                    "{\"name\":\"E\",\"type\":\"enum\",\"symbols\":[\"A\"]}}]}");
}

#define RECORD(fields) "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"

static const char *const REFUSED[][2] = {
    {"", "schema is not JSON: line 1 column 0: unexpected token near end of file"},
    {"{\"type\":\"int\",\"type\":\"int\"}",
     "schema is not JSON: line 1 column 20: duplicate object key near '\"type\"'"},
    {"\"int\" x", "schema is not JSON: line 1 column 7: end of file expected near 'x'"},
    {"7", "schema: type is missing or neither text, array nor object"},
    {"\"text\"", "schema: unknown type 'text'"},
    {"\"a..b\"", "schema: malformed type name"},
    {"{}", "schema: type is missing or no text"},
    {"{\"type\":{\"type\":\"int\"}}", "schema: type is missing or no text"},
    {"[]", "schema: a union of 0 branches"},
    {"[\"int\",\"int\"]", "[1]: a second branch 'int'"},
    {"[\"int\",[\"null\"]]", "[1]: a union directly in a union"},
    {"[{\"type\":\"array\",\"items\":\"int\"},{\"type\":\"array\",\"items\":\"long\"}]",
     "[1]: a second branch 'array'"},
    {"{\"type\":\"array\"}", "items: type is missing or neither text, array nor object"},
    {"{\"type\":\"map\",\"values\":\"x\"}", "values: unknown type 'x'"},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}",
     "schema: size is not an integer from 0 to 1048576"},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":1048577}",
     "schema: size is not an integer from 0 to 1048576"},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":1.0}",
     "schema: size is not an integer from 0 to 1048576"},
    {"{\"type\":\"fixed\",\"name\":\"F\"}", "schema: size is not an integer from 0 to 1048576"},
    {"{\"type\":\"fixed\",\"size\":1}", "schema: name is missing or malformed"},
    {"{\"type\":\"fixed\",\"name\":\"1F\",\"size\":1}", "schema: name is missing or malformed"},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"namespace\":\"a.\",\"size\":1}",
     "schema: namespace is malformed"},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"namespace\":null,\"size\":1}",
     "schema: namespace is malformed"},
    {"{\"type\":\"fixed\",\"name\":\"n.long\",\"size\":1}",
     "schema: 'n.long' is the name of a primitive type"},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":1,\"aliases\":\"G\"}",
     "schema: aliases is not an array"},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":1,\"aliases\":[\"G\",\"?\"]}",
     "schema: aliases[1] is not a name"},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}",
     "schema: symbols is missing, empty or no array"},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":{\"A\":1}}",
     "schema: symbols is missing, empty or no array"},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\",\"A\"]}",
     "schema: symbol 'A' stands there twice"},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"b c\"]}",
     "schema: symbols[1] is not a name"},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"],\"default\":\"B\"}",
     "schema: default is not one of the symbols"},
    {"{\"type\":\"record\",\"name\":\"R\"}", "schema: fields is missing or no array"},
    {RECORD("{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"a\",\"type\":\"int\"}"),
     "fields[1]: field 'a' stands there twice"},
    {RECORD("{\"name\":\"a-b\",\"type\":\"int\"}"), "fields[0]: name is missing or malformed"},
    {RECORD("7"), "fields[0]: name is missing or malformed"},
    {RECORD("{\"name\":\"a\"}"),
     "fields[0].type: type is missing or neither text, array nor object"},
    {RECORD("{\"name\":\"a\",\"type\":\"int\",\"order\":\"up\"}"),
     "fields[0]: order is not ascending, descending or ignore"},
    {RECORD("{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\",\"type\":[\"null\","
            "{\"type\":\"array\",\"items\":\"foo\"}]}"),
     "fields[1].type[1].items: unknown type 'foo'"},
    {RECORD("{\"name\":\"a\",\"type\":\"R\"}"), "record 'R' contains itself without a way out"},
    {RECORD("{\"name\":\"a\",\"type\":[\"R\"]}"), "record 'R' contains itself without a way out"},
    {RECORD("{\"name\":\"a\",\"type\":{\"type\":\"record\",\"name\":\"S\",\"fields\":"
            "[{\"name\":\"r\",\"type\":\"R\"}]}}"),
     "record 'R' contains itself without a way out"},
    {RECORD("{\"name\":\"a\",\"type\":{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}}"),
     "fields[0].type: 'R' is defined twice"},
};

static void refuses_and_says_where(void **state)
{
    (void)state;

    for (size_t i = 0; i < LT_COUNT(REFUSED); i++) {
        struct lt_error err = {0};

        if (parse(REFUSED[i][0], &err))
            fail_msg("accepted: %s", REFUSED[i][0]);
        assert_int_equal(err.class, LT_ERR_REJECT);
        assert_string_equal(err.msg, REFUSED[i][1]);
    }
}

/* Texts made to be expensive: `count` times `part` between head and tail. */
struct hostile {
    const char *head, *part, *tail;
    size_t count;
    const char *message; /* NULL: a good schema */
};

static const struct hostile hostiles[] = {
    {"", "[", "", 1 << 20,
     "schema is not JSON: line 1 column 2049: maximum parsing depth reached near '['"},
    {"\"", "a", "\"", 1 << 20, "schema text is longer than 1048576 bytes"},
    {"\"", "a", "\"", 1 << 19, "schema: malformed type name"},
    {"{\"type\":\"fixed\",\"size\":1,\"name\":\"", "a.", "b\"}", 1 << 18,
     "schema: name is missing or malformed"},
    {"{\"type\":\"fixed\",\"size\":1,\"name\":\"a\",\"namespace\":\"", "a.", "b\"}", 255,
     "schema: name is longer than 512 bytes"},
    {"{\"x\":", "{\"type\":\"array\",\"items\":", "", 70, "schema is not JSON: line 1 column "},
    {"[\"null\"", ",\"int\"", "]", 100000, "schema: a union of 100001 branches"},
    {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[0", ",0", "]}", 5000,
     "schema: more than 4096 fields"},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"", ",\"A\"", "]}", 200000,
     "schema: symbol 'A' stands there twice"},
    {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"array\","
     "\"items\":\"int\"},\"default\":[0",
     ",0", "]}]}", 400000, NULL},
};

static bool hostile_is_handled(const void *arg)
{
    const struct hostile *hostile = arg;
    struct lt_error err = {0};
    struct lt_buf text = {0};

    lt_buf_adds(&text, hostile->head);
    for (size_t i = 0; i < hostile->count; i++)
        lt_buf_adds(&text, hostile->part);
    lt_buf_adds(&text, hostile->tail);
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *schema = lt_avro_schema_parse(lt_buf_text(&text), text.len, &err);
    lt_buf_fini(&text);
    if (!hostile->message)
        return schema != NULL;
    if (!schema && strncmp(err.msg, hostile->message, strlen(hostile->message)) == 0)
        return true;
    fprintf(stderr, "%s\n", err.msg);
    return false;
}

static void handles_hostile_texts_within_bounds(void **state)
{
    (void)state;

    for (size_t i = 0; i < LT_COUNT(hostiles); i++)
        if (!bounded(hostile_is_handled, &hostiles[i]))
            fail_msg("text %zu: %s", i, hostiles[i].message ? hostiles[i].message : "good");
}

/* 1,300 records, each in the next: nothing in the parser may be worse than their number squared. */
static bool chain_is_parsed(const void *arg)
{
    struct lt_buf text = {0};
    (void)arg;

    lt_buf_adds(&text, "{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":\"f\",\"type\":"
                       "{\"type\":\"record\",\"name\":\"R0\",\"fields\":[]}}");
    for (int i = 1; i < 1300; i++)
        lt_buf_addf(&text,
                    ",{\"name\":\"f%d\",\"type\":{\"type\":\"record\",\"name\":\"R%d\",\"fields\":"
                    "[{\"name\":\"a\",\"type\":\"R%d\"},{\"name\":\"b\",\"type\":\"int\"}]}}",
                    i, i, i - 1);
    lt_buf_adds(&text, "]}");
    struct lt_buf canonical = {0}, last = {0};
    const char *field = "f1299";
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *schema = parse(lt_buf_text(&text), NULL);
    if (!schema)
        return false;
    lt_avro_schema_canonical(schema, &canonical);
    /* Its definitions would all move into one another. */
    bool refused = lt_avro_schema_project(schema, &field, 1, &last, NULL) < 0;
    bool reads = lt_avro_schema_can_read(schema, schema, NULL) == 0;
    lt_buf_fini(&text);
    lt_buf_fini(&canonical);
    lt_buf_fini(&last);
    return refused && reads;
}

static void parses_a_long_chain_within_bounds(void **state)
{
    (void)state;
    assert_true(bounded(chain_is_parsed, NULL));
}

static void refuses_types_nested_too_deep(void **state)
{
    struct lt_error err = {0};
    (void)state;

    for (size_t depth = 60; depth < 70; depth++) {
        struct lt_buf text = {0};

        for (size_t i = 0; i < depth; i++)
            lt_buf_adds(&text, "{\"type\":\"array\",\"items\":");
        lt_buf_adds(&text, "\"int\"");
        for (size_t i = 0; i < depth; i++)
            lt_buf_addc(&text, '}');
        LT_CLEANUP(lt_avro_schema_unrefp)
        struct lt_avro_schema *schema = parse(lt_buf_text(&text), &err);
        assert_int_equal(schema != NULL, depth < 64);
        lt_buf_fini(&text);
    }
    assert_non_null(strstr(err.msg, ": nested deeper than 64"));
}

static const struct {
    const char *type, *value;
    bool good;
} DEFAULTS[] = {
    {"\"null\"", "null", true},
    {"\"null\"", "0", false},
    {"\"boolean\"", "true", true},
    {"\"boolean\"", "1", false},
    {"\"int\"", "-2147483648", true},
    {"\"int\"", "2147483648", false},
    {"\"int\"", "1.0", false},
    {"\"long\"", "9223372036854775807", true},
    {"\"long\"", "\"1\"", false},
    {"\"float\"", "1", true},
    {"\"double\"", "1.5e3", true},
    {"\"double\"", "\"NaN\"", false},
    {"\"string\"", "\"\\u1ed9\"", true},
    {"\"string\"", "null", false},
    {"\"bytes\"", "\"\\u00ff\\u0080a\"", true},
    {"\"bytes\"", "\"\\u0100\"", false},
    {"\"bytes\"", "\"\\u1ed9\"", false},
    {"[\"null\",\"int\"]", "null", true},
    {"[\"null\",\"int\"]", "1", false},
    {"[\"int\",\"null\"]", "1", true},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}", "\"\\u00ffa\"", true},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}", "\"a\"", false},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", "\"B\"", true},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", "\"C\"", false},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", "1", false},
    {"{\"type\":\"array\",\"items\":\"int\"}", "[]", true},
    {"{\"type\":\"array\",\"items\":\"int\"}", "[1,2]", true},
    {"{\"type\":\"array\",\"items\":\"int\"}", "[1,null]", false},
    {"{\"type\":\"array\",\"items\":\"int\"}", "{}", false},
    {"{\"type\":\"map\",\"values\":\"int\"}", "{\"a\":1}", true},
    {"{\"type\":\"map\",\"values\":\"int\"}", "{\"a\":\"1\"}", false},
    {"{\"type\":\"map\",\"values\":\"int\"}", "[]", false},
    {"{\"type\":\"record\",\"name\":\"S\",\"fields\":[{\"name\":\"x\",\"type\":\"int\"},"
     "{\"name\":\"y\",\"type\":\"int\",\"default\":1}]}",
     "{\"x\":1}", true},
    {"{\"type\":\"record\",\"name\":\"S\",\"fields\":[{\"name\":\"x\",\"type\":\"int\"}]}", "{}",
     false},
    {"{\"type\":\"record\",\"name\":\"S\",\"fields\":[{\"name\":\"x\",\"type\":\"int\"}]}",
     "{\"x\":1,\"z\":1}", false},
};

static void checks_defaults_against_their_type(void **state)
{
    (void)state;

    for (size_t i = 0; i < LT_COUNT(DEFAULTS); i++) {
        struct lt_error err = {0};
        struct lt_buf text = {0};

        lt_buf_addf(&text, RECORD("{\"name\":\"a\",\"type\":%s,\"default\":%s}"), DEFAULTS[i].type,
                    DEFAULTS[i].value);
        LT_CLEANUP(lt_avro_schema_unrefp)
        struct lt_avro_schema *schema = parse(lt_buf_text(&text), &err);
        if (DEFAULTS[i].good != (schema != NULL))
            fail_msg("%s: %s", lt_buf_text(&text), err.msg);
        if (!schema)
            assert_non_null(strstr(err.msg, "fields[0] of 'R': the default does not fit type "));
        lt_buf_fini(&text);
    }
}

static void keeps_the_text_and_its_digest(void **state)
{
    static const char text[] = " \"int\"\n";
    static const uint8_t expected[] = "\xaa\x20\x0d\x56\x08\x56\x62\x27\x81\xca\x29\x71\x26\xc3\x8b"
                                      "\xf4\x9f\xc4\xa1\xa6\xad\xa8\x5a\x46\x0b\x6b\xb2\xbf\x8e\x1a"
                                      "\xb6\x01";
    uint8_t digest[32];
    (void)state;

    LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *schema = parse(text, NULL);
    assert_string_equal(lt_avro_schema_text(schema), text);
    lt_avro_schema_sha256(schema, digest);
    assert_memory_equal(digest, expected, 32);
    assert_int_equal(lt_avro_field_count(schema), 0);
    assert_int_equal(lt_avro_field_find(schema, "x"), -1);
}

static const char ward[] =
    "{\"type\":\"record\",\"name\":\"Ward\",\"namespace\":\"vn.lienthong.sv000001\",\"doc\":\"d\","
    "\"fields\":["
    "{\"name\":\"code\",\"type\":\"string\",\"lt.column\":\"Mã\",\"lt.type\":\"varchar(20)\"},"
    "{\"name\":\"area\",\"type\":[\"null\",{\"type\":\"bytes\",\"logicalType\":\"decimal\","
    "\"precision\":18,\"scale\":4}],\"lt.type\":\"numeric(18,4)\"},"
    "{\"name\":\"founded\",\"type\":{\"type\":\"int\",\"logicalType\":\"date\"}},"
    "{\"name\":\"note\",\"type\":[\"string\",\"null\"]},"
    "{\"name\":\"any\",\"type\":[\"null\",\"int\",\"string\"]},"
    "{\"name\":\"nothing\",\"type\":\"null\"}]}";

static void tells_the_fields_of_the_top_record(void **state)
{
    static const struct {
        const char *name;
        enum lt_avro_type type;
        bool nullable;
        const char *lt_type, *logical;
    } expected[] = {
        {"code", LT_AVRO_STRING, false, "varchar(20)", NULL},
        {"area", LT_AVRO_BYTES, true, "numeric(18,4)", "decimal"},
        {"founded", LT_AVRO_INT, false, NULL, "date"},
        {"note", LT_AVRO_STRING, true, NULL, NULL},
        {"any", LT_AVRO_UNION, false, NULL, NULL},
        {"nothing", LT_AVRO_NULL, true, NULL, NULL},
    };
    LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *schema = parse(ward, NULL);
    (void)state;

    assert_int_equal(lt_avro_schema_type(schema), LT_AVRO_RECORD);
    assert_int_equal(lt_avro_field_count(schema), LT_COUNT(expected));
    for (size_t i = 0; i < LT_COUNT(expected); i++) {
        const char *logical = lt_avro_field_prop(schema, i, "logicalType");
        const char *lt_type = lt_avro_field_prop(schema, i, "lt.type");
        bool nullable;

        assert_string_equal(lt_avro_field_name(schema, i), expected[i].name);
        assert_int_equal(lt_avro_field_find(schema, expected[i].name), i);
        assert_int_equal(lt_avro_field_type(schema, i, &nullable), expected[i].type);
        assert_int_equal(nullable, expected[i].nullable);
        assert_string_equal(logical ? logical : "-",
                            expected[i].logical ? expected[i].logical : "-");
        assert_string_equal(lt_type ? lt_type : "-",
                            expected[i].lt_type ? expected[i].lt_type : "-");
    }
    assert_string_equal(lt_avro_field_prop(schema, 0, "lt.column"), "Mã");
    assert_null(lt_avro_field_prop(schema, 1, "precision"));
}

static void shares_a_schema_by_reference(void **state)
{
    struct lt_avro_schema *schema = parse(ward, NULL);
    (void)state;

    assert_ptr_equal(lt_avro_schema_ref(schema), schema);
    lt_avro_schema_unref(schema);
    assert_int_equal(lt_avro_field_count(schema), 6);
    lt_avro_schema_unref(schema);
    lt_avro_schema_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_canonical_form),
        cmocka_unit_test(writes_a_name_without_namespace_bare),
        cmocka_unit_test(refuses_and_says_where),
        cmocka_unit_test(handles_hostile_texts_within_bounds),
        cmocka_unit_test(parses_a_long_chain_within_bounds),
        cmocka_unit_test(refuses_types_nested_too_deep),
        cmocka_unit_test(checks_defaults_against_their_type),
        cmocka_unit_test(keeps_the_text_and_its_digest),
        cmocka_unit_test(tells_the_fields_of_the_top_record),
        cmocka_unit_test(shares_a_schema_by_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
