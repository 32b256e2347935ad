/*
 * Transactional producer.
 *
 * The happy path: open, init (fences older holders of the id), then again and again begin,
 * send ..., commit.  What can go wrong and what comes of it:
 *
 *   a record is refused or times out   commit fails ABORT; failed_topic names the topic
 *   the decision is uncertain          commit fails ABORT; whoever asks is to start over from
 *                                      what is stored, never from memory (protocol 4)
 *   another holder of the id came      any call fails FATAL
 *   sequence error of row 2            FATAL as well: the caller closes and opens anew
 *
 * init_transactions works once per instance, so starting over means a new producer.
 */
#include "bus_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_WAIT_MS 100
#define BATCH_BYTES   1048576
#define BATCH_WAIT_MS 1000

struct lt_producer {
    struct lt_client client;
    struct lt_topic_table topics;
    bool transactional;
    int64_t transaction_ms;
    struct lt_topic *last; /* runs of records for one topic are the rule */
    char *failed_topic;
    rd_kafka_resp_err_t failed_how;
    int64_t acknowledged;
    size_t full; /* topics with a batch and more on its way */
};

/* A refusal by name says more than a time-out, which may only be its neighbour's fault. */
static bool is_vague(rd_kafka_resp_err_t err)
{
    return lt_bus_class(err) != LT_ERR_REJECT;
}

static void note_failure(struct lt_producer *producer, const char *topic, rd_kafka_resp_err_t err)
{
    if (producer->failed_topic != NULL && (!is_vague(producer->failed_how) || is_vague(err))) {
        return;
    }
    free(producer->failed_topic);
    producer->failed_topic = lt_strdup(topic);
    producer->failed_how = err;
}

static void forget_failure(struct lt_producer *producer)
{
    free(lt_steal(&producer->failed_topic));
    producer->failed_how = RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* librdkafka has one request of a partition on its way at a time, and sends the next when it is
 * answered; so a topic with less than a batch has none on its way. */
static void count_bytes(struct lt_producer *producer, struct lt_topic *topic, size_t unacked)
{
    producer->full -= topic->unacked >= BATCH_BYTES;
    topic->unacked = unacked;
    producer->full += topic->unacked >= BATCH_BYTES;
}

/* Set although most reports are good news: without it every commit waits 10 ms (A.4). */
static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    struct lt_client *client = opaque;
    struct lt_producer *producer = client->owner;
    struct lt_topic *topic = message->_private;
    count_bytes(producer, topic, topic->unacked - message->len - message->key_len);
    switch (message->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        lt_client_answered(client);
        producer->acknowledged++;
        break;
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
        break; /* our own abort */
    default:
        note_failure(producer, rd_kafka_topic_name(message->rkt), message->err);
    }
}

/* ---- open and close ---- */

static rd_kafka_conf_t *
producer_conf(const struct lt_bus *bus, const char *transactional_id, struct lt_error *reterr)
{
    const struct lt_property defaults[] = {
        /* The end of a transaction sends what has not become a whole batch. */
        {"linger.ms", transactional_id != NULL ? "500" : "5"},
        {"batch.size", "1048576"}, /* BATCH_BYTES */
        {"batch.num.messages", "100000"},
        {"message.max.bytes", "3145728"}, /* schemas/README.md 2: a value of 1 MiB must pass */
        {"compression.type", "lz4"},
        {"queue.buffering.max.messages", "1000000"},
        {"queue.buffering.max.kbytes", "262144"},
    };
    char transaction_ms[24];
    snprintf(transaction_ms, sizeof transaction_ms, "%lld", (long long)bus->transaction_ms);
    const struct lt_property own[] = {
        {"enable.idempotence", "true"},
        {"transactional.id", transactional_id},
        {"transaction.timeout.ms", transaction_ms},
    };
    lt_assert(bus->transaction_ms >= 1000 && bus->transaction_ms <= 900000);
    rd_kafka_conf_t *conf = lt_client_conf(bus, defaults, LT_COUNT(defaults), reterr);
    if (conf == NULL) {
        return NULL;
    }
    lt_client_set(conf, own, transactional_id != NULL ? LT_COUNT(own) : 1);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return conf;
}

struct lt_producer *
lt_producer_open(const struct lt_bus *bus, const char *transactional_id, struct lt_error *reterr)
{
    rd_kafka_conf_t *conf = producer_conf(bus, transactional_id, reterr);
    if (conf == NULL) {
        return NULL;
    }
    struct lt_producer *producer = lt_alloc(sizeof *producer);
    producer->transactional = transactional_id != NULL;
    producer->transaction_ms = bus->transaction_ms;
    if (lt_client_start(&producer->client, bus, RD_KAFKA_PRODUCER, conf, producer, reterr) != 0) {
        lt_producer_close(producer);
        return NULL;
    }
    return producer;
}

void lt_producer_close(struct lt_producer *producer)
{
    if (producer == NULL) {
        return;
    }
    lt_topic_table_fini(&producer->topics);
    lt_client_stop(&producer->client);
    free(producer->failed_topic);
    free(producer);
}

/* ---- transactions ---- */

int lt_producer_init(struct lt_producer *producer, int64_t timeout_ms, struct lt_error *reterr)
{
    int64_t end = lt_monotonic_ms() + timeout_ms;
    for (;;) {
        int64_t left = LT_MAX(end - lt_monotonic_ms(), 0);
        rd_kafka_error_t *error =
            rd_kafka_init_transactions(producer->client.rk, (int)LT_MIN(left, 1000));
        if (error == NULL) {
            lt_client_answered(&producer->client);
            return 0;
        }
        if (!rd_kafka_error_is_retriable(error)) {
            return lt_bus_fail_transaction(reterr, error, "init transactions");
        }
        rd_kafka_error_destroy(error);
        rd_kafka_poll(producer->client.rk, 0); /* news of connections */
        if (lt_client_refused(&producer->client) || lt_monotonic_ms() >= end) {
            return lt_client_fail_unanswered(&producer->client, reterr, "init transactions");
        }
    }
}

int lt_producer_begin(struct lt_producer *producer, struct lt_error *reterr)
{
    forget_failure(producer);
    rd_kafka_error_t *error = rd_kafka_begin_transaction(producer->client.rk);
    return error == NULL ? 0 : lt_bus_fail_transaction(reterr, error, "begin transaction");
}

/* The call may be repeated while the library says so (A.1), but not for ever. */
static rd_kafka_error_t *end_transaction(struct lt_producer *producer,
                                         rd_kafka_error_t *(*call)(rd_kafka_t *, int))
{
    int64_t end = lt_monotonic_ms() + producer->transaction_ms;
    for (;;) {
        int64_t left = LT_MAX(end - lt_monotonic_ms(), 1);
        rd_kafka_error_t *error = call(producer->client.rk, (int)left);
        if (error == NULL || !rd_kafka_error_is_retriable(error) || lt_monotonic_ms() >= end) {
            return error;
        }
        rd_kafka_error_destroy(error);
        rd_kafka_poll(producer->client.rk, QUEUE_WAIT_MS);
    }
}

/* 2.0.2 turns in circles, on a whole core, while it is flushing and the next request of a partition
 * has to wait for the one before it.  Trouble is told by the commit itself. */
static void await_whole_batches(struct lt_producer *producer)
{
    int64_t end = lt_monotonic_ms() + BATCH_WAIT_MS;
    while (producer->full > 0 && producer->failed_topic == NULL && lt_monotonic_ms() < end) {
        rd_kafka_poll(producer->client.rk, QUEUE_WAIT_MS);
    }
}

int lt_producer_commit(struct lt_producer *producer, struct lt_error *reterr)
{
    await_whole_batches(producer);
    rd_kafka_error_t *error = end_transaction(producer, rd_kafka_commit_transaction);
    if (error == NULL) {
        return 0;
    }
    struct lt_error how = {0};
    lt_bus_fail_transaction(&how, error, "commit transaction");
    if (producer->failed_topic != NULL) {
        char text[128];
        lt_bus_err_text(producer->failed_how, text, sizeof text);
        lt_fail_context(&how, "topic '%s': %s", producer->failed_topic, text);
    }
    /* Out of time with a retriable error: nobody knows the decision. */
    if (how.class == LT_ERR_RETRY) {
        how.class = LT_ERR_ABORT;
    }
    if (reterr != NULL) {
        *reterr = how;
    }
    return -1;
}

int lt_producer_abort(struct lt_producer *producer, struct lt_error *reterr)
{
    rd_kafka_error_t *error = end_transaction(producer, rd_kafka_abort_transaction);
    if (error == NULL) {
        return 0;
    }
    lt_bus_fail_transaction(reterr, error, "abort transaction");
    if (reterr != NULL) {
        reterr->class = LT_ERR_FATAL; /* its end is unknown: only a new holder can tell */
    }
    return -1;
}

/* ---- records ---- */

static rd_kafka_headers_t *make_headers(const struct lt_send_header *headers, size_t count)
{
    if (count == 0) {
        return NULL;
    }
    rd_kafka_headers_t *made = rd_kafka_headers_new(count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_header_add(made, headers[i].name, -1, headers[i].value.data,
                            (ssize_t)headers[i].value.len);
    }
    return made;
}

/* librdkafka copies but its parameters are not const. */
static void *unconst(struct lt_bytes bytes)
{
    union {
        const uint8_t *data;
        void *any;
    } p = {.data = bytes.data};
    return p.any;
}

static rd_kafka_resp_err_t queue_record(struct lt_producer *producer,
                                        struct lt_topic *topic,
                                        struct lt_bytes key,
                                        struct lt_bytes value,
                                        rd_kafka_headers_t *headers)
{
    return rd_kafka_producev(producer->client.rk, RD_KAFKA_V_RKT(topic->rkt),
                             RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                             RD_KAFKA_V_KEY(unconst(key), key.len),
                             RD_KAFKA_V_VALUE(unconst(value), value.len),
                             RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(topic), RD_KAFKA_V_END);
}

/* Waits while the queue is full; records in it end by their own time-out at the latest. */
static rd_kafka_resp_err_t queue_when_room(struct lt_producer *producer,
                                           struct lt_topic *topic,
                                           struct lt_bytes key,
                                           struct lt_bytes value,
                                           rd_kafka_headers_t *headers)
{
    for (;;) {
        rd_kafka_resp_err_t err = queue_record(producer, topic, key, value, headers);
        if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            return err;
        }
        rd_kafka_poll(producer->client.rk, QUEUE_WAIT_MS);
        if (producer->failed_topic != NULL) {
            return RD_KAFKA_RESP_ERR__PURGE_QUEUE;
        }
    }
}

static struct lt_topic *topic_of(struct lt_producer *producer, const char *name)
{
    if (producer->last == NULL || strcmp(producer->last->name, name) != 0) {
        producer->last = lt_topic_get(&producer->topics, producer->client.rk, name);
    }
    return producer->last;
}

int lt_producer_send(struct lt_producer *producer,
                     const char *topic_name,
                     struct lt_bytes key,
                     struct lt_bytes value,
                     const struct lt_send_header *headers,
                     size_t header_count,
                     struct lt_error *reterr)
{
    struct lt_topic *topic = topic_of(producer, topic_name);
    if (topic == NULL) {
        return lt_bus_fail(reterr, rd_kafka_last_error(), "topic '%s'", topic_name);
    }
    rd_kafka_headers_t *made = make_headers(headers, header_count);
    rd_kafka_resp_err_t err = queue_when_room(producer, topic, key, value, made);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        count_bytes(producer, topic, topic->unacked + key.len + value.len);
        return 0;
    }
    if (made != NULL) {
        rd_kafka_headers_destroy(made);
    }
    if (lt_bus_class(err) == LT_ERR_REJECT) {
        note_failure(producer, topic_name, err);
    }
    return lt_bus_fail(reterr, err, "send to '%s'", topic_name);
}

const char *lt_producer_failed_topic(const struct lt_producer *producer, struct lt_error *ret_how)
{
    if (producer->failed_topic != NULL) {
        lt_bus_fail(ret_how, producer->failed_how, "topic '%s'", producer->failed_topic);
    }
    return producer->failed_topic;
}

int64_t lt_producer_acknowledged(const struct lt_producer *producer)
{
    return producer->acknowledged;
}

int lt_producer_flush(struct lt_producer *producer, int64_t timeout_ms, struct lt_error *reterr)
{
    rd_kafka_resp_err_t err = rd_kafka_flush(producer->client.rk, (int)timeout_ms);
    if (producer->failed_topic != NULL) {
        lt_producer_failed_topic(producer, reterr);
        if (!producer->transactional) {
            forget_failure(producer); /* told once */
        }
        return -1;
    }
    if (err == RD_KAFKA_RESP_ERR__TIMED_OUT) {
        return lt_client_fail_unanswered(&producer->client, reterr, "flush");
    }
    return err == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : lt_bus_fail(reterr, err, "flush");
}
