/**
 * @file
 * The limit of capture: a libpq reader that drains a walsender and looks only at the kind of each
 * message.
 */
#pragma once

#include "bench/meter.h"

/** Reads from the slot's start until `rows` row messages and the commit behind them have come. */
void headers_read(
    const char *dsn, const char *slot, const char *publication, int64_t rows, struct meter *meter);
