/*
 * What routing would write: streams, notices and schemas of a consumer's application.
 */
#include "support/consumer_world_priv.h"

#include "avro/frame.h"
#include "avro/span.h"
#include "change/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(name, type, column, sql) \
    "{\"name\":\"" name "\",\"type\":" type ",\"lt.column\":\"" column "\",\"lt.type\":\"" sql "\"}"
#define DECIMAL "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":10,\"scale\":2}"
#define RECORD(name, fields)                \
    "{\"type\":\"record\",\"name\":\"" name \
    "\",\"namespace\":\"vn.lienthong.sv000001\",\"fields\":[" fields "]}"

static const struct {
    int32_t id;
    const char *text;
} schemas[] = {
    {WARD_KEY_SCHEMA, RECORD("WardKey", FIELD("code", "\"string\"", "code", "varchar(20)"))},
    {WARD_SCHEMA, RECORD("Ward",
                         FIELD("code", "\"string\"", "code", "varchar(20)") "," FIELD(
                             "ho_ten",
                             "\"string\"",
                             "họ tên",
                             "varchar(20)") "," FIELD("population",
                                                      "[\"null\",\"int\"]",
                                                      "population",
                                                      "integer") "," FIELD("area",
                                                                           DECIMAL,
                                                                           "area",
                                                                           "numeric(10,2)"))},
    {WARD_ODD_SCHEMA, RECORD("Ward",
                             FIELD("code", "\"string\"", "code", "varchar(20)") "," FIELD(
                                 "odd", "\"string\"", "odd", "hstore"))},
    {WARD_SMALL_SCHEMA,
     RECORD("Ward",
            FIELD("code", "\"string\"", "code", "varchar(20)") "," FIELD(
                "ho_ten", "\"string\"", "họ tên", "varchar(20)") "," FIELD("area",
                                                                           DECIMAL,
                                                                           "area",
                                                                           "numeric(10,2)"))},
};

const char *consumer_schema_text(int32_t id)
{
    for (size_t i = 0; i < LT_COUNT(schemas); i++)
        if (schemas[i].id == id)
            return schemas[i].text;
    return NULL;
}

void consumer_stream_init(struct consumer_world *world,
                          struct consumer_stream *stream,
                          int64_t generation)
{
    *stream =
        (struct consumer_stream){.agreement = 12, .scope_version = 1, .value_schema = WARD_SCHEMA};
    lt_stream_format(world->connection, generation, stream->stream);
    lt_topic_stream(stream->stream, stream->topic);
    consumer_make_topic(stream->topic);
}

void consumer_begin(struct consumer_world *world)
{
    assert_ok(lt_producer_begin(world->producer, &err));
}

void consumer_commit(struct consumer_world *world)
{
    assert_ok(lt_producer_commit(world->producer, &err));
}

void consumer_abort(struct consumer_world *world)
{
    assert_ok(lt_producer_abort(world->producer, &err));
}

void consumer_put_schema(struct consumer_world *world, int32_t id, const char *text)
{
    uint8_t hash[32];
    char key[32];
    struct lt_buf body = {0};
    lt_sha256(lt_bytes_text(text), hash);
    const struct lt_schema_notice notice = {.id = id, .text = text, .sha256 = lt_bytes(hash, 32)};
    snprintf(key, sizeof key, "schema/%d", id);
    lt_record_encode(LT_RECORD_SCHEMA_NOTICE, &notice, &body);
    assert_ok(lt_producer_send(world->producer, world->inbox, lt_bytes_text(key),
                               lt_buf_bytes(&body), NULL, 0, &err));
    lt_buf_fini(&body);
}

void consumer_put_schemas(struct consumer_world *world)
{
    for (size_t i = 0; i < LT_COUNT(schemas); i++)
        consumer_put_schema(world, schemas[i].id, schemas[i].text);
}

struct lt_stream_notice consumer_notice(const struct consumer_world *world,
                                        const struct consumer_stream *stream)
{
    return (struct lt_stream_notice){
        .stream = stream->stream,
        .connection = world->connection,
        .generation = atol(strchr(stream->stream, '.') + 1),
        .service = "sv000001",
        .incarnation = 1,
        .entity = "ward",
        .agreement = stream->agreement,
        .scope_version = stream->scope_version,
        .rows_since = 1,
        .key_schema = WARD_KEY_SCHEMA,
        .value_schema = stream->value_schema,
        .use_period = 3 * 86400 * LT_SECOND,
        .end_of_use = LT_NULL,
        .on_expiry = "hide",
        .window = 7 * 86400 * LT_SECOND,
        .load_seq = LT_NULL,
        .sync_time = LT_NULL,
        .sync_seq = LT_NULL,
        .state = "LIVE",
        .reason = "",
        .at = lt_now(),
    };
}

void consumer_put_notice(struct consumer_world *world, const struct lt_stream_notice *notice)
{
    struct lt_buf body = {0};
    lt_record_encode(LT_RECORD_STREAM_NOTICE, notice, &body);
    assert_ok(lt_producer_send(world->producer, world->inbox, lt_bytes_text(notice->stream),
                               lt_buf_bytes(&body), NULL, 0, &err));
    lt_buf_fini(&body);
}

void consumer_put_value(struct consumer_world *world,
                        struct consumer_stream *stream,
                        enum lt_op op,
                        const char *code,
                        struct lt_bytes value)
{
    struct lt_buf key = {0};
    char text[LT_HEADER_MAX];
    stream->seq++;
    const struct lt_header header = {.op = op,
                                     .seq = stream->seq,
                                     .time = lt_now(),
                                     .incarnation = 1,
                                     .feed_seq = stream->seq,
                                     .agreement = stream->agreement,
                                     .scope_version = stream->scope_version};
    const struct lt_send_header headers[] = {
        {LT_HEADER_NAME, lt_bytes(text, lt_header_format(&header, text))}};
    lt_frame_put(&key, WARD_KEY_SCHEMA);
    lt_avro_put_bytes(&key, lt_bytes_text(code));
    assert_ok(lt_producer_send(world->producer, stream->topic, lt_buf_bytes(&key), value, headers,
                               1, &err));
    lt_buf_fini(&key);
}

void consumer_put_ward(struct consumer_world *world,
                       struct consumer_stream *stream,
                       enum lt_op op,
                       const char *code,
                       const char *name,
                       int64_t population)
{
    struct lt_buf value = {0};
    lt_frame_put(&value, stream->value_schema);
    lt_avro_put_bytes(&value, lt_bytes_text(code));
    lt_avro_put_bytes(&value, lt_bytes_text(name));
    if (stream->value_schema == WARD_SCHEMA) {
        lt_avro_put_long(&value, population >= 0);
        if (population >= 0)
            lt_avro_put_long(&value, population);
    }
    const uint8_t area[] = {0x04, 0xD2}; /* 12.34 */
    if (stream->value_schema != WARD_ODD_SCHEMA)
        lt_avro_put_bytes(&value, lt_bytes(area, sizeof area));
    consumer_put_value(world, stream, op, code, lt_buf_bytes(&value));
    lt_buf_fini(&value);
}

void consumer_put_gone(struct consumer_world *world,
                       struct consumer_stream *stream,
                       enum lt_op op,
                       const char *code)
{
    consumer_put_value(world, stream, op, code, (struct lt_bytes){0});
}

void consumer_put_load(struct consumer_world *world,
                       struct consumer_stream *stream,
                       int count,
                       lt_time sync_time)
{
    consumer_begin(world);
    consumer_put_schemas(world);
    for (int i = 1; i <= count; i++) {
        char code[16], name[16];
        snprintf(code, sizeof code, "w%d", i);
        snprintf(name, sizeof name, "n%d", i);
        consumer_put_ward(world, stream, LT_OP_SNAPSHOT, code, name, i);
    }
    struct lt_stream_notice notice = consumer_notice(world, stream);
    notice.load_seq = stream->seq;
    notice.sync_time = sync_time;
    notice.sync_seq = stream->seq;
    consumer_put_notice(world, &notice);
    consumer_commit(world);
}

void consumer_put_sync(struct consumer_world *world,
                       const struct consumer_stream *stream,
                       lt_time sync_time)
{
    struct lt_stream_notice notice = consumer_notice(world, stream);
    notice.load_seq = 1;
    notice.sync_time = sync_time;
    notice.sync_seq = stream->seq;
    consumer_put_notice(world, &notice);
}
