#include "base/num.h"

#include <string.h>

#define SAFE_DIGITS 19 /* so many always fit */

int lt_parse_u64(const char *text, size_t len, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;
    if (len == 0)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        const uint64_t digit = (uint64_t)(text[i] - '0');
        if (i >= SAFE_DIGITS && value > (UINT64_MAX - digit) / 10)
            return -1;
        value = value * 10 + digit;
    }
    if (value > max)
        return -1;
    *ret = value;
    return 0;
}

int lt_parse_i64(const char *text, size_t len, int64_t *ret)
{
    const bool negative = len > 0 && text[0] == '-';
    uint64_t magnitude;
    const uint64_t max = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    if (lt_parse_u64(text + negative, len - negative, max, &magnitude))
        return -1;
    *ret = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int lt_parse_hex64(const char *text, size_t len, uint64_t *ret)
{
    uint64_t value = 0;
    if (len == 0 || len > 16)
        return -1;
    for (size_t i = 0; i < len; i++) {
        const int digit = hex_digit(text[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | (uint64_t)digit;
    }
    *ret = value;
    return 0;
}

int lt_parse_duration_ms(const char *text, int64_t *ret_ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    const size_t digits = strspn(text, "0123456789");
    uint64_t count;
    if (lt_parse_u64(text, digits, INT64_MAX, &count))
        return -1;
    for (size_t i = 0; i < LT_COUNT(units); i++)
        if (strcmp(text + digits, units[i].unit) == 0)
            return __builtin_mul_overflow((int64_t)count, units[i].ms, ret_ms) ? -1 : 0;
    return -1;
}
