/**
 * @file
 * The configuration of lienthong (lienthong.conf.5).
 */
#pragma once

#include "bus/bus.h"
#include "daemon/common_conf.h"

struct lt_cli_conf {
    struct lt_kafka_conf kafka;
    char *public_key_file;
    int64_t grace_ms;
    char *spool;
    int64_t answer_ms;
    char *lang, *author;
    int64_t wait_ms, still_ms, kafka_ms;
};
extern const struct lt_conf_table lt_cli_conf_table;
