/**
 * @file
 * Entries of the diary, one line each, for people or as JSON lines (D45).  Pure.
 */
#pragma once

#include "lienthong/lang.h"
#include "record/records.h"

/** Appends the entry if it is one and concerns the connection (NULL: any).  false: another
 * connection's.  Garbage is reported as such, never guessed at. */
bool lt_cli_diary_entry(enum lt_cli_lang lang,
                        bool json,
                        const char *connection,
                        struct lt_bytes value,
                        struct lt_arena *arena,
                        struct lt_buf *out);
