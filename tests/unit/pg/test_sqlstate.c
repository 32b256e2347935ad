#include "support/cm.h"

#include "pg/repl.h"
#include "pg/sqlstate.h"

#include <string.h>

static void the_class_says_what_to_do_next(void **state)
{
    (void)state;
    static const struct {
        const char *five;
        enum lt_err_class class;
    } table[] = {
        {"08006", LT_ERR_RETRY},  {"57P01", LT_ERR_RETRY},  {"57P03", LT_ERR_RETRY},
        {"53300", LT_ERR_RETRY},  {"55006", LT_ERR_RETRY},  {"58P01", LT_ERR_RETRY},
        {"25006", LT_ERR_RETRY},  {"40001", LT_ERR_ABORT},  {"40P01", LT_ERR_ABORT},
        {"55P03", LT_ERR_ABORT},  {"57014", LT_ERR_ABORT},  {"22P02", LT_ERR_REJECT},
        {"23505", LT_ERR_REJECT}, {"54000", LT_ERR_REJECT}, {"P0001", LT_ERR_REJECT},
        {"42501", LT_ERR_FATAL},  {"42P01", LT_ERR_FATAL},  {"28P01", LT_ERR_FATAL},
        {"3D000", LT_ERR_FATAL},  {"0A000", LT_ERR_FATAL},  {"XX000", LT_ERR_FATAL},
        {"08P01", LT_ERR_FATAL},  {"53400", LT_ERR_FATAL},
    };
    for (size_t i = 0; i < LT_COUNT(table); i++) {
        assert_int_equal(lt_sqlstate_class(table[i].five), table[i].class);
    }
    assert_int_equal(lt_sqlstate_class(NULL), LT_ERR_FATAL);
}

static void messages_about_rows_are_not_quoted(void **state)
{
    (void)state;
    assert_true(lt_sqlstate_quotes_data("22P02"));
    assert_true(lt_sqlstate_quotes_data("23505"));
    assert_false(lt_sqlstate_quotes_data("42501"));
    assert_false(lt_sqlstate_quotes_data("57P01"));
}

static void the_code_is_a_number_and_comes_back(void **state)
{
    (void)state;
    char five[6];
    lt_sqlstate_text(lt_sqlstate("23505"), five);
    assert_string_equal(five, "23505");
    lt_sqlstate_text(lt_sqlstate("P0001"), five);
    assert_string_equal(five, "P0001");
    assert_int_equal(lt_sqlstate("2350"), 0);
    assert_int_equal(lt_sqlstate("23x05"), 0);
    assert_int_equal(lt_sqlstate(NULL), 0);
}

static void an_lsn_is_read_strictly(void **state)
{
    (void)state;
    uint64_t lsn = 1;
    char text[24];
    assert_int_equal(lt_lsn_parse("16/B374D848", &lsn, NULL), 0);
    assert_true(lsn == 0x16B374D848);
    lt_lsn_format(lsn, text);
    assert_string_equal(text, "16/B374D848");
    static const char *const bad[] = {"",      "/",           "1/",  "/1",  "1",
                                      "1/2/3", "100000000/1", "g/1", " 1/1"};
    for (size_t i = 0; i < LT_COUNT(bad); i++) {
        assert_int_equal(lt_lsn_parse(bad[i], &lsn, NULL), -1);
        assert_true(lsn == 0x16B374D848);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_class_says_what_to_do_next),
        cmocka_unit_test(messages_about_rows_are_not_quoted),
        cmocka_unit_test(the_code_is_a_number_and_comes_back),
        cmocka_unit_test(an_lsn_is_read_strictly),
    };
    return cmocka_run_group_tests_name("sqlstate", tests, NULL, NULL);
}
