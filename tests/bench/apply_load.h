/**
 * @file
 * What apply is measured with: which rows stand in the table before, which come in what order.
 */
#pragma once

#include "bench/sample.h"

enum apply_kind { APPLY_HALF, APPLY_NEW, APPLY_UPDATE, APPLY_DELETE };

struct apply_load {
    enum apply_kind kind;
    int64_t rows;
    size_t batch;
};
/** false: no such kind. */
bool apply_kind_parse(const char *name, enum apply_kind *ret);
/** Number of the k-th change's row: ascending when all are new, else all over the table. */
int64_t apply_row_of(const struct apply_load *load, int64_t k);
/** Stands it there before? */
bool apply_is_new(const struct apply_load *load, int64_t row);
/** SQL that fills `table` with the rows that stand there before; empty when none do. */
void apply_before_sql(const struct apply_load *load, const char *table, struct lt_buf *sql);
