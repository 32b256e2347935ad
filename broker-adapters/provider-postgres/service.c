#include "provider-postgres/row_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "change/chain.h"

static const char **copy_names(struct lt_arena *arena, const char **names, size_t count)
{
    const char **copy = lt_arena_alloc(arena, (count + 1) * sizeof(*copy));
    for (size_t i = 0; i < count; i++) {
        copy[i] = lt_arena_dup(arena, names[i], strlen(names[i]));
    }
    return copy;
}

static const char *copy_text(struct lt_arena *arena, const char *text)
{
    return lt_arena_dup(arena, text, strlen(text));
}

/* Only what this program uses; the rest of the declaration belongs to others. */
static struct lt_service *copy_service(struct lt_arena *arena, const struct lt_service *from)
{
    struct lt_service *to = lt_arena_alloc(arena, sizeof(*to));
    *to = (struct lt_service){
        .provider = copy_text(arena, from->provider),
        .source = copy_text(arena, from->source),
        .name = copy_text(arena, from->name),
        .entity = copy_text(arena, from->entity),
        .table = copy_text(arena, from->table),
        .fields = lt_arena_alloc(arena, (from->field_count + 1) * sizeof(*to->fields)),
        .field_count = from->field_count,
        .key = copy_names(arena, from->key, from->key_count),
        .key_count = from->key_count,
        .scope_columns = copy_names(arena, from->scope_columns, from->scope_column_count),
        .scope_column_count = from->scope_column_count,
        .key_schema = from->key_schema,
        .value_schema = from->value_schema,
        .scope_schema = from->scope_schema,
        .published = from->published,
        .window = from->window,
    };
    for (size_t i = 0; i < from->field_count; i++) {
        to->fields[i] = (struct lt_field){
            .name = copy_text(arena, from->fields[i].name),
            .column = copy_text(arena, from->fields[i].column),
            .type = copy_text(arena, from->fields[i].type),
            .required = from->fields[i].required,
        };
    }
    return to;
}

static const struct lt_field *find_field(const struct lt_service *declared, const char *name)
{
    for (size_t i = 0; i < declared->field_count; i++) {
        if (strcmp(declared->fields[i].name, name) == 0) {
            return &declared->fields[i];
        }
    }
    return NULL;
}

enum nullability { AS_DECLARED, NEVER, ALWAYS };

/* Every field of the schema is declared, and null exactly where it may be. */
static int check_schema(const struct lt_service *declared,
                        const struct lt_avro_schema *schema,
                        size_t count,
                        enum nullability nullability,
                        const char *what,
                        struct lt_error *reterr)
{
    if (lt_avro_schema_type(schema) != LT_AVRO_RECORD || lt_avro_field_count(schema) != count) {
        return lt_fail(reterr, LT_ERR_REJECT, "service", 0, "%s is not a record of %zu fields",
                       what, count);
    }
    for (size_t i = 0; i < count; i++) {
        bool nullable = false;
        const char *name = lt_avro_field_name(schema, i);
        const struct lt_field *field = find_field(declared, name);
        lt_avro_field_type(schema, i, &nullable);
        bool wanted = nullability == ALWAYS;
        if (field != NULL && nullability == AS_DECLARED) {
            wanted = !field->required;
        }
        if (field == NULL || nullable != wanted) {
            return lt_fail(reterr, LT_ERR_REJECT, "service", 0,
                           "%s: field '%s' does not agree with the declaration", what, name);
        }
    }
    return 0;
}

static struct lt_avro_schema *parse(const char *text, const char *what, struct lt_error *reterr)
{
    struct lt_avro_schema *schema = lt_avro_schema_parse(text, strlen(text), reterr);
    if (schema == NULL) {
        lt_fail_context(reterr, "%s", what);
    }
    return schema;
}

static int parse_schemas(struct service *service,
                         const char *key,
                         const char *value,
                         const char *scope,
                         struct lt_error *reterr)
{
    const struct lt_service *declared = service->declared;
    if ((service->key_schema = parse(key, "key schema", reterr)) == NULL ||
        (service->value_schema = parse(value, "value schema", reterr)) == NULL) {
        return -1;
    }
    if (check_schema(declared, service->key_schema, declared->key_count, NEVER, "key schema",
                     reterr) != 0 ||
        check_schema(declared, service->value_schema, declared->field_count, AS_DECLARED,
                     "value schema", reterr) != 0) {
        return -1;
    }
    if (declared->scope_column_count == 0) {
        return 0;
    }
    service->scope_schema = parse(scope, "scope schema", reterr);
    return service->scope_schema == NULL
               ? -1
               : check_schema(declared, service->scope_schema, declared->scope_column_count, ALWAYS,
                              "scope schema", reterr);
}

/* A declaration that differs here makes other records of the same rows. */
static void digest(struct service *service)
{
    const struct lt_service *declared = service->declared;
    struct lt_buf text = {0};
    lt_buf_addf(&text, "%s\n%d %d %d\n", declared->table, declared->key_schema,
                declared->value_schema, declared->scope_schema);
    for (size_t i = 0; i < declared->field_count; i++) {
        const struct lt_field *field = &declared->fields[i];
        lt_buf_addf(&text, "%s\t%s\t%s\t%d\n", field->name, field->column, field->type,
                    field->required);
    }
    for (size_t i = 0; i < declared->key_count; i++) {
        lt_buf_addf(&text, "key %s\n", declared->key[i]);
    }
    for (size_t i = 0; i < declared->scope_column_count; i++) {
        lt_buf_addf(&text, "scope %s\n", declared->scope_columns[i]);
    }
    lt_sha256(lt_buf_bytes(&text), service->declaration);
    lt_buf_fini(&text);
}

struct service *service_new(const char *id,
                            const struct lt_service *declared,
                            const char *key_schema,
                            const char *value_schema,
                            const char *scope_schema,
                            struct lt_error *reterr)
{
    LT_CLEANUP(service_freep) struct service *service = lt_alloc(sizeof(*service));
    service->arena = lt_arena_new(4096);
    snprintf(service->id, sizeof(service->id), "%s", id);
    service->use_period = declared->policy != NULL ? declared->policy->use_period : 0;
    service->declared = copy_service(service->arena, declared);
    if (parse_schemas(service, key_schema, value_schema, scope_schema, reterr) != 0) {
        lt_fail_context(reterr, "service '%s'", id);
        return NULL;
    }
    digest(service);
    return lt_steal(&service);
}

void service_free(struct service *service)
{
    if (service != NULL) {
        lt_avro_schema_unref(service->key_schema);
        lt_avro_schema_unref(service->value_schema);
        lt_avro_schema_unref(service->scope_schema);
        lt_arena_free(service->arena);
        free(service);
    }
}
