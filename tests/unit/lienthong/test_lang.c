#include "support/cm.h"

#include "lienthong/lang.h"
#include "lienthong/law.h"
#include "lienthong/when.h"

#include <string.h>

static void vietnamese_is_chosen_by_name(void **state)
{
    (void)state;
    static const char *const VI[] = {"vi", "vi_VN", "vi_VN.UTF-8", "vi.UTF-8"};
    static const char *const EN[] = {"en", "C", "C.UTF-8", "", "vietnam", "fr_FR"};
    for (size_t i = 0; i < LT_COUNT(VI); i++)
        assert_int_equal(lt_cli_lang_of(VI[i]), LT_CLI_VI);
    for (size_t i = 0; i < LT_COUNT(EN); i++)
        assert_int_equal(lt_cli_lang_of(EN[i]), LT_CLI_EN);
}

static void the_first_language_that_is_set_counts(void **state)
{
    (void)state;
    const char *const candidates[] = {NULL, "", "en", "vi_VN"};
    assert_int_equal(lt_cli_lang_pick(candidates, 4), LT_CLI_EN);
    assert_int_equal(lt_cli_lang_pick(candidates + 3, 1), LT_CLI_VI);
    assert_int_equal(lt_cli_lang_pick(candidates, 2), LT_CLI_EN);
}

static void durations_are_told_in_two_units(void **state)
{
    (void)state;
    const struct {
        lt_time span;
        const char *en, *vi;
    } CASES[] = {
        {-5, "0 ms", "0 mili giây"},
        {250 * LT_MILLI, "250 ms", "250 mili giây"},
        {2 * LT_SECOND + 1, "2 s", "2 giây"},
        {184 * LT_SECOND, "3 min 4 s", "3 phút 4 giây"},
        {3600 * LT_SECOND, "1 h", "1 giờ"},
        {(2 * 86400 + 3 * 3600) * LT_SECOND, "2 d 3 h", "2 ngày 3 giờ"},
    };
    char buf[LT_CLI_WHEN_MAX];
    for (size_t i = 0; i < LT_COUNT(CASES); i++) {
        assert_string_equal(lt_cli_duration(LT_CLI_EN, CASES[i].span, buf), CASES[i].en);
        assert_string_equal(lt_cli_duration(LT_CLI_VI, CASES[i].span, buf), CASES[i].vi);
    }
}

static void instants_are_told_in_vietnam_time_with_their_distance(void **state)
{
    (void)state;
    const lt_time now = (lt_time)1795572000 * LT_SECOND; /* 2026-11-25T02:00:00Z */
    char buf[LT_CLI_WHEN_MAX];
    assert_string_equal(lt_cli_when(LT_CLI_EN, now - 2 * LT_SECOND, now, buf),
                        "25/11/2026 08:59:58 (2 s ago)");
    assert_string_equal(lt_cli_when(LT_CLI_VI, now + 60 * LT_SECOND, now, buf),
                        "25/11/2026 09:01:00 (còn 1 phút)");
    assert_string_equal(lt_cli_when(LT_CLI_VI, now - 3600 * LT_SECOND, now, buf),
                        "25/11/2026 08:00:00 (cách đây 1 giờ)");
    assert_string_equal(lt_cli_when(LT_CLI_EN, LT_TIME_NONE, now, buf), "-");
    assert_string_equal(lt_cli_when(LT_CLI_EN, LT_TIME_END, now, buf), "-");
}

static void columns_are_counted_by_letters_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(lt_cli_columns("điều phối"), 9);
    assert_int_equal(lt_cli_columns("e\xCC\x81"), 1); /* e and a combining acute */
    struct lt_buf out = {0};
    lt_cli_pad(&out, "đích", 6);
    lt_cli_pad(&out, "thời hạn", 3);
    assert_string_equal(lt_buf_text(&out), "đích  thời hạn ");
    lt_buf_fini(&out);
}

static void a_name_cannot_steer_the_terminal(void **state)
{
    (void)state;
    struct lt_buf out = {0};
    lt_cli_add_clean(&out, "Xã\x1B[2J\x7F\n\xC2\x9B Phường");
    assert_string_equal(lt_buf_text(&out), "Xã?[2J??? Phường");
    lt_buf_fini(&out);
}

static void instants_are_read_strictly(void **state)
{
    (void)state;
    const lt_time at = (lt_time)1795572000 * LT_SECOND;
    const struct {
        const char *text;
        lt_time at;
    } GOOD[] = {
        {"2026-11-25T02:00:00Z", at},
        {"2026-11-25T09:00:00+07:00", at},
        {"2026-11-24T22:00:00-04:00", at},
        {"2026-11-25 09:00", at}, /* Vietnam */
        {"2026-11-25 09:00:01", at + LT_SECOND},
        {"2026-11-25", at - 9 * 3600 * LT_SECOND},
    };
    for (size_t i = 0; i < LT_COUNT(GOOD); i++) {
        lt_time ret = 0;
        assert_int_equal(lt_cli_when_parse(GOOD[i].text, &ret, NULL), 0);
        assert_int_equal(ret, GOOD[i].at);
    }
    static const char *const BAD[] = {
        "",
        "2026",
        "2026-02-30",
        "2026-13-01",
        "2026-11-25T",
        "2026-11-25T25:00:00Z",
        "2026-11-25T02:00:00Zx",
        "2026-11-25T02:00:00+0700",
        "2026-11-25T02:00:00+15:00",
        "26-11-25",
        " 2026-11-25",
        "2026-11-25T02:00:0",
        "+026-11-25",
    };
    for (size_t i = 0; i < LT_COUNT(BAD); i++) {
        lt_time ret = 7;
        struct lt_error err = {0};
        if (lt_cli_when_parse(BAD[i], &ret, &err) != -1)
            fail_msg("'%s' was taken", BAD[i]);
        assert_int_equal(err.class, LT_ERR_REJECT);
        assert_int_equal(ret, 7);
    }
}

static void grounds_are_those_of_articles_43_and_44(void **state)
{
    (void)state;
    static const char *const HOLD[] = {"43.1a", "43.1b", "43.2a", "43.2b"};
    static const char *const REVOKE[] = {"44.1a", "44.1b", "44.1c", "44.1d-1"};
    for (size_t i = 0; i < LT_COUNT(HOLD); i++) {
        assert_true(lt_cli_is_hold_ground(HOLD[i]));
        assert_false(lt_cli_is_revoke_ground(HOLD[i]));
        assert_true(lt_cli_is_revoke_ground(REVOKE[i]));
        assert_false(lt_cli_is_hold_ground(REVOKE[i]));
        assert_string_not_equal(lt_cli_ground_words(LT_CLI_VI, HOLD[i]), HOLD[i]);
    }
    assert_false(lt_cli_is_hold_ground("43"));
    assert_false(lt_cli_is_revoke_ground("44.1d-2")); /* expiry needs no command */
    assert_true(lt_cli_ground_is_service_wide("43.1b"));
    assert_false(lt_cli_ground_is_service_wide("43.2b"));
    assert_string_equal(lt_cli_ground_article(LT_CLI_VI, "43.2a"), "điểm a khoản 2 Điều 43");
    assert_string_equal(lt_cli_ground_article(LT_CLI_EN, "99"), "99");
}

static void every_state_has_words_in_both_languages(void **state)
{
    (void)state;
    static const char *const STATES[] = {"LOAD", "CATCH", "READY", "LIVE", "HELD", "ENDED"};
    for (size_t i = 0; i < LT_COUNT(STATES); i++)
        for (int lang = 0; lang < 2; lang++)
            assert_string_not_equal(lt_cli_state_words((enum lt_cli_lang)lang, STATES[i]),
                                    STATES[i]);
    assert_string_equal(lt_cli_state_words(LT_CLI_VI, "HELD"), "đang tạm ngừng");
}

static void reasons_are_told_in_words(void **state)
{
    (void)state;
    static const char *const REASONS[] = {"service_hold", "agreement", "terminated", "amended",
                                          "damaged",      "window",    "technical",  "incarnation"};
    for (size_t i = 0; i < LT_COUNT(REASONS); i++)
        for (int lang = 0; lang < 2; lang++)
            assert_string_not_equal(lt_cli_reason_words((enum lt_cli_lang)lang, REASONS[i]),
                                    REASONS[i]);
    assert_string_equal(lt_cli_reason_words(LT_CLI_VI, "terminated"), "kết nối đã chấm dứt");
    assert_string_equal(lt_cli_reason_words(LT_CLI_EN, "something else"), "something else");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vietnamese_is_chosen_by_name),
        cmocka_unit_test(the_first_language_that_is_set_counts),
        cmocka_unit_test(durations_are_told_in_two_units),
        cmocka_unit_test(instants_are_told_in_vietnam_time_with_their_distance),
        cmocka_unit_test(columns_are_counted_by_letters_not_bytes),
        cmocka_unit_test(a_name_cannot_steer_the_terminal),
        cmocka_unit_test(instants_are_read_strictly),
        cmocka_unit_test(grounds_are_those_of_articles_43_and_44),
        cmocka_unit_test(reasons_are_told_in_words),
        cmocka_unit_test(every_state_has_words_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
