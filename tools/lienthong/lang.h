/**
 * @file
 * The two languages of the command line and the way times and durations are written for people.
 * Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"

enum lt_cli_lang { LT_CLI_EN, LT_CLI_VI };

/** Picks by language.  A macro, so that both texts stand side by side where they are used and the
 * compiler checks both as formats. */
#define LT_SAY(lang, en, vi) ((lang) == LT_CLI_VI ? (vi) : (en))

/** "vi", "vi_VN.UTF-8", "en" ...: Vietnamese exactly when the name begins with vi. */
enum lt_cli_lang lt_cli_lang_of(const char *locale);
/** The first that is not NULL or empty counts: --lang, [cli] lang, LC_ALL, LC_MESSAGES, LANG. */
enum lt_cli_lang lt_cli_lang_pick(const char *const *candidates, size_t count);

#define LT_CLI_WHEN_MAX 96 /**< buffer for the texts below */

/** "3 min 4 s", "2 d 3 h" / "3 phút 4 giây", "2 ngày 3 giờ"; below a second in milliseconds. */
const char *lt_cli_duration(enum lt_cli_lang lang, lt_time span, char buf[LT_CLI_WHEN_MAX]);
/** "25/11/2026 09:04:19 (2 s ago)" in Asia/Ho_Chi_Minh; "in 2 s" for times to come; a dash for
 * LT_TIME_NONE. */
const char *lt_cli_when(enum lt_cli_lang lang, lt_time at, lt_time now, char buf[LT_CLI_WHEN_MAX]);

/** Columns that text takes on a terminal: code points without combining marks. */
size_t lt_cli_columns(const char *text);
/** Appends text and blanks up to `columns`, at least one blank. */
void lt_cli_pad(struct lt_buf *out, const char *text, size_t columns);
/** Appends text that others wrote (names, reasons) with control characters shown as "?", so that
 * a name cannot steer the terminal. */
void lt_cli_add_clean(struct lt_buf *out, const char *text);
