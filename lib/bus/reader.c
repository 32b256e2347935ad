/*
 * Reader of any number of topics, partition 0 each.
 *
 * librdkafka's simple consumer, all partitions into one queue: no group and no coordinator, so
 * no right on a group is needed and rows 8, 9 and 20 cannot happen.  The position is kept here:
 * what lies below it is dropped (row 8), pausing stops the fetch and resuming starts it again at
 * our position (row 4).  The queue is polled for events and not for messages: only so does an
 * unknown topic come with its name.
 */
#include "bus_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_EVERY_MS   2000
#define CHECK_PAUSE_MS   500
#define CHECK_GAP_MS     100 /* between two questions */
#define CHECK_TIMEOUT_MS 1000

struct lt_reader {
    struct lt_client client;
    struct lt_topic_table topics;
    rd_kafka_queue_t *queue;
    char *failed_topic;
    int64_t next_check_ms; /* of silent topics, monotonic */
};

struct lt_client *lt_reader_client(struct lt_reader *reader)
{
    return &reader->client;
}

/* ---- open and close ---- */

static rd_kafka_conf_t *reader_conf(const struct lt_bus *bus,
                                    bool read_committed,
                                    enum lt_fetch_wait wait,
                                    struct lt_error *reterr)
{
    char wait_ms[16];
    snprintf(wait_ms, sizeof wait_ms, "%d", (int)wait);
    const struct lt_property defaults[] = {
        {"fetch.wait.max.ms", wait_ms},
        {"fetch.error.backoff.ms", "250"},
        {"fetch.message.max.bytes", "2097152"},
        /* 2.0.2 looks only once a second whether a full queue has room again, so this much must
         * last a second; a short record takes several times its size. */
        {"queued.min.messages", "100000"},
        {"queued.max.messages.kbytes", "65536"},
    };
    const struct lt_property own[] = {
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"enable.partition.eof", "true"},
        {"isolation.level", read_committed ? "read_committed" : "read_uncommitted"},
    };
    rd_kafka_conf_t *conf = lt_client_conf(bus, defaults, LT_COUNT(defaults), reterr);
    if (conf != NULL) {
        lt_client_set(conf, own, LT_COUNT(own));
    }
    return conf;
}

struct lt_reader *lt_reader_open(const struct lt_bus *bus,
                                 bool read_committed,
                                 enum lt_fetch_wait wait,
                                 struct lt_error *reterr)
{
    rd_kafka_conf_t *conf = reader_conf(bus, read_committed, wait, reterr);
    if (conf == NULL) {
        return NULL;
    }
    struct lt_reader *reader = lt_alloc(sizeof *reader);
    if (lt_client_start(&reader->client, bus, RD_KAFKA_CONSUMER, conf, reader, reterr) != 0) {
        lt_reader_close(reader);
        return NULL;
    }
    reader->queue = rd_kafka_queue_new(reader->client.rk);
    return reader;
}

static void stop_fetching(struct lt_topic *topic)
{
    if (topic->fetching) {
        rd_kafka_consume_stop(topic->rkt, 0);
        topic->fetching = false;
    }
}

static void stop_all(struct lt_topic_table *topics)
{
    for (size_t i = 0; i < topics->slot_count; i++) {
        for (struct lt_topic *topic = topics->slots[i]; topic != NULL; topic = topic->next) {
            stop_fetching(topic);
        }
    }
}

void lt_reader_close(struct lt_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    stop_all(&reader->topics);
    if (reader->queue != NULL) {
        rd_kafka_queue_destroy(reader->queue);
    }
    lt_topic_table_fini(&reader->topics);
    lt_client_stop(&reader->client);
    free(reader->failed_topic);
    free(reader);
}

/* ---- topics ---- */

static int start_fetching(struct lt_reader *reader, struct lt_topic *topic, struct lt_error *reterr)
{
    if (rd_kafka_consume_start_queue(topic->rkt, 0, topic->position, reader->queue) != 0) {
        return lt_bus_fail(reterr, rd_kafka_last_error(), "read topic '%s'", topic->name);
    }
    topic->fetching = true;
    topic->heard = false;
    topic->asked_ms = lt_monotonic_ms();
    return 0;
}

int lt_reader_add(struct lt_reader *reader,
                  const char *topic_name,
                  int64_t offset,
                  struct lt_error *reterr)
{
    lt_assert(offset >= 0 || offset == LT_OFFSET_BEGIN);
    struct lt_topic *topic = lt_topic_get(&reader->topics, reader->client.rk, topic_name);
    if (topic == NULL) {
        return lt_bus_fail(reterr, rd_kafka_last_error(), "read topic '%s'", topic_name);
    }
    stop_fetching(topic);
    topic->position = offset;
    return start_fetching(reader, topic, reterr);
}

static struct lt_topic *
known_topic(struct lt_reader *reader, const char *name, struct lt_error *reterr)
{
    struct lt_topic *topic = lt_topic_find(&reader->topics, name);
    if (topic == NULL) {
        lt_bus_fail(reterr, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, "topic '%s' is not read", name);
    }
    return topic;
}

int lt_reader_remove(struct lt_reader *reader, const char *topic_name, struct lt_error *reterr)
{
    struct lt_topic *topic = known_topic(reader, topic_name, reterr);
    if (topic == NULL) {
        return -1;
    }
    stop_fetching(topic);
    lt_topic_drop(&reader->topics, topic);
    return 0;
}

int lt_reader_pause(struct lt_reader *reader,
                    const char *topic_name,
                    bool paused,
                    struct lt_error *reterr)
{
    struct lt_topic *topic = known_topic(reader, topic_name, reterr);
    if (topic == NULL) {
        return -1;
    }
    if (paused) {
        stop_fetching(topic);
        return 0;
    }
    return topic->fetching ? 0 : start_fetching(reader, topic, reterr);
}

int64_t lt_reader_position(const struct lt_reader *reader, const char *topic_name)
{
    const struct lt_topic *topic = lt_topic_find(&reader->topics, topic_name);
    return topic != NULL ? topic->position : -1;
}

const char *lt_reader_failed_topic(const struct lt_reader *reader)
{
    return reader->failed_topic;
}

void lt_reader_cluster_id(const struct lt_reader *reader, char buf[LT_CLUSTER_ID_MAX])
{
    lt_client_cluster_id(&reader->client, buf);
}

/* ---- records ---- */

static struct lt_bytes find_header(const rd_kafka_headers_t *headers, const char *name)
{
    const void *data;
    size_t len;
    if (rd_kafka_header_get_last(headers, name, &data, &len) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return (struct lt_bytes){0};
    }
    return lt_bytes(data, len);
}

static void fill(struct lt_message *ret,
                 const char *topic,
                 const rd_kafka_message_t *message,
                 rd_kafka_event_t *event)
{
    rd_kafka_timestamp_type_t type;
    *ret = (struct lt_message){
        .topic = topic,
        .offset = message->offset,
        .append_time = rd_kafka_message_timestamp(message, &type) * LT_MILLI,
        .key = lt_bytes(message->key, message->key_len),
        .value = lt_bytes(message->payload, message->len),
        .handle = event,
    };
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ret->lt = find_header(headers, "lt");
        ret->scope_before = find_header(headers, "lt-scope-before");
    }
}

void lt_message_release(struct lt_message *message)
{
    if (message->handle != NULL) {
        rd_kafka_event_destroy(message->handle);
    }
    *message = (struct lt_message){0};
}

/* 1 and the record in *ret, which keeps the event; 0 when it is not for the caller. */
static int handle_record(struct lt_reader *reader, rd_kafka_event_t *event, struct lt_message *ret)
{
    const rd_kafka_message_t *message = rd_kafka_event_message_next(event);
    struct lt_topic *topic = lt_topic_find(&reader->topics, rd_kafka_topic_name(message->rkt));
    lt_client_answered(&reader->client);
    if (topic == NULL || !topic->fetching || message->offset < topic->position) {
        rd_kafka_event_destroy(event);
        return 0;
    }
    topic->heard = true;
    topic->position = message->offset + 1;
    fill(ret, topic->name, message, event);
    return 1;
}

/* EOF comes behind the last record, and its offset lies behind markers and aborted records. */
static int take_end(struct lt_reader *reader, const rd_kafka_topic_partition_t *partition)
{
    struct lt_topic *topic = lt_topic_find(&reader->topics, partition->topic);
    lt_client_answered(&reader->client);
    if (topic != NULL && topic->fetching) {
        topic->heard = true;
        topic->position = LT_MAX(topic->position, partition->offset);
    }
    return 0;
}

static int fail_topic(struct lt_reader *reader,
                      const char *name,
                      rd_kafka_resp_err_t err,
                      struct lt_error *reterr)
{
    struct lt_topic *topic = lt_topic_find(&reader->topics, name);
    if (topic == NULL || !topic->fetching) {
        return 0; /* removed or paused meanwhile */
    }
    topic->heard = false;
    topic->asked_ms = lt_monotonic_ms();
    free(reader->failed_topic);
    reader->failed_topic = lt_strdup(name);
    if (err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        err = RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE; /* "error" is our reset policy */
    }
    return lt_bus_fail(reterr, err, "read topic '%s'", name);
}

/* End of a partition, trouble with one topic, or with everything. */
static int handle_notice(struct lt_reader *reader, rd_kafka_event_t *event, struct lt_error *reterr)
{
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);
    rd_kafka_topic_partition_t *partition = rd_kafka_event_topic_partition(event);
    int rc;
    if (partition == NULL) {
        rc = lt_bus_fail(reterr, err, "read");
    } else if (err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        rc = take_end(reader, partition);
    } else {
        rc = fail_topic(reader, partition->topic, err, reterr);
    }
    if (partition != NULL) {
        rd_kafka_topic_partition_destroy(partition);
    }
    rd_kafka_event_destroy(event);
    return rc;
}

static int handle_event(struct lt_reader *reader,
                        rd_kafka_event_t *event,
                        struct lt_message *ret,
                        struct lt_error *reterr)
{
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_FETCH:
        return handle_record(reader, event, ret);
    case RD_KAFKA_EVENT_ERROR:
        return handle_notice(reader, event, reterr);
    default:
        rd_kafka_event_destroy(event);
        return 0;
    }
}

/* A topic that we may not see from the start gives no event at all, so those that were never
 * heard of are asked for; the answer also makes the library look again, which is how a reader
 * goes on soon after the right or the topic has come. */
static int check_topic(struct lt_reader *reader,
                       struct lt_topic *topic,
                       bool *ret_answered,
                       struct lt_error *reterr)
{
    rd_kafka_resp_err_t state = RD_KAFKA_RESP_ERR_NO_ERROR;
    topic->asked_ms = lt_monotonic_ms();
    *ret_answered =
        lt_topic_state(&reader->client, topic->rkt, CHECK_TIMEOUT_MS, &state, NULL) == 0;
    if (lt_bus_class(state) == LT_ERR_NONE || lt_bus_class(state) == LT_ERR_RETRY) {
        return 0; /* trouble of connections is told elsewhere */
    }
    return fail_topic(reader, topic->name, state, reterr);
}

static bool is_due(const struct lt_topic *topic, int64_t now_ms)
{
    return topic->fetching && !topic->heard && topic->asked_ms + CHECK_EVERY_MS <= now_ms;
}

/* The one that waits longest, so that many that stay silent keep none from its turn. */
static struct lt_topic *due_topic(const struct lt_reader *reader, int64_t now_ms)
{
    struct lt_topic *due = NULL;
    for (size_t i = 0; i < reader->topics.slot_count; i++) {
        for (struct lt_topic *topic = reader->topics.slots[i]; topic != NULL; topic = topic->next) {
            if (is_due(topic, now_ms) && (due == NULL || topic->asked_ms < due->asked_ms)) {
                due = topic;
            }
        }
    }
    return due;
}

/* One question a time, and what has come in between is taken: an answer waits behind a fetch, and
 * of a thousand topics added at once most have only not been listened to yet. */
static int check_silent(struct lt_reader *reader, int64_t now_ms, struct lt_error *reterr)
{
    if (now_ms < reader->next_check_ms || reader->client.all_down) {
        return 0;
    }
    bool answered = false;
    struct lt_topic *topic = due_topic(reader, now_ms);
    const int rc = topic != NULL ? check_topic(reader, topic, &answered, reterr) : 0;
    reader->next_check_ms = lt_monotonic_ms() + (answered ? CHECK_GAP_MS : CHECK_PAUSE_MS);
    return rc;
}

/* Nothing came: has anything happened to the connections?  Told once for each time that all of
 * them went down. */
static int idle(struct lt_reader *reader, struct lt_error *reterr)
{
    struct lt_client *client = &reader->client;
    rd_kafka_poll(client->rk, 0);
    if (client->trouble == RD_KAFKA_RESP_ERR_NO_ERROR) {
        client->all_down = false; /* a planned disconnect (row 16) */
    }
    if (!client->all_down) {
        return 0;
    }
    lt_client_fail_unanswered(client, reterr, "read");
    lt_client_answered(client);
    return -1;
}

int lt_reader_poll(struct lt_reader *reader,
                   int64_t timeout_ms,
                   struct lt_message *ret,
                   struct lt_error *reterr)
{
    int64_t end = lt_monotonic_ms() + timeout_ms;
    for (;;) {
        int64_t now = lt_monotonic_ms();
        if (check_silent(reader, now, reterr) != 0) {
            return -1;
        }
        int64_t wait = LT_MAX(LT_MIN(end - now, CHECK_PAUSE_MS), 0);
        rd_kafka_event_t *event = rd_kafka_queue_poll(reader->queue, (int)wait);
        int rc = event != NULL ? handle_event(reader, event, ret, reterr) : idle(reader, reterr);
        if (rc != 0 || (event == NULL && lt_monotonic_ms() >= end)) {
            return rc;
        }
    }
}
