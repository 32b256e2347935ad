/**
 * @file
 * How long to wait before the next run, and whether there is one.  Pure.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

/** Does the process end?  Only for what no waiting mends.  A right that is refused may yet be
 * given: an application has none before its first data service is declared (architecture 7: least
 * ACLs). */
bool retry_is_hopeless(const struct lt_error *why);
/** Wait in ms after a failed run; last_ms 0: the run before it was good.  Jittered and at most
 * 1.5 s for what mends itself (a broker or database that is away); up to 30 s for the rest. */
int64_t
retry_wait_ms(const struct lt_error *why, int64_t last_ms, int64_t base_ms, uint64_t random);
