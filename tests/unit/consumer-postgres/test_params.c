/* A statement's parameters, and the same as literals. */
#include "support/cm.h"

#include "consumer-postgres/params.h"

static void parameters_stand_in_their_places_as_literals(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x9F, 0x5C};
    struct lt_params params = {0};
    struct lt_buf out = {0};
    lt_params_number(&params, -7);
    lt_params_text(&params, lt_bytes_text("l'An \\ 3"));
    lt_params_bytes(&params, lt_bytes(bytes, sizeof(bytes)));
    lt_params_text(&params, (struct lt_bytes){0});
    lt_params_bytes(&params, (struct lt_bytes){0});
    lt_params_text(&params, lt_bytes_text(""));
    lt_params_write(&params, "SELECT f($3, $1::int, $2), $4, $5 || $6", &out);
    assert_string_equal(lt_buf_text(&out), "SELECT f(E'\\\\x009f5c', '-7'::int, E'l''An \\\\ 3'),"
                                           " NULL, NULL || ''");
    lt_buf_fini(&out);
    lt_params_fini(&params);
}

static void a_parameter_of_two_digits_is_one(void **state)
{
    (void)state;
    struct lt_params params = {0};
    struct lt_buf out = {0};
    for (int i = 1; i <= 12; i++)
        lt_params_number(&params, 100 + i);
    lt_params_write(&params, "$12,$1", &out);
    assert_string_equal(lt_buf_text(&out), "'112','101'");
    lt_buf_fini(&out);
    lt_params_fini(&params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_stand_in_their_places_as_literals),
        cmocka_unit_test(a_parameter_of_two_digits_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
