#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "steward/spool.h"
#include "support/cm.h"

static char directory[] = "/tmp/lt-spool-XXXXXX";
static struct lt_spool spool;

static int setup(void **state)
{
    (void)state;
    strcpy(strstr(directory, "spool-") + 6, "XXXXXX");
    spool.directory = mkdtemp(directory);
    return lt_spool_open(&spool, NULL);
}

static int teardown(void **state)
{
    (void)state;
    char command[80];
    snprintf(command, sizeof(command), "rm -r '%s'", directory);
    return system(command);
}

static void path_of(char buf[100], const char *box, const char *file)
{
    snprintf(buf, 100, "%s/%s/%s", directory, box, file);
}

static void write_file(const char *box, const char *file)
{
    char path[100];
    path_of(path, box, file);
    assert_int_equal(lt_file_replace(path, lt_bytes_text("{}"), 0600, NULL), 0);
}

static bool exists(const char *box, const char *file)
{
    char path[100];
    path_of(path, box, file);
    return access(path, F_OK) == 0;
}

static void takes_commands_in_the_order_of_their_names(void **state)
{
    (void)state;
    char name[LT_SPOOL_NAME_MAX];
    assert_int_equal(lt_spool_next(&spool, name, NULL), 0);
    write_file("in", "0002-1.json");
    write_file("in", "0001-9.json");
    write_file("in", ".0000-1.json");
    write_file("in", "0000-1.json.part");
    assert_int_equal(lt_spool_next(&spool, name, NULL), 1);
    assert_string_equal(name, "0001-9");
}

static void an_answer_takes_the_command_away(void **state)
{
    (void)state;
    struct lt_journal journal = {.key = "hold/ho000001", .sha256 = "00", .answer = json_object()};
    json_t *answer = json_pack("{s:b}", "ok", 1);
    write_file("in", "0001-1.json");
    assert_int_equal(lt_spool_journal_write(&spool, "0001-1", &journal, NULL), 0);
    assert_int_equal(lt_spool_answer(&spool, "0001-1", answer, NULL), 0);
    assert_false(exists("in", "0001-1.json"));
    assert_false(exists("journal", "0001-1.json"));
    assert_true(exists("out", "0001-1.json"));
    assert_int_equal(lt_spool_answer(&spool, "0001-1", answer, NULL), 0); /* after a crash */
    json_decref(answer);
    json_decref(journal.answer);
}

static void a_journal_entry_comes_back_as_written(void **state)
{
    (void)state;
    struct lt_journal journal = {
        .key = "hold/ho000001", .sha256 = "abcd", .answer = json_pack("{s:i}", "number", 7)};
    struct lt_journal read;
    assert_int_equal(lt_spool_journal_read(&spool, "0001-1", &read, NULL), 0);
    assert_int_equal(lt_spool_journal_write(&spool, "0001-1", &journal, NULL), 0);
    assert_int_equal(lt_spool_journal_read(&spool, "0001-1", &read, NULL), 1);
    assert_string_equal(read.key, "hold/ho000001");
    assert_string_equal(read.sha256, "abcd");
    assert_true(json_equal(read.answer, journal.answer));
    json_decref(read.answer);
    json_decref(journal.answer);
}

static void opening_sweeps_entries_without_a_command(void **state)
{
    (void)state;
    write_file("journal", "0001-1.json");
    write_file("journal", "0002-1.json");
    write_file("in", "0002-1.json");
    assert_int_equal(lt_spool_open(&spool, NULL), 0);
    assert_false(exists("journal", "0001-1.json"));
    assert_true(exists("journal", "0002-1.json"));
}

static void refuses_a_journal_entry_that_is_none(void **state)
{
    (void)state;
    struct lt_journal read;
    struct lt_error err = {0};
    write_file("journal", "0001-1.json");
    assert_int_equal(lt_spool_journal_read(&spool, "0001-1", &read, &err), -1);
    assert_non_null(strstr(err.msg, "not a journal entry"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(takes_commands_in_the_order_of_their_names),
        TEST(an_answer_takes_the_command_away),
        TEST(a_journal_entry_comes_back_as_written),
        TEST(opening_sweeps_entries_without_a_command),
        TEST(refuses_a_journal_entry_that_is_none),
    };
    return cmocka_run_group_tests_name("steward spool", tests, NULL, NULL);
}
