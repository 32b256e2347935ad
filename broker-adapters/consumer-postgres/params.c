#include "consumer-postgres/params.h"

#include "base/mem.h"
#include "consumer-postgres/array.h"

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

/* One array: the values of `column` of the rows that pass, or the texts of the key's column. */
static void add_column(struct lt_params *params,
                       const struct lt_row *rows,
                       size_t count,
                       lt_row_filter *filter,
                       uint32_t oid,
                       size_t column,
                       bool of_key)
{
    const int which = open_param(params, BINARY_FORMAT);
    const size_t start = params->data.len;
    lt_array_begin(&params->data, oid, count_rows(rows, count, filter));
    for (size_t i = 0; i < count; i++) {
        if (filter(&rows[i])) {
            const struct lt_bytes *values = of_key ? rows[i].key_texts : rows[i].values;
            lt_array_add(&params->data, start, values[column]);
        }
    }
    close_param(params, which);
}

void lt_params_columns(struct lt_params *params,
                       const struct lt_shape *shape,
                       const struct lt_row *rows,
                       size_t count,
                       lt_row_filter *filter)
{
    for (size_t column = 0; column < shape->count; column++)
        add_column(params, rows, count, filter, shape->columns[column].param.oid, column, false);
}

void lt_params_key_columns(struct lt_params *params,
                           const struct lt_shape *shape,
                           const struct lt_row *rows,
                           size_t count,
                           lt_row_filter *filter)
{
    for (size_t column = 0; column < shape->key_count; column++)
        add_column(params, rows, count, filter, LT_OID_TEXT, column, true);
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
