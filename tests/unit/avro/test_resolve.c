/* Compatibility of schemas (Avro specification, "Schema Resolution"; D3.2). */
#include "avro/schema.h"

#include <string.h>

#include "support/cm.h"
#include "unit/avro/bounded.h"
#include "unit/avro/parsed.h"

#define RECORD(name, fields) "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[" fields "]}"
#define A_INT                "{\"name\":\"a\",\"type\":\"int\"}"
#define A_LONG               "{\"name\":\"a\",\"type\":\"long\"}"
#define B_DEFAULT            "{\"name\":\"b\",\"type\":\"int\",\"default\":1}"
#define ENUM(symbols)        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[" symbols "]}"
#define ENUM_OR_A(symbols) \
    "{\"type\":\"enum\",\"name\":\"E\",\"default\":\"A\",\"symbols\":[" symbols "]}"
#define FIXED(name, size) "{\"type\":\"fixed\",\"name\":\"" name "\",\"size\":" size "}"
#define LIST(type) \
    RECORD("L",    \
           "{\"name\":\"v\",\"type\":\"" type "\"},{\"name\":\"next\",\"type\":[\"null\",\"L\"]}")

static const struct {
    const char *reader, *writer;
    const char *message; /* NULL: can read */
} cases[] = {
    {"\"int\"", "\"int\"", NULL},
    {"\"long\"", "\"int\"", NULL},
    {"\"float\"", "\"long\"", NULL},
    {"\"double\"", "\"float\"", NULL},
    {"\"double\"", "\"int\"", NULL},
    {"\"bytes\"", "\"string\"", NULL},
    {"\"string\"", "\"bytes\"", NULL},
    {"\"int\"", "\"long\"", "schema: 'long' cannot be read as 'int'"},
    {"\"float\"", "\"double\"", "schema: 'double' cannot be read as 'float'"},
    {"\"int\"", "\"boolean\"", "schema: 'boolean' cannot be read as 'int'"},
    {"\"null\"", "\"int\"", "schema: 'int' cannot be read as 'null'"},
    /* unions */
    {"[\"null\",\"long\"]", "\"int\"", NULL},
    {"[\"null\",\"long\"]", "[\"int\",\"null\"]", NULL},
    {"[\"null\",\"int\"]", "[\"null\",\"int\",\"string\"]",
     "schema: no branch of the reader reads 'string'"},
    {"\"int\"", "[\"null\",\"int\"]", "schema: 'null' cannot be read as 'int'"},
    {"\"long\"", "[\"int\"]", NULL},
    /* collections */
    {"{\"type\":\"array\",\"items\":\"long\"}", "{\"type\":\"array\",\"items\":\"int\"}", NULL},
    {"{\"type\":\"array\",\"items\":\"int\"}", "{\"type\":\"array\",\"items\":\"long\"}",
     "[]: 'long' cannot be read as 'int'"},
    {"{\"type\":\"map\",\"values\":\"int\"}", "{\"type\":\"map\",\"values\":\"long\"}",
     "{}: 'long' cannot be read as 'int'"},
    {"{\"type\":\"map\",\"values\":\"int\"}", "{\"type\":\"array\",\"items\":\"int\"}",
     "schema: 'array' cannot be read as 'map'"},
    /* fixed and enum */
    {FIXED("F", "4"), FIXED("F", "4"), NULL},
    {FIXED("F", "4"), FIXED("F", "5"), "schema: fixed of 5 bytes is not fixed of 4"},
    {FIXED("F", "4"), FIXED("G", "4"), "schema: 'G' is not 'F'"},
    {FIXED("a.F", "4"), FIXED("b.F", "4"), NULL},
    {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":4,\"aliases\":[\"x.G\"]}", FIXED("G", "4"), NULL},
    {ENUM("\"A\",\"B\",\"C\""), ENUM("\"C\",\"A\""), NULL},
    {ENUM("\"A\""), ENUM("\"A\",\"B\""), "schema: the reader lacks symbol 'B'"},
    {ENUM_OR_A("\"A\""), ENUM("\"B\",\"A\""), NULL},
    /* records */
    {RECORD("R", A_LONG), RECORD("R", A_INT), NULL},
    {RECORD("R", A_INT), RECORD("R", A_LONG), "a: 'long' cannot be read as 'int'"},
    {RECORD("R", A_INT), RECORD("R", B_DEFAULT "," A_INT), NULL},
    {RECORD("R", A_INT "," B_DEFAULT), RECORD("R", A_INT), NULL},
    {RECORD("R", A_INT), RECORD("R", B_DEFAULT),
     "a: the writer lacks the field and it has no default"},
    {RECORD("R", "{\"name\":\"n\",\"type\":\"int\",\"aliases\":[\"a\"]}"), RECORD("R", A_INT),
     NULL},
    {RECORD("R", A_INT), RECORD("S", A_INT), "schema: 'S' is not 'R'"},
    {RECORD("R", "{\"name\":\"r\",\"type\":[\"null\"," RECORD("S", A_INT) "]}"),
     RECORD("R", "{\"name\":\"r\",\"type\":" RECORD("S", A_LONG) "}"),
     "r: no branch of the reader reads 'S'"},
    /* records that contain themselves */
    {LIST("long"), LIST("int"), NULL},
    {LIST("int"), LIST("long"), "v: 'long' cannot be read as 'int'"},
};

static void follows_the_rules_of_resolution(void **state)
{
    (void)state;

    for (size_t i = 0; i < LT_COUNT(cases); i++) {
        LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *reader = parse(cases[i].reader);
        LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *writer = parse(cases[i].writer);
        struct lt_error err = {0};
        int good = lt_avro_schema_can_read(reader, writer, &err);

        assert_int_equal(good, cases[i].message ? -1 : 0);
        if (cases[i].message) {
            assert_int_equal(err.class, LT_ERR_REJECT);
            assert_string_equal(err.msg, cases[i].message);
        }
    }
}

/* In the union "x" the pair (L, L) is taken as readable while "m" is looked at, then "v" refuses
 * it, and another branch of the reader takes the value.  That (M, M) is readable rested on (L, L)
 * and must not be believed for "y". */
static void forgets_what_rested_on_a_refused_pair(void **state)
{
#define M RECORD("M", "{\"name\":\"l\",\"type\":[\"null\",\"a.L\"]}")
#define L(type)   \
    RECORD("a.L", \
           "{\"name\":\"m\",\"type\":[\"null\"," M "]},{\"name\":\"v\",\"type\":\"" type "\"}")
#define OTHER RECORD("b.L", "{\"name\":\"w\",\"type\":\"int\",\"default\":0}")
#define Y     "{\"name\":\"y\",\"type\":\"a.M\"}"
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *reader =
        parse(RECORD("T", "{\"name\":\"x\",\"type\":[" L("int") "," OTHER "]}," Y));
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *writer =
        parse(RECORD("T", "{\"name\":\"x\",\"type\":" L("long") "}," Y));
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *without_y =
        parse(RECORD("T", "{\"name\":\"x\",\"type\":[" L("int") "," OTHER "]}"));
    struct lt_error err = {0};
    (void)state;

    assert_int_equal(lt_avro_schema_can_read(without_y, writer, NULL), 0);
    assert_int_equal(lt_avro_schema_can_read(reader, writer, &err), -1);
    assert_string_equal(err.msg, "y.l: no branch of the reader reads 'a.L'");
}

/* A ring of records, each inside the one before; the last one holds the first. */
static struct lt_avro_schema *ring(int size)
{
    struct lt_buf text = {0};

    for (int i = 0; i < size; i++)
        lt_buf_addf(&text,
                    "{\"type\":\"record\",\"name\":\"n%d.R\",\"fields\":[{\"name\":\"f\","
                    "\"type\":[\"null\",",
                    i);
    lt_buf_adds(&text, "\"n0.R\"");
    for (int i = 0; i < size; i++)
        lt_buf_adds(&text, "]}]}");
    struct lt_avro_schema *schema = parse(lt_buf_text(&text));
    lt_buf_fini(&text);
    return schema;
}

/* Rings of 29 and 31 meet in 899 pairs, one inside the other. */
static bool rings_are_bounded(const void *arg)
{
    LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *reader = ring(29);
    LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *writer = ring(31);
    LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *small = ring(5);
    struct lt_error err = {0};
    (void)arg;

    return lt_avro_schema_can_read(reader, small, NULL) == 0 &&
           lt_avro_schema_can_read(reader, writer, &err) < 0 &&
           strcmp(err.msg, "the two schemas are too complex to compare") == 0;
}

static void gives_up_on_schemas_made_to_be_slow(void **state)
{
    (void)state;
    assert_true(bounded(rings_are_bounded, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_rules_of_resolution),
        cmocka_unit_test(forgets_what_rested_on_a_refused_pair),
        cmocka_unit_test(gives_up_on_schemas_made_to_be_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
