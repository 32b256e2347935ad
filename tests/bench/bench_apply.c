/*
 * Applying a stream's records to a copy, beside what SQL can do with the same rows.
 *
 *   bench_apply ours|unnest|insert|update|copy-temp|copy DSN half|new|update|delete ROWS BATCH
 *
 * `ours` is lt-consumer-postgres from a record as it comes from Kafka to the commit: header, chain,
 * compaction, Avro to SQL, compare-and-set, rows, count.  The copy is lienthong.cn000001_g1_c1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench/apply_raw.h"
#include "consumer-postgres/track.h"

#define STREAM "cn000001.1"
#define TABLE  "lienthong.cn000001_g1_c1"

static const struct lt_stream_notice notice = {.stream = STREAM,
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

/* ---- the stream in memory ---- */

struct stream {
    struct lt_buf bytes;
    struct place {
        size_t key, value, lt, end;
    } * places;
};

static void put_record(struct stream *stream, const struct apply_load *load, int64_t k)
{
    struct lt_buf *out = &stream->bytes;
    struct place *place = &stream->places[k];
    struct sample_row row;
    char text[LT_HEADER_MAX];
    bool removes = load->kind == APPLY_DELETE;
    const struct lt_header header = {.op = removes ? LT_OP_DELETE : LT_OP_UPDATE,
                                     .seq = k + 1,
                                     .time = lt_now(),
                                     .incarnation = 1,
                                     .feed_seq = k + 1,
                                     .agreement = notice.agreement,
                                     .scope_version = notice.scope_version};
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

static struct lt_message message_of(const struct stream *stream, int64_t k)
{
    const struct place *place = &stream->places[k];
    const uint8_t *at = stream->bytes.data;
    bool has_value = place->lt > place->value;
    return (struct lt_message){.topic = "stream." STREAM,
                               .offset = k,
                               .append_time = lt_now(),
                               .key = lt_bytes(at + place->key, place->value - place->key),
                               .value = has_value
                                            ? lt_bytes(at + place->value, place->lt - place->value)
                                            : lt_bytes(NULL, 0),
                               .lt = lt_bytes(at + place->lt, place->end - place->lt)};
}

/* ---- the consumer ---- */

struct consumer {
    struct lt_target *target;
    struct lt_copies copies;
    struct lt_track *track;
};

static struct lt_shape *shape_of_sample(void)
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

static void open_consumer(struct consumer *consumer, const char *dsn, const struct apply_load *load)
{
    struct lt_error err;
    struct lt_buf sql = {0};
    const struct lt_target_options options = {
        .dsn = dsn, .application = "ap000002", .data_schema = "lienthong_data"};
    consumer->track = lt_track_new();
    consumer->track->shape = shape_of_sample();
    const struct lt_creation creation = {
        .notice = &notice, .shape = consumer->track->shape, .view = "bench", .show = true};
    consumer->target = lt_target_open(&options, &err);
    apply_before_sql(load, TABLE, &sql);
    if (consumer->target == NULL || lt_target_create(consumer->target, &creation, &err) != 0 ||
        lt_pg_exec(lt_target_pg(consumer->target), lt_buf_text(&sql), &err) != 0 ||
        lt_target_load(consumer->target, &consumer->copies, &err) != 0) {
        bench_fail(&err);
    }
    consumer->track->copy = &consumer->copies.list[0];
    consumer->track->noticed = true;
    consumer->track->notice = notice;
    lt_track_rewind(consumer->track);
    lt_buf_fini(&sql);
}

static void flush(struct consumer *consumer)
{
    struct lt_error err;
    size_t rejected = 0;
    const struct lt_track_clock clock = {.now = lt_now(), .newest_append = lt_now()};
    if (lt_track_flush(consumer->track, consumer->target, &clock, &rejected, &err) != 0) {
        bench_fail(&err);
    }
    lt_assert(rejected == 0 && !consumer->track->fault.found);
}

static void apply_ours(const char *dsn, const struct apply_load *load, struct meter *meter)
{
    struct stream stream = {0};
    struct consumer consumer = {0};
    stream.places = lt_alloc((size_t)load->rows * sizeof(*stream.places));
    for (int64_t k = 0; k < load->rows; k++) {
        put_record(&stream, load, k);
    }
    open_consumer(&consumer, dsn, load);
    meter->server_pid = PQbackendPID(lt_pg_raw(lt_target_pg(consumer.target)));
    meter_start(meter);
    for (int64_t k = 0; k < load->rows; k++) {
        struct lt_message message = message_of(&stream, k);
        lt_track_feed(consumer.track, &message, message.append_time);
        if (lt_track_is_full(consumer.track, load->batch, SIZE_MAX)) {
            flush(&consumer);
        }
    }
    flush(&consumer);
    meter_stop(meter);
    meter->rows = load->rows;
    lt_assert(consumer.copies.list[0].is.at.seq == load->rows);
    lt_track_free(consumer.track);
    lt_copies_fini(&consumer.copies);
    lt_target_close(consumer.target);
    free(stream.places);
    lt_buf_fini(&stream.bytes);
}

int main(int argc, char **argv)
{
    struct meter meter = {0};
    struct apply_load load;
    if (argc != 6 || !apply_kind_parse(argv[3], &load.kind)) {
        fprintf(stderr, "usage: bench_apply ours|unnest|insert|update|copy-temp|copy DSN"
                        " half|new|update|delete ROWS BATCH\n");
        return 64;
    }
    load.rows = bench_number(argv[4]);
    load.batch = (size_t)bench_number(argv[5]);
    if (strcmp(argv[1], "ours") == 0) {
        apply_ours(argv[2], &load, &meter);
    } else {
        apply_raw(argv[2], argv[1], &load, &meter);
    }
    meter_print(&meter);
    return 0;
}
