/**
 * @file
 * The configuration of lienthong (lienthong.conf.5).
 */
#pragma once

#include "base/conf.h"
#include "bus/bus.h"

struct lt_cli_conf {
    char *brokers, *ca_file, *cert_file, *key_file;
    char *public_key_file;
    int64_t grace_ms;
    char *spool;
    int64_t answer_ms;
    char *lang, *author;
    int64_t wait_ms, still_ms, kafka_ms;
};
extern const struct lt_conf_table lt_cli_conf_table;

/** How to reach the cluster with these settings; texts are borrowed. */
void lt_cli_conf_bus(const struct lt_cli_conf *conf,
                     const struct lt_conf_extra *extra,
                     struct lt_bus *ret);
