/**
 * @file
 * What a sync point vouches for (architecture 4.2, DX-6, DT-4).  Pure.
 */
#pragma once

#include "base/clock.h"
#include "record/records.h"

/** How much later than its append a sync point may claim to be: clocks differ a little. */
#define LANE_AHEAD_MAX (5 * LT_SECOND)

/** The time that copies may be stamped with: T, but never later than its append.  LT_NULL: none;
 * the clock of the source was ahead (and so was its provider's, who would have noticed), and the
 * append is later than the moment that was vouched for, by as long as the record was under way. */
lt_time lt_lane_vouched(lt_time sync_time, lt_time append_time);
