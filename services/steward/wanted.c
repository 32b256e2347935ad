#include "steward/wanted.h"

#include "control/right.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANY_AGE ((lt_time)1 << 50)

struct wish {
    const struct lt_fold *fold;
    const struct lt_observed *observed;
    lt_time now;
    struct lt_wanted *wanted;
};

static void
add_topic(struct lt_wanted *wanted, const char *name, enum lt_topic_form form, int64_t window)
{
    if (wanted->topic_count == wanted->topic_cap) {
        wanted->topic_cap = wanted->topic_cap ? wanted->topic_cap * 2 : 64;
        wanted->topics =
            lt_realloc(wanted->topics, wanted->topic_cap * sizeof(struct lt_wanted_topic));
    }
    struct lt_wanted_topic *topic = &wanted->topics[wanted->topic_count++];
    *topic = (struct lt_wanted_topic){.form = form, .window = window};
    snprintf(topic->name, sizeof(topic->name), "%s", name);
}

struct right {
    enum lt_acl_resource resource;
    const char *name;
    bool prefixed;
    enum lt_acl_operation operation;
};

static void add_acl(struct lt_wanted *wanted, const char *principal, struct right right)
{
    if (wanted->acl_count == wanted->acl_cap) {
        wanted->acl_cap = wanted->acl_cap ? wanted->acl_cap * 2 : 64;
        wanted->acls = lt_realloc(wanted->acls, wanted->acl_cap * sizeof(struct lt_acl));
    }
    struct lt_acl *acl = &wanted->acls[wanted->acl_count++];
    *acl = (struct lt_acl){
        .resource = right.resource, .prefixed = right.prefixed, .operation = right.operation};
    snprintf(acl->name, sizeof(acl->name), "%s", right.name);
    snprintf(acl->principal, sizeof(acl->principal), "%s", principal);
}

/* "User:ap000041.k3", or false when the application may do nothing at all now: locked, without
 * certificate, or with one that has run out (TLS looks only at the handshake, D40-life). */
static bool principal_of(const struct wish *wish, const char *id, char buf[64])
{
    const struct lt_application *application = lt_fold_application(wish->fold, id);
    if (!application || !application->active || application->key_generation < 1 ||
        application->certificate_until <= wish->now)
        return false;
    snprintf(buf, 64, "User:%s.k%ld", id, (long)application->key_generation);
    return true;
}

/* ---- applications ---- */

static void wish_user(const struct wish *wish, const char *id)
{
    char principal[64], name[LT_TOPIC_MAX];
    lt_topic_outbox(id, name);
    add_topic(wish->wanted, name, LT_FORM_COMPACTED, 0);
    if (!principal_of(wish, id, principal))
        return;
    add_acl(wish->wanted, principal, (struct right){LT_ACL_TOPIC, name, false, LT_ACL_WRITE});
    snprintf(name, sizeof(name), "%s.", id);
    add_acl(wish->wanted, principal, (struct right){LT_ACL_GROUP, name, true, LT_ACL_READ});
    snprintf(name, sizeof(name), "consumer.%s", id);
    add_acl(wish->wanted, principal,
            (struct right){LT_ACL_TRANSACTIONAL_ID, name, false, LT_ACL_WRITE});
}

static bool wish_application(void *arg, const char *id, int64_t number, const void *body)
{
    (void)number;
    const struct wish *wish = arg;
    const struct lt_application *application = body;
    char principal[64], name[LT_TOPIC_MAX];
    lt_topic_inbox(id, name);
    add_topic(wish->wanted, name, LT_FORM_COMPACTED, 0);
    if (principal_of(wish, id, principal))
        add_acl(wish->wanted, principal, (struct right){LT_ACL_TOPIC, name, false, LT_ACL_READ});
    if (strcmp(application->role, "user") == 0)
        wish_user(wish, id);
    return true;
}

/* ---- data services ---- */

static void
wish_provider_rights(const struct wish *wish, const char *id, const struct lt_service *service)
{
    char principal[64], name[LT_TOPIC_MAX];
    if (!principal_of(wish, service->provider, principal))
        return;
    snprintf(name, sizeof(name), "feed.%s.", id);
    add_acl(wish->wanted, principal, (struct right){LT_ACL_TOPIC, name, true, LT_ACL_READ});
    add_acl(wish->wanted, principal, (struct right){LT_ACL_TOPIC, name, true, LT_ACL_WRITE});
    lt_topic_progress(service->source, name);
    add_acl(wish->wanted, principal, (struct right){LT_ACL_TOPIC, name, false, LT_ACL_READ});
    add_acl(wish->wanted, principal, (struct right){LT_ACL_TOPIC, name, false, LT_ACL_WRITE});
    snprintf(name, sizeof(name), "provider.%s", service->source);
    add_acl(wish->wanted, principal,
            (struct right){LT_ACL_TRANSACTIONAL_ID, name, false, LT_ACL_WRITE});
}

int64_t lt_feed_to_sign(const struct lt_fold *fold,
                        const struct lt_observed *observed,
                        const char *service,
                        const char **ret_reason)
{
    const struct lt_service *body = lt_fold_service(fold, service);
    if (!body)
        return 0;
    const struct lt_feed_body *feed = lt_fold_feed(fold, service);
    const int64_t next = (feed ? feed->incarnation : 0) + 1;
    return lt_observed_wanted_feed(observed, service, body->source, ret_reason) == next ? next : 0;
}

static bool wish_service(void *arg, const char *id, int64_t number, const void *body)
{
    (void)number;
    const struct wish *wish = arg;
    const struct lt_service *service = body;
    const struct lt_feed_body *feed = lt_fold_feed(wish->fold, id);
    const int64_t next = lt_feed_to_sign(wish->fold, wish->observed, id, NULL);
    char name[LT_TOPIC_MAX];
    lt_topic_progress(service->source, name);
    add_topic(wish->wanted, name, LT_FORM_COMPACTED, 0);
    if (feed) {
        lt_topic_feed(id, feed->incarnation, name);
        add_topic(wish->wanted, name, LT_FORM_STREAM, service->window);
    }
    if (next) {
        lt_topic_feed(id, next, name);
        add_topic(wish->wanted, name, LT_FORM_STREAM, service->window);
    }
    wish_provider_rights(wish, id, service);
    return true;
}

/* ---- streams ---- */

/* READ goes with the right to be delivered to, as far as law and agreement decide it: what depends
 * on the moment (age of control, rate, diary) stops routing only. */
static bool may_read(const struct wish *wish, const char *connection)
{
    const struct lt_right_facts facts = {
        .now = wish->now, .grace = ANY_AGE, .scope_known = true, .diary_writable = true};
    return lt_route(wish->fold, connection, &facts).clause == LT_CLAUSE_NONE;
}

static void wish_stream(const struct wish *wish, const struct lt_cursor *cursor)
{
    char connection[LT_ID_MAX], name[LT_TOPIC_MAX], principal[64];
    int64_t generation;
    if (strcmp(cursor->state, "ENDED") == 0 ||
        lt_stream_parse(cursor->stream, connection, &generation, NULL) < 0)
        return;
    const struct lt_connection *body = lt_fold_connection(wish->fold, connection);
    const struct lt_service *service = body ? lt_fold_service(wish->fold, body->service) : NULL;
    if (!service)
        return;
    lt_topic_stream(cursor->stream, name);
    add_topic(wish->wanted, name, LT_FORM_STREAM, service->window);
    if (may_read(wish, connection) && principal_of(wish, body->application, principal))
        add_acl(wish->wanted, principal, (struct right){LT_ACL_TOPIC, name, false, LT_ACL_READ});
}

/* ---- all of it ---- */

static int compare_topics(const void *a, const void *b)
{
    const struct lt_wanted_topic *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static int compare_acls(const void *a, const void *b)
{
    return lt_acl_compare(a, b);
}

int lt_acl_compare(const struct lt_acl *a, const struct lt_acl *b)
{
    if (a->resource != b->resource)
        return a->resource < b->resource ? -1 : 1;
    if (a->prefixed != b->prefixed)
        return a->prefixed ? 1 : -1;
    if (a->operation != b->operation)
        return a->operation < b->operation ? -1 : 1;
    const int names = strcmp(a->name, b->name);
    return names ? names : strcmp(a->principal, b->principal);
}

static void sort_and_unite(struct lt_wanted *wanted)
{
    size_t kept = 0;
    qsort(wanted->topics, wanted->topic_count, sizeof(*wanted->topics), compare_topics);
    for (size_t i = 0; i < wanted->topic_count; i++)
        if (kept == 0 || compare_topics(&wanted->topics[kept - 1], &wanted->topics[i]) != 0)
            wanted->topics[kept++] = wanted->topics[i];
    wanted->topic_count = kept;
    if (wanted->acl_count == 0)
        return;
    kept = 0;
    qsort(wanted->acls, wanted->acl_count, sizeof(*wanted->acls), compare_acls);
    for (size_t i = 0; i < wanted->acl_count; i++)
        if (kept == 0 || lt_acl_compare(&wanted->acls[kept - 1], &wanted->acls[i]) != 0)
            wanted->acls[kept++] = wanted->acls[i];
    wanted->acl_count = kept;
}

void lt_wanted_compute(const struct lt_fold *fold,
                       const struct lt_observed *observed,
                       lt_time now,
                       struct lt_wanted *ret)
{
    *ret = (struct lt_wanted){0};
    struct wish wish = {.fold = fold, .observed = observed, .now = now, .wanted = ret};
    add_topic(ret, LT_TOPIC_CONTROL, LT_FORM_COMPACTED, 0);
    add_topic(ret, LT_TOPIC_DIARY, LT_FORM_APPENDED, 0);
    add_topic(ret, LT_TOPIC_CURSORS, LT_FORM_COMPACTED, 0);
    lt_fold_each(fold, LT_CONTROL_APPLICATION, wish_application, &wish);
    lt_fold_each(fold, LT_CONTROL_SERVICE, wish_service, &wish);
    const struct lt_routing_view routing = lt_observed_routing(observed);
    for (size_t i = 0; i < routing.cursor_count; i++)
        wish_stream(&wish, &routing.cursors[i]);
    sort_and_unite(ret);
}

void lt_wanted_fini(struct lt_wanted *wanted)
{
    free(wanted->topics);
    free(wanted->acls);
    *wanted = (struct lt_wanted){0};
}

bool lt_acl_of_application(const struct lt_acl *acl)
{
    char id[LT_ID_MAX];
    const char *dot = strchr(acl->principal, '.');
    if (strncmp(acl->principal, "User:", 5) != 0 || !dot || strncmp(dot, ".k", 2) != 0)
        return false;
    const size_t len = (size_t)(dot - acl->principal) - 5;
    if (len >= sizeof(id))
        return false;
    memcpy(id, acl->principal + 5, len);
    id[len] = 0;
    return lt_id_parse(LT_ID_APPLICATION, id, &(int64_t){0}, NULL) == 0;
}
