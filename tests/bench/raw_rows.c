#include "bench/raw_rows.h"

#include <string.h>

#include "base/num.h"

#define PG_EPOCH (946684800 * LT_SECOND)

static void put16(struct lt_buf *out, unsigned value)
{
    lt_buf_addc(out, (uint8_t)(value >> 8));
    lt_buf_addc(out, (uint8_t)value);
}

static void put32(struct lt_buf *out, uint32_t value)
{
    uint8_t bytes[4];
    lt_put_u32be(bytes, value);
    lt_buf_add(out, bytes, sizeof(bytes));
}

static void put64(struct lt_buf *out, int64_t value)
{
    uint8_t bytes[8];
    lt_put_u64be(bytes, (uint64_t)value);
    lt_buf_add(out, bytes, sizeof(bytes));
}

/* numeric_recv(): digits to the base of 10,000, the last one is the fraction. */
static void put_numeric(struct lt_buf *out, int64_t ten_thousandths)
{
    unsigned digits[6], count = 0;
    for (int64_t rest = ten_thousandths; rest > 0 || count == 0; rest /= 10000) {
        digits[count++] = (unsigned)(rest % 10000);
    }
    put32(out, 8 + 2 * count);
    put16(out, count);
    put16(out, count - 2); /* weight of the first digit */
    put16(out, 0);
    put16(out, 4); /* scale */
    while (count > 0) {
        put16(out, digits[--count]);
    }
}

static void put_text(struct lt_buf *out, const char *text)
{
    size_t len = strlen(text);
    put32(out, (uint32_t)len);
    lt_buf_add(out, text, len);
}

static void put_long(struct lt_buf *out, int64_t value)
{
    put32(out, 8);
    put64(out, value);
}

static void put_value(struct lt_buf *out, const struct sample_row *row, size_t column)
{
    switch (column) {
    case 0:
        put_long(out, row->id);
        break;
    case 1:
        put32(out, 4);
        put32(out, (uint32_t)row->district);
        break;
    case 2:
        put_numeric(out, row->amount);
        break;
    case 3:
        put_long(out, row->changed - PG_EPOCH);
        break;
    case 4:
        put_text(out, row->name);
        break;
    case 5:
        if (row->address[0] != '\0') {
            put_text(out, row->address);
        } else {
            put32(out, UINT32_MAX);
        }
        break;
    case 6:
        put32(out, 1);
        lt_buf_addc(out, row->active);
        break;
    default:
        put_long(out, row->total);
    }
}

void raw_arrays_fill(struct raw_arrays *arrays, const struct sample_row *rows, size_t count)
{
    static const uint32_t oids[SAMPLE_COLUMNS] = {20, 23, 1700, 1184, 25, 25, 16, 20};
    for (size_t column = 0; column < SAMPLE_COLUMNS; column++) {
        struct lt_buf *out = &arrays->columns[column];
        lt_buf_clear(out);
        put32(out, 1);
        put32(out, column == 5);
        put32(out, oids[column]);
        put32(out, (uint32_t)count);
        put32(out, 1);
        for (size_t i = 0; i < count; i++) {
            put_value(out, &rows[i], column);
        }
    }
}

void raw_arrays_fini(struct raw_arrays *arrays)
{
    for (size_t column = 0; column < SAMPLE_COLUMNS; column++) {
        lt_buf_fini(&arrays->columns[column]);
    }
}

void raw_copy_fill(struct lt_buf *out, const struct sample_row *rows, size_t count)
{
    lt_buf_clear(out);
    lt_buf_add(out, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    for (size_t i = 0; i < count; i++) {
        put16(out, SAMPLE_COLUMNS);
        for (size_t column = 0; column < SAMPLE_COLUMNS; column++) {
            put_value(out, &rows[i], column);
        }
    }
    put16(out, UINT16_MAX);
}
