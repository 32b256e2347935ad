/**
 * @file
 * The difference between what there should be and what there is.  Pure.
 */
#pragma once

#include "control/grants.h"
#include "steward/wanted.h"

/** What the cluster has: topic names in bytewise order, ACLs in order of lt_acl_compare(). */
struct lt_actual {
    const char **topics;
    size_t topic_count;
    struct lt_acl *acls;
    size_t acl_count;
};

/** What to do, in this order: rights that must go go first. */
struct lt_actions {
    struct lt_acl *take; /**< ACLs to remove: of applications only */
    size_t take_count;
    const struct lt_wanted_topic **make; /**< topics to create, borrowed from wanted */
    size_t make_count;
    struct lt_acl *give; /**< ACLs to add */
    size_t give_count;
    const char **drop; /**< topics to delete, borrowed from actual */
    size_t drop_count;
    /* Not ours to mend: alarms (D24.1, D25.3). */
    size_t unknown_topics;
    const char *unknown_topic; /**< the first, or NULL */
    size_t foreign_acls;       /**< of principals that are neither applications nor in lt_grants */
    size_t missing_grants;     /**< of lt_grants */
};

/** lt_actions_fini() releases. */
void lt_actions_compute(const struct lt_fold *fold,
                        const struct lt_observed *observed,
                        const struct lt_wanted *wanted,
                        const struct lt_actual *actual,
                        struct lt_actions *ret);
void lt_actions_fini(struct lt_actions *actions);
