/* The fold of this lane, the right of each connection (DX-1), and what consumers report. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "control/right.h"
#include "routing/shell.h"

void lt_shell_control_reset(struct lt_shell *shell)
{
    lt_reader_close(lt_steal(&shell->control));
    lt_reader_close(lt_steal(&shell->outboxes));
    lt_fold_free(shell->fold);
    shell->fold = lt_fold_new(shell->public_key);
    shell->terms_version++;
    shell->fold_complete = false;
}

static int open_control(struct lt_shell *shell, struct lt_error *reterr)
{
    if (shell->control)
        return 0;
    shell->control = lt_reader_open(&shell->bus, true, LT_READ_STEADY, reterr);
    if (shell->control &&
        lt_reader_add(shell->control, LT_TOPIC_CONTROL, LT_OFFSET_BEGIN, reterr) == 0)
        return 0;
    lt_reader_close(lt_steal(&shell->control));
    return lt_shell_fail(reterr);
}

static void take_control(struct lt_shell *shell, const struct lt_message *message)
{
    struct lt_error err = {0};
    shell->terms_version++;
    if (lt_fold_take(shell->fold, message->key, message->value, &err) == 0)
        return;
    lt_metric_add(shell->metrics->refused, 1);
    lt_log_error(LT_LOG_WARN, "control_refused", &err, "offset",
                 lt_logf("%lld", (long long)message->offset), NULL);
}

/* Says once when delivery stops for want of control, and when it goes on. */
static void tell_freshness(struct lt_shell *shell, bool fresh, const char *why)
{
    if (fresh != shell->fresh)
        lt_log(fresh ? LT_LOG_NOTICE : LT_LOG_WARN, fresh ? "control_fresh" : "control_stale",
               "lane", lt_lane_name(shell->id), "number",
               lt_logf("%lld", (long long)lt_fold_number(shell->fold)), "why", fresh ? NULL : why,
               NULL);
    shell->fresh = fresh;
    lt_metric_set(shell->metrics->fresh, fresh);
}

/* Not fresh: a reason to stand still, or only a pause. */
static void find_stale(struct lt_shell *shell, struct lane_stand *ret)
{
    if (shell->stale_at == LT_TIME_NONE)
        shell->stale_at = shell->fold_time;
    lt_time since =
        lt_lane_stale_since(lt_fold_heartbeat_at(shell->fold), shell->conf->grace_ms * LT_MILLI,
                            shell->stale_at, shell->fold_time, shell->fold_complete);
    if (since == LT_NULL)
        return;
    ret->since = since;
    snprintf(ret->clause, sizeof(ret->clause), "%s", lt_clause_name(LT_CLAUSE_CONTROL));
}

int lt_shell_control(void *arg,
                     int64_t *ret_number,
                     struct lane_stand *ret_stand,
                     struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    lt_shell_forget_lookups(shell);
    if (open_control(shell, reterr) < 0 || lt_shell_unmute(shell, reterr) < 0)
        return -1;
    for (;;) {
        struct lt_message message;
        struct lt_error err = {0};
        int got = lt_reader_poll(shell->control, 0, &message, &err);
        if (got < 0 && err.class == LT_ERR_FATAL) {
            *reterr = err;
            return -1;
        }
        if (got < 0 && err.code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
            lt_shell_control_reset(shell); /* another topic of that name: read it from its start */
        if (got <= 0)
            break; /* a broker that is away shows as a heartbeat that grows old */
        take_control(shell, &message);
        lt_message_release(&message);
    }
    const char *why = "";
    shell->fold_time = lt_now();
    bool fresh =
        lt_fold_fresh(shell->fold, shell->fold_time, shell->conf->grace_ms * LT_MILLI, &why);
    tell_freshness(shell, fresh, why);
    *ret_number = lt_fold_number(shell->fold);
    lt_metric_set(shell->metrics->control, *ret_number);
    if (!fresh) {
        find_stale(shell, ret_stand);
        return 0;
    }
    shell->fold_complete = true;
    shell->stale_at = LT_TIME_NONE;
    if (lt_shell_feeds_resume(shell, reterr) < 0)
        return -1;
    return lt_shell_diary(shell, ret_stand, reterr);
}

int64_t lt_shell_terms_version(void *arg)
{
    return ((struct lt_shell *)arg)->terms_version;
}

struct each {
    void (*visit)(void *visit_arg, const char *connection);
    void *visit_arg;
};

static bool visit_connection(void *arg, const char *object, int64_t number, const void *body)
{
    (void)number;
    (void)body;
    struct each *each = arg;
    each->visit(each->visit_arg, object);
    return true;
}

void lt_shell_each_connection(void *arg,
                              void (*visit)(void *visit_arg, const char *connection),
                              void *visit_arg)
{
    struct lt_shell *shell = arg;
    struct each each = {.visit = visit, .visit_arg = visit_arg};
    lt_fold_each(shell->fold, LT_CONTROL_CONNECTION, visit_connection, &each);
}

/* ---- compiled scopes ---- */

struct lt_lane_rows *lt_shell_rows(struct lt_shell *shell, const char *service)
{
    const struct lt_service *body = lt_fold_service(shell->fold, service);
    for (size_t i = 0; body && i < shell->rows_count; i++)
        if (strcmp(shell->rows[i]->service, service) == 0 &&
            shell->rows[i]->row_id == body->value_schema &&
            shell->rows[i]->scope_id == body->scope_schema)
            return shell->rows[i];
    struct lt_error err = {0};
    struct lt_lane_rows *rows = lt_lane_rows_new(shell->fold, service, &err);
    if (!rows)
        return NULL;
    shell->rows = lt_realloc(shell->rows, (shell->rows_count + 1) * sizeof(struct lt_lane_rows *));
    shell->rows[shell->rows_count++] = rows;
    return rows;
}

/* Place of the connection in the sorted list, or where it would stand. */
static size_t place_of(const struct lt_shell *shell, const char *connection, bool *ret_found)
{
    size_t low = 0, high = shell->shape_count;
    *ret_found = false;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = strcmp(connection, shell->shapes[mid]->connection);
        if (order == 0) {
            *ret_found = true;
            return mid;
        }
        if (order < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

static void insert(struct lt_shell *shell, size_t at, struct lt_lane_shape *shape)
{
    if (shell->shape_count == shell->shape_cap) {
        shell->shape_cap = shell->shape_cap ? shell->shape_cap * 2 : 32;
        shell->shapes =
            lt_realloc(shell->shapes, shell->shape_cap * sizeof(struct lt_lane_shape *));
    }
    memmove(&shell->shapes[at + 1], &shell->shapes[at],
            (shell->shape_count - at) * sizeof(struct lt_lane_shape *));
    shell->shapes[at] = shape;
    shell->shape_count++;
}

/* A scope never changes its meaning: another version is another shape, and no LIVE stream has the
 * old one any more when this boundary is over. */
static bool is_current(const struct lt_lane_shape *shape,
                       const struct lt_connection *connection,
                       const struct lt_agreement *agreement,
                       const struct lt_lane_rows *rows)
{
    return shape->scope_version == connection->scope_version &&
           shape->agreement == agreement->number && shape->row_id == rows->row_id &&
           shape->value_id == connection->value_schema;
}

struct lt_lane_shape *lt_shell_shape(struct lt_shell *shell, const char *connection)
{
    const struct lt_connection *body = lt_fold_connection(shell->fold, connection);
    const struct lt_agreement *agreement =
        body ? lt_fold_agreement(shell->fold, body->agreement) : NULL;
    struct lt_lane_rows *rows = agreement ? lt_shell_rows(shell, body->service) : NULL;
    bool found;
    size_t at = place_of(shell, connection, &found);
    if (!rows)
        return NULL; /* unknown means no, whatever was known before */
    if (found && is_current(shell->shapes[at], body, agreement, rows))
        return shell->shapes[at];
    struct lt_error err = {0};
    struct lt_lane_shape *shape = lt_lane_shape_new(shell->fold, connection, rows, &err);
    if (!shape) {
        lt_log_error(LT_LOG_WARN, "scope_refused", &err, "connection", connection, NULL);
        return NULL;
    }
    if (found) {
        for (size_t i = 0; i < shell->feed_count; i++)
            shell->feed_list[i].stale |=
                lt_lane_crowd_has(shell->feed_list[i].crowd, shell->shapes[at]);
        lt_shell_forget_lookups(shell);
        lt_lane_shape_free(shell->shapes[at]);
        shell->shapes[at] = shape;
    } else {
        insert(shell, at, shape);
    }
    return shape;
}

const struct lt_lane_shape *lt_shell_shape_of(struct lt_shell *shell, const char *connection)
{
    if (!shell->shape_of || strcmp(shell->shape_of->connection, connection) != 0)
        shell->shape_of = lt_shell_shape(shell, connection);
    return shell->shape_of;
}

void lt_shell_forget_lookups(struct lt_shell *shell)
{
    shell->shape_of = NULL;
    for (size_t i = 0; i < shell->feed_count; i++)
        shell->feed_list[i].rows = NULL;
}

/* ---- terms ---- */

struct holds {
    const char *connection, *service;
    int64_t number;
};

static bool visit_hold(void *arg, const char *object, int64_t number, const void *body)
{
    (void)object;
    struct holds *holds = arg;
    const struct lt_hold *hold = body;
    if (strcmp(hold->target, holds->connection) == 0 || strcmp(hold->target, holds->service) == 0)
        holds->number = LT_MAX(holds->number, number);
    return true;
}

static void judge_right(struct lt_shell *shell,
                        const char *connection,
                        int64_t day_count,
                        bool scope_known,
                        struct lane_terms *terms)
{
    struct lt_right_facts facts = {
        .now = shell->fold_time,
        .grace = shell->conf->grace_ms * LT_MILLI,
        .transaction = shell->conf->transaction_ms * LT_MILLI,
        .scope_known = scope_known,
        .delivered_today = day_count,
        .diary_writable = shell->diary.proved,
    };
    struct lt_right right = lt_route(shell->fold, connection, &facts);
    terms->until =
        LT_MIN(lt_route_until(shell->fold, connection, &facts), lt_lane_day_end(shell->fold_time));
    terms->clause = right.clause == LT_CLAUSE_NONE ? "" : lt_clause_name(right.clause);
    if (right.clause == LT_CLAUSE_NONE)
        terms->right = LANE_MAY;
    else
        terms->right = lt_clause_is_final(right.clause) ? LANE_OVER : LANE_HOLD;
    if (terms->right != LANE_HOLD)
        return;
    struct holds holds = {.connection = connection, .service = terms->service};
    lt_fold_each(shell->fold, LT_CONTROL_HOLD, visit_hold, &holds);
    terms->hold_number = holds.number;
}

bool lt_shell_terms(void *arg, const char *connection, int64_t day_count, struct lane_terms *ret)
{
    struct lt_shell *shell = arg;
    const struct lt_connection *body = lt_fold_connection(shell->fold, connection);
    if (!body)
        return false;
    const struct lt_service *service = lt_fold_service(shell->fold, body->service);
    const struct lt_feed_body *feed = lt_fold_feed(shell->fold, body->service);
    const struct lt_agreement *agreement = lt_fold_agreement(shell->fold, body->agreement);
    char inbox[LT_TOPIC_MAX];
    lt_topic_inbox(body->application, inbox);
    *ret = (struct lane_terms){
        .muted = lt_shell_is_muted(shell, inbox),
        .incarnation = feed ? feed->incarnation : 0,
        .agreement = agreement ? agreement->number : 0,
        .scope_version = body->scope_version,
        .key_schema = service ? service->key_schema : 0,
        .value_schema = body->value_schema,
        .filtered = body->filter[0] != 0,
        .window = service ? service->window : 0,
        .generation_base = lt_generation_base(lt_fold_epoch(shell->fold)),
        .sync_every = LT_MIN(shell->conf->sync_every_ms * LT_MILLI, body->use_period / 20),
        .use = {.period = body->use_period,
                .end = agreement ? agreement->use_until : LT_NULL,
                .fail = strcmp(body->on_expiry, "fail") == 0},
    };
    snprintf(ret->service, sizeof(ret->service), "%s", body->service);
    judge_right(shell, connection, day_count, lt_shell_shape(shell, connection) != NULL, ret);
    return true;
}

/* ---- gap reports (protocol 2): outbox, key gap/<stream> ---- */

static bool list_outbox(void *arg, const char *object, int64_t number, const void *body)
{
    (void)object;
    (void)number;
    struct lt_shell *shell = arg;
    const struct lt_connection *connection = body;
    char topic[LT_TOPIC_MAX];
    lt_topic_outbox(connection->application, topic);
    struct lt_error err = {0};
    if (lt_reader_position(shell->outboxes, topic) == -1 &&
        lt_reader_add(shell->outboxes, topic, LT_OFFSET_BEGIN, &err) < 0)
        lt_log_error(LT_LOG_WARN, "outbox_unreadable", &err, "topic", topic, NULL);
    return true;
}

static int open_outboxes(struct lt_shell *shell, struct lt_error *reterr)
{
    if (!shell->outboxes) {
        shell->outboxes = lt_reader_open(&shell->bus, true, LT_READ_STEADY, reterr);
        shell->outboxes_number = -1;
    }
    if (!shell->outboxes)
        return lt_shell_fail(reterr);
    if (shell->outboxes_number != lt_fold_number(shell->fold))
        lt_fold_each(shell->fold, LT_CONTROL_CONNECTION, list_outbox, shell);
    shell->outboxes_number = lt_fold_number(shell->fold);
    return 0;
}

/* A report counts when it comes from the stream's own application; all else is garbage. */
static bool
is_report(struct lt_shell *shell, const struct lt_message *message, struct lt_gap_report *report)
{
    char connection[LT_ID_MAX], topic[LT_TOPIC_MAX];
    int64_t generation;
    if (message->key.len < 4 || memcmp(message->key.data, "gap/", 4) != 0 || !message->value.data)
        return false;
    if (lt_record_decode(LT_RECORD_GAP_REPORT, message->value, report, shell->arena, NULL) == 0 &&
        lt_stream_parse(report->stream, connection, &generation, NULL) == 0) {
        const struct lt_connection *body = lt_fold_connection(shell->fold, connection);
        if (body)
            lt_topic_outbox(body->application, topic);
        if (body && strcmp(topic, message->topic) == 0)
            return true;
    }
    lt_metric_add(shell->metrics->garbage, 1);
    return false;
}

static void take_report(struct lt_shell *shell, const struct lt_message *message)
{
    struct lt_gap_report report;
    if (!is_report(shell, message, &report))
        return;
    for (size_t i = 0; i < shell->reported_count; i++)
        if (strcmp(shell->reported[i], report.stream) == 0)
            return;
    const struct lane_slot *slot = lt_lane_view_find(lt_lane_view(shell->lane), report.stream);
    if (!slot || slot->now.state == LANE_ENDED)
        return;
    shell->reported =
        lt_realloc(shell->reported, (shell->reported_count + 1) * sizeof(*shell->reported));
    snprintf(shell->reported[shell->reported_count++], LT_TOPIC_MAX, "%s", report.stream);
    lt_log(LT_LOG_WARN, "gap_reported", "stream", report.stream, "expected",
           lt_logf("%lld", (long long)report.expected), "seen",
           lt_logf("%lld", (long long)report.seen), NULL);
}

int lt_shell_gap_reports(void *arg,
                         void (*visit)(void *visit_arg, const char *stream),
                         void *visit_arg,
                         struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    if (open_outboxes(shell, reterr) < 0)
        return -1;
    for (;;) {
        struct lt_message message;
        struct lt_error err = {0};
        int got = lt_reader_poll(shell->outboxes, 0, &message, &err);
        if (got < 0 && err.class == LT_ERR_FATAL) {
            *reterr = err;
            return -1;
        }
        if (got == 0 || (got < 0 && err.class != LT_ERR_REJECT))
            break;
        if (got < 0)
            continue; /* one outbox is not there yet */
        take_report(shell, &message);
        lt_message_release(&message);
    }
    for (size_t i = 0; i < shell->reported_count; i++)
        visit(visit_arg, shell->reported[i]);
    return 0;
}
