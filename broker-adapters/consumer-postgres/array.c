#include "consumer-postgres/array.h"

#include "base/num.h"

#include <string.h>

/* array_recv(): dimensions, has-null flag, element type; per dimension its length and lower
 * bound; per element its length (-1 = null) and bytes. */
static void put_u32(struct lt_buf *out, uint32_t value)
{
    uint8_t bytes[4];
    lt_put_u32be(bytes, value);
    lt_buf_add(out, bytes, sizeof(bytes));
}

void lt_array_begin(struct lt_buf *out, uint32_t element_oid, size_t count)
{
    put_u32(out, count ? 1 : 0);
    put_u32(out, 0);
    put_u32(out, element_oid);
    if (count) {
        put_u32(out, (uint32_t)count);
        put_u32(out, 1);
    }
}

size_t lt_array_item_bytes(struct lt_bytes item)
{
    return 4 + (item.data ? item.len : 0);
}

size_t lt_array_put(struct lt_buf *out, size_t start, size_t at, struct lt_bytes item)
{
    uint8_t *to = out->data + at;
    lt_assert(at + lt_array_item_bytes(item) <= out->len);
    if (!item.data) {
        lt_put_u32be(out->data + start + 4, 1); /* has nulls */
        lt_put_u32be(to, UINT32_MAX);
        return at + 4;
    }
    lt_put_u32be(to, (uint32_t)item.len);
    memcpy(to + 4, item.data, item.len);
    return at + 4 + item.len;
}

void lt_array_add(struct lt_buf *out, size_t start, struct lt_bytes item)
{
    const size_t at = out->len;
    lt_buf_grow(out, lt_array_item_bytes(item));
    out->len += lt_array_item_bytes(item);
    lt_array_put(out, start, at, item);
}
