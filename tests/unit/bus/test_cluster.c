#include <string.h>

#include "bus/bus.h"
#include "support/cm.h"

static void another_cluster_is_told_from_the_one_that_is_known(void **state)
{
    (void)state;
    char known[LT_CLUSTER_ID_MAX] = "";
    assert_false(lt_cluster_is_another(known, "a"));
    assert_string_equal(known, "a");
    assert_false(lt_cluster_is_another(known, "a"));
    assert_true(lt_cluster_is_another(known, "b"));
    assert_string_equal(known, "a");
}

/* A new client has no answer yet: the cluster that was known may be gone since. */
static void an_id_that_is_not_known_yet_forgets_nothing(void **state)
{
    (void)state;
    char known[LT_CLUSTER_ID_MAX] = "a";
    assert_false(lt_cluster_is_another(known, ""));
    assert_true(lt_cluster_is_another(known, "b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_cluster_is_told_from_the_one_that_is_known),
        cmocka_unit_test(an_id_that_is_not_known_yet_forgets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
