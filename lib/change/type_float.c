/* real and double precision <-> IEEE 754 in little-endian bytes.  The text is the shortest decimal
 * that reads back to the same number, laid out as PostgreSQL lays it out (float8out with
 * extra_float_digits > 0): plain from 1e-4 up to 1e15 (real: 1e6), else with an exponent of two
 * digits or more.  As in PostgreSQL a decimal that lies exactly between two numbers is not taken
 * for either, so that any rounding rule reads it back.  strtod() and printf() are those of the
 * "C" locale: our programs never set another one. */
#include "change/type_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 17 /* always enough for a double; 9 for a float */

/* What differs between the two widths. */
struct width {
    int bytes;
    int sure;        /* a decimal of so many digits always survives (normal numbers) */
    int enough;      /* so many digits tell any two numbers apart */
    int plain_below; /* exponent from which the E notation starts */
    double min_normal;
};
static const struct width single = {4, 6, 9, 6, 0x1p-126};
static const struct width twice = {8, 15, 17, 15, 0x1p-1022};

static double parse_as(const struct width *width, const char *text)
{
    return width == &single ? (double)strtof(text, NULL) : strtod(text, NULL);
}

static double next_above(const struct width *width, double value)
{
    return width == &single ? (double)nextafterf((float)value, INFINITY)
                            : nextafter(value, INFINITY);
}

/* Does the decimal d.ddd x 10^e (printed with `precision` digits after the point) lie exactly
 * half way between value and one of its neighbours? */
static bool is_half_way(const struct width *width, double value, const char *text)
{
    char exact[64], padded[64];
    long double parsed = strtold(text, NULL);
    double above = next_above(width, value), below = -next_above(width, -value);
    long double half_above = ((long double)value + above) / 2;
    long double half_below = ((long double)value + below) / 2;
    if (parsed != half_above && parsed != half_below)
        return false;
    snprintf(exact, sizeof exact, "%.40Le", parsed);
    const char *mark = strchr(text, 'e');
    int mantissa = (int)(mark - text);
    int zeros = 42 - mantissa - (mantissa == 1);
    snprintf(padded, sizeof padded, "%.*s%s%.*s%s", mantissa, text, mantissa == 1 ? "." : "", zeros,
             "000000000000000000000000000000000000000000", mark);
    return strcmp(exact, padded) == 0;
}

static bool reads_back(const struct width *width, double value, const char *text)
{
    return parse_as(width, text) == value && !is_half_way(width, value, text);
}

/* Moves the last digit of "d.ddde±xx" by one; false where that would carry. */
static bool step_digit(char *text, int by)
{
    char *last = strchr(text, 'e') - 1;
    if (*last == (by > 0 ? '9' : '0'))
        return false;
    *last = (char)(*last + by);
    return true;
}

/* Is there a decimal of so many digits that reads back?  The nearest one is tried first; where the
 * gaps to the two neighbours differ (at powers of two) the one on the other side may do. */
static bool try_digits(const struct width *width, double value, int digits, char text[40])
{
    snprintf(text, 40, "%.*e", digits - 1, value);
    if (reads_back(width, value, text))
        return true;
    for (int by = -1; by <= 1; by += 2) {
        char other[40];
        memcpy(other, text, 40);
        if (step_digit(other, by) && reads_back(width, value, other)) {
            memcpy(text, other, 40);
            return true;
        }
    }
    return false;
}

/* The shortest decimal of a positive finite number as digits and exponent of the first digit. */
static void
shortest(const struct width *width, double value, char digits[DIGITS_MAX + 1], int *exponent)
{
    char text[40];
    int count = value < width->min_normal ? 1 : width->sure;
    while (count < width->enough && !try_digits(width, value, count, text))
        count++;
    if (count == width->enough)
        snprintf(text, sizeof text, "%.*e", count - 1, value);
    size_t len = 0;
    const char *at = text;
    for (; *at != 'e'; at++)
        if (*at != '.')
            digits[len++] = *at;
    while (len > 1 && digits[len - 1] == '0')
        len--;
    digits[len] = '\0';
    *exponent = (int)strtol(at + 1, NULL, 10);
}

static void put_plain(struct lt_buf *text, const char *digits, int exponent)
{
    int len = (int)strlen(digits);
    if (exponent < 0) {
        lt_buf_addf(text, "0.%.*s%s", -exponent - 1, "000", digits);
        return;
    }
    for (int i = 0; i <= exponent; i++)
        lt_buf_addc(text, (uint8_t)(i < len ? digits[i] : '0'));
    if (len > exponent + 1)
        lt_buf_addf(text, ".%s", digits + exponent + 1);
}

static void put_number(const struct width *width, double value, struct lt_buf *text)
{
    char digits[DIGITS_MAX + 1];
    int exponent;
    if (value == 0) {
        lt_buf_addc(text, '0');
        return;
    }
    shortest(width, value, digits, &exponent);
    if (exponent >= -4 && exponent < width->plain_below)
        put_plain(text, digits, exponent);
    else
        lt_buf_addf(text, "%c%s%se%+03d", digits[0], digits[1] ? "." : "", digits + 1, exponent);
}

/* Digits, a point, an exponent: what PostgreSQL writes, nothing else that strtod() would read. */
static bool is_number(const char *text)
{
    text += *text == '-';
    size_t whole = strspn(text, "0123456789");
    text += whole;
    if (whole == 0)
        return false;
    if (*text == '.') {
        size_t fraction = strspn(++text, "0123456789");
        text += fraction;
        if (fraction == 0)
            return false;
    }
    if (*text == 'e') {
        text++;
        text += *text == '+' || *text == '-';
        size_t exponent = strspn(text, "0123456789");
        text += exponent;
        if (exponent == 0)
            return false;
    }
    return *text == '\0';
}

static int parse(const struct width *width, const char *text, double *ret)
{
    static const struct {
        const char *text;
        double value;
    } names[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    for (size_t i = 0; i < LT_COUNT(names); i++) {
        if (strcmp(text, names[i].text) == 0) {
            *ret = names[i].value;
            return 0;
        }
    }
    if (!is_number(text))
        return -1;
    *ret = parse_as(width, text);
    return isfinite(*ret) ? 0 : -1;
}

static void put_le(struct lt_buf *out, uint64_t bits, int bytes)
{
    for (int i = 0; i < bytes; i++)
        lt_buf_addc(out, (uint8_t)(bits >> (8 * i)));
}

int lt_float_encode(struct lt_bytes text,
                    bool is_double,
                    struct lt_buf *out,
                    struct lt_error *reterr)
{
    const struct width *width = is_double ? &twice : &single;
    char copy[64];
    double value;
    if (text.len >= sizeof copy || memchr(text.data, '\0', text.len))
        return lt_value_reject(reterr, "not a floating-point number");
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (parse(width, copy, &value) < 0)
        return lt_value_reject(reterr, "not a floating-point number in range");
    if (is_double) {
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        put_le(out, bits, 8);
    } else {
        float narrow = (float)value;
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof bits);
        put_le(out, bits, 4);
    }
    return 0;
}

static double read_le(struct lt_bytes avro)
{
    uint64_t bits = 0;
    for (size_t i = avro.len; i-- > 0;)
        bits = bits << 8 | avro.data[i];
    if (avro.len == 8) {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return (double)value;
}

int lt_float_decode(struct lt_bytes avro,
                    bool is_double,
                    struct lt_buf *text,
                    struct lt_error *reterr)
{
    const struct width *width = is_double ? &twice : &single;
    if (avro.len != (size_t)width->bytes)
        return lt_value_reject(reterr, "not an Avro %s", is_double ? "double" : "float");
    double value = read_le(avro);
    if (isnan(value)) {
        lt_buf_adds(text, "NaN");
        return 0;
    }
    if (signbit(value))
        lt_buf_addc(text, '-');
    if (isinf(value))
        lt_buf_adds(text, "Infinity");
    else
        put_number(width, fabs(value), text);
    return 0;
}
