/* The start of a lane over Kafka (protocol 4.1-4.3) and looking around while it runs (5.4). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "position/position.h"
#include "routing/shell.h"

bool lt_shell_is_ours(const char *topic)
{
    return strcmp(topic, LT_TOPIC_CURSORS) == 0 || strcmp(topic, LT_TOPIC_DIARY) == 0 ||
           strncmp(topic, "inbox.", 6) == 0 || strncmp(topic, "stream.", 7) == 0;
}

int lt_shell_init(void *arg, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    lt_shell_feeds_reset(shell);
    lt_reader_close(lt_steal(&shell->cursors));
    lt_producer_close(lt_steal(&shell->producer));
    shell->told_count = shell->decision_count = 0;
    shell->delivered = 0;
    shell->wrote_diary = false;
    lt_shell_diary_doubt(shell);
    lt_metric_add(shell->metrics->starts, 1);
    shell->producer = lt_producer_open(&shell->bus, shell->transactional_id, reterr);
    if (!shell->producer ||
        lt_producer_init(shell->producer, shell->conf->transaction_ms, reterr) < 0)
        return lt_shell_fail(reterr);
    return 0;
}

/* Cursors and fold must be of one cluster: with a fold from memory the empty cursors of a cluster
 * made anew would begin every generation again. */
static void check_cluster(struct lt_shell *shell)
{
    char id[LT_CLUSTER_ID_MAX];
    lt_admin_cluster_id(shell->admin, id);
    if (strcmp(id, shell->cluster_id) == 0)
        return;
    if (shell->cluster_id[0])
        lt_log(LT_LOG_WARN, "another_cluster", "lane", lt_lane_name(shell->id), "cluster", id,
               "was", shell->cluster_id, NULL);
    memcpy(shell->cluster_id, id, sizeof(id));
    lt_shell_control_reset(shell);
}

int lt_shell_scrub(void *arg, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    const char **names;
    size_t count, ours = 0, scrubbed;
    if (lt_admin_topics(shell->admin, shell->arena, &names, &count, reterr) < 0)
        return lt_shell_fail(reterr);
    check_cluster(shell);
    for (size_t i = 0; i < count; i++)
        if (lt_shell_is_ours(names[i]))
            names[ours++] = names[i];
    if (lt_scrub(shell->producer, shell->asker, names, ours, &scrubbed, reterr) < 0)
        return lt_shell_fail(reterr);
    if (scrubbed > 0)
        lt_log(LT_LOG_NOTICE, "scrubbed", "lane", lt_lane_name(shell->id), "topics",
               lt_logf("%zu", scrubbed), NULL);
    return 0;
}

static int
take_cursor(struct lt_shell *shell, const struct lt_message *message, struct lt_error *reterr)
{
    struct lt_cursor cursor;
    struct lane_stream stream;
    if (lt_record_decode(LT_RECORD_CURSOR, message->value, &cursor, shell->arena, reterr) < 0 ||
        lt_lane_stream_read(&cursor, &stream, reterr) < 0)
        return -1;
    lt_lane_take_stream(shell->lane, &stream);
    return 0;
}

static int
take_feed_cursor(struct lt_shell *shell, const struct lt_message *message, struct lt_error *reterr)
{
    struct lt_feed_cursor cursor;
    struct lane_feed feed;
    if (lt_record_decode(LT_RECORD_FEED_CURSOR, message->value, &cursor, shell->arena, reterr) <
            0 ||
        lt_lane_feed_read(&cursor, &feed, reterr) < 0)
        return -1;
    lt_lane_take_feed(shell->lane, &feed);
    return 0;
}

static int
take_stand(struct lt_shell *shell, const struct lt_message *message, struct lt_error *reterr)
{
    struct lt_standstill stand;
    if (lt_record_decode(LT_RECORD_STANDSTILL, message->value, &stand, shell->arena, reterr) < 0)
        return -1;
    if (strcmp(stand.lane, lt_lane_name(shell->id)) == 0)
        lt_lane_take_stand(shell->lane, stand.clause, stand.since);
    return 0;
}

/* Only standstills are ever removed. */
static void take_removal(struct lt_shell *shell, struct lt_bytes key)
{
    char prefix[32];
    size_t len = (size_t)snprintf(prefix, sizeof(prefix), "stand/%s/", lt_lane_name(shell->id));
    char clause[LANE_REASON_MAX];
    if (key.len <= len || memcmp(key.data, prefix, len) != 0)
        return;
    snprintf(clause, sizeof(clause), "%.*s", (int)LT_MIN(key.len - len, sizeof(clause)),
             (const char *)key.data + len);
    lt_lane_drop_stand(shell->lane, clause);
}

static int
take_record(struct lt_shell *shell, const struct lt_message *message, struct lt_error *reterr)
{
    switch (lt_record_type_of(message->value)) {
    case LT_RECORD_FEED_CURSOR:
        return take_feed_cursor(shell, message, reterr);
    case LT_RECORD_STANDSTILL:
        return take_stand(shell, message, reterr);
    default:
        return take_cursor(shell, message, reterr);
    }
}

/* Only lanes write here: a record that is not theirs stops the lane. */
static int visit_cursor(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    if (!message->value.data) {
        take_removal(shell, message->key);
        return 0;
    }
    lt_arena_reset(shell->arena);
    int rc = take_record(shell, message, reterr);
    if (rc == 0)
        return 0;
    reterr->class = LT_ERR_FATAL;
    return lt_fail_context(reterr, "%s at %lld", LT_TOPIC_CURSORS, (long long)message->offset);
}

static int read_whole(struct lt_shell *shell, struct lt_error *reterr)
{
    int64_t next;
    if (lt_bus_read_to_end(&shell->bus, LT_TOPIC_CURSORS, 0, shell->conf->transaction_ms,
                           visit_cursor, shell, &next, reterr) < 0)
        return reterr->class == LT_ERR_RETRY ? -1 : lt_shell_fail(reterr);
    lt_reader_close(lt_steal(&shell->cursors));
    shell->cursors = lt_reader_open(&shell->bus, true, LT_READ_STEADY, reterr);
    if (!shell->cursors || lt_reader_add(shell->cursors, LT_TOPIC_CURSORS, next, reterr) < 0)
        return lt_shell_fail(reterr);
    return 0;
}

int lt_shell_read_cursors(void *arg, bool whole, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    if (whole)
        return read_whole(shell, reterr);
    for (;;) {
        struct lt_message message;
        int got = lt_reader_poll(shell->cursors, 0, &message, reterr);
        if (got < 0 && reterr->class == LT_ERR_RETRY)
            return 0; /* a stale view is harmless (5.1) */
        if (got <= 0)
            return got == 0 ? 0 : lt_shell_fail(reterr);
        int rc = visit_cursor(shell, &message, reterr);
        lt_message_release(&message);
        if (rc < 0)
            return -1;
    }
}

/* ---- looking around ---- */

/* There is room. */
static void watch(struct lt_shell *shell, const char *topic)
{
    struct lt_shell_watch *place = &shell->watches[shell->watch_count++];
    *place = (struct lt_shell_watch){0};
    snprintf(place->topic, sizeof(place->topic), "%s", topic);
}

/* By topic; one that was unreadable comes first. */
static int compare_watches(const void *a, const void *b)
{
    const struct lt_shell_watch *x = a, *y = b;
    int order = strcmp(x->topic, y->topic);
    return order != 0 ? order : (x->since_ms == 0) - (y->since_ms == 0);
}

static void remove_doubles(struct lt_shell *shell)
{
    size_t keep = 0;
    qsort(shell->watches, shell->watch_count, sizeof(*shell->watches), compare_watches);
    for (size_t i = 0; i < shell->watch_count; i++)
        if (keep == 0 || strcmp(shell->watches[keep - 1].topic, shell->watches[i].topic) != 0)
            shell->watches[keep++] = shell->watches[i];
    shell->watch_count = keep;
}

static void watch_stream(struct lt_shell *shell, const struct lane_stream *stream)
{
    char topic[LT_TOPIC_MAX];
    lt_topic_stream(stream->name, topic);
    watch(shell, topic);
    const struct lt_connection *connection = lt_fold_connection(shell->fold, stream->connection);
    if (!connection)
        return;
    lt_topic_inbox(connection->application, topic);
    watch(shell, topic);
}

/* Every partition of the bucket; ended streams matter no more. */
static void list_watches(struct lt_shell *shell)
{
    const struct lane_view *view = lt_lane_view(shell->lane);
    size_t keep = 0;
    for (size_t i = 0; i < shell->watch_count; i++)
        if (shell->watches[i].since_ms != 0)
            shell->watches[keep++] = shell->watches[i];
    shell->watch_count = keep;
    shell->watches =
        lt_realloc(shell->watches, (keep + 2 + 2 * view->count) * sizeof(struct lt_shell_watch));
    watch(shell, LT_TOPIC_CURSORS);
    watch(shell, LT_TOPIC_DIARY);
    for (size_t i = 0; i < view->count; i++)
        if (view->slots[i]->now.state != LANE_ENDED)
            watch_stream(shell, &view->slots[i]->now);
    remove_doubles(shell);
}

/* A topic that the live lane needs and that nobody has: the lane starts over. */
static int miss(const struct lt_shell *shell, const char *topic, struct lt_error *reterr)
{
    const char *stream = strncmp(topic, "stream.", 7) == 0 ? topic + 7 : "";
    const struct lane_slot *slot = lt_lane_view_find(lt_lane_view(shell->lane), stream);
    bool needed =
        slot && slot->now.state == LANE_LIVE && slot->now.seq > 0 && shell->id == LANE_LIVE_LANE;
    return needed ? lt_fail(reterr, LT_ERR_ABORT, "routing", 0, "topic '%s' is gone", topic) : 0;
}

/* 1: unreadable for too long; 0; -1. */
static int look_at(struct lt_shell *shell,
                   struct lt_shell_watch *place,
                   const struct lt_ends *ends,
                   struct lt_error *reterr)
{
    int64_t now = lt_monotonic_ms();
    if (ends->state != LT_ERR_NONE) {
        place->since_ms = 0;
        return ends->state == LT_ERR_REJECT ? miss(shell, place->topic, reterr) : 0;
    }
    if (ends->lso >= ends->hw || ends->lso != place->lso || place->since_ms == 0)
        place->since_ms = ends->lso < ends->hw ? now : 0;
    place->lso = ends->lso;
    return place->since_ms != 0 && now - place->since_ms > shell->conf->transaction_ms;
}

static int look_at_all(struct lt_shell *shell,
                       struct lt_shell_watch *places,
                       size_t count,
                       struct lt_error *reterr)
{
    int rc = 0;
    LT_CLEANUP(lt_freep) struct lt_ends *ends = lt_alloc((count + 1) * sizeof(*ends));
    for (size_t i = 0; i < count; i++)
        ends[i].topic = places[i].topic;
    lt_asker_ends(shell->asker, ends, count);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = look_at(shell, &places[i], &ends[i], reterr);
    return rc;
}

/* An idle lane has nothing to write and would never see the fence: an empty record, aborted. */
static int ask_lease(struct lt_shell *shell, struct lt_error *reterr)
{
    int64_t now = lt_monotonic_ms();
    if (shell->wrote || now - shell->probed_ms < shell->conf->transaction_ms / 4) {
        shell->probed_ms = shell->wrote ? now : shell->probed_ms;
        shell->wrote = false;
        return 0;
    }
    shell->probed_ms = now;
    if (lt_producer_begin(shell->producer, reterr) < 0 ||
        lt_producer_send(shell->producer, LT_TOPIC_CURSORS, lt_bytes("", 0), lt_bytes(NULL, 0),
                         NULL, 0, reterr) < 0 ||
        lt_producer_flush(shell->producer, shell->conf->transaction_ms, reterr) < 0 ||
        lt_producer_abort(shell->producer, reterr) < 0)
        return lt_shell_fail(reterr);
    return 0;
}

int lt_shell_stuck(void *arg, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    if (ask_lease(shell, reterr) < 0)
        return -1;
    if (shell->watch_at >= shell->watch_count) {
        shell->watch_at = 0;
        list_watches(shell);
    }
    /* Looks come every 500 ms (shell.c): a round is done in a quarter of a time-out. */
    size_t looks = LT_MAX((size_t)shell->conf->transaction_ms / 2000, 1);
    size_t from = shell->watch_at, left = shell->watch_count - from;
    size_t slice = LT_MIN(shell->watch_count / looks + 1, left);
    shell->watch_at += slice;
    return look_at_all(shell, shell->watches + from, slice, reterr);
}
