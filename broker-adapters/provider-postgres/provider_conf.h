/**
 * @file
 * Settings of lt-provider-postgres: one table.
 */
#pragma once

#include "daemon/common_conf.h"

struct provider_conf {
    char *dsn, *slot, *publication;
    char *application, *source;
    int64_t batch_rows, batch_bytes, batch_age_ms, split_rows;
    int64_t sync_interval_ms, restart_wait_ms;
    int64_t skew_alarm_ms, skew_bound_ms;
    char *on_shape_change;
    struct lt_kafka_conf kafka;
    int64_t transaction_ms;
    char *public_key_file;
    char *metrics_file;
    struct lt_log_conf log;
};
extern const struct lt_conf_table provider_conf_table;

/** What the table cannot say: ids are well formed, names fit PostgreSQL. */
int provider_conf_check(const struct provider_conf *conf, struct lt_error *reterr) LT_MUST_CHECK;
