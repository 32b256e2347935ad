/* The options that all programs share. */
#include "support/cm.h"

#include "daemon/daemon.h"

#include <string.h>

static const struct lt_conf_table table;

/* The arguments of a shell's line; the caller's stack may hold anything. */
static struct lt_daemon_options read_line(char *line, int *ret_first)
{
    struct lt_daemon_options options = {
        .config_path = "left over", .check_config = true, .print_config = true};
    char *argv[8];
    int argc = 0;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    *ret_first = lt_daemon_arguments(argc, argv, "lt-test", "usage\n", &table, &options);
    return options;
}

static void what_is_not_asked_for_is_off(void **state)
{
    (void)state;
    char line[] = "lt-test --config a.conf";
    int first;
    const struct lt_daemon_options options = read_line(line, &first);
    assert_int_equal(first, 3);
    assert_string_equal(options.config_path, "a.conf");
    assert_false(options.check_config);
    assert_false(options.print_config);
}

static void options_end_before_a_command(void **state)
{
    (void)state;
    char line[] = "lt-test --check-config run --print-config";
    int first;
    const struct lt_daemon_options options = read_line(line, &first);
    assert_int_equal(first, 2);
    assert_null(options.config_path);
    assert_true(options.check_config);
    assert_false(options.print_config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_asked_for_is_off),
        cmocka_unit_test(options_end_before_a_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
