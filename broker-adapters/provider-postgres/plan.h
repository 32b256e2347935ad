/**
 * @file
 * `plan`: the SQL that people of the provider run, who runs what, and how to undo it.
 */
#pragma once

#include <stdio.h>

#include "provider-postgres/run.h"

/** Prints for all services that the provider's inbox holds. */
int plan_print(struct provider *provider, FILE *out, struct lt_error *reterr) LT_MUST_CHECK;

/** The pure part: SQL for these services and this login role. */
void plan_sql(const struct provider_conf *conf,
              const struct feeds *feeds,
              const char *role,
              struct lt_buf *sql);
