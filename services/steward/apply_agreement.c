/*
 * An agreement with its connections.  A declaration states the whole: what is in force and not
 * named is refused, since nothing ends by being forgotten; what has ended never comes back (D44).
 */
#include "steward/apply_priv.h"

#include "steward/scope_of.h"

#include <stdio.h>
#include <string.h>

static int check_parties(const struct lt_applying *a, const struct lt_agreement *agreement)
{
    if (!lt_plan_get(a->plan, LT_CONTROL_AGENCY, agreement->provider))
        return lt_reading_fail(a->reading, "$.provider", "agency '%s' is unknown",
                               agreement->provider);
    if (!lt_plan_get(a->plan, LT_CONTROL_AGENCY, agreement->user))
        return lt_reading_fail(a->reading, "$.user", "agency '%s' is unknown", agreement->user);
    /* D37: no record flows before every party has signed. */
    if (!agreement->signed_by_all && agreement->valid_from <= a->plan->now)
        return lt_reading_fail(a->reading, "$.signed",
                               "an agreement in force must be signed by all parties first");
    return 0;
}

static int check_amended(const struct lt_applying *a,
                         const struct lt_agreement *old,
                         const struct lt_agreement *new)
{
    if (old->ended_at != LT_NULL ||
        (old->connection_until != LT_NULL && old->connection_until <= a->plan->now))
        return lt_reading_fail(
            a->reading, "$.id",
            "agreement '%s' has ended: later sharing needs a new one (article 44)",
            a->declaration->id);
    if (strcmp(old->provider, new->provider) != 0)
        return lt_reading_fail(a->reading, "$.provider", "was '%s': the parties are fixed",
                               old->provider);
    if (strcmp(old->user, new->user) != 0)
        return lt_reading_fail(a->reading, "$.user", "was '%s': the parties are fixed", old->user);
    if (old->signed_by_all && !new->signed_by_all)
        return lt_reading_fail(a->reading, "$.signed", "was signed: signatures are not withdrawn");
    return 0;
}

/* "$.grants[2].service", "'sv000009': unknown service" */
static int fail_at(const struct lt_applying *a,
                   const struct lt_grant_declared *grant,
                   const char *member,
                   const char *why,
                   const char *what)
{
    char at[64];
    snprintf(at, sizeof(at), "%s.%s", grant->path, member);
    return lt_reading_fail(a->reading, at, "'%s': %s", what, why);
}

static int check_user(const struct lt_applying *a, const struct lt_grant_declared *grant)
{
    const struct lt_application *user =
        lt_plan_get(a->plan, LT_CONTROL_APPLICATION, grant->application);
    if (!user)
        return fail_at(a, grant, "application", "unknown application", grant->application);
    if (strcmp(user->role, "user") != 0)
        return fail_at(a, grant, "application", "not a user", grant->application);
    if (strcmp(user->agency, a->declaration->body.agreement.user) != 0)
        return fail_at(a, grant, "application", "belongs to another agency than the user",
                       grant->application);
    return 0;
}

static int check_service(const struct lt_applying *a,
                         const struct lt_grant_declared *grant,
                         const struct lt_service **ret)
{
    const struct lt_service *service = lt_plan_get(a->plan, LT_CONTROL_SERVICE, grant->service);
    if (!service)
        return fail_at(a, grant, "service", "unknown service", grant->service);
    const struct lt_application *provider =
        lt_plan_get(a->plan, LT_CONTROL_APPLICATION, service->provider);
    if (!provider || strcmp(provider->agency, a->declaration->body.agreement.provider) != 0)
        return fail_at(a, grant, "service", "belongs to another agency than the provider",
                       grant->service);
    if (!service->policy)
        return fail_at(a, grant, "service", "no policy in force (article 22)", grant->service);
    *ret = service;
    return 0;
}

struct twin_search {
    const struct lt_grant_declared *grant;
    const char *twin;
};

static bool look_for_twin(void *arg, const char *object, int64_t number, const void *body)
{
    (void)number;
    struct twin_search *search = arg;
    const struct lt_connection *other = body;
    if (other->ended_at == LT_NULL && strcmp(object, search->grant->connection) != 0 &&
        strcmp(other->application, search->grant->application) == 0 &&
        strcmp(other->service, search->grant->service) == 0)
        search->twin = object;
    return search->twin == NULL;
}

static int check_connection(const struct lt_applying *a,
                            const struct lt_grant_declared *grant,
                            const struct lt_connection *old)
{
    struct twin_search search = {.grant = grant};
    lt_plan_each(a->plan, LT_CONTROL_CONNECTION, look_for_twin, &search);
    if (search.twin)
        return fail_at(a, grant, "connection", "joins this application and service already",
                       search.twin);
    if (!old)
        return 0;
    if (old->ended_at != LT_NULL)
        return fail_at(a, grant, "connection",
                       "is terminated and never comes back (article 44): use a new id",
                       grant->connection);
    if (strcmp(old->agreement, a->declaration->id) != 0)
        return fail_at(a, grant, "connection", "belongs to another agreement", grant->connection);
    if (strcmp(old->application, grant->application) != 0 ||
        strcmp(old->service, grant->service) != 0)
        return fail_at(a, grant, "connection", "joins another application or service",
                       grant->connection);
    return 0;
}

static int apply_grant(const struct lt_applying *a, const struct lt_grant_declared *grant)
{
    const struct lt_service *service = NULL;
    const struct lt_connection *old =
        lt_plan_get(a->plan, LT_CONTROL_CONNECTION, grant->connection);
    if (check_user(a, grant) < 0 || check_service(a, grant, &service) < 0 ||
        check_connection(a, grant, old) < 0)
        return -1;
    struct lt_connection connection =
        old ? *old : (struct lt_connection){.ended_at = LT_NULL, .ground = ""};
    connection.agreement = a->declaration->id;
    connection.application = grant->application;
    connection.service = grant->service;
    connection.use_period =
        grant->use_period == LT_NULL ? service->policy->use_period : grant->use_period;
    connection.on_expiry = grant->on_expiry ? grant->on_expiry : service->policy->on_expiry;
    connection.max_per_day = grant->max_per_day;
    if (connection.use_period > service->policy->use_period)
        return fail_at(a, grant, "use_period", "longer than its policy allows (article 41)",
                       grant->service);
    struct lt_scope_asked asked = {
        .fields = grant->fields, .field_count = grant->field_count, .filter = grant->filter};
    memcpy(asked.path, grant->path, sizeof(asked.path));
    if (lt_scope_of(a->plan, a->reading, service, &asked, &connection) < 0)
        return -1;
    lt_plan_put(a->plan, LT_CONTROL_CONNECTION, grant->connection, &connection);
    return 0;
}

struct left_out {
    const struct lt_declaration *declaration;
    const char *connection;
};

static bool look_for_left_out(void *arg, const char *object, int64_t number, const void *body)
{
    (void)number;
    struct left_out *search = arg;
    const struct lt_connection *connection = body;
    if (connection->ended_at != LT_NULL ||
        strcmp(connection->agreement, search->declaration->id) != 0)
        return true;
    for (size_t i = 0; i < search->declaration->grant_count; i++)
        if (strcmp(search->declaration->grants[i].connection, object) == 0)
            return true;
    search->connection = object;
    return false;
}

static int check_nothing_left_out(const struct lt_applying *a)
{
    struct left_out search = {.declaration = a->declaration};
    lt_plan_each(a->plan, LT_CONTROL_CONNECTION, look_for_left_out, &search);
    return search.connection
               ? lt_reading_fail(a->reading, "$.grants",
                                 "connection '%s' is in force and not named: end it with revoke",
                                 search.connection)
               : 0;
}

int lt_apply_agreement(const struct lt_applying *a)
{
    const struct lt_agreement *agreement = &a->declaration->body.agreement;
    const struct lt_agreement *old = lt_plan_get(a->plan, LT_CONTROL_AGREEMENT, a->declaration->id);
    if (check_parties(a, agreement) < 0 || (old && check_amended(a, old, agreement) < 0) ||
        check_nothing_left_out(a) < 0)
        return -1;
    for (size_t i = 0; i < a->declaration->grant_count; i++)
        if (apply_grant(a, &a->declaration->grants[i]) < 0)
            return -1;
    lt_plan_put(a->plan, LT_CONTROL_AGREEMENT, a->declaration->id, agreement);
    return 0;
}
