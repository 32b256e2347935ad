/*
 * What a topic is: whose, with which settings, and when it is over.
 */
#include "steward/wanted.h"

#include "base/num.h"

#include <stdio.h>
#include <string.h>

/* "feed.sv000412.2" -> service and incarnation. */
static bool parse_feed(const char *topic, char service[LT_ID_MAX], int64_t *ret_incarnation)
{
    const char *dot = strrchr(topic, '.');
    uint64_t incarnation;
    if (strncmp(topic, "feed.", 5) != 0 || dot < topic + 5 || dot - topic - 5 >= LT_ID_MAX ||
        lt_parse_u64(dot + 1, strlen(dot + 1), INT64_MAX, &incarnation) < 0)
        return false;
    memcpy(service, topic + 5, (size_t)(dot - topic) - 5);
    service[dot - topic - 5] = 0;
    *ret_incarnation = (int64_t)incarnation;
    return true;
}

/* An old feed is kept while routing's lane or a stream that has not ended stands in it. */
static bool feed_over(const struct lt_fold *fold,
                      const struct lt_observed *observed,
                      const char *service,
                      int64_t incarnation)
{
    const struct lt_feed_body *feed = lt_fold_feed(fold, service);
    const struct lt_feed_cursor *lane = lt_observed_feed_cursor(observed, service);
    if (!feed || incarnation >= feed->incarnation || !lane || lane->incarnation <= incarnation)
        return false;
    const struct lt_routing_view routing = lt_observed_routing(observed);
    for (size_t i = 0; i < routing.cursor_count; i++)
        if (strcmp(routing.cursors[i].service, service) == 0 &&
            routing.cursors[i].incarnation <= incarnation &&
            strcmp(routing.cursors[i].state, "ENDED") != 0)
            return false;
    return true;
}

static bool
stream_over(const struct lt_fold *fold, const struct lt_observed *observed, const char *stream)
{
    char connection[LT_ID_MAX];
    int64_t generation;
    const struct lt_cursor *cursor = lt_observed_cursor(observed, stream);
    if (!cursor || strcmp(cursor->state, "ENDED") != 0 ||
        lt_stream_parse(stream, connection, &generation, NULL) < 0)
        return false;
    const struct lt_connection *body = lt_fold_connection(fold, connection);
    if (!body)
        return false;
    const struct lt_agreement *agreement = lt_fold_agreement(fold, body->agreement);
    if (body->ended_at != LT_NULL || (agreement && agreement->ended_at != LT_NULL))
        return true;
    return lt_observed_shown(observed, connection, body->application) > generation;
}

bool lt_topic_over(const struct lt_fold *fold,
                   const struct lt_observed *observed,
                   const char *topic)
{
    char service[LT_ID_MAX];
    int64_t incarnation;
    if (parse_feed(topic, service, &incarnation))
        return feed_over(fold, observed, service, incarnation);
    return strncmp(topic, "stream.", 7) == 0 && stream_over(fold, observed, topic + 7);
}

struct source_search {
    const char *source;
    bool found;
};

static bool look_at_source(void *arg, const char *object, int64_t number, const void *body)
{
    (void)object;
    (void)number;
    struct source_search *search = arg;
    search->found = strcmp(((const struct lt_service *)body)->source, search->source) == 0;
    return !search->found;
}

bool lt_topic_known(const struct lt_fold *fold,
                    const struct lt_observed *observed,
                    const char *topic)
{
    char service[LT_ID_MAX];
    int64_t incarnation;
    if (strcmp(topic, LT_TOPIC_CONTROL) == 0 || strcmp(topic, LT_TOPIC_DIARY) == 0 ||
        strcmp(topic, LT_TOPIC_CURSORS) == 0 || strncmp(topic, "__", 2) == 0)
        return true;
    if (strncmp(topic, "inbox.", 6) == 0)
        return lt_fold_application(fold, topic + 6) != NULL;
    if (strncmp(topic, "outbox.", 7) == 0)
        return lt_fold_application(fold, topic + 7) != NULL;
    if (strncmp(topic, "stream.", 7) == 0)
        return lt_observed_cursor(observed, topic + 7) != NULL;
    if (parse_feed(topic, service, &incarnation)) {
        const struct lt_feed_body *feed = lt_fold_feed(fold, service);
        return (feed && incarnation <= feed->incarnation) ||
               incarnation == lt_feed_to_sign(fold, observed, service, NULL);
    }
    struct source_search search = {.source = topic + 9};
    if (strncmp(topic, "progress.", 9) == 0)
        lt_fold_each(fold, LT_CONTROL_SERVICE, look_at_source, &search);
    return search.found;
}

static void add(struct lt_topic_settings *settings, const char *name, const char *value)
{
    lt_assert(settings->count < LT_TOPIC_SETTINGS_MAX);
    settings->items[settings->count++] = (struct lt_topic_config){.name = name, .value = value};
}

void lt_topic_settings(const struct lt_wanted_topic *topic,
                       int replicas,
                       struct lt_topic_settings *ret)
{
    *ret = (struct lt_topic_settings){0};
    add(ret, "message.timestamp.type", "LogAppendTime");
    add(ret, "max.message.bytes", "3145728"); /* schemas/README.md 2 */
    if (replicas > 1)
        add(ret, "min.insync.replicas", "2");
    switch (topic->form) {
    case LT_FORM_COMPACTED:
        /* Small segments: only closed ones are compacted, and lanes read these whole at start. */
        add(ret, "cleanup.policy", "compact");
        add(ret, "segment.bytes", "16777216");
        return;
    case LT_FORM_APPENDED:
        add(ret, "cleanup.policy", "delete");
        add(ret, "retention.ms", "-1");
        return;
    case LT_FORM_STREAM:
        break;
    }
    /* Inside the window nothing is compacted and no tombstone goes: the topic is a complete log.
     * After twice the window what was deleted is gone for certain. */
    const long window_ms = (long)(topic->window / LT_MILLI);
    snprintf(ret->window_ms, sizeof(ret->window_ms), "%ld", window_ms);
    snprintf(ret->compaction_ms, sizeof(ret->compaction_ms), "%ld", 2 * window_ms);
    add(ret, "cleanup.policy", "compact,delete");
    add(ret, "retention.ms", "-1");
    add(ret, "retention.bytes", "-1");
    add(ret, "min.compaction.lag.ms", ret->window_ms);
    add(ret, "delete.retention.ms", ret->window_ms);
    add(ret, "max.compaction.lag.ms", ret->compaction_ms);
}
