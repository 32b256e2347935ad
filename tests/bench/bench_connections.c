/*
 * Many connections whose row filters have nothing in common: the live lane over a feed in memory,
 * each of whose batches is of TOUCHED of the STREAMS streams, ten by ten further on.
 *
 *   bench_connections route|dump:FILE RECORDS STREAMS BATCH TOUCHED
 */
#include <stdio.h>

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
    core_lane_measure(shell, &feed, argv[1], &meter);
    meter.start_ns = start.wall_ns;
    meter.start_cpu_ns = start.cpu_ns;
    meter_print(&meter);
    return 0;
}
