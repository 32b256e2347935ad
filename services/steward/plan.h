/**
 * @file
 * A plan: the control statements that one command wants, before they have numbers.  Later checks
 * of the same command see what earlier steps planned, as if it were already in the fold.  Pure.
 */
#pragma once

#include "control/control.h"
#include "steward/reading.h"

struct lt_plan {
    const struct lt_fold *fold;
    struct lt_arena *arena;
    lt_time now;
    struct lt_control **items; /**< kind, object, body; number, epoch and time come at signing */
    size_t count, cap;
};

void lt_plan_init(struct lt_plan *plan,
                  const struct lt_fold *fold,
                  struct lt_arena *arena,
                  lt_time now);
void lt_plan_fini(struct lt_plan *plan);

/** Plans a body (borrowed texts, copied struct).  A statement that says what control says already
 * is left out: applying twice changes nothing. */
void lt_plan_put(struct lt_plan *plan, enum lt_control_kind kind, const char *id, const void *body);

/** Look-ups: the plan first, then the fold.  Valid until that object is put again. */
const void *lt_plan_get(const struct lt_plan *plan, enum lt_control_kind kind, const char *id);
/** As lt_fold_each(), over plan and fold; visit must not put. */
void lt_plan_each(const struct lt_plan *plan,
                  enum lt_control_kind kind,
                  lt_fold_visit *visit,
                  void *arg);

/** Id of a schema text: the same text has the same id for ever, a new one gets the next. */
int32_t lt_plan_schema(struct lt_plan *plan, const char *text);
/** Next free id of a kind, e.g. "ho000008", into buf. */
void lt_plan_next_id(const struct lt_plan *plan,
                     enum lt_control_kind kind,
                     enum lt_id_kind id,
                     char buf[LT_ID_MAX]);
/** A new array of the ids that the plan touches, without schemas. */
json_t *lt_plan_objects(const struct lt_plan *plan);
