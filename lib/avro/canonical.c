/*
 * Parsing canonical form (Avro specification, "Transforming into Parsing Canonical Form").  Names
 * and symbols are letters, digits, underscores and dots, so nothing needs escaping.
 */
#include "avro/schema_priv.h"

struct writer {
    struct lt_buf *out;
    bool *written; /* named types whose definition is out */
};

static void write_node(struct writer *writer, const struct avro_node *node);

static void write_record(struct writer *writer, const struct avro_node *node)
{
    lt_buf_addf(writer->out, "{\"name\":\"%s\",\"type\":\"record\",\"fields\":[", node->name);
    for (size_t i = 0; i < node->count; i++) {
        lt_buf_addf(writer->out, "%s{\"name\":\"%s\",\"type\":", i ? "," : "",
                    node->fields[i].name);
        write_node(writer, node->fields[i].type);
        lt_buf_addc(writer->out, '}');
    }
    lt_buf_adds(writer->out, "]}");
}

static void write_enum(struct writer *writer, const struct avro_node *node)
{
    lt_buf_addf(writer->out, "{\"name\":\"%s\",\"type\":\"enum\",\"symbols\":[", node->name);
    for (size_t i = 0; i < node->count; i++)
        lt_buf_addf(writer->out, "%s\"%s\"", i ? "," : "", node->symbols[i]);
    lt_buf_adds(writer->out, "]}");
}

static void write_union(struct writer *writer, const struct avro_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        lt_buf_addc(writer->out, i ? ',' : '[');
        write_node(writer, node->subs[i]);
    }
    lt_buf_addc(writer->out, ']');
}

static void write_collection(struct writer *writer, const struct avro_node *node)
{
    const char *part = node->type == LT_AVRO_ARRAY ? "items" : "values";

    lt_buf_addf(writer->out, "{\"type\":\"%s\",\"%s\":", lt_avro_type_name(node->type), part);
    write_node(writer, node->subs[0]);
    lt_buf_addc(writer->out, '}');
}

static void write_node(struct writer *writer, const struct avro_node *node)
{
    if (node->name && writer->written[node->index]) {
        lt_buf_addf(writer->out, "\"%s\"", node->name);
        return;
    }
    writer->written[node->index] = true;
    switch (node->type) {
    case LT_AVRO_RECORD:
        write_record(writer, node);
        return;
    case LT_AVRO_ENUM:
        write_enum(writer, node);
        return;
    case LT_AVRO_FIXED:
        lt_buf_addf(writer->out, "{\"name\":\"%s\",\"type\":\"fixed\",\"size\":%zu}", node->name,
                    node->count);
        return;
    case LT_AVRO_UNION:
        write_union(writer, node);
        return;
    case LT_AVRO_ARRAY:
    case LT_AVRO_MAP:
        write_collection(writer, node);
        return;
    default:
        lt_buf_addf(writer->out, "\"%s\"", lt_avro_type_name(node->type));
    }
}

void lt_avro_schema_canonical(const struct lt_avro_schema *schema, struct lt_buf *out)
{
    LT_CLEANUP(lt_freep) bool *written = lt_alloc(schema->node_count * sizeof(*written));
    struct writer writer = {.out = out, .written = written};

    write_node(&writer, schema->top);
}
