/*
 * What librdkafka does with the records of a topic: a loop of consume and produce in transactions
 * (loop), the same with SHA-256 of each record (hash), or producing alone of records that were read
 * before (produce).
 *
 *   bench_kafka loop|hash|produce BROKERS CA CERT KEY FROM OFFSET COUNT TO BATCH
 *
 * A transaction ends at BATCH records or after 200 ms, as routing's do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bench/raw_kafka.h"

#define BATCH_MS 200

struct plan {
    struct raw_kafka kafka;
    const char *from, *to;
    int64_t offset, count, batch;
    bool hash;
};

static struct lt_bytes key_of(const rd_kafka_message_t *message)
{
    return lt_bytes(message->key, message->key_len);
}

static struct lt_bytes value_of(const rd_kafka_message_t *message)
{
    return lt_bytes(message->payload, message->len);
}

static void loop(const struct plan *plan, struct meter *meter)
{
    struct raw_reader reader;
    struct raw_producer producer;
    struct lt_chain chain;
    int64_t in_batch = 0, began = 0;
    lt_chain_start(&chain, plan->to);
    raw_producer_open(&producer, &plan->kafka, plan->to);
    raw_reader_open(&reader, &plan->kafka, plan->from, plan->offset);
    meter_start(meter);
    for (int64_t i = 0; i < plan->count; i++) {
        rd_kafka_message_t *message = raw_reader_next(&reader);
        struct lt_bytes lt = raw_lt(message);
        if (in_batch == 0) {
            raw_producer_begin(&producer);
            began = lt_monotonic_ms();
        }
        if (plan->hash) {
            lt_chain_add(&chain, key_of(message), value_of(message), lt);
        }
        raw_producer_send(&producer, key_of(message), value_of(message), lt);
        rd_kafka_message_destroy(message);
        if (++in_batch == plan->batch || lt_monotonic_ms() - began >= BATCH_MS) {
            raw_producer_commit(&producer);
            in_batch = 0;
        }
    }
    if (in_batch > 0) {
        raw_producer_commit(&producer);
    }
    meter_stop(meter);
    raw_reader_close(&reader);
    raw_producer_close(&producer);
}

static void produce(const struct plan *plan, struct meter *meter)
{
    struct raw_reader reader;
    struct raw_producer producer;
    rd_kafka_message_t **messages = lt_alloc((size_t)plan->count * sizeof(*messages));
    raw_reader_open(&reader, &plan->kafka, plan->from, plan->offset);
    for (int64_t i = 0; i < plan->count; i++) {
        messages[i] = raw_reader_next(&reader);
        (void)raw_lt(messages[i]); /* headers are parsed when first asked for */
    }
    raw_producer_open(&producer, &plan->kafka, plan->to);
    meter_start(meter);
    for (int64_t i = 0; i < plan->count; i++) {
        if (i % plan->batch == 0) {
            raw_producer_begin(&producer);
        }
        raw_producer_send(&producer, key_of(messages[i]), value_of(messages[i]),
                          raw_lt(messages[i]));
        if (i % plan->batch == plan->batch - 1 || i == plan->count - 1) {
            raw_producer_commit(&producer);
        }
    }
    meter_stop(meter);
    for (int64_t i = 0; i < plan->count; i++) {
        rd_kafka_message_destroy(messages[i]);
    }
    free(messages);
    raw_reader_close(&reader);
    raw_producer_close(&producer);
}

int main(int argc, char **argv)
{
    struct meter meter = {0};
    if (argc != 11) {
        fprintf(stderr, "usage: bench_kafka loop|hash|produce BROKERS CA CERT KEY FROM OFFSET COUNT"
                        " TO BATCH\n");
        return 64;
    }
    const struct plan plan = {.kafka = {argv[2], argv[3], argv[4], argv[5]},
                              .from = argv[6],
                              .offset = strtoll(argv[7], NULL, 10),
                              .count = bench_number(argv[8]),
                              .to = argv[9],
                              .batch = bench_number(argv[10]),
                              .hash = strcmp(argv[1], "hash") == 0};
    if (strcmp(argv[1], "produce") == 0) {
        produce(&plan, &meter);
    } else {
        loop(&plan, &meter);
    }
    meter.rows = plan.count;
    meter_print(&meter);
    return 0;
}
