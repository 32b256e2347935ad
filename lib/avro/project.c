/*
 * Projection of bytes: neighbouring kept fields are merged into runs when compiled, so that a
 * record costs a few copies.
 */
#include "avro/schema_priv.h"
#include "avro/span.h"

#include <stdlib.h>
#include <string.h>

struct run {
    uint32_t first, last; /* fields, both kept */
};

struct lt_projection {
    bool identity;
    size_t count;
    struct run runs[];
};

static size_t merge_runs(const bool *keep, size_t fields, struct run *runs)
{
    size_t count = 0;

    for (size_t i = 0; i < fields; i++) {
        if (!keep[i])
            continue;
        if (count > 0 && runs[count - 1].last + 1 == i)
            runs[count - 1].last = (uint32_t)i;
        else
            runs[count++] = (struct run){.first = (uint32_t)i, .last = (uint32_t)i};
    }
    return count;
}

struct lt_projection *lt_projection_new(const struct lt_avro_schema *schema,
                                        const char *const *fields,
                                        size_t count,
                                        struct lt_error *reterr)
{
    size_t total = lt_avro_field_count(schema);
    LT_CLEANUP(lt_freep) bool *keep = lt_alloc(LT_MAX(total, 1) * sizeof(*keep));

    if (lt_avro_pick_fields(schema, fields, count, keep, reterr) < 0)
        return NULL;
    /* Two runs have a gap between them. */
    struct lt_projection *projection =
        lt_alloc(sizeof(*projection) + (total / 2 + 1) * sizeof(struct run));
    projection->count = merge_runs(keep, total, projection->runs);
    projection->identity = count == total;
    return projection;
}

void lt_projection_free(struct lt_projection *projection)
{
    free(projection);
}

bool lt_projection_is_identity(const struct lt_projection *projection)
{
    return projection->identity;
}

void lt_project(const struct lt_projection *projection,
                struct lt_bytes record,
                const struct lt_span *spans,
                struct lt_buf *out)
{
    uint8_t *to = lt_buf_grow(out, LT_MAX(record.len, (size_t)1));

    for (size_t i = 0; i < projection->count; i++) {
        const struct run *run = &projection->runs[i];
        size_t start = spans[run->first].start;
        size_t len = spans[run->last].start + spans[run->last].len - start;

        memcpy(to, record.data + start, len);
        to += len;
    }
    out->len = (size_t)(to - out->data);
}
