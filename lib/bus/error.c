#include "bus_priv.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The cluster is away or in motion. */
static const rd_kafka_resp_err_t RETRY[] = {
    RD_KAFKA_RESP_ERR__TRANSPORT,
    RD_KAFKA_RESP_ERR__SSL,
    RD_KAFKA_RESP_ERR__RESOLVE,
    RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
    RD_KAFKA_RESP_ERR__TIMED_OUT,
    RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
    RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
    RD_KAFKA_RESP_ERR__WAIT_COORD,
    RD_KAFKA_RESP_ERR__WAIT_CACHE,
    RD_KAFKA_RESP_ERR__RETRY,
    RD_KAFKA_RESP_ERR__QUEUE_FULL,
    RD_KAFKA_RESP_ERR__ISR_INSUFF,
    RD_KAFKA_RESP_ERR__NODE_UPDATE,
    RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
    RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
    RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
    RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
    RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
    RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
    RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
    RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH,
    RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_ELIGIBLE_LEADERS_NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
    RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
};

/* One topic, or one record. */
static const rd_kafka_resp_err_t REJECT[] = {
    RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
    RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
    RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET,
    RD_KAFKA_RESP_ERR__NOENT,
    RD_KAFKA_RESP_ERR__BAD_MSG,
    RD_KAFKA_RESP_ERR__BAD_COMPRESSION,
    RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
    RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
    RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
    RD_KAFKA_RESP_ERR_INVALID_MSG,
    RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE,
    RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
    RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
    RD_KAFKA_RESP_ERR_INVALID_RECORD,
    RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
    RD_KAFKA_RESP_ERR_INVALID_PARTITIONS,
    RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR,
    RD_KAFKA_RESP_ERR_INVALID_CONFIG,
    RD_KAFKA_RESP_ERR_INVALID_REQUEST,
    RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
};

/* This transaction. */
static const rd_kafka_resp_err_t ABORT[] = {
    RD_KAFKA_RESP_ERR__PURGE_QUEUE,        RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
    RD_KAFKA_RESP_ERR__INCONSISTENT,       RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
    RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
};

static bool is_among(const rd_kafka_resp_err_t *errors, size_t count, rd_kafka_resp_err_t err)
{
    for (size_t i = 0; i < count; i++)
        if (errors[i] == err)
            return true;
    return false;
}

/* What is not listed is FATAL: an error nobody thought about stops the lane. */
enum lt_err_class lt_bus_class(rd_kafka_resp_err_t err)
{
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return LT_ERR_NONE;
    if (is_among(RETRY, LT_COUNT(RETRY), err))
        return LT_ERR_RETRY;
    if (is_among(REJECT, LT_COUNT(REJECT), err))
        return LT_ERR_REJECT;
    return is_among(ABORT, LT_COUNT(ABORT), err) ? LT_ERR_ABORT : LT_ERR_FATAL;
}

bool lt_bus_is_denied(const struct lt_error *err)
{
    static const rd_kafka_resp_err_t denied[] = {
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    };
    return err->domain && strcmp(err->domain, "kafka") == 0 &&
           is_among(denied, LT_COUNT(denied), (rd_kafka_resp_err_t)err->code);
}

bool lt_bus_is_fenced(const struct lt_error *err)
{
    static const rd_kafka_resp_err_t fenced[] = {
        RD_KAFKA_RESP_ERR__FENCED,
        RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
        RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
    };
    return err->domain && strcmp(err->domain, "kafka") == 0 &&
           is_among(fenced, LT_COUNT(fenced), (rd_kafka_resp_err_t)err->code);
}

const char *lt_bus_err_text(rd_kafka_resp_err_t err, char *buf, size_t size)
{
    const char *text = rd_kafka_err2str(err);
    if (strncmp(text, "Broker: ", 8) == 0) {
        text += 8;
    } else if (strncmp(text, "Local: ", 7) == 0) {
        text += 7;
    }
    snprintf(buf, size, "%s", text);
    /* "SSL error" keeps its capitals. */
    if (size > 1 && buf[0] != '\0' && !isupper((unsigned char)buf[1])) {
        buf[0] = (char)tolower((unsigned char)buf[0]);
    }
    return buf;
}

int lt_bus_fail(struct lt_error *reterr, rd_kafka_resp_err_t err, const char *fmt, ...)
{
    char what[384], text[128];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return lt_fail(reterr, lt_bus_class(err), "kafka", (int)err, "%s: %s", what,
                   lt_bus_err_text(err, text, sizeof text));
}

static enum lt_err_class transaction_class(const rd_kafka_error_t *error)
{
    if (rd_kafka_error_is_fatal(error)) {
        return LT_ERR_FATAL;
    }
    if (rd_kafka_error_txn_requires_abort(error)) {
        return LT_ERR_ABORT;
    }
    /* None of the three flags set: treat as fatal (A.1). */
    return rd_kafka_error_is_retriable(error) ? LT_ERR_RETRY : LT_ERR_FATAL;
}

int lt_bus_fail_transaction(struct lt_error *reterr, rd_kafka_error_t *error, const char *what)
{
    int rc = lt_fail(reterr, transaction_class(error), "kafka", (int)rd_kafka_error_code(error),
                     "%s: %s", what, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return rc;
}
