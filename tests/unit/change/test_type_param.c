/* Values as parameters of statements: the bytes that PostgreSQL's receive functions take.  The
 * expected bytes are those of its send functions, but for zeros at the ends of a numeric, which
 * numeric_recv() takes off. */
#include "support/cm.h"

#include <stdio.h>
#include <string.h>

#include "change/type.h"

static void is_param(const char *declared, const char *text, const char *sql, const char *expected)
{
    struct lt_type type;
    struct lt_error err;
    struct lt_buf avro = {0}, param = {0};
    char hex[256];
    assert_int_equal(lt_type_parse(declared, &type, &err), 0);
    assert_int_equal(lt_type_encode(&type, lt_bytes_text(text), &avro, &err), 0);
    assert_int_equal(lt_type_decode_param(&type, lt_buf_bytes(&avro), &param, &err), 0);
    assert_string_equal(lt_type_param(&type).sql, sql);
    hex[0] = '\0';
    for (size_t i = 0; i < param.len; i++)
        snprintf(hex + 2 * i, 3, "%02x", param.data[i]);
    assert_string_equal(hex, expected);
    lt_buf_fini(&avro);
    lt_buf_fini(&param);
}

static void whole_numbers(void **state)
{
    (void)state;
    is_param("smallint", "-2", "int2", "fffe");
    is_param("integer", "-2147483648", "int4", "80000000");
    is_param("bigint", "9223372036854775807", "int8", "7fffffffffffffff");
    is_param("boolean", "t", "bool", "01");
    is_param("boolean", "f", "bool", "00");
}

static void floats(void **state)
{
    (void)state;
    is_param("real", "1.5", "float4", "3fc00000");
    is_param("double precision", "-0.1", "float8", "bfb999999999999a");
    is_param("double precision", "Infinity", "float8", "7ff0000000000000");
    is_param("double precision", "-Infinity", "float8", "fff0000000000000");
    is_param("double precision", "NaN", "float8", "7ff8000000000000");
    is_param("real", "NaN", "float4", "7fc00000");
}

/* Digits to the base of 10,000; weight, sign and places in front. */
static void decimals(void **state)
{
    (void)state;
    is_param("numeric(5,1)", "1.5", "numeric",
             "00020000000000010001"
             "1388");
    is_param("numeric(12,3)", "-12345.678", "numeric",
             "00030001400000030001"
             "0929"
             "1a7c");
    is_param("numeric(18,4)", "0.0012", "numeric",
             "00020000000000040000"
             "000c");
    is_param("numeric(4,0)", "9999", "numeric",
             "0001000000000000"
             "270f");
    is_param("numeric(5,0)", "10000", "numeric",
             "0002000100000000"
             "00010000");
    is_param("numeric(7,5)", "0", "numeric",
             "0003000000000005"
             "000000000000");
    is_param("numeric(30,6)", "-123456789012345678901234.000001", "numeric",
             "0008000540000006"
             "04d2162e2334"
             "0d80"
             "1ed2"
             "04d2"
             "0000"
             "0064");
}

static void times(void **state)
{
    (void)state;
    is_param("date", "2000-01-01", "date", "00000000");
    is_param("date", "1999-12-31", "date", "ffffffff");
    is_param("date", "4714-11-24 BC", "date", "ffda97a7");
    is_param("timestamptz", "2000-01-01 00:00:01+00", "timestamptz", "00000000000f4240");
    is_param("timestamp", "1999-12-31 23:59:59.999999", "timestamp", "ffffffffffffffff");
}

static void what_has_a_form_of_its_own(void **state)
{
    (void)state;
    is_param("uuid", "00112233-4455-6677-8899-aabbccddeeff", "uuid",
             "00112233445566778899aabbccddeeff");
    is_param("bytea", "\\x00ff", "bytea", "00ff");
    is_param("varchar(20)", "Đỗ", "text", "c490e1bb97");
    is_param("jsonb", "{}", "text", "7b7d");
}

static void bad_bytes(const char *declared, struct lt_bytes avro, const char *why)
{
    struct lt_type type;
    struct lt_error err = {0};
    struct lt_buf param = {0};
    assert_int_equal(lt_type_parse(declared, &type, &err), 0);
    assert_int_equal(lt_type_decode_param(&type, avro, &param, &err), -1);
    assert_int_equal(err.class, LT_ERR_REJECT);
    assert_string_equal(err.msg, why);
    assert_int_equal(param.len, 0);
    lt_buf_fini(&param);
}

/* D41.2b-5: the same refusals as for texts. */
static void bytes_that_are_no_value_are_refused(void **state)
{
    (void)state;
    bad_bytes("smallint", lt_bytes("\x80\x80\x04", 3), "not a value of type smallint");
    bad_bytes("boolean", lt_bytes("\2", 1), "not an Avro boolean");
    bad_bytes("real", lt_bytes("\0\0\0", 3), "not an Avro float");
    bad_bytes("numeric(5,1)", lt_bytes("\4\0\1", 3), "not an Avro decimal in its shortest form");
    bad_bytes("date", lt_bytes("\xff\xff\xff\xff\xff\x7f", 6), "date outside PostgreSQL's range");
    bad_bytes("uuid", lt_bytes("\2a", 2), "not a uuid in lower case");
    bad_bytes("text", lt_bytes("\4a\0", 3), "text with a zero byte");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(floats),
        cmocka_unit_test(decimals),
        cmocka_unit_test(times),
        cmocka_unit_test(what_has_a_form_of_its_own),
        cmocka_unit_test(bytes_that_are_no_value_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
