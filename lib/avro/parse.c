/*
 * JSON document -> nodes.  One pass in the order of the text, so that a name must be defined
 * before it is used (Avro specification, "Names").
 */
#include "avro/schema_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct parser {
    struct lt_avro_schema *schema;
    json_t *names;      /* full name -> index of its node */
    struct lt_buf path; /* fields[3].type, where we are */
    size_t depth;
    size_t uses; /* types written, references included */
    struct lt_error *reterr;
};

static struct avro_node *parse_type(struct parser *parser, json_t *json, const char *space);

static void *LT_PRINTF(2, 3) fault(struct parser *parser, const char *fmt, ...)
{
    char what[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    const char *where = parser->path.len ? lt_buf_text(&parser->path) : "schema";
    lt_fail(parser->reterr, LT_ERR_REJECT, "avro", 0, "%.200s: %s", where, what);
    return NULL;
}

/* Enters a part of the path; hand the result to leave(). */
static size_t enter(struct parser *parser, const char *step)
{
    size_t before = parser->path.len;

    lt_buf_addf(&parser->path, "%s%s", before ? "." : "", step);
    return before;
}

static size_t enter_item(struct parser *parser, const char *step, size_t index)
{
    size_t before = parser->path.len;

    lt_buf_addf(&parser->path, "%s%s[%zu]", before ? "." : "", step, index);
    return before;
}

static void leave(struct parser *parser, size_t before)
{
    parser->path.len = before;
}

static void *new_array(struct parser *parser, size_t count, size_t size)
{
    void *array = lt_arena_alloc(parser->schema->arena, LT_MAX(count, 1) * size);

    memset(array, 0, LT_MAX(count, 1) * size);
    return array;
}

static struct avro_node *
new_node(struct parser *parser, enum lt_avro_type type, json_t *json, const char *name)
{
    struct lt_avro_schema *schema = parser->schema;
    struct avro_node *node = new_array(parser, 1, sizeof(*node));

    if ((schema->node_count & (schema->node_count - 1)) == 0) {
        size_t room = LT_MAX(schema->node_count * 2, 1);
        schema->nodes = lt_realloc(schema->nodes, room * sizeof(struct avro_node *));
    }
    node->type = type;
    node->json = json;
    node->name = name;
    node->index = (uint32_t)schema->node_count;
    schema->nodes[schema->node_count++] = node;
    if (name)
        json_object_set_new(parser->names, name, json_integer(node->index));
    return node;
}

static struct avro_node *
parse_reference(struct parser *parser, json_t *json, const char *name, const char *space)
{
    int primitive = lt_avro_primitive(name);

    if (primitive >= 0)
        return new_node(parser, (enum lt_avro_type)primitive, json, NULL);
    if (!lt_avro_full_name_valid(name))
        return fault(parser, "malformed type name");
    const char *full = lt_avro_full_name(parser->schema->arena, name, space);
    const json_t *index = json_object_get(parser->names, full);
    if (!index)
        return fault(parser, "unknown type '%.128s'", full);
    return parser->schema->nodes[json_integer_value(index)];
}

static int check_aliases(struct parser *parser, json_t *json)
{
    const json_t *aliases = json_object_get(json, "aliases"), *alias;
    size_t i;

    if (!aliases)
        return 0;
    if (!json_is_array(aliases)) {
        fault(parser, "aliases is not an array");
        return -1;
    }
    json_array_foreach(aliases, i, alias)
    {
        if (!json_is_string(alias) || !lt_avro_full_name_valid(json_string_value(alias))) {
            fault(parser, "aliases[%zu] is not a name", i);
            return -1;
        }
    }
    return 0;
}

/* The full name of a record, enum or fixed; NULL after a fault. */
static const char *parse_name(struct parser *parser, json_t *json, const char *space)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    const json_t *own_space = json_object_get(json, "namespace");

    if (!name || !lt_avro_full_name_valid(name))
        return fault(parser, "name is missing or malformed");
    if (own_space) {
        space = json_string_value(own_space);
        if (!space || (*space != '\0' && !lt_avro_full_name_valid(space)))
            return fault(parser, "namespace is malformed");
    }
    const char *full = lt_avro_full_name(parser->schema->arena, name, space);
    if (strlen(full) > LT_AVRO_NAME_MAX)
        return fault(parser, "name is longer than %d bytes", LT_AVRO_NAME_MAX);
    if (lt_avro_primitive(lt_avro_short_name(full)) >= 0)
        return fault(parser, "'%.128s' is the name of a primitive type", full);
    if (json_object_get(parser->names, full))
        return fault(parser, "'%.128s' is defined twice", full);
    return check_aliases(parser, json) == 0 ? full : NULL;
}

static int parse_field(
    struct parser *parser, json_t *json, const char *space, json_t *seen, struct avro_field *field)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    const json_t *order = json_object_get(json, "order");

    if (!name || !lt_avro_name_valid(name)) {
        fault(parser, "name is missing or malformed");
        return -1;
    }
    if (json_object_get(seen, name)) {
        fault(parser, "field '%.128s' stands there twice", name);
        return -1;
    }
    const char *text = json_string_value(order);
    if (order && (!text || (strcmp(text, "ascending") != 0 && strcmp(text, "descending") != 0 &&
                            strcmp(text, "ignore") != 0))) {
        fault(parser, "order is not ascending, descending or ignore");
        return -1;
    }
    json_object_set_new(seen, name, json_true());
    if (check_aliases(parser, json) < 0)
        return -1;
    json_t *type = json_object_get(json, "type");
    size_t before = enter(parser, "type");
    *field = (struct avro_field){
        .name = name,
        .type = parse_type(parser, type, space),
        .json = json,
        .fallback = json_object_get(json, "default"),
    };
    leave(parser, before);
    return field->type ? 0 : -1;
}

static struct avro_node *parse_record(struct parser *parser, json_t *json, const char *outer_space)
{
    json_t *fields = json_object_get(json, "fields"), *field;
    const char *name = parse_name(parser, json, outer_space);
    size_t i;

    if (!name)
        return NULL;
    if (!json_is_array(fields))
        return fault(parser, "fields is missing or no array");
    if (json_array_size(fields) > LT_AVRO_NODES_MAX)
        return fault(parser, "more than %d fields", LT_AVRO_NODES_MAX);
    struct avro_node *node = new_node(parser, LT_AVRO_RECORD, json, name);
    node->fields = new_array(parser, json_array_size(fields), sizeof(*node->fields));
    const char *space = lt_avro_namespace(parser->schema->arena, name);
    json_t *seen = json_object();
    json_array_foreach(fields, i, field)
    {
        size_t before = enter_item(parser, "fields", i);

        if (parse_field(parser, field, space, seen, &node->fields[i]) < 0)
            break;
        leave(parser, before);
        node->count++;
    }
    json_decref(seen);
    return node->count == json_array_size(fields) ? node : NULL;
}

static struct avro_node *parse_enum(struct parser *parser, json_t *json, const char *space)
{
    const json_t *symbols = json_object_get(json, "symbols"), *symbol;
    const json_t *fallback = json_object_get(json, "default");
    const char *name = parse_name(parser, json, space);
    size_t i;

    if (!name)
        return NULL;
    if (json_array_size(symbols) == 0)
        return fault(parser, "symbols is missing, empty or no array");
    struct avro_node *node = new_node(parser, LT_AVRO_ENUM, json, name);
    node->symbols = new_array(parser, json_array_size(symbols), sizeof(*node->symbols));
    json_t *seen = json_object();
    json_array_foreach(symbols, i, symbol)
    {
        const char *text = json_string_value(symbol);

        if (!text || !lt_avro_name_valid(text)) {
            fault(parser, "symbols[%zu] is not a name", i);
            break;
        }
        if (json_object_get(seen, text)) {
            fault(parser, "symbol '%.128s' stands there twice", text);
            break;
        }
        json_object_set_new(seen, text, json_true());
        node->symbols[node->count++] = text;
    }
    const char *text = json_string_value(fallback);
    bool known = !fallback || (text && json_object_get(seen, text));
    json_decref(seen);
    if (node->count < json_array_size(symbols))
        return NULL;
    return known ? node : fault(parser, "default is not one of the symbols");
}

static struct avro_node *parse_fixed(struct parser *parser, json_t *json, const char *space)
{
    const json_t *size = json_object_get(json, "size");
    const char *name = parse_name(parser, json, space);

    if (!name)
        return NULL;
    if (!json_is_integer(size) || json_integer_value(size) < 0 ||
        json_integer_value(size) > LT_AVRO_FIXED_MAX)
        return fault(parser, "size is not an integer from 0 to %u", LT_AVRO_FIXED_MAX);
    struct avro_node *node = new_node(parser, LT_AVRO_FIXED, json, name);
    node->count = (size_t)json_integer_value(size);
    return node;
}

static struct avro_node *parse_collection(struct parser *parser,
                                          json_t *json,
                                          enum lt_avro_type type,
                                          const char *part,
                                          const char *space)
{
    struct avro_node *node = new_node(parser, type, json, NULL);
    size_t before = enter(parser, part);

    node->subs = new_array(parser, 1, sizeof(struct avro_node *));
    node->subs[0] = parse_type(parser, json_object_get(json, part), space);
    leave(parser, before);
    node->count = 1;
    return node->subs[0] ? node : NULL;
}

/* Branches of a union are told apart by their full name, or by their type when they have none. */
static const char *branch_key(const struct avro_node *branch)
{
    return branch->name ? branch->name : lt_avro_type_name(branch->type);
}

static struct avro_node *
parse_branch(struct parser *parser, json_t *json, const char *space, json_t *seen)
{
    struct avro_node *branch = parse_type(parser, json, space);

    if (!branch)
        return NULL;
    if (branch->type == LT_AVRO_UNION)
        return fault(parser, "a union directly in a union");
    if (json_object_get(seen, branch_key(branch)))
        return fault(parser, "a second branch '%.128s'", branch_key(branch));
    json_object_set_new(seen, branch_key(branch), json_true());
    return branch;
}

static struct avro_node *parse_union(struct parser *parser, json_t *json, const char *space)
{
    json_t *branch;
    size_t i, size = json_array_size(json);

    if (size == 0 || size > LT_AVRO_NODES_MAX)
        return fault(parser, "a union of %zu branches", size);
    struct avro_node *node = new_node(parser, LT_AVRO_UNION, NULL, NULL);
    node->subs = new_array(parser, size, sizeof(struct avro_node *));
    json_t *seen = json_object();
    json_array_foreach(json, i, branch)
    {
        size_t before = parser->path.len;

        lt_buf_addf(&parser->path, "[%zu]", i);
        node->subs[i] = parse_branch(parser, branch, space, seen);
        if (!node->subs[i])
            break;
        leave(parser, before);
        node->count++;
    }
    json_decref(seen);
    return node->count == size ? node : NULL;
}

static struct avro_node *parse_object(struct parser *parser, json_t *json, const char *space)
{
    const char *type = json_string_value(json_object_get(json, "type"));

    if (!type)
        return fault(parser, "type is missing or no text");
    if (strcmp(type, "record") == 0)
        return parse_record(parser, json, space);
    if (strcmp(type, "enum") == 0)
        return parse_enum(parser, json, space);
    if (strcmp(type, "fixed") == 0)
        return parse_fixed(parser, json, space);
    if (strcmp(type, "array") == 0)
        return parse_collection(parser, json, LT_AVRO_ARRAY, "items", space);
    if (strcmp(type, "map") == 0)
        return parse_collection(parser, json, LT_AVRO_MAP, "values", space);
    return parse_reference(parser, json, type, space);
}

static struct avro_node *parse_type(struct parser *parser, json_t *json, const char *space)
{
    struct avro_node *node;

    if (parser->depth >= LT_AVRO_DEPTH_MAX)
        return fault(parser, "nested deeper than %d", LT_AVRO_DEPTH_MAX);
    if (++parser->uses > LT_AVRO_NODES_MAX)
        return fault(parser, "more than %d types", LT_AVRO_NODES_MAX);
    parser->depth++;
    if (json_is_string(json))
        node = parse_reference(parser, json, json_string_value(json), space);
    else if (json_is_array(json))
        node = parse_union(parser, json, space);
    else if (json_is_object(json))
        node = parse_object(parser, json, space);
    else
        node = fault(parser, "type is missing or neither text, array nor object");
    parser->depth--;
    return node;
}

int lt_avro_parse_nodes(struct lt_avro_schema *schema, struct lt_error *reterr)
{
    struct parser parser = {.schema = schema, .names = json_object(), .reterr = reterr};

    schema->top = parse_type(&parser, schema->document, "");
    json_decref(parser.names);
    lt_buf_fini(&parser.path);
    return schema->top ? 0 : -1;
}
