#include <stdlib.h>

#include "base/macros.h"
#include "steward/drift.h"
#include "support/cm.h"

static void judges_each_kind_of_setting(void **state)
{
    (void)state;
    static const struct {
        enum lt_drift_rule rule;
        const char *expected, *value;
        bool fits;
    } cases[] = {
        {LT_DRIFT_EQUAL, "false", "false", true},
        {LT_DRIFT_EQUAL, "false", "true", false},
        {LT_DRIFT_EQUAL, "false", "", false},
        {LT_DRIFT_EQUAL, "compact,delete", "delete,compact", true},
        {LT_DRIFT_EQUAL, "compact,delete", "compact", false},
        {LT_DRIFT_EQUAL, "compact", "compact,delete", false},
        {LT_DRIFT_EQUAL, "-1", "-1", true},
        {LT_DRIFT_AT_MOST, "60000", "60000", true},
        {LT_DRIFT_AT_MOST, "60000", "900000", false},
        {LT_DRIFT_AT_LEAST, "10080", "43200", true},
        {LT_DRIFT_AT_LEAST, "10080", "1440", false},
        {LT_DRIFT_AT_LEAST, "10080", "", false},
        {LT_DRIFT_AT_MOST, "60000", "many", false},
    };
    for (size_t i = 0; i < LT_COUNT(cases); i++)
        if (lt_drift_fits(cases[i].rule, cases[i].expected, cases[i].value) != cases[i].fits)
            fail_msg("'%s' against '%s'", cases[i].value, cases[i].expected);
}

static void more_replicas_in_sync_are_no_drift(void **state)
{
    (void)state;
    const enum lt_drift_rule rule = lt_drift_topic_rule("min.insync.replicas");
    assert_true(lt_drift_fits(rule, "2", "3"));
    assert_false(lt_drift_fits(rule, "2", "1"));
    assert_int_equal(lt_drift_topic_rule("cleanup.policy"), LT_DRIFT_EQUAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges_each_kind_of_setting),
                                       cmocka_unit_test(more_replicas_in_sync_are_no_drift)};
    return cmocka_run_group_tests_name("steward drift", tests, NULL, NULL);
}
