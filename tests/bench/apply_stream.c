#include "bench/apply_stream.h"

#include <stdlib.h>

#include "base/mem.h"
#include "bench/meter.h"

#define STREAM "cn000001.1"

const struct lt_stream_notice apply_notice = {.stream = STREAM,
                                              .connection = "cn000001",
                                              .generation = 1,
                                              .service = SAMPLE_SERVICE,
                                              .incarnation = 1,
                                              .entity = "bench",
                                              .agreement = 12,
                                              .scope_version = 1,
                                              .rows_since = 1,
                                              .key_schema = SAMPLE_KEY_SCHEMA,
                                              .value_schema = SAMPLE_VALUE_SCHEMA,
                                              .use_period = 3600 * LT_SECOND,
                                              .end_of_use = LT_NULL,
                                              .on_expiry = "hide",
                                              .window = 86400 * LT_SECOND,
                                              .load_seq = LT_NULL,
                                              .sync_time = LT_NULL,
                                              .sync_seq = LT_NULL,
                                              .state = "live",
                                              .reason = ""};

struct lt_shape *apply_shape(void)
{
    struct lt_error err;
    struct sample_schemas schemas = sample_schemas();
    struct lt_shape *shape = lt_shape_new(schemas.key, schemas.value, &err);
    if (shape == NULL) {
        bench_fail(&err);
    }
    sample_schemas_free(&schemas);
    return shape;
}

static void put_record(struct apply_stream *stream, const struct apply_load *load, int64_t k)
{
    struct lt_buf *out = &stream->bytes;
    struct apply_place *place = &stream->places[k];
    struct sample_row row;
    char text[LT_HEADER_MAX];
    bool removes = load->kind == APPLY_DELETE;
    bool is_new = apply_is_new(load, apply_row_of(load, k));
    const struct lt_header header = {.op = removes  ? LT_OP_DELETE
                                           : is_new ? LT_OP_INSERT
                                                    : LT_OP_UPDATE,
                                     .seq = k + 1,
                                     .time = lt_now(),
                                     .incarnation = 1,
                                     .feed_seq = k + 1,
                                     .agreement = apply_notice.agreement,
                                     .scope_version = apply_notice.scope_version};
    sample_row(apply_row_of(load, k), 1, &row);
    place->key = out->len;
    sample_put_key(out, &row);
    place->value = out->len;
    if (!removes) {
        sample_put_value(out, SAMPLE_VALUE_SCHEMA, &row);
    }
    place->lt = out->len;
    lt_buf_add(out, text, lt_header_format(&header, text));
    place->end = out->len;
}

void apply_stream_make(struct apply_stream *stream, const struct apply_load *load)
{
    *stream = (struct apply_stream){.made = lt_now()};
    stream->places = lt_alloc((size_t)load->rows * sizeof(*stream->places));
    for (int64_t k = 0; k < load->rows; k++) {
        put_record(stream, load, k);
    }
}

void apply_stream_fini(struct apply_stream *stream)
{
    free(stream->places);
    lt_buf_fini(&stream->bytes);
}

struct lt_message apply_stream_message(const struct apply_stream *stream, int64_t k)
{
    const struct apply_place *place = &stream->places[k];
    const uint8_t *at = stream->bytes.data;
    bool has_value = place->lt > place->value;
    return (struct lt_message){.topic = "stream." STREAM,
                               .offset = k,
                               .append_time = stream->made,
                               .key = lt_bytes(at + place->key, place->value - place->key),
                               .value = has_value
                                            ? lt_bytes(at + place->value, place->lt - place->value)
                                            : lt_bytes(NULL, 0),
                               .lt = lt_bytes(at + place->lt, place->end - place->lt)};
}
