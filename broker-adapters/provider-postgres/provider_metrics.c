#include "provider-postgres/provider_metrics.h"

#include "base/log.h"

struct provider_metrics provider_metrics;

void provider_metrics_register(void)
{
    struct provider_metrics *m = &provider_metrics;
    m->rows = lt_metric_counter("lt_provider_records_total", "records written to feeds", NULL);
    m->batches = lt_metric_counter("lt_provider_batches_total", "Kafka transactions", NULL);
    m->sync_points = lt_metric_counter("lt_provider_sync_points_total", "sync points", NULL);
    m->runs = lt_metric_counter("lt_provider_runs_total", "starts from what is stored", NULL);
    m->incidents =
        lt_metric_counter("lt_provider_incidents_total", "feeds that ended or began anew", NULL);
    m->refused = lt_metric_gauge("lt_provider_control_refused", "control records refused", NULL);
    m->snapshot_rows =
        lt_metric_gauge("lt_provider_snapshot_rows", "rows of the current round", NULL);
    m->sync_time =
        lt_metric_gauge("lt_provider_sync_seconds", "newest sync point, seconds since 1970", NULL);
    m->skew_ms = lt_metric_gauge("lt_provider_clock_skew_milliseconds",
                                 "how far the database's clock is ahead of ours", NULL);
    m->acknowledged = lt_metric_gauge("lt_provider_acknowledged_lsn", "told to the slot", NULL);
    m->received = lt_metric_gauge("lt_provider_received_lsn", "received from the server", NULL);
    m->feeds_streaming = lt_metric_gauge("lt_provider_feeds_streaming", "feeds that follow", NULL);
    m->feeds_ended = lt_metric_gauge("lt_provider_feeds_ended", "feeds that stand still", NULL);
    static const char *const labels[WITHHELD_REASONS] = {"reason=\"value\"", "reason=\"null\"",
                                                         "reason=\"size\"", "reason=\"key\""};
    for (int i = 0; i < WITHHELD_REASONS; i++) {
        m->withheld[i] =
            lt_metric_counter("lt_provider_withheld_total", "rows withheld", labels[i]);
    }
}

void count_withheld(const char *service, const int64_t counts[WITHHELD_REASONS])
{
    for (int i = 0; i < WITHHELD_REASONS; i++) {
        if (counts[i] > 0) {
            lt_metric_add(provider_metrics.withheld[i], counts[i]);
            lt_log(LT_LOG_WARN, "rows_withheld", "service", service, "reason",
                   withheld_name((enum withheld)i), "rows", lt_logf("%lld", (long long)counts[i]),
                   NULL);
        }
    }
}
