/**
 * @file
 * Structured log to stderr, one line an event.  Layer 0, any thread.
 *
 *   2026-11-25T02:04:19.123Z info lt-routing event=lane_started lane=live bucket=0
 *
 * Only programs log (libraries return errors).  Never row data, keys or out-of-scope names: ids,
 * counts and positions only.  Values with blanks or quotes are quoted and escaped.
 */
#pragma once

#include "base/error.h"
#include "base/macros.h"

enum lt_log_level { LT_LOG_ERROR, LT_LOG_WARN, LT_LOG_NOTICE, LT_LOG_INFO, LT_LOG_DEBUG };

/** program is a static string; json selects one JSON object per line. */
void lt_log_start(const char *program, enum lt_log_level level, bool json);
int lt_log_level_parse(const char *text, enum lt_log_level *ret) LT_MUST_CHECK;

/** One event with `key=value` pairs: lt_log(LT_LOG_INFO, "lane_started", "lane", "live", NULL).
 * Names and values are C strings, ended by NULL; a NULL value prints as "-". */
void lt_log(enum lt_log_level level, const char *event, ...) __attribute__((sentinel));

/** The same with class, domain, code and message of an error in front of the pairs. */
void lt_log_error(enum lt_log_level level, const char *event, const struct lt_error *err, ...)
    __attribute__((sentinel));

/** A formatted value for lt_log(): a static ring per thread, good for the current call. */
const char *lt_logf(const char *fmt, ...) LT_PRINTF(1, 2);
