/*
 * pgoutput messages in memory to Avro bytes, beside a loop that looks at each byte of the messages
 * once (FNV-1a): what a decoder does at least, and much the same on every processor.
 *
 *   bench_capture_core avro|bytes|digest ROWS [TABLES PADDING]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/meter.h"
#include "bench/pgo_feed.h"
#include "bench/sample.h"
#include "provider-postgres/capture.h"

#define BATCH_ROWS 10000

static void look_at_bytes(const struct pgo_feed *feed, struct meter *meter)
{
    uint64_t hash = 14695981039346656037u;
    meter_start(meter);
    for (size_t i = 0; i < feed->count; i++) {
        struct lt_bytes message = pgo_feed_message(feed, i);
        for (size_t b = 0; b < message.len; b++) {
            hash = (hash ^ message.data[b]) * 1099511628211u;
        }
    }
    meter_stop(meter);
    meter->rows = (int64_t)feed->rows;
    meter->bytes = (int64_t)(hash >> 33);
}

static void hand_over(struct capture *capture, struct batch *batch, struct meter *meter)
{
    capture_seal(capture, batch);
    meter->rows += (int64_t)batch->count;
    meter->bytes += (int64_t)batch->bytes.len;
    for (size_t i = 0; meter->has_digest && i < batch->count; i++) {
        const struct batch_record *record = &batch->records[i];
        meter_digest(meter, batch_view(batch, record->key), batch_view(batch, record->value),
                     lt_op_name(record->op));
    }
    batch_clear(batch);
}

static void encode(const struct pgo_feed *feed, size_t tables, struct meter *meter)
{
    struct lt_error err;
    struct feeds feeds;
    struct capture capture;
    const struct source_verdict verdict = {0};
    struct batch *batch = batch_new();
    sample_feeds(&feeds, tables);
    capture_start(&capture, &feeds, NULL, &verdict);
    meter_start(meter);
    for (size_t i = 0; i < feed->count; i++) {
        if (capture_message(&capture, pgo_feed_message(feed, i), batch, 0, &err) != 0) {
            bench_fail(&err);
        }
        if (batch->count >= BATCH_ROWS && !capture.in_transaction) {
            hand_over(&capture, batch, meter);
        }
    }
    hand_over(&capture, batch, meter);
    meter_stop(meter);
    capture_fini(&capture);
    feeds_fini(&feeds);
    batch_free(batch);
}

int main(int argc, char **argv)
{
    struct pgo_feed feed;
    struct meter meter = {0};
    if (argc != 3 && argc != 5) {
        fprintf(stderr, "usage: bench_capture_core avro|bytes|digest ROWS [TABLES PADDING]\n");
        return 64;
    }
    size_t tables = argc == 5 ? (size_t)bench_number(argv[3]) : 1;
    size_t padding = argc == 5 ? (size_t)strtoull(argv[4], NULL, 10) : 0;
    pgo_feed_make(&feed, (size_t)bench_number(argv[2]), tables, padding);
    meter.has_digest = strcmp(argv[1], "digest") == 0;
    if (strcmp(argv[1], "bytes") == 0) {
        look_at_bytes(&feed, &meter);
    } else {
        encode(&feed, tables, &meter);
    }
    pgo_feed_fini(&feed);
    meter_print(&meter);
    return 0;
}
