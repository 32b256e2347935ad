#include "support/cm.h"

#include "base/file.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/lt-test-file-XXXXXX";

static void replaces_whole_files_with_the_given_mode(void **state)
{
    (void)state;
    LT_CLEANUP(lt_freep) char *path = lt_printf("%s/secret", dir);
    struct lt_buf buf = {0};
    for (int i = 0; i < 2; i++) {
        const char *text = i ? "second" : "first and longer";
        assert_int_equal(lt_file_replace(path, lt_bytes_text(text), 0600, NULL), 0);
        assert_int_equal(lt_file_read(path, 100, &buf, NULL), 0);
        assert_string_equal(lt_buf_text(&buf), text);
    }
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    unlink(path);
    lt_buf_fini(&buf);
}

static void appends_and_cuts(void **state)
{
    (void)state;
    LT_CLEANUP(lt_freep) char *path = lt_printf("%s/log", dir);
    struct lt_buf buf = {0};
    assert_int_equal(lt_file_append(path, lt_bytes_text("one"), 0600, NULL), 0);
    assert_int_equal(lt_file_append(path, lt_bytes_text("two"), 0600, NULL), 0);
    assert_int_equal(lt_file_cut(path, 4, NULL), 0);
    assert_int_equal(lt_file_read(path, 100, &buf, NULL), 0);
    assert_string_equal(lt_buf_text(&buf), "onet");
    unlink(path);
    lt_buf_fini(&buf);
    struct lt_error err;
    assert_int_equal(lt_file_append("/nonexistent/file", lt_bytes_text("x"), 0600, &err), -1);
    assert_string_equal(err.msg, "cannot open '/nonexistent/file': No such file or directory");
}

static void names_the_path_of_what_it_cannot_read(void **state)
{
    (void)state;
    struct lt_error err;
    struct lt_buf buf = {0};
    assert_int_equal(lt_file_read("/nonexistent/file", 10, &buf, &err), -1);
    assert_string_equal(err.msg, "cannot open '/nonexistent/file': No such file or directory");
    assert_int_equal(lt_file_read(dir, 10, &buf, &err), -1);
    assert_non_null(strstr(err.msg, "is not a regular file"));
    assert_int_equal(lt_file_read("/proc/self/status", 10, &buf, &err), -1);
    assert_non_null(strstr(err.msg, "is longer than 10 bytes"));
    lt_buf_fini(&buf);
}

static void makes_directories_with_their_parents(void **state)
{
    (void)state;
    LT_CLEANUP(lt_freep) char *path = lt_printf("%s/a/b/c", dir);
    assert_int_equal(lt_dir_make(path, 0700, NULL), 0);
    assert_int_equal(lt_dir_make(path, 0700, NULL), 0);
    assert_int_equal(access(path, X_OK), 0);
    struct lt_error err;
    assert_int_equal(lt_dir_make("/proc/no/where", 0700, &err), -1);
    assert_non_null(strstr(err.msg, "/proc/no"));
}

int main(void)
{
    assert_non_null(mkdtemp(dir));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces_whole_files_with_the_given_mode),
        cmocka_unit_test(names_the_path_of_what_it_cannot_read),
        cmocka_unit_test(appends_and_cuts),
        cmocka_unit_test(makes_directories_with_their_parents),
    };
    const int rc = cmocka_run_group_tests(tests, NULL, NULL);
    LT_CLEANUP(lt_freep) char *remove = lt_printf("rm -r '%s'", dir);
    return rc | system(remove);
}
