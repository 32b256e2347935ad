#include <string.h>
#include <unistr.h>

#include "base/num.h"
#include "change/type_priv.h"

int lt_text_check(struct lt_bytes text, struct lt_error *reterr)
{
    if (text.len > 0 && memchr(text.data, '\0', text.len))
        return lt_value_reject(reterr, "text with a zero byte");
    if (u8_check(text.data, text.len))
        return lt_value_reject(reterr, "text is not valid UTF-8");
    return 0;
}

static int encode_integer(const struct lt_type *type,
                          struct lt_bytes text,
                          struct lt_buf *out,
                          struct lt_error *reterr)
{
    int64_t value;
    if (lt_parse_i64((const char *)text.data, text.len, &value) < 0 ||
        !lt_integer_fits(type, value))
        return lt_value_reject(reterr, "not a value of type %s", type->sql);
    lt_wire_put_long(out, value);
    return 0;
}

static int encode_boolean(struct lt_bytes text, struct lt_buf *out, struct lt_error *reterr)
{
    if (text.len != 1 || (text.data[0] != 't' && text.data[0] != 'f'))
        return lt_value_reject(reterr, "not a boolean (t or f)");
    lt_buf_addc(out, text.data[0] == 't');
    return 0;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int encode_uuid(struct lt_bytes text, struct lt_buf *out, struct lt_error *reterr)
{
    char lower[36];
    bool good = text.len == sizeof lower;
    for (size_t i = 0; good && i < sizeof lower; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        int digit = hex_value(text.data[i]);
        good = hyphen ? text.data[i] == '-' : digit >= 0;
        lower[i] = hyphen ? '-' : "0123456789abcdef"[digit & 15];
    }
    if (!good)
        return lt_value_reject(reterr, "not a uuid");
    lt_wire_put_bytes(out, lower, sizeof lower);
    return 0;
}

/* "\x0102ff" */
static int encode_bytes(struct lt_bytes text, struct lt_buf *out, struct lt_error *reterr)
{
    if (text.len < 2 || text.len % 2 != 0 || memcmp(text.data, "\\x", 2) != 0)
        return lt_value_reject(reterr, "not a bytea in hex form");
    size_t len = (text.len - 2) / 2;
    lt_wire_put_long(out, (int64_t)len);
    uint8_t *to = lt_buf_grow(out, len);
    for (size_t i = 0; i < len; i++) {
        int high = hex_value(text.data[2 + 2 * i]), low = hex_value(text.data[3 + 2 * i]);
        if (high < 0 || low < 0)
            return lt_value_reject(reterr, "not a bytea in hex form");
        to[i] = (uint8_t)(high << 4 | low);
    }
    out->len += len;
    return 0;
}

static int encode_text(struct lt_bytes text, struct lt_buf *out, struct lt_error *reterr)
{
    if (lt_text_check(text, reterr) < 0)
        return -1;
    lt_wire_put_bytes(out, text.data, text.len);
    return 0;
}

static int encode(const struct lt_type *type,
                  struct lt_bytes text,
                  struct lt_buf *out,
                  struct lt_error *reterr)
{
    switch (type->wire) {
    case LT_WIRE_INT:
    case LT_WIRE_LONG:
        return encode_integer(type, text, out, reterr);
    case LT_WIRE_BOOLEAN:
        return encode_boolean(text, out, reterr);
    case LT_WIRE_FLOAT:
    case LT_WIRE_DOUBLE:
        return lt_float_encode(text, type->wire == LT_WIRE_DOUBLE, out, reterr);
    case LT_WIRE_DECIMAL:
        return lt_decimal_encode(type, text, out, reterr);
    case LT_WIRE_DATE:
        return lt_date_encode(text, out, reterr);
    case LT_WIRE_TIMESTAMP:
    case LT_WIRE_LOCAL_TIME:
        return lt_timestamp_encode(text, type->wire == LT_WIRE_TIMESTAMP, out, reterr);
    case LT_WIRE_UUID:
        return encode_uuid(text, out, reterr);
    case LT_WIRE_BYTES:
        return encode_bytes(text, out, reterr);
    case LT_WIRE_TEXT:
        return encode_text(text, out, reterr);
    }
    lt_assert_failed("a known wire type", __FILE__, __LINE__);
}

int lt_type_encode(const struct lt_type *type,
                   struct lt_bytes text,
                   struct lt_buf *out,
                   struct lt_error *reterr)
{
    size_t start = out->len;
    lt_assert(text.data);
    if (encode(type, text, out, reterr) == 0)
        return 0;
    out->len = start;
    return -1;
}
