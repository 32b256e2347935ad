/**
 * @file
 * Rows for the tests of filters: a schema with one column of each sort, and records of it made
 * from PostgreSQL's texts.
 */
#pragma once

#include "support/cm.h"

#include <string.h>

#include "avro/span.h"
#include "change/type.h"
#include "scope/index.h"

struct test_column {
    const char *name, *column, *type;
};
static const struct test_column test_columns[] = {
    {"id", "id", "bigint"},
    {"grade", "grade", "smallint"},
    {"amount", "amount", "numeric(10,2)"},
    {"weight", "weight", "numeric(40,3)"},
    {"born", "born", "date"},
    {"seen", "seen", "timestamp with time zone"},
    {"noted", "noted", "timestamp without time zone"},
    {"code", "code", "character varying(20)"},
    {"padded", "padded", "character(4)"},
    {"uid", "uid", "uuid"},
    {"active", "active", "boolean"},
    {"ma_xa", "M\xc3\xa3 x\xc3\xa3", "text"},
    {"ratio", "ratio", "double precision"},
    {"free", "free", "numeric"},
    {"raw", "raw", "bytea"},
    {"doc", "doc", "jsonb"},
    {"order", "between", "integer"},
};
#define TEST_COLUMNS LT_COUNT(test_columns)

static inline struct lt_avro_schema *test_schema(void)
{
    struct lt_buf text = {0};
    struct lt_error err = {0};
    lt_buf_adds(&text, "{\"type\":\"record\",\"name\":\"Row\",\"fields\":[");
    for (size_t i = 0; i < TEST_COLUMNS; i++) {
        struct lt_type type;
        if (lt_type_parse(test_columns[i].type, &type, &err) < 0)
            fail_msg("%s", err.msg);
        lt_buf_addf(&text, "%s{\"name\":\"%s\",\"type\":[\"null\",", i ? "," : "",
                    test_columns[i].name);
        lt_type_avro(&type, &text);
        lt_buf_addf(&text, "],\"lt.column\":\"%s\",\"lt.type\":\"%s\"}", test_columns[i].column,
                    test_columns[i].type);
    }
    lt_buf_adds(&text, "]}");
    struct lt_avro_schema *schema = lt_avro_schema_parse((const char *)text.data, text.len, &err);
    if (!schema)
        fail_msg("%s", err.msg);
    lt_buf_fini(&text);
    return schema;
}

/* One record; NULL texts are nulls. */
struct test_row {
    struct lt_buf record;
    struct lt_span spans[TEST_COLUMNS];
};

static inline void test_row_make(struct test_row *row,
                                 const struct lt_avro_schema *schema,
                                 const char *const texts[TEST_COLUMNS])
{
    struct lt_error err = {0};
    lt_buf_clear(&row->record);
    for (size_t i = 0; i < TEST_COLUMNS; i++) {
        struct lt_type type;
        lt_buf_addc(&row->record, texts[i] ? 2 : 0);
        if (!texts[i])
            continue;
        if (lt_type_parse(test_columns[i].type, &type, &err) < 0 ||
            lt_type_encode(&type, lt_bytes_text(texts[i]), &row->record, &err) < 0)
            fail_msg("%s", err.msg);
    }
    if (lt_avro_walk(schema, lt_buf_bytes(&row->record), row->spans, &err) < 0)
        fail_msg("%s", err.msg);
}

static inline size_t test_column_index(const char *name)
{
    for (size_t i = 0; i < TEST_COLUMNS; i++)
        if (strcmp(test_columns[i].name, name) == 0)
            return i;
    fail_msg("no column %s", name);
    return 0;
}

static inline struct lt_filter *test_compile(const struct lt_avro_schema *schema, const char *text)
{
    struct lt_error err = {0};
    struct lt_filter *filter = lt_filter_compile(text, schema, &err);
    if (!filter)
        fail_msg("%s: %s", text, err.msg);
    return filter;
}

static inline struct lt_filter_view *test_view(const struct lt_avro_schema *schema,
                                               const struct lt_filter *filter)
{
    struct lt_error err = {0};
    struct lt_filter_view *view = lt_filter_view_new(filter, schema, &err);
    if (!view)
        fail_msg("%s", err.msg);
    return view;
}
