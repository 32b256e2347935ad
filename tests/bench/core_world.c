#include "bench/core_world.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "bench/sample.h"
#include "routing/cursor.h"
#include "support/control_world.h"

#define DAY (86400 * LT_SECOND)

static void add(struct core_topic *topic, struct lt_bytes key, struct lt_bytes value)
{
    if (topic->count == topic->cap) {
        topic->cap = topic->cap > 0 ? topic->cap * 2 : 64;
        topic->lens = lt_realloc(topic->lens, topic->cap * sizeof(*topic->lens));
    }
    topic->lens[topic->count][0] = (uint32_t)key.len;
    topic->lens[topic->count++][1] = (uint32_t)value.len;
    lt_buf_add(&topic->bytes, key.data, key.len);
    lt_buf_add(&topic->bytes, value.data, value.len);
}

int core_topic_each(const struct core_topic *topic, core_visit *visit, void *arg)
{
    const uint8_t *at = topic->bytes.data;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < topic->count; i++) {
        const uint32_t *lens = topic->lens[i];
        rc = visit(arg, lt_bytes(at, lens[0]), lt_bytes(at + lens[0], lens[1]));
        at += lens[0] + lens[1];
    }
    return rc;
}

/* ---- control ---- */

static struct lt_policy policy = {.version = 1, .use_period = 3 * DAY, .on_expiry = "hide"};
static const char *granted[] = {"id", "district", "amount", "changed", "name", "active"};
static const char *by_number[] = {"id",   "district", "amount", "changed",
                                  "name", "address",  "active", "total"};

/* Signs the record and keeps it. */
static void put(struct world *world,
                struct core_world *out,
                enum lt_control_kind kind,
                const char *id,
                const void *body)
{
    world_put(world, kind, id, body);
    add(&out->control, lt_bytes_text(world->key), lt_buf_bytes(&world->wire));
}

static void put_schemas(struct world *world, struct core_world *out)
{
    struct sample_schemas schemas = sample_schemas();
    const char *texts[] = {schemas.key, schemas.value, schemas.scope};
    for (int i = 0; i < 3; i++) {
        char name[16];
        struct lt_schema_body body = {
            .id = SAMPLE_KEY_SCHEMA + i, .text = texts[i], .sha256 = lt_bytes("", 0)};
        snprintf(name, sizeof(name), "%d", body.id);
        put(world, out, LT_CONTROL_SCHEMA, name, &body);
    }
    sample_schemas_free(&schemas);
}

static void put_service(struct world *world, struct core_world *out)
{
    struct lt_application provider = world_provider;
    struct lt_service service = sample_declared;
    struct lt_agreement agreement = world_agreement;
    const struct lt_feed_body feed = {
        .service = SAMPLE_SERVICE, .incarnation = 1, .reason = "first"};
    provider.certificate_until = lt_now() + 90 * DAY;
    service.window = 7 * DAY;
    service.policy = &policy;
    agreement.valid_from = lt_now() - DAY;
    put(world, out, LT_CONTROL_AGENCY, "ag0001", &world_agency);
    put(world, out, LT_CONTROL_AGENCY, "ag0002", &world_agency);
    put(world, out, LT_CONTROL_APPLICATION, "ap000001", &provider);
    put(world, out, LT_CONTROL_SERVICE, SAMPLE_SERVICE, &service);
    put(world, out, LT_CONTROL_AGREEMENT, "ar000012", &agreement);
    put(world, out, LT_CONTROL_FEED, SAMPLE_SERVICE, &feed);
}

static void put_connection(struct world *world,
                           struct core_world *out,
                           const struct core_setup *setup,
                           int64_t c)
{
    char id[LT_ID_MAX], application[LT_ID_MAX], filter[64];
    struct lt_connection connection = world_connection;
    struct lt_application user = world_user;
    lt_id_format(LT_ID_CONNECTION, c + 1, id);
    lt_id_format(LT_ID_APPLICATION, c + 2, application);
    snprintf(filter, sizeof(filter), "district = %lld", (long long)(c / setup->match));
    user.certificate_until = lt_now() + 90 * DAY;
    put(world, out, LT_CONTROL_APPLICATION, application, &user);
    connection.application = application;
    connection.fields = setup->fields > 0 ? by_number : granted;
    connection.field_count = setup->fields > 0 ? (size_t)setup->fields + 1 : LT_COUNT(granted);
    connection.filter = filter;
    connection.value_schema = SAMPLE_VALUE_SCHEMA + 100;
    put(world, out, LT_CONTROL_CONNECTION, id, &connection);
}

/* ---- cursors ---- */

static void put_stream(struct core_world *out, int64_t c)
{
    char id[LT_ID_MAX], topic[LT_TOPIC_MAX];
    struct lane_stream stream;
    struct lt_cursor record;
    struct lt_buf wire = {0};
    lt_id_format(LT_ID_CONNECTION, c + 1, id);
    lt_lane_stream_init(&stream, id, 1);
    lt_topic_stream(stream.name, topic);
    lt_chain_start(&stream.chain, topic);
    snprintf(stream.service, sizeof(stream.service), "%s", SAMPLE_SERVICE);
    stream.writer = LANE_LIVE_LANE;
    stream.state = LANE_LIVE;
    stream.incarnation = 1;
    stream.agreement = world_agreement.number;
    stream.scope_version = 1;
    stream.key_schema = SAMPLE_KEY_SCHEMA;
    stream.value_schema = SAMPLE_VALUE_SCHEMA + 100;
    stream.load_seq = 0;
    stream.written_at = lt_now();
    lt_lane_stream_record(&stream, &record);
    lt_record_encode(LT_RECORD_CURSOR, &record, &wire);
    add(&out->cursors, lt_bytes_text(stream.name), lt_buf_bytes(&wire));
    lt_buf_fini(&wire);
}

static void put_feed(struct core_world *out)
{
    struct lane_feed feed;
    struct lt_feed_cursor record;
    struct lt_buf wire = {0};
    lt_lane_feed_init(&feed, SAMPLE_SERVICE, 1);
    lt_chain_start(&feed.chain, "feed." SAMPLE_SERVICE ".1");
    feed.written_at = lt_now();
    lt_lane_feed_record(&feed, &record);
    lt_record_encode(LT_RECORD_FEED_CURSOR, &record, &wire);
    add(&out->cursors, lt_bytes_text("live/" SAMPLE_SERVICE), lt_buf_bytes(&wire));
    lt_buf_fini(&wire);
}

void core_world_make(struct core_world *out, const struct core_setup *setup)
{
    struct world world;
    *out = (struct core_world){0};
    world_init(&world);
    memcpy(out->public_key, world.public_key, sizeof(out->public_key));
    put_schemas(&world, out);
    put_service(&world, out);
    for (int64_t c = 0; c < setup->streams; c++) {
        put_connection(&world, out, setup, c);
        put_stream(out, c);
    }
    put_feed(out);
    world_beat(&world, lt_now());
    add(&out->control, lt_bytes_text(world.key), lt_buf_bytes(&world.wire));
    world_fini(&world);
}
