/**
 * @file
 * Signed control records in the inboxes of provider applications: what concerns them, byte by byte,
 * since they do not read platform.control.  Level triggered; one thread.
 */
#pragma once

#include "steward/cluster.h"
#include "steward/ledger.h"

struct lt_copies;
struct lt_copies *lt_copies_new(void);
void lt_copies_free(struct lt_copies *copies);
LT_DEFINE_CLEANUP(struct lt_copies, lt_copies_free)
/** Forgets what was sent: everything is sent again (the same bytes, which readers drop). */
void lt_copies_forget(struct lt_copies *copies);
/** Sends what is new, in the order of numbers, to inboxes that exist.  *ret_count: records sent. */
int lt_copies_send(struct lt_copies *copies,
                   struct lt_ledger *ledger,
                   const struct lt_cluster *cluster,
                   size_t *ret_count,
                   struct lt_error *reterr) LT_MUST_CHECK;
