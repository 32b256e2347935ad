#include "support/cm.h"

#include "lienthong/args.h"

#include <stdlib.h>
#include <string.h>

static const struct lt_cli_option OPTIONS[] = {
    {"ground", "GROUND", {"which ground", "căn cứ"}},
    {"json", NULL, {"as JSON", "dạng JSON"}},
    {0},
};
static const struct lt_cli_command COMMAND = {
    .name = "hold",
    .arguments = "TARGET",
    .least = 1,
    .most = 1,
    .options = OPTIONS,
    .summary = {"suspends", "tạm ngừng"},
};

#define PARSE(ret, err, ...) \
    parse((char *[]){__VA_ARGS__}, (int)LT_COUNT(((char *[]){__VA_ARGS__})), ret, err)

static int parse(char **argv, int argc, struct lt_cli_args *ret, struct lt_error *err)
{
    return lt_cli_args_parse(&COMMAND, argc, argv, ret, err);
}

static char TARGET[] = "cn000001", GROUND[] = "--ground", GROUND_IS[] = "--ground=43.2a",
            VALUE[] = "43.2a", JSON[] = "--json", JSON_IS[] = "--json=1", END[] = "--",
            HELP[] = "--help", UNKNOWN[] = "--grounds", DASHED[] = "--odd", DASH[] = "-";

static void options_stand_anywhere(void **state)
{
    (void)state;
    struct lt_cli_args args;
    assert_int_equal(PARSE(&args, NULL, GROUND, VALUE, TARGET, JSON), 0);
    assert_string_equal(args.arguments[0], "cn000001");
    assert_string_equal(lt_cli_arg(&COMMAND, &args, "ground"), "43.2a");
    assert_non_null(lt_cli_arg(&COMMAND, &args, "json"));
    assert_int_equal(PARSE(&args, NULL, TARGET, GROUND_IS), 0);
    assert_string_equal(lt_cli_arg(&COMMAND, &args, "ground"), "43.2a");
    assert_null(lt_cli_arg(&COMMAND, &args, "json"));
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    struct lt_cli_args args;
    assert_int_equal(PARSE(&args, NULL, END, DASHED), 0);
    assert_string_equal(args.arguments[0], "--odd");
    assert_int_equal(PARSE(&args, NULL, DASH), 0);
    assert_string_equal(args.arguments[0], "-");
}

static void mistakes_are_named(void **state)
{
    (void)state;
    struct lt_cli_args args = {.count = 77};
    struct lt_error err;
    assert_int_equal(PARSE(&args, &err, TARGET, UNKNOWN), -1);
    assert_string_equal(err.msg, "hold: unknown option '--grounds'");
    assert_int_equal(PARSE(&args, &err, TARGET, GROUND), -1);
    assert_string_equal(err.msg, "option '--ground' needs a value");
    assert_int_equal(PARSE(&args, &err, TARGET, JSON_IS), -1);
    assert_string_equal(err.msg, "option '--json=1' takes no value");
    assert_int_equal(PARSE(&args, &err, TARGET, JSON, JSON), -1);
    assert_string_equal(err.msg, "option '--json' is given twice");
    assert_int_equal(PARSE(&args, &err, TARGET, TARGET), -1);
    assert_string_equal(err.msg, "hold: unexpected argument 'cn000001'");
    assert_int_equal(PARSE(&args, &err, JSON), -1);
    assert_string_equal(err.msg, "hold needs TARGET");
    assert_int_equal(args.count, 77); /* untouched */
}

static void a_command_of_many_arguments_says_how_many(void **state)
{
    (void)state;
    const struct lt_cli_command apply = {
        .name = "apply", .least = 1, .most = LT_CLI_ARGUMENTS_MAX, .options = OPTIONS};
    char *argv[LT_CLI_ARGUMENTS_MAX + 1];
    struct lt_cli_args args;
    struct lt_error err;
    for (size_t i = 0; i < LT_COUNT(argv); i++)
        argv[i] = TARGET;
    assert_int_equal(lt_cli_args_parse(&apply, LT_CLI_ARGUMENTS_MAX, argv, &args, &err), 0);
    assert_int_equal(args.count, LT_CLI_ARGUMENTS_MAX);
    assert_int_equal(lt_cli_args_parse(&apply, LT_CLI_ARGUMENTS_MAX + 1, argv, &args, &err), -1);
    assert_string_equal(err.msg, "apply: more than 1000 arguments; do it in parts");
}

static void help_needs_no_arguments(void **state)
{
    (void)state;
    struct lt_cli_args args;
    assert_int_equal(PARSE(&args, NULL, HELP), 0);
    assert_true(args.help);
}

static void global_options_stand_before_the_command(void **state)
{
    (void)state;
    char name[] = "lienthong", config[] = "--config", path[] = "x.conf", lang[] = "--lang=vi";
    char status[] = "status", json[] = "--json";
    char *argv[] = {name, config, path, lang, status, json};
    struct lt_cli_global global;
    assert_int_equal(lt_cli_global_parse(6, argv, &global, NULL), 0);
    assert_string_equal(global.config_path, "x.conf");
    assert_string_equal(global.lang, "vi");
    assert_int_equal(global.next, 4);
    struct lt_error err;
    assert_int_equal(lt_cli_global_parse(2, argv, &global, &err), -1);
    assert_string_equal(err.msg, "option '--config' needs a value");
    char *unknown[] = {name, json, status};
    assert_int_equal(lt_cli_global_parse(3, unknown, &global, &err), -1);
    assert_string_equal(err.msg, "unknown option '--json'");
}

static char *help_text(enum lt_cli_lang lang)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    lt_cli_command_help(&COMMAND, lang, out);
    fclose(out);
    return text;
}

static void help_comes_from_the_table_in_both_languages(void **state)
{
    (void)state;
    char *en = help_text(LT_CLI_EN), *vi = help_text(LT_CLI_VI);
    assert_non_null(strstr(en, "usage: lienthong [--config FILE] hold [OPTIONS] TARGET\n"));
    assert_non_null(strstr(en, "--ground GROUND"));
    assert_non_null(strstr(vi, "cách dùng:"));
    assert_non_null(strstr(vi, "căn cứ"));
    free(en);
    free(vi);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(a_command_of_many_arguments_says_how_many),
        cmocka_unit_test(help_needs_no_arguments),
        cmocka_unit_test(global_options_stand_before_the_command),
        cmocka_unit_test(help_comes_from_the_table_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
