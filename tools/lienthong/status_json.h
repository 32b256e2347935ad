/**
 * @file
 * Status for machines: one JSON object, times in UTC (RFC 3339) or null.  Pure.
 */
#pragma once

#include "lienthong/line.h"
#include "lienthong/status_text.h"

#include <jansson.h>

/** {"at", "control": {...}, "ignored", "connections": []}; the caller owns it and appends lines. */
json_t *lt_cli_head_json(const struct lt_cli_head *head);
/** One element of "connections". */
json_t *lt_cli_line_json(const struct lt_cli_line *line);
/** A time as text, or JSON null for LT_TIME_NONE and LT_TIME_END. */
json_t *lt_cli_time_json(lt_time at);
