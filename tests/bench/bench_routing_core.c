/*
 * Routing without Kafka: the live lane over a feed in memory, beside memcpy and SHA-256 of the same
 * bytes (each record read and each record given out once).
 *
 *   bench_routing_core route|limit|dump:FILE RECORDS STREAMS MATCH
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench/core_lane.h"

/* What the lane gave out, to be copied and hashed once more. */
struct kept {
    struct lt_buf bytes;
    uint32_t (*lens)[3];
    size_t count, cap;
};

static void
keep(void *arg, const char *topic, struct lt_bytes key, struct lt_bytes value, struct lt_bytes lt)
{
    struct kept *kept = arg;
    (void)topic;
    if (kept->count == kept->cap) {
        kept->cap = kept->cap > 0 ? kept->cap * 2 : 65536;
        kept->lens = lt_realloc(kept->lens, kept->cap * sizeof(*kept->lens));
    }
    uint32_t *lens = kept->lens[kept->count++];
    lens[0] = (uint32_t)key.len;
    lens[1] = (uint32_t)value.len;
    lens[2] = (uint32_t)lt.len;
    lt_buf_add(&kept->bytes, key.data, key.len);
    lt_buf_add(&kept->bytes, value.data, value.len);
    lt_buf_add(&kept->bytes, lt.data, lt.len);
}

static void
copy_and_hash(const struct core_feed *feed, const struct kept *kept, struct meter *meter)
{
    static uint8_t to[1 << 20];
    struct lt_chain in, out;
    struct lt_message m;
    const uint8_t *at = kept->bytes.data;
    lt_chain_start(&in, "in");
    lt_chain_start(&out, "out");
    meter_start(meter);
    for (size_t i = 0; i < feed->count; i++) {
        core_feed_message(feed, i, &m);
        lt_chain_add(&in, m.key, m.value, m.lt);
    }
    for (size_t i = 0; i < kept->count; i++) {
        const uint32_t *lens = kept->lens[i];
        size_t len = (size_t)lens[0] + lens[1] + lens[2];
        memcpy(to, at, len);
        lt_chain_add(&out, lt_bytes(to, lens[0]), lt_bytes(to + lens[0], lens[1]),
                     lt_bytes(to + lens[0] + lens[1], lens[2]));
        at += len;
    }
    meter_stop(meter);
}

int main(int argc, char **argv)
{
    struct core_feed feed;
    struct kept kept = {0};
    struct meter meter = {0}, start = {0};
    if (argc != 5) {
        fprintf(stderr, "usage: bench_routing_core route|limit|dump:FILE RECORDS STREAMS MATCH\n");
        return 64;
    }
    const struct core_setup setup = {
        .streams = bench_number(argv[3]), .match = bench_number(argv[4]), .batch = 20000};
    const struct core_plan plan =
        core_plan_even((size_t)bench_number(argv[2]), LT_MAX(setup.streams / setup.match, 1));
    bool limit = strcmp(argv[1], "limit") == 0;
    core_feed_make(&feed, &plan);
    struct lt_shell *shell = core_lane_open(&feed, &setup, limit ? keep : NULL, &kept, &start);
    if (limit) {
        core_lane_run(shell);
        copy_and_hash(&feed, &kept, &meter);
    } else {
        meter_start(&meter);
        core_lane_run(shell);
        meter_stop(&meter);
    }
    meter.rows = (int64_t)feed.count;
    meter.bytes = core_bus.bytes;
    if (strncmp(argv[1], "dump:", 5) == 0) {
        core_feed_dump(&feed, argv[1] + 5);
        core_lane_print_chains(shell);
    } else {
        meter_print(&meter);
    }
    return 0;
}
