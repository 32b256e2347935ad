#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warning", "notice", "info", "debug"};

static struct {
    const char *program;
    enum lt_log_level level;
    bool json;
} settings = {.program = "lt", .level = LT_LOG_INFO};

void lt_log_start(const char *program, enum lt_log_level level, bool json)
{
    settings.program = program;
    settings.level = level;
    settings.json = json;
}

int lt_log_level_parse(const char *text, enum lt_log_level *ret)
{
    for (size_t i = 0; i < LT_COUNT(level_names); i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *ret = (enum lt_log_level)i;
            return 0;
        }
    }
    return -1;
}

static void add_escaped(struct lt_buf *line, const char *text)
{
    lt_buf_addc(line, '"');
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            lt_buf_addf(line, "\\%c", c);
        else if (c == '\n')
            lt_buf_adds(line, "\\n");
        else if (c < 0x20)
            lt_buf_addf(line, "\\u%04x", c);
        else
            lt_buf_addc(line, c);
    }
    lt_buf_addc(line, '"');
}

static void add_pair(struct lt_buf *line, const char *name, const char *value)
{
    const char *text = value ? value : "-";
    if (settings.json) {
        lt_buf_addf(line, ",\"%s\":", name);
        add_escaped(line, text);
        return;
    }
    lt_buf_addf(line, " %s=", name);
    if (*text && !strpbrk(text, " \"\\\n\t="))
        lt_buf_adds(line, text);
    else
        add_escaped(line, text);
}

static void add_head(struct lt_buf *line, enum lt_log_level level, const char *event)
{
    char at[40];
    lt_time_utc(lt_now(), at, sizeof(at));
    memcpy(at + 23, "Z", 2); /* milliseconds are enough for people */
    const char *name = level_names[level], *program = settings.program;
    if (settings.json)
        lt_buf_addf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"program\":\"%s\"", at, name,
                    program);
    else
        lt_buf_addf(line, "%s %s %s", at, name, program);
    add_pair(line, "event", event);
}

static void emit(struct lt_buf *line)
{
    lt_buf_adds(line, settings.json ? "}\n" : "\n");
    /* One write, so that lines of several threads do not mix; a full disk stops nobody. */
    if (write(STDERR_FILENO, line->data, line->len) < 0)
        line->len = 0;
    lt_buf_fini(line);
}

static void add_pairs(struct lt_buf *line, va_list args)
{
    for (const char *name = va_arg(args, const char *); name; name = va_arg(args, const char *))
        add_pair(line, name, va_arg(args, const char *));
}

void lt_log(enum lt_log_level level, const char *event, ...)
{
    if (level > settings.level)
        return;
    struct lt_buf line = {0};
    add_head(&line, level, event);
    va_list args;
    va_start(args, event);
    add_pairs(&line, args);
    va_end(args);
    emit(&line);
}

void lt_log_error(enum lt_log_level level, const char *event, const struct lt_error *err, ...)
{
    if (level > settings.level)
        return;
    struct lt_buf line = {0};
    add_head(&line, level, event);
    add_pair(&line, "class", lt_err_class_name(err->class));
    add_pair(&line, "domain", err->domain);
    if (err->code)
        add_pair(&line, "code", lt_logf("%d", err->code));
    add_pair(&line, "error", err->msg);
    va_list args;
    va_start(args, err);
    add_pairs(&line, args);
    va_end(args);
    emit(&line);
}

const char *lt_logf(const char *fmt, ...)
{
    static _Thread_local char ring[16][256];
    static _Thread_local unsigned turn;
    char *text = ring[turn++ % LT_COUNT(ring)];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(ring[0]), fmt, args);
    va_end(args);
    return text;
}
