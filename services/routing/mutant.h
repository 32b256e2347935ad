/**
 * @file
 * Switches that leave one rule of protocol.md out, so that the simulation can show that it would
 * notice (protocol 12).  Only the simulation's own build of the lanes has them (LT_MUTANTS);
 * everywhere else the rule simply stands.
 */
#pragma once

#ifdef LT_MUTANTS
enum lane_mutant {
    MUTANT_NONE,
    MUTANT_FENCE_LATE,      /**< cursors are read before init_transactions (4.1) */
    MUTANT_MEMORY,          /**< memory moves after an uncertain commit (5.3) */
    MUTANT_SCRUB,           /**< no scrub (4.2) */
    MUTANT_CURSORS_EOF,     /**< cursors read to the last stable offset, not to HW (4.3) */
    MUTANT_OLD_FOLD,        /**< acts on a fold older than a cursor (4.4, 5.2) */
    MUTANT_TAIL_START,      /**< no tail check at start (4.5) */
    MUTANT_TAIL_HANDOVER,   /**< no tail check at a change of lane (6.4, 6.5) */
    MUTANT_TAIL_UNREADABLE, /**< the tail is compared over records still open (4.5, 6.4) */
    MUTANT_BEHIND,          /**< a tail behind is taken for good (4.5) */
    MUTANT_ADOPT,           /**< a tail ahead is taken for good (4.5) */
    MUTANT_LAST,            /**< feed records at or below `last` are delivered again (4.5) */
    MUTANT_AGE,             /**< no age rule (4.5) */
    MUTANT_REPEAT,          /**< inbox records are not repeated (4.6) */
    MUTANT_ONE_RESTARTS, /**< only the lane that sees an unreadable partition starts over (4.3) */
    MUTANT_PARTIAL,      /**< a LIVE stream misses part of a batch (5.5) */
    MUTANT_FEED_GAP,     /**< a hole in the feed is crossed (5.5, 8.3) */
    MUTANT_CUT,          /**< no cut at READY (6.4) */
    MUTANT_BOUNCE,       /**< no bounce of a passed READY (6.4) */
    MUTANT_READY_KEEPS,  /**< the catch-up lane still writes READY streams (3) */
    MUTANT_EFFECTIVE_EARLY, /**< EFFECTIVE from the request, not from the cursors (7.2) */
    MUTANT_HOLD_NUMBER,     /**< EFFECTIVE without the control number (7.2) */
    MUTANT_E0,              /**< a load has no fixed end (8.2) */
    MUTANT_DEADLINE,        /**< a load has no deadline (8.2) */
    MUTANT_KEYS,            /**< old values are trusted below E0 (8.3) */
    MUTANT_EARLY_T,         /**< T is handed out while loading (8.4) */
    MUTANT_GENERATIONS,     /**< after a loss of all cursors generations begin at 1 again */
    MUTANT_TELL_OVER,       /**< nor is anybody told again that a connection is over */
    MUTANT_SETTLED,         /**< a change of control is not looked for in all streams (5.2) */
    MUTANT_DUE,             /**< nor is what changed in a stream looked at (5.2) */
    MUTANT_FOLD_KEPT,       /**< a lane goes on with the fold from before the loss */
    MUTANT_COUNT
};
extern enum lane_mutant lt_lane_mutant;
#define MUTANT(which) (lt_lane_mutant == MUTANT_##which)
#else
#define MUTANT(which) false
#endif
