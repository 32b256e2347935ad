/**
 * @file
 * What a copy is worth: stamp, usable from, usable until (architecture 6, protocol 9.5, article
 * 41.2b).  Pure: time is handed in.
 */
#pragma once

#include "base/clock.h"
#include "consumer-postgres/gap.h"

/** How far usable_from lies behind the clock: a clock turned back by more closes the copy. */
#define LT_USABLE_MARGIN (60 * LT_SECOND)

/** The terms of use that a copy is held under. */
struct lt_terms {
    lt_time use_period; /**< microseconds from the stamp */
    lt_time end_of_use; /**< LT_TIME_NONE: no end agreed */
    bool fail;          /**< a refused read raises (else it finds nothing) */
    const char *closed; /**< why the copy can never be used again; "" = it can */
};
bool lt_terms_equal(const struct lt_terms *a, const struct lt_terms *b);

/** LT_TIME_NONE stands for none and for minus infinity. */
struct lt_worth {
    lt_time stamp, from, until;
};

/** usable_until of a copy with that stamp: least(stamp + use period, end of use); LT_TIME_NONE
 * when closed or without a stamp. */
lt_time lt_usable_until(lt_time stamp, const struct lt_terms *terms);

struct lt_stamp_facts {
    bool active;         /**< loaded and shown; nothing reported missing */
    struct lt_stand at;  /**< committed with the stamp */
    lt_time sync_time;   /**< T of the newest sync point in the inbox; LT_TIME_NONE: none */
    int64_t sync_seq;    /**< seq of the stream at T */
    lt_time append_time; /**< newest append time seen on the stream or the inbox */
    lt_time now;
    bool clock_trusted; /**< false while the skew is LT_SKEW_STOP */
    struct lt_terms terms;
    struct lt_worth old;
};
/** True and *ret when the copy may be stamped anew.  Never older than the old stamp, never newer
 * than our own clock. */
bool lt_stamp_due(const struct lt_stamp_facts *facts, struct lt_worth *ret);

/** How much of the use period is gone: 0, 50, 80, 95 or 100 (expired or never stamped); the
 * levels at which the user is warned (D41.2b-9). */
int lt_stamp_warning(const struct lt_worth *worth, lt_time now);
