/**
 * @file
 * Settings of lt-steward.
 */
#pragma once

#include "daemon/common_conf.h"

struct lt_steward_conf {
    struct lt_kafka_conf kafka;
    char *sign_key_file, *state_file, *archive_file, *spool;
    char *ca_cert_file, *ca_sign_key_file;
    int64_t window_ms, heartbeat_ms, transaction_ms, replicas, certificate_days;
    char *metrics_file;
    struct lt_log_conf log;
};
extern const struct lt_conf_table lt_steward_conf_table;
