/**
 * @file
 * A thread that applies one batch while the loop reads and decodes the next: the database and we
 * work at the same time, not in turns.
 *
 * At most one batch is under way.  From submit to settle the target, the copy's stored standing
 * (position, chain, stamp, what lies aside) and the batch belong to the thread; whoever needs them
 * settles first.  What the database shows does not wait for that.  Submit and settle: one thread.
 */
#pragma once

#include "consumer-postgres/apply.h"
#include "consumer-postgres/pending.h"

/** lt_apply(), or what a test or a benchmark has in its place. */
typedef int lt_apply_function(struct lt_target *target,
                              struct lt_apply *apply,
                              size_t *ret_rejected,
                              struct lt_error *reterr);
struct lt_applier;
struct lt_applier *lt_applier_start(lt_apply_function *function);
/** Waits for what is under way, whose end nobody learns. */
void lt_applier_stop(struct lt_applier *applier);
LT_DEFINE_CLEANUP(struct lt_applier, lt_applier_stop)

/** Hands a batch over; apply, with its worth, is copied.  Takes all that is pending and leaves it
 * empty.  Nothing may be under way. */
void lt_applier_submit(struct lt_applier *applier,
                       struct lt_target *target,
                       const struct lt_apply *apply,
                       struct lt_pending *pending);

struct lt_applied {
    size_t records, rejected;
};
/** Waits for the batch under way (none: succeeds at once).  Fails as lt_apply(). */
int lt_applier_settle(struct lt_applier *applier,
                      struct lt_applied *ret,
                      struct lt_error *reterr) LT_MUST_CHECK;
