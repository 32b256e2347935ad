#include "lienthong/when.h"

#include "base/num.h"

#include <string.h>
#include <time.h>

#define VIETNAM_OFFSET_S (7 * 3600)

/* Two or four digits at *text; moves behind them. */
static bool digits(const char **text, size_t count, int *ret)
{
    uint64_t value;
    if (strnlen(*text, count) < count || lt_parse_u64(*text, count, 9999, &value) != 0)
        return false;
    *text += count;
    *ret = (int)value;
    return true;
}

static bool literal(const char **text, char c)
{
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

static bool parse_date(const char **text, struct tm *tm)
{
    if (!digits(text, 4, &tm->tm_year) || !literal(text, '-') || !digits(text, 2, &tm->tm_mon) ||
        !literal(text, '-') || !digits(text, 2, &tm->tm_mday))
        return false;
    tm->tm_year -= 1900;
    tm->tm_mon -= 1;
    return true;
}

/* "hh:mm" or "hh:mm:ss". */
static bool parse_clock(const char **text, struct tm *tm)
{
    if (!digits(text, 2, &tm->tm_hour) || !literal(text, ':') || !digits(text, 2, &tm->tm_min))
        return false;
    return !literal(text, ':') || digits(text, 2, &tm->tm_sec);
}

/* "Z", "+hh:mm", "-hh:mm"; nothing means Vietnam. */
static bool parse_zone(const char **text, int *offset_s)
{
    *offset_s = VIETNAM_OFFSET_S;
    if (**text == '\0')
        return true;
    *offset_s = 0;
    if (literal(text, 'Z'))
        return **text == '\0';
    int sign = literal(text, '+') ? 1 : literal(text, '-') ? -1 : 0, hours = 0, minutes = 0;
    if (sign == 0 || !digits(text, 2, &hours) || !literal(text, ':') ||
        !digits(text, 2, &minutes) || hours > 14 || minutes > 59)
        return false;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return **text == '\0';
}

/* timegm() bends impossible dates into possible ones; then they do not come back the same. */
static bool to_seconds(const struct tm *given, time_t *ret)
{
    struct tm tm = *given;
    *ret = timegm(&tm);
    return tm.tm_year == given->tm_year && tm.tm_mon == given->tm_mon &&
           tm.tm_mday == given->tm_mday && tm.tm_hour == given->tm_hour &&
           tm.tm_min == given->tm_min && tm.tm_sec == given->tm_sec;
}

int lt_cli_when_parse(const char *text, lt_time *ret, struct lt_error *reterr)
{
    struct tm tm = {0};
    const char *at = text;
    int offset_s = 0;
    time_t seconds = 0;
    bool ok = parse_date(&at, &tm);
    if (ok && *at)
        ok = (literal(&at, 'T') || literal(&at, ' ')) && parse_clock(&at, &tm);
    ok = ok && parse_zone(&at, &offset_s) && to_seconds(&tm, &seconds);
    if (!ok)
        return lt_fail(reterr, LT_ERR_REJECT, "time", 0,
                       "no time: '%s' (2026-12-01T08:00:00Z or 2026-12-01 08:00 expected)", text);
    *ret = ((lt_time)seconds - offset_s) * LT_SECOND;
    return 0;
}
