/**
 * @file
 * What can be said of a declaration before the steward sees it.  Pure.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"

/** Is it one JSON object of a known kind, without duplicate keys?  *ret_kind is static.
 * LT_ERR_REJECT with "file: where: what". */
int lt_cli_declaration_check(const char *file,
                             struct lt_bytes text,
                             const char **ret_kind,
                             struct lt_error *reterr) LT_MUST_CHECK;
