/*
 * The man pages agree with the programs' tables: every configuration key of lienthong has its
 * entry in lienthong.conf.5, and every command and option its own in lienthong.1.
 */
#include "support/cm.h"

#include "base/file.h"
#include "base/mem.h"
#include "lienthong/cli.h"

#include <string.h>

static const struct lt_cli_command *const COMMANDS[] = {
    &lt_cli_init,   &lt_cli_apply, &lt_cli_hold,   &lt_cli_lift,    &lt_cli_amend,  &lt_cli_revoke,
    &lt_cli_schema, &lt_cli_issue, &lt_cli_status, &lt_cli_explain, &lt_cli_verify, &lt_cli_diary,
};

static char *page(const char *path)
{
    struct lt_buf text = {0};
    struct lt_error err;
    if (lt_file_read(path, 1 << 20, &text, &err) != 0)
        fail_msg("%s", err.msg);
    char *copy = lt_strdup(lt_buf_text(&text));
    lt_buf_fini(&text);
    return copy;
}

static void assert_has(const char *text, const char *fmt, ...) LT_PRINTF(2, 3);
static void assert_has(const char *text, const char *fmt, ...)
{
    char part[128];
    va_list args;
    va_start(args, fmt);
    vsnprintf(part, sizeof part, fmt, args);
    va_end(args);
    if (!strstr(text, part))
        fail_msg("not in the page: %s", part);
}

static void every_command_and_option_is_in_lienthong_1(void **state)
{
    (void)state;
    LT_CLEANUP(lt_freep) char *text = page("deploy/man/lienthong.1");
    for (size_t i = 0; i < LT_COUNT(COMMANDS); i++) {
        assert_has(text, "\n.It Cm %s ", COMMANDS[i]->name);
        for (const struct lt_cli_option *option = COMMANDS[i]->options; option->name; option++)
            assert_has(text, "Fl -%s", option->name);
    }
}

static void every_key_is_in_lienthong_conf_5(void **state)
{
    (void)state;
    LT_CLEANUP(lt_freep) char *text = page("deploy/man/lienthong.conf.5");
    for (size_t i = 0; i < lt_cli_conf_table.count; i++) {
        const struct lt_conf_key *key = &lt_cli_conf_table.keys[i];
        assert_has(text, "\n.Ss Section %s\n", key->section);
        assert_has(text, " %s", key->key);
        if (key->fallback)
            assert_has(text, "%s", key->fallback);
    }
}

static void every_command_has_its_texts_in_both_languages(void **state)
{
    (void)state;
    for (size_t i = 0; i < LT_COUNT(COMMANDS); i++) {
        assert_string_not_equal(COMMANDS[i]->summary[0], COMMANDS[i]->summary[1]);
        size_t count = 0;
        for (const struct lt_cli_option *option = COMMANDS[i]->options; option->name; option++) {
            assert_true(option->help[0] && option->help[1]);
            count++;
        }
        assert_true(count <= LT_CLI_OPTIONS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_and_option_is_in_lienthong_1),
        cmocka_unit_test(every_key_is_in_lienthong_conf_5),
        cmocka_unit_test(every_command_has_its_texts_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
