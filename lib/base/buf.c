#include "base/buf.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lt_bytes lt_bytes_text(const char *text)
{
    return lt_bytes(text, text ? strlen(text) : 0);
}

bool lt_bytes_equal(struct lt_bytes a, struct lt_bytes b)
{
    if (!a.data != !b.data || a.len != b.len)
        return false;
    return a.len == 0 || memcmp(a.data, b.data, a.len) == 0;
}

int lt_bytes_compare(struct lt_bytes a, struct lt_bytes b)
{
    const size_t common = LT_MIN(a.len, b.len);
    const int order = common ? memcmp(a.data, b.data, common) : 0;
    if (order)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

void lt_buf_fini(struct lt_buf *buf)
{
    free(buf->data);
    *buf = (struct lt_buf){0};
}

uint8_t *lt_buf_grow(struct lt_buf *buf, size_t more)
{
    if (buf->cap - buf->len < more) {
        const size_t need = buf->len + more;
        lt_assert(need >= more);
        buf->cap = LT_MAX(LT_MAX(need, buf->cap * 2), (size_t)64);
        buf->data = lt_realloc(buf->data, buf->cap);
    }
    return buf->data + buf->len;
}

void lt_buf_add(struct lt_buf *buf, const void *data, size_t len)
{
    if (!len)
        return;
    memcpy(lt_buf_grow(buf, len), data, len);
    buf->len += len;
}

void lt_buf_adds(struct lt_buf *buf, const char *text)
{
    lt_buf_add(buf, text, strlen(text));
}

void lt_buf_addf(struct lt_buf *buf, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    const int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    lt_assert(len >= 0);
    char *end = (char *)lt_buf_grow(buf, (size_t)len + 1);
    vsnprintf(end, (size_t)len + 1, fmt, again);
    va_end(again);
    buf->len += (size_t)len;
}

const char *lt_buf_text(struct lt_buf *buf)
{
    *lt_buf_grow(buf, 1) = '\0';
    return (const char *)buf->data;
}
