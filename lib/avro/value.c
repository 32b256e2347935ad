#include "avro/span.h"
#include "avro/varint.h"

const char lt_varint_short[] = "the bytes end inside a number";
const char lt_varint_wide[] = "a number of more than 64 bits";
const char lt_varint_overlong[] = "a number with needless zero bytes";

const uint8_t *
lt_varint_read_long(const uint8_t *p, const uint8_t *end, uint64_t *ret, const char **ret_why)
{
    uint64_t value = 0;

    for (unsigned shift = 0; p < end; shift += 7) {
        uint8_t byte = *p++;

        if (shift == 63 && byte > 1) {
            *ret_why = lt_varint_wide;
            return NULL;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte >= 0x80)
            continue;
        if (byte == 0 && shift > 0) {
            *ret_why = lt_varint_overlong;
            return NULL;
        }
        *ret = value;
        return p;
    }
    *ret_why = lt_varint_short;
    return NULL;
}

int lt_avro_get_long(struct lt_bytes value, int64_t *ret)
{
    const char *why;
    uint64_t raw;
    const uint8_t *end = value.data + value.len;

    if (!value.data || lt_varint_read(value.data, end, &raw, &why) != end)
        return -1;
    *ret = lt_zigzag_decode(raw);
    return 0;
}

int lt_avro_get_bytes(struct lt_bytes value, struct lt_bytes *ret)
{
    const char *why;
    uint64_t raw;

    if (!value.data)
        return -1;
    const uint8_t *end = value.data + value.len;
    const uint8_t *p = lt_varint_read(value.data, end, &raw, &why);
    if (!p || lt_zigzag_decode(raw) != end - p)
        return -1;
    *ret = lt_bytes(p, (size_t)(end - p));
    return 0;
}

void lt_avro_put_long(struct lt_buf *out, int64_t value)
{
    uint64_t raw = lt_zigzag_encode(value);
    uint8_t *at = lt_buf_grow(out, LT_VARINT_MAX);

    for (; raw >= 0x80; raw >>= 7)
        *at++ = (uint8_t)(raw | 0x80);
    *at++ = (uint8_t)raw;
    out->len = (size_t)(at - out->data);
}

void lt_avro_put_bytes(struct lt_buf *out, struct lt_bytes value)
{
    lt_avro_put_long(out, (int64_t)value.len);
    lt_buf_add(out, value.data, value.len);
}
