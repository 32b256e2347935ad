#include "steward/scope_of.h"

#include "scope/scope.h"

#include <stdio.h>
#include <string.h>

static bool contains(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return true;
    return false;
}

static int check_fields(const struct lt_reading *reading,
                        const struct lt_service *service,
                        const struct lt_scope_asked *asked)
{
    char at[64];
    for (size_t i = 0; i < asked->field_count; i++) {
        bool known = false;
        for (size_t j = 0; j < service->field_count && !known; j++)
            known = strcmp(service->fields[j].name, asked->fields[i]) == 0;
        snprintf(at, sizeof(at), "%s.fields[%zu]", asked->path, i);
        if (!known)
            return lt_reading_fail(reading, at, "'%s' is not a field of the service",
                                   asked->fields[i]);
    }
    snprintf(at, sizeof(at), "%s.fields", asked->path);
    for (size_t i = 0; i < service->key_count; i++)
        if (!contains(asked->fields, asked->field_count, service->key[i]))
            return lt_reading_fail(reading, at, "key field '%s' is missing", service->key[i]);
    return 0;
}

/* The fields asked, in the order of the service: order is no part of a scope. */
static const char **
in_order(struct lt_plan *plan, const struct lt_service *service, const struct lt_scope_asked *asked)
{
    const char **fields = lt_arena_alloc(plan->arena, asked->field_count * sizeof(*fields));
    size_t count = 0;
    for (size_t i = 0; i < service->field_count; i++)
        if (contains(asked->fields, asked->field_count, service->fields[i].name))
            fields[count++] = service->fields[i].name;
    return fields;
}

static struct lt_avro_schema *parse_schema(const struct lt_plan *plan, int32_t id)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", id);
    const struct lt_schema_body *body = lt_plan_get(plan, LT_CONTROL_SCHEMA, text);
    return body ? lt_avro_schema_parse(body->text, strlen(body->text), NULL) : NULL;
}

static int normal_filter(struct lt_plan *plan,
                         const struct lt_reading *reading,
                         const struct lt_service *service,
                         const struct lt_scope_asked *asked,
                         const char **ret)
{
    char at[64];
    snprintf(at, sizeof(at), "%s.filter", asked->path);
    if (!*asked->filter) {
        *ret = "";
        return 0;
    }
    if (service->scope_column_count == 0)
        return lt_reading_fail(reading, at, "the service has no scope columns to filter by");
    struct lt_error why = {0};
    struct lt_avro_schema *schema = parse_schema(plan, service->scope_schema);
    lt_assert(schema);
    LT_CLEANUP(lt_filter_freep)
    struct lt_filter *filter = lt_filter_compile(asked->filter, schema, &why);
    lt_avro_schema_unref(schema);
    if (!filter)
        return lt_reading_fail(reading, at, "%s", why.msg);
    struct lt_buf text = {0};
    if (!lt_filter_is_all(filter))
        lt_filter_format(filter, &text);
    *ret = lt_arena_dup(plan->arena, lt_buf_text(&text), text.len);
    lt_buf_fini(&text);
    return 0;
}

static int projected_schema(struct lt_plan *plan,
                            const struct lt_reading *reading,
                            const struct lt_service *service,
                            const struct lt_scope_asked *asked,
                            int32_t *ret)
{
    struct lt_buf text = {0};
    struct lt_avro_schema *schema = parse_schema(plan, service->value_schema);
    lt_assert(schema);
    const int rc =
        lt_avro_schema_project(schema, asked->fields, asked->field_count, &text, reading->err);
    lt_avro_schema_unref(schema);
    if (rc == 0)
        *ret = lt_plan_schema(plan, lt_buf_text(&text));
    lt_buf_fini(&text);
    return rc;
}

/* Unknown counts as narrower. */
static bool
widens(const struct lt_plan *plan, int32_t scope_schema, const char *filter, const char *old)
{
    if (!*filter || strcmp(filter, old) == 0)
        return true;
    struct lt_avro_schema *schema = parse_schema(plan, scope_schema);
    LT_CLEANUP(lt_filter_freep)
    struct lt_filter *now = schema ? lt_filter_compile(filter, schema, NULL) : NULL;
    LT_CLEANUP(lt_filter_freep)
    struct lt_filter *before = now ? lt_filter_compile(old, schema, NULL) : NULL;
    lt_avro_schema_unref(schema);
    return before && lt_filter_widens(now, before);
}

static bool same_texts(const char *const *a, size_t a_count, const char *const *b, size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return true;
}

int lt_scope_of(struct lt_plan *plan,
                const struct lt_reading *reading,
                const struct lt_service *service,
                const struct lt_scope_asked *asked,
                struct lt_connection *connection)
{
    const char *filter;
    int32_t value_schema = 0;
    if (check_fields(reading, service, asked) < 0 ||
        normal_filter(plan, reading, service, asked, &filter) < 0 ||
        projected_schema(plan, reading, service, asked, &value_schema) < 0)
        return -1;
    const char **fields = in_order(plan, service, asked);
    const bool same =
        connection->scope_version > 0 && connection->value_schema == value_schema &&
        strcmp(connection->filter, filter) == 0 &&
        same_texts(connection->fields, connection->field_count, fields, asked->field_count);
    const bool wider = connection->scope_version > 0 &&
                       widens(plan, service->scope_schema, filter, connection->filter);
    connection->fields = fields;
    connection->field_count = asked->field_count;
    connection->filter = filter;
    connection->value_schema = value_schema;
    connection->scope_version += !same;
    if (!wider)
        connection->rows_since = connection->scope_version;
    return 0;
}
