/* Values as parameters of statements: what PostgreSQL's receive functions take, so that the server
 * need not parse texts.  The checks are those of lt_type_decode(). */
#include <string.h>

#include "base/num.h"
#include "change/type_priv.h"

#define NUMERIC_NEGATIVE 0x4000
#define FLOAT_NAN        UINT32_C(0x7fc00000)
#define DOUBLE_NAN       UINT64_C(0x7ff8000000000000)

static void put_be(struct lt_buf *out, uint64_t value, size_t bytes)
{
    uint8_t all[8];
    lt_put_u64be(all, value);
    lt_buf_add(out, all + sizeof all - bytes, bytes);
}

struct lt_param_type lt_type_param(const struct lt_type *type)
{
    switch (type->wire) {
    case LT_WIRE_INT:
        if (strcmp(type->sql, "smallint") == 0)
            return (struct lt_param_type){"int2", 21, true};
        return (struct lt_param_type){"int4", 23, true};
    case LT_WIRE_LONG:
        return (struct lt_param_type){"int8", 20, true};
    case LT_WIRE_BOOLEAN:
        return (struct lt_param_type){"bool", 16, true};
    case LT_WIRE_FLOAT:
        return (struct lt_param_type){"float4", 700, true};
    case LT_WIRE_DOUBLE:
        return (struct lt_param_type){"float8", 701, true};
    case LT_WIRE_DECIMAL:
        return (struct lt_param_type){"numeric", 1700, true};
    case LT_WIRE_DATE:
        return (struct lt_param_type){"date", 1082, true};
    case LT_WIRE_TIMESTAMP:
        return (struct lt_param_type){"timestamptz", 1184, true};
    case LT_WIRE_LOCAL_TIME:
        return (struct lt_param_type){"timestamp", 1114, true};
    case LT_WIRE_UUID:
        return (struct lt_param_type){"uuid", 2950, true};
    case LT_WIRE_BYTES:
        return (struct lt_param_type){"bytea", 17, true};
    case LT_WIRE_TEXT:
        return (struct lt_param_type){"text", 25, false};
    }
    lt_assert_failed("a known wire type", __FILE__, __LINE__);
}

static int put_integer(const struct lt_type *type,
                       struct lt_bytes avro,
                       struct lt_buf *out,
                       struct lt_error *reterr)
{
    int64_t value;
    if (lt_wire_get_long(avro, &value) < 0 || !lt_integer_fits(type, value))
        return lt_value_reject(reterr, "not a value of type %s", type->sql);
    put_be(out, (uint64_t)value,
           type->wire == LT_WIRE_LONG           ? 8
           : strcmp(type->sql, "smallint") == 0 ? 2
                                                : 4);
    return 0;
}

static int put_boolean(struct lt_bytes avro, struct lt_buf *out, struct lt_error *reterr)
{
    if (avro.len != 1 || avro.data[0] > 1)
        return lt_value_reject(reterr, "not an Avro boolean");
    lt_buf_addc(out, avro.data[0]);
    return 0;
}

/* One NaN, as a text would give. */
static int
put_float(struct lt_bytes avro, bool is_double, struct lt_buf *out, struct lt_error *reterr)
{
    size_t width = is_double ? 8 : 4;
    uint64_t bits = 0;
    if (avro.len != width)
        return lt_value_reject(reterr, "not an Avro %s", is_double ? "double" : "float");
    for (size_t i = width; i-- > 0;)
        bits = bits << 8 | avro.data[i];
    uint64_t magnitude = bits & (is_double ? INT64_MAX : INT32_MAX);
    if (magnitude > (is_double ? UINT64_C(0x7ff0000000000000) : UINT64_C(0x7f800000)))
        bits = is_double ? DOUBLE_NAN : FLOAT_NAN;
    put_be(out, bits, width);
    return 0;
}

static int put_uuid(const struct lt_type *type,
                    struct lt_bytes avro,
                    struct lt_buf *out,
                    struct lt_error *reterr)
{
    size_t start = out->len, len = 0;
    uint8_t bytes[16];
    if (lt_type_decode(type, avro, out, reterr) < 0)
        return -1;
    for (const char *at = (const char *)out->data + start; len < sizeof bytes; at += 2) {
        uint64_t byte = 0;
        at += *at == '-';
        lt_assert(lt_parse_hex64(at, 2, &byte) == 0); /* the decoder has seen to it */
        bytes[len++] = (uint8_t)byte;
    }
    out->len = start;
    lt_buf_add(out, bytes, sizeof bytes);
    return 0;
}

/* Four decimal digits, those beyond the text are zero. */
static unsigned group(const char *digits, size_t len)
{
    unsigned value = 0;
    for (size_t i = 0; i < 4; i++)
        value = value * 10 + (i < len ? (unsigned)(digits[i] - '0') : 0);
    return value;
}

static uint8_t *put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

/* numeric_recv(): number of digits to the base of 10,000, weight of the first one, sign, decimal
 * places, the digits; zeros at either end are taken off there.  Gives the end. */
static uint8_t *put_numeric(uint8_t *at, const char *text, size_t len)
{
    bool negative = text[0] == '-';
    const char *whole = text + negative, *end = text + len;
    const char *point = memchr(whole, '.', (size_t)(end - whole));
    size_t whole_len = (size_t)((point ? point : end) - whole);
    size_t fraction_len = point ? (size_t)(end - point - 1) : 0;
    size_t whole_groups = (whole_len + 3) / 4, fraction_groups = (fraction_len + 3) / 4;
    at = put16(at, whole_groups + fraction_groups);
    at = put16(at, whole_groups - 1);
    at = put16(at, negative ? NUMERIC_NEGATIVE : 0);
    at = put16(at, fraction_len);
    size_t first = (whole_len - 1) % 4 + 1;
    unsigned leading = 0;
    for (size_t i = 0; i < first; i++)
        leading = leading * 10 + (unsigned)(whole[i] - '0');
    at = put16(at, leading);
    for (const char *digits = whole + first; digits < whole + whole_len; digits += 4)
        at = put16(at, group(digits, 4));
    for (size_t i = 0; i < fraction_len; i += 4)
        at = put16(at, group(point + 1 + i, fraction_len - i));
    return at;
}

/* The digits as text come first, and give way to what is made of them. */
static int put_decimal(const struct lt_type *type,
                       struct lt_bytes avro,
                       struct lt_buf *out,
                       struct lt_error *reterr)
{
    size_t start = out->len;
    if (lt_decimal_decode(type, avro, out, reterr) < 0)
        return -1;
    size_t len = out->len - start;
    uint8_t *made = lt_buf_grow(out, 16 + len);
    uint8_t *end = put_numeric(made, (const char *)out->data + start, len);
    memmove(out->data + start, made, (size_t)(end - made));
    out->len = start + (size_t)(end - made);
    return 0;
}

static int put_bytes(struct lt_bytes avro, struct lt_buf *out, struct lt_error *reterr)
{
    struct lt_bytes value;
    if (lt_wire_get_bytes(avro, &value) < 0)
        return lt_value_reject(reterr, "not Avro bytes");
    lt_buf_add(out, value.data, value.len);
    return 0;
}

static int
put(const struct lt_type *type, struct lt_bytes avro, struct lt_buf *out, struct lt_error *reterr)
{
    switch (type->wire) {
    case LT_WIRE_INT:
    case LT_WIRE_LONG:
        return put_integer(type, avro, out, reterr);
    case LT_WIRE_BOOLEAN:
        return put_boolean(avro, out, reterr);
    case LT_WIRE_FLOAT:
    case LT_WIRE_DOUBLE:
        return put_float(avro, type->wire == LT_WIRE_DOUBLE, out, reterr);
    case LT_WIRE_DECIMAL:
        return put_decimal(type, avro, out, reterr);
    case LT_WIRE_DATE:
        return lt_date_param(avro, out, reterr);
    case LT_WIRE_TIMESTAMP:
    case LT_WIRE_LOCAL_TIME:
        return lt_timestamp_param(avro, out, reterr);
    case LT_WIRE_UUID:
        return put_uuid(type, avro, out, reterr);
    case LT_WIRE_BYTES:
        return put_bytes(avro, out, reterr);
    case LT_WIRE_TEXT:
        return lt_type_decode(type, avro, out, reterr);
    }
    lt_assert_failed("a known wire type", __FILE__, __LINE__);
}

int lt_type_decode_param(const struct lt_type *type,
                         struct lt_bytes avro,
                         struct lt_buf *out,
                         struct lt_error *reterr)
{
    size_t start = out->len;
    lt_assert(avro.data);
    if (put(type, avro, out, reterr) == 0)
        return 0;
    out->len = start;
    return -1;
}
