/**
 * @file
 * The settings that programs share: [kafka], [control], [metrics] and [log].  One source for their
 * names, defaults, ranges and help; a program's table includes those it has.  Layer 3.
 *
 * A program's struct holds `struct lt_kafka_conf kafka` (and so on), its table the rows
 * LT_KAFKA_KEYS(struct lt_program_conf, kafka): the struct that the table describes, and the
 * member.
 */
#pragma once

#include "base/conf.h"
#include "bus/bus.h"

#include <stddef.h>

struct lt_kafka_conf {
    char *brokers, *ca_file, *cert_file, *key_file;
};
struct lt_log_conf {
    char *level, *format;
};

#define LT_CONF_ROW(section_, key_, type_, offset_, ...)                                        \
    {                                                                                           \
        .section = (section_), .key = (key_), .type = (type_), .offset = (offset_), __VA_ARGS__ \
    }

/** The files are not LT_CONF_REQUIRED: lienthong init may name others, and lt_bus refuses to open
 * without them. */
#define LT_KAFKA_KEYS(struct_, member_)                                                            \
    LT_CONF_ROW("kafka", "brokers", LT_CONF_TEXT, offsetof(struct_, member_.brokers),              \
                .flags = LT_CONF_REQUIRED, .help = "host:port of one or more brokers, by commas"), \
        LT_CONF_ROW("kafka", "ca_file", LT_CONF_PATH, offsetof(struct_, member_.ca_file),          \
                    .help = "certificate of the authority that signed the brokers' (PEM)"),        \
        LT_CONF_ROW("kafka", "cert_file", LT_CONF_PATH, offsetof(struct_, member_.cert_file),      \
                    .help = "our certificate (PEM); its common name is our principal"),            \
        LT_CONF_ROW("kafka", "key_file", LT_CONF_PATH, offsetof(struct_, member_.key_file),        \
                    .help = "its private key (PEM)")

/** `open_help` of a table whose open section is [kafka]. */
#define LT_KAFKA_OPEN_HELP "Other keys of [kafka] are handed to librdkafka unchanged."

#define LT_CONTROL_KEYS(struct_, member_)                                               \
    LT_CONF_ROW("control", "public_key_file", LT_CONF_PATH, offsetof(struct_, member_), \
                .fallback = "/etc/lienthong/steward.pub",                               \
                .help = "the steward's public key, 64 hex digits")

#define LT_METRICS_KEYS(struct_, member_)                                    \
    LT_CONF_ROW("metrics", "file", LT_CONF_PATH, offsetof(struct_, member_), \
                .help = "Prometheus text file, written every 5 s; empty: none")

#define LT_LOG_KEYS(struct_, member_)                                                   \
    LT_CONF_ROW("log", "level", LT_CONF_CHOICE, offsetof(struct_, member_.level),       \
                .choices = "error|warn|notice|info|debug", .fallback = "info",          \
                .help = "least severe level that is logged"),                           \
        LT_CONF_ROW("log", "format", LT_CONF_CHOICE, offsetof(struct_, member_.format), \
                    .choices = "text|json", .fallback = "text",                         \
                    .help = "one line or one JSON object an event")

/** How to reach the cluster with these settings.  `extra` holds the pass-through of [kafka] alone;
 * all texts are borrowed. */
struct lt_bus lt_kafka_conf_bus(const struct lt_kafka_conf *conf,
                                const struct lt_conf_extra *extra,
                                const char *client_id,
                                int64_t transaction_ms);

/** Starts the log (lt_log_start) as configured.  FATAL: no such level. */
int lt_log_conf_start(const struct lt_log_conf *conf,
                      const char *program,
                      struct lt_error *reterr) LT_MUST_CHECK;
