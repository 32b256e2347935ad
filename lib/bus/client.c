/*
 * One librdkafka instance: configuration, trouble of its connections, and an end that cannot
 * hang.  Callbacks run only inside our own calls, on the thread that owns the object.
 */
#include "bus_priv.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STOP_SECONDS 5

/* ---- configuration ---- */

/* What exactly-once and the trust rest on is not left to a configuration file. */
static const char *const own_properties[] = {
    "acks",
    "auto.offset.reset",
    "client.id",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.partition.eof",
    "enable.ssl.certificate.verification",
    "isolation.level",
    "request.required.acks",
    "ssl.ca.certificate.stores",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
    "ssl.key.pem",
    "ssl.keystore.location",
    "transaction.timeout.ms",
    "transactional.id",
};

void lt_client_set(rd_kafka_conf_t *conf, const struct lt_property *properties, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char why[256];
        rd_kafka_conf_res_t res =
            rd_kafka_conf_set(conf, properties[i].name, properties[i].value, why, sizeof why);
        lt_assert(res == RD_KAFKA_CONF_OK);
    }
}

static int
set_text(rd_kafka_conf_t *conf, const char *name, const char *value, struct lt_error *reterr)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK) {
        return 0;
    }
    return lt_fail(reterr, LT_ERR_FATAL, "kafka", 0, "[kafka] %s: %s", name, why);
}

static bool is_own(const struct lt_bus *bus, const char *name)
{
    if (strcmp(name, "security.protocol") == 0) {
        return bus->ca_file != NULL;
    }
    for (size_t i = 0; i < LT_COUNT(own_properties); i++) {
        if (strcmp(name, own_properties[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int set_extra(rd_kafka_conf_t *conf, const struct lt_bus *bus, struct lt_error *reterr)
{
    for (size_t i = 0; i < bus->extra_count; i++) {
        const char *name = bus->extra[i].key;
        if (is_own(bus, name)) {
            return lt_fail(reterr, LT_ERR_FATAL, "kafka", 0,
                           "[kafka] %s: decided by the program, not by configuration", name);
        }
        if (set_text(conf, name, bus->extra[i].value, reterr) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Plain connections exist for librdkafka's mock cluster only and must be asked for by name. */
static bool wants_plaintext(const struct lt_bus *bus)
{
    for (size_t i = 0; i < bus->extra_count; i++) {
        if (strcmp(bus->extra[i].key, "security.protocol") == 0 &&
            strcasecmp(bus->extra[i].value, "plaintext") == 0) {
            return true;
        }
    }
    return false;
}

static int set_tls(rd_kafka_conf_t *conf, const struct lt_bus *bus, struct lt_error *reterr)
{
    if (bus->ca_file == NULL && wants_plaintext(bus)) {
        return 0;
    }
    if (bus->ca_file == NULL || bus->cert_file == NULL || bus->key_file == NULL) {
        return lt_fail(reterr, LT_ERR_FATAL, "kafka", 0,
                       "[kafka] ca_file, cert_file and key_file are needed");
    }
    if (lt_bus_check_certificate(bus->ca_file, reterr) != 0 ||
        lt_bus_check_certificate(bus->cert_file, reterr) != 0) {
        return -1;
    }
    /* .location, not .pem: only these send intermediates (row 12). */
    if (set_text(conf, "security.protocol", "ssl", reterr) != 0 ||
        set_text(conf, "ssl.endpoint.identification.algorithm", "https", reterr) != 0 ||
        set_text(conf, "ssl.ca.location", bus->ca_file, reterr) != 0 ||
        set_text(conf, "ssl.certificate.location", bus->cert_file, reterr) != 0 ||
        set_text(conf, "ssl.key.location", bus->key_file, reterr) != 0) {
        return -1;
    }
    return 0;
}

static int set_all(rd_kafka_conf_t *conf,
                   const struct lt_bus *bus,
                   const struct lt_property *defaults,
                   size_t count,
                   struct lt_error *reterr)
{
    static const struct lt_property shared[] = {
        {"socket.nagle.disable", "true"}, /* row 13 */
        {"socket.keepalive.enable", "true"},
        {"socket.connection.setup.timeout.ms", "5000"}, /* row 14 */
        {"reconnect.backoff.ms", "50"},
        {"reconnect.backoff.max.ms", "1000"},
        {"retry.backoff.ms", "20"}, /* A.4: waits on CONCURRENT_TRANSACTIONS */
        {"topic.metadata.refresh.interval.ms", "10000"},
        {"topic.metadata.propagation.max.ms", "5000"},
        {"log.connection.close", "false"},
    };
    lt_client_set(conf, shared, LT_COUNT(shared));
    lt_client_set(conf, defaults, count);
    if (strlen(bus->client_id) > 60) { /* row 10 */
        return lt_fail(reterr, LT_ERR_FATAL, "kafka", 0, "client id '%s': above 60 bytes",
                       bus->client_id);
    }
    if (set_text(conf, "client.id", bus->client_id, reterr) != 0 ||
        set_text(conf, "bootstrap.servers", bus->brokers, reterr) != 0 ||
        set_tls(conf, bus, reterr) != 0) {
        return -1;
    }
    return set_extra(conf, bus, reterr);
}

rd_kafka_conf_t *lt_client_conf(const struct lt_bus *bus,
                                const struct lt_property *defaults,
                                size_t count,
                                struct lt_error *reterr)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (set_all(conf, bus, defaults, count, reterr) != 0) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    return conf;
}

/* ---- trouble ---- */

/* Libraries do not log; what matters comes back as errors. */
static void drop_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level, (void)facility, (void)text;
}

/* librdkafka has no code for it (an alert of the broker's is "receive failed"): its text is all
 * there is to tell a refused certificate from a broken connection. */
static bool tells_refusal(const char *text)
{
    return strstr(text, "SSL") != NULL &&
           (strstr(text, "certificate") != NULL || strstr(text, "unknown ca") != NULL);
}

static void note_trouble(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    (void)rk;
    struct lt_client *client = opaque;
    if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        client->all_down = true; /* also at planned disconnects (row 16): never alone an error */
        return;
    }
    if (client->trouble != RD_KAFKA_RESP_ERR_NO_ERROR && tells_refusal(client->trouble_text) &&
        !tells_refusal(reason)) {
        return; /* the cause, not its consequence */
    }
    client->trouble = (rd_kafka_resp_err_t)err;
    snprintf(client->trouble_text, sizeof client->trouble_text, "%s", reason);
}

void lt_client_answered(struct lt_client *client)
{
    client->trouble = RD_KAFKA_RESP_ERR_NO_ERROR;
    client->all_down = false;
}

bool lt_client_refused(const struct lt_client *client)
{
    return client->all_down && client->trouble != RD_KAFKA_RESP_ERR_NO_ERROR &&
           tells_refusal(client->trouble_text);
}

int lt_client_fail_unanswered(struct lt_client *client, struct lt_error *reterr, const char *what)
{
    if (lt_client_refused(client)) {
        return lt_fail(reterr, LT_ERR_FATAL, "kafka", client->trouble,
                       "%s: certificate refused (ours is '%s'): %s", what, client->cert_file,
                       client->trouble_text);
    }
    rd_kafka_resp_err_t err = client->trouble ? client->trouble : RD_KAFKA_RESP_ERR__TIMED_OUT;
    return lt_fail(reterr, LT_ERR_RETRY, "kafka", err, "%s: no broker answers%s%s", what,
                   client->trouble ? ": " : "", client->trouble ? client->trouble_text : "");
}

void lt_client_cluster_id(const struct lt_client *client, char buf[LT_CLUSTER_ID_MAX])
{
    char *id = rd_kafka_clusterid(client->rk, 0);
    snprintf(buf, LT_CLUSTER_ID_MAX, "%s", id != NULL ? id : "");
    if (id != NULL) {
        rd_kafka_mem_free(client->rk, id);
    }
}

/* ---- life ---- */

int lt_client_start(struct lt_client *client,
                    const struct lt_bus *bus,
                    rd_kafka_type_t type,
                    rd_kafka_conf_t *conf,
                    void *owner,
                    struct lt_error *reterr)
{
    lt_ssl_eof_link();
    char why[256];
    client->owner = owner;
    client->cert_file = bus->cert_file;
    rd_kafka_conf_set_log_cb(conf, drop_log);
    rd_kafka_conf_set_error_cb(conf, note_trouble);
    rd_kafka_conf_set_opaque(conf, client);
    client->rk = rd_kafka_new(type, conf, why, sizeof why);
    if (client->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        return lt_fail(reterr, LT_ERR_FATAL, "kafka", 0,
                       "cannot start a client (certificate '%s', key '%s'): %s",
                       bus->cert_file != NULL ? bus->cert_file : "none",
                       bus->key_file != NULL ? bus->key_file : "none", why);
    }
    return 0;
}

/* Shared by the closing thread and the thread that waits for it; the last one frees. */
struct ending {
    pthread_mutex_t lock;
    pthread_cond_t done;
    rd_kafka_t *rk;
    bool finished, abandoned;
};

static void ending_free(struct ending *ending)
{
    pthread_mutex_destroy(&ending->lock);
    pthread_cond_destroy(&ending->done);
    free(ending);
}

static void *destroy_client(void *arg)
{
    struct ending *ending = arg;
    rd_kafka_destroy_flags(ending->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    pthread_mutex_lock(&ending->lock);
    ending->finished = true;
    bool abandoned = ending->abandoned;
    pthread_cond_signal(&ending->done);
    pthread_mutex_unlock(&ending->lock);
    if (abandoned) {
        ending_free(ending);
    }
    return NULL;
}

/* By a clock that nobody turns back. */
static void wait_for_end(struct ending *ending)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_SECONDS;
    pthread_mutex_lock(&ending->lock);
    while (!ending->finished &&
           pthread_cond_clockwait(&ending->done, &ending->lock, CLOCK_MONOTONIC, &until) == 0) {
    }
    bool finished = ending->finished;
    ending->abandoned = !finished;
    pthread_mutex_unlock(&ending->lock);
    if (finished) {
        ending_free(ending);
    }
}

void lt_client_stop(struct lt_client *client)
{
    if (client->rk == NULL) {
        return;
    }
    struct ending *ending = lt_alloc(sizeof *ending);
    pthread_mutex_init(&ending->lock, NULL);
    pthread_cond_init(&ending->done, NULL);
    ending->rk = lt_steal(&client->rk);
    pthread_t thread;
    int rc = pthread_create(&thread, NULL, destroy_client, ending);
    lt_assert(rc == 0);
    pthread_detach(thread);
    wait_for_end(ending);
}
