#include "raw.h"

#include "base/num.h"

#include <string.h>

void lt_raw_put_i8(struct lt_buf *buf, int8_t v)
{
    lt_buf_addc(buf, (uint8_t)v);
}

void lt_raw_put_i16(struct lt_buf *buf, int16_t v)
{
    lt_buf_addc(buf, (uint8_t)((uint16_t)v >> 8));
    lt_buf_addc(buf, (uint8_t)v);
}

void lt_raw_put_i32(struct lt_buf *buf, int32_t v)
{
    uint8_t bytes[4];
    lt_put_u32be(bytes, (uint32_t)v);
    lt_buf_add(buf, bytes, sizeof bytes);
}

void lt_raw_put_text(struct lt_buf *buf, const char *text)
{
    if (text == NULL) {
        lt_raw_put_i16(buf, -1);
        return;
    }
    size_t len = strlen(text);
    lt_assert(len <= INT16_MAX);
    lt_raw_put_i16(buf, (int16_t)len);
    lt_buf_add(buf, text, len);
}

static const uint8_t *take(struct lt_raw_fields *fields, size_t len)
{
    static const uint8_t zeros[4];
    if (fields->bad || (size_t)(fields->end - fields->at) < len) {
        fields->bad = true;
        return len <= sizeof zeros ? zeros : NULL;
    }
    const uint8_t *at = fields->at;
    fields->at += len;
    return at;
}

int8_t lt_raw_i8(struct lt_raw_fields *fields)
{
    return (int8_t)*take(fields, 1);
}

int16_t lt_raw_i16(struct lt_raw_fields *fields)
{
    const uint8_t *at = take(fields, 2);
    return (int16_t)(at[0] << 8 | at[1]);
}

int32_t lt_raw_i32(struct lt_raw_fields *fields)
{
    return (int32_t)lt_get_u32be(take(fields, 4));
}

struct lt_bytes lt_raw_text(struct lt_raw_fields *fields)
{
    int16_t len = lt_raw_i16(fields);
    if (len < -1) {
        fields->bad = true;
    }
    if (len < 0 || fields->bad) {
        return (struct lt_bytes){0};
    }
    const uint8_t *at = take(fields, (size_t)len);
    return fields->bad ? (struct lt_bytes){0} : lt_bytes(at, (size_t)len);
}

int32_t lt_raw_count(struct lt_raw_fields *fields, int32_t max)
{
    int32_t count = lt_raw_i32(fields);
    if (count < 0 || count > max) {
        fields->bad = true;
    }
    return fields->bad ? 0 : count;
}
