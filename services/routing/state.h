/**
 * @file
 * The states of a stream, who owns it in each, and where each leads (protocol 3).  Pure, any
 * thread.
 *
 *   LOAD ─► CATCH ─► READY ─► LIVE        LOAD, CATCH: the catch-up lane owns the stream
 *             ▲        │                  READY, LIVE, HELD: the live lane
 *             └────────┘ (passed)         ENDED: nobody
 *
 * Only the owner named by the committed state writes the stream's cursor and its topic; writing
 * the new state is the hand-over.
 */
#pragma once

#include <stdbool.h>

enum lane_state {
    LANE_NONE, /**< no cursor yet */
    LANE_LOAD,
    LANE_CATCH,
    LANE_READY,
    LANE_LIVE,
    LANE_HELD,
    LANE_ENDED,
};
enum lane_id {
    LANE_LIVE_LANE,
    LANE_CATCH_LANE,
    LANE_NOBODY,
};

/** "LOAD" ... as in a cursor's field `state`; "" for LANE_NONE. */
const char *lt_lane_state_name(enum lane_state state);
/** LANE_NONE for any other text. */
enum lane_state lt_lane_state_parse(const char *text);
/** "live" or "catch", as in a cursor's field `lane`. */
const char *lt_lane_name(enum lane_id lane);
/** LANE_NOBODY for any other text. */
enum lane_id lt_lane_parse(const char *text);

enum lane_id lt_lane_owner(enum lane_state state);
/** May `lane` write `to` over a committed `from`?  The table of protocol 3 plus repeats of the same
 * state (batches, a hold's newer number).  A first cursor (from LANE_NONE) is LOAD or HELD; or
 * ENDED, where a connection was over before control was restored. */
bool lt_lane_may(enum lane_id lane, enum lane_state from, enum lane_state to);
