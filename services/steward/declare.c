#include "steward/declare.h"

#include "change/type.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define FIELDS_MAX    500
#define KEY_MAX       16
#define GRANTS_MAX    10000
#define AVRO_NAME_MAX 128
#define COLUMN_MAX    63 /* PostgreSQL's NAMEDATALEN - 1 */
#define WINDOW_MIN    (10 * LT_SECOND)
#define WINDOW_MAX    (400 * 86400 * LT_SECOND)

#define COMMON                                   \
    {.name = "kind", .type = LT_MEMBER_IGNORED}, \
    {                                            \
        .name = "id", .type = LT_MEMBER_IGNORED  \
    }

static int
read_agency(const struct lt_reading *reading, const json_t *root, struct lt_declaration *out)
{
    static const struct lt_member members[] = {
        COMMON,
        {.name = "name", .type = LT_MEMBER_TEXT, .offset = offsetof(struct lt_agency, name)},
        {.name = "class",
         .type = LT_MEMBER_CHOICE,
         .offset = offsetof(struct lt_agency, class),
         .choices = "ministry|ministerial_agency|government_agency|people_committee|"
                    "organisation|individual"},
        {.name = "contact", .type = LT_MEMBER_TEXT, .offset = offsetof(struct lt_agency, contact)},
    };
    return lt_reading_object(reading, root, "$", members, LT_COUNT(members), &out->body.agency);
}

static int
read_application(const struct lt_reading *reading, const json_t *root, struct lt_declaration *out)
{
    static const struct lt_member members[] = {
        COMMON,
        {.name = "agency",
         .type = LT_MEMBER_ID,
         .id = LT_ID_AGENCY,
         .offset = offsetof(struct lt_application, agency)},
        {.name = "name", .type = LT_MEMBER_TEXT, .offset = offsetof(struct lt_application, name)},
        {.name = "role",
         .type = LT_MEMBER_CHOICE,
         .choices = "provider|user",
         .offset = offsetof(struct lt_application, role)},
        {.name = "active",
         .type = LT_MEMBER_BOOL,
         .flags = LT_MEMBER_OPTIONAL,
         .offset = offsetof(struct lt_application, active)},
    };
    out->body.application.active = true;
    return lt_reading_object(reading, root, "$", members, LT_COUNT(members),
                             &out->body.application);
}

/* ---- data service ---- */

static bool is_avro_name(const char *name)
{
    if (!*name || strlen(name) > AVRO_NAME_MAX || (*name >= '0' && *name <= '9'))
        return false;
    for (; *name; name++)
        if (!(*name == '_' || (*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'z') ||
              (*name >= 'A' && *name <= 'Z')))
            return false;
    return true;
}

static const struct lt_field *find_field(const struct lt_service *service, const char *name)
{
    for (size_t i = 0; i < service->field_count; i++)
        if (strcmp(service->fields[i].name, name) == 0)
            return &service->fields[i];
    return NULL;
}

static int check_field(const struct lt_reading *reading,
                       const struct lt_service *before,
                       const struct lt_field *field,
                       const char *path)
{
    char at[LT_READING_NAME_MAX];
    snprintf(at, sizeof(at), "%s.name", path);
    if (!is_avro_name(field->name))
        return lt_reading_fail(reading, at,
                               "'%s' is no Avro name: letters, digits and _ only; give an alias "
                               "and keep the original as column",
                               field->name);
    if (find_field(before, field->name))
        return lt_reading_fail(reading, at, "field '%s' stands here twice", field->name);
    for (size_t i = 0; i < before->field_count; i++) {
        snprintf(at, sizeof(at), "%s.column", path);
        if (strcmp(before->fields[i].column, field->column) == 0)
            return lt_reading_fail(reading, at, "column '%s' stands here twice", field->column);
    }
    struct lt_type type;
    struct lt_error why = {0};
    snprintf(at, sizeof(at), "%s.type", path);
    return lt_type_parse(field->type, &type, &why) < 0 ? lt_reading_fail(reading, at, "%s", why.msg)
                                                       : 0;
}

static int
read_fields(const struct lt_reading *reading, const json_t *array, struct lt_service *service)
{
    static const struct lt_member members[] = {
        {.name = "name", .type = LT_MEMBER_TEXT, .offset = offsetof(struct lt_field, name)},
        {.name = "column",
         .type = LT_MEMBER_TEXT,
         .max = COLUMN_MAX,
         .offset = offsetof(struct lt_field, column)},
        {.name = "type", .type = LT_MEMBER_TEXT, .offset = offsetof(struct lt_field, type)},
        {.name = "required", .type = LT_MEMBER_BOOL, .offset = offsetof(struct lt_field, required)},
    };
    const size_t count = json_array_size(array);
    if (count == 0 || count > FIELDS_MAX)
        return lt_reading_fail(reading, "$.fields", "1 to %d fields are needed", FIELDS_MAX);
    service->fields = lt_arena_alloc(reading->arena, count * sizeof(struct lt_field));
    for (size_t i = 0; i < count; i++) {
        char path[64];
        snprintf(path, sizeof(path), "$.fields[%zu]", i);
        struct lt_field *field = &service->fields[i];
        if (lt_reading_object(reading, json_array_get(array, i), path, members, LT_COUNT(members),
                              field) < 0 ||
            check_field(reading, service, field, path) < 0)
            return -1;
        service->field_count = i + 1;
    }
    return 0;
}

static int
read_key(const struct lt_reading *reading, const json_t *array, struct lt_service *service)
{
    if (lt_reading_texts(reading, array, "$.key", KEY_MAX, &service->key, &service->key_count) < 0)
        return -1;
    for (size_t i = 0; i < service->key_count; i++) {
        char at[LT_READING_NAME_MAX];
        snprintf(at, sizeof(at), "$.key[%zu]", i);
        const struct lt_field *field = find_field(service, service->key[i]);
        if (!field)
            return lt_reading_fail(reading, at, "'%s' is not a declared field", service->key[i]);
        if (!field->required)
            return lt_reading_fail(reading, at, "key field '%s' must be required", field->name);
        struct lt_type type;
        if (lt_type_parse(field->type, &type, NULL) < 0 || !type.key_ok)
            return lt_reading_fail(reading, at, "type '%s' of '%s' cannot be a key", field->type,
                                   field->name);
    }
    return 0;
}

static int read_scope_columns(const struct lt_reading *reading,
                              const json_t *array,
                              struct lt_service *service)
{
    if (json_array_size(array) == 0)
        return 0;
    if (lt_reading_texts(reading, array, "$.scope_columns", FIELDS_MAX, &service->scope_columns,
                         &service->scope_column_count) < 0)
        return -1;
    for (size_t i = 0; i < service->scope_column_count; i++) {
        char at[LT_READING_NAME_MAX];
        snprintf(at, sizeof(at), "$.scope_columns[%zu]", i);
        if (!find_field(service, service->scope_columns[i]))
            return lt_reading_fail(reading, at, "'%s' is not a declared field",
                                   service->scope_columns[i]);
    }
    return 0;
}

static int
read_policy(const struct lt_reading *reading, const json_t *object, struct lt_service *service)
{
    static const struct lt_member members[] = {
        {.name = "version", .type = LT_MEMBER_INT, .offset = offsetof(struct lt_policy, version)},
        {.name = "use_period",
         .type = LT_MEMBER_DURATION,
         .offset = offsetof(struct lt_policy, use_period)},
        {.name = "on_expiry",
         .type = LT_MEMBER_CHOICE,
         .choices = "hide|fail",
         .offset = offsetof(struct lt_policy, on_expiry)},
    };
    if (!object)
        return 0;
    service->policy = lt_arena_alloc(reading->arena, sizeof(*service->policy));
    return lt_reading_object(reading, object, "$.policy", members, LT_COUNT(members),
                             service->policy);
}

/* schema.table, both plain or quoted names of PostgreSQL. */
static bool is_table(const char *table)
{
    const char *dot = strchr(table, '.');
    return dot && dot != table && dot[1] && !strchr(dot + 1, '.');
}

static int check_service(const struct lt_reading *reading, const struct lt_service *service)
{
    if (!is_table(service->table))
        return lt_reading_fail(reading, "$.table", "not of the form schema.table");
    if (!is_avro_name(service->entity))
        return lt_reading_fail(reading, "$.entity", "'%s' is no Avro name", service->entity);
    if (service->window < WINDOW_MIN || service->window > WINDOW_MAX)
        return lt_reading_fail(reading, "$.window", "must lie between 10s and 400d");
    if (service->published && !service->policy)
        return lt_reading_fail(reading, "$.policy",
                               "a published service needs regulations on data utilization and use "
                               "(article 22)");
    return 0;
}

struct service_parts {
    struct lt_service service;
    const json_t *fields, *key, *scope_columns, *policy;
};

static int read_service(const struct lt_reading *reading,
                        const json_t *root,
                        struct lt_declaration *out,
                        int64_t window)
{
#define SERVICE(member) offsetof(struct service_parts, service.member)
#define PART(member)    offsetof(struct service_parts, member)
    static const struct lt_member members[] = {
        COMMON,
        {.name = "provider",
         .type = LT_MEMBER_ID,
         .id = LT_ID_APPLICATION,
         .offset = SERVICE(provider)},
        {.name = "source", .type = LT_MEMBER_ID, .id = LT_ID_SOURCE, .offset = SERVICE(source)},
        {.name = "name", .type = LT_MEMBER_TEXT, .offset = SERVICE(name)},
        {.name = "entity", .type = LT_MEMBER_TEXT, .offset = SERVICE(entity)},
        {.name = "table", .type = LT_MEMBER_TEXT, .offset = SERVICE(table)},
        {.name = "fields", .type = LT_MEMBER_JSON, .json = JSON_ARRAY, .offset = PART(fields)},
        {.name = "key", .type = LT_MEMBER_JSON, .json = JSON_ARRAY, .offset = PART(key)},
        {.name = "scope_columns",
         .type = LT_MEMBER_JSON,
         .json = JSON_ARRAY,
         .offset = PART(scope_columns)},
        {.name = "window",
         .type = LT_MEMBER_DURATION,
         .flags = LT_MEMBER_OPTIONAL,
         .offset = SERVICE(window)},
        {.name = "published", .type = LT_MEMBER_BOOL, .offset = SERVICE(published)},
        {.name = "policy",
         .type = LT_MEMBER_JSON,
         .json = JSON_OBJECT,
         .flags = LT_MEMBER_NULL_OK,
         .offset = PART(policy)},
    };
    struct service_parts parts = {.service.window = window};
    if (lt_reading_object(reading, root, "$", members, LT_COUNT(members), &parts) < 0 ||
        read_fields(reading, parts.fields, &parts.service) < 0 ||
        read_key(reading, parts.key, &parts.service) < 0 ||
        read_scope_columns(reading, parts.scope_columns, &parts.service) < 0 ||
        read_policy(reading, parts.policy, &parts.service) < 0 ||
        check_service(reading, &parts.service) < 0)
        return -1;
    out->body.service = parts.service;
    return 0;
}

/* ---- agreement ---- */

struct grant_parts {
    struct lt_grant_declared grant;
    const json_t *fields;
};

static int
read_grant(const struct lt_reading *reading, const json_t *object, struct lt_grant_declared *out)
{
#define GRANT(member) offsetof(struct grant_parts, grant.member)
    static const struct lt_member members[] = {
        {.name = "connection",
         .type = LT_MEMBER_ID,
         .id = LT_ID_CONNECTION,
         .offset = GRANT(connection)},
        {.name = "application",
         .type = LT_MEMBER_ID,
         .id = LT_ID_APPLICATION,
         .offset = GRANT(application)},
        {.name = "service", .type = LT_MEMBER_ID, .id = LT_ID_SERVICE, .offset = GRANT(service)},
        {.name = "fields",
         .type = LT_MEMBER_JSON,
         .json = JSON_ARRAY,
         .offset = offsetof(struct grant_parts, fields)},
        {.name = "filter",
         .type = LT_MEMBER_TEXT,
         .max = 65536,
         .flags = LT_MEMBER_EMPTY_OK,
         .offset = GRANT(filter)},
        {.name = "use_period",
         .type = LT_MEMBER_DURATION,
         .flags = LT_MEMBER_OPTIONAL,
         .offset = GRANT(use_period)},
        {.name = "on_expiry",
         .type = LT_MEMBER_CHOICE,
         .choices = "hide|fail",
         .flags = LT_MEMBER_OPTIONAL,
         .offset = GRANT(on_expiry)},
        {.name = "max_per_day",
         .type = LT_MEMBER_INT,
         .flags = LT_MEMBER_OPTIONAL | LT_MEMBER_NULL_OK,
         .offset = GRANT(max_per_day)},
    };
    struct grant_parts parts = {.grant = *out};
    char fields[64];
    snprintf(fields, sizeof(fields), "%s.fields", out->path);
    if (lt_reading_object(reading, object, out->path, members, LT_COUNT(members), &parts) < 0 ||
        lt_reading_texts(reading, parts.fields, fields, FIELDS_MAX, &parts.grant.fields,
                         &parts.grant.field_count) < 0)
        return -1;
    *out = parts.grant;
    return 0;
}

static int
read_grants(const struct lt_reading *reading, const json_t *array, struct lt_declaration *out)
{
    const size_t count = json_array_size(array);
    if (count == 0 || count > GRANTS_MAX)
        return lt_reading_fail(reading, "$.grants", "1 to %d grants are needed", GRANTS_MAX);
    out->grants = lt_arena_alloc(reading->arena, count * sizeof(*out->grants));
    for (size_t i = 0; i < count; i++) {
        struct lt_grant_declared *grant = &out->grants[i];
        *grant = (struct lt_grant_declared){.use_period = LT_NULL, .max_per_day = LT_NULL};
        snprintf(grant->path, sizeof(grant->path), "$.grants[%zu]", i);
        if (read_grant(reading, json_array_get(array, i), grant) < 0)
            return -1;
        char at[64];
        snprintf(at, sizeof(at), "%s.connection", grant->path);
        for (size_t j = 0; j < i; j++)
            if (strcmp(out->grants[j].connection, grant->connection) == 0)
                return lt_reading_fail(reading, at, "'%s' stands here twice", grant->connection);
    }
    out->grant_count = count;
    return 0;
}

static int check_agreement(const struct lt_reading *reading, const struct lt_agreement *agreement)
{
    if (strcmp(agreement->provider, agreement->user) == 0)
        return lt_reading_fail(reading, "$.user", "provider and user are the same agency");
    if (agreement->connection_until != LT_NULL &&
        agreement->connection_until <= agreement->valid_from)
        return lt_reading_fail(reading, "$.connection_until", "ends before it begins");
    if (agreement->use_until != LT_NULL && agreement->use_until <= agreement->valid_from)
        return lt_reading_fail(reading, "$.use_until", "ends before it begins");
    return 0;
}

struct agreement_parts {
    struct lt_agreement agreement;
    const json_t *grants;
};

static int
read_agreement(const struct lt_reading *reading, const json_t *root, struct lt_declaration *out)
{
#define AGREEMENT(member) offsetof(struct agreement_parts, agreement.member)
    static const struct lt_member members[] = {
        COMMON,
        {.name = "provider",
         .type = LT_MEMBER_ID,
         .id = LT_ID_AGENCY,
         .offset = AGREEMENT(provider)},
        {.name = "user", .type = LT_MEMBER_ID, .id = LT_ID_AGENCY, .offset = AGREEMENT(user)},
        {.name = "purpose", .type = LT_MEMBER_TEXT, .offset = AGREEMENT(purpose)},
        {.name = "basis",
         .type = LT_MEMBER_CHOICE,
         .choices = "case|default",
         .offset = AGREEMENT(basis)},
        {.name = "signed", .type = LT_MEMBER_BOOL, .offset = AGREEMENT(signed_by_all)},
        {.name = "valid_from", .type = LT_MEMBER_TIME, .offset = AGREEMENT(valid_from)},
        {.name = "connection_until",
         .type = LT_MEMBER_TIME,
         .flags = LT_MEMBER_NULL_OK,
         .offset = AGREEMENT(connection_until)},
        {.name = "use_until",
         .type = LT_MEMBER_TIME,
         .flags = LT_MEMBER_NULL_OK,
         .offset = AGREEMENT(use_until)},
        {.name = "grants",
         .type = LT_MEMBER_JSON,
         .json = JSON_ARRAY,
         .offset = offsetof(struct agreement_parts, grants)},
    };
    struct agreement_parts parts = {.agreement = {.ended_at = LT_NULL, .ground = ""}};
    if (lt_reading_object(reading, root, "$", members, LT_COUNT(members), &parts) < 0 ||
        check_agreement(reading, &parts.agreement) < 0 ||
        read_grants(reading, parts.grants, out) < 0 ||
        lt_id_parse(LT_ID_AGREEMENT, out->id, &parts.agreement.number, reading->err) < 0)
        return -1;
    out->body.agreement = parts.agreement;
    return 0;
}

/* ---- any declaration ---- */

/* Reads "kind" and "id": what the rest of the members are depends on them. */
static int
read_head(const struct lt_reading *reading, const json_t *root, struct lt_declaration *out)
{
    static const struct {
        const char *name;
        enum lt_control_kind kind;
        enum lt_id_kind id;
    } kinds[] = {
        {"agency", LT_CONTROL_AGENCY, LT_ID_AGENCY},
        {"application", LT_CONTROL_APPLICATION, LT_ID_APPLICATION},
        {"service", LT_CONTROL_SERVICE, LT_ID_SERVICE},
        {"agreement", LT_CONTROL_AGREEMENT, LT_ID_AGREEMENT},
    };
    const char *kind = json_string_value(json_object_get(root, "kind"));
    if (!kind)
        return lt_reading_fail(reading, "$.kind", "is missing");
    for (size_t i = 0; i < LT_COUNT(kinds); i++) {
        if (strcmp(kinds[i].name, kind) != 0)
            continue;
        out->kind = kinds[i].kind;
        const char *id = json_string_value(json_object_get(root, "id"));
        struct lt_error why = {0};
        if (!id)
            return lt_reading_fail(reading, "$.id", "is missing");
        if (lt_id_parse(kinds[i].id, id, &(int64_t){0}, &why) < 0)
            return lt_reading_fail(reading, "$.id", "%s", why.msg);
        out->id = lt_arena_dup(reading->arena, id, strlen(id));
        return 0;
    }
    return lt_reading_fail(reading, "$.kind", "unknown kind '%.60s'", kind);
}

static int read_body(const struct lt_reading *reading,
                     const json_t *root,
                     int64_t default_window,
                     struct lt_declaration *out)
{
    switch (out->kind) {
    case LT_CONTROL_AGENCY:
        return read_agency(reading, root, out);
    case LT_CONTROL_APPLICATION:
        return read_application(reading, root, out);
    case LT_CONTROL_SERVICE:
        return read_service(reading, root, out, default_window);
    default:
        return read_agreement(reading, root, out);
    }
}

int lt_declaration_read(const struct lt_reading *reading,
                        const char *file,
                        const char *text,
                        size_t len,
                        int64_t default_window,
                        struct lt_declaration *ret)
{
    struct lt_declaration out = {0};
    snprintf(reading->fault->file, sizeof(reading->fault->file), "%s", file);
    out.file = lt_arena_dup(reading->arena, file, strlen(file));
    json_t *root = lt_reading_parse(reading, text, len);
    if (!root)
        return -1;
    const int rc =
        read_head(reading, root, &out) < 0 ? -1 : read_body(reading, root, default_window, &out);
    json_decref(root);
    if (rc == 0)
        *ret = out;
    return rc;
}
