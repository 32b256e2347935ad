/**
 * @file
 * The decree's words for what officials do (Decree 47/2020/ND-CP): grounds of suspension and
 * termination, and the article that each command carries out.  Pure; any thread.
 */
#pragma once

#include "lienthong/lang.h"

#include <stdbool.h>

/** Grounds of article 43 (hold) and 44 (revoke). */
bool lt_cli_is_hold_ground(const char *ground);
bool lt_cli_is_revoke_ground(const char *ground);
/** Does this hold ground stop a whole data service (43.1) rather than one connection (43.2)? */
bool lt_cli_ground_is_service_wide(const char *ground);

/** The ground in the decree's words; the ground itself when it is not one of ours. */
const char *lt_cli_ground_words(enum lt_cli_lang lang, const char *ground);
/** "point a, clause 2, article 43" / "điểm a khoản 2 Điều 43"; the ground itself when unknown. */
const char *lt_cli_ground_article(enum lt_cli_lang lang, const char *ground);
/** What applying a declaration of that kind carries out: "article 38" and the like. */
const char *lt_cli_kind_article(enum lt_cli_lang lang, const char *kind);
/** Why a stream is HELD or ENDED, as cursors and the diary name it: a clause of DX-1 in the
 * decree's words, or a reason of routing's; anything else as it is. */
const char *lt_cli_reason_words(enum lt_cli_lang lang, const char *name);
/** LOAD, LIVE, HELD ... in words; the state itself when unknown. */
const char *lt_cli_state_words(enum lt_cli_lang lang, const char *state);
