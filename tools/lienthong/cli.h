/**
 * @file
 * One run of the command line: what every command is handed.  One thread.
 */
#pragma once

#include "lienthong/args.h"
#include "lienthong/conf.h"
#include "lienthong/view.h"

struct lt_cli {
    const struct lt_cli_command *command;
    struct lt_cli_args args;
    enum lt_cli_lang lang;
    struct lt_cli_conf conf;
    struct lt_conf_extra extra;
    struct lt_bus bus;
    struct lt_cli_view view;
    bool view_open;
};

/** Value of an option of the running command, or NULL. */
const char *lt_cli_value(const struct lt_cli *cli, const char *option);
/** The same, printing "command needs --option" when it is missing. */
const char *lt_cli_needed(const struct lt_cli *cli, const char *option);
/** Who decides: --author, [cli] author, the login name. */
const char *lt_cli_author(const struct lt_cli *cli);
/** --wait, or [cli] wait; -1 (and a message) when malformed. */
int64_t lt_cli_wait_ms(const struct lt_cli *cli);

/** Opens the view and reads control to its end.  Prints what is wrong and returns the exit code, 0
 * when all is well. */
int lt_cli_look(struct lt_cli *cli);
/** Prints the error with its hint (if any) and returns the exit code of its class. */
int lt_cli_fail(const struct lt_cli *cli, const struct lt_error *err);
/** Prints a message of ours for a mistake on the command line; returns LT_CLI_EXIT_USAGE. */
int lt_cli_usage(const struct lt_cli *cli, const char *fmt, ...) LT_PRINTF(2, 3);
/** Writes a buffer to standard output. */
void lt_cli_put(const struct lt_buf *text);

/* Commands, each in a file of its name. */
extern const struct lt_cli_command lt_cli_init, lt_cli_apply, lt_cli_hold, lt_cli_lift,
    lt_cli_amend, lt_cli_revoke, lt_cli_schema, lt_cli_issue, lt_cli_status, lt_cli_explain,
    lt_cli_verify, lt_cli_diary;
