/*
 * The transaction of a lane: deliveries, cursors, inbox records, notes and decisions.
 *
 * A commit that fails because one topic refuses (unknown, unauthorised, too large) or times out
 * while others were acknowledged ejects it (shell_eject.c): the lane starts over, and the streams
 * that need the topic are HELD, technical, at the next boundary (architecture 4.3).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "routing/shell.h"

int lt_shell_begin(void *arg, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    shell->wrote = true;
    return lt_producer_begin(shell->producer, reterr) < 0 ? lt_shell_fail(reterr) : 0;
}

static int send_failed(struct lt_shell *shell, struct lt_error *reterr)
{
    struct lt_error how = {0};
    const char *topic = lt_producer_failed_topic(shell->producer, &how);
    if (topic)
        lt_shell_eject(shell, topic, &how);
    return lt_shell_fail(reterr);
}

static int send(struct lt_shell *shell,
                const char *topic,
                struct lt_bytes key,
                struct lt_bytes value,
                struct lt_bytes lt,
                struct lt_error *reterr)
{
    struct lt_send_header header = {.name = LT_HEADER_NAME, .value = lt};
    if (lt_producer_send(shell->producer, topic, key, value, &header, lt.data ? 1 : 0, reterr) == 0)
        return 0;
    if (reterr->class == LT_ERR_REJECT)
        lt_shell_eject(shell, topic, reterr);
    return send_failed(shell, reterr);
}

int lt_shell_deliver(void *arg,
                     struct lane_stream *stream,
                     const struct lane_record *record,
                     enum lt_op op,
                     struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    const struct lt_message *message = record->body;
    char topic[LT_TOPIC_MAX], text[LT_HEADER_MAX];
    struct lt_header header = {
        .op = op,
        .seq = stream->seq,
        .time = record->time,
        .incarnation = record->feed->incarnation,
        .feed_seq = record->seq,
        .agreement = stream->agreement,
        .scope_version = stream->scope_version,
    };
    struct lt_bytes value = {0}, lt = lt_bytes(text, lt_header_format(&header, text));
    if (lt_op_has_value(op)) {
        const struct lt_lane_shape *shape = lt_shell_shape_of(shell, stream->connection);
        if (!shape)
            return lt_fail(reterr, LT_ERR_ABORT, "routing", 0, "scope of %s is not known",
                           stream->name);
        lt_buf_clear(&shell->out);
        lt_lane_shape_project(shape, shell->row_of, &shell->row, &shell->out);
        value = lt_buf_bytes(&shell->out);
    }
    lt_topic_stream(stream->name, topic);
    lt_chain_add(&stream->chain, message->key, value, lt);
    shell->delivered++;
    return send(shell, topic, message->key, value, lt, reterr);
}

int lt_shell_put(struct lt_shell *shell,
                 const char *topic,
                 const char *key,
                 enum lt_record_type type,
                 const void *record,
                 struct lt_error *reterr)
{
    lt_buf_clear(&shell->out);
    lt_record_encode(type, record, &shell->out);
    shell->wrote_diary |= strcmp(topic, LT_TOPIC_DIARY) == 0;
    return send(shell, topic, lt_bytes_text(key), lt_buf_bytes(&shell->out), (struct lt_bytes){0},
                reterr);
}

int lt_shell_put_stream(void *arg, const struct lane_stream *stream, struct lt_error *reterr)
{
    struct lt_cursor record;
    lt_lane_stream_record(stream, &record);
    return lt_shell_put(arg, LT_TOPIC_CURSORS, stream->name, LT_RECORD_CURSOR, &record, reterr);
}

int lt_shell_put_feed(void *arg, const struct lane_feed *feed, struct lt_error *reterr)
{
    struct lt_feed_cursor record;
    char key[LT_TOPIC_MAX];
    lt_lane_feed_record(feed, &record);
    snprintf(key, sizeof(key), "live/%s", feed->service);
    return lt_shell_put(arg, LT_TOPIC_CURSORS, key, LT_RECORD_FEED_CURSOR, &record, reterr);
}

int lt_shell_put_stand(void *arg,
                       const struct lane_stand *stand,
                       bool over,
                       struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    char key[LT_TOPIC_MAX];
    snprintf(key, sizeof(key), "stand/%s/%s", lt_lane_name(shell->id), stand->clause);
    struct lt_standstill record = {
        .name = key + strlen("stand/"),
        .lane = lt_lane_name(shell->id),
        .clause = stand->clause,
        .since = stand->since,
        .at = lt_now(),
    };
    if (over)
        return send(shell, LT_TOPIC_CURSORS, lt_bytes_text(key), lt_bytes(NULL, 0),
                    (struct lt_bytes){0}, reterr);
    return lt_shell_put(shell, LT_TOPIC_CURSORS, key, LT_RECORD_STANDSTILL, &record, reterr);
}

/* ---- inboxes ---- */

int lt_shell_put_notice(void *arg,
                        const struct lane_stream *stream,
                        bool over,
                        struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    const struct lt_connection *connection = lt_fold_connection(shell->fold, stream->connection);
    const struct lt_service *service = lt_fold_service(shell->fold, stream->service);
    const struct lt_agreement *agreement =
        connection ? lt_fold_agreement(shell->fold, connection->agreement) : NULL;
    if (!agreement || !service)
        return 0; /* withdrawn from control: nobody is left to be told */
    char inbox[LT_TOPIC_MAX];
    lt_topic_inbox(connection->application, inbox);
    if (lt_shell_is_muted(shell, inbox))
        return 0;
    struct lt_stream_notice notice = {
        .stream = stream->name,
        .connection = stream->connection,
        .generation = stream->generation,
        .service = stream->service,
        .incarnation = stream->incarnation,
        .entity = service->entity,
        .agreement = stream->agreement,
        .scope_version = stream->scope_version,
        .rows_since = connection->rows_since,
        .key_schema = stream->key_schema,
        .value_schema = stream->value_schema,
        .use_period = connection->use_period,
        .end_of_use = agreement->use_until,
        .on_expiry = connection->on_expiry,
        .window = service->window,
        .load_seq = stream->load_seq,
        .sync_time = stream->sync_time,
        .sync_seq = stream->sync_seq,
        .state = lt_lane_state_name(stream->state),
        .reason = stream->reason,
        .ended = stream->state == LANE_ENDED,
        .terminated = over,
        .at = lt_now(),
    };
    if (lt_shell_put_schema(shell, inbox, notice.key_schema, reterr) < 0 ||
        lt_shell_put_schema(shell, inbox, notice.value_schema, reterr) < 0)
        return -1;
    return lt_shell_put(shell, inbox, stream->name, LT_RECORD_STREAM_NOTICE, &notice, reterr);
}

/* ---- the diary ---- */

static const char *application_of(struct lt_shell *shell, const struct lane_stream *stream)
{
    const struct lt_connection *connection = lt_fold_connection(shell->fold, stream->connection);
    return connection ? connection->application : "";
}

int lt_shell_put_note(void *arg, const struct lane_stream *stream, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    const struct lane_page *page = &stream->page;
    char key[LT_TOPIC_MAX + 32];
    struct lt_delivery_note note = {
        .stream = stream->name,
        .connection = stream->connection,
        .service = stream->service,
        .application = application_of(shell, stream),
        .agreement = stream->agreement,
        .scope_version = stream->scope_version,
        .first = page->first,
        .last = stream->seq,
        .count = page->count,
        .deletes = page->deletes,
        .sync_time = stream->sync_time,
        .chain = lt_chain_bytes(&stream->chain),
        .opened_at = page->opened,
        .closed_at = lt_now(),
    };
    snprintf(key, sizeof(key), "note/%s/%lld", stream->name, (long long)page->first);
    return lt_shell_put(shell, LT_TOPIC_DIARY, key, LT_RECORD_DELIVERY_NOTE, &note, reterr);
}

/* Logged when it has become true. */
static void remember_decision(struct lt_shell *shell,
                              const struct lane_stream *stream,
                              const struct lane_decision *what)
{
    shell->decisions = lt_realloc(shell->decisions,
                                  (shell->decision_count + 1) * sizeof(struct lt_shell_decision));
    struct lt_shell_decision *decision = &shell->decisions[shell->decision_count++];
    *decision = (struct lt_shell_decision){.from = what->from, .to = stream->state};
    snprintf(decision->stream, sizeof(decision->stream), "%s", stream->name);
    snprintf(decision->clause, sizeof(decision->clause), "%s", what->clause);
    snprintf(decision->reason, sizeof(decision->reason), "%s", what->reason);
}

int lt_shell_put_decision(void *arg,
                          const struct lane_stream *stream,
                          const struct lane_decision *what,
                          struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    char key[LT_TOPIC_MAX + 32];
    struct lt_decision decision = {
        .stream = stream->name,
        .connection = stream->connection,
        .service = stream->service,
        .application = application_of(shell, stream),
        .from_state = lt_lane_state_name(what->from),
        .to_state = lt_lane_state_name(stream->state),
        .clause = what->clause,
        .reason = what->reason,
        .control = stream->control,
        .pos = stream->pos,
        .seq = stream->seq,
        .at = what->at,
    };
    remember_decision(shell, stream, what);
    snprintf(key, sizeof(key), "decision/%s", stream->name);
    return lt_shell_put(shell, LT_TOPIC_DIARY, key, LT_RECORD_DECISION, &decision, reterr);
}

int lt_shell_commit(void *arg, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    lt_log(LT_LOG_DEBUG, "commit_begun", "lane", lt_lane_name(shell->id), NULL);
    if (lt_producer_commit(shell->producer, reterr) < 0)
        return send_failed(shell, reterr);
    lt_log(LT_LOG_DEBUG, "commit_ended", "lane", lt_lane_name(shell->id), NULL);
    lt_metric_add(shell->metrics->commits, 1);
    lt_metric_add(shell->metrics->deliveries, shell->delivered);
    shell->delivered = 0;
    if (shell->wrote_diary)
        lt_shell_diary_proved(shell);
    shell->wrote_diary = false;
    for (size_t i = 0; i < shell->decision_count; i++) {
        const struct lt_shell_decision *decision = &shell->decisions[i];
        lt_log(LT_LOG_INFO, "stream_state", "stream", decision->stream, "from",
               lt_lane_state_name(decision->from), "to", lt_lane_state_name(decision->to), "reason",
               decision->reason[0] ? decision->reason : NULL, "clause",
               decision->clause[0] ? decision->clause : NULL, "lane", lt_lane_name(shell->id),
               NULL);
    }
    shell->decision_count = 0;
    return 0;
}
