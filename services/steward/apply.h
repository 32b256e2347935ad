/**
 * @file
 * Declarations -> plan: the checks that need other objects, the schemas, and what follows for
 * connections.  Pure.  All or nothing: on failure the plan is thrown away.
 */
#pragma once

#include "steward/declare.h"
#include "steward/plan.h"

/** Applies declarations in the order agencies, applications, services, agreements, whatever the
 * order of the files.  LT_ERR_REJECT with fault. */
int lt_plan_declarations(struct lt_plan *plan,
                         const struct lt_reading *reading,
                         const struct lt_declaration *declarations,
                         size_t count) LT_MUST_CHECK;
