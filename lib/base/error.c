#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int lt_fail(struct lt_error *reterr,
            enum lt_err_class class,
            const char *domain,
            int code,
            const char *fmt,
            ...)
{
    if (!reterr)
        return -1;
    struct lt_error err = {.class = class, .domain = domain, .code = code};
    va_list args;
    va_start(args, fmt);
    vsnprintf(err.msg, sizeof(err.msg), fmt, args);
    va_end(args);
    *reterr = err; /* last, so that an argument may point into *reterr */
    return -1;
}

int lt_fail_context(struct lt_error *reterr, const char *fmt, ...)
{
    if (!reterr)
        return -1;
    char context[sizeof(reterr->msg)];
    va_list args;
    va_start(args, fmt);
    vsnprintf(context, sizeof(context), fmt, args);
    va_end(args);
    size_t len = strnlen(context, sizeof(context) - 3);
    memcpy(context + len, ": ", 3);
    len += 2;
    const size_t room = sizeof(context) - 1 - len;
    const size_t old = strnlen(reterr->msg, room);
    memcpy(context + len, reterr->msg, old);
    context[len + old] = '\0';
    memcpy(reterr->msg, context, len + old + 1);
    return -1;
}

const char *lt_err_class_name(enum lt_err_class class)
{
    switch (class) {
    case LT_ERR_NONE:
        return "none";
    case LT_ERR_RETRY:
        return "retry";
    case LT_ERR_ABORT:
        return "abort";
    case LT_ERR_REJECT:
        return "reject";
    case LT_ERR_FATAL:
        return "fatal";
    }
    return "none";
}

void lt_assert_failed(const char *cond, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, cond);
    abort();
}
