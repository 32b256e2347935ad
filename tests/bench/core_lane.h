/**
 * @file
 * Routing's live lane as it is, with its shell, over a feed in memory: what would go to librdkafka
 * is handed to a callback instead.  The program that uses this is linked with --wrap for the
 * functions of bus/bus.h that the lane calls (Makefile).
 */
#pragma once

#include "bench/core_feed.h"
#include "routing/shell.h"

/** A record given out on a stream; cursors, notes and inbox records are not told. */
typedef void core_sink(
    void *arg, const char *topic, struct lt_bytes key, struct lt_bytes value, struct lt_bytes lt);

/** Lane of `streams` LIVE streams: number c (from 0) has the filter district = c / match, so that
 * each row concerns `match` of them.  Ready to route; sink NULL: only counted. */
struct lt_shell *core_lane_open(
    const struct core_feed *feed, int64_t streams, int64_t match, core_sink *sink, void *arg);
/** Routes the whole feed, batch after batch, commits included. */
void core_lane_run(struct lt_shell *shell);
/** Records and bytes (key, value, lt) given out so far. */
int64_t core_lane_given(void);
int64_t core_lane_bytes(void);
