/**
 * @file
 * Settings of lt-steward.
 */
#pragma once

#include "base/conf.h"

struct lt_steward_conf {
    char *brokers, *ca_file, *cert_file, *key_file;
    char *sign_key_file, *state_file, *spool;
    char *ca_cert_file, *ca_sign_key_file;
    int64_t window_ms, heartbeat_ms, transaction_ms, replicas, certificate_days;
    char *log_level, *log_format, *metrics_file;
};
extern const struct lt_conf_table lt_steward_conf_table;
