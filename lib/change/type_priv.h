/**
 * @file
 * Private parts of the value codec: one pair of functions for each family of values.  Texts are
 * PostgreSQL's output form (DateStyle ISO, bytea hex, shortest floats), Avro bytes are the bare
 * value.  All return -1 with LT_ERR_REJECT; out may then hold part of a value, the caller cuts it.
 */
#pragma once

#include "change/type.h"

/** The one error of this module: LT_ERR_REJECT, domain "type". */
int lt_value_reject(struct lt_error *reterr, const char *fmt, ...) LT_PRINTF(2, 3);

/* Avro's primitive forms (type_wire.c). */
void lt_wire_put_long(struct lt_buf *out, int64_t value);
void lt_wire_put_bytes(struct lt_buf *out, const void *data, size_t len);
/** The whole of `avro` is one zigzag varint in its shortest form. */
int lt_wire_get_long(struct lt_bytes avro, int64_t *ret) LT_MUST_CHECK;
/** The whole of `avro` is a length and that many bytes. */
int lt_wire_get_bytes(struct lt_bytes avro, struct lt_bytes *ret) LT_MUST_CHECK;

/** Decimal digits with leading zeros up to `width`, appended (printf is too slow for rows). */
void lt_put_digits(struct lt_buf *text, uint64_t value, int width);

/* numeric(p,s) <-> decimal (type_decimal.c). */
int lt_decimal_encode(const struct lt_type *type,
                      struct lt_bytes text,
                      struct lt_buf *out,
                      struct lt_error *reterr) LT_MUST_CHECK;
int lt_decimal_decode(const struct lt_type *type,
                      struct lt_bytes avro,
                      struct lt_buf *text,
                      struct lt_error *reterr) LT_MUST_CHECK;

/** A plain decimal number taken apart by value: no sign of zero, no leading zeros in `whole`, no
 * trailing zeros in `fraction`.  Both point into the text. */
struct lt_plain_number {
    bool negative;
    struct lt_bytes whole, fraction;
};
int lt_plain_number_parse(struct lt_bytes text, struct lt_plain_number *ret) LT_MUST_CHECK;
/** NaN, Infinity or -Infinity, as PostgreSQL spells them. */
bool lt_is_special_number(struct lt_bytes text);
/** Any numeric, however it travels. */
bool lt_type_is_numeric(const struct lt_type *type);
/** The one spelling of the value, appended: "-12.5", "0". */
void lt_plain_number_format(const struct lt_plain_number *number, struct lt_buf *text);

/* Days and microseconds since 1970-01-01 in the proleptic Gregorian calendar (type_time.c). */
int lt_date_encode(struct lt_bytes text, struct lt_buf *out, struct lt_error *reterr) LT_MUST_CHECK;
int lt_date_decode(struct lt_bytes avro,
                   struct lt_buf *text,
                   struct lt_error *reterr) LT_MUST_CHECK;
int lt_timestamp_encode(struct lt_bytes text,
                        bool zone,
                        struct lt_buf *out,
                        struct lt_error *reterr) LT_MUST_CHECK;
int lt_timestamp_decode(struct lt_bytes avro,
                        bool zone,
                        struct lt_buf *text,
                        struct lt_error *reterr) LT_MUST_CHECK;

/* The same to the forms of date_recv() and timestamp_recv(): since 2000-01-01. */
int lt_date_param(struct lt_bytes avro, struct lt_buf *out, struct lt_error *reterr) LT_MUST_CHECK;
int lt_timestamp_param(struct lt_bytes avro,
                       struct lt_buf *out,
                       struct lt_error *reterr) LT_MUST_CHECK;

/* real and double precision (type_float.c). */
int lt_float_encode(struct lt_bytes text,
                    bool is_double,
                    struct lt_buf *out,
                    struct lt_error *reterr) LT_MUST_CHECK;
int lt_float_decode(struct lt_bytes avro,
                    bool is_double,
                    struct lt_buf *text,
                    struct lt_error *reterr) LT_MUST_CHECK;

/** Is the value one of smallint, integer or bigint, as the type says? */
bool lt_integer_fits(const struct lt_type *type, int64_t value);

/** Valid UTF-8 without NUL: what a PostgreSQL text can hold. */
int lt_text_check(struct lt_bytes text, struct lt_error *reterr) LT_MUST_CHECK;
