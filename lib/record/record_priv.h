/**
 * @file
 * The table behind lt_record_encode() and lt_record_decode(): how the fields of each C struct
 * stand in the Avro record of the same name.  Private to lib/record.
 */
#pragma once

#include "avro/schema.h"
#include "record/records.h"

#include <avro.h>

enum record_kind {
    RECORD_TEXT,      /**< const char * <-> string */
    RECORD_BYTES,     /**< struct lt_bytes <-> bytes */
    RECORD_LONG,      /**< int64_t <-> long */
    RECORD_INT,       /**< int32_t <-> int */
    RECORD_BOOL,      /**< bool <-> boolean */
    RECORD_LONG_NULL, /**< int64_t, LT_NULL <-> ["null", long] */
    RECORD_TEXTS,     /**< const char ** and size_t <-> array of string */
    RECORD_ROWS,      /**< struct x * and size_t <-> array of a record */
    RECORD_OPTIONAL,  /**< struct x *, NULL <-> ["null", record] */
    RECORD_BODY,      /**< union of lt_control and its kind <-> union of null and records */
};

struct record_table;

struct record_field {
    const char *name;
    enum record_kind kind;
    size_t offset;
    size_t count_offset;              /**< of the size_t beside an array; of body_kind */
    const struct record_table *table; /**< of ROWS and OPTIONAL; the first of BODY's kinds */
};

struct record_table {
    const char *name; /**< Avro name without namespace */
    size_t size;      /**< of the C struct */
    const struct record_field *fields;
    size_t count;
};

/** One platform record with all that is made of its schema, once per process. */
struct record_type {
    enum lt_record_type type;
    const char *text;
    const struct record_table *table;
    struct lt_avro_schema *schema;
    avro_value_iface_t *class;
};

/** NULL unless `type` is one of enum lt_record_type. */
const struct record_type *lt_record_type(int type);

/** tables.c; bodies in the order of enum lt_control_kind, from LT_CONTROL_AGENCY. */
extern const struct record_table lt_record_tables_body[LT_CONTROL_HEARTBEAT];
extern const struct record_table lt_record_control, lt_record_cursor, lt_record_feed_cursor,
    lt_record_standstill, lt_record_stream_notice, lt_record_schema_notice, lt_record_receipt,
    lt_record_gap_report, lt_record_reject_report, lt_record_delivery_note, lt_record_decision,
    lt_record_source_position, lt_record_feed_position, lt_record_sync_key, lt_record_sync_point,
    lt_record_end_of_feed;
