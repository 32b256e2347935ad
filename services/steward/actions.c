#include "steward/actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int acl_order(const void *a, const void *b)
{
    return lt_acl_compare(a, b);
}

static int topic_order(const void *name, const void *topic)
{
    return strcmp(name, *(const char *const *)topic);
}

static bool has_acl(const struct lt_acl *acls, size_t count, const struct lt_acl *acl)
{
    return count > 0 && bsearch(acl, acls, count, sizeof(*acls), acl_order) != NULL;
}

static bool has_topic(const struct lt_actual *actual, const char *name)
{
    return actual->topic_count > 0 && bsearch(name, actual->topics, actual->topic_count,
                                              sizeof(*actual->topics), topic_order) != NULL;
}

static struct lt_acl grant_acl(const struct lt_grant *grant)
{
    struct lt_acl acl = {
        .resource = (enum lt_acl_resource)grant->resource,
        .prefixed = grant->prefixed,
        .operation = (enum lt_acl_operation)grant->operation,
    };
    snprintf(acl.name, sizeof(acl.name), "%s", grant->name);
    snprintf(acl.principal, sizeof(acl.principal), "User:%s", grant->principal);
    return acl;
}

static bool is_grant(const struct lt_acl *acl)
{
    for (size_t i = 0; i < lt_grant_count; i++) {
        const struct lt_acl grant = grant_acl(&lt_grants[i]);
        if (lt_acl_compare(&grant, acl) == 0)
            return true;
    }
    return false;
}

static void compare_rights(const struct lt_wanted *wanted,
                           const struct lt_actual *actual,
                           struct lt_actions *out)
{
    out->take = lt_alloc((actual->acl_count + 1) * sizeof(*out->take));
    out->give = lt_alloc((wanted->acl_count + 1) * sizeof(*out->give));
    for (size_t i = 0; i < actual->acl_count; i++) {
        const struct lt_acl *acl = &actual->acls[i];
        if (!lt_acl_of_application(acl))
            out->foreign_acls += !is_grant(acl);
        else if (!has_acl(wanted->acls, wanted->acl_count, acl))
            out->take[out->take_count++] = *acl;
    }
    for (size_t i = 0; i < wanted->acl_count; i++)
        if (!has_acl(actual->acls, actual->acl_count, &wanted->acls[i]))
            out->give[out->give_count++] = wanted->acls[i];
    for (size_t i = 0; i < lt_grant_count; i++) {
        const struct lt_acl grant = grant_acl(&lt_grants[i]);
        out->missing_grants += !has_acl(actual->acls, actual->acl_count, &grant);
    }
}

static void compare_topics(const struct lt_fold *fold,
                           const struct lt_observed *observed,
                           const struct lt_wanted *wanted,
                           const struct lt_actual *actual,
                           struct lt_actions *out)
{
    out->make = lt_alloc((wanted->topic_count + 1) * sizeof(*out->make));
    out->drop = lt_alloc((actual->topic_count + 1) * sizeof(*out->drop));
    for (size_t i = 0; i < wanted->topic_count; i++)
        if (!has_topic(actual, wanted->topics[i].name))
            out->make[out->make_count++] = &wanted->topics[i];
    for (size_t i = 0; i < actual->topic_count; i++) {
        const char *topic = actual->topics[i];
        if (lt_topic_over(fold, observed, topic)) {
            out->drop[out->drop_count++] = topic;
        } else if (!lt_topic_known(fold, observed, topic)) {
            if (out->unknown_topics++ == 0)
                out->unknown_topic = topic;
        }
    }
}

void lt_actions_compute(const struct lt_fold *fold,
                        const struct lt_observed *observed,
                        const struct lt_wanted *wanted,
                        const struct lt_actual *actual,
                        struct lt_actions *ret)
{
    *ret = (struct lt_actions){0};
    compare_rights(wanted, actual, ret);
    compare_topics(fold, observed, wanted, actual, ret);
}

void lt_actions_fini(struct lt_actions *actions)
{
    free(actions->take);
    free(actions->make);
    free(actions->give);
    free(actions->drop);
    *actions = (struct lt_actions){0};
}
