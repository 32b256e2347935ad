/**
 * @file
 * When has a hold or a termination taken effect?  Layer 2, pure (protocol 7.2).
 *
 * Read from what routing has committed, never from the request: EFFECTIVE when every stream of the
 * connection that is not ENDED is HELD by a cursor with a control number at or above the command's
 * (for a termination: when every stream is ENDED).  A connection without a cursor waits too, unless
 * no fold that knows its feed could have missed the command.
 */
#pragma once

#include "change/ids.h"
#include "control/control.h"

/** What is known of routing: the newest cursor of each stream and of each feed, in any order. */
struct lt_routing_view {
    const struct lt_cursor *cursors;
    size_t cursor_count;
    const struct lt_feed_cursor *feeds;
    size_t feed_count;
};

struct lt_effect {
    bool effective;
    int64_t number;                /**< of the command in control; 0: unknown, never effective */
    size_t connections;            /**< touched by it */
    size_t waiting;                /**< of them not stopped yet */
    char first_waiting[LT_ID_MAX]; /**< one of those, or empty */
};

/** A hold in force; a lifted or unknown one is not effective. */
struct lt_effect lt_effect_of_hold(const struct lt_fold *fold,
                                   const char *hold,
                                   const struct lt_routing_view *routing);
/** A connection that is terminated by itself or with its agreement. */
struct lt_effect lt_effect_of_end(const struct lt_fold *fold,
                                  const char *connection,
                                  const struct lt_routing_view *routing);
