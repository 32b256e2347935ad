/*
 * lienthong: the command line of operators, providers and users.
 */
#include "lienthong/cli.h"

#include "daemon/daemon.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_CONFIG "/etc/lienthong/lienthong.conf"
#define TRANSACTION_MS 60000

static const struct lt_cli_command *const COMMANDS[] = {
    &lt_cli_init,   &lt_cli_apply, &lt_cli_hold,   &lt_cli_lift,    &lt_cli_amend,  &lt_cli_revoke,
    &lt_cli_schema, &lt_cli_issue, &lt_cli_status, &lt_cli_explain, &lt_cli_verify, &lt_cli_diary,
};

static void help(enum lt_cli_lang lang, FILE *out)
{
    fputs(LT_SAY(lang,
                 "usage: lienthong [--config FILE] [--lang vi|en] COMMAND [...]\n"
                 "       lienthong --help | --version | --help-config | --print-config\n\n"
                 "Commands (lienthong COMMAND --help tells more):\n",
                 "cách dùng: lienthong [--config FILE] [--lang vi|en] LỆNH [...]\n"
                 "           lienthong --help | --version | --help-config | --print-config\n\n"
                 "Các lệnh (xem thêm: lienthong LỆNH --help):\n"),
          out);
    for (size_t i = 0; i < LT_COUNT(COMMANDS); i++)
        fprintf(out, "  %-8s  %s\n", COMMANDS[i]->name, COMMANDS[i]->summary[lang]);
}

static const struct lt_cli_command *find(const char *name)
{
    for (size_t i = 0; i < LT_COUNT(COMMANDS); i++)
        if (strcmp(COMMANDS[i]->name, name) == 0)
            return COMMANDS[i];
    return NULL;
}

static enum lt_cli_lang pick_lang(const char *option, const char *configured)
{
    const char *const candidates[] = {option, configured, getenv("LC_ALL"), getenv("LC_MESSAGES"),
                                      getenv("LANG")};
    return lt_cli_lang_pick(candidates, LT_COUNT(candidates));
}

static int usage_error(enum lt_cli_lang lang, const struct lt_error *err)
{
    fprintf(stderr,
            LT_SAY(lang, "lienthong: %s\nhint: lienthong --help\n",
                   "lienthong: %s\ngợi ý: lienthong --help\n"),
            err->msg);
    return LT_CLI_EXIT_USAGE;
}

/* What needs no command; -1: a command follows. */
static int run_global(const struct lt_cli_global *global, int argc, enum lt_cli_lang lang)
{
    if (global->help)
        help(lang, stdout);
    else if (global->version)
        printf("lienthong %s (librdkafka %s)\n", LT_VERSION, rd_kafka_version_str());
    else if (global->help_config)
        lt_conf_print_help(&lt_cli_conf_table, stdout);
    else if (global->next < argc || global->print_config)
        return -1;
    else {
        help(lang, stderr);
        return LT_CLI_EXIT_USAGE;
    }
    return LT_CLI_EXIT_OK;
}

static int run_command(struct lt_cli *cli, const struct lt_cli_global *global, bool print)
{
    struct lt_error err = {0};
    const char *path = global->config_path ? global->config_path : DEFAULT_CONFIG;
    if (lt_conf_load(&lt_cli_conf_table, path, &cli->conf, &cli->extra, &err) != 0) {
        fprintf(stderr, "lienthong: %s\n", err.msg);
        return LT_CLI_EXIT_CONFIG;
    }
    cli->lang = pick_lang(global->lang, cli->conf.lang);
    cli->bus = lt_kafka_conf_bus(&cli->conf.kafka, &cli->extra, "lienthong", TRANSACTION_MS);
    int code = LT_CLI_EXIT_OK;
    if (print)
        lt_conf_print(&lt_cli_conf_table, &cli->conf, stdout);
    else
        code = cli->command->run(cli);
    if (cli->view_open)
        lt_cli_view_close(&cli->view);
    lt_conf_unload(&lt_cli_conf_table, &cli->conf, &cli->extra);
    return code;
}

int main(int argc, char **argv)
{
    struct lt_cli_global global;
    struct lt_error err = {0};
    enum lt_cli_lang lang = pick_lang(NULL, NULL);
    if (lt_cli_global_parse(argc, argv, &global, &err) != 0)
        return usage_error(lang, &err);
    lang = pick_lang(global.lang, NULL);
    int code = run_global(&global, argc, lang);
    if (code >= 0)
        return code;
    struct lt_cli cli = {.lang = lang};
    if (global.print_config)
        return run_command(&cli, &global, true);
    cli.command = find(argv[global.next]);
    if (!cli.command) {
        lt_fail(&err, LT_ERR_FATAL, "usage", 0, "unknown command '%s'", argv[global.next]);
        return usage_error(lang, &err);
    }
    const int first = global.next + 1;
    if (lt_cli_args_parse(cli.command, argc - first, argv + first, &cli.args, &err) != 0)
        return usage_error(lang, &err);
    if (cli.args.help) {
        lt_cli_command_help(cli.command, lang, stdout);
        return LT_CLI_EXIT_OK;
    }
    lt_daemon_signals();
    return run_command(&cli, &global, false);
}
