/**
 * @file
 * One-dimensional PostgreSQL arrays in binary form, as a parameter of unnest().  Pure.
 */
#pragma once

#include "base/buf.h"

/* Type oids of pg_type.dat: fixed for ever. */
#define LT_OID_BYTEA       17
#define LT_OID_TEXT        25
#define LT_OID_TEXT_ARRAY  1009
#define LT_OID_BYTEA_ARRAY 1001

/** Begins an array of `count` elements; add exactly that many. */
void lt_array_begin(struct lt_buf *out, uint32_t element_oid, size_t count);
/** item.data NULL: null.  `start`: out->len when the array was begun. */
void lt_array_add(struct lt_buf *out, size_t start, struct lt_bytes item);
/** Bytes that the item takes in an array. */
size_t lt_array_item_bytes(struct lt_bytes item);
/** As lt_array_add(), at `at` in room that was made before; gives where the next item goes. */
size_t lt_array_put(struct lt_buf *out, size_t start, size_t at, struct lt_bytes item);
