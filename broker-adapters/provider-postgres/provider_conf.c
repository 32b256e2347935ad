#include "provider-postgres/provider_conf.h"

#include <stddef.h>
#include <string.h>

#include "change/ids.h"

#define AT(field) offsetof(struct provider_conf, field)
#define TEXT(sec, name, field, dflt, flag, text)                                                  \
    {                                                                                             \
        .section = sec, .key = name, .type = LT_CONF_TEXT, .offset = AT(field), .fallback = dflt, \
        .flags = flag, .help = text                                                               \
    }
#define FILE_PATH(sec, name, field, dflt, flag, text)                                             \
    {                                                                                             \
        .section = sec, .key = name, .type = LT_CONF_PATH, .offset = AT(field), .fallback = dflt, \
        .flags = flag, .help = text                                                               \
    }
#define NUMBER(sec, name, field, dflt, low, high, text)                                          \
    {                                                                                            \
        .section = sec, .key = name, .type = LT_CONF_INT, .offset = AT(field), .fallback = dflt, \
        .min = low, .max = high, .help = text                                                    \
    }
#define DURATION(sec, name, field, dflt, low, high, text)                           \
    {                                                                               \
        .section = sec, .key = name, .type = LT_CONF_DURATION, .offset = AT(field), \
        .fallback = dflt, .min = low, .max = high, .help = text                     \
    }
#define CHOICE(sec, name, field, dflt, list, text)                                \
    {                                                                             \
        .section = sec, .key = name, .type = LT_CONF_CHOICE, .offset = AT(field), \
        .fallback = dflt, .choices = list, .help = text                           \
    }

static const struct lt_conf_key keys[] = {
    TEXT("postgres",
         "dsn",
         dsn,
         NULL,
         LT_CONF_REQUIRED,
         "conninfo of the source database; no password (passfile=PATH is fine)"),
    TEXT("postgres", "slot", slot, "lienthong", 0, "replication slot, made by this program"),
    TEXT("postgres",
         "publication",
         publication,
         "lienthong",
         0,
         "publication, made by the database's owner (see `plan`)"),
    TEXT("provider",
         "application",
         application,
         NULL,
         LT_CONF_REQUIRED,
         "this application, ap000001"),
    TEXT("provider", "source", source, NULL, LT_CONF_REQUIRED, "this source, so000001"),
    NUMBER("provider",
           "batch_rows",
           batch_rows,
           "10000",
           1,
           100000,
           "rows after which a batch is committed at the next end of a transaction"),
    NUMBER("provider",
           "batch_bytes",
           batch_bytes,
           "4194304",
           65536,
           67108864,
           "bytes after which a batch is committed"),
    DURATION("provider",
             "batch_age",
             batch_age_ms,
             "50ms",
             1,
             10000,
             "age after which a batch is committed"),
    NUMBER("provider",
           "split_rows",
           split_rows,
           "20000",
           1,
           1000000,
           "rows after which a transaction of the source is split"),
    DURATION("provider",
             "sync_interval",
             sync_interval_ms,
             "1s",
             100,
             3600000,
             "spacing of sync points (never above a twentieth of the shortest use period)"),
    DURATION("provider",
             "restart_wait",
             restart_wait_ms,
             "200ms",
             100,
             60000,
             "first wait after a failure; grows to 1.5 s while a server is away, else to 30 s"),
    CHOICE(
        "provider",
        "on_shape_change",
        on_shape_change,
        "hold",
        "hold|renew",
        "when a shared table was rewritten or changed its shape: hold sync points, or load anew"),
    DURATION("clock",
             "skew_alarm",
             skew_alarm_ms,
             "5s",
             1,
             3600000,
             "difference between the database's clock and ours that is alarmed"),
    DURATION("clock",
             "skew_bound",
             skew_bound_ms,
             "60s",
             1,
             86400000,
             "difference above which there are no sync points"),
    LT_KAFKA_KEYS(struct provider_conf, kafka),
    DURATION("kafka",
             "transaction_timeout",
             transaction_ms,
             "60s",
             1000,
             900000,
             "transaction.timeout.ms"),
    LT_CONTROL_KEYS(struct provider_conf, public_key_file),
    LT_METRICS_KEYS(struct provider_conf, metrics_file),
    LT_LOG_KEYS(struct provider_conf, log),
};

const struct lt_conf_table provider_conf_table = {
    .keys = keys,
    .count = LT_COUNT(keys),
    .open_section = "kafka",
    .open_help = LT_KAFKA_OPEN_HELP,
};

static int check_slot_name(const char *slot, struct lt_error *reterr)
{
    size_t len = strspn(slot, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (slot[len] != '\0' || len == 0 || len > 63) {
        return lt_fail(reterr, LT_ERR_FATAL, "conf", 0,
                       "[postgres] slot: '%s' is no slot name (a-z, 0-9, _, at most 63)", slot);
    }
    return 0;
}

int provider_conf_check(const struct provider_conf *conf, struct lt_error *reterr)
{
    int64_t number = 0;
    if (lt_id_parse(LT_ID_APPLICATION, conf->application, &number, reterr) != 0 ||
        lt_id_parse(LT_ID_SOURCE, conf->source, &number, reterr) != 0) {
        if (reterr != NULL) {
            reterr->class = LT_ERR_FATAL;
        }
        return lt_fail_context(reterr, "[provider]");
    }
    if (strlen(conf->publication) > 63) {
        return lt_fail(reterr, LT_ERR_FATAL, "conf", 0, "[postgres] publication: longer than 63");
    }
    return check_slot_name(conf->slot, reterr);
}
