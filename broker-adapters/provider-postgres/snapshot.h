/**
 * @file
 * A snapshot round: a thread that copies the tables of the feeds that begin an incarnation, all
 * from one snapshot (architecture 4.1): that of the main slot when it is made, else of a temporary
 * one, while the main slot goes on for the other feeds.  Making a slot waits for all transactions
 * that run at the source, however long; so the thread does that too.  Commits that start before the
 * consistent point are in it; the others come by the stream, once the run has started over.
 */
#pragma once

#include "provider-postgres/feeds.h"
#include "provider-postgres/source.h"
#include "provider-postgres/writer.h"

struct snapshot_feed {
    uint32_t index;
    int64_t end_seq;        /**< seq of `end` on the previous incarnation; 0: none is written */
    struct event_id end_id; /**< its position: that of the record before it */
};
struct snapshot_options {
    const struct provider_conf *conf;
    const struct feeds *feeds;
    struct writer *writer;
    const struct snapshot_feed *order; /**< copied */
    size_t count;
    bool fresh;     /**< makes the main slot anew; its position goes with the first rows */
    bool drop_slot; /**< fresh, and there is one of that name */
    int wake_fd;
};
struct snapshot;
struct snapshot *snapshot_start(const struct snapshot_options *options);
/** Joins; asks to stop first when it still runs. */
void snapshot_stop(struct snapshot *snapshot);
LT_DEFINE_CLEANUP(struct snapshot, snapshot_stop)
enum snapshot_state { SNAPSHOT_RUNS, SNAPSHOT_DONE, SNAPSHOT_FAILED };
enum snapshot_state snapshot_look(struct snapshot *snapshot, struct lt_error *ret_why);
int64_t snapshot_rows(const struct snapshot *snapshot);
