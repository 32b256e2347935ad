/**
 * @file
 * The configuration of lt-consumer-postgres.
 */
#pragma once

#include "bus/bus.h"
#include "consumer-postgres/target.h"
#include "daemon/common_conf.h"

struct lt_consumer_conf {
    char *dsn, *extension_schema;
    int64_t statement_ms;
    char *application, *data_schema, *reader_role, *state_file;
    int64_t batch_records, batch_bytes, batch_ms, receipt_ms;
    int64_t skew_alarm_ms, skew_bound_ms;
    struct lt_kafka_conf kafka;
    char *metrics_file;
    struct lt_log_conf log;
    struct lt_conf_extra extra; /* [kafka] pass-through first, then [stream "..."] */
    size_t kafka_count;
};
extern const struct lt_conf_table lt_consumer_conf_table;

int lt_consumer_conf_load(const char *path,
                          struct lt_consumer_conf *conf,
                          struct lt_error *reterr) LT_MUST_CHECK;
void lt_consumer_conf_unload(struct lt_consumer_conf *conf);

struct lt_bus lt_consumer_bus(const struct lt_consumer_conf *conf);
struct lt_target_options lt_consumer_target(const struct lt_consumer_conf *conf,
                                            bool (*stopping)(void));
/** Name of the view of a connection: as configured in [stream "cn000981"] view, else made of entity
 * and connection. */
void lt_consumer_view(const struct lt_consumer_conf *conf,
                      const char *connection,
                      const char *entity,
                      struct lt_buf *out);
