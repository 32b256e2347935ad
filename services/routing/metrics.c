#include "routing/shell.h"

#include <stdio.h>

static const char *const lane_labels[] = {"lane=\"live\"", "lane=\"catch\""};

void lt_routing_metrics_register(struct lt_routing_metrics *metrics, enum lane_id id)
{
    const char *labels = lane_labels[id];
    *metrics = (struct lt_routing_metrics){
        .records = lt_metric_counter("lt_routing_feed_records_total", "feed records read", labels),
        .deliveries = lt_metric_counter("lt_routing_deliveries_total", "records given out", labels),
        .commits = lt_metric_counter("lt_routing_commits_total", "transactions", labels),
        .starts =
            lt_metric_counter("lt_routing_starts_total", "starts over from what is stored", labels),
        .refused = lt_metric_counter("lt_routing_refused_total",
                                     "control and feed records that do not hold", labels),
        .garbage = lt_metric_counter("lt_routing_garbage_total",
                                     "records of outboxes that make no sense", labels),
        .running = lt_metric_gauge("lt_routing_running", "1: every start step is done", labels),
        .fresh = lt_metric_gauge("lt_routing_control_fresh",
                                 "1: control is confirmed within the grace", labels),
        .diary = lt_metric_gauge("lt_routing_diary_writable", "1: the diary takes what is written",
                                 labels),
        .control = lt_metric_gauge("lt_routing_control_number",
                                   "number of the control that is applied", labels),
    };
    for (int state = LANE_LOAD; state <= LANE_ENDED; state++) {
        char with_state[64];
        snprintf(with_state, sizeof(with_state), "%s,state=\"%s\"", labels,
                 lt_lane_state_name((enum lane_state)state));
        metrics->streams[state] =
            lt_metric_gauge("lt_routing_streams", "streams by state", with_state);
    }
}
