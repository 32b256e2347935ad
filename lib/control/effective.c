#include "control/effective.h"

#include <stdio.h>
#include <string.h>

struct count {
    const struct lt_fold *fold;
    const struct lt_routing_view *routing;
    const char *service; /* holds: the target; NULL for a single connection */
    struct lt_effect *effect;
};

/* Could a lane whose fold lacks command `number` still begin a first stream of the connection?
 * Not when feed or connection became known after the command, since a fold takes all in order. */
static bool may_still_begin(const struct lt_fold *fold,
                            const char *id,
                            const struct lt_connection *connection,
                            const struct lt_routing_view *routing,
                            int64_t number)
{
    const int64_t feed = lt_fold_number_of(fold, LT_CONTROL_FEED, connection->service);
    if (feed == 0 || feed > number || lt_fold_number_of(fold, LT_CONTROL_CONNECTION, id) > number)
        return false;
    for (size_t i = 0; i < routing->feed_count; i++)
        if (strcmp(routing->feeds[i].service, connection->service) == 0)
            return routing->feeds[i].control < number;
    return true;
}

static bool belongs_to(const struct lt_cursor *cursor, const char *connection)
{
    const size_t len = strlen(connection);
    return strncmp(cursor->stream, connection, len) == 0 && cursor->stream[len] == '.';
}

/* Is nothing more sent on the connection?  `held`: HELD counts, else only ENDED does. */
static bool stopped(const struct count *count,
                    const char *id,
                    const struct lt_connection *connection,
                    int64_t number,
                    bool held)
{
    size_t streams = 0;
    for (size_t i = 0; i < count->routing->cursor_count; i++) {
        const struct lt_cursor *cursor = &count->routing->cursors[i];
        if (!belongs_to(cursor, id))
            continue;
        streams++;
        if (strcmp(cursor->state, "ENDED") == 0)
            continue;
        if (!held || strcmp(cursor->state, "HELD") != 0 || cursor->control < number)
            return false;
    }
    return streams > 0 || !may_still_begin(count->fold, id, connection, count->routing, number);
}

static void
add(const struct count *count, const char *id, const struct lt_connection *connection, bool held)
{
    struct lt_effect *effect = count->effect;
    effect->connections++;
    if (stopped(count, id, connection, effect->number, held))
        return;
    if (effect->waiting++ == 0)
        snprintf(effect->first_waiting, sizeof(effect->first_waiting), "%s", id);
}

static bool add_if_of_service(void *arg, const char *object, int64_t number, const void *body)
{
    (void)number;
    const struct count *count = arg;
    const struct lt_connection *connection = body;
    if (connection->ended_at == LT_NULL && strcmp(connection->service, count->service) == 0)
        add(count, object, connection, true);
    return true;
}

struct lt_effect lt_effect_of_hold(const struct lt_fold *fold,
                                   const char *hold,
                                   const struct lt_routing_view *routing)
{
    struct lt_effect effect = {0};
    const struct lt_hold *body = lt_fold_hold(fold, hold);
    if (!body || body->lifted_at != LT_NULL)
        return effect;
    effect.number = lt_fold_number_of(fold, LT_CONTROL_HOLD, hold);
    struct count count = {
        .fold = fold, .routing = routing, .service = body->target, .effect = &effect};
    const struct lt_connection *connection = lt_fold_connection(fold, body->target);
    if (connection)
        add(&count, body->target, connection, true);
    else
        lt_fold_each(fold, LT_CONTROL_CONNECTION, add_if_of_service, &count);
    effect.effective = effect.waiting == 0;
    return effect;
}

/* Number of the record that ended the connection: its own, or its agreement's. */
static int64_t
number_of_end(const struct lt_fold *fold, const char *id, const struct lt_connection *connection)
{
    if (connection->ended_at != LT_NULL)
        return lt_fold_number_of(fold, LT_CONTROL_CONNECTION, id);
    const struct lt_agreement *agreement = lt_fold_agreement(fold, connection->agreement);
    return agreement && agreement->ended_at != LT_NULL
               ? lt_fold_number_of(fold, LT_CONTROL_AGREEMENT, connection->agreement)
               : 0;
}

struct lt_effect lt_effect_of_end(const struct lt_fold *fold,
                                  const char *connection,
                                  const struct lt_routing_view *routing)
{
    struct lt_effect effect = {0};
    const struct lt_connection *body = lt_fold_connection(fold, connection);
    if (!body)
        return effect;
    effect.number = number_of_end(fold, connection, body);
    if (effect.number == 0)
        return effect;
    const struct count count = {.fold = fold, .routing = routing, .effect = &effect};
    add(&count, connection, body, false);
    effect.effective = effect.waiting == 0;
    return effect;
}
