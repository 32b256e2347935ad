/* The ledger of receipts shows a database that went back (D41.2b-11). */
#include "consumer-postgres/ledger.h"
#include "support/cm.h"

static struct lt_ledger_entry entry(int64_t copy, lt_time made_at, int64_t seq)
{
    return (struct lt_ledger_entry){.stream = "cn000981.2",
                                    .system_id = "7431234567890123456",
                                    .dboid = 16384,
                                    .copy = copy,
                                    .made_at = made_at,
                                    .seq = seq};
}

static void a_lower_seq_of_the_same_copy_is_a_rewind(void **state)
{
    (void)state;
    struct lt_ledger ledger = {0};
    const struct lt_ledger_entry then = entry(7, 1000, 50);
    struct lt_ledger_entry now = then;
    assert_false(lt_ledger_rewound(&ledger, &now));
    lt_ledger_put(&ledger, &then);
    assert_false(lt_ledger_rewound(&ledger, &now));
    now.seq = 51;
    assert_false(lt_ledger_rewound(&ledger, &now));
    now.seq = 49;
    assert_true(lt_ledger_rewound(&ledger, &now));
    lt_ledger_fini(&ledger);
}

static void an_older_copy_is_a_rewind_and_a_newer_one_is_not(void **state)
{
    (void)state;
    struct lt_ledger ledger = {0};
    const struct lt_ledger_entry then = entry(7, 1000, 50);
    const struct lt_ledger_entry second_reading = entry(8, 2000, 3), old = entry(6, 500, 90);
    const struct lt_ledger_entry same_number_later = entry(7, 3000, 0);
    lt_ledger_put(&ledger, &then);
    assert_false(lt_ledger_rewound(&ledger, &second_reading));
    assert_false(lt_ledger_rewound(&ledger, &same_number_later));
    assert_true(lt_ledger_rewound(&ledger, &old));
    lt_ledger_fini(&ledger);
}

static void text_and_ledger_are_inverse(void **state)
{
    (void)state;
    struct lt_ledger ledger = {0}, again = {0};
    struct lt_buf text = {0};
    struct lt_ledger_entry e = entry(7, 1795572000123456, 50);
    lt_ledger_put(&ledger, &e);
    e.seq = 60;
    lt_ledger_put(&ledger, &e);
    lt_ledger_format(&ledger, &text);
    assert_string_equal(lt_buf_text(&text), "lienthong consumer ledger 1\n"
                                            "cn000981.2 7431234567890123456 16384 7 "
                                            "1795572000123456 60\n");
    assert_int_equal(lt_ledger_parse(&again, lt_buf_bytes(&text), NULL), 0);
    assert_int_equal(again.count, 1);
    assert_int_equal(again.entries[0].seq, 60);
    lt_buf_fini(&text);
    lt_ledger_fini(&ledger);
    lt_ledger_fini(&again);
}

static void a_damaged_file_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "something else\n",
        "lienthong consumer ledger 1\ncn000981.2 74 1 2 3\n",
        "lienthong consumer ledger 1\ncn000981.2 74 1 2 3 4 5\n",
        "lienthong consumer ledger 1\ncn000981.2 74 1 2 3 4",
        "lienthong consumer ledger 1\n\n",
    };
    for (size_t i = 0; i < LT_COUNT(bad); i++) {
        struct lt_ledger ledger = {0};
        struct lt_error err = {0};
        assert_int_equal(lt_ledger_parse(&ledger, lt_bytes_text(bad[i]), &err), -1);
        assert_int_equal(err.class, LT_ERR_REJECT);
        assert_int_equal(ledger.count, 0);
    }
}

static void an_empty_file_is_an_empty_ledger(void **state)
{
    (void)state;
    struct lt_ledger ledger = {0};
    assert_int_equal(lt_ledger_parse(&ledger, lt_bytes("", 0), NULL), 0);
    assert_int_equal(ledger.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lower_seq_of_the_same_copy_is_a_rewind),
        cmocka_unit_test(an_older_copy_is_a_rewind_and_a_newer_one_is_not),
        cmocka_unit_test(text_and_ledger_are_inverse),
        cmocka_unit_test(a_damaged_file_is_refused),
        cmocka_unit_test(an_empty_file_is_an_empty_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
