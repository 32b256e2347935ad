/* numeric(p,s) <-> Avro decimal: the unscaled integer in big-endian two's complement, in as few
 * bytes as it takes.  Exact by value: zeros are added up to the scale; digits that the scale does
 * not hold are refused, never rounded.  Up to 18 digits in a machine word, longer ones by
 * OpenSSL's integers. */
#include "change/type_priv.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <string.h>

#define WORD_DIGITS 18
#define DIGITS_MAX  1000 /* PostgreSQL's largest precision */
#define BYTES_MAX   417  /* of 10^1000, with a sign bit */

static size_t count_digits(const char *at, const char *end)
{
    size_t len = 0;
    while (at + len < end && at[len] >= '0' && at[len] <= '9')
        len++;
    return len;
}

int lt_plain_number_parse(struct lt_bytes text, struct lt_plain_number *ret)
{
    const char *at = (const char *)text.data, *end = at + text.len;
    bool negative = at < end && *at == '-';
    at += negative;
    size_t whole = count_digits(at, end), fraction = 0;
    const char *point = at + whole;
    if (point < end && *point == '.') {
        fraction = count_digits(point + 1, end);
        if (fraction == 0)
            return -1;
    }
    if (whole == 0 || point + (fraction ? 1 + fraction : 0) != end)
        return -1;
    while (whole > 0 && *at == '0') {
        at++;
        whole--;
    }
    const char *digits = fraction ? point + 1 : point;
    while (fraction > 0 && digits[fraction - 1] == '0')
        fraction--;
    ret->negative = negative && whole + fraction > 0;
    ret->whole = lt_bytes(at, whole);
    ret->fraction = lt_bytes(digits, fraction);
    return 0;
}

void lt_plain_number_format(const struct lt_plain_number *number, struct lt_buf *text)
{
    if (number->negative)
        lt_buf_addc(text, '-');
    if (number->whole.len == 0)
        lt_buf_addc(text, '0');
    lt_buf_add(text, number->whole.data, number->whole.len);
    if (number->fraction.len == 0)
        return;
    lt_buf_addc(text, '.');
    lt_buf_add(text, number->fraction.data, number->fraction.len);
}

/* Does the first byte only repeat the sign? */
static bool is_padded(const uint8_t *bytes, size_t len)
{
    return len > 1 && bytes[0] == (bytes[1] & 0x80 ? 0xff : 0x00);
}

static void put_shortest(struct lt_buf *out, const uint8_t *bytes, size_t len)
{
    while (is_padded(bytes, len)) {
        bytes++;
        len--;
    }
    lt_wire_put_bytes(out, bytes, len);
}

static void put_word(struct lt_buf *out, const char *digits, bool negative)
{
    int64_t value = 0;
    uint8_t bytes[8];
    for (; *digits; digits++)
        value = value * 10 + (*digits - '0');
    uint64_t bits = (uint64_t)(negative ? -value : value);
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(bits >> (56 - 8 * i));
    put_shortest(out, bytes, sizeof bytes);
}

static void negate(uint8_t *bytes, size_t len)
{
    unsigned carry = 1;
    while (len-- > 0) {
        carry += (uint8_t)~bytes[len];
        bytes[len] = (uint8_t)carry;
        carry >>= 8;
    }
}

static void put_long_number(struct lt_buf *out, const char *digits, bool negative)
{
    uint8_t bytes[BYTES_MAX];
    BIGNUM *number = NULL;
    lt_assert(BN_dec2bn(&number, digits) > 0);
    lt_assert(BN_bn2binpad(number, bytes, sizeof bytes) == (int)sizeof bytes);
    BN_free(number);
    if (negative)
        negate(bytes, sizeof bytes);
    put_shortest(out, bytes, sizeof bytes);
}

bool lt_is_special_number(struct lt_bytes text)
{
    return lt_bytes_equal(text, lt_bytes_text("NaN")) ||
           lt_bytes_equal(text, lt_bytes_text("Infinity")) ||
           lt_bytes_equal(text, lt_bytes_text("-Infinity"));
}

int lt_decimal_encode(const struct lt_type *type,
                      struct lt_bytes text,
                      struct lt_buf *out,
                      struct lt_error *reterr)
{
    struct lt_plain_number number;
    char digits[DIGITS_MAX + 1];
    if (lt_is_special_number(text))
        return lt_value_reject(reterr, "NaN and infinity cannot travel as a decimal");
    if (lt_plain_number_parse(text, &number) < 0)
        return lt_value_reject(reterr, "not a plain decimal number");
    size_t scale = (size_t)type->scale, whole_max = (size_t)type->precision - scale;
    if (number.whole.len > whole_max || number.fraction.len > scale)
        return lt_value_reject(reterr, "number has more digits than decimal(%d,%d) holds",
                               type->precision, type->scale);
    size_t len = number.whole.len;
    memcpy(digits, number.whole.data, len);
    memcpy(digits + len, number.fraction.data, number.fraction.len);
    memset(digits + len + number.fraction.len, '0', scale - number.fraction.len);
    len += scale;
    digits[len] = '\0';
    if (len <= WORD_DIGITS)
        put_word(out, digits, number.negative);
    else
        put_long_number(out, digits, number.negative);
    return 0;
}

/* Absolute value of big-endian two's complement, as decimal digits without leading zeros. */
static char *word_digits(struct lt_bytes bytes, char buf[24])
{
    int64_t value = bytes.data[0] & 0x80 ? -1 : 0;
    for (size_t i = 0; i < bytes.len; i++)
        value = (int64_t)((uint64_t)value << 8 | bytes.data[i]);
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char *at = buf + 23;
    *at = '\0';
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    return at;
}

/* The same for any length; OPENSSL_free() the result. */
static char *long_digits(struct lt_bytes bytes)
{
    uint8_t copy[BYTES_MAX];
    memcpy(copy, bytes.data, bytes.len);
    if (copy[0] & 0x80)
        negate(copy, bytes.len);
    BIGNUM *number = BN_bin2bn(copy, (int)bytes.len, NULL);
    lt_assert(number);
    char *digits = BN_bn2dec(number);
    lt_assert(digits);
    BN_free(number);
    return digits;
}

/* Sets the point `scale` digits from the right, with a zero in front of it if need be. */
static void put_scaled(struct lt_buf *text, const char *digits, size_t scale, bool negative)
{
    size_t len = strlen(digits), whole = len > scale ? len - scale : 0;
    if (negative)
        lt_buf_addc(text, '-');
    if (whole == 0)
        lt_buf_addc(text, '0');
    lt_buf_add(text, digits, whole);
    if (scale == 0)
        return;
    lt_buf_addc(text, '.');
    for (size_t i = len - whole; i < scale; i++)
        lt_buf_addc(text, '0');
    lt_buf_add(text, digits + whole, len - whole);
}

static int put_digits(const struct lt_type *type,
                      const char *digits,
                      bool negative,
                      struct lt_buf *text,
                      struct lt_error *reterr)
{
    if (strlen(digits) > (size_t)type->precision)
        return lt_value_reject(reterr, "number has more digits than decimal(%d,%d) holds",
                               type->precision, type->scale);
    put_scaled(text, digits, (size_t)type->scale, negative);
    return 0;
}

int lt_decimal_decode(const struct lt_type *type,
                      struct lt_bytes avro,
                      struct lt_buf *text,
                      struct lt_error *reterr)
{
    struct lt_bytes bytes;
    char buf[24];
    if (lt_wire_get_bytes(avro, &bytes) < 0 || bytes.len == 0 || bytes.len > BYTES_MAX ||
        is_padded(bytes.data, bytes.len))
        return lt_value_reject(reterr, "not an Avro decimal in its shortest form");
    bool negative = bytes.data[0] & 0x80;
    if (bytes.len <= 8)
        return put_digits(type, word_digits(bytes, buf), negative, text, reterr);
    char *digits = long_digits(bytes);
    int rc = put_digits(type, digits, negative, text, reterr);
    OPENSSL_free(digits);
    return rc;
}
