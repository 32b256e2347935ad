/**
 * @file
 * The main loop: inbox and streams in, copies forward (architecture 4.4, protocol 9).  One thread,
 * and the applier's beside it.
 */
#pragma once

#include "consumer-postgres/consumer_conf.h"

/** Figures that others may read while the loop runs (lock-free). */
struct lt_follow_metrics {
    struct lt_metric *records, *rejected, *batches, *reloads, *holes, *gaps, *unreadable, *skew_ms;
};
void lt_follow_metrics_register(struct lt_follow_metrics *metrics);

/** Runs until lt_stopping().  Returns -1 only on FATAL. */
int lt_follow_run(const struct lt_consumer_conf *conf,
                  const struct lt_follow_metrics *metrics,
                  struct lt_error *reterr) LT_MUST_CHECK;
