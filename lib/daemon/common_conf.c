#include "daemon/common_conf.h"

#include "base/log.h"

#include <string.h>

struct lt_bus lt_kafka_conf_bus(const struct lt_kafka_conf *conf,
                                const struct lt_conf_extra *extra,
                                const char *client_id,
                                int64_t transaction_ms)
{
    return (struct lt_bus){.brokers = conf->brokers,
                           .ca_file = conf->ca_file,
                           .cert_file = conf->cert_file,
                           .key_file = conf->key_file,
                           .extra = extra->pairs,
                           .extra_count = extra->count,
                           .client_id = client_id,
                           .transaction_ms = transaction_ms};
}

int lt_log_conf_start(const struct lt_log_conf *conf, const char *program, struct lt_error *reterr)
{
    enum lt_log_level level;
    if (lt_log_level_parse(conf->level, &level) != 0)
        return lt_fail(reterr, LT_ERR_FATAL, "conf", 0, "[log] level: '%s'", conf->level);
    lt_log_start(program, level, strcmp(conf->format, "json") == 0);
    return 0;
}
