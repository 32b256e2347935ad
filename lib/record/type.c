/*
 * What is made of the schemas once per process, and kept until it ends.  A schema that does not
 * agree with its table is a bug of ours and stops the process at the first record.
 */
#include "record/record_priv.h"

#include <pthread.h>
#include <string.h>

#include "avro/frame.h"
#include "record/avsc.h"

static struct record_type types[] = {
    {LT_RECORD_CONTROL, lt_avsc_control, &lt_record_control, NULL, NULL},
    {LT_RECORD_CURSOR, lt_avsc_cursor, &lt_record_cursor, NULL, NULL},
    {LT_RECORD_FEED_CURSOR, lt_avsc_feed_cursor, &lt_record_feed_cursor, NULL, NULL},
    {LT_RECORD_STANDSTILL, lt_avsc_standstill, &lt_record_standstill, NULL, NULL},
    {LT_RECORD_STREAM_NOTICE, lt_avsc_stream_notice, &lt_record_stream_notice, NULL, NULL},
    {LT_RECORD_SCHEMA_NOTICE, lt_avsc_schema_notice, &lt_record_schema_notice, NULL, NULL},
    {LT_RECORD_RECEIPT, lt_avsc_receipt, &lt_record_receipt, NULL, NULL},
    {LT_RECORD_GAP_REPORT, lt_avsc_gap_report, &lt_record_gap_report, NULL, NULL},
    {LT_RECORD_REJECT_REPORT, lt_avsc_reject_report, &lt_record_reject_report, NULL, NULL},
    {LT_RECORD_DELIVERY_NOTE, lt_avsc_delivery_note, &lt_record_delivery_note, NULL, NULL},
    {LT_RECORD_DECISION, lt_avsc_decision, &lt_record_decision, NULL, NULL},
    {LT_RECORD_SOURCE_POSITION, lt_avsc_source_position, &lt_record_source_position, NULL, NULL},
    {LT_RECORD_FEED_POSITION, lt_avsc_feed_position, &lt_record_feed_position, NULL, NULL},
    {LT_RECORD_SYNC_KEY, lt_avsc_sync_key, &lt_record_sync_key, NULL, NULL},
    {LT_RECORD_SYNC_POINT, lt_avsc_sync_point, &lt_record_sync_point, NULL, NULL},
    {LT_RECORD_END_OF_FEED, lt_avsc_end_of_feed, &lt_record_end_of_feed, NULL, NULL},
};

static void check_record(const avro_schema_t schema, const struct record_table *table);

/* What a union of null and one type holds; a type named before stands there as a link. */
static avro_schema_t optional_of(const avro_schema_t schema)
{
    lt_assert(is_avro_union(schema) && avro_schema_union_size(schema) == 2);
    lt_assert(is_avro_null(avro_schema_union_branch(schema, 0)));
    avro_schema_t held = avro_schema_union_branch(schema, 1);
    return is_avro_link(held) ? avro_schema_link_target(held) : held;
}

static void check_body(const avro_schema_t schema, const struct record_table *tables)
{
    lt_assert(is_avro_union(schema) && avro_schema_union_size(schema) == LT_CONTROL_HEARTBEAT + 1);
    lt_assert(is_avro_null(avro_schema_union_branch(schema, LT_CONTROL_REMOVED)));
    for (int kind = LT_CONTROL_AGENCY; kind <= LT_CONTROL_HEARTBEAT; kind++)
        check_record(avro_schema_union_branch(schema, kind), &tables[kind - 1]);
}

static void check_field(const avro_schema_t schema, const struct record_field *field)
{
    static const avro_type_t plain[] = {
        [RECORD_TEXT] = AVRO_STRING, [RECORD_BYTES] = AVRO_BYTES,  [RECORD_LONG] = AVRO_INT64,
        [RECORD_INT] = AVRO_INT32,   [RECORD_BOOL] = AVRO_BOOLEAN,
    };
    switch (field->kind) {
    case RECORD_LONG_NULL:
        lt_assert(is_avro_int64(optional_of(schema)));
        return;
    case RECORD_OPTIONAL:
        check_record(optional_of(schema), field->table);
        return;
    case RECORD_TEXTS:
        lt_assert(is_avro_array(schema) && is_avro_string(avro_schema_array_items(schema)));
        return;
    case RECORD_ROWS:
        lt_assert(is_avro_array(schema));
        check_record(avro_schema_array_items(schema), field->table);
        return;
    case RECORD_BODY:
        check_body(schema, field->table);
        return;
    default:
        lt_assert(avro_typeof(schema) == plain[field->kind]);
    }
}

static void check_record(const avro_schema_t schema, const struct record_table *table)
{
    lt_assert(is_avro_record(schema) && strcmp(avro_schema_name(schema), table->name) == 0);
    lt_assert(avro_schema_record_size(schema) == table->count);
    for (size_t i = 0; i < table->count; i++) {
        const struct record_field *field = &table->fields[i];

        lt_assert(strcmp(avro_schema_record_field_name(schema, (int)i), field->name) == 0);
        check_field(avro_schema_record_field_get_by_index(schema, (int)i), field);
    }
}

static void load(struct record_type *type)
{
    avro_schema_t schema;

    type->schema = lt_avro_schema_parse(type->text, strlen(type->text), NULL);
    lt_assert(type->schema);
    lt_assert(avro_schema_from_json_length(type->text, strlen(type->text), &schema) == 0);
    check_record(schema, type->table);
    type->class = avro_generic_class_from_schema(schema);
    lt_assert(type->class);
    avro_schema_decref(schema);
}

static void load_all(void)
{
    for (size_t i = 0; i < LT_COUNT(types); i++)
        load(&types[i]);
}

const struct record_type *lt_record_type(int type)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load_all);
    for (size_t i = 0; i < LT_COUNT(types); i++)
        if ((int)types[i].type == type)
            return &types[i];
    return NULL;
}

int lt_record_type_of(struct lt_bytes bytes)
{
    struct lt_bytes record;
    int32_t id;

    if (lt_frame_get(bytes, &id, &record, NULL) < 0 || id == LT_RECORD_CONTROL)
        return -1;
    return lt_record_type(id) ? id : -1;
}

const char *lt_record_schema_text(enum lt_record_type type)
{
    const struct record_type *found = lt_record_type((int)type);

    return found ? found->text : NULL;
}
