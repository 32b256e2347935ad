/**
 * @file
 * One run: start from what is stored (fence, scrub, read, judge, compare with the source), then
 * follow the source until something makes a new start necessary (protocol 4 and 11).
 */
#pragma once

#include "bus/bus.h"
#include "provider-postgres/ack.h"
#include "provider-postgres/capture.h"
#include "provider-postgres/inbox.h"
#include "provider-postgres/snapshot.h"
#include "provider-postgres/sync.h"
#include "provider-postgres/writer.h"

/** What outlives the runs. */
struct provider {
    const struct provider_conf *conf;
    struct lt_bus bus;
    struct inbox *inbox;
    char progress_topic[LT_TOPIC_MAX];
    char fresh_reason[200]; /**< a run found that the source must begin anew; "": none */
    char told_reason[200];  /**< of the newest fresh start that was logged */
    int64_t retry_ms;       /**< wait before the next run */
};

struct run {
    struct provider *provider;
    struct feeds feeds;
    struct progress progress;
    struct source source;
    struct source_verdict verdict;
    struct lt_producer *producer; /**< until the writer takes it */
    struct lt_asker *asker;
    struct lt_pg *pg;   /**< ordinary session, start only */
    struct lt_pg *repl; /**< becomes the stream */
    struct writer *writer;
    struct sync *sync;
    struct snapshot *snapshot;
    struct snapshot_feed *ready; /**< feeds whose new incarnation has its topic */
    size_t ready_count, wanted_count, signed_count;
    int wake_fd;
    int64_t started_ms;
};

/** Everything up to a running writer and the marks of what the start decided. */
int run_start(struct run *run, struct provider *provider, struct lt_error *reterr) LT_MUST_CHECK;
/** Follows the source.  0: the next run may start at once (or the process stops); -1: RETRY or
 * ABORT: start over after a wait; FATAL: the process ends. */
int run_follow(struct run *run, struct lt_error *reterr) LT_MUST_CHECK;
void run_end(struct run *run);
