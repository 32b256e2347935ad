/*
 * Questions about topics: watermarks, existence, the tail, and reading to the end.
 *
 * The last stable offset is what a read_committed client is told as the end, the high watermark
 * what a read_uncommitted one is told; so there are two instances.
 */
#include "bus_priv.h"

#include <stdlib.h>
#include <string.h>

#define TAIL_TIMEOUT_MS 30000
#define TAIL_FIRST_STEP 16
#define POLL_MS         5 /* also how late the end of a partition is noticed */

struct lt_asker *lt_asker_open(const struct lt_bus *bus, struct lt_error *reterr)
{
    struct lt_asker *asker = lt_alloc(sizeof *asker);
    asker->committed = lt_reader_open(bus, true, LT_READ_LOOK, reterr);
    if (asker->committed != NULL) {
        asker->uncommitted = lt_reader_open(bus, false, LT_READ_LOOK, reterr);
    }
    if (asker->uncommitted == NULL) {
        lt_asker_close(asker);
        return NULL;
    }
    return asker;
}

void lt_asker_close(struct lt_asker *asker)
{
    if (asker == NULL) {
        return;
    }
    lt_reader_close(asker->committed);
    lt_reader_close(asker->uncommitted);
    free(asker);
}

/* ---- watermarks ---- */

/* Looks the topic up afresh, so that the client forgets what it thought of it. */
static void refresh(struct lt_client *client, const char *topic)
{
    rd_kafka_resp_err_t state;
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(client->rk, topic, NULL);
    if (rkt != NULL && lt_topic_state(client, rkt, LT_ASK_TIMEOUT_MS, &state, NULL) == 0) {
        rd_kafka_poll(client->rk, 0);
    }
    if (rkt != NULL) {
        rd_kafka_topic_destroy(rkt);
    }
}

static rd_kafka_resp_err_t
query_once(struct lt_client *client, const char *topic, int64_t *ret_low, int64_t *ret_high)
{
    rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(client->rk, topic, 0, ret_low,
                                                               ret_high, LT_ASK_TIMEOUT_MS);
    rd_kafka_poll(client->rk, 0);
    return err;
}

static int query(struct lt_reader *reader,
                 const char *topic,
                 int64_t *ret_low,
                 int64_t *ret_high,
                 struct lt_error *reterr)
{
    struct lt_client *client = lt_reader_client(reader);
    rd_kafka_resp_err_t err = query_once(client, topic, ret_low, ret_high);
    if (err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
        /* The client's own memory says so, and may be older than the topic. */
        refresh(client, topic);
        err = query_once(client, topic, ret_low, ret_high);
    }
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        lt_client_answered(client);
        return 0;
    }
    if (lt_bus_class(err) != LT_ERR_RETRY) {
        return lt_bus_fail(reterr, err, "watermarks of '%s'", topic);
    }
    lt_client_fail_unanswered(client, reterr, "watermarks");
    return lt_fail_context(reterr, "topic '%s'", topic);
}

int lt_asker_watermarks(struct lt_asker *asker,
                        const char *topic,
                        int64_t *ret_low,
                        int64_t *ret_lso,
                        int64_t *ret_hw,
                        struct lt_error *reterr)
{
    int64_t low, lso, hw;
    /* The high watermark first: an LSO that reaches it later has reached it for good. */
    if (query(asker->uncommitted, topic, &low, &hw, reterr) != 0 ||
        query(asker->committed, topic, &low, &lso, reterr) != 0) {
        return -1;
    }
    *ret_low = low;
    *ret_lso = lso;
    *ret_hw = hw;
    return 0;
}

int lt_bus_watermarks(const struct lt_bus *bus,
                      const char *topic,
                      bool committed,
                      int64_t *ret_low,
                      int64_t *ret_high,
                      struct lt_error *reterr)
{
    LT_CLEANUP(lt_reader_closep)
    struct lt_reader *reader = lt_reader_open(bus, committed, LT_READ_LOOK, reterr);
    if (reader == NULL) {
        return -1;
    }
    int64_t low, high;
    if (query(reader, topic, &low, &high, reterr) != 0) {
        return -1;
    }
    *ret_low = low;
    *ret_high = high;
    return 0;
}

/* ---- existence ---- */

int lt_asker_topic_exists(struct lt_asker *asker, const char *topic, struct lt_error *reterr)
{
    struct lt_client *client = lt_reader_client(asker->committed);
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(client->rk, topic, NULL);
    if (rkt == NULL) {
        return lt_bus_fail(reterr, rd_kafka_last_error(), "topic '%s'", topic);
    }
    rd_kafka_resp_err_t state = RD_KAFKA_RESP_ERR_NO_ERROR;
    int rc = lt_topic_state(client, rkt, LT_ASK_TIMEOUT_MS, &state, reterr);
    rd_kafka_topic_destroy(rkt);
    if (rc != 0) {
        return -1;
    }
    switch ((int)state) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
        return 1;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        return 0;
    default:
        return lt_bus_fail(reterr, state, "topic '%s'", topic);
    }
}

/* ---- reading a range ---- */

/* Records of one topic from `from` up to, not including, `to`. */
struct range {
    const char *topic;
    int64_t from, to;
    int64_t timeout_ms; /* without progress */
};

static int fail_unreadable(const struct range *range, struct lt_error *reterr)
{
    return lt_fail(reterr, LT_ERR_RETRY, "kafka", RD_KAFKA_RESP_ERR__TIMED_OUT,
                   "topic '%s': not readable to offset %lld within %lld ms", range->topic,
                   (long long)range->to, (long long)range->timeout_ms);
}

/* The next record of the range: 1, 0 when the position has reached its end, -1. */
static int next_in_range(struct lt_reader *reader,
                         const struct range *range,
                         struct lt_message *ret,
                         struct lt_error *reterr)
{
    int64_t deadline = lt_monotonic_ms() + range->timeout_ms;
    int64_t seen = lt_reader_position(reader, range->topic), now = seen;
    for (; now < range->to; now = lt_reader_position(reader, range->topic)) {
        struct lt_error err = {0};
        int rc = lt_reader_poll(reader, POLL_MS, ret, &err);
        if (rc > 0 && ret->offset < range->to) {
            return 1;
        }
        if (rc > 0) {
            lt_message_release(ret);
        } else if (rc < 0 && err.class != LT_ERR_RETRY) {
            if (reterr != NULL) {
                *reterr = err;
            }
            return -1;
        }
        if (now > seen) {
            seen = now;
            deadline = lt_monotonic_ms() + range->timeout_ms;
        } else if (lt_monotonic_ms() > deadline) {
            return fail_unreadable(range, reterr);
        }
    }
    return 0;
}

/* ---- tail ---- */

/* The last record of the range: 1, 0 when it holds none, -1. */
static int last_in_range(struct lt_reader *reader,
                         const struct range *range,
                         struct lt_message *ret,
                         struct lt_error *reterr)
{
    struct lt_message last = {0}, message;
    int rc = lt_reader_add(reader, range->topic, range->from, reterr);
    if (rc == 0) {
        while ((rc = next_in_range(reader, range, &message, reterr)) > 0) {
            lt_message_release(&last);
            last = message;
        }
        int removed = lt_reader_remove(reader, range->topic, NULL);
        lt_assert(removed == 0);
    }
    if (rc < 0 || last.handle == NULL) {
        lt_message_release(&last);
        return rc;
    }
    last.topic = range->topic;
    *ret = last;
    return 1;
}

int lt_asker_tail(struct lt_asker *asker,
                  const char *topic,
                  struct lt_message *ret,
                  struct lt_error *reterr)
{
    int64_t low, lso, hw;
    if (lt_asker_watermarks(asker, topic, &low, &lso, &hw, reterr) != 0) {
        return -1;
    }
    int64_t to = lso;
    for (int64_t step = TAIL_FIRST_STEP; to > low; step *= 2) {
        const struct range range = {.topic = topic,
                                    .from = LT_MAX(low, to - step),
                                    .to = to,
                                    .timeout_ms = TAIL_TIMEOUT_MS};
        int rc = last_in_range(asker->committed, &range, ret, reterr);
        if (rc != 0) {
            return rc;
        }
        to = range.from;
    }
    return 0;
}

int lt_asker_record_at(struct lt_asker *asker,
                       const char *topic,
                       int64_t offset,
                       struct lt_message *ret,
                       struct lt_error *reterr)
{
    int64_t low, lso, hw;
    if (lt_asker_watermarks(asker, topic, &low, &lso, &hw, reterr) != 0) {
        return -1;
    }
    const struct range range = {
        .topic = topic, .from = LT_MAX(low, offset), .to = lso, .timeout_ms = TAIL_TIMEOUT_MS};
    int rc = range.from < range.to ? lt_reader_add(asker->committed, topic, range.from, reterr) : 0;
    if (rc != 0 || range.from >= range.to) {
        return rc;
    }
    rc = next_in_range(asker->committed, &range, ret, reterr);
    int removed = lt_reader_remove(asker->committed, topic, NULL);
    lt_assert(removed == 0);
    if (rc > 0) {
        ret->topic = topic;
    }
    return rc;
}

/* ---- to the end ---- */

static int visit_range(struct lt_reader *reader,
                       const struct range *range,
                       lt_message_visit *visit,
                       void *arg,
                       struct lt_error *reterr)
{
    if (lt_reader_add(reader, range->topic, range->from, reterr) != 0) {
        return -1;
    }
    for (;;) {
        struct lt_message message;
        int rc = next_in_range(reader, range, &message, reterr);
        if (rc <= 0) {
            return rc;
        }
        rc = visit(arg, &message, reterr);
        lt_message_release(&message);
        if (rc != 0) {
            return -1;
        }
    }
}

int lt_bus_read_to_end(const struct lt_bus *bus,
                       const char *topic,
                       int64_t offset,
                       int64_t timeout_ms,
                       lt_message_visit *visit,
                       void *arg,
                       int64_t *ret_next,
                       struct lt_error *reterr)
{
    int64_t low, hw;
    if (lt_bus_watermarks(bus, topic, false, &low, &hw, reterr) != 0) {
        return -1;
    }
    const struct range range = {.topic = topic,
                                .from = offset == LT_OFFSET_BEGIN ? low : offset,
                                .to = hw,
                                .timeout_ms = timeout_ms};
    if (range.from < range.to) {
        LT_CLEANUP(lt_reader_closep)
        struct lt_reader *reader = lt_reader_open(bus, true, LT_READ_MOVING, reterr);
        if (reader == NULL || visit_range(reader, &range, visit, arg, reterr) != 0) {
            return -1;
        }
    }
    *ret_next = LT_MAX(range.from, range.to);
    return 0;
}
