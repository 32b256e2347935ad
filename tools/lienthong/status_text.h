/**
 * @file
 * Status for people: one block per connection, in Vietnamese or English, times in
 * Asia/Ho_Chi_Minh.  Pure.
 */
#pragma once

#include "lienthong/lang.h"
#include "lienthong/line.h"

/** What stands above the lines. */
struct lt_cli_head {
    lt_time now;
    int64_t number;       /**< control number that a heartbeat confirms; 0: none */
    lt_time heartbeat_at; /**< LT_TIME_NONE: none seen */
    const char *stale;    /**< why the control state is not fresh; NULL when it is */
    size_t garbage;       /**< records that were not what their place demands */
    const char *hidden;   /**< a topic whose end cannot be read yet; NULL when there is none */
    size_t connections;
};

void lt_cli_head_text(enum lt_cli_lang lang, const struct lt_cli_head *head, struct lt_buf *out);
void lt_cli_line_text(enum lt_cli_lang lang,
                      const struct lt_cli_line *line,
                      lt_time now,
                      struct lt_buf *out);

/** Reason, ground, author, since, what lifts it, expected end of one hold (D8.1, D43.3, D43.5). */
void lt_cli_hold_text(enum lt_cli_lang lang,
                      const struct lt_cli_held *held,
                      lt_time now,
                      struct lt_buf *out);
/** "the provider's adapter gives no sign" ... */
const char *lt_cli_still_words(enum lt_cli_lang lang, enum lt_cli_still why);
/** Name of a stage as people read it. */
const char *lt_cli_stage_words(enum lt_cli_lang lang, enum lt_cli_stage stage);
