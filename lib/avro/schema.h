/**
 * @file
 * Strict Avro schemas.  Layer 1, pure; a parsed schema is immutable and shared by reference count,
 * any thread.
 *
 * Refused (kafka-and-avro D.2/D.3): bad names, duplicate fields, symbols or branches, union in
 * union, a record that contains itself without a way out, fixed of negative or huge size, defaults
 * that do not fit, nesting above 64, more than 4,096 nodes, text above 1 MiB.  Error messages say
 * where (a path such as fields[3].type) and what.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

#include <stdint.h>

enum lt_avro_type {
    LT_AVRO_NULL,
    LT_AVRO_BOOLEAN,
    LT_AVRO_INT,
    LT_AVRO_LONG,
    LT_AVRO_FLOAT,
    LT_AVRO_DOUBLE,
    LT_AVRO_BYTES,
    LT_AVRO_STRING,
    LT_AVRO_FIXED,
    LT_AVRO_ENUM,
    LT_AVRO_UNION,
    LT_AVRO_ARRAY,
    LT_AVRO_MAP,
    LT_AVRO_RECORD,
};

struct lt_avro_schema;
/** Parses schema text (JSON).  LT_ERR_REJECT with the path of the fault. */
struct lt_avro_schema *
lt_avro_schema_parse(const char *text, size_t len, struct lt_error *reterr) LT_MUST_CHECK;
struct lt_avro_schema *lt_avro_schema_ref(struct lt_avro_schema *schema);
void lt_avro_schema_unref(struct lt_avro_schema *schema);
LT_DEFINE_CLEANUP(struct lt_avro_schema, lt_avro_schema_unref)

const char *lt_avro_schema_text(const struct lt_avro_schema *schema); /**< as it was given */
/** Parsing canonical form (Avro specification), appended. */
void lt_avro_schema_canonical(const struct lt_avro_schema *schema, struct lt_buf *out);
/** SHA-256 of the text as given. */
void lt_avro_schema_sha256(const struct lt_avro_schema *schema, uint8_t ret[32]);

/* The top record's fields (most schemas of ours are one flat record). */
enum lt_avro_type lt_avro_schema_type(const struct lt_avro_schema *schema);
size_t lt_avro_field_count(const struct lt_avro_schema *schema); /**< 0 unless a record */
const char *lt_avro_field_name(const struct lt_avro_schema *schema, size_t field);
int lt_avro_field_find(const struct lt_avro_schema *schema, const char *name); /**< -1: none */
/** Type of the field; for ["null", T] that of T, with *ret_nullable true. */
enum lt_avro_type
lt_avro_field_type(const struct lt_avro_schema *schema, size_t field, bool *ret_nullable);
/** A text property of the field such as "lt.column" or of its type ("logicalType"); NULL: none. */
const char *lt_avro_field_prop(const struct lt_avro_schema *schema, size_t field, const char *name);

/** Schema text of the same record with only the named fields, in the order of `schema`; all else
 * (names, docs, properties) as it was.  A named type whose definition stood in a field that goes is
 * defined where it is used first.  LT_ERR_REJECT names an unknown or repeated field, or one that
 * contains the record itself (unless all fields are kept). */
int lt_avro_schema_project(const struct lt_avro_schema *schema,
                           const char *const *fields,
                           size_t count,
                           struct lt_buf *text,
                           struct lt_error *reterr) LT_MUST_CHECK;

/** Can a reader with `reader` read everything written with `writer` (Avro schema resolution)?
 * Every branch that the writer may write must be readable; names match without their namespace.
 * LT_ERR_REJECT names the first place that cannot, or says that the schemas are too complex to
 * compare (2^24 steps, 512 levels). */
int lt_avro_schema_can_read(const struct lt_avro_schema *reader,
                            const struct lt_avro_schema *writer,
                            struct lt_error *reterr) LT_MUST_CHECK;
