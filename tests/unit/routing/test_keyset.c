#include "base/clock.h"
#include "routing/keyset.h"
#include "support/cm.h"

#include <string.h>

static void holds_exactly_what_was_added(void **state)
{
    (void)state;
    LT_CLEANUP(lt_lane_keys_freep) struct lane_keys *keys = lt_lane_keys_new();
    uint64_t random = 7;
    uint8_t hash[16];
    for (int i = 0; i < 5000; i++) {
        uint64_t words[2] = {lt_random_next(&random), lt_random_next(&random)};
        memcpy(hash, words, 16);
        assert_false(lt_lane_keys_has(keys, hash));
        lt_lane_keys_add(keys, hash);
        lt_lane_keys_add(keys, hash);
        assert_true(lt_lane_keys_has(keys, hash));
    }
    assert_int_equal(lt_lane_keys_count(keys), 5000);
    random = 7;
    for (int i = 0; i < 5000; i++) {
        uint64_t words[2] = {lt_random_next(&random), lt_random_next(&random)};
        memcpy(hash, words, 16);
        assert_true(lt_lane_keys_has(keys, hash));
    }
}

static void a_hash_of_zeros_is_a_key_too(void **state)
{
    (void)state;
    LT_CLEANUP(lt_lane_keys_freep) struct lane_keys *keys = lt_lane_keys_new();
    const uint8_t zeros[16] = {0};
    assert_false(lt_lane_keys_has(keys, zeros));
    lt_lane_keys_add(keys, zeros);
    lt_lane_keys_add(keys, zeros);
    assert_true(lt_lane_keys_has(keys, zeros));
    assert_int_equal(lt_lane_keys_count(keys), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_exactly_what_was_added),
        cmocka_unit_test(a_hash_of_zeros_is_a_key_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
