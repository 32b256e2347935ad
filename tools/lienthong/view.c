#include "lienthong/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lt_cli_topic_offset {
    char topic[LT_TOPIC_MAX];
    int64_t next;
};

/* Where the records of one topic go. */
struct into {
    struct lt_cli_view *view;
    bool control;
    enum lt_cli_from from;
    const char *origin;
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
    free(view->offsets);
    *view = (struct lt_cli_view){0};
}

static int take(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)reterr;
    const struct into *into = arg;
    struct lt_cli_view *view = into->view;
    if (!into->control)
        lt_cli_board_take(view->board, into->from, into->origin, message->key, message->value);
    else if (lt_fold_take(view->fold, message->key, message->value, NULL) != 0)
        view->refused++;
    return 0;
}

static int64_t *offset_of(struct lt_cli_view *view, const char *topic)
{
    for (size_t i = 0; i < view->offset_count; i++)
        if (strcmp(view->offsets[i].topic, topic) == 0)
            return &view->offsets[i].next;
    view->offsets = lt_realloc(view->offsets, (view->offset_count + 1) * sizeof *view->offsets);
    struct lt_cli_topic_offset *added = &view->offsets[view->offset_count++];
    *added = (struct lt_cli_topic_offset){.next = LT_OFFSET_BEGIN};
    memcpy(added->topic, topic, strlen(topic) + 1);
    return &added->next;
}

static int read_on(struct lt_cli_view *view,
                   const char *topic,
                   lt_message_visit *visit,
                   struct into *into,
                   struct lt_error *reterr)
{
    bool hidden;
    int rc =
        lt_cli_tap_read(&view->tap, topic, offset_of(view, topic), visit, into, &hidden, reterr);
    if (rc == 0 && hidden)
        snprintf(view->hidden, sizeof view->hidden, "%s", topic);
    return rc;
}

int lt_cli_view_control(struct lt_cli_view *view, struct lt_error *reterr)
{
    return read_on(view, LT_TOPIC_CONTROL, take, &(struct into){.view = view, .control = true},
                   reterr);
}

int lt_cli_view_cursors(struct lt_cli_view *view, struct lt_error *reterr)
{
    struct into into = {.view = view, .from = LT_CLI_FROM_CURSORS};
    return read_on(view, LT_TOPIC_CURSORS, take, &into, reterr);
}

static int take_decision(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    static const char PREFIX[] = "decision/";
    const size_t len = sizeof PREFIX - 1;
    if (message->key.len <= len || memcmp(message->key.data, PREFIX, len) != 0)
        return 0; /* a delivery note */
    return take(arg, message, reterr);
}

int lt_cli_view_decisions(struct lt_cli_view *view, struct lt_error *reterr)
{
    struct into into = {.view = view, .from = LT_CLI_FROM_DIARY};
    return read_on(view, LT_TOPIC_DIARY, take_decision, &into, reterr);
}

static int read_from(struct lt_cli_view *view,
                     const char *topic,
                     enum lt_cli_from from,
                     const char *origin,
                     struct lt_error *reterr)
{
    return read_on(view, topic, take, &(struct into){.view = view, .from = from, .origin = origin},
                   reterr);
}

int lt_cli_view_connection(struct lt_cli_view *view,
                           const char *connection,
                           struct lt_error *reterr)
{
    const struct lt_connection *terms = lt_fold_connection(view->fold, connection);
    const struct lt_service *service = terms ? lt_fold_service(view->fold, terms->service) : NULL;
    char topic[LT_TOPIC_MAX];
    if (service) {
        lt_topic_progress(service->source, topic);
        if (read_from(view, topic, LT_CLI_FROM_PROGRESS, service->source, reterr) != 0)
            return -1;
    }
    if (!terms)
        return 0;
    lt_topic_inbox(terms->application, topic);
    if (read_from(view, topic, LT_CLI_FROM_INBOX, terms->application, reterr) != 0)
        return -1;
    lt_topic_outbox(terms->application, topic);
    return read_from(view, topic, LT_CLI_FROM_OUTBOX, terms->application, reterr);
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

size_t lt_cli_view_connections(const struct lt_fold *fold,
                               const char *filter,
                               struct lt_arena *arena,
                               const char ***ret)
{
    struct listing listing = {.filter = filter, .arena = arena};
    lt_fold_each(fold, LT_CONTROL_CONNECTION, list_connection, &listing);
    *ret = listing.ids;
    return listing.count;
}
