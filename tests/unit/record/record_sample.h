/**
 * @file
 * Platform records with random values, and their comparison, from the tables of lib/record: a
 * field added to a schema is tested without a line more.
 */
#pragma once

#include "record/record_priv.h"

#include <stdlib.h>
#include <string.h>

/* Values that are likely to break something, and random ones. */
static inline int64_t sample_long(uint64_t *seed)
{
    static const int64_t edges[] = {0,   1,         -1,        63,        64,           -64,
                                    -65, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN + 1};
    uint64_t draw = lt_random_next(seed);

    return draw % 3 ? (int64_t)(lt_random_next(seed) | 1) >> draw % 61
                    : edges[draw / 3 % LT_COUNT(edges)];
}

static inline const char *sample_text(uint64_t *seed, struct lt_arena *arena)
{
    static const char *const texts[] = {"",    "x", "cn000981.1", "Bộ Nội vụ", "\xf0\x9f\x87\xbb",
                                        "a\tb"};
    uint64_t draw = lt_random_next(seed);

    if (draw % 7)
        return texts[draw / 7 % LT_COUNT(texts)];
    size_t len = lt_random_next(seed) % 70000;
    char *text = lt_arena_alloc(arena, len + 1);
    memset(text, 'a' + (int)(draw % 26), len);
    text[len] = '\0';
    return text;
}

static inline struct lt_bytes sample_bytes(uint64_t *seed, struct lt_arena *arena)
{
    size_t len = lt_random_next(seed) % 40;
    uint8_t *data = lt_arena_alloc(arena, len + 1);

    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)lt_random_next(seed);
    return lt_bytes(data, len);
}

static inline void sample_record(uint64_t *seed,
                                 struct lt_arena *arena,
                                 const struct record_table *table,
                                 char *record);

static inline void *
sample_rows(uint64_t *seed, struct lt_arena *arena, const struct record_table *table, size_t count)
{
    char *rows = lt_arena_alloc(arena, (count + 1) * table->size);

    for (size_t i = 0; i < count; i++)
        sample_record(seed, arena, table, rows + i * table->size);
    return rows;
}

static inline const char **sample_texts(uint64_t *seed, struct lt_arena *arena, size_t count)
{
    const char **texts = lt_arena_alloc(arena, (count + 1) * sizeof(*texts));

    for (size_t i = 0; i < count; i++)
        texts[i] = sample_text(seed, arena);
    return texts;
}

static inline void
sample_field(uint64_t *seed, struct lt_arena *arena, const struct record_field *field, char *record)
{
    void *member = record + field->offset;
    void *number = record + field->count_offset;
    uint64_t draw = lt_random_next(seed);

    switch (field->kind) {
    case RECORD_TEXT:
        *(const char **)member = sample_text(seed, arena);
        return;
    case RECORD_BYTES:
        *(struct lt_bytes *)member = sample_bytes(seed, arena);
        return;
    case RECORD_LONG:
        *(int64_t *)member = sample_long(seed);
        return;
    case RECORD_INT:
        *(int32_t *)member = (int32_t)(uint32_t)draw;
        return;
    case RECORD_BOOL:
        *(bool *)member = draw % 2;
        return;
    case RECORD_LONG_NULL:
        *(int64_t *)member = draw % 2 ? LT_NULL : sample_long(seed);
        return;
    case RECORD_TEXTS:
        *(size_t *)number = draw % 5;
        *(const char ***)member = sample_texts(seed, arena, draw % 5);
        return;
    case RECORD_ROWS:
        *(size_t *)number = draw % 5;
        *(void **)member = sample_rows(seed, arena, field->table, draw % 5);
        return;
    case RECORD_OPTIONAL:
        *(void **)member = draw % 2 ? sample_rows(seed, arena, field->table, 1) : NULL;
        return;
    case RECORD_BODY:
        *(enum lt_control_kind *)number = (enum lt_control_kind)(draw % (LT_CONTROL_HEARTBEAT + 1));
        if (draw % (LT_CONTROL_HEARTBEAT + 1))
            sample_record(seed, arena, &field->table[draw % (LT_CONTROL_HEARTBEAT + 1) - 1],
                          member);
        return;
    }
}

static inline void sample_record(uint64_t *seed,
                                 struct lt_arena *arena,
                                 const struct record_table *table,
                                 char *record)
{
    for (size_t i = 0; i < table->count; i++)
        sample_field(seed, arena, &table->fields[i], record);
}

static inline bool record_equal(const struct record_table *table, const char *a, const char *b);

static inline bool
rows_equal(const struct record_table *table, const char *a, const char *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!record_equal(table, a + i * table->size, b + i * table->size))
            return false;
    return true;
}

static inline bool texts_equal(const char **a, const char **b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return true;
}

static inline bool field_equal(const struct record_field *field, const char *a, const char *b)
{
    const void *x = a + field->offset, *y = b + field->offset;
    const void *n = a + field->count_offset, *m = b + field->count_offset;

    switch (field->kind) {
    case RECORD_TEXT:
        return strcmp(*(const char *const *)x, *(const char *const *)y) == 0;
    case RECORD_BYTES:
        return lt_bytes_equal(*(const struct lt_bytes *)x, *(const struct lt_bytes *)y);
    case RECORD_LONG:
    case RECORD_LONG_NULL:
        return *(const int64_t *)x == *(const int64_t *)y;
    case RECORD_INT:
        return *(const int32_t *)x == *(const int32_t *)y;
    case RECORD_BOOL:
        return *(const bool *)x == *(const bool *)y;
    case RECORD_TEXTS:
        return *(const size_t *)n == *(const size_t *)m &&
               texts_equal(*(const char **const *)x, *(const char **const *)y, *(const size_t *)n);
    case RECORD_ROWS:
        return *(const size_t *)n == *(const size_t *)m &&
               rows_equal(field->table, *(void *const *)x, *(void *const *)y, *(const size_t *)n);
    case RECORD_OPTIONAL:
        if (!*(void *const *)x || !*(void *const *)y)
            return *(void *const *)x == *(void *const *)y;
        return record_equal(field->table, *(void *const *)x, *(void *const *)y);
    case RECORD_BODY: {
        enum lt_control_kind kind = *(const enum lt_control_kind *)n;

        return kind == *(const enum lt_control_kind *)m &&
               (kind == LT_CONTROL_REMOVED || record_equal(&field->table[kind - 1], x, y));
    }
    }
    return false;
}

static inline bool record_equal(const struct record_table *table, const char *a, const char *b)
{
    for (size_t i = 0; i < table->count; i++)
        if (!field_equal(&table->fields[i], a, b))
            return false;
    return true;
}
