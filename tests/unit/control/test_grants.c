#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "bus/admin.h"
#include "control/grants.h"
#include "support/cm.h"

static bool granted(const char *principal, enum lt_grant_operation operation, const char *name)
{
    for (size_t i = 0; i < lt_grant_count; i++)
        if (strcmp(lt_grants[i].principal, principal) == 0 && lt_grants[i].operation == operation &&
            strcmp(lt_grants[i].name, name) == 0)
            return true;
    return false;
}

/* D24.1: no adapter, service or console with rights over everything. */
static void nobody_but_the_steward_makes_or_deletes(void **state)
{
    (void)state;
    for (size_t i = 0; i < lt_grant_count; i++) {
        const struct lt_grant *grant = &lt_grants[i];
        const bool makes = grant->resource == LT_GRANT_CLUSTER ||
                           grant->operation == LT_GRANT_DELETE ||
                           grant->operation == LT_GRANT_ALTER_CONFIGS;
        if (makes)
            assert_string_equal(grant->principal, "steward");
    }
}

static void only_the_steward_writes_control(void **state)
{
    (void)state;
    for (size_t i = 0; i < lt_grant_count; i++)
        if (lt_grants[i].operation == LT_GRANT_WRITE &&
            strcmp(lt_grants[i].name, "platform.control") == 0)
            assert_string_equal(lt_grants[i].principal, "steward");
    assert_true(granted("steward", LT_GRANT_WRITE, "platform.control"));
}

static void the_steward_reads_no_data(void **state)
{
    (void)state;
    assert_false(granted("steward", LT_GRANT_READ, "feed."));
    assert_false(granted("steward", LT_GRANT_READ, "stream."));
    assert_false(granted("steward", LT_GRANT_READ, "*"));
}

static void the_operator_reads_no_data_and_writes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < lt_grant_count; i++) {
        if (strcmp(lt_grants[i].principal, "operator") != 0)
            continue;
        assert_true(lt_grants[i].operation == LT_GRANT_READ ||
                    lt_grants[i].operation == LT_GRANT_DESCRIBE);
        if (strcmp(lt_grants[i].name, "feed.") == 0 || strcmp(lt_grants[i].name, "stream.") == 0)
            assert_int_equal(lt_grants[i].operation, LT_GRANT_DESCRIBE);
    }
}

static void numbers_agree_with_those_of_the_bus(void **state)
{
    (void)state;
    assert_int_equal((int)LT_GRANT_TOPIC, (int)LT_ACL_TOPIC);
    assert_int_equal((int)LT_GRANT_GROUP, (int)LT_ACL_GROUP);
    assert_int_equal((int)LT_GRANT_CLUSTER, (int)LT_ACL_CLUSTER);
    assert_int_equal((int)LT_GRANT_TRANSACTIONAL_ID, (int)LT_ACL_TRANSACTIONAL_ID);
    assert_int_equal((int)LT_GRANT_READ, (int)LT_ACL_READ);
    assert_int_equal((int)LT_GRANT_WRITE, (int)LT_ACL_WRITE);
    assert_int_equal((int)LT_GRANT_CREATE, (int)LT_ACL_CREATE);
    assert_int_equal((int)LT_GRANT_DELETE, (int)LT_ACL_DELETE);
    assert_int_equal((int)LT_GRANT_ALTER, (int)LT_ACL_ALTER);
    assert_int_equal((int)LT_GRANT_DESCRIBE, (int)LT_ACL_DESCRIBE);
    assert_int_equal((int)LT_GRANT_DESCRIBE_CONFIGS, (int)LT_ACL_DESCRIBE_CONFIGS);
    assert_int_equal((int)LT_GRANT_ALTER_CONFIGS, (int)LT_ACL_ALTER_CONFIGS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_but_the_steward_makes_or_deletes),
        cmocka_unit_test(only_the_steward_writes_control),
        cmocka_unit_test(the_steward_reads_no_data),
        cmocka_unit_test(the_operator_reads_no_data_and_writes_nothing),
        cmocka_unit_test(numbers_agree_with_those_of_the_bus),
    };
    return cmocka_run_group_tests_name("control grants", tests, NULL, NULL);
}
