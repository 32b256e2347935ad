/**
 * @file
 * What a broker answers to requests about ACLs (CreateAcls, DeleteAcls, DescribeAcls, version 1).
 * Pure; for this directory and its tests.  `answer` is what follows the correlation id.
 */
#pragma once

#include "bus/admin.h"

/** Whether all `count` ACLs were added.  A refusal names the first that was not (its class as in
 * lt_bus_fail).  FATAL: the answer cannot be understood. */
int lt_acl_answer_added(struct lt_bytes answer,
                        const struct lt_acl *acls,
                        size_t count,
                        struct lt_error *reterr) LT_MUST_CHECK;

/** Whether all were removed; one that was not there counts as removed. */
int lt_acl_answer_removed(struct lt_bytes answer,
                          const struct lt_acl *acls,
                          size_t count,
                          struct lt_error *reterr) LT_MUST_CHECK;

/** Every ACL that allows something; *ret is the caller's to free().  REJECT: a name longer than
 * struct lt_acl holds. */
int lt_acl_answer_listed(struct lt_bytes answer,
                         struct lt_acl **ret,
                         size_t *ret_count,
                         struct lt_error *reterr) LT_MUST_CHECK;
