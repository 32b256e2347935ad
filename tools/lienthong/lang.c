#include "lienthong/lang.h"

#include <stdio.h>
#include <string.h>

enum lt_cli_lang lt_cli_lang_of(const char *locale)
{
    if (strncmp(locale, "vi", 2) != 0)
        return LT_CLI_EN;
    return locale[2] == '\0' || strchr("_.@-", locale[2]) ? LT_CLI_VI : LT_CLI_EN;
}

enum lt_cli_lang lt_cli_lang_pick(const char *const *candidates, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (candidates[i] && candidates[i][0])
            return lt_cli_lang_of(candidates[i]);
    return LT_CLI_EN;
}

/* One row per pair of units; the first whose larger unit fits is used. */
static const struct unit {
    lt_time large, small;
    const char *en[2], *vi[2];
} UNITS[] = {
    {86400 * LT_SECOND, 3600 * LT_SECOND, {"d", "h"}, {"ngày", "giờ"}},
    {3600 * LT_SECOND, 60 * LT_SECOND, {"h", "min"}, {"giờ", "phút"}},
    {60 * LT_SECOND, LT_SECOND, {"min", "s"}, {"phút", "giây"}},
    {LT_SECOND, LT_SECOND, {"s", ""}, {"giây", ""}},
};

const char *lt_cli_duration(enum lt_cli_lang lang, lt_time span, char buf[LT_CLI_WHEN_MAX])
{
    for (size_t i = 0; i < LT_COUNT(UNITS); i++) {
        const struct unit *unit = &UNITS[i];
        if (span < unit->large)
            continue;
        const char *const *names = lang == LT_CLI_VI ? unit->vi : unit->en;
        long long many = span / unit->large, few = span % unit->large / unit->small;
        if (few)
            snprintf(buf, LT_CLI_WHEN_MAX, "%lld %s %lld %s", many, names[0], few, names[1]);
        else
            snprintf(buf, LT_CLI_WHEN_MAX, "%lld %s", many, names[0]);
        return buf;
    }
    long long ms = span > 0 ? span / LT_MILLI : 0;
    snprintf(buf, LT_CLI_WHEN_MAX, LT_SAY(lang, "%lld ms", "%lld mili giây"), ms);
    return buf;
}

const char *lt_cli_when(enum lt_cli_lang lang, lt_time at, lt_time now, char buf[LT_CLI_WHEN_MAX])
{
    if (at == LT_TIME_NONE || at == LT_TIME_END) {
        snprintf(buf, LT_CLI_WHEN_MAX, "-");
        return buf;
    }
    char clock[32], span[LT_CLI_WHEN_MAX];
    lt_time_vn(at, clock, sizeof clock);
    lt_cli_duration(lang, at > now ? at - now : now - at, span);
    if (at > now)
        snprintf(buf, LT_CLI_WHEN_MAX, LT_SAY(lang, "%s (in %.40s)", "%s (còn %.40s)"), clock,
                 span);
    else
        snprintf(buf, LT_CLI_WHEN_MAX, LT_SAY(lang, "%s (%.40s ago)", "%s (cách đây %.40s)"), clock,
                 span);
    return buf;
}

/* The next code point of UTF-8 text; a byte that begins none stands for itself. */
static unsigned next_code(const unsigned char **p)
{
    unsigned first = *(*p)++;
    int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    unsigned code = more ? first & (0x3FU >> more) : first;
    for (; more > 0 && (**p & 0xC0) == 0x80; more--)
        code = code << 6 | (*(*p)++ & 0x3FU);
    return code;
}

size_t lt_cli_columns(const char *text)
{
    size_t columns = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        unsigned code = next_code(&p);
        if (code < 0x300 || code > 0x36F) /* combining marks take no room */
            columns++;
    }
    return columns;
}

void lt_cli_pad(struct lt_buf *out, const char *text, size_t columns)
{
    size_t used = lt_cli_columns(text);
    lt_buf_adds(out, text);
    do
        lt_buf_addc(out, ' ');
    while (++used < columns);
}

void lt_cli_add_clean(struct lt_buf *out, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        const unsigned char *start = p;
        unsigned code = next_code(&p);
        if (code < 0x20 || (code >= 0x7F && code < 0xA0))
            lt_buf_addc(out, '?');
        else
            lt_buf_add(out, start, (size_t)(p - start));
    }
}
