/**
 * @file
 * The control log as the steward writes it: fence, read, number, sign, commit.  Blocks; one thread.
 *
 * The fold read from Kafka is the truth.  State file and archive, kept elsewhere, remember how far
 * we were: a fold that is older has lost records, and nothing is signed on top of a loss.  What is
 * lost as a whole comes back from the archive, when an operator says so (lt_ledger_restore()).
 */
#pragma once

#include "bus/bus.h"
#include "control/control.h"
#include "steward/plan.h"

struct lt_ledger_conf {
    const struct lt_bus *bus;
    const uint8_t *private_key; /**< LT_SIGN_KEY_BYTES, borrowed */
    const char *state_file;
    const char *archive_file;
};
struct lt_ledger;
struct lt_ledger *lt_ledger_new(const struct lt_ledger_conf *conf);
void lt_ledger_free(struct lt_ledger *ledger);
LT_DEFINE_CLEANUP(struct lt_ledger, lt_ledger_free)

/** Protocol 4, steps 1 to 4, for platform.control and the inboxes named: fence, scrub, read to the
 * high watermark, compare with the state file, confirm by a heartbeat.  RETRY or ABORT: call again
 * after a pause.  FATAL: control has lost records, or belongs to another key: an operator decides.
 */
int lt_ledger_start(struct lt_ledger *ledger,
                    const char *const *inboxes,
                    size_t inbox_count,
                    struct lt_error *reterr) LT_MUST_CHECK;

/** Called with the records signed and before anything is sent; failing stops the commit. */
typedef int lt_ledger_prepare(void *arg,
                              const char *last_key,
                              struct lt_bytes last_wire,
                              int64_t last_number,
                              struct lt_error *reterr);
/** Signs the plan's items in order and commits them with a heartbeat in one transaction; an empty
 * plan does nothing.  prepare may be NULL.  On failure what is in memory may be ahead of Kafka:
 * call lt_ledger_start() before anything else. */
int lt_ledger_commit(struct lt_ledger *ledger,
                     const struct lt_plan *plan,
                     lt_ledger_prepare *prepare,
                     void *arg,
                     struct lt_error *reterr) LT_MUST_CHECK;
/** A heartbeat alone. */
int lt_ledger_beat(struct lt_ledger *ledger, struct lt_error *reterr) LT_MUST_CHECK;

/** One record for another topic, in a transaction of its own lt_ledger_copy() call. */
struct lt_ledger_copy {
    const char *topic, *key;
    struct lt_bytes value;
};
int lt_ledger_copy(struct lt_ledger *ledger,
                   const struct lt_ledger_copy *copies,
                   size_t count,
                   struct lt_error *reterr) LT_MUST_CHECK;

/** What lt_ledger_restore() has done. */
struct lt_restored {
    size_t records;
    size_t undecided; /**< of them those whose commit had not been confirmed when Kafka was lost */
    int64_t epoch, number;
    lt_time newest; /**< when the newest of them was signed */
};
/** Puts what the archive holds back into an empty platform.control, in one transaction, under the
 * next epoch: generations of streams begin above all old ones (change/ids.h).  Once per ledger,
 * instead of lt_ledger_start().  FATAL: control is not empty, or the archive does not hold all that
 * the state file says was signed; RETRY, ABORT: nothing was done, or it is not known: call again.
 */
int lt_ledger_restore(struct lt_ledger *ledger,
                      struct lt_restored *ret,
                      struct lt_error *reterr) LT_MUST_CHECK;

/** Valid until the next commit or start; NULL before the first start. */
const struct lt_fold *lt_ledger_fold(const struct lt_ledger *ledger);
/** Records of the log that were refused while reading (forged, older). */
int64_t lt_ledger_refused(const struct lt_ledger *ledger);
