/**
 * @file
 * A feed of public.bench in memory: its records as routing gets them from Kafka.  The same number
 * gives the same records.
 */
#pragma once

#include "bench/meter.h"
#include "bus/bus.h"

struct core_record {
    uint32_t key, key_len, value, value_len, lt, lt_len, scope,
        scope_len; /* len UINT32_MAX: none */
};
struct core_feed {
    struct lt_buf bytes;
    struct core_record *records;
    size_t count;
};
/** Six of ten records are inserts, three updates (every tenth of them changes the district), one is
 * a delete.  Districts are 0 .. districts-1 in turn. */
void core_feed_make(struct core_feed *feed, size_t count, int64_t districts);
void core_feed_fini(struct core_feed *feed);
/** Record i as a message; offset = i. */
void core_feed_message(const struct core_feed *feed, size_t i, struct lt_message *ret);
/** Writes all records, each part with its length in four bytes (FFFFFFFF: none). */
void core_feed_dump(const struct core_feed *feed, const char *path);
