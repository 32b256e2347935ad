/**
 * @file
 * `check`: the pre-flight.  Server, role, publication, each table; each finding with what to do.
 */
#pragma once

#include <stdio.h>

#include "provider-postgres/run.h"

/** Prints all findings; -1 (with a message that counts them) when one of them blocks. */
int check_print(struct provider *provider, FILE *out, struct lt_error *reterr) LT_MUST_CHECK;

/** The server's and the role's part. */
int check_server(struct lt_pg *pg,
                 struct findings *findings,
                 struct lt_error *reterr) LT_MUST_CHECK;
/** Is this server_version_num a minor release that loses or corrupts logical decoding (L13)? */
const char *check_bad_minor(int64_t version_num);
