#include "bench/core_bus.h"

#include <string.h>

#include "base/mem.h"
#include "change/ids.h"

struct core_bus core_bus;

/* What stands behind a reader: the first topic that was added. */
struct lt_reader {
    enum { READS_NOTHING, READS_FEED, READS_CONTROL } what;
};

/* Never looked into. */
static void *nothing(void)
{
    static char place[8];
    return place;
}

/* ---- what does not move ---- */

int __wrap_lt_control_key_read_public(const char *path, uint8_t *ret, struct lt_error *reterr);
int __wrap_lt_control_key_read_public(const char *path, uint8_t *ret, struct lt_error *reterr)
{
    (void)path;
    (void)reterr;
    memcpy(ret, core_bus.world->public_key, LT_SIGN_KEY_BYTES);
    return 0;
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

/* ---- readers ---- */

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
    return lt_alloc(sizeof(struct lt_reader));
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
    (void)offset;
    (void)reterr;
    if (strncmp(topic, "feed.", 5) == 0) {
        reader->what = READS_FEED;
    } else if (strcmp(topic, LT_TOPIC_CONTROL) == 0) {
        reader->what = READS_CONTROL;
    }
    return 0;
}

static int next_of_feed(struct lt_message *ret)
{
    if (!core_bus.open || core_bus.next == core_bus.feed->count) {
        return 0;
    }
    core_feed_message(core_bus.feed, core_bus.next++, ret);
    return 1;
}

static int next_of_control(struct lt_message *ret)
{
    const struct core_topic *topic = &core_bus.world->control;
    if (core_bus.control_at == topic->count) {
        return 0;
    }
    const uint32_t *lens = topic->lens[core_bus.control_at];
    const uint8_t *at = topic->bytes.data + core_bus.control_place;
    *ret = (struct lt_message){.topic = LT_TOPIC_CONTROL,
                               .offset = (int64_t)core_bus.control_at++,
                               .key = lt_bytes(at, lens[0]),
                               .value = lt_bytes(at + lens[0], lens[1])};
    core_bus.control_place += lens[0] + lens[1];
    return 1;
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
    (void)timeout_ms;
    (void)reterr;
    switch (reader->what) {
    case READS_FEED:
        return next_of_feed(ret);
    case READS_CONTROL:
        return next_of_control(ret);
    default:
        return 0;
    }
}

struct reading {
    lt_message_visit *visit;
    void *arg;
    int64_t offset;
};

static int read_one(void *arg, struct lt_bytes key, struct lt_bytes value)
{
    struct reading *reading = arg;
    const struct lt_message message = {
        .topic = LT_TOPIC_CURSORS, .offset = reading->offset++, .key = key, .value = value};
    struct lt_error err = {0};
    if (reading->visit(reading->arg, &message, &err) < 0) {
        bench_fail(&err);
    }
    return 0;
}

int __wrap_lt_bus_read_to_end(const struct lt_bus *bus,
                              const char *topic,
                              int64_t offset,
                              int64_t timeout_ms,
                              lt_message_visit *visit,
                              void *arg,
                              int64_t *ret_next,
                              struct lt_error *reterr);
int __wrap_lt_bus_read_to_end(const struct lt_bus *bus,
                              const char *topic,
                              int64_t offset,
                              int64_t timeout_ms,
                              lt_message_visit *visit,
                              void *arg,
                              int64_t *ret_next,
                              struct lt_error *reterr)
{
    (void)bus;
    (void)offset;
    (void)timeout_ms;
    (void)reterr;
    struct reading reading = {.visit = visit, .arg = arg};
    lt_assert(strcmp(topic, LT_TOPIC_CURSORS) == 0);
    core_topic_each(&core_bus.world->cursors, read_one, &reading);
    *ret_next = reading.offset;
    return 0;
}

/* ---- the transaction ---- */

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
        core_bus.others++;
        return 0;
    }
    core_bus.given++;
    core_bus.bytes += (int64_t)(key.len + value.len + headers[0].value.len);
    if (core_bus.sink != NULL) {
        core_bus.sink(core_bus.arg, topic, key, value, headers[0].value);
    }
    return 0;
}
