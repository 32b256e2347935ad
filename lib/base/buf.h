/**
 * @file
 * A growing byte buffer and a view of bytes.  Layer 0.
 */
#pragma once

#include "base/macros.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes that somebody else owns.  data == NULL means absent (a null value), not empty. */
struct lt_bytes {
    const uint8_t *data;
    size_t len;
};

static inline struct lt_bytes lt_bytes(const void *data, size_t len)
{
    return (struct lt_bytes){.data = (const uint8_t *)data, .len = len};
}
struct lt_bytes lt_bytes_text(const char *text); /**< the bytes of a C string; NULL gives absent */
bool lt_bytes_equal(struct lt_bytes a, struct lt_bytes b);
int lt_bytes_compare(struct lt_bytes a, struct lt_bytes b); /**< bytewise, shorter first */

/** Zero-initialise to start; lt_buf_fini() releases. */
struct lt_buf {
    uint8_t *data;
    size_t len;
    size_t cap;
};
void lt_buf_fini(struct lt_buf *buf);
static inline void lt_buf_clear(struct lt_buf *buf)
{
    buf->len = 0;
}
uint8_t *lt_buf_grow(struct lt_buf *buf, size_t more); /**< room for more bytes; len unchanged */
void lt_buf_add(struct lt_buf *buf, const void *data, size_t len);
static inline void lt_buf_addc(struct lt_buf *buf, uint8_t byte)
{
    if (buf->len == buf->cap)
        lt_buf_grow(buf, 1);
    buf->data[buf->len++] = byte;
}
void lt_buf_adds(struct lt_buf *buf, const char *text);
void lt_buf_addf(struct lt_buf *buf, const char *fmt, ...) LT_PRINTF(2, 3);
const char *lt_buf_text(struct lt_buf *buf); /**< zero terminated; valid until the next change */
static inline struct lt_bytes lt_buf_bytes(const struct lt_buf *buf)
{
    return lt_bytes(buf->data ? buf->data : (const uint8_t *)"", buf->len);
}
