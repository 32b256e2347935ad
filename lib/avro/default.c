/*
 * Defaults of fields must be values of their type (Avro specification, "Complex types"): for a
 * union of its first branch; bytes and fixed as a text of the code points 0 to 255.
 */
#include "avro/schema_priv.h"

#include <string.h>

static bool fits(const struct avro_node *node, json_t *value, size_t depth);

/* Bytes that the text stands for when each code point is one byte; -1 when one is above 255. */
static int64_t latin1_length(json_t *value)
{
    const unsigned char *text = (const unsigned char *)json_string_value(value);
    int64_t length = 0;

    for (; *text; text++) {
        if (*text > 0xc3)
            return -1;
        if ((*text & 0xc0) != 0x80)
            length++;
    }
    return length;
}

static bool enum_fits(const struct avro_node *node, json_t *value)
{
    for (size_t i = 0; json_is_string(value) && i < node->count; i++)
        if (strcmp(node->symbols[i], json_string_value(value)) == 0)
            return true;
    return false;
}

static bool items_fit(const struct avro_node *node, json_t *value, size_t depth)
{
    json_t *item;
    size_t i;

    json_array_foreach(value, i, item)
    {
        if (!fits(node->subs[0], item, depth))
            return false;
    }
    return json_is_array(value);
}

static bool entries_fit(const struct avro_node *node, json_t *value, size_t depth)
{
    if (!json_is_object(value))
        return false;
    json_t *entry;
    const char *key;
    json_object_foreach(value, key, entry)
    {
        if (!fits(node->subs[0], entry, depth))
            return false;
    }
    return true;
}

/* A field that is not given takes its own default, which is checked where it is written. */
static bool record_fits(const struct avro_node *node, json_t *value, size_t depth)
{
    size_t given = 0;

    if (!json_is_object(value))
        return false;
    for (size_t i = 0; i < node->count; i++) {
        json_t *entry = json_object_get(value, node->fields[i].name);

        if (!entry && !node->fields[i].fallback)
            return false;
        if (entry && !fits(node->fields[i].type, entry, depth))
            return false;
        given += entry != NULL;
    }
    return given == json_object_size(value);
}

static bool fits(const struct avro_node *node, json_t *value, size_t depth)
{
    if (depth++ >= LT_AVRO_DEPTH_MAX)
        return false;
    switch (node->type) {
    case LT_AVRO_NULL:
        return json_is_null(value);
    case LT_AVRO_BOOLEAN:
        return json_is_boolean(value);
    case LT_AVRO_INT:
        return json_is_integer(value) && json_integer_value(value) >= INT32_MIN &&
               json_integer_value(value) <= INT32_MAX;
    case LT_AVRO_LONG:
        return json_is_integer(value);
    case LT_AVRO_FLOAT:
    case LT_AVRO_DOUBLE:
        return json_is_number(value);
    case LT_AVRO_BYTES:
        return json_is_string(value) && latin1_length(value) >= 0;
    case LT_AVRO_STRING:
        return json_is_string(value);
    case LT_AVRO_FIXED:
        return json_is_string(value) && latin1_length(value) == (int64_t)node->count;
    case LT_AVRO_ENUM:
        return enum_fits(node, value);
    case LT_AVRO_UNION:
        return fits(node->subs[0], value, depth);
    case LT_AVRO_ARRAY:
        return items_fit(node, value, depth);
    case LT_AVRO_MAP:
        return entries_fit(node, value, depth);
    case LT_AVRO_RECORD:
        return record_fits(node, value, depth);
    }
    return false;
}

int lt_avro_check_defaults(const struct lt_avro_schema *schema, struct lt_error *reterr)
{
    for (size_t i = 0; i < schema->node_count; i++) {
        const struct avro_node *node = schema->nodes[i];

        for (size_t f = 0; node->type == LT_AVRO_RECORD && f < node->count; f++) {
            const struct avro_field *field = &node->fields[f];

            if (field->fallback && !fits(field->type, field->fallback, 0))
                return lt_fail(reterr, LT_ERR_REJECT, "avro", 0,
                               "fields[%zu] of '%.128s': the default does not fit type %s", f,
                               node->name, lt_avro_type_name(field->type->type));
        }
    }
    return 0;
}
