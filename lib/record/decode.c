#include "record/record_priv.h"

#include <string.h>

#include "avro/frame.h"
#include "avro/span.h"

/* lt_avro_walk() has passed the bytes: avro-c can only fail for lack of memory. */
#define MUST(call) lt_assert((call) == 0)

struct decoder {
    struct lt_arena *arena;
    const char *fault; /* static text; NULL: none */
};

static void get_record(struct decoder *decoder,
                       avro_value_t *value,
                       const struct record_table *table,
                       void *ret);

static const char *get_text(struct decoder *decoder, avro_value_t *value)
{
    const char *text;
    size_t size;

    MUST(avro_value_get_string(value, &text, &size));
    if (strlen(text) + 1 != size)
        decoder->fault = "a text with a zero byte";
    return lt_arena_dup(decoder->arena, text, size - 1);
}

static struct lt_bytes get_bytes(struct decoder *decoder, avro_value_t *value)
{
    const void *data;
    size_t size;

    MUST(avro_value_get_bytes(value, &data, &size));
    return lt_bytes(lt_arena_dup(decoder->arena, data, size), size);
}

static int64_t get_long(avro_value_t *value)
{
    int64_t number;

    MUST(avro_value_get_long(value, &number));
    return number;
}

static int32_t get_int(avro_value_t *value)
{
    int32_t number;

    MUST(avro_value_get_int(value, &number));
    return number;
}

static bool get_bool(avro_value_t *value)
{
    int truth;

    MUST(avro_value_get_boolean(value, &truth));
    return truth != 0;
}

static int get_branch(avro_value_t *value, avro_value_t *ret_branch)
{
    int kind;

    MUST(avro_value_get_discriminant(value, &kind));
    MUST(avro_value_get_current_branch(value, ret_branch));
    return kind;
}

static int64_t get_long_or_null(struct decoder *decoder, avro_value_t *value)
{
    avro_value_t branch;

    if (get_branch(value, &branch) == 0)
        return LT_NULL;
    int64_t number = get_long(&branch);
    if (number == LT_NULL)
        decoder->fault = "a number that stands for null";
    return number;
}

static size_t get_size(avro_value_t *value)
{
    size_t count;

    MUST(avro_value_get_size(value, &count));
    return count;
}

static const char **get_texts(struct decoder *decoder, avro_value_t *value)
{
    size_t count = get_size(value);
    const char **texts = lt_arena_alloc(decoder->arena, LT_MAX(count, 1) * sizeof(*texts));
    avro_value_t item;

    for (size_t i = 0; i < count; i++) {
        MUST(avro_value_get_by_index(value, i, &item, NULL));
        texts[i] = get_text(decoder, &item);
    }
    return texts;
}

static void *
get_rows(struct decoder *decoder, avro_value_t *value, const struct record_table *table)
{
    size_t count = get_size(value);
    char *rows = lt_arena_alloc(decoder->arena, LT_MAX(count, 1) * table->size);
    avro_value_t item;

    for (size_t i = 0; i < count; i++) {
        MUST(avro_value_get_by_index(value, i, &item, NULL));
        get_record(decoder, &item, table, rows + i * table->size);
    }
    return rows;
}

static void *
get_optional(struct decoder *decoder, avro_value_t *value, const struct record_table *table)
{
    avro_value_t branch;

    if (get_branch(value, &branch) == 0)
        return NULL;
    void *record = lt_arena_alloc(decoder->arena, table->size);
    get_record(decoder, &branch, table, record);
    return record;
}

static enum lt_control_kind
get_body(struct decoder *decoder, avro_value_t *value, const struct record_table *tables, void *ret)
{
    avro_value_t branch;
    int kind = get_branch(value, &branch);

    if (kind > 0)
        get_record(decoder, &branch, &tables[kind - 1], ret);
    return (enum lt_control_kind)kind;
}

static void get_field(struct decoder *decoder,
                      avro_value_t *value,
                      const struct record_field *field,
                      char *record)
{
    void *member = record + field->offset;
    void *number = record + field->count_offset;

    switch (field->kind) {
    case RECORD_TEXT:
        *(const char **)member = get_text(decoder, value);
        return;
    case RECORD_BYTES:
        *(struct lt_bytes *)member = get_bytes(decoder, value);
        return;
    case RECORD_LONG:
        *(int64_t *)member = get_long(value);
        return;
    case RECORD_INT:
        *(int32_t *)member = get_int(value);
        return;
    case RECORD_BOOL:
        *(bool *)member = get_bool(value);
        return;
    case RECORD_LONG_NULL:
        *(int64_t *)member = get_long_or_null(decoder, value);
        return;
    case RECORD_TEXTS:
        *(const char ***)member = get_texts(decoder, value);
        *(size_t *)number = get_size(value);
        return;
    case RECORD_ROWS:
        *(void **)member = get_rows(decoder, value, field->table);
        *(size_t *)number = get_size(value);
        return;
    case RECORD_OPTIONAL:
        *(void **)member = get_optional(decoder, value, field->table);
        return;
    case RECORD_BODY:
        *(enum lt_control_kind *)number = get_body(decoder, value, field->table, member);
        return;
    }
}

static void get_record(struct decoder *decoder,
                       avro_value_t *value,
                       const struct record_table *table,
                       void *ret)
{
    avro_value_t child;

    memset(ret, 0, table->size);
    for (size_t i = 0; i < table->count; i++) {
        MUST(avro_value_get_by_index(value, i, &child, NULL));
        get_field(decoder, &child, &table->fields[i], ret);
    }
}

/* The Avro bytes of a record of `type`: without frame, and walked. */
static int open_record(const struct record_type *type,
                       struct lt_bytes bytes,
                       struct lt_bytes *ret_record,
                       struct lt_error *reterr)
{
    struct lt_bytes record = bytes;
    int32_t id;

    if (type->type != LT_RECORD_CONTROL) {
        if (lt_frame_get(bytes, &id, &record, reterr) < 0)
            return -1;
        if (id != (int32_t)type->type)
            return lt_fail(reterr, LT_ERR_REJECT, "record", 0, "schema id %d, not %d", id,
                           (int)type->type);
    }
    if (lt_avro_walk(type->schema, record, NULL, reterr) < 0)
        return -1;
    *ret_record = record;
    return 0;
}

static void read_value(avro_value_t *value, struct lt_bytes record)
{
    avro_reader_t reader = avro_reader_memory((const char *)record.data, (int64_t)record.len);

    lt_assert(reader);
    MUST(avro_value_read(reader, value));
    avro_reader_free(reader);
}

int lt_record_decode(enum lt_record_type type,
                     struct lt_bytes bytes,
                     void *record,
                     struct lt_arena *arena,
                     struct lt_error *reterr)
{
    const struct record_type *found = lt_record_type((int)type);
    struct decoder decoder = {.arena = arena};
    struct lt_bytes body = {0};
    avro_value_t value;

    lt_assert(found);
    if (open_record(found, bytes, &body, reterr) < 0)
        return lt_fail_context(reterr, "record %s", found->table->name);
    MUST(avro_generic_value_new(found->class, &value));
    read_value(&value, body);
    void *result = lt_arena_alloc(arena, found->table->size);
    get_record(&decoder, &value, found->table, result);
    avro_value_decref(&value);
    if (decoder.fault)
        return lt_fail(reterr, LT_ERR_REJECT, "record", 0, "record %s: %s", found->table->name,
                       decoder.fault);
    memcpy(record, result, found->table->size);
    return 0;
}
