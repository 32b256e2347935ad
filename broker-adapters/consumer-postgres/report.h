/**
 * @file
 * What goes back to the platform, and the warnings: a thread of its own with its own session and
 * producer, so that a slow broker does not hold up the copies nor the other way round.
 *
 * Once an interval: read how far the copies are, make that durable (one synchronous commit flushes
 * everything before it), then send receipts, rejects and gap reports in one transaction of the
 * outbox.  Everything it needs lies in the target database; it can be stopped at any moment.
 */
#pragma once

#include "consumer-postgres/consumer_conf.h"

struct lt_report_metrics {
    struct lt_metric *copies, *at_50, *at_80, *at_95, *expired, *oldest_stamp_s, *set_aside,
        *refused, *receipts, *rewound;
};
void lt_report_metrics_register(struct lt_report_metrics *metrics);

struct lt_reporter;
struct lt_reporter *lt_report_start(const struct lt_consumer_conf *conf,
                                    const struct lt_report_metrics *metrics);
/** Waits for the thread (lt_stopping() must be true).  True: it ended because another process of
 * the same application took over. */
bool lt_report_join(struct lt_reporter *reporter);
