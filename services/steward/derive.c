#include "steward/derive.h"

#include "change/type.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum form { FORM_KEY, FORM_VALUE, FORM_SCOPE };

/* What lt_type_avro() writes is JSON. */
static json_t *avro_type(const struct lt_type *type, enum form form)
{
    struct lt_buf text = {0};
    if (form == FORM_KEY)
        lt_type_avro_key(type, &text);
    else
        lt_type_avro(type, &text);
    json_t *json = json_loadb((const char *)text.data, text.len, JSON_DECODE_ANY, NULL);
    lt_assert(json);
    lt_buf_fini(&text);
    return json;
}

/* The declaration was checked: the type parses. */
static json_t *avro_field(const struct lt_field *field, enum form form)
{
    struct lt_type type;
    lt_assert(lt_type_parse(field->type, &type, NULL) == 0);
    const bool nullable = form == FORM_SCOPE || (form == FORM_VALUE && !field->required);
    json_t *avro = avro_type(&type, form);
    json_t *out = nullable ? json_pack("{s:s, s:[s, o], s:n}", "name", field->name, "type", "null",
                                       avro, "default")
                           : json_pack("{s:s, s:o}", "name", field->name, "type", avro);
    lt_assert(out && json_object_set_new(out, "lt.column", json_string(field->column)) == 0 &&
              json_object_set_new(out, "lt.type", json_string(type.sql)) == 0);
    return out;
}

/* The declaration was checked: every name is that of a field. */
static const struct lt_field *field_of(const struct lt_service *service, const char *name)
{
    size_t i = 0;
    while (i < service->field_count && strcmp(service->fields[i].name, name) != 0)
        i++;
    lt_assert(i < service->field_count);
    return &service->fields[i];
}

/* Entity with its first letter capitalised and what is no name character replaced. */
static char *record_name(const char *entity, const char *suffix)
{
    char *name = lt_printf("%s%s", entity, suffix);
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c))
            *c = '_';
    name[0] = (char)toupper((unsigned char)name[0]);
    return name;
}

static void write_record(const char *id,
                         const struct lt_service *service,
                         const char *suffix,
                         json_t *fields,
                         struct lt_buf *text)
{
    LT_CLEANUP(lt_freep) char *name = record_name(service->entity, suffix);
    LT_CLEANUP(lt_freep) char *space = lt_printf("vn.lienthong.%s", id);
    json_t *root = json_pack("{s:s, s:s, s:s, s:o}", "type", "record", "name", name, "namespace",
                             space, "fields", fields);
    LT_CLEANUP(lt_freep) char *out = json_dumps(root, JSON_COMPACT);
    lt_assert(out);
    lt_buf_adds(text, out);
    json_decref(root);
}

static json_t *named_fields(const struct lt_service *service,
                            const char *const *names,
                            size_t count,
                            enum form form)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(fields, avro_field(field_of(service, names[i]), form));
    return fields;
}

void lt_derive_key(const char *id, const struct lt_service *service, struct lt_buf *text)
{
    write_record(id, service, "Key",
                 named_fields(service, service->key, service->key_count, FORM_KEY), text);
}

void lt_derive_value(const char *id, const struct lt_service *service, struct lt_buf *text)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < service->field_count; i++)
        json_array_append_new(fields, avro_field(&service->fields[i], FORM_VALUE));
    write_record(id, service, "", fields, text);
}

void lt_derive_scope(const char *id, const struct lt_service *service, struct lt_buf *text)
{
    json_t *fields =
        named_fields(service, service->scope_columns, service->scope_column_count, FORM_SCOPE);
    write_record(id, service, "Scope", fields, text);
}
