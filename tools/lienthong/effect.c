#include "lienthong/effect.h"

#include "control/effective.h"
#include "lienthong/line.h"

#include <stdio.h>
#include <string.h>

/* One question, asked of every connection that the command touches. */
struct question {
    const struct lt_fold *fold;
    const struct lt_cli_board *board;
    const struct lt_routing_view *routing;
    const char *object; /* connection, service or agreement */
    int64_t number;
    bool (*shows)(const struct question *q, const char *id, const struct lt_connection *terms);
    struct lt_cli_effect *effect;
};

/* Has the lane that owns this stream folded the command?  A LIVE stream's position is its feed's
 * record (protocol 2), so that one counts too. */
static bool
folded(const struct question *q, const struct lt_connection *terms, const struct lt_cursor *cursor)
{
    const struct lt_feed_cursor *feed = lt_cli_board_feed_cursor(q->board, terms->service);
    return cursor->control >= q->number || (feed && feed->control >= q->number);
}

/* A connection without stream has nothing to resume or replace: its first stream will begin with
 * the fold as it is then. */
static bool
shows_lifted(const struct question *q, const char *id, const struct lt_connection *terms)
{
    struct lt_cli_held held[LT_CLI_HOLDS_MAX];
    if (lt_cli_holds(q->fold, id, terms->service, held) > 0) {
        q->effect->still_held++;
        return true;
    }
    const struct lt_cursor *cursor = lt_cli_board_newest(q->board, id);
    return !cursor || (strcmp(cursor->state, "HELD") != 0 && folded(q, terms, cursor));
}

static bool
shows_amended(const struct question *q, const char *id, const struct lt_connection *terms)
{
    const struct lt_cursor *cursor = lt_cli_board_newest(q->board, id);
    return !cursor || (cursor->scope_version == terms->scope_version && folded(q, terms, cursor));
}

static bool shows_ended(const struct question *q, const char *id, const struct lt_connection *terms)
{
    (void)terms;
    return lt_effect_of_end(q->fold, id, q->routing).effective;
}

static bool ask(void *arg, const char *id, int64_t number, const void *body)
{
    (void)number;
    const struct question *q = arg;
    const struct lt_connection *terms = body;
    if (strcmp(q->object, id) != 0 && strcmp(q->object, terms->service) != 0 &&
        strcmp(q->object, terms->agreement) != 0)
        return true;
    if (terms->ended_at != LT_NULL && q->shows != shows_ended)
        return true; /* terminated before: a hold, lift or amendment means nothing to it */
    struct lt_cli_effect *effect = q->effect;
    effect->connections++;
    if (!q->shows(q, id, terms) && effect->waiting++ == 0)
        snprintf(effect->first_waiting, sizeof effect->first_waiting, "%s", id);
    return true;
}

static struct lt_cli_effect
of_hold(const struct lt_fold *fold, const struct lt_routing_view *routing, const char *hold)
{
    struct lt_effect effect = lt_effect_of_hold(fold, hold, routing);
    struct lt_cli_effect ret = {
        .shown = effect.effective,
        .connections = effect.connections,
        .waiting = effect.waiting,
    };
    snprintf(ret.first_waiting, sizeof ret.first_waiting, "%s", effect.first_waiting);
    return ret;
}

static const char *lifted_target(const struct lt_fold *fold, const char *hold)
{
    const struct lt_hold *body = lt_fold_hold(fold, hold);
    return body && body->lifted_at != LT_NULL ? body->target : NULL;
}

struct lt_cli_effect lt_cli_effect(const struct lt_fold *fold,
                                   const struct lt_cli_board *board,
                                   enum lt_cli_wish wish,
                                   const char *object,
                                   int64_t number)
{
    struct lt_cli_effect effect = {0};
    if (wish == LT_CLI_WISH_SIGNED) {
        effect.shown = lt_fold_number(fold) >= number;
        return effect;
    }
    if (lt_fold_highest(fold) < number)
        return effect;
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    struct lt_routing_view routing;
    lt_cli_board_routing(board, arena, &routing);
    if (wish == LT_CLI_WISH_HELD)
        return of_hold(fold, &routing, object);
    struct question q = {
        .fold = fold,
        .board = board,
        .routing = &routing,
        .object = wish == LT_CLI_WISH_LIFTED ? lifted_target(fold, object) : object,
        .number = number,
        .shows = wish == LT_CLI_WISH_LIFTED    ? shows_lifted
                 : wish == LT_CLI_WISH_AMENDED ? shows_amended
                                               : shows_ended,
        .effect = &effect,
    };
    if (!q.object)
        return effect;
    lt_fold_each(fold, LT_CONTROL_CONNECTION, ask, &q);
    effect.shown = effect.waiting == 0;
    return effect;
}
