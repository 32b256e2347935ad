#include "support/vectors.h"

#include "support/cm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"

#define LINES_MAX 16

struct vectors {
    char name[64];
    struct lt_buf file;
    char *next; /* what is left of the file */
    char shown[300];
    size_t cases, count;
    struct {
        char *name, *value;
    } lines[LINES_MAX];
    struct lt_arena *arena;
};

struct vectors *vectors_open(const char *name)
{
    struct vectors *vectors = lt_alloc(sizeof *vectors);
    struct lt_error err = {0};
    char path[128];
    snprintf(vectors->name, sizeof vectors->name, "%s", name);
    snprintf(path, sizeof path, "schemas/vectors/%s", name);
    if (lt_file_read(path, 1 << 20, &vectors->file, &err) < 0)
        fail_msg("%s", err.msg);
    lt_buf_addc(&vectors->file, '\0');
    vectors->next = (char *)vectors->file.data;
    vectors->arena = lt_arena_new(4096);
    return vectors;
}

void vectors_close(struct vectors *vectors)
{
    lt_buf_fini(&vectors->file);
    lt_arena_free(vectors->arena);
    free(vectors);
}

static char *next_line(struct vectors *vectors)
{
    char *line = vectors->next, *end = strchr(line, '\n');
    if (!end)
        return NULL;
    *end = '\0';
    vectors->next = end + 1;
    return line;
}

static void keep_line(struct vectors *vectors, char *line)
{
    char *colon = strstr(line, ": ");
    if (!colon || vectors->count == LINES_MAX)
        fail_msg("%s: bad line '%s'", vectors->name, line);
    *colon = '\0';
    vectors->lines[vectors->count].name = line;
    vectors->lines[vectors->count++].value = colon + 2;
    if (vectors->count == 1)
        snprintf(vectors->shown, sizeof vectors->shown, "%s: %s", line, colon + 2);
}

bool vectors_next(struct vectors *vectors)
{
    char *line;
    vectors->count = 0;
    lt_arena_reset(vectors->arena);
    while ((line = next_line(vectors))) {
        if (*line == '\0' && vectors->count > 0)
            break;
        if (*line != '\0' && *line != '#')
            keep_line(vectors, line);
    }
    if (vectors->count == 0 && vectors->cases == 0)
        fail_msg("%s: no cases", vectors->name);
    vectors->cases++;
    return vectors->count > 0;
}

const char *vectors_text(const struct vectors *vectors, const char *name)
{
    for (size_t i = 0; i < vectors->count; i++)
        if (strcmp(vectors->lines[i].name, name) == 0)
            return vectors->lines[i].value;
    return NULL;
}

static const char *must_have(const struct vectors *vectors, const char *name)
{
    const char *text = vectors_text(vectors, name);
    if (!text)
        fail_msg("%s: %s: no line %s", vectors->name, vectors->shown, name);
    return text;
}

int64_t vectors_number(const struct vectors *vectors, const char *name)
{
    const char *text = must_have(vectors, name);
    int64_t number = 0;
    if (lt_parse_i64(text, strlen(text), &number) < 0)
        fail_msg("%s: %s: %s is no number", vectors->name, vectors->shown, name);
    return number;
}

struct lt_bytes vectors_bytes(struct vectors *vectors, const char *name)
{
    const char *text = must_have(vectors, name);
    if (strcmp(text, "null") == 0)
        return lt_bytes(NULL, 0);
    size_t len = strlen(text) / 2;
    uint8_t *bytes = lt_arena_alloc(vectors->arena, len + 1);
    for (size_t i = 0; i < len; i++) {
        uint64_t byte = 0;
        if (lt_parse_hex64(text + 2 * i, 2, &byte) < 0)
            fail_msg("%s: %s: %s is no hex", vectors->name, vectors->shown, name);
        bytes[i] = (uint8_t)byte;
    }
    return lt_bytes(bytes, len);
}

const char *vectors_case(const struct vectors *vectors)
{
    return vectors->shown;
}
