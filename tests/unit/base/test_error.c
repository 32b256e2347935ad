#include "support/cm.h"

#include "base/error.h"

#include <string.h>

static void names_class_domain_code_and_message(void **state)
{
    (void)state;
    struct lt_error err;
    assert_int_equal(lt_fail(&err, LT_ERR_REJECT, "avro", 7, "field '%s'", "x"), -1);
    assert_int_equal(err.class, LT_ERR_REJECT);
    assert_string_equal(err.domain, "avro");
    assert_int_equal(err.code, 7);
    assert_string_equal(err.msg, "field 'x'");
}

static void puts_context_in_front(void **state)
{
    (void)state;
    struct lt_error err;
    lt_fail(&err, LT_ERR_RETRY, "pg", 0, "connection refused");
    assert_int_equal(lt_fail_context(&err, "source '%s'", "so000001"), -1);
    assert_string_equal(err.msg, "source 'so000001': connection refused");
    assert_int_equal(err.class, LT_ERR_RETRY);
}

static void may_quote_itself(void **state)
{
    (void)state;
    struct lt_error err;
    lt_fail(&err, LT_ERR_FATAL, "a", 1, "inner");
    lt_fail(&err, LT_ERR_ABORT, "b", 2, "outer (%s)", err.msg);
    assert_string_equal(err.msg, "outer (inner)");
}

static void stays_terminated_when_texts_are_long(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    struct lt_error err;
    lt_fail(&err, LT_ERR_FATAL, "a", 1, "%s", text);
    assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
    for (int i = 0; i < 3; i++)
        lt_fail_context(&err, "%s", text);
    assert_true(strlen(err.msg) < sizeof(err.msg));
}

static void works_without_a_place_for_details(void **state)
{
    (void)state;
    assert_int_equal(lt_fail(NULL, LT_ERR_FATAL, "a", 1, "x"), -1);
    assert_int_equal(lt_fail_context(NULL, "x"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_class_domain_code_and_message),
        cmocka_unit_test(puts_context_in_front),
        cmocka_unit_test(may_quote_itself),
        cmocka_unit_test(stays_terminated_when_texts_are_long),
        cmocka_unit_test(works_without_a_place_for_details),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
