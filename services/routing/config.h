/**
 * @file
 * Settings of lt-routing.
 */
#pragma once

#include "base/conf.h"

struct lt_routing_conf {
    char *brokers, *ca_file, *cert_file, *key_file;
    int64_t transaction_ms;
    int64_t bucket, grace_ms, batch_rows, batch_ms, sync_every_ms, technical_pause_ms;
    int64_t page_records, page_ms, diary_check_ms;
    char *public_key_file;
    char *metrics_file;
    char *log_level, *log_format;
};
extern const struct lt_conf_table lt_routing_conf_table;
