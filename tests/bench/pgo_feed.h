/**
 * @file
 * A replication stream of public.bench in memory, as pgoutput writes it: transactions of 100 rows,
 * half of them inserts, half updates under REPLICA IDENTITY FULL.  The same numbers give the same
 * bytes.
 */
#pragma once

#include "base/buf.h"

struct pgo_feed {
    struct lt_buf bytes;
    uint32_t *starts; /* count + 1 */
    size_t count;     /* messages */
    size_t rows;
};
/** Row i is one of table i % tables (sample_table()); padding: letters added to its address. */
void pgo_feed_make(struct pgo_feed *feed, size_t rows, size_t tables, size_t padding);
void pgo_feed_fini(struct pgo_feed *feed);
struct lt_bytes pgo_feed_message(const struct pgo_feed *feed, size_t i);
