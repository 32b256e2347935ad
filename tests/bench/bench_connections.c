/*
 * Many connections whose row filters have nothing in common: the live lane over a feed in memory,
 * each of whose batches is of TOUCHED of the STREAMS streams, ten by ten further on.
 *
 *   bench_connections route|dump:FILE RECORDS STREAMS BATCH TOUCHED
 */
#include <stdio.h>
#include <string.h>

#include "bench/core_lane.h"

int main(int argc, char **argv)
{
    struct core_feed feed;
    struct meter meter = {0}, start = {0};
    if (argc != 6) {
        fprintf(stderr, "usage: bench_connections route|dump:FILE RECORDS STREAMS BATCH TOUCHED\n");
        return 64;
    }
    const struct core_setup setup = {
        .streams = bench_number(argv[3]), .match = 1, .batch = bench_number(argv[4])};
    const struct core_plan plan = {.count = (size_t)bench_number(argv[2]),
                                   .districts = setup.streams,
                                   .batch = setup.batch,
                                   .touched = bench_number(argv[5])};
    core_feed_make(&feed, &plan);
    struct lt_shell *shell = core_lane_open(&feed, &setup, NULL, NULL, &start);
    meter_start(&meter);
    core_lane_run(shell);
    meter_stop(&meter);
    if (strncmp(argv[1], "dump:", 5) == 0) {
        core_feed_dump(&feed, argv[1] + 5);
    }
    core_lane_digest(shell, &meter);
    meter.rows = (int64_t)feed.count;
    meter.bytes = core_bus.bytes;
    meter.start_ns = start.wall_ns;
    meter.start_cpu_ns = start.cpu_ns;
    meter_print(&meter);
    return 0;
}
