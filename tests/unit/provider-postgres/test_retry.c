/* When the next run begins (architecture 4.1), and that missing rights are waited for (7). */
#include "support/cm.h"

#include "provider-postgres/retry.h"

static void waits_little_while_a_broker_is_away(void **state)
{
    (void)state;
    const struct lt_error away = {.class = LT_ERR_RETRY, .domain = "kafka"};
    int64_t wait = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        wait = retry_wait_ms(&away, wait, 200, i * 7919);
        assert_true(wait >= 200 && wait <= 1500);
    }
}

static void waits_longer_for_what_an_operator_mends(void **state)
{
    (void)state;
    const struct lt_error bad = {.class = LT_ERR_REJECT, .domain = "pg"};
    assert_int_equal(retry_wait_ms(&bad, 20000, 200, 59000), 30000);
}

static void rights_not_given_yet_are_waited_for(void **state)
{
    (void)state;
    const struct lt_error topic = {.class = LT_ERR_REJECT, .domain = "kafka", .code = 29};
    const struct lt_error id = {.class = LT_ERR_FATAL, .domain = "kafka", .code = 53};
    assert_false(retry_is_hopeless(&topic));
    assert_false(retry_is_hopeless(&id));
}

static void a_fenced_process_ends(void **state)
{
    (void)state;
    const struct lt_error fenced = {.class = LT_ERR_FATAL, .domain = "kafka", .code = 90};
    assert_true(retry_is_hopeless(&fenced));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_little_while_a_broker_is_away),
        cmocka_unit_test(waits_longer_for_what_an_operator_mends),
        cmocka_unit_test(rights_not_given_yet_are_waited_for),
        cmocka_unit_test(a_fenced_process_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
