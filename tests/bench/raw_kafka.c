#include "bench/raw_kafka.h"

#include <string.h>

static void give_up(const char *what, const char *why)
{
    struct lt_error err;
    (void)lt_fail(&err, LT_ERR_FATAL, "bench", 0, "%s: %s", what, why);
    bench_fail(&err);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) != RD_KAFKA_CONF_OK) {
        give_up(name, why);
    }
}

static rd_kafka_t *start(const struct raw_kafka *kafka, rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char why[256];
    set(conf, "bootstrap.servers", kafka->brokers);
    set(conf, "security.protocol", "ssl");
    set(conf, "ssl.ca.location", kafka->ca_file);
    set(conf, "ssl.certificate.location", kafka->cert_file);
    set(conf, "ssl.key.location", kafka->key_file);
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof(why));
    if (rk == NULL) {
        give_up("client", why);
    }
    return rk;
}

/* ---- reader ---- */

void raw_reader_open(struct raw_reader *reader,
                     const struct raw_kafka *kafka,
                     const char *topic,
                     int64_t offset)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "isolation.level", "read_committed");
    set(conf, "fetch.wait.max.ms", "50");
    set(conf, "fetch.message.max.bytes", "2097152");
    set(conf, "queued.min.messages", "1000000");
    set(conf, "queued.max.messages.kbytes", "65536");
    reader->rk = start(kafka, RD_KAFKA_CONSUMER, conf);
    reader->topic = rd_kafka_topic_new(reader->rk, topic, NULL);
    if (rd_kafka_consume_start(reader->topic, 0, offset) != 0) {
        give_up(topic, rd_kafka_err2str(rd_kafka_last_error()));
    }
}

struct lt_bytes raw_lt(rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers;
    const void *data = NULL;
    size_t len = 0;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, "lt", &data, &len) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        give_up("record", "no lt header");
    }
    return lt_bytes(data, len);
}

static bool is_row(rd_kafka_message_t *message)
{
    struct lt_bytes lt = raw_lt(message);
    return (lt.len < 5 || memcmp(lt.data, "sync ", 5) != 0) &&
           (lt.len < 4 || memcmp(lt.data, "end ", 4) != 0);
}

rd_kafka_message_t *raw_reader_next(struct raw_reader *reader)
{
    for (;;) {
        rd_kafka_message_t *message = rd_kafka_consume(reader->topic, 0, 30000);
        if (message == NULL) {
            give_up("reader", "nothing came for 30 s");
        }
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && is_row(message)) {
            return message;
        }
        rd_kafka_message_destroy(message);
    }
}

void raw_reader_close(struct raw_reader *reader)
{
    rd_kafka_consume_stop(reader->topic, 0);
    rd_kafka_topic_destroy(reader->topic);
    rd_kafka_destroy(reader->rk);
}

/* ---- producer ---- */

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        give_up("delivery", rd_kafka_err2str(message->err));
    }
}

static void check(rd_kafka_error_t *error, const char *what)
{
    if (error != NULL) {
        give_up(what, rd_kafka_error_string(error));
    }
}

void raw_producer_open(struct raw_producer *producer,
                       const struct raw_kafka *kafka,
                       const char *topic)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "transactional.id", "bench");
    set(conf, "linger.ms", "5");
    set(conf, "batch.size", "524288");
    set(conf, "batch.num.messages", "10000");
    set(conf, "message.max.bytes", "3145728");
    set(conf, "compression.type", "lz4");
    set(conf, "queue.buffering.max.messages", "1000000");
    set(conf, "queue.buffering.max.kbytes", "262144");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    producer->rk = start(kafka, RD_KAFKA_PRODUCER, conf);
    producer->topic = rd_kafka_topic_new(producer->rk, topic, NULL);
    check(rd_kafka_init_transactions(producer->rk, 30000), "init");
}

void raw_producer_begin(struct raw_producer *producer)
{
    check(rd_kafka_begin_transaction(producer->rk), "begin");
}

static void *unconst(struct lt_bytes bytes)
{
    union {
        const uint8_t *data;
        void *any;
    } p = {.data = bytes.data};
    return p.any;
}

void raw_producer_send(struct raw_producer *producer,
                       struct lt_bytes key,
                       struct lt_bytes value,
                       struct lt_bytes lt)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
    rd_kafka_header_add(headers, "lt", 2, lt.data, (ssize_t)lt.len);
    rd_kafka_resp_err_t err = rd_kafka_producev(
        producer->rk, RD_KAFKA_V_RKT(producer->topic), RD_KAFKA_V_PARTITION(0),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(unconst(key), key.len),
        RD_KAFKA_V_VALUE(unconst(value), value.len), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        give_up("produce", rd_kafka_err2str(err));
    }
}

void raw_producer_commit(struct raw_producer *producer)
{
    check(rd_kafka_commit_transaction(producer->rk, 60000), "commit");
}

void raw_producer_close(struct raw_producer *producer)
{
    rd_kafka_topic_destroy(producer->topic);
    rd_kafka_destroy(producer->rk);
}
