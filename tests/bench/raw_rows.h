/**
 * @file
 * Rows of public.bench in PostgreSQL's binary forms, for the limits of apply: what a client would
 * send that has its values at hand.
 */
#pragma once

#include "bench/sample.h"

/** One array parameter for each column, all rows of a batch. */
struct raw_arrays {
    struct lt_buf columns[SAMPLE_COLUMNS];
};
void raw_arrays_fill(struct raw_arrays *arrays, const struct sample_row *rows, size_t count);
void raw_arrays_fini(struct raw_arrays *arrays);

/** A COPY stream in binary format: header, rows, trailer. */
void raw_copy_fill(struct lt_buf *out, const struct sample_row *rows, size_t count);
