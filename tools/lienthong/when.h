/**
 * @file
 * Instants as people type them.  Pure.
 */
#pragma once

#include "base/clock.h"
#include "base/error.h"

/** "2026-12-01T08:00:00Z", "...+07:00", or "2026-12-01 08:00" and "2026-12-01" in Asia/Ho_Chi_Minh.
 * LT_ERR_REJECT for anything else, impossible dates too. */
int lt_cli_when_parse(const char *text, lt_time *ret, struct lt_error *reterr) LT_MUST_CHECK;
