/**
 * @file
 * Settings of lt-routing.
 */
#pragma once

#include "daemon/common_conf.h"

struct lt_routing_conf {
    struct lt_kafka_conf kafka;
    int64_t transaction_ms;
    int64_t bucket, grace_ms, batch_rows, batch_ms, sync_every_ms, technical_pause_ms;
    int64_t page_records, page_ms, diary_check_ms;
    char *public_key_file;
    char *metrics_file;
    struct lt_log_conf log;
};
extern const struct lt_conf_table lt_routing_conf_table;
