#include "lienthong/cli.h"

#include "base/num.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *lt_cli_value(const struct lt_cli *cli, const char *option)
{
    return lt_cli_arg(cli->command, &cli->args, option);
}

const char *lt_cli_needed(const struct lt_cli *cli, const char *option)
{
    const char *value = lt_cli_value(cli, option);
    if (!value || !value[0]) {
        lt_cli_usage(cli, LT_SAY(cli->lang, "--%s is needed", "thiếu --%s"), option);
        return NULL;
    }
    return value;
}

const char *lt_cli_author(const struct lt_cli *cli)
{
    const char *named = lt_cli_value(cli, "author");
    if (!named || !named[0])
        named = cli->conf.author;
    if (named && named[0])
        return named;
    const char *sudo = getenv("SUDO_USER");
    if (sudo && sudo[0])
        return sudo;
    const struct passwd *user = getpwuid(getuid());
    return user ? user->pw_name : "?";
}

int64_t lt_cli_wait_ms(const struct lt_cli *cli)
{
    const char *text = lt_cli_value(cli, "wait");
    int64_t ms = cli->conf.wait_ms;
    if (text && lt_parse_duration_ms(text, &ms) != 0) {
        lt_cli_usage(
            cli, LT_SAY(cli->lang, "--wait: no duration: %s", "--wait: sai khoảng thời gian: %s"),
            text);
        return -1;
    }
    return ms;
}

int lt_cli_look(struct lt_cli *cli)
{
    uint8_t public_key[LT_SIGN_KEY_BYTES];
    struct lt_error err = {0};
    if (lt_control_key_read_public(cli->conf.public_key_file, public_key, &err) != 0)
        return lt_cli_fail(cli, &err);
    if (lt_cli_view_open(&cli->bus, public_key, cli->conf.kafka_ms, &cli->view, &err) != 0)
        return lt_cli_fail(cli, &err);
    cli->view_open = true;
    return lt_cli_view_control(&cli->view, &err) != 0 ? lt_cli_fail(cli, &err) : 0;
}

int lt_cli_fail(const struct lt_cli *cli, const struct lt_error *err)
{
    fprintf(stderr, "lienthong %s: %s\n", cli->command->name, err->msg);
    if (err->class != LT_ERR_FATAL)
        return LT_CLI_EXIT_UNAVAILABLE;
    const char *const config[] = {"conf", "control", "file"};
    for (size_t i = 0; i < LT_COUNT(config); i++)
        if (err->domain && strcmp(err->domain, config[i]) == 0)
            return LT_CLI_EXIT_CONFIG;
    return LT_CLI_EXIT_UNAVAILABLE;
}

int lt_cli_usage(const struct lt_cli *cli, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "lienthong %s: ", cli->command->name);
    vfprintf(stderr, fmt, args);
    fprintf(stderr,
            LT_SAY(cli->lang, "\nhint: lienthong %s --help\n", "\ngợi ý: lienthong %s --help\n"),
            cli->command->name);
    va_end(args);
    return LT_CLI_EXIT_USAGE;
}

void lt_cli_put(const struct lt_buf *text)
{
    fwrite(text->data, 1, text->len, stdout);
    fflush(stdout);
}
