#include "bench/core_lane.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "bench/sample.h"
#include "control/control.h"
#include "support/control_world.h"

#define DAY (86400 * LT_SECOND)

static struct {
    const struct core_feed *feed;
    size_t next; /* record to be polled */
    bool open;   /* records come */
    int64_t streams, match, given, bytes;
    core_sink *sink;
    void *arg;
    struct world world;
} core;

int64_t core_lane_given(void)
{
    return core.given;
}

int64_t core_lane_bytes(void)
{
    return core.bytes;
}

/* ---- control ---- */

static struct lt_policy policy = {.version = 1, .use_period = 3 * DAY, .on_expiry = "hide"};
static const char *granted[] = {"id", "district", "amount", "changed", "name", "active"};

static void put_schemas(void)
{
    struct sample_schemas schemas = sample_schemas();
    const char *texts[] = {schemas.key, schemas.value, schemas.scope};
    for (int i = 0; i < 3; i++) {
        char name[16];
        struct lt_schema_body body = {
            .id = SAMPLE_KEY_SCHEMA + i, .text = texts[i], .sha256 = lt_bytes("", 0)};
        snprintf(name, sizeof(name), "%d", body.id);
        world_put(&core.world, LT_CONTROL_SCHEMA, name, &body);
    }
    sample_schemas_free(&schemas);
}

static void put_parties(void)
{
    struct lt_application provider = world_provider, user = world_user;
    struct lt_service service = sample_declared;
    struct lt_agreement agreement = world_agreement;
    const struct lt_feed_body feed = {
        .service = SAMPLE_SERVICE, .incarnation = 1, .reason = "first"};
    provider.certificate_until = user.certificate_until = lt_now() + 90 * DAY;
    service.window = 7 * DAY;
    service.policy = &policy;
    agreement.valid_from = lt_now() - DAY;
    world_put(&core.world, LT_CONTROL_AGENCY, "ag0001", &world_agency);
    world_put(&core.world, LT_CONTROL_AGENCY, "ag0002", &world_agency);
    world_put(&core.world, LT_CONTROL_APPLICATION, "ap000001", &provider);
    world_put(&core.world, LT_CONTROL_APPLICATION, "ap000002", &user);
    world_put(&core.world, LT_CONTROL_SERVICE, SAMPLE_SERVICE, &service);
    world_put(&core.world, LT_CONTROL_AGREEMENT, "ar000012", &agreement);
    world_put(&core.world, LT_CONTROL_FEED, SAMPLE_SERVICE, &feed);
}

static void put_connection(int64_t c)
{
    char id[LT_ID_MAX], filter[64];
    struct lt_connection connection = world_connection;
    lt_id_format(LT_ID_CONNECTION, c + 1, id);
    snprintf(filter, sizeof(filter), "district = %lld", (long long)(c / core.match));
    connection.fields = granted;
    connection.field_count = LT_COUNT(granted);
    connection.filter = filter;
    connection.value_schema = SAMPLE_VALUE_SCHEMA + 100;
    world_put(&core.world, LT_CONTROL_CONNECTION, id, &connection);
}

/* ---- the port: what is not part of a batch is answered at once ---- */

static int no_start(void *arg, struct lt_error *reterr)
{
    (void)arg;
    (void)reterr;
    return 0;
}

static void take_stream(struct lt_shell *shell, int64_t c)
{
    char id[LT_ID_MAX], topic[LT_TOPIC_MAX];
    struct lane_stream stream;
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
    lt_lane_take_stream(shell->lane, &stream);
}

static int read_cursors(void *arg, bool whole, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    struct lane_feed feed;
    (void)reterr;
    for (int64_t c = 0; whole && c < core.streams; c++) {
        take_stream(shell, c);
    }
    if (whole) {
        lt_lane_feed_init(&feed, SAMPLE_SERVICE, 1);
        lt_chain_start(&feed.chain, "feed." SAMPLE_SERVICE ".1");
        feed.written_at = lt_now();
        lt_lane_take_feed(shell->lane, &feed);
    }
    return 0;
}

static int
control(void *arg, int64_t *ret_number, struct lane_stand *ret_stand, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    (void)ret_stand;
    (void)reterr;
    shell->fold_time = lt_now();
    shell->diary.proved = true;
    *ret_number = lt_fold_number(shell->fold);
    return 1;
}

static void no_connection(void *arg, void (*visit)(void *, const char *), void *visit_arg)
{
    (void)arg;
    (void)visit;
    (void)visit_arg;
}

static int
no_reports(void *arg, void (*visit)(void *, const char *), void *visit_arg, struct lt_error *reterr)
{
    no_connection(arg, visit, visit_arg);
    (void)reterr;
    return 0;
}

static int
no_tail(void *arg, const struct lane_stream *stream, struct lane_tail *ret, struct lt_error *reterr)
{
    (void)arg;
    (void)stream;
    (void)reterr;
    *ret = (struct lane_tail){0};
    return 0;
}

/* ---- the bus ---- */

int __wrap_lt_control_key_read_public(const char *path, uint8_t *ret, struct lt_error *reterr);
int __wrap_lt_control_key_read_public(const char *path, uint8_t *ret, struct lt_error *reterr)
{
    (void)path;
    (void)reterr;
    memcpy(ret, core.world.public_key, LT_SIGN_KEY_BYTES);
    return 0;
}

/* Never looked into. */
static void *nothing(void)
{
    static char place[8];
    return place;
}

struct lt_asker *__wrap_lt_asker_open(const struct lt_bus *bus, struct lt_error *reterr);
struct lt_asker *__wrap_lt_asker_open(const struct lt_bus *bus, struct lt_error *reterr)
{
    (void)bus;
    (void)reterr;
    return nothing();
}

struct lt_admin *__wrap_lt_admin_open(const struct lt_bus *bus, struct lt_error *reterr);
struct lt_admin *__wrap_lt_admin_open(const struct lt_bus *bus, struct lt_error *reterr)
{
    (void)bus;
    (void)reterr;
    return nothing();
}

struct lt_reader *__wrap_lt_reader_open(const struct lt_bus *bus,
                                        bool committed,
                                        enum lt_fetch_wait wait,
                                        struct lt_error *reterr);
struct lt_reader *__wrap_lt_reader_open(const struct lt_bus *bus,
                                        bool committed,
                                        enum lt_fetch_wait wait,
                                        struct lt_error *reterr)
{
    (void)bus;
    (void)committed;
    (void)wait;
    (void)reterr;
    return nothing();
}

int __wrap_lt_asker_topic_exists(struct lt_asker *asker,
                                 const char *topic,
                                 struct lt_error *reterr);
int __wrap_lt_asker_topic_exists(struct lt_asker *asker, const char *topic, struct lt_error *reterr)
{
    (void)asker;
    (void)topic;
    (void)reterr;
    return 1;
}

int __wrap_lt_reader_add(struct lt_reader *reader,
                         const char *topic,
                         int64_t offset,
                         struct lt_error *reterr);
int __wrap_lt_reader_add(struct lt_reader *reader,
                         const char *topic,
                         int64_t offset,
                         struct lt_error *reterr)
{
    (void)reader;
    (void)topic;
    (void)offset;
    (void)reterr;
    return 0;
}

int __wrap_lt_reader_poll(struct lt_reader *reader,
                          int64_t timeout_ms,
                          struct lt_message *ret,
                          struct lt_error *reterr);
int __wrap_lt_reader_poll(struct lt_reader *reader,
                          int64_t timeout_ms,
                          struct lt_message *ret,
                          struct lt_error *reterr)
{
    (void)reader;
    (void)timeout_ms;
    (void)reterr;
    if (!core.open || core.next == core.feed->count) {
        return 0;
    }
    core_feed_message(core.feed, core.next++, ret);
    return 1;
}

int __wrap_lt_producer_begin(struct lt_producer *producer, struct lt_error *reterr);
int __wrap_lt_producer_begin(struct lt_producer *producer, struct lt_error *reterr)
{
    (void)producer;
    (void)reterr;
    return 0;
}

int __wrap_lt_producer_commit(struct lt_producer *producer, struct lt_error *reterr);
int __wrap_lt_producer_commit(struct lt_producer *producer, struct lt_error *reterr)
{
    return __wrap_lt_producer_begin(producer, reterr);
}

int __wrap_lt_producer_send(struct lt_producer *producer,
                            const char *topic,
                            struct lt_bytes key,
                            struct lt_bytes value,
                            const struct lt_send_header *headers,
                            size_t header_count,
                            struct lt_error *reterr);
int __wrap_lt_producer_send(struct lt_producer *producer,
                            const char *topic,
                            struct lt_bytes key,
                            struct lt_bytes value,
                            const struct lt_send_header *headers,
                            size_t header_count,
                            struct lt_error *reterr)
{
    (void)producer;
    (void)reterr;
    if (header_count == 0) {
        return 0; /* a cursor, a note or an inbox record */
    }
    core.given++;
    core.bytes += (int64_t)(key.len + value.len + headers[0].value.len);
    if (core.sink != NULL) {
        core.sink(core.arg, topic, key, value, headers[0].value);
    }
    return 0;
}

/* ---- the lane ---- */

/* Defaults of config.c; batches by number only, and control never grows old. */
static const struct lt_routing_conf conf = {.transaction_ms = 60000,
                                            .grace_ms = 86400000,
                                            .batch_rows = 20000,
                                            .batch_ms = 5000,
                                            .sync_every_ms = 1000,
                                            .technical_pause_ms = 60000,
                                            .page_records = 10000,
                                            .page_ms = 60000};
static const struct lt_conf_extra no_extra;

static void step(struct lt_shell *shell)
{
    struct lt_error err = {0};
    enum lane_step done = lt_shell_step(shell, &err);
    if (done != LANE_WORKED && done != LANE_IDLE) {
        bench_fail(&err);
    }
}

struct lt_shell *core_lane_open(
    const struct core_feed *feed, int64_t streams, int64_t match, core_sink *sink, void *arg)
{
    static struct lt_routing_metrics metrics;
    struct lt_error err;
    core.feed = feed;
    core.streams = streams;
    core.match = match;
    core.sink = sink;
    core.arg = arg;
    world_init(&core.world);
    put_schemas();
    put_parties();
    for (int64_t c = 0; c < streams; c++) {
        put_connection(c);
    }
    world_beat(&core.world, lt_now());
    lt_routing_metrics_register(&metrics, LANE_LIVE_LANE);
    struct lt_shell *shell = lt_shell_new(LANE_LIVE_LANE, &conf, &no_extra, &metrics, &err);
    if (shell == NULL) {
        bench_fail(&err);
    }
    shell->fold = core.world.fold;
    shell->port.init = shell->port.scrub = shell->port.stuck = no_start;
    shell->port.read_cursors = read_cursors;
    shell->port.control = control;
    shell->port.each_connection = no_connection;
    shell->port.gap_reports = no_reports;
    shell->port.tail = no_tail;
    while (!lt_lane_is_running(shell->lane)) {
        step(shell);
    }
    step(shell); /* the first transaction repeats the inbox records */
    step(shell);
    return shell;
}

void core_lane_run(struct lt_shell *shell)
{
    struct lt_error err = {0};
    core.open = true;
    core.next = 0;
    while (lt_shell_step(shell, &err) == LANE_WORKED) {
    }
    if (err.class != LT_ERR_NONE) {
        bench_fail(&err);
    }
    lt_assert(core.next == core.feed->count);
}
