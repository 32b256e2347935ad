/**
 * @file
 * What the files of lib/bus share.  Layer 2, for this directory only.
 */
#pragma once

#include "bus/bus.h"

#include <librdkafka/rdkafka.h>

/* ---- error.c: Kafka's errors in ours ---- */

/** What a caller can do about an error that comes without flags of its own. */
enum lt_err_class lt_bus_class(rd_kafka_resp_err_t err);
/** "topic authorization failed": librdkafka's text without its origin, in lower case. */
const char *lt_bus_err_text(rd_kafka_resp_err_t err, char *buf, size_t size);
/** lt_fail() with the class of err and its text behind the formatted context. */
int lt_bus_fail(struct lt_error *reterr, rd_kafka_resp_err_t err, const char *fmt, ...)
    LT_PRINTF(3, 4);
/** The same for the error of a transactional call, whose own flags decide.  Takes `error`. */
int lt_bus_fail_transaction(struct lt_error *reterr, rd_kafka_error_t *error, const char *what);

/* ---- ssl_eof.c ---- */

/** Makes sure that the program's SSL_CTX_new() is ours (row 1); called before a client starts. */
void lt_ssl_eof_link(void);

/* ---- cert.c ---- */

/** FATAL when our own certificate cannot be read, is not yet good or has expired. */
int lt_bus_check_certificate(const char *path, struct lt_error *reterr) LT_MUST_CHECK;

/* ---- client.c: one librdkafka instance ---- */

struct lt_client {
    rd_kafka_t *rk;
    void *owner;
    const char *cert_file;       /**< borrowed, for messages; NULL on plain connections */
    rd_kafka_resp_err_t trouble; /**< newest trouble of a connection since the last success */
    char trouble_text[256];
    bool all_down; /**< librdkafka said that no broker is connected */
};

struct lt_property {
    const char *name, *value;
};
/** A configuration: what all clients share, then the given defaults, then the operator's. */
rd_kafka_conf_t *lt_client_conf(const struct lt_bus *bus,
                                const struct lt_property *defaults,
                                size_t count,
                                struct lt_error *reterr) LT_MUST_CHECK;
/** Properties of our own that cannot be wrong. */
void lt_client_set(rd_kafka_conf_t *conf, const struct lt_property *properties, size_t count);
/** Takes conf.  Brokers that cannot be reached are no error here. */
int lt_client_start(struct lt_client *client,
                    const struct lt_bus *bus,
                    rd_kafka_type_t type,
                    rd_kafka_conf_t *conf,
                    void *owner,
                    struct lt_error *reterr) LT_MUST_CHECK;
/** Destroys the instance in a thread of its own and waits for at most 5 s (row 3). */
void lt_client_stop(struct lt_client *client);
/** A call was answered: earlier trouble is over. */
void lt_client_answered(struct lt_client *client);
/** A certificate is refused, ours by the brokers or theirs by us, and no broker is left. */
bool lt_client_refused(const struct lt_client *client);
/** The id that the cluster gave last in its metadata; "" before. */
void lt_client_cluster_id(const struct lt_client *client, char buf[LT_CLUSTER_ID_MAX]);
/** No answer: RETRY, or FATAL when certificates are the cause; tells the newest trouble. */
int lt_client_fail_unanswered(struct lt_client *client, struct lt_error *reterr, const char *what);

/* ---- topics.c: handles by name ---- */

struct lt_topic {
    struct lt_topic *next;
    rd_kafka_topic_t *rkt;
    int64_t position; /**< reader: next offset to hand out */
    bool fetching;    /**< reader: between consume_start and consume_stop */
    bool heard;       /**< reader: the broker answered since the start or the last error */
    int64_t asked_ms; /**< reader: when its state was asked for, monotonic */
    size_t unacked;   /**< producer: bytes of keys and values handed over and not reported yet */
    uint32_t hash;
    char name[];
};
struct lt_topic_table {
    struct lt_topic **slots;
    size_t slot_count, count;
};
struct lt_topic *lt_topic_find(const struct lt_topic_table *table, const char *name);
/** Finds or makes; NULL when librdkafka refuses the name. */
struct lt_topic *lt_topic_get(struct lt_topic_table *table, rd_kafka_t *rk, const char *name);
/** What the cluster says about a topic: no error, unknown, not authorised ... */
int lt_topic_state(struct lt_client *client,
                   rd_kafka_topic_t *rkt,
                   int timeout_ms,
                   rd_kafka_resp_err_t *ret_state,
                   struct lt_error *reterr) LT_MUST_CHECK;
void lt_topic_drop(struct lt_topic_table *table, struct lt_topic *topic);
void lt_topic_table_fini(struct lt_topic_table *table);

/* ---- reader.c ---- */

/** The instance of a reader, for questions that need no assignment. */
struct lt_client *lt_reader_client(struct lt_reader *reader);

/* ---- asker.c ---- */

#define LT_ASK_TIMEOUT_MS 10000
struct lt_asker {
    struct lt_reader *committed, *uncommitted;
};

/* ---- admin.c ---- */

struct lt_admin;
const struct lt_bus *lt_admin_bus(const struct lt_admin *admin);
