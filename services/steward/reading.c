#include "steward/reading.h"

#include "base/num.h"
#include "record/records.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX 1000

int lt_reading_fail(const struct lt_reading *reading, const char *path, const char *fmt, ...)
{
    char text[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    snprintf(reading->fault->path, sizeof(reading->fault->path), "%s", path);
    return lt_fail(reading->err, LT_ERR_REJECT, "declaration", 0, "%s", text);
}

json_t *lt_reading_parse(const struct lt_reading *reading, const char *text, size_t len)
{
    if (len > LT_READING_MAX_BYTES) {
        lt_reading_fail(reading, "$", "longer than %u bytes", LT_READING_MAX_BYTES);
        return NULL;
    }
    json_error_t fault;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &fault);
    if (!root) {
        lt_reading_fail(reading, "$", "line %d, column %d: %s", fault.line, fault.column,
                        fault.text);
        return NULL;
    }
    if (json_is_object(root))
        return root;
    json_decref(root);
    lt_reading_fail(reading, "$", "not an object");
    return NULL;
}

static bool is_choice(const char *choices, const char *text)
{
    const size_t len = strlen(text);
    for (const char *at = choices; *at;) {
        const size_t word = strcspn(at, "|");
        if (word == len && strncmp(at, text, len) == 0)
            return true;
        at += word + (at[word] == '|');
    }
    return false;
}

/* Control characters would break logs, terminals and the catalogue. */
static bool is_clean(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static int read_text(const struct lt_reading *reading,
                     const json_t *value,
                     const char *path,
                     const struct lt_member *member,
                     const char **ret)
{
    if (!json_is_string(value))
        return lt_reading_fail(reading, path, "not a text");
    const char *text = json_string_value(value);
    const size_t len = json_string_length(value), max = member->max ? member->max : TEXT_MAX;
    if (strlen(text) != len || !is_clean(text))
        return lt_reading_fail(reading, path, "has a control character");
    if (len == 0 && !(member->flags & LT_MEMBER_EMPTY_OK))
        return lt_reading_fail(reading, path, "is empty");
    if (len > max)
        return lt_reading_fail(reading, path, "longer than %zu bytes", max);
    if (member->type == LT_MEMBER_CHOICE && !is_choice(member->choices, text))
        return lt_reading_fail(reading, path, "'%s' is not one of %s", text, member->choices);
    struct lt_error why = {0};
    if (member->type == LT_MEMBER_ID && lt_id_parse(member->id, text, &(int64_t){0}, &why) < 0)
        return lt_reading_fail(reading, path, "%s", why.msg);
    *ret = lt_arena_dup(reading->arena, text, len);
    return 0;
}

static int
read_duration(const struct lt_reading *reading, const json_t *value, const char *path, int64_t *ret)
{
    int64_t ms;
    if (!json_is_string(value) || lt_parse_duration_ms(json_string_value(value), &ms) < 0)
        return lt_reading_fail(reading, path, "not a duration such as \"72h\" or \"30d\"");
    if (ms <= 0 || ms > INT64_MAX / LT_MILLI / 1000)
        return lt_reading_fail(reading, path, "the duration must be above zero and finite");
    *ret = ms * LT_MILLI;
    return 0;
}

/* ".123456" -> microseconds; false when it is no fraction of one to six digits. */
static bool parse_fraction(const char *text, size_t len, lt_time *ret)
{
    uint64_t digits;
    if (len < 2 || len > 7 || text[0] != '.' ||
        lt_parse_u64(text + 1, len - 1, LT_SECOND - 1, &digits) != 0)
        return false;
    for (size_t i = len; i < 7; i++)
        digits *= 10;
    *ret = (lt_time)digits;
    return true;
}

/* "2026-01-01T00:00:00Z", with or without a fraction of the second, and nothing else. */
static bool parse_time(const char *text, lt_time *ret)
{
    struct tm tm = {0};
    char again[32];
    lt_time micros = 0;
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    const size_t rest = end ? strlen(end) : 0;
    if (rest == 0 || end[rest - 1] != 'Z')
        return false;
    if (rest > 1 && !parse_fraction(end, rest - 1, &micros))
        return false;
    const time_t at = timegm(&tm);
    /* 31 February is not 3 March. */
    if (at == (time_t)-1 || strftime(again, sizeof(again), "%Y-%m-%dT%H:%M:%S", &tm) == 0 ||
        strncmp(again, text, (size_t)(end - text)) != 0)
        return false;
    *ret = (lt_time)at * LT_SECOND + micros;
    return true;
}

static int
read_time(const struct lt_reading *reading, const json_t *value, const char *path, lt_time *ret)
{
    if (!json_is_string(value) || !parse_time(json_string_value(value), ret))
        return lt_reading_fail(reading, path, "not a time such as \"2026-01-01T00:00:00Z\"");
    return 0;
}

static int read_null(const struct lt_member *member, char *slot)
{
    switch (member->type) {
    case LT_MEMBER_TEXT:
    case LT_MEMBER_CHOICE:
    case LT_MEMBER_ID:
    case LT_MEMBER_JSON:
        *(const void **)(void *)slot = NULL;
        break;
    case LT_MEMBER_INT:
    case LT_MEMBER_DURATION:
    case LT_MEMBER_TIME:
        *(int64_t *)(void *)slot = LT_NULL;
        break;
    case LT_MEMBER_BOOL:
    case LT_MEMBER_IGNORED:
        break;
    }
    return 0;
}

static const char *json_type_name(json_type type)
{
    return type == JSON_ARRAY ? "array" : "object";
}

static int read_member(const struct lt_reading *reading,
                       const json_t *value,
                       const char *path,
                       const struct lt_member *member,
                       char *slot)
{
    if (json_is_null(value) && (member->flags & LT_MEMBER_NULL_OK))
        return read_null(member, slot);
    switch (member->type) {
    case LT_MEMBER_TEXT:
    case LT_MEMBER_CHOICE:
    case LT_MEMBER_ID:
        return read_text(reading, value, path, member, (const char **)(void *)slot);
    case LT_MEMBER_BOOL:
        if (!json_is_boolean(value))
            return lt_reading_fail(reading, path, "not true or false");
        *(bool *)(void *)slot = json_is_true(value);
        return 0;
    case LT_MEMBER_INT:
        if (!json_is_integer(value) || json_integer_value(value) < 1)
            return lt_reading_fail(reading, path, "not a whole number above zero");
        *(int64_t *)(void *)slot = json_integer_value(value);
        return 0;
    case LT_MEMBER_DURATION:
        return read_duration(reading, value, path, (int64_t *)(void *)slot);
    case LT_MEMBER_TIME:
        return read_time(reading, value, path, (lt_time *)(void *)slot);
    case LT_MEMBER_JSON:
        if (json_typeof(value) != member->json)
            return lt_reading_fail(reading, path, "not an %s", json_type_name(member->json));
        *(const json_t **)(void *)slot = value;
        return 0;
    case LT_MEMBER_IGNORED:
        return 0;
    }
    return 0;
}

static const struct lt_member *
find_member(const struct lt_member *members, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(members[i].name, name) == 0)
            return &members[i];
    return NULL;
}

/* The object is only read; jansson's iteration wants it mutable. */
static json_t *mutable(const json_t *value)
{
    return (json_t *)(uintptr_t)value;
}

static int refuse_unknown(const struct lt_reading *reading,
                          const json_t *object,
                          const char *path,
                          const struct lt_member *members,
                          size_t count)
{
    const char *name;
    json_t *value;
    json_object_foreach(mutable(object), name, value)
    {
        char at[LT_READING_NAME_MAX];
        snprintf(at, sizeof(at), "%s.%.60s", path, name);
        if (!find_member(members, count, name))
            return lt_reading_fail(reading, at, "unknown member '%.60s'", name);
    }
    return 0;
}

int lt_reading_object(const struct lt_reading *reading,
                      const json_t *object,
                      const char *path,
                      const struct lt_member *members,
                      size_t count,
                      void *out)
{
    if (!json_is_object(object))
        return lt_reading_fail(reading, path, "not an object");
    if (refuse_unknown(reading, object, path, members, count) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, members[i].name);
        char at[LT_READING_NAME_MAX];
        snprintf(at, sizeof(at), "%s.%s", path, members[i].name);
        if (!value && (members[i].flags & LT_MEMBER_OPTIONAL))
            continue;
        if (!value)
            return lt_reading_fail(reading, at, "is missing");
        if (read_member(reading, value, at, &members[i], (char *)out + members[i].offset) < 0)
            return -1;
    }
    return 0;
}

static bool seen_before(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return true;
    return false;
}

int lt_reading_texts(const struct lt_reading *reading,
                     const json_t *array,
                     const char *path,
                     size_t max_count,
                     const char ***ret,
                     size_t *ret_count)
{
    static const struct lt_member text = {.type = LT_MEMBER_TEXT, .max = 200};
    const size_t count = json_array_size(array);
    if (!json_is_array(array) || count == 0 || count > max_count)
        return lt_reading_fail(reading, path, "not an array of 1 to %zu texts", max_count);
    const char **texts = lt_arena_alloc(reading->arena, count * sizeof(*texts));
    for (size_t i = 0; i < count; i++) {
        char at[LT_READING_NAME_MAX];
        snprintf(at, sizeof(at), "%s[%zu]", path, i);
        if (read_text(reading, json_array_get(array, i), at, &text, &texts[i]) < 0)
            return -1;
        if (seen_before(texts, i, texts[i]))
            return lt_reading_fail(reading, at, "'%s' stands here twice", texts[i]);
    }
    *ret = texts;
    *ret_count = count;
    return 0;
}
