#include "avro/schema_priv.h"

#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/* Length of the valid name that `text` starts with. */
static size_t name_length(const char *text)
{
    size_t len = 0;

    while (is_letter(text[len]) || (len > 0 && text[len] >= '0' && text[len] <= '9'))
        len++;
    return len;
}

bool lt_avro_name_valid(const char *name)
{
    size_t len = name_length(name);

    return len > 0 && len <= LT_AVRO_NAME_MAX && name[len] == '\0';
}

bool lt_avro_full_name_valid(const char *name)
{
    if (strlen(name) > LT_AVRO_NAME_MAX)
        return false;
    for (;;) {
        size_t len = name_length(name);

        if (len == 0)
            return false;
        if (name[len] == '\0')
            return true;
        if (name[len] != '.')
            return false;
        name += len + 1;
    }
}

char *lt_avro_full_name(struct lt_arena *arena, const char *name, const char *space)
{
    if (*space == '\0' || strchr(name, '.'))
        return lt_arena_printf(arena, "%s", name);
    return lt_arena_printf(arena, "%s.%s", space, name);
}

char *lt_avro_namespace(struct lt_arena *arena, const char *full_name)
{
    const char *dot = strrchr(full_name, '.');

    return lt_arena_dup(arena, full_name, dot ? (size_t)(dot - full_name) : 0);
}

const char *lt_avro_short_name(const char *full_name)
{
    const char *dot = strrchr(full_name, '.');

    return dot ? dot + 1 : full_name;
}

static const char *const type_names[] = {
    [LT_AVRO_NULL] = "null",   [LT_AVRO_BOOLEAN] = "boolean", [LT_AVRO_INT] = "int",
    [LT_AVRO_LONG] = "long",   [LT_AVRO_FLOAT] = "float",     [LT_AVRO_DOUBLE] = "double",
    [LT_AVRO_BYTES] = "bytes", [LT_AVRO_STRING] = "string",   [LT_AVRO_FIXED] = "fixed",
    [LT_AVRO_ENUM] = "enum",   [LT_AVRO_UNION] = "union",     [LT_AVRO_ARRAY] = "array",
    [LT_AVRO_MAP] = "map",     [LT_AVRO_RECORD] = "record",
};

int lt_avro_primitive(const char *name)
{
    for (int type = LT_AVRO_NULL; type <= LT_AVRO_STRING; type++)
        if (strcmp(name, type_names[type]) == 0)
            return type;
    return -1;
}

const char *lt_avro_type_name(enum lt_avro_type type)
{
    return type_names[type];
}
