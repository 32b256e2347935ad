/*
 * One table for each record of schemas/, in the order of its fields.  That the tables, the structs
 * and the schemas agree is checked when the schemas are loaded (type.c) and by the compiler.
 */
#include "record/record_priv.h"

/* The compiler checks that a member has the C type which its kind stands for. */
#define MEMBER(type, member, ctype) _Generic(((type *)0)->member, ctype : offsetof(type, member))

#define FIELD(type, member, kind_, ctype)                                     \
    {                                                                         \
        .name = #member, .kind = kind_, .offset = MEMBER(type, member, ctype) \
    }
#define TEXT(type, member)      FIELD(type, member, RECORD_TEXT, const char *)
#define BYTES(type, member)     FIELD(type, member, RECORD_BYTES, struct lt_bytes)
#define LONG(type, member)      FIELD(type, member, RECORD_LONG, int64_t)
#define INT(type, member)       FIELD(type, member, RECORD_INT, int32_t)
#define BOOL(type, member)      FIELD(type, member, RECORD_BOOL, bool)
#define LONG_NULL(type, member) FIELD(type, member, RECORD_LONG_NULL, int64_t)
#define TEXTS(type, member, number)                                                           \
    {                                                                                         \
        .name = #member, .kind = RECORD_TEXTS, .offset = MEMBER(type, member, const char **), \
        .count_offset = MEMBER(type, number, size_t)                                          \
    }
#define TABLE(record, type, list)                                                     \
    {                                                                                 \
        .name = record, .size = sizeof(type), .fields = list, .count = LT_COUNT(list) \
    }

static const struct record_field field_fields[] = {
    TEXT(struct lt_field, name),
    TEXT(struct lt_field, column),
    TEXT(struct lt_field, type),
    BOOL(struct lt_field, required),
};
static const struct record_table field_table = TABLE("Field", struct lt_field, field_fields);

static const struct record_field policy_fields[] = {
    LONG(struct lt_policy, version),
    LONG(struct lt_policy, use_period),
    TEXT(struct lt_policy, on_expiry),
};
static const struct record_table policy_table = TABLE("Policy", struct lt_policy, policy_fields);

static const struct record_field agency_fields[] = {
    TEXT(struct lt_agency, name),
    TEXT(struct lt_agency, class),
    TEXT(struct lt_agency, contact),
};

static const struct record_field application_fields[] = {
    TEXT(struct lt_application, agency), TEXT(struct lt_application, name),
    TEXT(struct lt_application, role),   LONG(struct lt_application, key_generation),
    BOOL(struct lt_application, active), LONG(struct lt_application, certificate_until),
};

static const struct record_field service_fields[] = {
    TEXT(struct lt_service, provider),
    TEXT(struct lt_service, source),
    TEXT(struct lt_service, name),
    TEXT(struct lt_service, entity),
    TEXT(struct lt_service, table),
    {"fields", RECORD_ROWS, MEMBER(struct lt_service, fields, struct lt_field *),
     MEMBER(struct lt_service, field_count, size_t), &field_table},
    TEXTS(struct lt_service, key, key_count),
    TEXTS(struct lt_service, scope_columns, scope_column_count),
    INT(struct lt_service, key_schema),
    INT(struct lt_service, value_schema),
    INT(struct lt_service, scope_schema),
    BOOL(struct lt_service, published),
    LONG(struct lt_service, window),
    {"policy", RECORD_OPTIONAL, MEMBER(struct lt_service, policy, struct lt_policy *), 0,
     &policy_table},
};

static const struct record_field agreement_fields[] = {
    LONG(struct lt_agreement, number),
    TEXT(struct lt_agreement, provider),
    TEXT(struct lt_agreement, user),
    TEXT(struct lt_agreement, purpose),
    TEXT(struct lt_agreement, basis),
    {"signed", RECORD_BOOL, MEMBER(struct lt_agreement, signed_by_all, bool), 0, NULL},
    LONG(struct lt_agreement, valid_from),
    LONG_NULL(struct lt_agreement, connection_until),
    LONG_NULL(struct lt_agreement, use_until),
    LONG_NULL(struct lt_agreement, ended_at),
    TEXT(struct lt_agreement, ground),
};

static const struct record_field connection_fields[] = {
    TEXT(struct lt_connection, agreement),
    TEXT(struct lt_connection, application),
    TEXT(struct lt_connection, service),
    LONG(struct lt_connection, scope_version),
    TEXTS(struct lt_connection, fields, field_count),
    TEXT(struct lt_connection, filter),
    LONG(struct lt_connection, rows_since),
    INT(struct lt_connection, value_schema),
    LONG(struct lt_connection, use_period),
    TEXT(struct lt_connection, on_expiry),
    LONG_NULL(struct lt_connection, max_per_day),
    LONG_NULL(struct lt_connection, ended_at),
    TEXT(struct lt_connection, ground),
};

static const struct record_field hold_fields[] = {
    TEXT(struct lt_hold, target),    TEXT(struct lt_hold, ground),
    TEXT(struct lt_hold, author),    TEXT(struct lt_hold, reason),
    TEXT(struct lt_hold, restore),   LONG_NULL(struct lt_hold, expected_end),
    LONG(struct lt_hold, set_at),    LONG_NULL(struct lt_hold, lifted_at),
    TEXT(struct lt_hold, lifted_by),
};

static const struct record_field schema_body_fields[] = {
    INT(struct lt_schema_body, id),
    TEXT(struct lt_schema_body, text),
    BYTES(struct lt_schema_body, sha256),
};

static const struct record_field feed_body_fields[] = {
    TEXT(struct lt_feed_body, service),
    LONG(struct lt_feed_body, incarnation),
    TEXT(struct lt_feed_body, reason),
};

static const struct record_field heartbeat_fields[] = {
    LONG(struct lt_heartbeat, highest),
    BYTES(struct lt_heartbeat, digest),
};

const struct record_table lt_record_tables_body[LT_CONTROL_HEARTBEAT] = {
    TABLE("Agency", struct lt_agency, agency_fields),
    TABLE("Application", struct lt_application, application_fields),
    TABLE("Service", struct lt_service, service_fields),
    TABLE("Agreement", struct lt_agreement, agreement_fields),
    TABLE("Connection", struct lt_connection, connection_fields),
    TABLE("Hold", struct lt_hold, hold_fields),
    TABLE("Schema", struct lt_schema_body, schema_body_fields),
    TABLE("Feed", struct lt_feed_body, feed_body_fields),
    TABLE("Heartbeat", struct lt_heartbeat, heartbeat_fields),
};

static const struct record_field control_fields[] = {
    LONG(struct lt_control, epoch),
    LONG(struct lt_control, number),
    LONG(struct lt_control, at),
    TEXT(struct lt_control, kind),
    TEXT(struct lt_control, object),
    {"body", RECORD_BODY, offsetof(struct lt_control, body),
     MEMBER(struct lt_control, body_kind, enum lt_control_kind), lt_record_tables_body},
};
const struct record_table lt_record_control = TABLE("Control", struct lt_control, control_fields);

static const struct record_field cursor_fields[] = {
    TEXT(struct lt_cursor, stream),        TEXT(struct lt_cursor, lane),
    TEXT(struct lt_cursor, state),         TEXT(struct lt_cursor, reason),
    TEXT(struct lt_cursor, service),       LONG(struct lt_cursor, incarnation),
    LONG(struct lt_cursor, pos),           LONG(struct lt_cursor, seq),
    LONG(struct lt_cursor, last),          LONG(struct lt_cursor, control),
    LONG_NULL(struct lt_cursor, e0),       LONG_NULL(struct lt_cursor, load_deadline),
    LONG_NULL(struct lt_cursor, load_seq), LONG_NULL(struct lt_cursor, sync_time),
    LONG_NULL(struct lt_cursor, sync_seq), LONG(struct lt_cursor, agreement),
    LONG(struct lt_cursor, scope_version), INT(struct lt_cursor, key_schema),
    INT(struct lt_cursor, value_schema),   BYTES(struct lt_cursor, chain),
    LONG(struct lt_cursor, page_first),    LONG(struct lt_cursor, page_count),
    LONG(struct lt_cursor, page_deletes),  LONG(struct lt_cursor, page_opened),
    LONG(struct lt_cursor, day),           LONG(struct lt_cursor, day_count),
    LONG(struct lt_cursor, written_at),
};
const struct record_table lt_record_cursor = TABLE("Cursor", struct lt_cursor, cursor_fields);

static const struct record_field feed_cursor_fields[] = {
    TEXT(struct lt_feed_cursor, service),     LONG(struct lt_feed_cursor, incarnation),
    LONG(struct lt_feed_cursor, offset),      LONG(struct lt_feed_cursor, g),
    LONG_NULL(struct lt_feed_cursor, m),      LONG_NULL(struct lt_feed_cursor, sync_time),
    LONG_NULL(struct lt_feed_cursor, sync_g), BYTES(struct lt_feed_cursor, chain),
    LONG(struct lt_feed_cursor, control),     LONG(struct lt_feed_cursor, written_at),
};
const struct record_table lt_record_feed_cursor =
    TABLE("FeedCursor", struct lt_feed_cursor, feed_cursor_fields);

static const struct record_field standstill_fields[] = {
    TEXT(struct lt_standstill, name),   TEXT(struct lt_standstill, lane),
    TEXT(struct lt_standstill, clause), LONG(struct lt_standstill, since),
    LONG(struct lt_standstill, at),
};
const struct record_table lt_record_standstill =
    TABLE("Standstill", struct lt_standstill, standstill_fields);

static const struct record_field stream_notice_fields[] = {
    TEXT(struct lt_stream_notice, stream),
    TEXT(struct lt_stream_notice, connection),
    LONG(struct lt_stream_notice, generation),
    TEXT(struct lt_stream_notice, service),
    LONG(struct lt_stream_notice, incarnation),
    TEXT(struct lt_stream_notice, entity),
    LONG(struct lt_stream_notice, agreement),
    LONG(struct lt_stream_notice, scope_version),
    LONG(struct lt_stream_notice, rows_since),
    INT(struct lt_stream_notice, key_schema),
    INT(struct lt_stream_notice, value_schema),
    LONG(struct lt_stream_notice, use_period),
    LONG_NULL(struct lt_stream_notice, end_of_use),
    TEXT(struct lt_stream_notice, on_expiry),
    LONG(struct lt_stream_notice, window),
    LONG_NULL(struct lt_stream_notice, load_seq),
    LONG_NULL(struct lt_stream_notice, sync_time),
    LONG_NULL(struct lt_stream_notice, sync_seq),
    TEXT(struct lt_stream_notice, state),
    TEXT(struct lt_stream_notice, reason),
    BOOL(struct lt_stream_notice, ended),
    BOOL(struct lt_stream_notice, terminated),
    LONG(struct lt_stream_notice, at),
};
const struct record_table lt_record_stream_notice =
    TABLE("StreamNotice", struct lt_stream_notice, stream_notice_fields);

static const struct record_field schema_notice_fields[] = {
    INT(struct lt_schema_notice, id),
    TEXT(struct lt_schema_notice, text),
    BYTES(struct lt_schema_notice, sha256),
};
const struct record_table lt_record_schema_notice =
    TABLE("SchemaNotice", struct lt_schema_notice, schema_notice_fields);

static const struct record_field receipt_fields[] = {
    TEXT(struct lt_receipt, stream),
    LONG(struct lt_receipt, seq),
    BYTES(struct lt_receipt, chain),
    LONG_NULL(struct lt_receipt, stamp),
    LONG_NULL(struct lt_receipt, usable_until),
    BOOL(struct lt_receipt, active),
    LONG(struct lt_receipt, rows),
    LONG(struct lt_receipt, set_aside),
    LONG(struct lt_receipt, refused_reads),
    LONG(struct lt_receipt, flushed_at),
    TEXT(struct lt_receipt, system_id),
    LONG(struct lt_receipt, dboid),
    BOOL(struct lt_receipt, rewound),
    LONG(struct lt_receipt, at),
};
const struct record_table lt_record_receipt = TABLE("Receipt", struct lt_receipt, receipt_fields);

static const struct record_field gap_report_fields[] = {
    TEXT(struct lt_gap_report, stream), LONG(struct lt_gap_report, expected),
    LONG(struct lt_gap_report, seen),   TEXT(struct lt_gap_report, reason),
    LONG(struct lt_gap_report, at),
};
const struct record_table lt_record_gap_report =
    TABLE("GapReport", struct lt_gap_report, gap_report_fields);

static const struct record_field reject_report_fields[] = {
    TEXT(struct lt_reject_report, stream), LONG(struct lt_reject_report, seq),
    TEXT(struct lt_reject_report, code),   TEXT(struct lt_reject_report, reason),
    LONG(struct lt_reject_report, at),
};
const struct record_table lt_record_reject_report =
    TABLE("RejectReport", struct lt_reject_report, reject_report_fields);

static const struct record_field delivery_note_fields[] = {
    TEXT(struct lt_delivery_note, stream),         TEXT(struct lt_delivery_note, connection),
    TEXT(struct lt_delivery_note, service),        TEXT(struct lt_delivery_note, application),
    LONG(struct lt_delivery_note, agreement),      LONG(struct lt_delivery_note, scope_version),
    LONG(struct lt_delivery_note, first),          LONG(struct lt_delivery_note, last),
    LONG(struct lt_delivery_note, count),          LONG(struct lt_delivery_note, deletes),
    LONG_NULL(struct lt_delivery_note, sync_time), BYTES(struct lt_delivery_note, chain),
    LONG(struct lt_delivery_note, opened_at),      LONG(struct lt_delivery_note, closed_at),
};
const struct record_table lt_record_delivery_note =
    TABLE("DeliveryNote", struct lt_delivery_note, delivery_note_fields);

static const struct record_field decision_fields[] = {
    TEXT(struct lt_decision, stream),     TEXT(struct lt_decision, connection),
    TEXT(struct lt_decision, service),    TEXT(struct lt_decision, application),
    TEXT(struct lt_decision, from_state), TEXT(struct lt_decision, to_state),
    TEXT(struct lt_decision, clause),     TEXT(struct lt_decision, reason),
    LONG(struct lt_decision, control),    LONG(struct lt_decision, pos),
    LONG(struct lt_decision, seq),        LONG(struct lt_decision, at),
};
const struct record_table lt_record_decision =
    TABLE("Decision", struct lt_decision, decision_fields);

static const struct record_field source_position_fields[] = {
    TEXT(struct lt_source_position, source),       TEXT(struct lt_source_position, system_id),
    LONG(struct lt_source_position, timeline),     LONG(struct lt_source_position, dboid),
    TEXT(struct lt_source_position, slot),         LONG(struct lt_source_position, commit_lsn),
    LONG(struct lt_source_position, xid),          LONG(struct lt_source_position, commit_time),
    LONG_NULL(struct lt_source_position, ordinal), LONG(struct lt_source_position, end_lsn),
    LONG(struct lt_source_position, safe_lsn),     LONG(struct lt_source_position, at),
};
const struct record_table lt_record_source_position =
    TABLE("SourcePosition", struct lt_source_position, source_position_fields);

static const struct record_field feed_position_fields[] = {
    TEXT(struct lt_feed_position, service),      LONG(struct lt_feed_position, incarnation),
    TEXT(struct lt_feed_position, state),        TEXT(struct lt_feed_position, reason),
    LONG(struct lt_feed_position, next_seq),     BYTES(struct lt_feed_position, chain),
    LONG(struct lt_feed_position, commit_lsn),   LONG(struct lt_feed_position, ordinal),
    BYTES(struct lt_feed_position, fingerprint), LONG(struct lt_feed_position, at),
};
const struct record_table lt_record_feed_position =
    TABLE("FeedPosition", struct lt_feed_position, feed_position_fields);

static const struct record_field sync_key_fields[] = {
    TEXT(struct lt_sync_key, what),
};
const struct record_table lt_record_sync_key =
    TABLE("SyncKey", struct lt_sync_key, sync_key_fields);

static const struct record_field sync_point_fields[] = {
    LONG(struct lt_sync_point, time),
    BYTES(struct lt_sync_point, fingerprint),
    LONG(struct lt_sync_point, lsn),
};
const struct record_table lt_record_sync_point =
    TABLE("SyncPoint", struct lt_sync_point, sync_point_fields);

static const struct record_field end_of_feed_fields[] = {
    LONG(struct lt_end_of_feed, successor),
    TEXT(struct lt_end_of_feed, reason),
    LONG(struct lt_end_of_feed, at),
};
const struct record_table lt_record_end_of_feed =
    TABLE("EndOfFeed", struct lt_end_of_feed, end_of_feed_fields);
