/**
 * @file
 * The platform's own records as C structs, field by field as in schemas/<name>.avsc (names are the
 * same; see there for meanings).  Layer 1, pure.
 *
 * lt_record_encode() gives the framed bytes (00, 4-byte reserved id, Avro); lt_record_decode()
 * walks the bytes with lib/avro first, then reads them with avro-c; texts and bytes of a decoded
 * struct live in the arena.  A nullable number has LT_NULL (INT64_MIN) for null.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#define LT_NULL INT64_MIN

/** The reserved schema ids; ids of data services start at LT_SCHEMA_FIRST. */
enum lt_record_type {
    LT_RECORD_CONTROL = 1, /**< not framed on the wire: see control/control.h */
    LT_RECORD_CURSOR = 10,
    LT_RECORD_FEED_CURSOR = 11,
    LT_RECORD_STANDSTILL = 12,
    LT_RECORD_STREAM_NOTICE = 20,
    LT_RECORD_SCHEMA_NOTICE = 21,
    LT_RECORD_RECEIPT = 30,
    LT_RECORD_GAP_REPORT = 31,
    LT_RECORD_REJECT_REPORT = 32,
    LT_RECORD_DELIVERY_NOTE = 40,
    LT_RECORD_DECISION = 41,
    LT_RECORD_SOURCE_POSITION = 50,
    LT_RECORD_FEED_POSITION = 51,
    LT_RECORD_SYNC_KEY = 60,
    LT_RECORD_SYNC_POINT = 61,
    LT_RECORD_END_OF_FEED = 62,
};
#define LT_SCHEMA_FIRST 1000

struct lt_cursor {
    const char *stream, *lane, *state, *reason, *service;
    int64_t incarnation, pos, seq, last, control;
    int64_t e0, load_deadline, load_seq, sync_time, sync_seq; /* nullable */
    int64_t agreement, scope_version;
    int32_t key_schema, value_schema;
    struct lt_bytes chain;
    int64_t page_first, page_count, page_deletes, page_opened;
    int64_t day, day_count, written_at;
};
struct lt_feed_cursor {
    const char *service;
    int64_t incarnation, offset, g;
    int64_t m, sync_time, sync_g; /* nullable */
    struct lt_bytes chain;
    int64_t control, written_at;
};
struct lt_standstill {
    const char *name, *lane, *clause;
    int64_t since, at;
};
struct lt_stream_notice {
    const char *stream, *connection;
    int64_t generation;
    const char *service;
    int64_t incarnation;
    const char *entity;
    int64_t agreement, scope_version, rows_since;
    int32_t key_schema, value_schema;
    int64_t use_period;
    int64_t end_of_use; /* nullable */
    const char *on_expiry;
    int64_t window;
    int64_t load_seq, sync_time, sync_seq; /* nullable */
    const char *state, *reason;
    bool ended, terminated;
    int64_t at;
};
struct lt_schema_notice {
    int32_t id;
    const char *text;
    struct lt_bytes sha256;
};
struct lt_receipt {
    const char *stream;
    int64_t seq;
    struct lt_bytes chain;
    int64_t stamp, usable_until; /* nullable */
    bool active;
    int64_t rows, set_aside, refused_reads, flushed_at;
    const char *system_id;
    int64_t dboid;
    bool rewound;
    int64_t at;
};
struct lt_gap_report {
    const char *stream;
    int64_t expected, seen;
    const char *reason;
    int64_t at;
};
struct lt_reject_report {
    const char *stream;
    int64_t seq;
    const char *code, *reason;
    int64_t at;
};
struct lt_delivery_note {
    const char *stream, *connection, *service, *application;
    int64_t agreement, scope_version, first, last, count, deletes;
    int64_t sync_time; /* nullable */
    struct lt_bytes chain;
    int64_t opened_at, closed_at;
};
struct lt_decision {
    const char *stream, *connection, *service, *application, *from_state, *to_state, *clause,
        *reason;
    int64_t control, pos, seq, at;
};
struct lt_source_position {
    const char *source, *system_id;
    int64_t timeline, dboid;
    const char *slot;
    int64_t commit_lsn, xid, commit_time;
    int64_t ordinal; /* nullable */
    int64_t end_lsn, safe_lsn, at;
};
struct lt_feed_position {
    const char *service;
    int64_t incarnation;
    const char *state, *reason;
    int64_t next_seq;
    struct lt_bytes chain;
    int64_t commit_lsn, ordinal;
    struct lt_bytes fingerprint;
    int64_t at;
};
struct lt_sync_key {
    const char *what;
};
struct lt_sync_point {
    int64_t time;
    struct lt_bytes fingerprint;
    int64_t lsn;
};
struct lt_end_of_feed {
    int64_t successor;
    const char *reason;
    int64_t at;
};

/* The bodies of control records. */
struct lt_agency {
    const char *name, *class, *contact;
};
struct lt_application {
    const char *agency, *name, *role;
    int64_t key_generation;
    bool active;
    int64_t certificate_until;
};
struct lt_field {
    const char *name, *column, *type;
    bool required;
};
struct lt_policy {
    int64_t version, use_period;
    const char *on_expiry;
};
struct lt_service {
    const char *provider, *source, *name, *entity, *table;
    struct lt_field *fields;
    size_t field_count;
    const char **key;
    size_t key_count;
    const char **scope_columns;
    size_t scope_column_count;
    int32_t key_schema, value_schema, scope_schema;
    bool published;
    int64_t window;
    struct lt_policy *policy; /* NULL when no policy is in force */
};
struct lt_agreement {
    int64_t number;
    const char *provider, *user, *purpose, *basis;
    bool signed_by_all; /* field "signed" */
    int64_t valid_from;
    int64_t connection_until, use_until, ended_at; /* nullable */
    const char *ground;
};
struct lt_connection {
    const char *agreement, *application, *service;
    int64_t scope_version;
    const char **fields;
    size_t field_count;
    const char *filter;
    int64_t rows_since;
    int32_t value_schema;
    int64_t use_period;
    const char *on_expiry;
    int64_t max_per_day, ended_at; /* nullable */
    const char *ground;
};
struct lt_hold {
    const char *target, *ground, *author, *reason, *restore;
    int64_t expected_end; /* nullable */
    int64_t set_at;
    int64_t lifted_at; /* nullable */
    const char *lifted_by;
};
struct lt_schema_body {
    int32_t id;
    const char *text;
    struct lt_bytes sha256;
};
struct lt_feed_body {
    const char *service;
    int64_t incarnation;
    const char *reason;
};
struct lt_heartbeat {
    int64_t highest;
    struct lt_bytes digest;
};

/** Index in the union of control.avsc: 0 is null (the object is gone). */
enum lt_control_kind {
    LT_CONTROL_REMOVED = 0,
    LT_CONTROL_AGENCY,
    LT_CONTROL_APPLICATION,
    LT_CONTROL_SERVICE,
    LT_CONTROL_AGREEMENT,
    LT_CONTROL_CONNECTION,
    LT_CONTROL_HOLD,
    LT_CONTROL_SCHEMA,
    LT_CONTROL_FEED,
    LT_CONTROL_HEARTBEAT,
};
struct lt_control {
    int64_t epoch, number, at;
    const char *kind, *object; /**< "hold" and "h000007", say */
    enum lt_control_kind body_kind;
    union {
        struct lt_agency agency;
        struct lt_application application;
        struct lt_service service;
        struct lt_agreement agreement;
        struct lt_connection connection;
        struct lt_hold hold;
        struct lt_schema_body schema;
        struct lt_feed_body feed;
        struct lt_heartbeat heartbeat;
    } body;
};

/** Appends the framed bytes of *record (a struct of that type) to out.  Control records are
 * appended without frame.  Cannot fail.  A text that is NULL is written as an empty one; bytes of a
 * text that are not UTF-8 are replaced by U+FFFD, since readers refuse such texts (a reason may
 * quote foreign bytes, or be cut within a character). */
void lt_record_encode(enum lt_record_type type, const void *record, struct lt_buf *out);

/** Fills *record from framed bytes of exactly that type (control: without frame).  LT_ERR_REJECT on
 * any other bytes, on texts with a zero byte, and on LT_NULL as a value of a nullable number. */
int lt_record_decode(enum lt_record_type type,
                     struct lt_bytes bytes,
                     void *record,
                     struct lt_arena *arena,
                     struct lt_error *reterr) LT_MUST_CHECK;

/** The reserved id of framed bytes, or -1 when they are not a platform record. */
int lt_record_type_of(struct lt_bytes bytes);
/** The schema text of a reserved id (for readers and the wire page), NULL when unknown. */
const char *lt_record_schema_text(enum lt_record_type type);
