#include "lienthong/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A topic that was read and where its records go. */
struct lt_cli_view_topic {
    struct lt_cli_tap_topic tap;
    struct lt_cli_view *view;
    enum lt_cli_from from;  /* not for control */
    char origin[LT_ID_MAX]; /* "" for none */
};

int lt_cli_view_open(const struct lt_bus *bus,
                     const uint8_t public_key[LT_SIGN_KEY_BYTES],
                     int64_t timeout_ms,
                     struct lt_cli_view *ret,
                     struct lt_error *reterr)
{
    struct lt_cli_tap tap;
    if (lt_cli_tap_open(bus, timeout_ms, &tap, reterr) != 0)
        return -1;
    *ret = (struct lt_cli_view){
        .tap = tap,
        .fold = lt_fold_new(public_key),
        .board = lt_cli_board_new(),
    };
    return 0;
}

void lt_cli_view_close(struct lt_cli_view *view)
{
    lt_cli_tap_close(&view->tap);
    lt_cli_board_free(view->board);
    lt_fold_free(view->fold);
    for (size_t i = 0; i < view->topic_count; i++)
        free(view->topics[i]);
    free(view->topics);
    *view = (struct lt_cli_view){0};
}

static int take_control(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)reterr;
    const struct lt_cli_view_topic *topic = arg;
    if (lt_fold_take(topic->view->fold, message->key, message->value, NULL) != 0)
        topic->view->refused++;
    return 0;
}

static int take_record(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)reterr;
    const struct lt_cli_view_topic *topic = arg;
    lt_cli_board_take(topic->view->board, topic->from, topic->origin[0] ? topic->origin : NULL,
                      message->key, message->value);
    return 0;
}

static struct lt_cli_view_topic *find_topic(const struct lt_cli_view *view, const char *name)
{
    for (size_t i = 0; i < view->topic_count; i++)
        if (strcmp(view->topics[i]->tap.topic, name) == 0)
            return view->topics[i];
    return NULL;
}

/* The topic as it was read last, or from its beginning. */
static struct lt_cli_view_topic *
topic_of(struct lt_cli_view *view, const char *name, enum lt_cli_from from, const char *origin)
{
    struct lt_cli_view_topic *topic = find_topic(view, name);
    if (topic)
        return topic;
    topic = lt_alloc(sizeof *topic);
    *topic = (struct lt_cli_view_topic){.view = view, .from = from};
    topic->tap =
        (struct lt_cli_tap_topic){.offset = LT_OFFSET_BEGIN, .visit = take_record, .arg = topic};
    snprintf(topic->tap.topic, sizeof topic->tap.topic, "%s", name);
    snprintf(topic->origin, sizeof topic->origin, "%s", origin);
    view->topics = lt_realloc(view->topics, (view->topic_count + 1) * sizeof *view->topics);
    view->topics[view->topic_count++] = topic;
    return topic;
}

static int
read_one(struct lt_cli_view *view, struct lt_cli_view_topic *topic, struct lt_error *reterr)
{
    struct lt_cli_tap_topic *const topics[] = {&topic->tap};
    return lt_cli_tap_read(&view->tap, topics, 1, reterr);
}

int lt_cli_view_control(struct lt_cli_view *view, struct lt_error *reterr)
{
    struct lt_cli_view_topic *topic = topic_of(view, LT_TOPIC_CONTROL, LT_CLI_FROM_CURSORS, "");
    topic->tap.visit = take_control;
    return read_one(view, topic, reterr);
}

int lt_cli_view_cursors(struct lt_cli_view *view, struct lt_error *reterr)
{
    return read_one(view, topic_of(view, LT_TOPIC_CURSORS, LT_CLI_FROM_CURSORS, ""), reterr);
}

int lt_cli_view_decisions(struct lt_cli_view *view, struct lt_error *reterr)
{
    return read_one(view, topic_of(view, LT_TOPIC_DIARY, LT_CLI_FROM_DIARY, ""), reterr);
}

/* The topics to read together, each once. */
struct selection {
    struct lt_cli_tap_topic **topics;
    size_t count;
};

static void select_topic(struct selection *selection, struct lt_cli_view_topic *topic)
{
    for (size_t i = 0; i < selection->count; i++)
        if (selection->topics[i] == &topic->tap)
            return;
    selection->topics[selection->count++] = &topic->tap;
}

static void select_connection(struct lt_cli_view *view,
                              const struct lt_connection *terms,
                              struct selection *selection)
{
    const struct lt_service *service = lt_fold_service(view->fold, terms->service);
    const char *application = terms->application;
    char name[LT_TOPIC_MAX];
    if (service) {
        lt_topic_progress(service->source, name);
        select_topic(selection, topic_of(view, name, LT_CLI_FROM_PROGRESS, service->source));
    }
    lt_topic_inbox(application, name);
    select_topic(selection, topic_of(view, name, LT_CLI_FROM_INBOX, application));
    lt_topic_outbox(application, name);
    select_topic(selection, topic_of(view, name, LT_CLI_FROM_OUTBOX, application));
}

int lt_cli_view_connections(struct lt_cli_view *view,
                            const char *const *connections,
                            size_t count,
                            struct lt_error *reterr)
{
    struct selection selection = {.topics = lt_alloc((3 * count + 1) * sizeof *selection.topics)};
    for (size_t i = 0; i < count; i++) {
        const struct lt_connection *terms = lt_fold_connection(view->fold, connections[i]);
        if (terms)
            select_connection(view, terms, &selection);
    }
    int rc = lt_cli_tap_read(&view->tap, selection.topics, selection.count, reterr);
    free(selection.topics);
    return rc;
}

const char *lt_cli_view_hidden(const struct lt_cli_view *view)
{
    for (size_t i = 0; i < view->topic_count; i++)
        if (view->topics[i]->tap.hidden)
            return view->topics[i]->tap.topic;
    return NULL;
}

static int marks_of(struct lt_cli_view *view,
                    const char *topic,
                    int64_t *readable,
                    int64_t *end,
                    struct lt_error *reterr)
{
    int exists = lt_asker_topic_exists(view->tap.asker, topic, reterr);
    if (exists <= 0)
        return exists;
    int64_t low;
    return lt_asker_watermarks(view->tap.asker, topic, &low, readable, end, reterr);
}

int lt_cli_view_marks(struct lt_cli_view *view,
                      const char *connection,
                      struct lt_cli_marks *ret,
                      struct lt_error *reterr)
{
    struct lt_cli_marks marks = LT_CLI_NO_MARKS;
    const struct lt_connection *terms = lt_fold_connection(view->fold, connection);
    const struct lt_feed_body *feed = terms ? lt_fold_feed(view->fold, terms->service) : NULL;
    const struct lt_cursor *cursor = lt_cli_board_newest(view->board, connection);
    char topic[LT_TOPIC_MAX];
    if (feed) {
        lt_topic_feed(terms->service, feed->incarnation, topic);
        if (marks_of(view, topic, &marks.feed_readable, &marks.feed_end, reterr) != 0)
            return -1;
    }
    if (cursor) {
        lt_topic_stream(cursor->stream, topic);
        if (marks_of(view, topic, &marks.stream_readable, &marks.stream_end, reterr) != 0)
            return -1;
    }
    *ret = marks;
    return 0;
}

struct listing {
    const char *filter;
    struct lt_arena *arena;
    const char **ids;
    size_t count, cap;
};

static bool list_connection(void *arg, const char *object, int64_t number, const void *body)
{
    (void)number;
    struct listing *listing = arg;
    const struct lt_connection *terms = body;
    const char *filter = listing->filter;
    if (filter && strcmp(filter, object) != 0 && strcmp(filter, terms->service) != 0 &&
        strcmp(filter, terms->application) != 0 && strcmp(filter, terms->agreement) != 0)
        return true;
    if (listing->count == listing->cap) {
        size_t cap = listing->cap ? 2 * listing->cap : 16;
        const char **grown = lt_arena_alloc(listing->arena, cap * sizeof *grown);
        if (listing->count)
            memcpy(grown, listing->ids, listing->count * sizeof *grown);
        listing->ids = grown;
        listing->cap = cap;
    }
    listing->ids[listing->count++] = lt_arena_dup(listing->arena, object, strlen(object));
    return true;
}

size_t lt_cli_connection_list(const struct lt_fold *fold,
                              const char *filter,
                              struct lt_arena *arena,
                              const char ***ret)
{
    struct listing listing = {.filter = filter, .arena = arena};
    lt_fold_each(fold, LT_CONTROL_CONNECTION, list_connection, &listing);
    *ret = listing.ids;
    return listing.count;
}
