/*
 * What each command means for control.
 */
#include "steward/command.h"

#include "steward/apply.h"
#include "steward/scope_of.h"

#include <stdio.h>
#include <string.h>

#define DECLARATIONS_MAX 1000
#define AMENDED_MAX      500

static int plan_apply(struct lt_plan *plan,
                      const struct lt_reading *reading,
                      const struct lt_command *command,
                      const struct lt_command_settings *settings)
{
    static const struct lt_member members[] = {
        {.name = "file", .type = LT_MEMBER_TEXT, .offset = 0},
        {.name = "text", .type = LT_MEMBER_IGNORED},
    };
    const size_t count = json_array_size(command->declarations);
    if (count == 0 || count > DECLARATIONS_MAX)
        return lt_reading_fail(reading, "$.declarations", "1 to %d declarations are needed",
                               DECLARATIONS_MAX);
    struct lt_declaration *declarations =
        lt_arena_alloc(plan->arena, count * sizeof(*declarations));
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(command->declarations, i);
        const json_t *text = json_object_get(item, "text");
        const char *file;
        char at[64];
        snprintf(at, sizeof(at), "$.declarations[%zu]", i);
        if (lt_reading_object(reading, item, at, members, LT_COUNT(members), &file) < 0)
            return -1;
        if (!json_is_string(text))
            return lt_reading_fail(reading, at, "has no text");
        if (lt_declaration_read(reading, file, json_string_value(text), json_string_length(text),
                                settings->default_window, &declarations[i]) < 0)
            return -1;
    }
    return lt_plan_declarations(plan, reading, declarations, count);
}

/* D43.1 suspends a service for all, D43.2 one user: ground and target must go together. */
static int check_hold_target(const struct lt_plan *plan,
                             const struct lt_reading *reading,
                             const struct lt_command *command)
{
    const bool whole_service = strncmp(command->ground, "43.1", 4) == 0;
    const struct lt_connection *connection =
        lt_plan_get(plan, LT_CONTROL_CONNECTION, command->target);
    if (!connection && !lt_plan_get(plan, LT_CONTROL_SERVICE, command->target))
        return lt_reading_fail(reading, "$.target", "'%.60s' is no known connection or service",
                               command->target);
    if (connection && whole_service)
        return lt_reading_fail(reading, "$.ground",
                               "ground %s suspends a whole service, '%s' is a connection",
                               command->ground, command->target);
    if (!connection && !whole_service)
        return lt_reading_fail(reading, "$.ground",
                               "ground %s suspends one user, '%s' is a service", command->ground,
                               command->target);
    if (connection && connection->ended_at != LT_NULL)
        return lt_reading_fail(reading, "$.target", "'%s' is terminated", command->target);
    /* D43.5b: a violation or risk is told with what restores the connection. */
    if (connection && !*command->restore)
        return lt_reading_fail(reading, "$.restore",
                               "say what is needed to restore (article 43.5)");
    return 0;
}

static int
plan_hold(struct lt_plan *plan, const struct lt_reading *reading, const struct lt_command *command)
{
    if (check_hold_target(plan, reading, command) < 0)
        return -1;
    const struct lt_hold hold = {
        .target = command->target,
        .ground = command->ground,
        .author = command->author,
        .reason = command->reason,
        .restore = command->restore,
        .expected_end = command->expected_end,
        .set_at = plan->now,
        .lifted_at = LT_NULL,
        .lifted_by = "",
    };
    char id[LT_ID_MAX];
    lt_plan_next_id(plan, LT_CONTROL_HOLD, LT_ID_HOLD, id);
    lt_plan_put(plan, LT_CONTROL_HOLD, id, &hold);
    return 0;
}

static int
plan_lift(struct lt_plan *plan, const struct lt_reading *reading, const struct lt_command *command)
{
    const struct lt_hold *old = lt_plan_get(plan, LT_CONTROL_HOLD, command->hold);
    if (!old)
        return lt_reading_fail(reading, "$.hold", "hold '%s' is unknown", command->hold);
    if (old->lifted_at != LT_NULL)
        return lt_reading_fail(reading, "$.hold", "hold '%s' is lifted already", command->hold);
    struct lt_hold hold = *old;
    hold.lifted_at = plan->now;
    hold.lifted_by = command->author;
    lt_plan_put(plan, LT_CONTROL_HOLD, command->hold, &hold);
    return 0;
}

static const struct lt_connection *living_connection(const struct lt_plan *plan,
                                                     const struct lt_reading *reading,
                                                     const char *path,
                                                     const char *id)
{
    const struct lt_connection *connection = lt_plan_get(plan, LT_CONTROL_CONNECTION, id);
    if (!connection) {
        lt_reading_fail(reading, path, "connection '%s' is unknown", id);
        return NULL;
    }
    if (connection->ended_at != LT_NULL) {
        lt_reading_fail(reading, path, "connection '%s' is terminated (article 44)", id);
        return NULL;
    }
    return connection;
}

static int
plan_amend(struct lt_plan *plan, const struct lt_reading *reading, const struct lt_command *command)
{
    const struct lt_connection *old =
        living_connection(plan, reading, "$.connection", command->connection);
    if (!old)
        return -1;
    if (!command->fields && !command->filter && command->use_period == LT_NULL)
        return lt_reading_fail(reading, "$", "nothing to amend: fields, filter or use_period");
    const struct lt_service *service = lt_plan_get(plan, LT_CONTROL_SERVICE, old->service);
    if (!service || !service->policy)
        return lt_reading_fail(reading, "$.connection", "no policy in force on '%s' (article 22)",
                               old->service);
    struct lt_connection connection = *old;
    struct lt_scope_asked asked = {.fields = old->fields,
                                   .field_count = old->field_count,
                                   .filter = command->filter ? command->filter : old->filter,
                                   .path = "$"};
    const char **fields;
    if (command->fields) {
        if (lt_reading_texts(reading, command->fields, "$.fields", AMENDED_MAX, &fields,
                             &asked.field_count) < 0)
            return -1;
        asked.fields = fields;
    }
    if (command->use_period != LT_NULL)
        connection.use_period = command->use_period;
    if (connection.use_period > service->policy->use_period)
        return lt_reading_fail(reading, "$.use_period",
                               "longer than the policy allows (article 41)");
    if (lt_scope_of(plan, reading, service, &asked, &connection) < 0)
        return -1;
    lt_plan_put(plan, LT_CONTROL_CONNECTION, command->connection, &connection);
    return 0;
}

/* ---- ends ---- */

static void end_connection(struct lt_plan *plan, const char *id, lt_time at, const char *ground)
{
    struct lt_connection connection =
        *(const struct lt_connection *)lt_plan_get(plan, LT_CONTROL_CONNECTION, id);
    connection.ended_at = at;
    connection.ground = ground;
    lt_plan_put(plan, LT_CONTROL_CONNECTION, id, &connection);
}

/* A list of ids; the arena keeps it. */
struct ids {
    struct lt_arena *arena;
    const char *agreement;
    const char **items;
    size_t count, cap;
};

static void add_id(struct ids *ids, const char *id)
{
    if (ids->count == ids->cap) {
        const size_t cap = ids->cap ? ids->cap * 2 : 16;
        const char **items = lt_arena_alloc(ids->arena, cap * sizeof(*items));
        for (size_t i = 0; i < ids->count; i++)
            items[i] = ids->items[i];
        ids->items = items;
        ids->cap = cap;
    }
    ids->items[ids->count++] = id;
}

static bool collect_living(void *arg, const char *object, int64_t number, const void *body)
{
    (void)number;
    struct ids *ids = arg;
    const struct lt_connection *connection = body;
    if (connection->ended_at == LT_NULL && strcmp(connection->agreement, ids->agreement) == 0)
        add_id(ids, object);
    return true;
}

/* The agreement ends, and each of its connections for good. */
static void end_agreement(struct lt_plan *plan, const char *id, lt_time at, const char *ground)
{
    struct lt_agreement agreement =
        *(const struct lt_agreement *)lt_plan_get(plan, LT_CONTROL_AGREEMENT, id);
    agreement.ended_at = at;
    agreement.ground = ground;
    lt_plan_put(plan, LT_CONTROL_AGREEMENT, id, &agreement);
    struct ids ids = {.arena = plan->arena, .agreement = id};
    lt_plan_each(plan, LT_CONTROL_CONNECTION, collect_living, &ids);
    for (size_t i = 0; i < ids.count; i++)
        end_connection(plan, ids.items[i], at, ground);
}

static int plan_revoke(struct lt_plan *plan,
                       const struct lt_reading *reading,
                       const struct lt_command *command)
{
    const struct lt_agreement *agreement = lt_plan_get(plan, LT_CONTROL_AGREEMENT, command->target);
    if (!agreement) {
        if (!living_connection(plan, reading, "$.target", command->target))
            return -1;
        end_connection(plan, command->target, plan->now, command->ground);
        return 0;
    }
    if (agreement->ended_at != LT_NULL)
        return lt_reading_fail(reading, "$.target", "agreement '%s' has ended", command->target);
    end_agreement(plan, command->target, plan->now, command->ground);
    return 0;
}

static bool collect_run_out(void *arg, const char *object, int64_t number, const void *body)
{
    (void)number;
    struct ids *ids = arg;
    const struct lt_agreement *agreement = body;
    if (agreement->ended_at == LT_NULL && agreement->connection_until != LT_NULL)
        add_id(ids, object);
    return true;
}

void lt_plan_expire(struct lt_plan *plan)
{
    struct ids ids = {.arena = plan->arena};
    lt_plan_each(plan, LT_CONTROL_AGREEMENT, collect_run_out, &ids);
    for (size_t i = 0; i < ids.count; i++) {
        const struct lt_agreement *agreement =
            lt_plan_get(plan, LT_CONTROL_AGREEMENT, ids.items[i]);
        if (agreement->connection_until <= plan->now)
            end_agreement(plan, ids.items[i], agreement->connection_until, "44.1d-2");
    }
}

/* ---- certificate ---- */

static int plan_issue(struct lt_plan *plan,
                      const struct lt_reading *reading,
                      const struct lt_command *command,
                      const struct lt_command_settings *settings)
{
    const struct lt_application *old =
        lt_plan_get(plan, LT_CONTROL_APPLICATION, command->application);
    if (!old)
        return lt_reading_fail(reading, "$.application", "application '%s' is unknown",
                               command->application);
    if (!old->active)
        return lt_reading_fail(reading, "$.application", "application '%s' is locked",
                               command->application);
    if (command->directory[0] != '/')
        return lt_reading_fail(reading, "$.directory", "not an absolute path");
    struct lt_application application = *old;
    application.key_generation++;
    application.certificate_until = plan->now + settings->certificate_period;
    lt_plan_put(plan, LT_CONTROL_APPLICATION, command->application, &application);
    return 0;
}

int lt_plan_command(struct lt_plan *plan,
                    const struct lt_reading *reading,
                    const struct lt_command *command,
                    const struct lt_command_settings *settings)
{
    switch (command->kind) {
    case LT_COMMAND_APPLY:
        return plan_apply(plan, reading, command, settings);
    case LT_COMMAND_HOLD:
        return plan_hold(plan, reading, command);
    case LT_COMMAND_LIFT:
        return plan_lift(plan, reading, command);
    case LT_COMMAND_AMEND:
        return plan_amend(plan, reading, command);
    case LT_COMMAND_REVOKE:
        return plan_revoke(plan, reading, command);
    case LT_COMMAND_ISSUE:
        return plan_issue(plan, reading, command, settings);
    }
    return 0;
}
