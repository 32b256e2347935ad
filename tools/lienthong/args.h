/**
 * @file
 * Commands and their options as tables; parsing and help come from them.  Pure but for printing.
 *
 * Options may stand before, between and after the arguments, as --name VALUE or --name=VALUE; `--`
 * ends them.  An option given twice is refused.
 */
#pragma once

#include "base/error.h"
#include "lienthong/lang.h"

#include <stdbool.h>
#include <stdio.h>

#define LT_CLI_OPTIONS_MAX   12
#define LT_CLI_ARGUMENTS_MAX 1000 /* as many declarations as the steward takes */

/* Exit codes, the same for all commands (lienthong.1). */
enum lt_cli_exit {
    LT_CLI_EXIT_OK = 0,
    LT_CLI_EXIT_NO = 1,           /**< refused, or (verify) different, or (explain) not delivered */
    LT_CLI_EXIT_UNCLEAR = 2,      /**< (verify) not comparable */
    LT_CLI_EXIT_PENDING = 3,      /**< taken, but its effect did not show in time */
    LT_CLI_EXIT_USAGE = 64,       /**< command line */
    LT_CLI_EXIT_UNAVAILABLE = 69, /**< broker, database or steward not reached */
    LT_CLI_EXIT_CONFIG = 78,
};

struct lt_cli_option {
    const char *name;     /**< without dashes */
    const char *argument; /**< what the value is called in help; NULL: a flag */
    const char *help[2];  /**< English, Vietnamese */
};

/* Options that several commands have. */
#define LT_CLI_OPTION_AUTHOR                          \
    {                                                 \
        "author", "NAME",                             \
        {                                             \
            "who decides", "người quyết định" \
        }                                             \
    }
#define LT_CLI_OPTION_WAIT                                                              \
    {                                                                                   \
        "wait", "DURATION",                                                             \
        {                                                                               \
            "how long to wait for the effect, such as 90s; 0s: do not wait",            \
                "chờ hiệu lực tối đa bao lâu, ví dụ 90s; 0s: không chờ" \
        }                                                                               \
    }

struct lt_cli;
struct lt_cli_command {
    const char *name;
    const char *arguments;               /**< as help shows them, "" for none */
    size_t least, most;                  /**< how many */
    const struct lt_cli_option *options; /**< ended by a NULL name; at most LT_CLI_OPTIONS_MAX */
    const char *summary[2];
    const char *details[2];         /**< paragraphs of --help: what it waits for, its exit codes */
    int (*run)(struct lt_cli *cli); /**< returns the exit code */
};

struct lt_cli_args {
    const char *values[LT_CLI_OPTIONS_MAX]; /**< by option; a flag that is set has its own name */
    const char *arguments[LT_CLI_ARGUMENTS_MAX];
    size_t count;
    bool help;
};

/** What stands before the command. */
struct lt_cli_global {
    const char *config_path, *lang;
    bool help, version, help_config, print_config;
    int next; /**< index in argv of the command; argc when there is none */
};

int lt_cli_global_parse(int argc, char **argv, struct lt_cli_global *ret, struct lt_error *reterr)
    LT_MUST_CHECK;
/** argv[0] is the first word after the command.  LT_ERR_FATAL, domain "usage". */
int lt_cli_args_parse(const struct lt_cli_command *command,
                      int argc,
                      char **argv,
                      struct lt_cli_args *ret,
                      struct lt_error *reterr) LT_MUST_CHECK;
/** Value of an option of the command (a name of its table), NULL when not given. */
const char *
lt_cli_arg(const struct lt_cli_command *command, const struct lt_cli_args *args, const char *name);

void lt_cli_command_help(const struct lt_cli_command *command, enum lt_cli_lang lang, FILE *out);
