#include "steward/follow.h"

#include "control/table.h"

#include <stdlib.h>
#include <string.h>

#define CURSORS_TIMEOUT_MS 5000 /* heartbeats must go on; the loop asks again */
#define TAKE_MAX           2000 /* records a poll, so that commands never wait long */

struct lt_follow {
    const struct lt_bus *bus;
    struct lt_observed *observed;
    struct lt_reader *reader;
    struct lt_table followed; /* topic -> itself */
    bool ready;
    size_t garbage;
};

struct lt_follow *lt_follow_new(const struct lt_bus *bus, struct lt_observed *observed)
{
    struct lt_follow *follow = lt_alloc(sizeof(*follow));
    follow->bus = bus;
    follow->observed = observed;
    return follow;
}

void lt_follow_free(struct lt_follow *follow)
{
    if (!follow)
        return;
    lt_reader_close(follow->reader);
    for (size_t i = 0; i < follow->followed.cap; i++)
        free(lt_table_at(&follow->followed, i));
    lt_table_fini(&follow->followed);
    free(follow);
}

bool lt_follow_ready(const struct lt_follow *follow)
{
    return follow->ready;
}

static bool of_interest(const char *topic)
{
    return strcmp(topic, LT_TOPIC_CURSORS) == 0 || strncmp(topic, "progress.", 9) == 0 ||
           strncmp(topic, "outbox.", 7) == 0;
}

static void take(struct lt_follow *follow, const char *topic, const struct lt_message *message)
{
    if (lt_observed_take(follow->observed, topic, message->key, message->value, NULL) < 0)
        follow->garbage++;
}

static int visit_cursor(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)reterr;
    take(arg, LT_TOPIC_CURSORS, message);
    return 0;
}

static int follow_topic(struct lt_follow *follow, const char *topic, struct lt_error *reterr)
{
    int64_t offset = LT_OFFSET_BEGIN;
    const bool cursors = strcmp(topic, LT_TOPIC_CURSORS) == 0;
    if (cursors && lt_bus_read_to_end(follow->bus, topic, LT_OFFSET_BEGIN, CURSORS_TIMEOUT_MS,
                                      visit_cursor, follow, &offset, reterr) < 0)
        return -1;
    if (lt_reader_add(follow->reader, topic, offset, reterr) < 0)
        return -1;
    char *name = lt_strdup(topic);
    lt_table_put(&follow->followed, name, name);
    follow->ready |= cursors;
    return 0;
}

int lt_follow_topics(struct lt_follow *follow,
                     const char *const *topics,
                     size_t count,
                     struct lt_error *reterr)
{
    if (!follow->reader) {
        follow->reader = lt_reader_open(follow->bus, true, LT_READ_STEADY, reterr);
        if (!follow->reader)
            return -1;
    }
    for (size_t i = 0; i < count; i++) {
        if (!of_interest(topics[i]) || lt_table_get(&follow->followed, topics[i]))
            continue;
        if (follow_topic(follow, topics[i], reterr) < 0)
            return lt_fail_context(reterr, "%s", topics[i]);
    }
    return 0;
}

int lt_follow_poll(struct lt_follow *follow,
                   int64_t timeout_ms,
                   size_t *ret_garbage,
                   struct lt_error *reterr)
{
    int rc = 0;
    follow->garbage = 0;
    for (size_t i = 0; i < TAKE_MAX; i++) {
        struct lt_message message;
        rc = lt_reader_poll(follow->reader, i == 0 ? timeout_ms : 0, &message, reterr);
        if (rc <= 0)
            break;
        take(follow, message.topic, &message);
        lt_message_release(&message);
    }
    *ret_garbage = follow->garbage;
    return rc < 0 ? -1 : 0;
}
