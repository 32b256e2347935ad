#include "steward/metrics.h"

void lt_steward_metrics_register(struct lt_steward_metrics *m)
{
    *m = (struct lt_steward_metrics){
        .number = lt_metric_gauge("lt_steward_number", "highest control number signed", NULL),
        .heartbeats = lt_metric_counter("lt_steward_heartbeats_total", "heartbeats signed", NULL),
        .starts =
            lt_metric_counter("lt_steward_starts_total", "starts over from what is stored", NULL),
        .commands = lt_metric_counter("lt_steward_commands_total", "commands carried out", NULL),
        .commands_refused =
            lt_metric_counter("lt_steward_commands_refused_total", "commands refused", NULL),
        .control_refused = lt_metric_gauge("lt_steward_control_refused",
                                           "records of platform.control that do not hold", NULL),
        .garbage = lt_metric_counter("lt_steward_garbage_total",
                                     "records of others that make no sense", NULL),
        .topics_made = lt_metric_counter("lt_steward_topics_made_total", "topics created", NULL),
        .topics_dropped =
            lt_metric_counter("lt_steward_topics_dropped_total", "topics deleted", NULL),
        .acls_given = lt_metric_counter("lt_steward_acls_given_total", "rights given", NULL),
        .acls_taken = lt_metric_counter("lt_steward_acls_taken_total", "rights taken", NULL),
        .copies_sent = lt_metric_counter("lt_steward_copies_total",
                                         "control records copied to providers", NULL),
        .cut_off_ms = lt_metric_gauge("lt_steward_cut_off_milliseconds",
                                      "last hold or end: from command to READ removed", NULL),
        .effective_ms = lt_metric_gauge("lt_steward_effective_milliseconds",
                                        "last hold or end: from command to EFFECTIVE", NULL),
        .effects_waiting = lt_metric_gauge("lt_steward_effects_waiting",
                                           "holds and ends that are not effective yet", NULL),
        .unknown_topics = lt_metric_gauge("lt_steward_unknown_topics",
                                          "topics that belong to nothing declared", NULL),
        .foreign_acls = lt_metric_gauge("lt_steward_foreign_acls",
                                        "rights that neither control nor init gave", NULL),
        .missing_grants = lt_metric_gauge("lt_steward_missing_grants",
                                          "rights of the platform's own that are gone", NULL),
        .settings_drift = lt_metric_gauge("lt_steward_settings_drift",
                                          "settings that are not as they must be", NULL),
        .settings_restored = lt_metric_counter("lt_steward_settings_restored_total",
                                               "topic settings that were set back", NULL),
    };
}
