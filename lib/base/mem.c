#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p)
{
    if (!p) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return p;
}

void *lt_alloc(size_t size)
{
    return must(calloc(1, size ? size : 1));
}

void *lt_realloc(void *p, size_t size)
{
    return must(realloc(p, size ? size : 1));
}

void *lt_memdup(const void *data, size_t len)
{
    char *copy = must(malloc(len + 1));
    if (len)
        memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

char *lt_strdup(const char *text)
{
    return text ? lt_memdup(text, strlen(text)) : NULL;
}

char *lt_printf(const char *fmt, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    const int n = vasprintf(&text, fmt, args);
    va_end(args);
    return must(n < 0 ? NULL : text);
}

void lt_freep(void *pp)
{
    void **p = pp;
    free(*p);
    *p = NULL;
}
