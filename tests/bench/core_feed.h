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
/** Which rows: districts are 0 .. districts-1; each `batch` rows in a row are of `touched` of them
 * that follow each other, the next batch of the next ones.  width: bytes added to the address. */
struct core_plan {
    size_t count;
    int64_t districts, batch, touched, width;
};
/** All districts in turn, as wide as the sample. */
struct core_plan core_plan_even(size_t count, int64_t districts);

struct core_feed {
    struct lt_buf bytes;
    struct core_record *records;
    size_t count;
};
/** Six of ten records are inserts, three updates (every tenth of them changes the district), one is
 * a delete. */
void core_feed_make(struct core_feed *feed, const struct core_plan *plan);
void core_feed_fini(struct core_feed *feed);
/** Record i as a message; offset = i. */
void core_feed_message(const struct core_feed *feed, size_t i, struct lt_message *ret);
/** Writes all records, each part with its length in four bytes (FFFFFFFF: none). */
void core_feed_dump(const struct core_feed *feed, const char *path);
