/**
 * @file
 * The four-way rule: what a feed record becomes on a stream, from membership before and after
 * (architecture 5, D52.2b).  Pure, any thread.
 */
#pragma once

#include "change/lt_header.h"

/** True and *ret_op, or false when nothing leaves (out before and after: the key would leak).
 * loading: the stream is in its first load, where rows are snapshots. */
bool lt_lane_effect(enum lt_op feed_op, bool before, bool after, bool loading, enum lt_op *ret_op);
