/* Values by column: PostgreSQL text -> Avro -> PostgreSQL text (D52.2b, architecture 3). */
#include "support/cm.h"

#include <stdio.h>
#include <string.h>

#include "change/type.h"

static struct lt_type type_of(const char *text)
{
    struct lt_type type;
    struct lt_error err = {0};
    if (lt_type_parse(text, &type, &err) < 0)
        fail_msg("%s: %s", text, err.msg);
    return type;
}

typedef int codec(const struct lt_type *, struct lt_bytes, struct lt_buf *, struct lt_error *);

/* Checks type, text -> bytes (hex) -> text. */
static void check(codec *encode,
                  codec *decode,
                  const char *declared,
                  const char *text,
                  const char *hex,
                  const char *back)
{
    struct lt_type type = type_of(declared);
    struct lt_buf avro = {0}, again = {0};
    struct lt_error err = {0};
    char shown[4096] = "";
    if (encode(&type, lt_bytes_text(text), &avro, &err) < 0)
        fail_msg("%s '%s': %s", declared, text, err.msg);
    for (size_t i = 0; i < avro.len; i++)
        snprintf(shown + 2 * i, 3, "%02x", avro.data[i]);
    if (hex)
        assert_string_equal(shown, hex);
    if (decode(&type, lt_buf_bytes(&avro), &again, &err) < 0)
        fail_msg("%s '%s' back: %s", declared, text, err.msg);
    assert_string_equal(lt_buf_text(&again), back);
    lt_buf_fini(&avro);
    lt_buf_fini(&again);
}

static void value(const char *declared, const char *text, const char *hex)
{
    check(lt_type_encode, lt_type_decode, declared, text, hex, text);
}

static void value_as(const char *declared, const char *text, const char *hex, const char *back)
{
    check(lt_type_encode, lt_type_decode, declared, text, hex, back);
}

static void key_as(const char *declared, const char *text, const char *hex, const char *back)
{
    check(lt_type_encode_key, lt_type_decode_key, declared, text, hex, back);
}

static void refused_by(codec *encode, const char *declared, const char *text, const char *why)
{
    struct lt_type type = type_of(declared);
    struct lt_buf avro = {0};
    struct lt_error err = {0};
    lt_buf_addc(&avro, 'x');
    if (encode(&type, lt_bytes_text(text), &avro, &err) == 0)
        fail_msg("%s '%s' was taken", declared, text);
    assert_int_equal(err.class, LT_ERR_REJECT);
    assert_string_equal(err.msg, why);
    assert_int_equal(avro.len, 1); /* nothing half written */
    lt_buf_fini(&avro);
}

static void refused(const char *declared, const char *text, const char *why)
{
    refused_by(lt_type_encode, declared, text, why);
}

/* Avro bytes that no value of the type has. */
static void
bad_bytes_by(codec *decode, const char *declared, const char *bytes, size_t len, const char *why)
{
    struct lt_type type = type_of(declared);
    struct lt_buf text = {0};
    struct lt_error err = {0};
    lt_buf_addc(&text, 'x');
    assert_int_equal(decode(&type, lt_bytes(bytes, len), &text, &err), -1);
    assert_int_equal(err.class, LT_ERR_REJECT);
    assert_string_equal(err.msg, why);
    assert_int_equal(text.len, 1);
    lt_buf_fini(&text);
}
#define bad_bytes(declared, bytes, why) \
    bad_bytes_by(lt_type_decode, declared, bytes, sizeof(bytes) - 1, why)
#define bad_key(declared, bytes, why) \
    bad_bytes_by(lt_type_decode_key, declared, bytes, sizeof(bytes) - 1, why)

static void integers_keep_their_range(void **state)
{
    (void)state;
    value("smallint", "-32768", "ffff03");
    value("int2", "32767", "feff03");
    value("integer", "-2147483648", "ffffffff0f");
    value("int4", "2147483647", "feffffff0f");
    value("bigint", "-9223372036854775808", "ffffffffffffffffff01");
    value("int8", "9223372036854775807", "feffffffffffffffff01");
    value("integer", "0", "00");
    refused("smallint", "32768", "not a value of type smallint");
    refused("integer", "2147483648", "not a value of type integer");
    refused("bigint", "9223372036854775808", "not a value of type bigint");
    refused("bigint", "", "not a value of type bigint");
    refused("bigint", "+1", "not a value of type bigint");
    refused("bigint", " 1", "not a value of type bigint");
    refused("bigint", "1.0", "not a value of type bigint");
    bad_bytes("smallint", "\x80\x80\x04", "not a value of type smallint");
    bad_bytes("integer", "\x80\x80\x80\x80\x10", "not a value of type integer");
    bad_bytes("bigint", "\x80\x00", "not a value of type bigint");
    bad_bytes("bigint", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "not a value of type bigint");
    bad_bytes("bigint", "\x02\x02", "not a value of type bigint");
    bad_bytes("bigint", "", "not a value of type bigint");
}

static void booleans_are_t_and_f(void **state)
{
    (void)state;
    value("boolean", "t", "01");
    value("bool", "f", "00");
    refused("boolean", "true", "not a boolean (t or f)");
    bad_bytes("boolean", "\x02", "not an Avro boolean");
    bad_bytes("boolean", "", "not an Avro boolean");
}

static void decimals_are_exact(void **state)
{
    (void)state;
    value("numeric(10,2)", "0.00", "0200");
    value("numeric(10,2)", "-0.01", "02ff");
    value("numeric(10,2)", "1.27", "027f");
    value("numeric(10,2)", "1.28", "040080");
    value("numeric(10,2)", "-1.28", "0280");
    value("numeric(10,2)", "-1.29", "04ff7f");
    value("numeric(10,2)", "99999999.99", "0a02540be3ff");
    value("numeric(4,4)", "0.0001", "0201");
    value("numeric(5)", "-12345", "04cfc7");
    value("numeric(18,0)", "999999999999999999", "100de0b6b3a763ffff");
    value("numeric(18,4)", "-99999999999999.9999", "10f21f494c589c0001");
    value("numeric(19,0)", "9999999999999999999", "12008ac7230489e7ffff");
    value("numeric(20,0)", "-9223372036854775808", "108000000000000000");
    value("numeric(20,0)", "-9223372036854775809", "12ff7fffffffffffffff");
    value("numeric(38,10)", "-1234567890123456789012345678.0123456789", NULL);
    value("numeric(20,0)", "0", "0200");
}

static void a_thousand_digits_come_back(void **state)
{
    (void)state;
    char text[1003] = "-";
    for (int i = 1; i <= 1001; i++)
        text[i] = (char)(i == 700 ? '.' : '0' + (i * 7 + 3) % 9 + 1);
    text[1002] = '\0';
    value("numeric(1000,301)", text, NULL);
}

static void decimals_are_padded_to_the_scale(void **state)
{
    (void)state;
    value_as("numeric(10,4)", "1.5", "043a98", "1.5000");
    value_as("numeric(10,4)", "1.500000", "043a98", "1.5000");
    value_as("numeric(10,4)", "0001", "042710", "1.0000");
    value_as("numeric(10,4)", "-0", "0200", "0.0000");
    value_as("numeric(10,0)", "-0.00", "0200", "0");
}

static void decimals_are_never_rounded(void **state)
{
    (void)state;
    refused("numeric(4,2)", "100.00", "number has more digits than decimal(4,2) holds");
    refused("numeric(4,2)", "1.001", "number has more digits than decimal(4,2) holds");
    refused("numeric(4,4)", "1", "number has more digits than decimal(4,4) holds");
    refused("numeric(4,2)", "NaN", "NaN and infinity cannot travel as a decimal");
    refused("numeric(4,2)", "Infinity", "NaN and infinity cannot travel as a decimal");
    refused("numeric(4,2)", "-Infinity", "NaN and infinity cannot travel as a decimal");
    static const char *const garbage[] = {"",   "-",  ".",   "1.",    ".5",  "1e3", "+1",
                                          " 1", "1 ", "--1", "1.2.3", "0x1", "1,5"};
    for (size_t i = 0; i < LT_COUNT(garbage); i++)
        refused("numeric(4,2)", garbage[i], "not a plain decimal number");
    bad_bytes("numeric(4,2)", "\x04\x27\x10", "number has more digits than decimal(4,2) holds");
    bad_bytes("numeric(4,2)", "\x04\x00\x7f", "not an Avro decimal in its shortest form");
    bad_bytes("numeric(4,2)", "\x04\xff\x80", "not an Avro decimal in its shortest form");
    bad_bytes("numeric(4,2)", "\x00", "not an Avro decimal in its shortest form");
    bad_bytes("numeric(4,2)", "\x04\x00", "not an Avro decimal in its shortest form");
}

static void other_numerics_travel_as_text(void **state)
{
    (void)state;
    value("numeric", "1.500", "0a312e353030");
    value("numeric", "NaN", NULL);
    value("numeric(3,5)", "0.00123", NULL);
    value("numeric(3,-2)", "12300", NULL);
}

static void dates_run_from_4714_bc(void **state)
{
    (void)state;
    value("date", "1970-01-01", "00");
    value("date", "1969-12-31", "01");
    value("date", "2026-11-25", "dcc402");
    value("date", "2000-02-29", NULL);
    value("date", "0001-01-01", NULL);
    value("date", "0001-12-31 BC", NULL);
    value("date", "0044-03-15 BC", NULL);
    value("date", "0005-02-29 BC", NULL);
    value("date", "4714-11-24 BC", "97f6a902");
    value("date", "5874897-12-31", "b287d6fd0f");
    value("date", "10000-01-01", NULL);
    refused("date", "4714-11-23 BC", "date outside PostgreSQL's range");
    refused("date", "5874898-01-01", "not a date in ISO form");
    refused("date", "infinity", "an infinite date cannot travel as a date");
    refused("date", "-infinity", "an infinite date cannot travel as a date");
    static const char *const garbage[] = {"",
                                          "2026",
                                          "2026-1-1",
                                          "2026-02-29",
                                          "1900-02-29",
                                          "0004-02-29 BC",
                                          "2026-13-01",
                                          "2026-00-01",
                                          "2026-01-00",
                                          "2026-04-31",
                                          "0000-01-01",
                                          "02026-01-01",
                                          "2026-01-01 AD",
                                          "2026-01-01 ",
                                          "25/11/2026",
                                          "99999999-01-01"};
    for (size_t i = 0; i < LT_COUNT(garbage); i++)
        refused("date", garbage[i], "not a date in ISO form");
    bad_bytes("date", "", "not an Avro int");
    bad_bytes("date", "\x99\xf6\xa9\x02", "date outside PostgreSQL's range");
    bad_bytes("date", "\xb4\x87\xd6\xfd\x0f", "date outside PostgreSQL's range");
}

static void timestamps_keep_their_microseconds(void **state)
{
    (void)state;
    value("timestamptz", "1970-01-01 00:00:00+00", "00");
    value("timestamptz", "1970-01-01 00:00:00.000001+00", "02");
    value("timestamptz", "1969-12-31 23:59:59.999999+00", "01");
    value("timestamptz", "2026-11-25 02:04:19.5+00", NULL);
    value("timestamp with time zone", "0044-03-15 12:00:00+00 BC", NULL);
    value("timestamptz", "294247-01-10 04:00:54.775807+00", "feffffffffffffffff01");
    value("timestamptz", "4714-11-24 00:00:00+00 BC", NULL);
    value("timestamp", "2026-11-25 02:04:19", NULL);
    value("timestamp(3)", "2026-11-25 02:04:19.123", NULL);
    value("timestamp without time zone", "0001-01-01 00:00:00", NULL);
    value("timestamp", "0044-03-15 12:00:00.000001 BC", NULL);
    value_as("timestamptz", "2026-11-25 09:04:19+07", NULL, "2026-11-25 02:04:19+00");
    value_as("timestamptz", "1900-01-01 00:06:40+07:06:40", NULL, "1899-12-31 17:00:00+00");
    value_as("timestamptz", "2026-11-24 22:34:19-03:30", NULL, "2026-11-25 02:04:19+00");
    refused("timestamptz", "infinity", "an infinite timestamp cannot travel as a timestamp");
    refused("timestamp", "-infinity", "an infinite timestamp cannot travel as a timestamp");
    refused("timestamptz", "294247-01-10 04:00:54.775808+00",
            "timestamp outside the range of timestamp-micros");
    refused("timestamptz", "294276-12-31 23:59:59.999999+00",
            "timestamp outside the range of timestamp-micros");
    refused("timestamp", "4714-11-23 23:59:59 BC", "timestamp outside PostgreSQL's range");
    static const char *const garbage[] = {"2026-11-25 02:04:19",
                                          "2026-11-25T02:04:19+00",
                                          "2026-11-25 24:00:00+00",
                                          "2026-11-25 23:60:00+00",
                                          "2026-11-25 23:59:60+00",
                                          "2026-11-25 23:59:59.+00",
                                          "2026-11-25 23:59:59.1234567+00",
                                          "2026-11-25 23:59:59+7",
                                          "2026-11-25 23:59:59+16",
                                          "2026-11-25 23:59:59Z",
                                          "2026-11-25 23:59:59+00 AD",
                                          "2026-11-25"};
    for (size_t i = 0; i < LT_COUNT(garbage); i++)
        refused("timestamptz", garbage[i], "not a timestamp in ISO form");
    refused("timestamptz", "2026-11-25 02:04:19+07:60", "not a timestamp in ISO form");
    refused("timestamptz", "2026-11-25 02:04:19+07:00:60", "not a timestamp in ISO form");
    refused("timestamp", "2026-11-25 02:04:19+00", "not a timestamp in ISO form");
    bad_bytes("timestamp", "\x80", "not an Avro long");
    bad_bytes("timestamp", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
              "timestamp outside PostgreSQL's range");
}

static void floats_come_back_as_postgresql_writes_them(void **state)
{
    (void)state;
    value("double precision", "0", "0000000000000000");
    value("double precision", "-0", "0000000000000080");
    value("float8", "1", "000000000000f03f");
    value("float8", "0.1", "9a9999999999b93f");
    value("float8", "NaN", "000000000000f87f");
    value("float8", "Infinity", "000000000000f07f");
    value("float8", "-Infinity", "000000000000f0ff");
    value("float8", "5e-324", "0100000000000000");
    value("float8", "2.2250738585072014e-308", "0000000000001000");
    value("float8", "1.7976931348623157e+308", "ffffffffffffef7f");
    value("float8", "100000000000000", NULL);
    value("float8", "1e+15", NULL);
    value("float8", "0.0001", NULL);
    value("float8", "1e-05", NULL);
    value("float8", "0.30000000000000004", NULL);
    value("float8", "123456789012345.6", NULL);
    value("float8", "1.2345678901234567e+19", NULL);
}

/* Where the shortest decimal is not the obvious one; the texts are PostgreSQL's. */
static void shortest_floats_are_those_of_postgresql(void **state)
{
    (void)state;
    /* 1.801439850948199e16 lies half way between two numbers and is neither */
    value("float8", "1.8014398509481992e+16", NULL);
    /* a power of two: the nearest 16 digits lie below, in the narrow gap, and do not read back */
    value("float8", "7.120236347223045e-307", NULL);
    value("float8", "9.007199254740992e+15", NULL);
    value("float8", "6.142758149716505e-238", NULL);
}

static void nothing_else_is_a_float(void **state)
{
    (void)state;
    value("real", "3.4028235e+38", "ffff7f7f");
    value("real", "1e-45", "01000000");
    value("real", "0.1", "cdcccc3d");
    value("real", "1.6777216e+07", NULL);
    value("real", "999999", NULL);
    value("float(24)", "1e+06", NULL);
    static const char *const garbage[] = {"",      "-",  ".5", "5.", "1e",    "nan",     "inf",
                                          "0x1p3", " 1", "1 ", "+1", "1e400", "infinity"};
    for (size_t i = 0; i < LT_COUNT(garbage); i++) {
        struct lt_type type = type_of("double precision");
        struct lt_buf out = {0};
        assert_int_equal(lt_type_encode(&type, lt_bytes_text(garbage[i]), &out, NULL), -1);
        lt_buf_fini(&out);
    }
    char longer[100] = "0.";
    memset(longer + 2, '1', 90);
    refused("float8", longer, "not a floating-point number");
    refused("real", "1e39", "not a floating-point number in range");
    bad_bytes("real", "\x00\x00\x00\x00\x00\x00\x00\x00", "not an Avro float");
    bad_bytes("float8", "\x00\x00\x00\x00", "not an Avro double");
}

static void uuids_are_lower_case(void **state)
{
    (void)state;
    value("uuid", "6f1c0a52-93de-4d1e-8f6b-0a1b2c3d4e5f", NULL);
    value_as("uuid", "6F1C0A52-93DE-4D1E-8F6B-0A1B2C3D4E5F", NULL,
             "6f1c0a52-93de-4d1e-8f6b-0a1b2c3d4e5f");
    refused("uuid", "6f1c0a5293de4d1e8f6b0a1b2c3d4e5f", "not a uuid");
    refused("uuid", "6f1c0a52-93de-4d1e-8f6b-0a1b2c3d4e5g", "not a uuid");
    refused("uuid", "6f1c0a52-93de-4d1e-8f6b00a1b2c3d4e5f", "not a uuid");
    bad_bytes("uuid",
              "\x48"
              "6F1C0A52-93DE-4D1E-8F6B-0A1B2C3D4E5F",
              "not a uuid in lower case");
}

static void bytea_is_hex(void **state)
{
    (void)state;
    value("bytea", "\\x", "00");
    value("bytea", "\\x00ff10", "0600ff10");
    refused("bytea", "\\x0", "not a bytea in hex form");
    refused("bytea", "\\xzz", "not a bytea in hex form");
    refused("bytea", "abc", "not a bytea in hex form");
    bad_bytes("bytea", "\x04\x00", "not Avro bytes");
    bad_bytes("bytea", "\x01", "not Avro bytes");
}

static void text_is_utf8_without_zero(void **state)
{
    (void)state;
    value("text", "", "00");
    value("varchar(20)", "H\xc3\xa0 N\xe1\xbb\x99i", "1248c3a0204ee1bb9969");
    value("jsonb", "{\"a\": 1}", NULL);
    value("integer[]", "{1,NULL,3}", NULL);
    value("character(4)", "ab  ", NULL);
    value("interval", "1 day 02:03:04.5", NULL);
    value("time", "24:00:00", NULL);
    refused("text", "\xff", "text is not valid UTF-8");
    refused("text", "\xed\xa0\x80", "text is not valid UTF-8");
    refused("text", "\xc0\x80", "text is not valid UTF-8");
    bad_bytes("text", "\x02\x00", "text with a zero byte");
    bad_bytes("text", "\x04\xc3\x28", "text is not valid UTF-8");
    bad_bytes("text", "\x04\x61", "not an Avro string");
}

static void keys_have_one_form(void **state)
{
    (void)state;
    key_as("numeric", "1.500", "06312e35", "1.5");
    key_as("numeric(10,2)", "1.50", "06312e35", "1.5");
    key_as("numeric(10,2)", "0.00", "0230", "0");
    key_as("numeric", "-0.0", "0230", "0");
    key_as("numeric", "-000.50", "082d302e35", "-0.5");
    key_as("numeric", "100", "06313030", "100");
    key_as("numeric(4,2)", "NaN", "064e614e", "NaN");
    key_as("numeric", "-Infinity", NULL, "-Infinity");
    key_as("text", "", "00", "");
    key_as("integer", "-1", "01", "-1");
    key_as("date", "1970-01-02", "02", "1970-01-02");
    key_as("uuid", "6F1C0A52-93DE-4D1E-8F6B-0A1B2C3D4E5F", NULL,
           "6f1c0a52-93de-4d1e-8f6b-0a1b2c3d4e5f");
    key_as("text", "H\xc3\xa0 N\xe1\xbb\x99i", NULL, "H\xc3\xa0 N\xe1\xbb\x99i");
    refused_by(lt_type_encode_key, "numeric", "1e3", "not a plain decimal number");
    bad_key("numeric",
            "\x08"
            "1.50",
            "numeric key not in its one form");
    bad_key("numeric", "\x04-0", "numeric key not in its one form");
    bad_key("numeric",
            "\x06"
            "abc",
            "not a plain decimal number");
}

static void key_texts_are_in_normal_form_c(void **state)
{
    (void)state;
    static const char why[] = "key text is not in Unicode normal form C";
    refused_by(lt_type_encode_key, "text", "Ha\xcc\x80 No\xcc\xa3\xcc\x82i", why);
    refused_by(lt_type_encode_key, "varchar(9)", "\xe2\x84\xab", why); /* ANGSTROM SIGN */
    refused_by(lt_type_encode_key, "text", "\xff", "text is not valid UTF-8");
    bad_key("text",
            "\x06"
            "a\xcc\x80",
            why);
    char longer[1200];
    memset(longer, 'a', sizeof longer);
    snprintf(longer + 1000, 10, "\xe1\xbb\x99");
    key_as("text", longer, NULL, longer);
}

static void some_types_cannot_be_keys(void **state)
{
    (void)state;
    static const char *const types[] = {
        "character(3)", "citext", "real",  "double precision", "timestamp", "timestamptz",
        "boolean",      "bytea",  "jsonb", "integer[]",        "interval",  "text[]",
        "numeric[]"};
    for (size_t i = 0; i < LT_COUNT(types); i++) {
        struct lt_type type = type_of(types[i]);
        struct lt_buf out = {0};
        struct lt_error err = {0};
        assert_false(type.key_ok);
        assert_int_equal(lt_type_encode_key(&type, lt_bytes_text("1"), &out, &err), -1);
        assert_non_null(strstr(err.msg, "cannot be part of a key"));
    }
}

static void names_are_normalised(void **state)
{
    (void)state;
    static const struct {
        const char *declared, *sql, *avro;
    } rows[] = {
        {"INT", "integer", "\"int\""},
        {"  int4 ", "integer", "\"int\""},
        {"int8", "bigint", "\"long\""},
        {"varchar(20)", "character varying(20)", "\"string\""},
        {"Character  Varying ( 20 )", "character varying(20)", "\"string\""},
        {"varchar", "character varying", "\"string\""},
        {"char", "character(1)", "\"string\""},
        {"bit", "bit(1)", "\"string\""},
        {"decimal(18, 4)", "numeric(18,4)",
         "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":18,\"scale\":4}"},
        {"numeric(5)", "numeric(5,0)",
         "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":5,\"scale\":0}"},
        {"numeric(5,-2)", "numeric(5,-2)", "\"string\""},
        {"numeric(2,5)", "numeric(2,5)", "\"string\""},
        {"numeric", "numeric", "\"string\""},
        {"float", "double precision", "\"double\""},
        {"float(10)", "real", "\"float\""},
        {"timestamptz", "timestamp with time zone",
         "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}"},
        {"timestamptz(3)", "timestamp(3) with time zone",
         "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}"},
        {"timestamp(3) without time zone", "timestamp(3) without time zone",
         "{\"type\":\"long\",\"logicalType\":\"local-timestamp-micros\"}"},
        {"timestamp", "timestamp without time zone",
         "{\"type\":\"long\",\"logicalType\":\"local-timestamp-micros\"}"},
        {"timetz(2)", "time(2) with time zone", "\"string\""},
        {"interval(2)", "interval(2)", "\"string\""},
        {"date", "date", "{\"type\":\"int\",\"logicalType\":\"date\"}"},
        {"uuid", "uuid", "{\"type\":\"string\",\"logicalType\":\"uuid\"}"},
        {"bytea", "bytea", "\"bytes\""},
        {"numeric(5,2)[]", "numeric(5,2)[]", "\"string\""},
        {"int[3][3]", "integer[]", "\"string\""},
        {"varbit(8)", "bit varying(8)", "\"string\""},
    };
    for (size_t i = 0; i < LT_COUNT(rows); i++) {
        struct lt_type type = type_of(rows[i].declared), again = type_of(type.sql);
        struct lt_buf json = {0};
        lt_type_avro(&type, &json);
        assert_string_equal(type.sql, rows[i].sql);
        assert_string_equal(again.sql, rows[i].sql);
        assert_int_equal(again.wire, type.wire);
        assert_string_equal(lt_buf_text(&json), rows[i].avro);
        lt_buf_fini(&json);
    }
}

static void unknown_and_malformed_types_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *declared, *why;
    } rows[] = {
        {"foo", "unknown type 'foo' (outside the key any column may be declared as text)"},
        {"money", "type 'money' depends on a locale; use numeric(p,s) at the source"},
        {"", "malformed type ''"},
        {"int(", "malformed type 'int('"},
        {"varchar(20", "malformed type 'varchar(20'"},
        {"varchar(x)", "malformed type 'varchar(x)'"},
        {"numeric(1,2,3)", "malformed type 'numeric(1,2,3)'"},
        {"int; drop table x", "malformed type 'int; drop table x'"},
        {"int[", "malformed type 'int['"},
        {"int(4)", "type 'int(4)': modifier not allowed or out of range"},
        {"varchar(0)", "type 'varchar(0)': modifier not allowed or out of range"},
        {"varchar(10485761)", "type 'varchar(10485761)': modifier not allowed or out of range"},
        {"character(20) varying",
         "type 'character(20) varying': modifier not allowed or out of range"},
        {"numeric(0)", "type 'numeric(0)': modifier not allowed or out of range"},
        {"numeric(1001)", "type 'numeric(1001)': modifier not allowed or out of range"},
        {"timestamp(7)", "type 'timestamp(7)': modifier not allowed or out of range"},
        {"float(54)", "type 'float(54)': modifier not allowed or out of range"},
        {"a_very_long_name_of_a_type_that_goes_on_and_on_and_on",
         "malformed type 'a_very_long_name_of_a_type_that_goes_on_and_on_and_on'"},
    };
    for (size_t i = 0; i < LT_COUNT(rows); i++) {
        struct lt_type type;
        struct lt_error err = {0};
        assert_int_equal(lt_type_parse(rows[i].declared, &type, &err), -1);
        assert_int_equal(err.class, LT_ERR_REJECT);
        assert_string_equal(err.msg, rows[i].why);
    }
}

static void numeric_keys_travel_as_text(void **state)
{
    (void)state;
    struct lt_type type = type_of("numeric(10,2)");
    struct lt_buf json = {0};
    lt_type_avro_key(&type, &json);
    assert_string_equal(lt_buf_text(&json), "\"string\"");
    lt_buf_clear(&json);
    type = type_of("date");
    lt_type_avro_key(&type, &json);
    assert_string_equal(lt_buf_text(&json), "{\"type\":\"int\",\"logicalType\":\"date\"}");
    lt_buf_fini(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_keep_their_range),
        cmocka_unit_test(booleans_are_t_and_f),
        cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(a_thousand_digits_come_back),
        cmocka_unit_test(decimals_are_padded_to_the_scale),
        cmocka_unit_test(decimals_are_never_rounded),
        cmocka_unit_test(other_numerics_travel_as_text),
        cmocka_unit_test(dates_run_from_4714_bc),
        cmocka_unit_test(timestamps_keep_their_microseconds),
        cmocka_unit_test(floats_come_back_as_postgresql_writes_them),
        cmocka_unit_test(shortest_floats_are_those_of_postgresql),
        cmocka_unit_test(nothing_else_is_a_float),
        cmocka_unit_test(uuids_are_lower_case),
        cmocka_unit_test(bytea_is_hex),
        cmocka_unit_test(text_is_utf8_without_zero),
        cmocka_unit_test(keys_have_one_form),
        cmocka_unit_test(key_texts_are_in_normal_form_c),
        cmocka_unit_test(some_types_cannot_be_keys),
        cmocka_unit_test(names_are_normalised),
        cmocka_unit_test(unknown_and_malformed_types_are_refused),
        cmocka_unit_test(numeric_keys_travel_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
