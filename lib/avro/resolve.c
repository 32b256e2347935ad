/*
 * May a reader's schema read what a writer's schema wrote (Avro specification, "Schema
 * Resolution")?  Every value of the writer must be readable, so each branch of its unions must be.
 *
 * Records may refer to themselves: a pair of records is taken as readable while it is looked at.
 * When it turns out not to be, what was concluded meanwhile is forgotten (the trail), and the pair
 * stays refused; so each pair is refused at most once, and STEPS_MAX bounds the whole.
 */
#include "avro/schema_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX (1u << 24)
#define DEPTH_MAX 512

enum { PAIR_UNKNOWN, PAIR_READS, PAIR_REFUSED };

struct resolver {
    size_t writer_nodes;
    uint8_t *pairs; /* [reader's index * writer_nodes + writer's index] */
    size_t *trail;  /* pairs set to PAIR_READS, in order */
    size_t trail_len, trail_cap;
    size_t steps, depth;
    size_t trials; /* > 0: one of several branches is tried, a refusal is no result yet */
    bool gave_up;
    struct lt_buf path;
    struct lt_error *reterr;
};

static bool
reads(struct resolver *resolver, const struct avro_node *reader, const struct avro_node *writer);

static bool LT_PRINTF(2, 3) refuse(struct resolver *resolver, const char *fmt, ...)
{
    char what[256];
    va_list args;

    if (resolver->trials > 0 || resolver->gave_up)
        return false;
    va_start(args, fmt);
    vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    const char *where = resolver->path.len ? lt_buf_text(&resolver->path) : "schema";
    lt_fail(resolver->reterr, LT_ERR_REJECT, "avro", 0, "%.200s: %s", where, what);
    return false;
}

static bool give_up(struct resolver *resolver)
{
    if (!resolver->gave_up)
        lt_fail(resolver->reterr, LT_ERR_REJECT, "avro", 0,
                "the two schemas are too complex to compare");
    resolver->gave_up = true;
    return false;
}

static bool spend(struct resolver *resolver, size_t steps)
{
    resolver->steps += steps;
    return resolver->steps <= STEPS_MAX || give_up(resolver);
}

static const char *kind_of(const struct avro_node *node)
{
    return node->name ? node->name : lt_avro_type_name(node->type);
}

/* Is `name` one of the aliases of a type or field?  Namespaces do not count. */
static bool is_alias(const json_t *json, const char *name)
{
    const json_t *aliases = json_object_get(json, "aliases"), *alias;
    size_t i;

    json_array_foreach(aliases, i, alias)
    {
        if (strcmp(lt_avro_short_name(json_string_value(alias)), name) == 0)
            return true;
    }
    return false;
}

static bool same_name(const struct avro_node *reader, const struct avro_node *writer)
{
    const char *name = lt_avro_short_name(writer->name);

    return strcmp(lt_avro_short_name(reader->name), name) == 0 || is_alias(reader->json, name);
}

static bool promotes(enum lt_avro_type writer, enum lt_avro_type reader)
{
    switch (reader) {
    case LT_AVRO_LONG:
        return writer == LT_AVRO_INT;
    case LT_AVRO_FLOAT:
        return writer == LT_AVRO_INT || writer == LT_AVRO_LONG;
    case LT_AVRO_DOUBLE:
        return writer == LT_AVRO_INT || writer == LT_AVRO_LONG || writer == LT_AVRO_FLOAT;
    case LT_AVRO_BYTES:
        return writer == LT_AVRO_STRING;
    case LT_AVRO_STRING:
        return writer == LT_AVRO_BYTES;
    default:
        return false;
    }
}

static bool has_symbol(const struct avro_node *node, const char *symbol)
{
    for (size_t i = 0; i < node->count; i++)
        if (strcmp(node->symbols[i], symbol) == 0)
            return true;
    return false;
}

static bool reads_enum(struct resolver *resolver,
                       const struct avro_node *reader,
                       const struct avro_node *writer)
{
    if (json_object_get(reader->json, "default"))
        return true;
    for (size_t i = 0; i < writer->count; i++) {
        if (!spend(resolver, reader->count))
            return false;
        if (!has_symbol(reader, writer->symbols[i]))
            return refuse(resolver, "the reader lacks symbol '%.128s'", writer->symbols[i]);
    }
    return true;
}

static const struct avro_field *writer_field(const struct avro_field *field,
                                             const struct avro_node *writer)
{
    for (size_t i = 0; i < writer->count; i++)
        if (strcmp(writer->fields[i].name, field->name) == 0)
            return &writer->fields[i];
    for (size_t i = 0; i < writer->count; i++)
        if (is_alias(field->json, writer->fields[i].name))
            return &writer->fields[i];
    return NULL;
}

static bool reads_field(struct resolver *resolver,
                        const struct avro_field *field,
                        const struct avro_node *writer)
{
    size_t aliases = json_array_size(json_object_get(field->json, "aliases"));

    if (!spend(resolver, writer->count * (1 + aliases)))
        return false;
    const struct avro_field *found = writer_field(field, writer);
    if (!found)
        return field->fallback ||
               refuse(resolver, "the writer lacks the field and it has no default");
    return reads(resolver, field->type, found->type);
}

static bool reads_fields(struct resolver *resolver,
                         const struct avro_node *reader,
                         const struct avro_node *writer)
{
    for (size_t i = 0; i < reader->count; i++) {
        size_t before = resolver->path.len;

        lt_buf_addf(&resolver->path, "%s%s", before ? "." : "", reader->fields[i].name);
        bool good = reads_field(resolver, &reader->fields[i], writer);
        resolver->path.len = before;
        if (!good)
            return false;
    }
    return true;
}

static void remember(struct resolver *resolver, size_t pair)
{
    if (resolver->trail_len == resolver->trail_cap) {
        resolver->trail_cap = LT_MAX(resolver->trail_cap * 2, (size_t)64);
        resolver->trail =
            lt_realloc(resolver->trail, resolver->trail_cap * sizeof(*resolver->trail));
    }
    resolver->trail[resolver->trail_len++] = pair;
    resolver->pairs[pair] = PAIR_READS;
}

static bool reads_record(struct resolver *resolver,
                         const struct avro_node *reader,
                         const struct avro_node *writer)
{
    size_t pair = reader->index * resolver->writer_nodes + writer->index;
    size_t before = resolver->trail_len;

    if (resolver->pairs[pair] == PAIR_READS)
        return true;
    if (resolver->pairs[pair] == PAIR_REFUSED && resolver->trials > 0)
        return false;
    remember(resolver, pair);
    if (reads_fields(resolver, reader, writer))
        return true;
    while (resolver->trail_len > before)
        resolver->pairs[resolver->trail[--resolver->trail_len]] = PAIR_UNKNOWN;
    resolver->pairs[pair] = PAIR_REFUSED;
    return false;
}

static bool reads_named(struct resolver *resolver,
                        const struct avro_node *reader,
                        const struct avro_node *writer)
{
    if (!same_name(reader, writer))
        return refuse(resolver, "'%.100s' is not '%.100s'", writer->name, reader->name);
    if (reader->type == LT_AVRO_RECORD)
        return reads_record(resolver, reader, writer);
    if (reader->type == LT_AVRO_ENUM)
        return reads_enum(resolver, reader, writer);
    return reader->count == writer->count ||
           refuse(resolver, "fixed of %zu bytes is not fixed of %zu", writer->count, reader->count);
}

/* All branches of the writer's union must be readable. */
static bool reads_branches(struct resolver *resolver,
                           const struct avro_node *reader,
                           const struct avro_node *writer)
{
    for (size_t i = 0; i < writer->count; i++)
        if (!reads(resolver, reader, writer->subs[i]))
            return false;
    return true;
}

/* One branch of the reader's union must read it. */
static bool read_by_branch(struct resolver *resolver,
                           const struct avro_node *reader,
                           const struct avro_node *writer)
{
    bool found = false;

    resolver->trials++;
    for (size_t i = 0; i < reader->count && !found; i++)
        found = reads(resolver, reader->subs[i], writer);
    resolver->trials--;
    return found || refuse(resolver, "no branch of the reader reads '%.128s'", kind_of(writer));
}

static bool reads_same_type(struct resolver *resolver,
                            const struct avro_node *reader,
                            const struct avro_node *writer)
{
    if (reader->name)
        return reads_named(resolver, reader, writer);
    if (reader->type != LT_AVRO_ARRAY && reader->type != LT_AVRO_MAP)
        return true;
    size_t before = resolver->path.len;
    lt_buf_adds(&resolver->path, reader->type == LT_AVRO_ARRAY ? "[]" : "{}");
    bool good = reads(resolver, reader->subs[0], writer->subs[0]);
    resolver->path.len = before;
    return good;
}

static bool
reads(struct resolver *resolver, const struct avro_node *reader, const struct avro_node *writer)
{
    bool good;

    if (!spend(resolver, 1))
        return false;
    if (resolver->depth >= DEPTH_MAX)
        return give_up(resolver);
    resolver->depth++;
    if (writer->type == LT_AVRO_UNION)
        good = reads_branches(resolver, reader, writer);
    else if (reader->type == LT_AVRO_UNION)
        good = read_by_branch(resolver, reader, writer);
    else if (reader->type == writer->type)
        good = reads_same_type(resolver, reader, writer);
    else
        good = promotes(writer->type, reader->type) ||
               refuse(resolver, "'%.100s' cannot be read as '%.100s'", kind_of(writer),
                      kind_of(reader));
    resolver->depth--;
    return good;
}

int lt_avro_schema_can_read(const struct lt_avro_schema *reader,
                            const struct lt_avro_schema *writer,
                            struct lt_error *reterr)
{
    struct resolver resolver = {
        .writer_nodes = writer->node_count,
        .pairs = lt_alloc(reader->node_count * writer->node_count),
        .reterr = reterr,
    };
    bool good = reads(&resolver, reader->top, writer->top);

    free(resolver.pairs);
    free(resolver.trail);
    lt_buf_fini(&resolver.path);
    return good ? 0 : -1;
}
