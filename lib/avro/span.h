/**
 * @file
 * The span engine: checks a record's bytes once and notes where each field of the top record
 * lies; projects by copying byte ranges.  Layer 1, pure, no allocation per record.
 *
 * The walk is strict and bounded (kafka-and-avro D.3): depth, block counts against bytes left,
 * INT64_MIN and negative sizes refused, varints canonical in width and at most 64 bits, int range,
 * boolean 0/1, enum and union in range, UTF-8 without surrogates, no trailing bytes; values nested
 * at most 256 deep, at most 65,536 array items that have no bytes.  Its time is linear in the
 * bytes, whatever the schema.
 */
#pragma once

#include "avro/schema.h"

/** Where one field of the top record lies, relative to the record's first byte. */
struct lt_span {
    uint32_t start, len;       /**< the whole field with its union branch */
    uint32_t value, value_len; /**< the value alone; for null: value_len 0 and null true */
    bool null;
};

/** Walks `record` (without frame) and fills spans[lt_avro_field_count()].  spans may be NULL to
 * check only.  Any schema may be checked; spans need a record at the top.
 * LT_ERR_REJECT with field and byte offset, never the value. */
int lt_avro_walk(const struct lt_avro_schema *schema,
                 struct lt_bytes record,
                 struct lt_span *spans,
                 struct lt_error *reterr) LT_MUST_CHECK;

/** A projection compiled for one source schema: which fields to keep, as merged runs.
 * Refuses what lt_avro_schema_project() refuses. */
struct lt_projection;
struct lt_projection *lt_projection_new(const struct lt_avro_schema *schema,
                                        const char *const *fields,
                                        size_t count,
                                        struct lt_error *reterr) LT_MUST_CHECK;
void lt_projection_free(struct lt_projection *projection);
LT_DEFINE_CLEANUP(struct lt_projection, lt_projection_free)
bool lt_projection_is_identity(const struct lt_projection *projection);
/** Appends the projected record (without frame). */
void lt_project(const struct lt_projection *projection,
                struct lt_bytes record,
                const struct lt_span *spans,
                struct lt_buf *out);

/* Reading and writing single values. */
int lt_avro_get_long(struct lt_bytes value, int64_t *ret) LT_MUST_CHECK; /**< int, long, enum */
/** The bytes of a string or bytes value (after its length). */
int lt_avro_get_bytes(struct lt_bytes value, struct lt_bytes *ret) LT_MUST_CHECK;
void lt_avro_put_long(struct lt_buf *out, int64_t value);          /**< zigzag varint */
void lt_avro_put_bytes(struct lt_buf *out, struct lt_bytes value); /**< length + bytes */
bool lt_utf8_valid(const uint8_t *data, size_t len); /**< no surrogates, no overlong, <= U+10FFFF */
