/**
 * @file
 * Metrics of lt-steward.
 */
#pragma once

#include "daemon/daemon.h"

struct lt_steward_metrics {
    struct lt_metric *number, *heartbeats, *starts;
    struct lt_metric *commands, *commands_refused;
    struct lt_metric *control_refused, *garbage;
    struct lt_metric *topics_made, *topics_dropped, *acls_given, *acls_taken, *copies_sent;
    struct lt_metric *cut_off_ms, *effective_ms, *effects_waiting;
    struct lt_metric *unknown_topics, *foreign_acls, *missing_grants;
    struct lt_metric *settings_drift, *settings_restored;
};
void lt_steward_metrics_register(struct lt_steward_metrics *metrics);
