/*
 * A data service: new, or declared again.  What its topics and copies are made of is fixed for its
 * life (provider, source, entity, table, key, window); fields may be added, never dropped; a new
 * version of the value must be able to read the old (D3.2, D25.2).
 */
#include "steward/apply_priv.h"

#include "avro/schema.h"
#include "steward/derive.h"
#include "steward/scope_of.h"

#include <string.h>

static int check_provider(const struct lt_applying *a, const struct lt_service *service)
{
    const struct lt_application *provider =
        lt_plan_get(a->plan, LT_CONTROL_APPLICATION, service->provider);
    if (!provider)
        return lt_reading_fail(a->reading, "$.provider", "application '%s' is unknown",
                               service->provider);
    if (strcmp(provider->role, "provider") != 0)
        return lt_reading_fail(a->reading, "$.provider", "application '%s' is not a provider",
                               service->provider);
    return 0;
}

struct source_search {
    const struct lt_service *service;
    bool elsewhere;
};

static bool look_at_source(void *arg, const char *object, int64_t number, const void *body)
{
    (void)object;
    (void)number;
    struct source_search *search = arg;
    const struct lt_service *other = body;
    search->elsewhere = strcmp(other->source, search->service->source) == 0 &&
                        strcmp(other->provider, search->service->provider) != 0;
    return !search->elsewhere;
}

/* One source, one adapter: its progress topic and transactional id belong to one application. */
static int check_source(const struct lt_applying *a, const struct lt_service *service)
{
    struct source_search search = {.service = service};
    lt_plan_each(a->plan, LT_CONTROL_SERVICE, look_at_source, &search);
    return search.elsewhere
               ? lt_reading_fail(a->reading, "$.source", "source '%s' belongs to another provider",
                                 service->source)
               : 0;
}

static int frozen(const struct lt_applying *a, const char *path, const char *old, const char *new)
{
    return strcmp(old, new) == 0
               ? 0
               : lt_reading_fail(
                     a->reading, path,
                     "was '%s': it is fixed for the life of a service, declare a new one", old);
}

static const struct lt_field *field_of(const struct lt_service *service, const char *column)
{
    for (size_t i = 0; i < service->field_count; i++)
        if (strcmp(service->fields[i].column, column) == 0)
            return &service->fields[i];
    return NULL;
}

static int check_kept_fields(const struct lt_applying *a,
                             const struct lt_service *old,
                             const struct lt_service *new)
{
    for (size_t i = 0; i < old->field_count; i++) {
        const struct lt_field *field = field_of(new, old->fields[i].column);
        if (!field)
            return lt_reading_fail(a->reading, "$.fields",
                                   "declared column '%s' was dropped: users rely on it",
                                   old->fields[i].column);
        if (strcmp(field->name, old->fields[i].name) != 0)
            return lt_reading_fail(a->reading, "$.fields", "column '%s' was field '%s' before",
                                   field->column, old->fields[i].name);
    }
    return 0;
}

/* D22: a policy is versioned, never edited in place; what was signed under a version stays its only
 * meaning, also after the policy was taken back. */
static int
check_policy(const struct lt_applying *a, const struct lt_policy *last, const struct lt_policy *new)
{
    if (!last || !new || new->version > last->version)
        return 0;
    if (new->version == last->version &&new->use_period == last->use_period &&
        strcmp(new->on_expiry, last->on_expiry) == 0)
        return 0;
    return lt_reading_fail(a->reading, "$.policy.version",
                           "version %ld was signed before: a changed policy needs a higher version",
                           (long)last->version);
}

static int check_redeclared(const struct lt_applying *a,
                            const struct lt_service *old,
                            const struct lt_service *new)
{
    if (frozen(a, "$.provider", old->provider, new->provider) < 0 ||
        frozen(a, "$.source", old->source, new->source) < 0 ||
        frozen(a, "$.entity", old->entity, new->entity) < 0 ||
        frozen(a, "$.table", old->table, new->table) < 0)
        return -1;
    if (old->window != new->window)
        return lt_reading_fail(a->reading, "$.window",
                               "is fixed for the life of a service: its topics are made with it");
    return check_kept_fields(a, old, new) < 0 ? -1 : check_policy(a, old->policy_last, new->policy);
}

static int derive(const struct lt_applying *a,
                  const char *what,
                  void (*make)(const char *, const struct lt_service *, struct lt_buf *),
                  const struct lt_service *service,
                  int32_t *ret)
{
    struct lt_buf text = {0};
    struct lt_error why = {0};
    make(a->declaration->id, service, &text);
    struct lt_avro_schema *schema = lt_avro_schema_parse(lt_buf_text(&text), text.len, &why);
    if (schema)
        *ret = lt_plan_schema(a->plan, lt_buf_text(&text));
    lt_buf_fini(&text);
    if (!schema)
        return lt_reading_fail(a->reading, "$.fields", "%s schema: %s", what, why.msg);
    lt_avro_schema_unref(schema);
    return 0;
}

static struct lt_avro_schema *schema_of(const struct lt_applying *a, int32_t id)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", id);
    const struct lt_schema_body *body = lt_plan_get(a->plan, LT_CONTROL_SCHEMA, text);
    lt_assert(body);
    struct lt_avro_schema *schema = lt_avro_schema_parse(body->text, strlen(body->text), NULL);
    lt_assert(schema);
    return schema;
}

static int check_can_read(const struct lt_applying *a, int32_t old, int32_t new)
{
    if (old == new)
        return 0;
    struct lt_error why = {0};
    struct lt_avro_schema *writer = schema_of(a, old), *reader = schema_of(a, new);
    const int rc = lt_avro_schema_can_read(reader, writer, &why);
    lt_avro_schema_unref(writer);
    lt_avro_schema_unref(reader);
    return rc < 0 ? lt_reading_fail(a->reading, "$.fields",
                                    "the new version cannot read the old: %s", why.msg)
                  : 0;
}

static int
derive_all(const struct lt_applying *a, const struct lt_service *old, struct lt_service *service)
{
    if (derive(a, "key", lt_derive_key, service, &service->key_schema) < 0 ||
        derive(a, "value", lt_derive_value, service, &service->value_schema) < 0)
        return -1;
    if (service->scope_column_count > 0 &&
        derive(a, "scope", lt_derive_scope, service, &service->scope_schema) < 0)
        return -1;
    if (!old)
        return 0;
    if (old->key_schema != service->key_schema)
        return lt_reading_fail(a->reading, "$.key",
                               "is fixed for the life of a service, declare a new one");
    return check_can_read(a, old->value_schema, service->value_schema);
}

/* ---- what follows for connections ---- */

struct connections {
    const char *service;
    const char *ids[LT_CONNECTIONS_MAX];
    size_t count;
};

static bool collect(void *arg, const char *object, int64_t number, const void *body)
{
    (void)number;
    struct connections *found = arg;
    const struct lt_connection *connection = body;
    if (connection->ended_at == LT_NULL && strcmp(connection->service, found->service) == 0)
        found->ids[found->count++] = object;
    return found->count < LT_CONNECTIONS_MAX;
}

/* A tightened policy reaches the copies already delivered (D41.2b-10); a changed type of a granted
 * field is a new scope. */
static int follow(const struct lt_applying *a, const char *id, const struct lt_service *service)
{
    struct lt_connection connection =
        *(const struct lt_connection *)lt_plan_get(a->plan, LT_CONTROL_CONNECTION, id);
    const struct lt_scope_asked asked = {
        .fields = connection.fields,
        .field_count = connection.field_count,
        .filter = connection.filter,
        .path = "$",
    };
    if (lt_scope_of(a->plan, a->reading, service, &asked, &connection) < 0)
        return lt_fail_context(a->reading->err, "connection %s", id);
    if (service->policy && connection.use_period > service->policy->use_period)
        connection.use_period = service->policy->use_period;
    lt_plan_put(a->plan, LT_CONTROL_CONNECTION, id, &connection);
    return 0;
}

static int follow_all(const struct lt_applying *a, const struct lt_service *service)
{
    struct connections *found = lt_arena_alloc(a->plan->arena, sizeof(*found));
    *found = (struct connections){.service = a->declaration->id};
    lt_plan_each(a->plan, LT_CONTROL_CONNECTION, collect, found);
    if (found->count == LT_CONNECTIONS_MAX)
        return lt_reading_fail(a->reading, "$", "more than %d connections", LT_CONNECTIONS_MAX - 1);
    for (size_t i = 0; i < found->count; i++)
        if (follow(a, found->ids[i], service) < 0)
            return -1;
    return 0;
}

int lt_apply_service(const struct lt_applying *a)
{
    struct lt_service service = a->declaration->body.service;
    const struct lt_service *old = lt_plan_get(a->plan, LT_CONTROL_SERVICE, a->declaration->id);
    if (check_provider(a, &service) < 0 || (old && check_redeclared(a, old, &service) < 0) ||
        check_source(a, &service) < 0 || derive_all(a, old, &service) < 0)
        return -1;
    service.policy_last = service.policy || !old ? service.policy : old->policy_last;
    lt_plan_put(a->plan, LT_CONTROL_SERVICE, a->declaration->id, &service);
    return follow_all(a, &service);
}
