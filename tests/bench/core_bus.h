/**
 * @file
 * The functions of bus/bus.h that a live lane calls, over topics in memory.  The program that uses
 * this is linked with --wrap for them (tools/mk/rules.mk).
 */
#pragma once

#include "bench/core_feed.h"
#include "bench/core_world.h"

/** A record given out on a stream; cursors, notes and inbox records are not told. */
typedef void core_sink(
    void *arg, const char *topic, struct lt_bytes key, struct lt_bytes value, struct lt_bytes lt);

/** The one bus of the program. */
struct core_bus {
    const struct core_world *world;
    const struct core_feed *feed;
    core_sink *sink; /**< NULL: only counted */
    void *arg;
    bool open;            /**< records of the feed come */
    size_t next;          /**< the one to be polled */
    size_t control_at;    /**< the same of control ... */
    size_t control_place; /**< ... and where it stands in its bytes */
    int64_t given, bytes; /**< of records on streams: key, value, lt */
    int64_t others;       /**< cursors, notes and inbox records */
};
extern struct core_bus core_bus;
