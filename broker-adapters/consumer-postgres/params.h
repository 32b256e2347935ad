/**
 * @file
 * Parameters of a prepared statement: binary arrays of a batch's columns, texts, bytes.  Pure.
 */
#pragma once

#include "consumer-postgres/batch.h"

struct lt_params {
    struct lt_buf data; /* all values, one after the other */
    size_t *starts;     /* SIZE_MAX: null */
    int *lengths, *formats;
    const char **values; /* set by lt_params_values() */
    int count, cap;
};
void lt_params_fini(struct lt_params *params);
void lt_params_clear(struct lt_params *params);

void lt_params_text(struct lt_params *params, struct lt_bytes text); /**< data NULL: null */
void lt_params_number(struct lt_params *params, int64_t number);
void lt_params_bytes(struct lt_params *params, struct lt_bytes bytes); /**< bytea */
/** Which rows an array is made of. */
typedef bool lt_row_filter(const struct lt_row *row);
/** One array for each column resp. key column, of its parameter type, of the rows that pass. */
void lt_params_columns(struct lt_params *params,
                       const struct lt_shape *shape,
                       const struct lt_row *rows,
                       size_t count,
                       lt_row_filter *filter);
void lt_params_key_columns(struct lt_params *params,
                           const struct lt_shape *shape,
                           const struct lt_row *rows,
                           size_t count,
                           lt_row_filter *filter);
/** One bytea[] of the framed keys. */
void lt_params_keys(struct lt_params *params,
                    const struct lt_row *rows,
                    size_t count,
                    lt_row_filter *filter);

/** Appends a statement with its parameters in their places, as literals: texts and bytea only. */
void lt_params_write(const struct lt_params *params, const char *sql, struct lt_buf *out);
/** Resolves the pointers; good until the next change. */
const char *const *lt_params_values(struct lt_params *params);
