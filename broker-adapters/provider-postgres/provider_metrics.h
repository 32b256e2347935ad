/**
 * @file
 * What the program counts.  Registered once, before threads; adding is lock-free.
 */
#pragma once

#include "daemon/daemon.h"
#include "provider-postgres/row_plan.h"

struct provider_metrics {
    struct lt_metric *rows, *batches, *sync_points, *runs, *incidents, *refused;
    struct lt_metric *snapshot_rows, *withheld[WITHHELD_REASONS];
    struct lt_metric *skew_ms, *sync_time, *acknowledged, *received, *feeds_streaming, *feeds_ended;
};
extern struct provider_metrics provider_metrics;
void provider_metrics_register(void);

/** Counts rows withheld and logs them once per call (never which ones). */
void count_withheld(const char *service, const int64_t counts[WITHHELD_REASONS]);
