/* Dates and timestamps: PostgreSQL's ISO output <-> days and microseconds since 1970-01-01 UTC.
 * Both sides use the proleptic Gregorian calendar without leap seconds.  The years run over what
 * both the wire and PostgreSQL hold: from 4714-11-24 BC; dates to 5874897-12-31, timestamps to
 * the end of 64 bits of microseconds (year 294247), a little short of PostgreSQL's own end. */
#include "change/type_priv.h"

#include <string.h>

#include "base/clock.h"
#include "base/num.h"

#define DAY_MICROS INT64_C(86400000000)
/* 2000-01-01, where PostgreSQL's own counting begins. */
#define PG_EPOCH_DAY 10957

#define DATE_MIN (-2440588) /* 4714-11-24 BC, Julian day 0 */
#define DATE_MAX 2145042905 /* 5874897-12-31 */
#define YEAR_MAX 5874897

/* What is left of the text. */
struct cursor {
    const char *at, *end;
};

/* Decimal digits, at least min and at most max of them; returns how many, 0 for none. */
static size_t take_digits(struct cursor *cursor, size_t min, size_t max, int64_t *ret)
{
    int64_t value = 0;
    size_t len = 0;
    while (len < max && cursor->at + len < cursor->end) {
        char c = cursor->at[len];
        if (c < '0' || c > '9')
            break;
        value = value * 10 + (c - '0');
        len++;
    }
    if (len < min)
        return 0;
    cursor->at += len;
    *ret = value;
    return len;
}

static bool take_char(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

static bool take_word(struct cursor *cursor, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(cursor->end - cursor->at) < len || memcmp(cursor->at, word, len) != 0)
        return false;
    cursor->at += len;
    return true;
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Year 0 is 1 BC.  Years are counted from March so that the leap day comes last. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

struct civil {
    int64_t year, month, day; /* the year as written; BC is told at the end of the text */
};

static int take_civil(struct cursor *cursor, struct civil *civil)
{
    size_t digits = take_digits(cursor, 4, 7, &civil->year);
    bool padded = digits > 4 && civil->year < 10000;
    if (digits == 0 || padded || civil->year < 1 || !take_char(cursor, '-') ||
        !take_digits(cursor, 2, 2, &civil->month) || !take_char(cursor, '-') ||
        !take_digits(cursor, 2, 2, &civil->day))
        return -1;
    return 0;
}

/* Days since 1970; -1 when there is no such day. */
static int civil_days(const struct civil *civil, bool bc, int64_t *ret)
{
    int64_t year = bc ? 1 - civil->year : civil->year;
    if (civil->year > YEAR_MAX || civil->month < 1 || civil->month > 12 || civil->day < 1 ||
        civil->day > days_in_month(year, civil->month))
        return -1;
    *ret = days_from_civil(year, civil->month, civil->day);
    return 0;
}

static bool is_infinite(struct lt_bytes text)
{
    return lt_bytes_equal(text, lt_bytes_text("infinity")) ||
           lt_bytes_equal(text, lt_bytes_text("-infinity"));
}

static struct cursor cursor_of(struct lt_bytes text)
{
    const char *at = (const char *)text.data;
    return (struct cursor){at, at + text.len};
}

int lt_date_encode(struct lt_bytes text, struct lt_buf *out, struct lt_error *reterr)
{
    if (is_infinite(text))
        return lt_value_reject(reterr, "an infinite date cannot travel as a date");
    struct cursor cursor = cursor_of(text);
    struct civil civil;
    int64_t days;
    if (take_civil(&cursor, &civil) < 0)
        return lt_value_reject(reterr, "not a date in ISO form");
    bool bc = take_word(&cursor, " BC");
    if (cursor.at != cursor.end || civil_days(&civil, bc, &days) < 0)
        return lt_value_reject(reterr, "not a date in ISO form");
    if (days < DATE_MIN || days > DATE_MAX)
        return lt_value_reject(reterr, "date outside PostgreSQL's range");
    lt_wire_put_long(out, days);
    return 0;
}

static void put_date(struct lt_buf *text, int64_t days, bool *ret_bc)
{
    int64_t year, month, day;
    civil_from_days(days, &year, &month, &day);
    *ret_bc = year <= 0;
    lt_put_digits(text, (uint64_t)(*ret_bc ? 1 - year : year), 4);
    lt_buf_addc(text, '-');
    lt_put_digits(text, (uint64_t)month, 2);
    lt_buf_addc(text, '-');
    lt_put_digits(text, (uint64_t)day, 2);
}

static int read_date(struct lt_bytes avro, int64_t *ret_days, struct lt_error *reterr)
{
    if (lt_wire_get_long(avro, ret_days) < 0)
        return lt_value_reject(reterr, "not an Avro int");
    if (*ret_days < DATE_MIN || *ret_days > DATE_MAX)
        return lt_value_reject(reterr, "date outside PostgreSQL's range");
    return 0;
}

int lt_date_param(struct lt_bytes avro, struct lt_buf *out, struct lt_error *reterr)
{
    int64_t days;
    if (read_date(avro, &days, reterr) < 0)
        return -1;
    lt_put_u32be(lt_buf_grow(out, 4), (uint32_t)(days - PG_EPOCH_DAY));
    out->len += 4;
    return 0;
}

int lt_date_decode(struct lt_bytes avro, struct lt_buf *text, struct lt_error *reterr)
{
    int64_t days;
    bool bc;
    if (read_date(avro, &days, reterr) < 0)
        return -1;
    put_date(text, days, &bc);
    if (bc)
        lt_buf_adds(text, " BC");
    return 0;
}

/* "HH:MM:SS[.ffffff]" -> microseconds of the day. */
static int take_clock(struct cursor *cursor, int64_t *ret)
{
    int64_t hour, minute, second, fraction = 0;
    if (!take_digits(cursor, 2, 2, &hour) || !take_char(cursor, ':') ||
        !take_digits(cursor, 2, 2, &minute) || !take_char(cursor, ':') ||
        !take_digits(cursor, 2, 2, &second) || hour > 23 || minute > 59 || second > 59)
        return -1;
    if (take_char(cursor, '.')) {
        size_t digits = take_digits(cursor, 1, 6, &fraction);
        if (digits == 0)
            return -1;
        for (; digits < 6; digits++)
            fraction *= 10;
    }
    *ret = ((hour * 60 + minute) * 60 + second) * LT_SECOND + fraction;
    return 0;
}

/* "+HH[:MM[:SS]]" -> microseconds east of UTC. */
static int take_zone(struct cursor *cursor, int64_t *ret)
{
    int64_t hour, minute = 0, second = 0;
    bool west = take_char(cursor, '-');
    if ((!west && !take_char(cursor, '+')) || !take_digits(cursor, 2, 2, &hour) || hour > 15)
        return -1;
    if (take_char(cursor, ':')) {
        if (!take_digits(cursor, 2, 2, &minute) || minute > 59)
            return -1;
        if (take_char(cursor, ':') && (!take_digits(cursor, 2, 2, &second) || second > 59))
            return -1;
    }
    int64_t east = ((hour * 60 + minute) * 60 + second) * LT_SECOND;
    *ret = west ? -east : east;
    return 0;
}

/* Days and microseconds of the day (moved by the zone) from the whole text. */
static int parse_timestamp(struct lt_bytes text, bool zone, int64_t *ret_days, int64_t *ret_micros)
{
    struct cursor cursor = cursor_of(text);
    struct civil civil;
    int64_t micros, east = 0;
    if (take_civil(&cursor, &civil) < 0 || !take_char(&cursor, ' ') ||
        take_clock(&cursor, &micros) < 0 || (zone && take_zone(&cursor, &east) < 0))
        return -1;
    bool bc = take_word(&cursor, " BC");
    *ret_micros = micros - east;
    return cursor.at != cursor.end || civil_days(&civil, bc, ret_days) < 0 ? -1 : 0;
}

int lt_timestamp_encode(struct lt_bytes text,
                        bool zone,
                        struct lt_buf *out,
                        struct lt_error *reterr)
{
    int64_t days, micros, value;
    if (is_infinite(text))
        return lt_value_reject(reterr, "an infinite timestamp cannot travel as a timestamp");
    if (parse_timestamp(text, zone, &days, &micros) < 0)
        return lt_value_reject(reterr, "not a timestamp in ISO form");
    if (__builtin_mul_overflow(days, DAY_MICROS, &value) ||
        __builtin_add_overflow(value, micros, &value))
        return lt_value_reject(reterr, "timestamp outside the range of timestamp-micros");
    if (value < DATE_MIN * DAY_MICROS)
        return lt_value_reject(reterr, "timestamp outside PostgreSQL's range");
    lt_wire_put_long(out, value);
    return 0;
}

static void put_clock(struct lt_buf *text, uint64_t micros)
{
    uint64_t seconds = micros / 1000000, fraction = micros % 1000000;
    lt_buf_addc(text, ' ');
    lt_put_digits(text, seconds / 3600, 2);
    lt_buf_addc(text, ':');
    lt_put_digits(text, seconds / 60 % 60, 2);
    lt_buf_addc(text, ':');
    lt_put_digits(text, seconds % 60, 2);
    if (fraction == 0)
        return;
    lt_buf_addc(text, '.');
    lt_put_digits(text, fraction, 6);
    while (text->data[text->len - 1] == '0')
        text->len--;
}

static int read_timestamp(struct lt_bytes avro, int64_t *ret, struct lt_error *reterr)
{
    if (lt_wire_get_long(avro, ret) < 0)
        return lt_value_reject(reterr, "not an Avro long");
    if (*ret < DATE_MIN * DAY_MICROS)
        return lt_value_reject(reterr, "timestamp outside PostgreSQL's range");
    return 0;
}

int lt_timestamp_param(struct lt_bytes avro, struct lt_buf *out, struct lt_error *reterr)
{
    int64_t value;
    if (read_timestamp(avro, &value, reterr) < 0)
        return -1;
    lt_put_u64be(lt_buf_grow(out, 8), (uint64_t)(value - PG_EPOCH_DAY * DAY_MICROS));
    out->len += 8;
    return 0;
}

int lt_timestamp_decode(struct lt_bytes avro,
                        bool zone,
                        struct lt_buf *text,
                        struct lt_error *reterr)
{
    int64_t value;
    bool bc;
    if (read_timestamp(avro, &value, reterr) < 0)
        return -1;
    int64_t days = value / DAY_MICROS, micros = value % DAY_MICROS;
    if (micros < 0) {
        micros += DAY_MICROS;
        days--;
    }
    put_date(text, days, &bc);
    put_clock(text, (uint64_t)micros);
    if (zone)
        lt_buf_adds(text, "+00");
    if (bc)
        lt_buf_adds(text, " BC");
    return 0;
}
