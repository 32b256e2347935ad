/**
 * @file
 * Rows of COPY ... TO STDOUT in text format, into the same values as pgoutput's: the type output
 * functions are the same, so snapshot and stream encode equal values equally (L14).  Pure.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "pgoutput/pgoutput.h"

/** Splits one row (with or without its line feed) into exactly `count` values.  Texts lie in
 * `scratch`, until the next call.  FATAL when it has another number of columns or a bad escape. */
int copy_text_split(struct lt_bytes row,
                    struct lt_buf *scratch,
                    struct lt_pgo_value *values,
                    size_t count,
                    struct lt_error *reterr) LT_MUST_CHECK;
