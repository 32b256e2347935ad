/*
 * Time is followed downstream.  The source's adapter writes its position with every sync point, so
 * a position that grows old means that nothing vouches for the source any more.  From there each
 * stage is compared with its own promise: the feed streams, routing has handled what the feed holds
 * and passes sync points on, the stream is LIVE and its inbox record shows a recent sync point, the
 * target has applied it.  The first stage that breaks its promise is named; those after it only
 * wait.
 *
 * Routing copies a sync point to an inbox only every so often (its sync_every, 5 s), and targets
 * report about once a second: the tolerance must be longer than both.
 */
#include "lienthong/line.h"

#include <string.h>

const char *lt_cli_stage_name(enum lt_cli_stage stage)
{
    static const char *const NAMES[] = {"source", "feed", "routed", "stream", "target", "none"};
    return NAMES[stage];
}

int64_t lt_cli_used_percent(lt_time stamp, lt_time period, lt_time now)
{
    if (now <= stamp)
        return 0;
    lt_time age = now - stamp;
    return age / period * 100 + age % period * 100 / period;
}

enum lt_cli_age lt_cli_age_of(int64_t used_percent)
{
    if (used_percent < 0)
        return LT_CLI_AGE_NONE;
    return used_percent >= 100  ? LT_CLI_AGE_EXPIRED
           : used_percent >= 95 ? LT_CLI_AGE_95
           : used_percent >= 80 ? LT_CLI_AGE_80
           : used_percent >= 50 ? LT_CLI_AGE_50
                                : LT_CLI_AGE_FRESH;
}

static bool older_than(lt_time at, lt_time age, lt_time now)
{
    return at == LT_TIME_NONE || (now > at && now - at > age);
}

static enum lt_cli_still source_still(const struct lt_cli_line *line,
                                      const struct lt_cli_measure *m)
{
    if (!line->source) /* it is stored when the first feed begins */
        return line->feed ? LT_CLI_STILL_NOT : LT_CLI_STILL_NO_SIGN;
    return older_than(line->source->at, m->still, m->now) ? LT_CLI_STILL_NO_SIGN : LT_CLI_STILL_NOT;
}

static enum lt_cli_still feed_still(const struct lt_cli_line *line, const struct lt_cli_measure *m)
{
    const struct lt_feed_position *feed = line->feed;
    if (!feed || strcmp(feed->state, "wanted") == 0)
        return LT_CLI_STILL_NO_FEED;
    if (strcmp(feed->state, "snapshot") == 0)
        return LT_CLI_STILL_SNAPSHOT;
    if (strcmp(feed->state, "ended") == 0)
        return feed->incarnation > 0 ? LT_CLI_STILL_FEED_ENDED : LT_CLI_STILL_FEED_UNFIT;
    return older_than(feed->at, m->still, m->now) ? LT_CLI_STILL_NO_SYNC : LT_CLI_STILL_NOT;
}

static enum lt_cli_still routed_still(const struct lt_cli_line *line,
                                      const struct lt_cli_measure *m)
{
    const struct lt_feed_cursor *routed = line->routed;
    if (!routed || routed->incarnation < line->feed->incarnation)
        return LT_CLI_STILL_BEHIND;
    if (!older_than(routed->sync_time, m->still, m->now))
        return LT_CLI_STILL_NOT;
    return routed->g < line->feed->next_seq - 1 ? LT_CLI_STILL_BEHIND : LT_CLI_STILL_NO_SYNC;
}

static enum lt_cli_still stream_still(const struct lt_cli_line *line,
                                      const struct lt_cli_measure *m)
{
    const struct lt_cursor *cursor = line->cursor;
    if (!cursor)
        return LT_CLI_STILL_NO_CURSOR;
    if (strcmp(cursor->state, "HELD") == 0)
        return LT_CLI_STILL_HELD;
    if (strcmp(cursor->state, "ENDED") == 0)
        return LT_CLI_STILL_ENDED;
    if (strcmp(cursor->state, "LOAD") == 0)
        return LT_CLI_STILL_LOADING;
    if (!older_than(line->notice ? line->notice->sync_time : LT_TIME_NONE, m->still, m->now))
        return LT_CLI_STILL_NOT;
    return strcmp(cursor->state, "LIVE") == 0 ? LT_CLI_STILL_NO_NOTICE : LT_CLI_STILL_CATCHING;
}

/* Has the target been left behind for longer than it may take to apply and report? */
static bool is_behind(const struct lt_cli_line *line, const struct lt_cli_measure *m)
{
    lt_time stamp = line->receipt->stamp, offered = line->notice->sync_time;
    if (stamp != LT_TIME_NONE && stamp >= offered)
        return false;
    return older_than(line->notice->at, m->still, m->now) ||
           (stamp != LT_TIME_NONE && offered - stamp > m->still);
}

static enum lt_cli_still target_still(const struct lt_cli_line *line,
                                      const struct lt_cli_measure *m)
{
    if (!line->receipt)
        return LT_CLI_STILL_NO_RECEIPT;
    if (!line->receipt->active)
        return LT_CLI_STILL_STAGING;
    if (!is_behind(line, m))
        return LT_CLI_STILL_NOT;
    return older_than(line->receipt->at, m->still, m->now) ? LT_CLI_STILL_NO_RECEIPT
                                                           : LT_CLI_STILL_NOT_APPLIED;
}

typedef enum lt_cli_still stage_still(const struct lt_cli_line *line,
                                      const struct lt_cli_measure *measure);
static stage_still *const STAGES[LT_CLI_STAGES] = {
    source_still, feed_still, routed_still, stream_still, target_still,
};

static void find_still(struct lt_cli_line *line, const struct lt_cli_measure *measure)
{
    line->stands = LT_CLI_MOVING;
    line->why = LT_CLI_STILL_NOT;
    for (int stage = 0; stage < LT_CLI_STAGES; stage++) {
        enum lt_cli_still why = STAGES[stage](line, measure);
        if (why == LT_CLI_STILL_NOT)
            continue;
        line->stands = (enum lt_cli_stage)stage;
        line->why = why;
        return;
    }
}

/* usable_until as the target computes it: stamp + use period, at most the end of use (D41.2b). */
static void find_use(struct lt_cli_line *line, const struct lt_cli_measure *m)
{
    const struct lt_agreement *agreement = line->agreement;
    lt_time end = agreement && agreement->use_until != LT_NULL ? agreement->use_until : LT_TIME_END;
    bool ended = line->terms->ended_at != LT_NULL || !agreement || agreement->ended_at != LT_NULL ||
                 (agreement->connection_until != LT_NULL && agreement->connection_until <= m->now);
    line->over = ended || end <= m->now;
    line->stamp = line->shown ? line->shown->stamp : LT_TIME_NONE;
    line->usable_until = LT_TIME_NONE;
    line->used_percent = -1;
    if (line->stamp != LT_TIME_NONE && line->use_period > 0) {
        line->used_percent = lt_cli_used_percent(line->stamp, line->use_period, m->now);
        if (!ended)
            line->usable_until = LT_MIN(line->stamp + line->use_period, end);
    }
    line->age = line->over ? LT_CLI_AGE_OVER : lt_cli_age_of(line->used_percent);
}

struct hold_search {
    const char *connection, *service;
    struct lt_cli_held *held;
    size_t count;
};

static bool take_hold(void *arg, const char *object, int64_t number, const void *body)
{
    (void)number;
    struct hold_search *search = arg;
    const struct lt_hold *hold = body;
    bool here =
        strcmp(hold->target, search->connection) == 0 || strcmp(hold->target, search->service) == 0;
    if (here && hold->lifted_at == LT_NULL)
        search->held[search->count++] = (struct lt_cli_held){.id = object, .hold = hold};
    return search->count < LT_CLI_HOLDS_MAX;
}

size_t lt_cli_holds(const struct lt_fold *fold,
                    const char *connection,
                    const char *service,
                    struct lt_cli_held held[LT_CLI_HOLDS_MAX])
{
    struct hold_search search = {.connection = connection, .service = service, .held = held};
    lt_fold_each(fold, LT_CONTROL_HOLD, take_hold, &search);
    return search.count;
}

void lt_cli_line(const struct lt_fold *fold,
                 const struct lt_cli_board *board,
                 const char *connection,
                 const struct lt_cli_marks *marks,
                 const struct lt_cli_measure *measure,
                 struct lt_cli_line *ret)
{
    const struct lt_connection *terms = lt_fold_connection(fold, connection);
    const struct lt_service *service = lt_fold_service(fold, terms->service);
    const struct lt_cursor *cursor = lt_cli_board_newest(board, connection);
    const char *application = terms->application;
    *ret = (struct lt_cli_line){
        .connection = connection,
        .terms = terms,
        .service = service,
        .agreement = lt_fold_agreement(fold, terms->agreement),
        .application = lt_fold_application(fold, application),
        .source = service ? lt_cli_board_source(board, service->source) : NULL,
        .feed = service ? lt_cli_board_feed(board, service->source, terms->service) : NULL,
        .routed = lt_cli_board_feed_cursor(board, terms->service),
        .cursor = cursor,
        .notice = cursor ? lt_cli_board_notice(board, application, cursor->stream) : NULL,
        .receipt = cursor ? lt_cli_board_receipt(board, application, cursor->stream) : NULL,
        .shown = lt_cli_board_shown(board, application, connection),
        .marks = *marks,
        .use_period = terms->use_period,
    };
    ret->hold_count = lt_cli_holds(fold, connection, terms->service, ret->holds);
    find_still(ret, measure);
    find_use(ret, measure);
}
