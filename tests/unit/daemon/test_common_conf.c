/*
 * What programs share in their configuration is one thing: the same key of [kafka], [control],
 * [metrics] or [log] has one default, one range and one help text, whoever reads it.
 */
#include "support/cm.h"

#include "consumer-postgres/consumer_conf.h"
#include "daemon/common_conf.h"
#include "lienthong/conf.h"
#include "provider-postgres/provider_conf.h"
#include "routing/config.h"
#include "steward/conf.h"

#include <string.h>

struct shared {
    struct lt_kafka_conf kafka;
    char *public_key_file, *metrics_file;
    struct lt_log_conf log;
};
static const struct lt_conf_key SHARED[] = {
    LT_KAFKA_KEYS(struct shared, kafka),
    LT_CONTROL_KEYS(struct shared, public_key_file),
    LT_METRICS_KEYS(struct shared, metrics_file),
    LT_LOG_KEYS(struct shared, log),
};
static const struct lt_conf_table *const PROGRAMS[] = {
    &lt_routing_conf_table, &lt_steward_conf_table, &lt_consumer_conf_table,
    &provider_conf_table,   &lt_cli_conf_table,
};

static const struct lt_conf_key *
find(const struct lt_conf_key *keys, size_t count, const struct lt_conf_key *like)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i].section, like->section) == 0 && strcmp(keys[i].key, like->key) == 0)
            return &keys[i];
    return NULL;
}

static void assert_same_text(const char *a, const char *b)
{
    assert_string_equal(a ? a : "-", b ? b : "-");
}

static void a_setting_means_the_same_in_every_program(void **state)
{
    (void)state;
    for (size_t p = 0; p < LT_COUNT(PROGRAMS); p++) {
        for (size_t i = 0; i < PROGRAMS[p]->count; i++) {
            const struct lt_conf_key *own = &PROGRAMS[p]->keys[i];
            const struct lt_conf_key *shared = find(SHARED, LT_COUNT(SHARED), own);
            if (!shared)
                continue;
            assert_int_equal(own->type, shared->type);
            assert_int_equal(own->flags, shared->flags);
            assert_same_text(own->fallback, shared->fallback);
            assert_same_text(own->choices, shared->choices);
            assert_same_text(own->help, shared->help);
        }
    }
}

static void every_program_reaches_kafka_by_the_same_keys(void **state)
{
    (void)state;
    for (size_t p = 0; p < LT_COUNT(PROGRAMS); p++)
        for (size_t i = 0; i < LT_COUNT(SHARED) && strcmp(SHARED[i].section, "kafka") == 0; i++)
            assert_non_null(find(PROGRAMS[p]->keys, PROGRAMS[p]->count, &SHARED[i]));
}

static void the_bus_gets_the_settings_and_the_pass_through(void **state)
{
    (void)state;
    char brokers[] = "a:1", ca[] = "ca.pem", cert[] = "own.pem", private_key[] = "own.key";
    struct lt_conf_pair pair = {0};
    const struct lt_conf_extra extra = {&pair, 1};
    const struct lt_kafka_conf conf = {brokers, ca, cert, private_key};
    const struct lt_bus bus = lt_kafka_conf_bus(&conf, &extra, "me", 60000);
    assert_string_equal(bus.brokers, "a:1");
    assert_string_equal(bus.ca_file, "ca.pem");
    assert_string_equal(bus.cert_file, "own.pem");
    assert_string_equal(bus.key_file, "own.key");
    assert_ptr_equal(bus.extra, &pair);
    assert_int_equal(bus.extra_count, 1);
    assert_string_equal(bus.client_id, "me");
    assert_int_equal(bus.transaction_ms, 60000);
}

static void an_unknown_log_level_is_named(void **state)
{
    (void)state;
    struct lt_error err = {0};
    char level[] = "loud", format[] = "text";
    const struct lt_log_conf conf = {level, format};
    assert_int_equal(lt_log_conf_start(&conf, "test", &err), -1);
    assert_int_equal(err.class, LT_ERR_FATAL);
    assert_string_equal(err.msg, "[log] level: 'loud'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_setting_means_the_same_in_every_program),
        cmocka_unit_test(every_program_reaches_kafka_by_the_same_keys),
        cmocka_unit_test(the_bus_gets_the_settings_and_the_pass_through),
        cmocka_unit_test(an_unknown_log_level_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
