/**
 * @file
 * The scope of a connection: fields and row filter against a data service.  Pure.
 */
#pragma once

#include "steward/plan.h"

/** What a connection asks of a service. */
struct lt_scope_asked {
    const char *const *fields;
    size_t field_count;
    const char *filter;
    char path[32]; /**< for faults: "$.grants[2]" or "$" */
};

/** Sets fields (in the service's order), filter (normal form) and value_schema of *connection, and
 * raises its scope version when one of them changed (a version of 0 is the first).  Refuses unknown
 * fields, a key left out, a filter that does not compile for the scope columns. */
int lt_scope_of(struct lt_plan *plan,
                const struct lt_reading *reading,
                const struct lt_service *service,
                const struct lt_scope_asked *asked,
                struct lt_connection *connection) LT_MUST_CHECK;
