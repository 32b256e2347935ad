/*
 * How routing's core grows: the live lane over a feed in memory whose rows are all of MATCH of
 * MATCH streams, with FIELDS fields beside the key (at most 7) and PADDING letters more in each
 * row.
 *
 *   bench_growth route|dump:FILE RECORDS MATCH FIELDS PADDING
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/core_lane.h"

int main(int argc, char **argv)
{
    struct core_feed feed;
    struct meter meter = {0}, start = {0};
    if (argc != 6) {
        fprintf(stderr, "usage: bench_growth route|dump:FILE RECORDS MATCH FIELDS PADDING\n");
        return 64;
    }
    const struct core_setup setup = {.streams = bench_number(argv[3]),
                                     .match = bench_number(argv[3]),
                                     .batch = 20000,
                                     .fields = bench_number(argv[4])};
    struct core_plan plan = core_plan_even((size_t)bench_number(argv[2]), 1);
    plan.width = strtoll(argv[5], NULL, 10);
    core_feed_make(&feed, &plan);
    struct lt_shell *shell = core_lane_open(&feed, &setup, NULL, NULL, &start);
    core_lane_measure(shell, &feed, argv[1], &meter);
    meter_print(&meter);
    return 0;
}
