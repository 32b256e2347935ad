/* Values in keys: one byte form per value, so that a compacted topic and every reader see one key
 * for one row (architecture 3). */
#include <stdlib.h>
#include <uninorm.h>

#include "change/type_priv.h"

/* NaN and the infinities have one spelling each and are taken: a row that must be withheld for
 * such a value still needs its key. */
static int put_numeric(struct lt_bytes text, struct lt_buf *out, struct lt_error *reterr)
{
    struct lt_plain_number number;
    if (lt_is_special_number(text)) {
        lt_buf_add(out, text.data, text.len);
        return 0;
    }
    if (lt_plain_number_parse(text, &number) < 0)
        return lt_value_reject(reterr, "not a plain decimal number");
    lt_plain_number_format(&number, out);
    return 0;
}

/* Code points below U+0300 are never changed by normal form C: most texts need no more. */
static bool is_low(struct lt_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= 0xcc)
            return false;
    return true;
}

static int check_nfc(struct lt_bytes text, struct lt_error *reterr)
{
    uint8_t buf[512];
    size_t len = sizeof buf;
    if (lt_text_check(text, reterr) < 0)
        return -1;
    if (is_low(text))
        return 0;
    uint8_t *normal = u8_normalize(UNINORM_NFC, text.data, text.len, buf, &len);
    lt_assert(normal);
    bool same = lt_bytes_equal(text, lt_bytes(normal, len));
    if (normal != buf)
        free(normal);
    return same ? 0 : lt_value_reject(reterr, "key text is not in Unicode normal form C");
}

int lt_type_encode_key(const struct lt_type *type,
                       struct lt_bytes text,
                       struct lt_buf *out,
                       struct lt_error *reterr)
{
    if (!type->key_ok)
        return lt_value_reject(reterr, "a %s cannot be part of a key", type->sql);
    if (lt_type_is_numeric(type)) {
        LT_CLEANUP(lt_buf_fini) struct lt_buf normal = {0};
        if (put_numeric(text, &normal, reterr) < 0)
            return -1;
        lt_wire_put_bytes(out, normal.data, normal.len);
        return 0;
    }
    if (type->wire == LT_WIRE_TEXT && check_nfc(text, reterr) < 0)
        return -1;
    return lt_type_encode(type, text, out, reterr);
}

static int decode_numeric(struct lt_bytes avro, struct lt_buf *text, struct lt_error *reterr)
{
    LT_CLEANUP(lt_buf_fini) struct lt_buf normal = {0};
    struct lt_bytes value;
    if (lt_wire_get_bytes(avro, &value) < 0)
        return lt_value_reject(reterr, "not an Avro string");
    if (put_numeric(value, &normal, reterr) < 0)
        return -1;
    if (!lt_bytes_equal(value, lt_buf_bytes(&normal)))
        return lt_value_reject(reterr, "numeric key not in its one form");
    lt_buf_add(text, value.data, value.len);
    return 0;
}

int lt_type_decode_key(const struct lt_type *type,
                       struct lt_bytes avro,
                       struct lt_buf *text,
                       struct lt_error *reterr)
{
    if (!type->key_ok)
        return lt_value_reject(reterr, "a %s cannot be part of a key", type->sql);
    if (lt_type_is_numeric(type))
        return decode_numeric(avro, text, reterr);
    size_t start = text->len;
    if (lt_type_decode(type, avro, text, reterr) < 0)
        return -1;
    struct lt_bytes added = lt_buf_bytes(text);
    added.data += start;
    added.len -= start;
    if (type->wire != LT_WIRE_TEXT || check_nfc(added, reterr) == 0)
        return 0;
    text->len = start;
    return -1;
}

void lt_type_avro_key(const struct lt_type *type, struct lt_buf *json)
{
    if (lt_type_is_numeric(type))
        lt_buf_adds(json, "\"string\"");
    else
        lt_type_avro(type, json);
}
