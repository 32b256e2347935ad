/**
 * @file
 * The limits of apply: the best that SQL can do with a batch whose values are at hand, in one
 * transaction that also moves a position.
 */
#pragma once

#include "bench/apply_load.h"
#include "bench/meter.h"

/** method: unnest (binary arrays; INSERT ON CONFLICT or DELETE), update (UPDATE FROM unnest),
 * insert (plain INSERT from unnest), copy-temp (COPY to a temporary table, then upsert or delete),
 * copy (straight into the table).  Leaves the rows in public.target. */
void apply_raw(const char *dsn,
               const char *method,
               const struct apply_load *load,
               struct meter *meter);
