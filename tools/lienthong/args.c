#include "lienthong/args.h"

#include <string.h>

#define usage_error(reterr, ...) lt_fail(reterr, LT_ERR_FATAL, "usage", 0, __VA_ARGS__)

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] == '-' && word[2] != '\0';
}

/* Is the word --name or --name=value?  *ret_value: after the equals sign, or NULL. */
static bool names(const char *word, const char *name, const char **ret_value)
{
    size_t len = strlen(name);
    if (strncmp(word + 2, name, len) != 0)
        return false;
    const char *rest = word + 2 + len;
    if (*rest != '\0' && *rest != '=')
        return false;
    *ret_value = *rest ? rest + 1 : NULL;
    return true;
}

/* The value of an option that takes one: behind the equals sign or the next word. */
static int take_value(int argc, char **argv, int *i, const char **value, struct lt_error *reterr)
{
    if (*value)
        return 0;
    if (*i + 1 >= argc)
        return usage_error(reterr, "option '%s' needs a value", argv[*i]);
    *value = argv[++*i];
    return 0;
}

static int take_flag(const char *word, const char *value, struct lt_error *reterr)
{
    return value ? usage_error(reterr, "option '%s' takes no value", word) : 0;
}

static int global_flag(const char *word, struct lt_cli_global *global, struct lt_error *reterr)
{
    const struct {
        const char *name;
        bool *flag;
    } FLAGS[] = {
        {"help", &global->help},
        {"version", &global->version},
        {"help-config", &global->help_config},
        {"print-config", &global->print_config},
    };
    for (size_t i = 0; i < LT_COUNT(FLAGS); i++) {
        const char *value;
        if (!names(word, FLAGS[i].name, &value))
            continue;
        *FLAGS[i].flag = true;
        return take_flag(word, value, reterr);
    }
    return usage_error(reterr, "unknown option '%s'", word);
}

int lt_cli_global_parse(int argc, char **argv, struct lt_cli_global *ret, struct lt_error *reterr)
{
    struct lt_cli_global global = {0};
    int i = 1;
    for (; i < argc && is_option(argv[i]); i++) {
        const char *value;
        const char **slot = names(argv[i], "config", &value) ? &global.config_path
                            : names(argv[i], "lang", &value) ? &global.lang
                                                             : NULL;
        if (!slot && global_flag(argv[i], &global, reterr) != 0)
            return -1;
        if (slot && take_value(argc, argv, &i, &value, reterr) != 0)
            return -1;
        if (slot)
            *slot = value;
    }
    global.next = i;
    *ret = global;
    return 0;
}

static int take_option(const struct lt_cli_command *command,
                       int argc,
                       char **argv,
                       int *i,
                       struct lt_cli_args *args,
                       struct lt_error *reterr)
{
    const char *word = argv[*i], *value;
    if (names(word, "help", &value)) {
        args->help = true;
        return take_flag(word, value, reterr);
    }
    for (size_t o = 0; command->options[o].name; o++) {
        const struct lt_cli_option *option = &command->options[o];
        if (!names(word, option->name, &value))
            continue;
        if (args->values[o])
            return usage_error(reterr, "option '--%s' is given twice", option->name);
        if (!option->argument) {
            args->values[o] = option->name;
            return take_flag(word, value, reterr);
        }
        if (take_value(argc, argv, i, &value, reterr) != 0)
            return -1;
        args->values[o] = value;
        return 0;
    }
    return usage_error(reterr, "%s: unknown option '%s'", command->name, word);
}

static int
too_many(const struct lt_cli_command *command, const char *argument, struct lt_error *reterr)
{
    return command->most == LT_CLI_ARGUMENTS_MAX
               ? usage_error(reterr, "%s: more than %d arguments; do it in parts", command->name,
                             LT_CLI_ARGUMENTS_MAX)
               : usage_error(reterr, "%s: unexpected argument '%s'", command->name, argument);
}

int lt_cli_args_parse(const struct lt_cli_command *command,
                      int argc,
                      char **argv,
                      struct lt_cli_args *ret,
                      struct lt_error *reterr)
{
    struct lt_cli_args args = {0};
    bool options = true;
    for (int i = 0; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && is_option(argv[i])) {
            if (take_option(command, argc, argv, &i, &args, reterr) != 0)
                return -1;
        } else if (args.count == command->most) {
            return too_many(command, argv[i], reterr);
        } else {
            args.arguments[args.count++] = argv[i];
        }
    }
    if (!args.help && args.count < command->least)
        return usage_error(reterr, "%s needs %s", command->name, command->arguments);
    *ret = args;
    return 0;
}

const char *
lt_cli_arg(const struct lt_cli_command *command, const struct lt_cli_args *args, const char *name)
{
    for (size_t o = 0; command->options[o].name; o++)
        if (strcmp(command->options[o].name, name) == 0)
            return args->values[o];
    lt_assert_failed("the command has the option", __FILE__, __LINE__);
}

void lt_cli_command_help(const struct lt_cli_command *command, enum lt_cli_lang lang, FILE *out)
{
    fprintf(out,
            LT_SAY(lang, "usage: lienthong [--config FILE] %s%s%s%s\n\n%s\n",
                   "cách dùng: lienthong [--config FILE] %s%s%s%s\n\n%s\n"),
            command->name,
            command->options[0].name ? LT_SAY(lang, " [OPTIONS]", " [TÙY CHỌN]") : "",
            command->arguments[0] ? " " : "", command->arguments, command->summary[lang]);
    if (command->details[lang])
        fprintf(out, "%s\n", command->details[lang]);
    for (size_t o = 0; command->options[o].name; o++) {
        const struct lt_cli_option *option = &command->options[o];
        char left[48];
        snprintf(left, sizeof left, "--%s%s%s", option->name, option->argument ? " " : "",
                 option->argument ? option->argument : "");
        fprintf(out, "%s  %-24s %s\n", o == 0 ? "\n" : "", left, option->help[lang]);
    }
}
