#include "consumer-postgres/params.h"

#include "base/mem.h"
#include "consumer-postgres/array.h"
#include "pg/conn.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_FORMAT   0
#define BINARY_FORMAT 1

void lt_params_fini(struct lt_params *params)
{
    lt_buf_fini(&params->data);
    free(params->starts);
    free(params->lengths);
    free(params->formats);
    free(params->values);
    *params = (struct lt_params){0};
}

void lt_params_clear(struct lt_params *params)
{
    lt_buf_clear(&params->data);
    params->count = 0;
}

/* Opens the next parameter; its bytes are what is added to data until close(). */
static int open_param(struct lt_params *params, int format)
{
    if (params->count == params->cap) {
        params->cap = params->cap ? 2 * params->cap : 16;
        const size_t cap = (size_t)params->cap;
        params->starts = lt_realloc(params->starts, cap * sizeof(*params->starts));
        params->lengths = lt_realloc(params->lengths, cap * sizeof(*params->lengths));
        params->formats = lt_realloc(params->formats, cap * sizeof(*params->formats));
        params->values = lt_realloc(params->values, cap * sizeof(*params->values));
    }
    params->starts[params->count] = params->data.len;
    params->formats[params->count] = format;
    return params->count++;
}

static void close_param(struct lt_params *params, int which)
{
    params->lengths[which] = (int)(params->data.len - params->starts[which]);
    lt_buf_addc(&params->data, 0); /* libpq wants texts zero terminated */
}

void lt_params_text(struct lt_params *params, struct lt_bytes text)
{
    const int which = open_param(params, TEXT_FORMAT);
    lt_buf_add(&params->data, text.data ? text.data : (const uint8_t *)"", text.len);
    close_param(params, which);
    if (!text.data)
        params->starts[which] = SIZE_MAX;
}

void lt_params_number(struct lt_params *params, int64_t number)
{
    char text[24];
    snprintf(text, sizeof(text), "%ld", (long)number);
    lt_params_text(params, lt_bytes_text(text));
}

void lt_params_bytes(struct lt_params *params, struct lt_bytes bytes)
{
    const int which = open_param(params, BINARY_FORMAT);
    lt_buf_add(&params->data, bytes.data ? bytes.data : (const uint8_t *)"", bytes.len);
    close_param(params, which);
    if (!bytes.data)
        params->starts[which] = SIZE_MAX;
}

static size_t count_rows(const struct lt_row *rows, size_t count, lt_row_filter *filter)
{
    size_t pass = 0;
    for (size_t i = 0; i < count; i++)
        pass += filter(&rows[i]);
    return pass;
}

/* The arrays of several columns are written side by side, row by row: a batch is more than the
 * processor's cache holds, and each row is met twice only. */
struct room {
    size_t start, at, bytes; /* of one array: where it begins, is written, and how long it gets */
};
struct table {
    const struct lt_row *rows;
    size_t count;
    lt_row_filter *filter;
    size_t columns;
    bool of_key;
};

static const struct lt_bytes *values_of(const struct table *table, size_t row)
{
    return table->of_key ? table->rows[row].key_values : table->rows[row].values;
}

static size_t measure(const struct table *table, struct room *rooms)
{
    size_t pass = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (!table->filter(&table->rows[i]))
            continue;
        pass++;
        for (size_t c = 0; c < table->columns; c++)
            rooms[c].bytes += lt_array_item_bytes(values_of(table, i)[c]);
    }
    return pass;
}

static void open_room(struct lt_params *params, struct room *room, uint32_t oid, size_t items)
{
    const int which = open_param(params, BINARY_FORMAT);
    room->start = params->data.len;
    lt_array_begin(&params->data, oid, items);
    room->at = params->data.len;
    lt_buf_grow(&params->data, room->bytes);
    params->data.len += room->bytes;
    close_param(params, which);
}

static void fill(struct lt_params *params, const struct table *table, struct room *rooms)
{
    for (size_t i = 0; i < table->count; i++) {
        if (!table->filter(&table->rows[i]))
            continue;
        for (size_t c = 0; c < table->columns; c++)
            rooms[c].at =
                lt_array_put(&params->data, rooms[c].start, rooms[c].at, values_of(table, i)[c]);
    }
}

static void add_table(struct lt_params *params, const struct lt_shape *shape, struct table *table)
{
    table->columns = table->of_key ? shape->key_count : shape->count;
    struct room *rooms = lt_alloc(table->columns * sizeof(*rooms));
    const size_t items = measure(table, rooms);
    for (size_t c = 0; c < table->columns; c++)
        open_room(params, &rooms[c],
                  (table->of_key ? shape->key_params[c] : shape->columns[c].param).oid, items);
    fill(params, table, rooms);
    free(rooms);
}

void lt_params_columns(struct lt_params *params,
                       const struct lt_shape *shape,
                       const struct lt_row *rows,
                       size_t count,
                       lt_row_filter *filter)
{
    struct table table = {.rows = rows, .count = count, .filter = filter};
    add_table(params, shape, &table);
}

void lt_params_key_columns(struct lt_params *params,
                           const struct lt_shape *shape,
                           const struct lt_row *rows,
                           size_t count,
                           lt_row_filter *filter)
{
    struct table table = {.rows = rows, .count = count, .filter = filter, .of_key = true};
    add_table(params, shape, &table);
}

void lt_params_keys(struct lt_params *params,
                    const struct lt_row *rows,
                    size_t count,
                    lt_row_filter *filter)
{
    const int which = open_param(params, BINARY_FORMAT);
    const size_t start = params->data.len;
    lt_array_begin(&params->data, LT_OID_BYTEA, count_rows(rows, count, filter));
    for (size_t i = 0; i < count; i++)
        if (filter(&rows[i]))
            lt_array_add(&params->data, start, rows[i].key);
    close_param(params, which);
}

const char *const *lt_params_values(struct lt_params *params)
{
    for (int i = 0; i < params->count; i++)
        params->values[i] = params->starts[i] == SIZE_MAX
                                ? NULL
                                : (const char *)params->data.data + params->starts[i];
    return params->values;
}

static void add_hex(struct lt_buf *out, const uint8_t *bytes, int count)
{
    static const uint8_t digits[] = "0123456789abcdef";
    lt_buf_adds(out, "E'\\\\x");
    for (int i = 0; i < count; i++) {
        lt_buf_addc(out, digits[bytes[i] >> 4]);
        lt_buf_addc(out, digits[bytes[i] & 15]);
    }
    lt_buf_adds(out, "'");
}

static void add_literal(const struct lt_params *params, long which, struct lt_buf *out)
{
    lt_assert(which >= 0 && which < params->count);
    const size_t start = params->starts[which];
    if (start == SIZE_MAX)
        lt_buf_adds(out, "NULL");
    else if (params->formats[which] == BINARY_FORMAT)
        add_hex(out, params->data.data + start, params->lengths[which]);
    else
        lt_sql_literal(out, (const char *)params->data.data + start);
}

void lt_params_write(const struct lt_params *params, const char *sql, struct lt_buf *out)
{
    for (const char *at = sql; *at;) {
        if (*at != '$') {
            lt_buf_addc(out, (uint8_t)*at++);
            continue;
        }
        char *end;
        add_literal(params, strtol(at + 1, &end, 10) - 1, out);
        at = end;
    }
}
