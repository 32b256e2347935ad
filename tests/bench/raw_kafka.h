/**
 * @file
 * librdkafka as it is, with the properties that lib/bus gives it: a reader of one topic and a
 * transactional producer for one topic, for the limits of stages that use Kafka.
 */
#pragma once

#include "bench/meter.h"

#include <librdkafka/rdkafka.h>

struct raw_kafka {
    const char *brokers, *ca_file, *cert_file, *key_file;
};

struct raw_reader {
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
};
void raw_reader_open(struct raw_reader *reader,
                     const struct raw_kafka *kafka,
                     const char *topic,
                     int64_t offset);
/** The next record of a row (sync points and `end` are passed over); destroy it. */
rd_kafka_message_t *raw_reader_next(struct raw_reader *reader);
void raw_reader_close(struct raw_reader *reader);
/** The record's `lt` header. */
struct lt_bytes raw_lt(rd_kafka_message_t *message);

struct raw_producer {
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
};
void raw_producer_open(struct raw_producer *producer,
                       const struct raw_kafka *kafka,
                       const char *topic);
void raw_producer_begin(struct raw_producer *producer);
/** Key, value (data NULL: null) and one header; all are copied. */
void raw_producer_send(struct raw_producer *producer,
                       struct lt_bytes key,
                       struct lt_bytes value,
                       struct lt_bytes lt);
void raw_producer_commit(struct raw_producer *producer);
void raw_producer_close(struct raw_producer *producer);
