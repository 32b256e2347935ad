#include "change/type_priv.h"

#include <string.h>

bool lt_integer_fits(const struct lt_type *type, int64_t value)
{
    if (type->wire == LT_WIRE_LONG)
        return true;
    if (strcmp(type->sql, "smallint") == 0)
        return value >= INT16_MIN && value <= INT16_MAX;
    return value >= INT32_MIN && value <= INT32_MAX;
}

static int decode_integer(const struct lt_type *type,
                          struct lt_bytes avro,
                          struct lt_buf *text,
                          struct lt_error *reterr)
{
    int64_t value;
    if (lt_wire_get_long(avro, &value) < 0 || !lt_integer_fits(type, value))
        return lt_value_reject(reterr, "not a value of type %s", type->sql);
    if (value < 0)
        lt_buf_addc(text, '-');
    lt_put_digits(text, value < 0 ? -(uint64_t)value : (uint64_t)value, 1);
    return 0;
}

static int decode_boolean(struct lt_bytes avro, struct lt_buf *text, struct lt_error *reterr)
{
    if (avro.len != 1 || avro.data[0] > 1)
        return lt_value_reject(reterr, "not an Avro boolean");
    lt_buf_addc(text, avro.data[0] ? 't' : 'f');
    return 0;
}

static int decode_uuid(struct lt_bytes avro, struct lt_buf *text, struct lt_error *reterr)
{
    struct lt_bytes value;
    bool good = lt_wire_get_bytes(avro, &value) == 0 && value.len == 36;
    for (size_t i = 0; good && i < value.len; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        good = value.data[i] && strchr(hyphen ? "-" : "0123456789abcdef", value.data[i]);
    }
    if (!good)
        return lt_value_reject(reterr, "not a uuid in lower case");
    lt_buf_add(text, value.data, value.len);
    return 0;
}

static int decode_bytes(struct lt_bytes avro, struct lt_buf *text, struct lt_error *reterr)
{
    struct lt_bytes value;
    if (lt_wire_get_bytes(avro, &value) < 0)
        return lt_value_reject(reterr, "not Avro bytes");
    lt_buf_adds(text, "\\x");
    uint8_t *to = lt_buf_grow(text, 2 * value.len);
    for (size_t i = 0; i < value.len; i++) {
        to[2 * i] = (uint8_t) "0123456789abcdef"[value.data[i] >> 4];
        to[2 * i + 1] = (uint8_t) "0123456789abcdef"[value.data[i] & 15];
    }
    text->len += 2 * value.len;
    return 0;
}

static int decode_text(struct lt_bytes avro, struct lt_buf *text, struct lt_error *reterr)
{
    struct lt_bytes value;
    if (lt_wire_get_bytes(avro, &value) < 0)
        return lt_value_reject(reterr, "not an Avro string");
    if (lt_text_check(value, reterr) < 0)
        return -1;
    lt_buf_add(text, value.data, value.len);
    return 0;
}

static int decode(const struct lt_type *type,
                  struct lt_bytes avro,
                  struct lt_buf *text,
                  struct lt_error *reterr)
{
    switch (type->wire) {
    case LT_WIRE_INT:
    case LT_WIRE_LONG:
        return decode_integer(type, avro, text, reterr);
    case LT_WIRE_BOOLEAN:
        return decode_boolean(avro, text, reterr);
    case LT_WIRE_FLOAT:
    case LT_WIRE_DOUBLE:
        return lt_float_decode(avro, type->wire == LT_WIRE_DOUBLE, text, reterr);
    case LT_WIRE_DECIMAL:
        return lt_decimal_decode(type, avro, text, reterr);
    case LT_WIRE_DATE:
        return lt_date_decode(avro, text, reterr);
    case LT_WIRE_TIMESTAMP:
    case LT_WIRE_LOCAL_TIME:
        return lt_timestamp_decode(avro, type->wire == LT_WIRE_TIMESTAMP, text, reterr);
    case LT_WIRE_UUID:
        return decode_uuid(avro, text, reterr);
    case LT_WIRE_BYTES:
        return decode_bytes(avro, text, reterr);
    case LT_WIRE_TEXT:
        return decode_text(avro, text, reterr);
    }
    lt_assert_failed("a known wire type", __FILE__, __LINE__);
}

int lt_type_decode(const struct lt_type *type,
                   struct lt_bytes avro,
                   struct lt_buf *text,
                   struct lt_error *reterr)
{
    size_t start = text->len;
    lt_assert(avro.data);
    if (decode(type, avro, text, reterr) == 0)
        return 0;
    text->len = start;
    return -1;
}
