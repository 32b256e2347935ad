/**
 * @file
 * What becomes of a feed whose table is no longer the one that it began with (architecture 4.2):
 * its fingerprint is compared at each voucher, and before the first row behind each announcement of
 * the table.  The thread of the run.
 */
#pragma once

#include "pg/conn.h"
#include "provider-postgres/capture.h"
#include "provider-postgres/provider_conf.h"

struct changed {
    const struct provider_conf *conf;
    struct feeds *feeds;
    struct capture *capture;
    struct lt_pg *pg; /* while a turn asks */
};

/** The feeds whose fingerprints are not the voucher's.  Changes may be missing already (no
 * identity, out of the publication), so a table with a fault ends its feed, which mended begins
 * anew; without one the setting on_shape_change decides.  Errors are the connection's. */
int changed_take(struct changed *changed,
                 const struct voucher *voucher,
                 struct batch *batch,
                 struct lt_error *reterr) LT_MUST_CHECK;

/** Of one feed, by the catalog as it is now; a capture_look. */
int changed_look(void *changed, size_t feed, struct batch *batch, struct lt_error *reterr)
    LT_MUST_CHECK;

/** Ends the session that looked, if there is one. */
void changed_rest(struct changed *changed);
