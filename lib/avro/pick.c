/*
 * Projection of schemas: which fields are kept, and the text of what remains.
 *
 * A kept field may use a named type whose definition stood in a field that goes: the definition
 * then moves to its first use, with its full name.
 */
#include "avro/schema_priv.h"

#include <stdlib.h>
#include <string.h>

/* Does a value of `node` contain one of `target`?  seen: per node, asked already. */
static bool reaches(const struct avro_node *node, const struct avro_node *target, bool *seen)
{
    if (node == target)
        return true;
    if (seen[node->index])
        return false;
    seen[node->index] = true;
    if (node->type == LT_AVRO_RECORD) {
        for (size_t i = 0; i < node->count; i++)
            if (reaches(node->fields[i].type, target, seen))
                return true;
    } else if (node->type >= LT_AVRO_UNION) {
        for (size_t i = 0; i < node->count; i++)
            if (reaches(node->subs[i], target, seen))
                return true;
    }
    return false;
}

static int
check_no_self(const struct lt_avro_schema *schema, const bool *keep, struct lt_error *reterr)
{
    LT_CLEANUP(lt_freep) bool *seen = lt_alloc(schema->node_count * sizeof(*seen));

    for (size_t i = 0; i < schema->top->count; i++)
        if (keep[i] && reaches(schema->top->fields[i].type, schema->top, seen))
            return lt_fail(reterr, LT_ERR_REJECT, "avro", 0,
                           "projection: field '%.128s' contains the record itself",
                           schema->top->fields[i].name);
    return 0;
}

int lt_avro_pick_fields(const struct lt_avro_schema *schema,
                        const char *const *fields,
                        size_t count,
                        bool *keep,
                        struct lt_error *reterr)
{
    if (schema->top->type != LT_AVRO_RECORD)
        return lt_fail(reterr, LT_ERR_REJECT, "avro", 0, "projection: the schema is no record");
    memset(keep, 0, schema->top->count * sizeof(*keep));
    for (size_t i = 0; i < count; i++) {
        int field = lt_avro_field_find(schema, fields[i]);

        if (field < 0)
            return lt_fail(reterr, LT_ERR_REJECT, "avro", 0, "projection: unknown field '%.128s'",
                           fields[i]);
        if (keep[field])
            return lt_fail(reterr, LT_ERR_REJECT, "avro", 0,
                           "projection: field '%.128s' stands there twice", fields[i]);
        keep[field] = true;
    }
    return count == schema->top->count ? 0 : check_no_self(schema, keep, reterr);
}

struct rewriter {
    struct lt_arena *arena;
    bool *defined; /* named types whose definition is in the new text */
};

static json_t *rewrite(struct rewriter *rewriter, const struct avro_node *node, json_t *json);

static json_t *rewrite_record(struct rewriter *rewriter, const struct avro_node *node)
{
    json_t *copy = json_copy(node->json), *fields = json_array();

    for (size_t i = 0; i < node->count; i++) {
        const struct avro_field *field = &node->fields[i];
        json_t *one = json_copy(field->json);

        json_object_set_new(one, "type",
                            rewrite(rewriter, field->type, json_object_get(field->json, "type")));
        json_array_append_new(fields, one);
    }
    json_object_set_new(copy, "fields", fields);
    return copy;
}

static json_t *rewrite_definition(struct rewriter *rewriter, const struct avro_node *node)
{
    rewriter->defined[node->index] = true;
    if (node->type == LT_AVRO_RECORD)
        return rewrite_record(rewriter, node);
    return json_copy(node->json);
}

/* The definition, standing at a place where it was only referred to. */
static json_t *
move_definition(struct rewriter *rewriter, const struct avro_node *node, json_t *reference)
{
    json_t *copy = rewrite_definition(rewriter, node);
    const char *space = lt_avro_namespace(rewriter->arena, node->name);

    json_object_set_new(copy, "name", json_string(lt_avro_short_name(node->name)));
    json_object_set_new(copy, "namespace", json_string(space));
    if (json_is_object(reference))
        json_object_update_missing(copy, reference);
    return copy;
}

static json_t *rewrite_named(struct rewriter *rewriter, const struct avro_node *node, json_t *json)
{
    bool defined = rewriter->defined[node->index];

    if (node->json == json)
        return defined ? json_string(node->name) : rewrite_definition(rewriter, node);
    return defined ? json_copy(json) : move_definition(rewriter, node, json);
}

static json_t *rewrite(struct rewriter *rewriter, const struct avro_node *node, json_t *json)
{
    json_t *copy;

    if (node->name)
        return rewrite_named(rewriter, node, json);
    switch (node->type) {
    case LT_AVRO_UNION:
        copy = json_array();
        for (size_t i = 0; i < node->count; i++)
            json_array_append_new(copy, rewrite(rewriter, node->subs[i], json_array_get(json, i)));
        return copy;
    case LT_AVRO_ARRAY:
    case LT_AVRO_MAP: {
        const char *part = node->type == LT_AVRO_ARRAY ? "items" : "values";

        copy = json_copy(json);
        json_object_set_new(copy, part,
                            rewrite(rewriter, node->subs[0], json_object_get(json, part)));
        return copy;
    }
    default:
        return json_copy(json);
    }
}

static json_t *project_document(const struct lt_avro_schema *schema, const bool *keep)
{
    LT_CLEANUP(lt_freep) bool *defined = lt_alloc(schema->node_count * sizeof(*defined));
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    struct rewriter rewriter = {.arena = arena, .defined = defined};
    json_t *copy = json_copy(schema->top->json), *fields = json_array();

    for (size_t i = 0; i < schema->top->count; i++) {
        const struct avro_field *field = &schema->top->fields[i];

        if (!keep[i])
            continue;
        json_t *one = json_copy(field->json);
        json_object_set_new(one, "type",
                            rewrite(&rewriter, field->type, json_object_get(field->json, "type")));
        json_array_append_new(fields, one);
    }
    json_object_set_new(copy, "fields", fields);
    return copy;
}

int lt_avro_schema_project(const struct lt_avro_schema *schema,
                           const char *const *fields,
                           size_t count,
                           struct lt_buf *text,
                           struct lt_error *reterr)
{
    size_t total = lt_avro_field_count(schema);
    LT_CLEANUP(lt_freep) bool *keep = lt_alloc(LT_MAX(total, 1) * sizeof(*keep));

    if (lt_avro_pick_fields(schema, fields, count, keep, reterr) < 0)
        return -1;
    if (count == total) {
        lt_buf_add(text, schema->text, schema->len);
        return 0;
    }
    json_t *document = project_document(schema, keep);
    LT_CLEANUP(lt_freep) char *dump = json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(document);
    lt_assert(dump);
    /* A definition that moved may nest deeper than before. */
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *result = lt_avro_schema_parse(dump, strlen(dump), reterr);
    if (!result)
        return lt_fail_context(reterr, "projection");
    lt_buf_add(text, result->text, result->len);
    return 0;
}
