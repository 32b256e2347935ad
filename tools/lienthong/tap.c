#include "lienthong/tap.h"

#include "daemon/daemon.h"

#include <string.h>

#define SLICE_MS 10 /* the end of a topic is seen at the next slice */

int lt_cli_tap_open(const struct lt_bus *bus,
                    int64_t timeout_ms,
                    struct lt_cli_tap *ret,
                    struct lt_error *reterr)
{
    struct lt_cli_tap tap = {.timeout_ms = timeout_ms, .asker = lt_asker_open(bus, reterr)};
    if (tap.asker)
        tap.reader = lt_reader_open(bus, true, LT_READ_LOOK, reterr);
    if (!tap.reader) {
        lt_cli_tap_close(&tap);
        return -1;
    }
    *ret = tap;
    return 0;
}

void lt_cli_tap_close(struct lt_cli_tap *tap)
{
    lt_reader_close(tap->reader);
    lt_asker_close(tap->asker);
    *tap = (struct lt_cli_tap){0};
}

/* One round of the reader over several topics. */
struct round {
    struct lt_cli_tap *tap;
    struct lt_cli_tap_topic *const *topics;
    size_t count;
    struct lt_cli_tap_topic *last; /* records come in runs */
};

/* Asks how far the topic can be read and adds it to the reader when there is something. */
static int
begin_topic(struct lt_cli_tap *tap, struct lt_cli_tap_topic *topic, struct lt_error *reterr)
{
    topic->hidden = topic->reading = false;
    int exists = lt_asker_topic_exists(tap->asker, topic->topic, reterr);
    if (exists <= 0)
        return exists;
    int64_t low, readable, end;
    if (lt_asker_watermarks(tap->asker, topic->topic, &low, &readable, &end, reterr) != 0)
        return -1;
    topic->hidden = readable < end;
    topic->offset = LT_MAX(topic->offset, low);
    topic->end = readable;
    if (topic->offset >= readable)
        return 0;
    if (lt_reader_add(tap->reader, topic->topic, topic->offset, reterr) != 0)
        return -1;
    topic->reading = true;
    return 0;
}

static int begin(const struct round *round, struct lt_error *reterr)
{
    for (size_t i = 0; i < round->count; i++)
        if (begin_topic(round->tap, round->topics[i], reterr) != 0)
            return lt_fail_context(reterr, "%s", round->topics[i]->topic);
    return 0;
}

static struct lt_cli_tap_topic *topic_of(struct round *round, const char *name)
{
    if (round->last && strcmp(round->last->topic, name) == 0)
        return round->last;
    for (size_t i = 0; i < round->count; i++)
        if (round->topics[i]->reading && strcmp(round->topics[i]->topic, name) == 0)
            return round->last = round->topics[i];
    return NULL;
}

static int hand_over(struct round *round, const struct lt_message *message, struct lt_error *reterr)
{
    const struct lt_cli_tap_topic *topic = topic_of(round, message->topic);
    return topic ? topic->visit(topic->arg, message, reterr) : 0;
}

/* One poll: 1 something came, 0 nothing.  An unreachable broker is waited for. */
static int poll_once(struct round *round, struct lt_error *reterr)
{
    struct lt_message message;
    struct lt_error err = {0};
    int rc = lt_reader_poll(round->tap->reader, SLICE_MS, &message, &err);
    if (rc < 0 && err.class != LT_ERR_RETRY) {
        if (reterr)
            *reterr = err;
        return -1;
    }
    if (rc <= 0)
        return 0;
    rc = hand_over(round, &message, reterr);
    lt_message_release(&message);
    return rc < 0 ? -1 : 1;
}

/* Stops reading a topic where it stands. */
static int let_go(struct lt_cli_tap *tap, struct lt_cli_tap_topic *topic, struct lt_error *reterr)
{
    topic->offset = LT_MAX(topic->offset, lt_reader_position(tap->reader, topic->topic));
    topic->reading = false;
    return lt_reader_remove(tap->reader, topic->topic, reterr);
}

/* Lets go of the topics that are read to their end.  1: some are not, 0: all are. */
static int goes_on(const struct round *round, struct lt_error *reterr)
{
    int more = 0;
    for (size_t i = 0; i < round->count; i++) {
        struct lt_cli_tap_topic *topic = round->topics[i];
        if (!topic->reading)
            continue;
        if (lt_reader_position(round->tap->reader, topic->topic) < topic->end)
            more = 1;
        else if (let_go(round->tap, topic, reterr) != 0)
            return -1;
    }
    return more;
}

static int read_all(struct round *round, struct lt_error *reterr)
{
    int64_t deadline = lt_monotonic_ms() + round->tap->timeout_ms;
    int more;
    while ((more = goes_on(round, reterr)) > 0) {
        int rc = poll_once(round, reterr);
        if (rc < 0)
            return -1;
        if (rc > 0)
            deadline = lt_monotonic_ms() + round->tap->timeout_ms;
        else if (lt_monotonic_ms() >= deadline || lt_stopping())
            return lt_fail(reterr, LT_ERR_RETRY, "kafka", 0, "nothing came for %lld ms",
                           (long long)round->tap->timeout_ms);
    }
    return more;
}

int lt_cli_tap_read(struct lt_cli_tap *tap,
                    struct lt_cli_tap_topic *const *topics,
                    size_t count,
                    struct lt_error *reterr)
{
    struct round round = {.tap = tap, .topics = topics, .count = count};
    int rc = begin(&round, reterr);
    if (rc == 0)
        rc = read_all(&round, reterr);
    for (size_t i = 0; i < count; i++)
        if (topics[i]->reading && let_go(tap, topics[i], NULL) != 0)
            continue; /* the first error is the one that is told */
    return rc;
}
