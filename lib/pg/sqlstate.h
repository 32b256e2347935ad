/**
 * @file
 * SQLSTATE -> what the caller can do next: one table.  Layer 2, pure.
 */
#pragma once

#include "base/error.h"

/** The five characters as a number (base 36), which struct lt_error carries as `code`; 0 when the
 * text is no SQLSTATE. */
int lt_sqlstate(const char *five);
/** Inverse of lt_sqlstate(): writes five characters and a zero. */
void lt_sqlstate_text(int code, char ret[6]);

/** Class of the error: data of a row (21, 22, 23, 44, 54, P0) = REJECT, conflicts (40, 55P03) =
 * ABORT, server or connection not there (08, 53, 55, 57, 58) = RETRY, all else = FATAL. */
enum lt_err_class lt_sqlstate_class(const char *five);

/** May the server's message quote values of a row?  Then it is not shown. */
bool lt_sqlstate_quotes_data(const char *five);
