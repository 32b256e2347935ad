/**
 * @file
 * The answer of `lienthong explain`: may this connection be served now, and which clause decides
 * (DX-1, DX-10).  Pure.
 */
#pragma once

#include "control/right.h"
#include "lienthong/lang.h"
#include "lienthong/line.h"

/** Do fields and row filter of the connection compile against the service's schemas? */
bool lt_cli_scope_known(const struct lt_fold *fold, const char *connection);

/** What lt_route() needs, from the fold and the board: the day's count comes from the cursor;
 * whether the diary can be written, from what routing says of it. */
struct lt_right_facts lt_cli_facts(const struct lt_fold *fold,
                                   const struct lt_cli_board *board,
                                   const char *connection,
                                   lt_time now,
                                   lt_time grace);

/** The verdict, the clause in the decree's words, the holds with what lifts them, and the diary's
 * last decision (NULL: none). */
void lt_cli_right_text(enum lt_cli_lang lang,
                       const struct lt_right *right,
                       const struct lt_cli_line *line,
                       const struct lt_decision *decision,
                       lt_time now,
                       struct lt_buf *out);
