#include "support/cm.h"

#include "base/file.h"
#include "base/mem.h"
#include "lienthong/apply.h"
#include "lienthong/spool.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW ((lt_time)1795572000123456)

/* A spool directory of its own for each test. */
static int setup(void **state)
{
    char path[] = "/tmp/lt-test-spool-XXXXXX";
    assert_non_null(mkdtemp(path));
    static const char *const BOXES[] = {"tmp", "in", "out"};
    for (size_t i = 0; i < LT_COUNT(BOXES); i++) {
        LT_CLEANUP(lt_freep) char *box = lt_printf("%s/%s", path, BOXES[i]);
        assert_int_equal(mkdir(box, 0700), 0);
    }
    *state = lt_strdup(path);
    return 0;
}

static int teardown(void **state)
{
    LT_CLEANUP(lt_freep) char *command = lt_printf("rm -rf %s", (char *)*state);
    int rc = system(command);
    free(*state);
    return rc;
}

static void put_answer(const char *spool, const char *name, const char *text)
{
    LT_CLEANUP(lt_freep) char *path = lt_printf("%s/out/%s.json", spool, name);
    assert_int_equal(lt_file_replace(path, lt_bytes_text(text), 0600, NULL), 0);
}

static size_t files_in(const char *spool, const char *box)
{
    LT_CLEANUP(lt_freep) char *path = lt_printf("%s/%s", spool, box);
    DIR *directory = opendir(path);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.')
            count++;
    closedir(directory);
    return count;
}

static void put(const char *spool, char name[LT_CLI_SPOOL_NAME_MAX])
{
    json_t *command = json_pack("{s:s, s:s}", "command", "lift", "hold", "ho000001");
    assert_int_equal(lt_cli_spool_put(spool, command, NOW, name, NULL), 0);
    json_decref(command);
}

static void a_command_appears_whole_under_its_time_and_pid(void **state)
{
    char name[LT_CLI_SPOOL_NAME_MAX], expected[LT_CLI_SPOOL_NAME_MAX];
    put(*state, name);
    snprintf(expected, sizeof expected, "1795572000123456-%d", (int)getpid());
    assert_string_equal(name, expected);
    LT_CLEANUP(lt_freep) char *path = lt_printf("%s/in/%s.json", (char *)*state, name);
    struct lt_buf text = {0};
    assert_int_equal(lt_file_read(path, 1000, &text, NULL), 0);
    assert_string_equal(lt_buf_text(&text), "{\"command\":\"lift\",\"hold\":\"ho000001\"}");
    lt_buf_fini(&text);
    assert_int_equal(files_in(*state, "tmp"), 0);
}

static void a_missing_spool_is_named(void **state)
{
    (void)state;
    char name[LT_CLI_SPOOL_NAME_MAX] = "kept";
    struct lt_error err;
    json_t *command = json_object();
    assert_int_equal(lt_cli_spool_put("/nowhere", command, NOW, name, &err), -1);
    assert_non_null(strstr(err.msg, "/nowhere/tmp/"));
    assert_string_equal(name, "kept");
    json_decref(command);
}

static void an_answer_is_taken_out_of_the_spool(void **state)
{
    char name[LT_CLI_SPOOL_NAME_MAX];
    put(*state, name);
    put_answer(*state, name, "{\"ok\":true,\"number\":17,\"objects\":[\"ho000001\",\"cn000002\"]}");
    struct lt_cli_answer answer;
    assert_int_equal(lt_cli_spool_wait(*state, name, 1000, &answer, NULL), 0);
    assert_true(answer.ok);
    assert_int_equal(answer.number, 17);
    assert_int_equal(answer.object_count, 2);
    assert_string_equal(answer.objects[1], "cn000002");
    assert_int_equal(files_in(*state, "out"), 0);
    lt_cli_answer_fini(&answer);
}

static void no_answer_is_a_retry_and_leaves_the_command(void **state)
{
    char name[LT_CLI_SPOOL_NAME_MAX];
    put(*state, name);
    struct lt_cli_answer answer;
    struct lt_error err;
    assert_int_equal(lt_cli_spool_wait(*state, name, 30, &answer, &err), -1);
    assert_int_equal(err.class, LT_ERR_RETRY);
    assert_string_equal(err.msg, "the steward has not answered");
    assert_int_equal(files_in(*state, "in"), 1);
}

static void assert_refusal(const char *text, const char *expected)
{
    struct lt_cli_answer answer;
    assert_int_equal(lt_cli_answer_parse(lt_bytes_text(text), &answer, NULL), 0);
    assert_false(answer.ok);
    struct lt_buf line = {0};
    lt_cli_answer_error(&answer, &line);
    assert_string_equal(lt_buf_text(&line), expected);
    lt_buf_fini(&line);
    lt_cli_answer_fini(&answer);
}

static void a_refusal_reads_file_path_text(void **state)
{
    (void)state;
    assert_refusal("{\"ok\":false,\"file\":\"x.json\",\"path\":\"$.fields[2].type\","
                   "\"error\":\"unknown type 'foo'\"}",
                   "x.json: $.fields[2].type: unknown type 'foo'");
    assert_refusal("{\"ok\":false,\"error\":\"unknown hold\"}", "unknown hold");
}

static void answers_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"ok\":1}",
        "{\"ok\":true,\"ok\":false}",
        "{\"ok\":true,\"number\":1,\"objects\":[1]}",
        "{\"ok\":false}",
        "{\"ok\":false,\"error\":\"\"}",
    };
    for (size_t i = 0; i < LT_COUNT(BAD); i++) {
        struct lt_cli_answer answer;
        struct lt_error err;
        if (lt_cli_answer_parse(lt_bytes_text(BAD[i]), &answer, &err) != -1)
            fail_msg("taken: %s", BAD[i]);
        assert_int_equal(err.class, LT_ERR_FATAL);
    }
}

static int check(const char *text, const char **kind, struct lt_error *err)
{
    return lt_cli_declaration_check("d.json", lt_bytes_text(text), kind, err);
}

static void a_declaration_is_one_object_of_a_known_kind(void **state)
{
    (void)state;
    const char *kind;
    struct lt_error err;
    assert_int_equal(check("{\"kind\":\"agency\",\"id\":\"ag0001\"}", &kind, &err), 0);
    assert_string_equal(kind, "agency");
    assert_int_equal(check("{\"kind\":\"hold\"}", &kind, &err), -1);
    assert_string_equal(err.msg,
                        "d.json: $.kind: agency, application, service or agreement expected");
    assert_int_equal(check("[]", &kind, &err), -1);
    assert_int_equal(check("{\"kind\":\"agency\",\"kind\":\"agency\"}", &kind, &err), -1);
    assert_non_null(strstr(err.msg, "d.json: line 1 column"));
    assert_int_equal(check("{\"kind\":\n\"agency\"", &kind, &err), -1);
    assert_non_null(strstr(err.msg, "d.json: line 2 column"));
    assert_int_equal(check("{\"kind\":\"agency\"} x", &kind, &err), -1);
    assert_int_equal(check("{\"kind\":\"\xC3\x28\"}", &kind, &err), -1);
}

#define WITH_SPOOL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SPOOL(a_command_appears_whole_under_its_time_and_pid),
        cmocka_unit_test(a_missing_spool_is_named),
        WITH_SPOOL(an_answer_is_taken_out_of_the_spool),
        WITH_SPOOL(no_answer_is_a_retry_and_leaves_the_command),
        cmocka_unit_test(a_refusal_reads_file_path_text),
        cmocka_unit_test(answers_that_are_none_are_refused),
        cmocka_unit_test(a_declaration_is_one_object_of_a_known_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
