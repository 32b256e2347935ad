#include "avro/schema_priv.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

static int load_document(struct lt_avro_schema *schema, struct lt_error *reterr)
{
    json_error_t fault;

    schema->document =
        json_loadb(schema->text, schema->len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (!schema->document)
        return lt_fail(reterr, LT_ERR_REJECT, "avro", 0,
                       "schema is not JSON: line %d column %d: %s", fault.line, fault.column,
                       fault.text);
    return 0;
}

struct lt_avro_schema *lt_avro_schema_parse(const char *text, size_t len, struct lt_error *reterr)
{
    if (len > LT_AVRO_TEXT_MAX) {
        lt_fail(reterr, LT_ERR_REJECT, "avro", 0, "schema text is longer than %u bytes",
                LT_AVRO_TEXT_MAX);
        return NULL;
    }
    LT_CLEANUP(lt_avro_schema_unrefp) struct lt_avro_schema *schema = lt_alloc(sizeof(*schema));
    atomic_init(&schema->refs, 1);
    schema->text = lt_memdup(text, len);
    schema->len = len;
    schema->arena = lt_arena_new(4096);
    if (load_document(schema, reterr) < 0 || lt_avro_parse_nodes(schema, reterr) < 0 ||
        lt_avro_measure(schema, reterr) < 0 || lt_avro_check_defaults(schema, reterr) < 0)
        return NULL;
    lt_avro_compile(schema);
    return lt_steal(&schema);
}

struct lt_avro_schema *lt_avro_schema_ref(struct lt_avro_schema *schema)
{
    atomic_fetch_add_explicit(&schema->refs, 1, memory_order_relaxed);
    return schema;
}

void lt_avro_schema_unref(struct lt_avro_schema *schema)
{
    if (!schema || atomic_fetch_sub_explicit(&schema->refs, 1, memory_order_acq_rel) > 1)
        return;
    json_decref(schema->document);
    lt_arena_free(schema->arena);
    free(schema->nodes);
    free(schema->text);
    free(schema);
}

const char *lt_avro_schema_text(const struct lt_avro_schema *schema)
{
    return schema->text;
}

void lt_avro_schema_sha256(const struct lt_avro_schema *schema, uint8_t ret[32])
{
    SHA256((const unsigned char *)schema->text, schema->len, ret);
}

enum lt_avro_type lt_avro_schema_type(const struct lt_avro_schema *schema)
{
    return schema->top->type;
}

size_t lt_avro_field_count(const struct lt_avro_schema *schema)
{
    return schema->top->type == LT_AVRO_RECORD ? schema->top->count : 0;
}

static const struct avro_field *field_at(const struct lt_avro_schema *schema, size_t field)
{
    lt_assert(field < lt_avro_field_count(schema));
    return &schema->top->fields[field];
}

const char *lt_avro_field_name(const struct lt_avro_schema *schema, size_t field)
{
    return field_at(schema, field)->name;
}

int lt_avro_field_find(const struct lt_avro_schema *schema, const char *name)
{
    for (size_t i = 0; i < lt_avro_field_count(schema); i++)
        if (strcmp(schema->top->fields[i].name, name) == 0)
            return (int)i;
    return -1;
}

enum lt_avro_type
lt_avro_field_type(const struct lt_avro_schema *schema, size_t field, bool *ret_nullable)
{
    const struct avro_node *type = field_at(schema, field)->type;
    const struct avro_node *other = lt_avro_nullable(type);

    if (ret_nullable)
        *ret_nullable = other != NULL || type->type == LT_AVRO_NULL;
    return other ? other->type : type->type;
}

const char *lt_avro_field_prop(const struct lt_avro_schema *schema, size_t field, const char *name)
{
    const struct avro_field *at = field_at(schema, field);
    const struct avro_node *other = lt_avro_nullable(at->type);
    const char *prop = json_string_value(json_object_get(at->json, name));

    if (prop)
        return prop;
    return json_string_value(json_object_get((other ? other : at->type)->json, name));
}
