#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/control.h"
#include "support/cm.h"

static char dir[] = "/tmp/lt-key-XXXXXX";
static char path[64];

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "%s/key", mkdtemp(dir));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static void comes_back_from_its_file(void **state)
{
    (void)state;
    uint8_t made[LT_SIGN_KEY_BYTES], public[LT_SIGN_KEY_BYTES], read[LT_SIGN_KEY_BYTES];
    assert_int_equal(lt_control_key_new(made, public, NULL), 0);
    assert_int_equal(lt_control_key_write(path, made, 0600, NULL), 0);
    assert_int_equal(lt_control_key_read_private(path, read, NULL), 0);
    assert_memory_equal(made, read, sizeof(made));
    lt_control_key_public(read, read);
    assert_memory_equal(public, read, sizeof(public));
}

static void refuses_a_private_key_that_others_can_read(void **state)
{
    (void)state;
    const uint8_t key[LT_SIGN_KEY_BYTES] = {1};
    uint8_t read[LT_SIGN_KEY_BYTES];
    struct lt_error err = {0};
    assert_int_equal(lt_control_key_write(path, key, 0600, NULL), 0);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(lt_control_key_read_private(path, read, &err), -1);
    assert_int_equal(err.class, LT_ERR_FATAL);
    assert_non_null(strstr(err.msg, "open to others (mode 0640)"));
    assert_int_equal(lt_control_key_read_public(path, read, NULL), 0);
}

static void refuses_a_file_that_is_no_key_without_showing_it(void **state)
{
    (void)state;
    uint8_t read[LT_SIGN_KEY_BYTES];
    struct lt_error err = {0};
    FILE *file = fopen(path, "w");
    fputs("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg\n", file);
    fclose(file);
    assert_int_equal(lt_control_key_read_public(path, read, &err), -1);
    assert_non_null(strstr(err.msg, "not a key file"));
    assert_null(strstr(err.msg, "abcdef"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_from_its_file),
        cmocka_unit_test(refuses_a_private_key_that_others_can_read),
        cmocka_unit_test(refuses_a_file_that_is_no_key_without_showing_it),
    };
    return cmocka_run_group_tests_name("control key", tests, setup, teardown);
}
