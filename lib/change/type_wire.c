#include "change/type_priv.h"

#include <stdarg.h>
#include <stdio.h>

#define VARINT_MAX 10 /* bytes of 64 bits by sevens */

int lt_value_reject(struct lt_error *reterr, const char *fmt, ...)
{
    char msg[200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(msg, sizeof msg, fmt, args);
    va_end(args);
    return lt_fail(reterr, LT_ERR_REJECT, "type", 0, "%s", msg);
}

void lt_put_digits(struct lt_buf *text, uint64_t value, int width)
{
    char digits[20];
    int at = (int)sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0 || (int)sizeof digits - at < width);
    lt_buf_add(text, digits + at, sizeof digits - (size_t)at);
}

void lt_wire_put_long(struct lt_buf *out, int64_t value)
{
    uint64_t rest = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    uint8_t *at = lt_buf_grow(out, VARINT_MAX);
    for (; rest >= 0x80; rest >>= 7)
        *at++ = (uint8_t)(rest | 0x80);
    *at++ = (uint8_t)rest;
    out->len = (size_t)(at - out->data);
}

void lt_wire_put_bytes(struct lt_buf *out, const void *data, size_t len)
{
    lt_wire_put_long(out, (int64_t)len);
    lt_buf_add(out, data, len);
}

/* Reads one varint at the start and tells how long it is; 0 when there is none. */
static size_t read_varint(struct lt_bytes avro, int64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < avro.len && i < 10; i++) {
        uint8_t byte = avro.data[i];
        if (i == 9 && byte > 1)
            return 0; /* more than 64 bits */
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        if (byte == 0 && i > 0)
            return 0; /* longer than need be */
        *ret = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
        return i + 1;
    }
    return 0;
}

int lt_wire_get_long(struct lt_bytes avro, int64_t *ret)
{
    int64_t value;
    size_t len = read_varint(avro, &value);
    if (len == 0 || len != avro.len)
        return -1;
    *ret = value;
    return 0;
}

int lt_wire_get_bytes(struct lt_bytes avro, struct lt_bytes *ret)
{
    int64_t len;
    size_t head = read_varint(avro, &len);
    if (head == 0 || len < 0 || (uint64_t)len != avro.len - head)
        return -1;
    *ret = lt_bytes(avro.data + head, (size_t)len);
    return 0;
}
