/**
 * @file
 * Values as filters compare them, read from Avro bytes.  Layer 1, private to scope.
 */
#pragma once

#include "avro/schema.h"
#include "base/buf.h"
#include "change/type.h"

/** How the values of a column compare. */
enum scope_class {
    SCOPE_NONE,    /**< not at all: only IS NULL (floats, bytes, numeric without scale) */
    SCOPE_NUMBER,  /**< integers, dates, times, booleans: by value, in `number` */
    SCOPE_DECIMAL, /**< by value, big-endian two's complement in `bytes`; one scale a column */
    SCOPE_TEXT,    /**< bytewise equality; no order */
};
struct scope_value {
    int64_t number;
    struct lt_bytes bytes;
};

/** A column that a filter uses. */
struct scope_column {
    const char *name;  /**< Avro name */
    const char *shown; /**< the name that the normal form writes, without quotes */
    struct lt_type type;
    enum scope_class class;
    bool trim;  /**< character(n): trailing blanks do not count */
    bool order; /**< may be compared with < and the like */
};

/** Fills class, trim and order from the type. */
void scope_column_set_type(struct scope_column *column, const struct lt_type *type);

/** The type of one field as its lt.type says, if the Avro type is the one that goes with it. */
int scope_field_type(const struct lt_avro_schema *schema,
                     size_t field,
                     struct lt_type *ret,
                     struct lt_error *reterr) LT_MUST_CHECK;

/** Reads the Avro bytes of a non-null value (checked by lt_avro_walk).  -1: no such value. */
int scope_value_read(const struct scope_column *column,
                     struct lt_bytes avro,
                     struct scope_value *ret) LT_MUST_CHECK;
/** <0, 0, >0.  Texts get some total order, for searching only. */
int scope_value_compare(enum scope_class class, struct scope_value a, struct scope_value b);
/** One byte form per value, for hashing; buf holds it when it is a number. */
struct lt_bytes scope_value_bytes(enum scope_class class, struct scope_value value, uint8_t buf[8]);
