#include "support/cm.h"

#include "base/conf.h"
#include "base/file.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct settings {
    char *brokers, *format, *password;
    int64_t rows, interval, bucket;
    bool enabled;
};
static const struct lt_conf_key keys[] = {
    {.section = "kafka",
     .key = "brokers",
     .offset = offsetof(struct settings, brokers),
     .flags = LT_CONF_REQUIRED,
     .help = "host:port list"},
    {.section = "log",
     .key = "format",
     .type = LT_CONF_CHOICE,
     .offset = offsetof(struct settings, format),
     .choices = "text|json",
     .fallback = "text",
     .help = "form of the lines"},
    {.section = "batch",
     .key = "rows",
     .type = LT_CONF_INT,
     .offset = offsetof(struct settings, rows),
     .min = 1,
     .max = 100,
     .fallback = "10",
     .help = "rows a batch"},
    {.section = "batch",
     .key = "interval",
     .type = LT_CONF_DURATION,
     .offset = offsetof(struct settings, interval),
     .min = 1,
     .max = 60000,
     .fallback = "1s",
     .help = "longest wait"},
    {.section = "batch",
     .key = "enabled",
     .type = LT_CONF_BOOL,
     .offset = offsetof(struct settings, enabled),
     .fallback = "yes",
     .help = "whether at all"},
    {.section = "batch",
     .key = "bucket",
     .type = LT_CONF_INT,
     .offset = offsetof(struct settings, bucket),
     .min = 0,
     .max = 0,
     .fallback = "0",
     .help = "only one value"},
    {.section = "pg",
     .key = "password",
     .offset = offsetof(struct settings, password),
     .flags = LT_CONF_SECRET,
     .help = "secret"},
};
static const struct lt_conf_table table = {keys, LT_COUNT(keys), "kafka stream", "Others go on."};

static struct settings settings;
static struct lt_conf_extra extra;
static char path[] = "/tmp/lt-test-conf-XXXXXX";

static int load(const char *text, struct lt_error *err)
{
    assert_int_equal(lt_file_replace(path, lt_bytes_text(text), 0600, NULL), 0);
    settings = (struct settings){0};
    extra = (struct lt_conf_extra){0};
    return lt_conf_load(&table, path, &settings, &extra, err);
}

static void fills_values_defaults_and_keeps_open_sections(void **state)
{
    (void)state;
    struct lt_error err;
    assert_int_equal(load("# comment\n[kafka]\nbrokers = a:1\nlinger.ms = 7\n"
                          "[batch]\nrows=100\ninterval = 250ms\nenabled=no\n"
                          "[stream \"cn000001\"]\nview = w\n",
                          &err),
                     0);
    assert_string_equal(settings.brokers, "a:1");
    assert_string_equal(settings.format, "text");
    assert_int_equal(settings.rows, 100);
    assert_int_equal(settings.interval, 250);
    assert_false(settings.enabled);
    assert_int_equal(extra.count, 2);
    assert_string_equal(extra.pairs[0].key, "linger.ms");
    assert_string_equal(extra.pairs[0].value, "7");
    assert_string_equal(extra.pairs[1].section, "stream \"cn000001\"");
    lt_conf_unload(&table, &settings, &extra);
}

static void names_file_and_line_of_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"[kafka]\nbrokers=a\n[batch]\nrows = 101\n",
         ":4: rows: '101' is not a number from 1 to 100"},
        {"[kafka]\nbrokers=a\n[batch]\nbucket = 1\n", "bucket: '1' is not a number from 0 to 0"},
        {"[kafka]\nbrokers=a\n[batch]\nrows = 5x\n", ":4: rows: '5x' is not a number"},
        {"[kafka]\nbrokers=a\n[log]\nformat = xml\n", ":4: format: 'xml' is not one of text|json"},
        {"[kafka]\nbrokers=a\n[log]\nformat = tex\n", "'tex' is not one of"},
        {"[kafka]\nbrokers=a\n[batch]\nrow = 5\n", ":4: unknown key 'row' in [batch]"},
        {"[kafka]\nbrokers=a\nbrokers=b\n", ":3: 'brokers' in [kafka] is given twice"},
        {"[kafka]\nbrokers\n", ":2: not a section or key = value line"},
        {"[batch]\nenabled = maybe\n", "'maybe' is not yes or no"},
        {"[batch]\nrows=1\n", "'brokers' in [kafka] is required (host:port list)"},
    };
    for (size_t i = 0; i < LT_COUNT(cases); i++) {
        struct lt_error err = {0};
        assert_int_equal(load(cases[i].text, &err), -1);
        if (!strstr(err.msg, cases[i].expected))
            fail_msg("'%s' does not contain '%s'", err.msg, cases[i].expected);
        assert_non_null(strstr(err.msg, path));
        assert_null(settings.brokers);
    }
}

static void environment_wins_over_the_file(void **state)
{
    (void)state;
    setenv("LT_BATCH_ROWS", "42", 1);
    assert_int_equal(load("[kafka]\nbrokers=a\n[batch]\nrows=7\n", NULL), 0);
    assert_int_equal(settings.rows, 42);
    lt_conf_unload(&table, &settings, &extra);
    setenv("LT_BATCH_ROWS", "x", 1);
    struct lt_error err;
    assert_int_equal(load("[kafka]\nbrokers=a\n", &err), -1);
    assert_non_null(strstr(err.msg, "LT_BATCH_ROWS: 'x'"));
    unsetenv("LT_BATCH_ROWS");
}

static void prints_no_secret(void **state)
{
    (void)state;
    assert_int_equal(load("[kafka]\nbrokers=a\n[pg]\npassword=hush\n", NULL), 0);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    lt_conf_print(&table, &settings, out);
    lt_conf_print_help(&table, out);
    fclose(out);
    assert_null(strstr(text, "hush"));
    assert_non_null(strstr(text, "password = ***"));
    assert_non_null(strstr(text, "one of text|json, default text"));
    assert_non_null(strstr(text, "\nOthers go on.\n"));
    free(text);
    lt_conf_unload(&table, &settings, &extra);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    struct lt_error err;
    assert_int_equal(lt_conf_load(&table, "/nonexistent/x.ini", &settings, &extra, &err), -1);
    assert_non_null(strstr(err.msg, "/nonexistent/x.ini"));
}

int main(void)
{
    const int fd = mkstemp(path);
    close(fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_values_defaults_and_keeps_open_sections),
        cmocka_unit_test(names_file_and_line_of_what_is_wrong),
        cmocka_unit_test(environment_wins_over_the_file),
        cmocka_unit_test(prints_no_secret),
        cmocka_unit_test(a_missing_file_is_named),
    };
    const int rc = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return rc;
}
