/* The walk: spans of good records; every attack on avro-c that was measured (kafka-and-avro D.2)
 * is refused, cheaply and with its place (DX-13). */
#include "avro/span.h"

#include <string.h>

#include "support/cm.h"
#include "unit/avro/bounded.h"
#include "unit/avro/parsed.h"

#define RECORD_OF(name, fields) \
    "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[" fields "]}"
#define RECORD(fields) RECORD_OF("R", fields)

static const char flat[] =
    RECORD("{\"name\":\"i\",\"type\":\"int\"},{\"name\":\"s\",\"type\":[\"null\",\"string\"]},"
           "{\"name\":\"n\",\"type\":\"null\"},{\"name\":\"b\",\"type\":[\"bytes\",\"null\"]},"
           "{\"name\":\"u\",\"type\":[\"null\",\"int\",\"string\"]},{\"name\":\"a\",\"type\":"
           "{\"type\":\"array\",\"items\":\"long\"}},{\"name\":\"z\",\"type\":\"boolean\"}");

static void check_span(const struct lt_span *span,
                       uint32_t start,
                       uint32_t len,
                       uint32_t value,
                       uint32_t value_len,
                       bool null)
{
    assert_int_equal(span->start, start);
    assert_int_equal(span->len, len);
    assert_int_equal(span->value, value);
    assert_int_equal(span->value_len, value_len);
    assert_int_equal(span->null, null);
}

/* 64 · "bộ" · (null) · null · branch 2 "x" · [-2, 1] · true; "bộ" is b, e1 bb 99 */
static const uint8_t flat_record[] = "\x80\x01\x02\x08"
                                     "b\xe1\xbb\x99\x02\x04\x02x\x04\x03\x02\x00\x01";

static void notes_where_each_field_lies(void **state)
{
    struct lt_span spans[7];
    LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *schema = parse(flat);
    (void)state;

    assert_int_equal(
        lt_avro_walk(schema, lt_bytes(flat_record, sizeof(flat_record) - 1), spans, NULL), 0);
    check_span(&spans[0], 0, 2, 0, 2, false);
    check_span(&spans[1], 2, 6, 3, 5, false);
    check_span(&spans[2], 8, 0, 8, 0, true);
    check_span(&spans[3], 8, 1, 9, 0, true);
    check_span(&spans[4], 9, 3, 9, 3, false);
    check_span(&spans[5], 12, 4, 12, 4, false);
    check_span(&spans[6], 16, 1, 16, 1, false);
}

/* Whatever stands beside null in a union of two: the branch is not part of the value. */
static void tells_null_beside_every_type(void **state)
{
    static const char text[] = RECORD(
        "{\"name\":\"a\",\"type\":[\"null\"," /* a record around a nullable field */
        RECORD_OF("S",
                  "{\"name\":\"f\",\"type\":[\"null\",\"int\"]}") "]},"
                                                                  "{\"name\":\"b\",\"type\":[{"
                                                                  "\"type\":\"fixed\",\"name\":"
                                                                  "\"F\",\"size\":0},\"null\"]},"
                                                                  "{\"name\":\"c\",\"type\":["
                                                                  "\"null\",{\"type\":\"array\","
                                                                  "\"items\":\"int\"}]}");
    LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *schema = parse(text);
    struct lt_span spans[3];
    (void)state;

    assert_int_equal(lt_avro_walk(schema, lt_bytes("\x02\x02\x04\x00\x02\x00", 6), spans, NULL), 0);
    check_span(&spans[0], 0, 3, 1, 2, false);
    check_span(&spans[1], 3, 1, 4, 0, false);
    check_span(&spans[2], 4, 2, 5, 1, false);
    assert_int_equal(lt_avro_walk(schema, lt_bytes("\x02\x00\x02\x00", 4), spans, NULL), 0);
    check_span(&spans[0], 0, 2, 1, 1, false);
    check_span(&spans[1], 2, 1, 3, 0, true);
    check_span(&spans[2], 3, 1, 4, 0, true);
    assert_int_equal(lt_avro_walk(schema, lt_bytes("\x00\x02\x00", 3), spans, NULL), 0);
    check_span(&spans[0], 0, 1, 1, 0, true);
    assert_int_equal(lt_avro_walk(schema, lt_bytes("\x02\x04\x02\x00", 4), spans, NULL), -1);
}

static void walks_values_that_are_no_records(void **state)
{
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *schema = parse("[\"null\",{\"type\":\"map\",\"values\":\"int\"}]");
    struct lt_error err = {0};
    (void)state;

    assert_int_equal(lt_avro_walk(schema, lt_bytes("\x00", 1), NULL, NULL), 0);
    assert_int_equal(lt_avro_walk(schema, lt_bytes("\x02\x02\x02k\x05\x00", 6), NULL, NULL), 0);
    assert_int_equal(lt_avro_walk(schema, lt_bytes("\x04", 1), NULL, &err), -1);
    assert_string_equal(err.msg, "byte 0: a union branch out of range");
    assert_int_equal(lt_avro_walk(schema, lt_bytes(NULL, 0), NULL, &err), -1);
}

static void takes_blocks_with_and_without_size(void **state)
{
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *schema = parse("{\"type\":\"array\",\"items\":\"string\"}");
    (void)state;

    /* two blocks: -1 item of 2 bytes, then 2 items */
    static const uint8_t good[] = "\x01\x04\x02x\x04\x02y\x00\x00";
    assert_int_equal(lt_avro_walk(schema, lt_bytes(good, sizeof(good) - 1), NULL, NULL), 0);
}

struct attack {
    const char *schema;
    const char *bytes;
    size_t len;
    const char *message;
};

#define ARRAY(items)      "{\"type\":\"array\",\"items\":" items "}"
#define MAP(values)       "{\"type\":\"map\",\"values\":" values "}"
#define BYTES(text)       text, sizeof(text) - 1
#define OVER_THE_END      ": a block count beyond what the bytes can hold"
#define NULLS_TWICE       RECORD("{\"name\":\"a\",\"type\":\"null\"},{\"name\":\"b\",\"type\":\"null\"}")
#define FIXED(name, size) "{\"type\":\"fixed\",\"name\":\"" name "\",\"size\":" size "}"

static const struct attack attacks[] = {
    /* counts without bytes */
    {ARRAY("\"null\""), BYTES("\x80\x80\x80\x80\x80\x80\x01\x00"), "byte 0" OVER_THE_END},
    {ARRAY("\"null\""), BYTES("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"),
     "byte 0" OVER_THE_END},
    {ARRAY("\"null\""), BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00"),
     "byte 0: an impossible block count"},
    {ARRAY("\"null\""), BYTES("\x80\x80\x08\x02\x00"), "byte 3" OVER_THE_END}, /* 65536 and 1 */
    {ARRAY(NULLS_TWICE), BYTES("\x80\x80\x80\x80\x80\x80\x01\x00"), "byte 0" OVER_THE_END},
    {ARRAY(FIXED("F", "0")), BYTES("\x80\x80\x80\x80\x80\x80\x01\x00"), "byte 0" OVER_THE_END},
    {MAP("\"null\""), BYTES("\x80\x80\x80\x80\x80\x80\x01\x00"), "byte 0" OVER_THE_END},
    {ARRAY("\"int\""), BYTES("\x06\x00\x00"), "byte 0" OVER_THE_END},
    {ARRAY(FIXED("F", "8")), BYTES("\x04xxxxxxxxxxxxxx\x00"), "byte 0" OVER_THE_END},
    /* block sizes */
    {ARRAY("\"int\""), BYTES("\x01\x04\x00\x00"), "byte 0: a block size that does not match"},
    {ARRAY("\"int\""), BYTES("\x03\x02\x00\x00\x00"), "byte 0: a block size that does not match"},
    {ARRAY("\"int\""), BYTES("\x01\x03\x00\x00"), "byte 1: a block size beyond the end"},
    {ARRAY("\"int\""), BYTES("\x01\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00"),
     "byte 1: a block size beyond the end"},
    {ARRAY("\"int\""), BYTES("\x01"), "byte 1: the bytes end inside a number"},
    {ARRAY("\"int\""), BYTES("\x02\x00"), "byte 2: the bytes end inside a number"},
    /* lengths */
    {"\"string\"", BYTES("\x01"), "byte 0: a negative length"},
    {"\"bytes\"", BYTES("\x01"), "byte 0: a negative length"},
    {"\"bytes\"", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "byte 0: a negative length"},
    {"\"bytes\"", BYTES("\x80\x80\x80\x64"), "byte 0: a length beyond the end"}, /* 100 MiB */
    {"\"string\"", BYTES("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
     "byte 0: a length beyond the end"},
    {"\"string\"", BYTES("\x06xy"), "byte 0: a length beyond the end"},
    {"\"string\"", BYTES(""), "byte 0: the bytes end inside a number"},
    {FIXED("F", "4"), BYTES("xxx"), "byte 0: the bytes end early"},
    {"\"double\"", BYTES("xxxxxxx"), "byte 0: the bytes end early"},
    {"\"float\"", BYTES("xxx"), "byte 0: the bytes end early"},
    /* values that avro-c takes in silence */
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", BYTES("\x9a\x01"),
     "byte 0: an enum symbol out of range"},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", BYTES("\x05"),
     "byte 0: an enum symbol out of range"},
    {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", BYTES("\x04"),
     "byte 0: an enum symbol out of range"},
    {"\"boolean\"", BYTES("\x07"), "byte 0: a boolean that is neither 0 nor 1"},
    {"\"boolean\"", BYTES(""), "byte 0: the bytes end early"},
    {"[\"null\",\"int\",\"long\"]", BYTES("\x80\x80\x80\x80\x20"), /* branch 2^32 */
     "byte 0: a union branch out of range"},
    {"[\"null\",\"int\"]", BYTES("\x80\x80\x80\x80\x20"), "byte 0: a union branch out of range"},
    {"[\"null\",\"int\"]", BYTES("\x04\x00"), "byte 0: a union branch out of range"},
    {"[\"null\",\"int\"]", BYTES("\x01"), "byte 0: a union branch out of range"},
    {"[\"null\"]", BYTES("\x02"), "byte 0: a union branch out of range"},
    {"\"int\"", BYTES("\x80\x80\x80\x80\x10"), "byte 0: an int of more than 32 bits"},
    {"\"int\"", BYTES("\x81\x80\x80\x80\x10"), "byte 0: an int of more than 32 bits"},
    {"\"long\"", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03"),
     "byte 0: a number of more than 64 bits"},
    {"\"long\"", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
     "byte 0: a number of more than 64 bits"},
    {"\"long\"", BYTES("\x80\x00"), "byte 0: a number with needless zero bytes"},
    {"\"string\"", BYTES("\x82\x00x"), "byte 0: a number with needless zero bytes"},
    {"\"string\"", BYTES("\x02\xff"), "byte 0: a text that is not UTF-8"},
    {"\"string\"", BYTES("\x04\xc0\x80"), "byte 0: a text that is not UTF-8"},
    {"\"string\"", BYTES("\x06\xed\xa0\x80"), "byte 0: a text that is not UTF-8"},
    {MAP("\"int\""), BYTES("\x02\x02\xff\x00\x00"), "byte 1: a text that is not UTF-8"},
    {"\"int\"", BYTES("\x02\x00"), "byte 1: 1 bytes are left over"},
    {"\"null\"", BYTES("x"), "byte 0: 1 bytes are left over"},
    {RECORD(""), BYTES("xy"), "byte 0: 2 bytes are left over"},
    /* the field is named, also the n-th */
    {RECORD("{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\",\"type\":\"string\"},"
            "{\"name\":\"c\",\"type\":[\"null\",\"boolean\"]}"),
     BYTES("\x02\x02x\x02\x02"), "field 2 'c', byte 4: a boolean that is neither 0 nor 1"},
    {RECORD("{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\",\"type\":" ARRAY("\"boolean\"") "}"),
     BYTES("\x02\x06\x00\x01\x05\x00"), "field 1 'b', byte 4: a boolean that is neither 0 nor 1"},
};

static bool is_refused(const void *arg)
{
    const struct attack *attack = arg;
    struct lt_error err = {0};
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *schema =
        lt_avro_schema_parse(attack->schema, strlen(attack->schema), NULL);

    if (!schema || lt_avro_walk(schema, lt_bytes(attack->bytes, attack->len), NULL, &err) == 0)
        return false;
    if (strcmp(err.msg, attack->message) != 0)
        fprintf(stderr, "expected: %s\ngot: %s\n", attack->message, err.msg);
    return err.class == LT_ERR_REJECT && strcmp(err.msg, attack->message) == 0;
}

static void refuses_each_known_attack(void **state)
{
    (void)state;

    for (size_t i = 0; i < LT_COUNT(attacks); i++)
        if (!bounded(is_refused, &attacks[i]))
            fail_msg("attack %zu: %s", i, attacks[i].message);
}

/* A linked list of 100,000 nodes kills avro-c's recursion. */
static bool deep_list_is_refused(const void *arg)
{
    static const char list[] = "{\"type\":\"record\",\"name\":\"L\",\"fields\":[{\"name\":\"v\","
                               "\"type\":\"int\"},{\"name\":\"next\",\"type\":[\"null\",\"L\"]}]}";
    struct lt_error err = {0};
    struct lt_buf bytes = {0};
    LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *schema = parse(list);
    (void)arg;

    for (size_t i = 0; i < 100000; i++)
        lt_buf_add(&bytes, "\x02\x02", 2);
    lt_buf_add(&bytes, "\x02\x00", 2);
    bool refused = lt_avro_walk(schema, lt_buf_bytes(&bytes), NULL, &err) < 0 &&
                   strcmp(err.msg, "field 1 'next', byte 514: values nested too deep") == 0;
    bool good = lt_avro_walk(schema, lt_bytes(bytes.data + bytes.len - 400, 400), NULL, &err) == 0;
    lt_buf_fini(&bytes);
    return refused && good;
}

static void refuses_deep_nesting(void **state)
{
    (void)state;
    assert_true(bounded(deep_list_is_refused, NULL));
}

/* 2^64 empty values from a schema of 64 records: there is nothing to walk. */
static bool empty_pyramid_is_walked(const void *arg)
{
    struct lt_buf text = {0};
    (void)arg;

    lt_buf_adds(&text, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"f0\",\"type\":"
                       "{\"type\":\"record\",\"name\":\"R0\",\"fields\":[]}}");
    for (int i = 1; i < 64; i++)
        lt_buf_addf(&text,
                    ",{\"name\":\"f%d\",\"type\":{\"type\":\"record\",\"name\":\"R%d\",\"fields\":"
                    "[{\"name\":\"a\",\"type\":\"R%d\"},{\"name\":\"b\",\"type\":\"R%d\"}]}}",
                    i, i, i - 1, i - 1);
    lt_buf_adds(&text, "]}");
    struct lt_error err = {0};
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *schema = lt_avro_schema_parse(lt_buf_text(&text), text.len, &err);
    lt_buf_fini(&text);
    return schema && lt_avro_walk(schema, lt_bytes("", 0), NULL, NULL) == 0 &&
           lt_avro_walk(schema, lt_bytes("x", 1), NULL, NULL) < 0;
}

static void walks_an_empty_pyramid_at_once(void **state)
{
    (void)state;
    assert_true(bounded(empty_pyramid_is_walked, NULL));
}

/* One byte an item below 200 records of one field each: the records cost nothing. */
static bool wrapped_items_are_cheap(const void *arg)
{
    struct lt_buf text = {0}, bytes = {0};
    (void)arg;

    lt_buf_adds(&text, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"r0\",\"type\":"
                       "{\"type\":\"record\",\"name\":\"R0\",\"fields\":[{\"name\":\"f\","
                       "\"type\":\"int\"}]}}");
    for (int i = 1; i < 200; i++)
        lt_buf_addf(&text,
                    ",{\"name\":\"r%d\",\"type\":{\"type\":\"record\",\"name\":\"R%d\",\"fields\":"
                    "[{\"name\":\"f\",\"type\":\"R%d\"}]}}",
                    i, i, i - 1);
    lt_buf_adds(&text, ",{\"name\":\"all\",\"type\":{\"type\":\"array\",\"items\":\"R199\"}}]}");
    for (size_t i = 0; i < 200; i++)
        lt_buf_addc(&bytes, 2);
    const int64_t items = 4 << 20;
    lt_buf_add(&bytes, "\x80\x80\x80\x04", 4);
    memset(lt_buf_grow(&bytes, (size_t)items + 1), 0, (size_t)items + 1);
    bytes.len += (size_t)items + 1;
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *schema = lt_avro_schema_parse(lt_buf_text(&text), text.len, NULL);
    bool good = schema && lt_avro_walk(schema, lt_buf_bytes(&bytes), NULL, NULL) == 0;
    lt_buf_fini(&text);
    lt_buf_fini(&bytes);
    return good;
}

static void walks_wrapped_items_in_linear_time(void **state)
{
    (void)state;
    assert_true(bounded(wrapped_items_are_cheap, NULL));
}

static void finds_a_bad_byte_at_every_place_of_a_text(void **state)
{
    LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *schema = parse("\"string\"");
    (void)state;

    for (size_t len = 1; len < 64; len++) {
        uint8_t bytes[64];

        bytes[0] = (uint8_t)(len * 2);
        memset(bytes + 1, 'a', len);
        assert_int_equal(lt_avro_walk(schema, lt_bytes(bytes, len + 1), NULL, NULL), 0);
        for (size_t at = 1; at <= len; at++) {
            bytes[at] = 0xbf;
            assert_int_equal(lt_avro_walk(schema, lt_bytes(bytes, len + 1), NULL, NULL), -1);
            bytes[at] = 'a';
        }
    }
}

/* Keys are bytes: only items without any are limited in number. */
static void takes_a_large_map_of_nulls(void **state)
{
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *schema = parse("{\"type\":\"map\",\"values\":\"null\"}");
    struct lt_buf bytes = {0};
    (void)state;

    lt_avro_put_long(&bytes, 100000);
    for (size_t i = 0; i < 100000; i++)
        lt_avro_put_bytes(&bytes, lt_bytes("k", 1));
    lt_avro_put_long(&bytes, 0);
    assert_int_equal(lt_avro_walk(schema, lt_buf_bytes(&bytes), NULL, NULL), 0);
    lt_buf_fini(&bytes);
}

static void refuses_every_prefix_of_a_record(void **state)
{
    LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *schema = parse(flat);
    struct lt_span spans[7];
    (void)state;

    for (size_t len = 0; len < sizeof(flat_record) - 1; len++) {
        struct lt_error err = {0};
        LT_CLEANUP(lt_freep) uint8_t *copy = lt_alloc(LT_MAX(len, 1));

        memcpy(copy, flat_record, len);
        assert_int_equal(lt_avro_walk(schema, lt_bytes(copy, len), spans, &err), -1);
        assert_int_equal(err.class, LT_ERR_REJECT);
        assert_non_null(strstr(err.msg, "field "));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_where_each_field_lies),
        cmocka_unit_test(tells_null_beside_every_type),
        cmocka_unit_test(walks_values_that_are_no_records),
        cmocka_unit_test(takes_blocks_with_and_without_size),
        cmocka_unit_test(refuses_each_known_attack),
        cmocka_unit_test(refuses_deep_nesting),
        cmocka_unit_test(walks_an_empty_pyramid_at_once),
        cmocka_unit_test(walks_wrapped_items_in_linear_time),
        cmocka_unit_test(finds_a_bad_byte_at_every_place_of_a_text),
        cmocka_unit_test(takes_a_large_map_of_nulls),
        cmocka_unit_test(refuses_every_prefix_of_a_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
