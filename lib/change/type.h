/**
 * @file
 * Values by column: how a declared PostgreSQL type travels in Avro, fixed when declared
 * (schemas/README.md, "Values").  Layer 1, pure.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

enum lt_wire {
    LT_WIRE_INT,        /**< smallint, integer -> int */
    LT_WIRE_LONG,       /**< bigint -> long */
    LT_WIRE_BOOLEAN,    /**< boolean */
    LT_WIRE_FLOAT,      /**< real -> float */
    LT_WIRE_DOUBLE,     /**< double precision -> double */
    LT_WIRE_DECIMAL,    /**< numeric(p,s), 0 <= s <= p -> bytes decimal(p,s) */
    LT_WIRE_DATE,       /**< date -> int date */
    LT_WIRE_TIMESTAMP,  /**< timestamptz -> long timestamp-micros */
    LT_WIRE_LOCAL_TIME, /**< timestamp -> long local-timestamp-micros */
    LT_WIRE_UUID,       /**< uuid -> string uuid */
    LT_WIRE_BYTES,      /**< bytea -> bytes */
    LT_WIRE_TEXT,       /**< everything else: PostgreSQL's canonical text -> string */
};

struct lt_type {
    enum lt_wire wire;
    int precision, scale; /**< decimal only */
    bool key_ok;          /**< may be part of a key */
    char sql[64];         /**< normalised SQL name, e.g. numeric(18,4), character varying(20) */
};

/** Parses a declared type ("varchar(20)", "numeric(18,4)", "timestamptz").  LT_ERR_REJECT names an
 * unknown or malformed type. */
int lt_type_parse(const char *text, struct lt_type *ret, struct lt_error *reterr) LT_MUST_CHECK;

/** Appends the Avro type's JSON, e.g. {"type":"int","logicalType":"date"}. */
void lt_type_avro(const struct lt_type *type, struct lt_buf *json);

/** PostgreSQL text output -> Avro bytes (the bare value, without union branch).  LT_ERR_REJECT for
 * a value outside the wire type (NaN, infinity, year out of range, too many digits): the caller
 * withholds the record with that reason.  Nothing is rounded or clamped. */
int lt_type_encode(const struct lt_type *type,
                   struct lt_bytes text,
                   struct lt_buf *out,
                   struct lt_error *reterr) LT_MUST_CHECK;
/** Avro bytes of one value -> PostgreSQL input text.  LT_ERR_REJECT for NUL in text and for
 * values PostgreSQL cannot hold. */
int lt_type_decode(const struct lt_type *type,
                   struct lt_bytes avro,
                   struct lt_buf *text,
                   struct lt_error *reterr) LT_MUST_CHECK;

/** The type under which a value is a parameter of a statement. */
struct lt_param_type {
    const char *sql; /**< int8, numeric, timestamptz ... or text */
    uint32_t oid;
    bool binary; /**< in its binary form; else it is text that the statement must cast */
};
struct lt_param_type lt_type_param(const struct lt_type *type);
/** As lt_type_decode(), to the form in which the value is such a parameter. */
int lt_type_decode_param(const struct lt_type *type,
                         struct lt_bytes avro,
                         struct lt_buf *out,
                         struct lt_error *reterr) LT_MUST_CHECK;

/** As lt_type_encode() for a key field: one byte form per value (text NFC-checked, numeric as text
 * without trailing zeros, uuid lower case). */
int lt_type_encode_key(const struct lt_type *type,
                       struct lt_bytes text,
                       struct lt_buf *out,
                       struct lt_error *reterr) LT_MUST_CHECK;
/** As lt_type_decode() for a key field; a form that is not the one of its value is refused. */
int lt_type_decode_key(const struct lt_type *type,
                       struct lt_bytes avro,
                       struct lt_buf *text,
                       struct lt_error *reterr) LT_MUST_CHECK;
/** The Avro type's JSON of a key field (numeric is a string there). */
void lt_type_avro_key(const struct lt_type *type, struct lt_buf *json);
