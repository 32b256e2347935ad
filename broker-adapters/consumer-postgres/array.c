#include "consumer-postgres/array.h"

#include "base/num.h"

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

void lt_array_add(struct lt_buf *out, size_t start, struct lt_bytes item)
{
    if (!item.data) {
        lt_put_u32be(out->data + start + 4, 1);
        put_u32(out, UINT32_MAX);
        return;
    }
    put_u32(out, (uint32_t)item.len);
    lt_buf_add(out, item.data, item.len);
}
