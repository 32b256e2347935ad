/**
 * @file
 * What a lane reads when it starts: control as the steward signs it for public.bench with some
 * connections, and the cursors of their LIVE streams.
 */
#pragma once

#include "base/buf.h"
#include "control/control.h"

#include <stddef.h>
#include <stdint.h>

/** The connections.  Number c (from 0) has the filter district = c / match, so that each row
 * concerns `match` of them; each has an application of its own, as one service demands. */
struct core_setup {
    int64_t streams, match;
    int64_t batch;  /**< feed records of a transaction */
    int64_t fields; /**< granted: the key and so many more, at most CORE_FIELDS; 0: all six */
};
#define CORE_FIELDS 7

/** A topic in memory. */
struct core_topic {
    struct lt_buf bytes; /* key, value; key, value ... */
    uint32_t (*lens)[2];
    size_t count, cap;
};
struct core_world {
    uint8_t public_key[LT_SIGN_KEY_BYTES];
    struct core_topic control, cursors;
};
void core_world_make(struct core_world *world, const struct core_setup *setup);
/** Calls visit for each record of the topic. */
typedef int core_visit(void *arg, struct lt_bytes key, struct lt_bytes value);
int core_topic_each(const struct core_topic *topic, core_visit *visit, void *arg);
