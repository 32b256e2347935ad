#include "record/record_priv.h"

#include <string.h>

#include "avro/frame.h"
#include "avro/span.h"

/* What avro-c is asked for here cannot fail but for lack of memory. */
#define MUST(call) lt_assert((call) == 0)

static void set_record(avro_value_t *value, const struct record_table *table, const void *record);

/* One whole character of valid UTF-8 at p, or 0. */
static size_t character(const char *p)
{
    for (size_t len = 1; len <= 4 && p[len - 1]; len++)
        if (lt_utf8_valid((const uint8_t *)p, len))
            return len;
    return 0;
}

/* Readers refuse texts that are not UTF-8.  A reason that quotes foreign bytes, or was cut within
 * a character, must not make the whole record unreadable. */
static void add_text(struct lt_buf *out, const char *text)
{
    if (lt_utf8_valid((const uint8_t *)text, strlen(text))) {
        lt_buf_adds(out, text);
        return;
    }
    while (*text) {
        size_t len = character(text);

        if (len > 0)
            lt_buf_add(out, text, len);
        else
            lt_buf_adds(out, "\xef\xbf\xbd"); /* U+FFFD */
        text += LT_MAX(len, 1);
    }
}

static void set_text(avro_value_t *value, const char *text)
{
    struct lt_buf copy = {0};

    add_text(&copy, text ? text : "");
    lt_buf_addc(&copy, '\0');
    MUST(avro_value_set_string_len(value, (char *)copy.data, copy.len));
    lt_buf_fini(&copy);
}

static void set_bytes(avro_value_t *value, struct lt_bytes bytes)
{
    struct lt_buf copy = {0};

    lt_buf_add(&copy, bytes.data, bytes.len);
    lt_buf_grow(&copy, 1); /* avro-c wants an address for no bytes, too */
    MUST(avro_value_set_bytes(value, copy.data, copy.len));
    lt_buf_fini(&copy);
}

static void set_texts(avro_value_t *value, const char **texts, size_t count)
{
    avro_value_t item;

    for (size_t i = 0; i < count; i++) {
        MUST(avro_value_append(value, &item, NULL));
        set_text(&item, texts[i]);
    }
}

static void
set_rows(avro_value_t *value, const struct record_table *table, const char *rows, size_t count)
{
    avro_value_t item;

    for (size_t i = 0; i < count; i++) {
        MUST(avro_value_append(value, &item, NULL));
        set_record(&item, table, rows + i * table->size);
    }
}

static void set_long_or_null(avro_value_t *value, int64_t number)
{
    avro_value_t branch;

    MUST(avro_value_set_branch(value, number == LT_NULL ? 0 : 1, &branch));
    if (number == LT_NULL)
        MUST(avro_value_set_null(&branch));
    else
        MUST(avro_value_set_long(&branch, number));
}

/* `kind` 0 is null; tables[kind - 1] else. */
static void set_branch_record(avro_value_t *value,
                              const struct record_table *tables,
                              int kind,
                              const void *record)
{
    avro_value_t branch;

    MUST(avro_value_set_branch(value, kind, &branch));
    if (kind == 0)
        MUST(avro_value_set_null(&branch));
    else
        set_record(&branch, &tables[kind - 1], record);
}

static void set_field(avro_value_t *value, const struct record_field *field, const char *record)
{
    const void *member = record + field->offset;
    const void *number = record + field->count_offset;

    switch (field->kind) {
    case RECORD_TEXT:
        set_text(value, *(const char *const *)member);
        return;
    case RECORD_BYTES:
        set_bytes(value, *(const struct lt_bytes *)member);
        return;
    case RECORD_LONG:
        MUST(avro_value_set_long(value, *(const int64_t *)member));
        return;
    case RECORD_INT:
        MUST(avro_value_set_int(value, *(const int32_t *)member));
        return;
    case RECORD_BOOL:
        MUST(avro_value_set_boolean(value, *(const bool *)member));
        return;
    case RECORD_LONG_NULL:
        set_long_or_null(value, *(const int64_t *)member);
        return;
    case RECORD_TEXTS:
        set_texts(value, *(const char **const *)member, *(const size_t *)number);
        return;
    case RECORD_ROWS:
        set_rows(value, field->table, *(void *const *)member, *(const size_t *)number);
        return;
    case RECORD_OPTIONAL:
        member = *(void *const *)member;
        set_branch_record(value, field->table, member ? 1 : 0, member);
        return;
    case RECORD_BODY:
        set_branch_record(value, field->table, (int)*(const enum lt_control_kind *)number, member);
        return;
    }
}

static void set_record(avro_value_t *value, const struct record_table *table, const void *record)
{
    avro_value_t child;

    for (size_t i = 0; i < table->count; i++) {
        MUST(avro_value_get_by_index(value, i, &child, NULL));
        set_field(&child, &table->fields[i], record);
    }
}

static void write_value(avro_value_t *value, struct lt_buf *out)
{
    size_t size;

    MUST(avro_value_sizeof(value, &size));
    avro_writer_t writer = avro_writer_memory((char *)lt_buf_grow(out, size), (int64_t)size);
    lt_assert(writer);
    MUST(avro_value_write(writer, value));
    lt_assert(avro_writer_tell(writer) == (int64_t)size);
    avro_writer_free(writer);
    out->len += size;
}

void lt_record_encode(enum lt_record_type type, const void *record, struct lt_buf *out)
{
    const struct record_type *found = lt_record_type((int)type);
    avro_value_t value;

    lt_assert(found);
    MUST(avro_generic_value_new(found->class, &value));
    set_record(&value, found->table, record);
    if (type != LT_RECORD_CONTROL)
        lt_frame_put(out, (int32_t)type);
    write_value(&value, out);
    avro_value_decref(&value);
}
