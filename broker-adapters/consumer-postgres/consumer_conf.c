#include "consumer-postgres/consumer_conf.h"

#include "base/mem.h"
#include "change/ids.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define TRANSACTION_MS 60000
#define AT(member)     offsetof(struct lt_consumer_conf, member)
#define TEXT(section_, key_, member, fallback_, flags_, help_)                            \
    {                                                                                     \
        .section = (section_), .key = (key_), .type = LT_CONF_TEXT, .offset = AT(member), \
        .fallback = (fallback_), .flags = (flags_), .help = (help_)                       \
    }
#define FILE_PATH(section_, key_, member, fallback_, flags_, help_)                       \
    {                                                                                     \
        .section = (section_), .key = (key_), .type = LT_CONF_PATH, .offset = AT(member), \
        .fallback = (fallback_), .flags = (flags_), .help = (help_)                       \
    }
#define SPAN(section_, key_, member, fallback_, min_, max_, help_)                            \
    {                                                                                         \
        .section = (section_), .key = (key_), .type = LT_CONF_DURATION, .offset = AT(member), \
        .fallback = (fallback_), .min = (min_), .max = (max_), .help = (help_)                \
    }
#define COUNT(section_, key_, member, fallback_, min_, max_, help_)                      \
    {                                                                                    \
        .section = (section_), .key = (key_), .type = LT_CONF_INT, .offset = AT(member), \
        .fallback = (fallback_), .min = (min_), .max = (max_), .help = (help_)           \
    }

static const struct lt_conf_key keys[] = {
    TEXT("postgres",
         "dsn",
         dsn,
         NULL,
         LT_CONF_REQUIRED,
         "target database, without a password (use passfile=)"),
    TEXT("postgres",
         "extension_schema",
         extension_schema,
         "",
         0,
         "schema whose types of extensions (hstore, citext) columns may have; empty: none"),
    SPAN("postgres",
         "statement_timeout",
         statement_ms,
         "60s",
         1000,
         3600000,
         "longest wait for the database"),
    TEXT("consumer",
         "application",
         application,
         NULL,
         LT_CONF_REQUIRED,
         "our application's id, e.g. ap000041"),
    TEXT("consumer", "data_schema", data_schema, "lienthong_data", 0, "schema of the views"),
    TEXT("consumer",
         "reader_role",
         reader_role,
         "lienthong_reader",
         0,
         "role that may read the views; empty: nobody is granted"),
    FILE_PATH("consumer",
              "state_file",
              state_file,
              NULL,
              LT_CONF_REQUIRED,
              "file outside the database that shows a restored database"),
    COUNT("consumer",
          "batch_records",
          batch_records,
          "10000",
          1,
          100000,
          "most records of one stream in a transaction"),
    COUNT("consumer",
          "batch_bytes",
          batch_bytes,
          "8388608",
          65536,
          268435456,
          "most bytes of one stream in a transaction"),
    SPAN("consumer", "batch_time", batch_ms, "5ms", 1, 10000, "longest wait for a batch to fill"),
    SPAN("consumer",
         "receipt_interval",
         receipt_ms,
         "1s",
         100,
         3600000,
         "how often receipts are sent"),
    SPAN("clock",
         "skew_alarm",
         skew_alarm_ms,
         "5s",
         1,
         3600000,
         "difference between clocks that is alarmed"),
    SPAN("clock",
         "skew_bound",
         skew_bound_ms,
         "60s",
         1,
         86400000,
         "difference above which nothing is stamped"),
    LT_KAFKA_KEYS(struct lt_consumer_conf, kafka),
    LT_METRICS_KEYS(struct lt_consumer_conf, metrics_file),
    LT_LOG_KEYS(struct lt_consumer_conf, log),
};

const struct lt_conf_table lt_consumer_conf_table = {
    .keys = keys,
    .count = LT_COUNT(keys),
    .open_section = "kafka stream",
    .open_help = "[stream \"cn000981\"]\n"
                 "  view                   name of that connection's view (text, default: made of "
                 "entity and connection)\n\n" LT_KAFKA_OPEN_HELP,
};

/* The pass-through of [kafka] first, so that it is one run. */
static void sort_extra(struct lt_consumer_conf *conf)
{
    struct lt_conf_pair *pairs = conf->extra.pairs;
    for (size_t i = 0; i < conf->extra.count; i++) {
        if (strcmp(pairs[i].section, "kafka"))
            continue;
        const struct lt_conf_pair found = pairs[i];
        memmove(&pairs[conf->kafka_count + 1], &pairs[conf->kafka_count],
                (i - conf->kafka_count) * sizeof(*pairs));
        pairs[conf->kafka_count++] = found;
    }
}

static int check_stream(const struct lt_conf_pair *pair, struct lt_error *reterr)
{
    char connection[LT_ID_MAX];
    int64_t number;
    if (sscanf(pair->section, "stream \"%15[a-z0-9]\"", connection) != 1 ||
        lt_id_parse(LT_ID_CONNECTION, connection, &number, NULL))
        return lt_fail(reterr, LT_ERR_FATAL, "conf", 0,
                       "[%s]: the section is named after a connection, e.g. [stream \"cn000981\"]",
                       pair->section);
    if (strcmp(pair->key, "view"))
        return lt_fail(reterr, LT_ERR_FATAL, "conf", 0, "unknown key '%s' in [%s]", pair->key,
                       pair->section);
    if (!pair->value[0] || strlen(pair->value) > 63)
        return lt_fail(reterr, LT_ERR_FATAL, "conf", 0,
                       "[%s]: the name of a view has 1 to 63 bytes", pair->section);
    return 0;
}

int lt_consumer_conf_load(const char *path, struct lt_consumer_conf *conf, struct lt_error *reterr)
{
    int64_t number;
    *conf = (struct lt_consumer_conf){0};
    if (lt_conf_load(&lt_consumer_conf_table, path, conf, &conf->extra, reterr))
        return -1;
    sort_extra(conf);
    int rc = lt_id_parse(LT_ID_APPLICATION, conf->application, &number, reterr);
    if (rc)
        lt_fail_context(reterr, "[consumer] application");
    for (size_t i = conf->kafka_count; rc == 0 && i < conf->extra.count; i++)
        rc = check_stream(&conf->extra.pairs[i], reterr);
    if (rc)
        lt_consumer_conf_unload(conf);
    return rc;
}

void lt_consumer_conf_unload(struct lt_consumer_conf *conf)
{
    lt_conf_unload(&lt_consumer_conf_table, conf, &conf->extra);
}

struct lt_bus lt_consumer_bus(const struct lt_consumer_conf *conf)
{
    const struct lt_conf_extra kafka = {.pairs = conf->extra.pairs, .count = conf->kafka_count};
    return lt_kafka_conf_bus(&conf->kafka, &kafka, conf->application, TRANSACTION_MS);
}

struct lt_target_options lt_consumer_target(const struct lt_consumer_conf *conf,
                                            bool (*stopping)(void))
{
    return (struct lt_target_options){.dsn = conf->dsn,
                                      .application = conf->application,
                                      .data_schema = conf->data_schema,
                                      .reader_role = conf->reader_role,
                                      .extension_schema = conf->extension_schema,
                                      .timeout_ms = conf->statement_ms,
                                      .stopping = stopping};
}

void lt_consumer_view(const struct lt_consumer_conf *conf,
                      const char *connection,
                      const char *entity,
                      struct lt_buf *out)
{
    char section[32];
    snprintf(section, sizeof(section), "stream \"%s\"", connection);
    for (size_t i = conf->kafka_count; i < conf->extra.count; i++) {
        if (strcmp(conf->extra.pairs[i].section, section) == 0) {
            lt_buf_adds(out, conf->extra.pairs[i].value);
            return;
        }
    }
    lt_view_name(entity, connection, out);
}
