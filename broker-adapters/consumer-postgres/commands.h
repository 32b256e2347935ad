/**
 * @file
 * The commands beside `run`: plan, check, status.  Each prints to stdout and returns an exit code.
 */
#pragma once

#include "consumer-postgres/consumer_conf.h"

/** The SQL that a database administrator runs once, and how to undo it. */
int lt_command_plan(const struct lt_consumer_conf *conf);
/** Pre-flight: database, rights, clocks, certificate, inbox; one line each, 0 when all is well. */
int lt_command_check(const struct lt_consumer_conf *conf);
/** The copies: position, stamp, use period, rows set aside, refused reads. */
int lt_command_status(const struct lt_consumer_conf *conf);
