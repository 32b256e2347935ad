/**
 * @file
 * The shape of a copy: from the schemas of a stream's key and value to the columns of its table.
 * Pure; immutable once made.
 */
#pragma once

#include "avro/schema.h"
#include "avro/span.h"
#include "base/mem.h"
#include "change/type.h"

#define LT_COLUMNS_MAX 1000 /**< limit of fields; PostgreSQL holds at most 1,600 columns */

struct lt_column {
    const char *name;    /**< lt.column, e.g. "họ tên"; belongs to the schema */
    struct lt_type type; /**< of lt.type */
    char cast[64];       /**< type to cast a text to, so that assignment cannot cut or round */
    struct lt_param_type param; /**< how its values go to the server */
    bool required;
    bool in_key;
};

struct lt_shape {
    struct lt_avro_schema *key, *value;
    struct lt_column *columns; /**< one per field of the value schema, in its order */
    size_t count;
    bool copies;         /**< the parameters are the binary forms of the columns' own types too */
    size_t *key_columns; /**< for each field of the key schema: index into columns */
    struct lt_type *key_types;        /**< how that field travels in the key */
    struct lt_param_type *key_params; /**< and to the server */
    size_t key_count;
};

/** LT_ERR_REJECT names the schema's fault: a column twice, an unknown type, a key field that the
 * value has not. */
struct lt_shape *
lt_shape_new(const char *key_text, const char *value_text, struct lt_error *reterr) LT_MUST_CHECK;
void lt_shape_free(struct lt_shape *shape);
LT_DEFINE_CLEANUP(struct lt_shape, lt_shape_free)

/** One record's columns as parameters (lt_column.param), from its framed value bytes.
 * values[count]; data NULL = null.  LT_ERR_REJECT: bytes that are no record of the schema, a value
 * PostgreSQL cannot hold; never names the value.  The values live in the arena. */
int lt_shape_value(const struct lt_shape *shape,
                   int32_t value_schema,
                   struct lt_bytes framed,
                   struct lt_arena *arena,
                   struct lt_bytes *values,
                   struct lt_error *reterr) LT_MUST_CHECK;
/** The key's columns as parameters (key_params): values[key_count], in the order of key_columns. */
int lt_shape_key(const struct lt_shape *shape,
                 int32_t key_schema,
                 struct lt_bytes framed,
                 struct lt_arena *arena,
                 struct lt_bytes *values,
                 struct lt_error *reterr) LT_MUST_CHECK;
/** The same as input texts. */
int lt_shape_key_texts(const struct lt_shape *shape,
                       int32_t key_schema,
                       struct lt_bytes framed,
                       struct lt_arena *arena,
                       struct lt_bytes *texts,
                       struct lt_error *reterr) LT_MUST_CHECK;
