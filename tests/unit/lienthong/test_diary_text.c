#include "support/cm.h"

#include "lienthong/diary_text.h"

#include <string.h>

#define AT ((lt_time)1795572000 * LT_SECOND) /* 2026-11-25T02:00:00Z */

static uint8_t chain[32] = {0x9f, 0x86, 0xd0, 0x81};

static const struct lt_delivery_note NOTE = {
    .stream = "cn000001.1",
    .connection = "cn000001",
    .service = "sv000001",
    .application = "ap000002",
    .agreement = 12,
    .scope_version = 1,
    .first = 1,
    .last = 812,
    .count = 812,
    .deletes = 3,
    .sync_time = LT_NULL,
    .chain = {chain, sizeof chain},
    .opened_at = AT - 60 * LT_SECOND,
    .closed_at = AT,
};
static const struct lt_decision DECISION = {
    .stream = "cn000001.1",
    .connection = "cn000001",
    .service = "sv000001",
    .application = "ap000002",
    .from_state = "LIVE",
    .to_state = "HELD",
    .clause = "pair_hold",
    .reason = "hold ho000007\x1B",
    .control = 17,
    .pos = 4711,
    .seq = 812,
    .at = AT,
};

static bool entry(enum lt_cli_lang lang,
                  bool json,
                  const char *connection,
                  enum lt_record_type type,
                  const void *record,
                  struct lt_buf *out)
{
    struct lt_buf bytes = {0};
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(1024);
    lt_record_encode(type, record, &bytes);
    lt_buf_clear(out);
    bool taken = lt_cli_diary_entry(lang, json, connection, lt_buf_bytes(&bytes), arena, out);
    lt_buf_fini(&bytes);
    return taken;
}

static void a_note_is_one_line(void **state)
{
    (void)state;
    struct lt_buf out = {0};
    assert_true(entry(LT_CLI_EN, false, NULL, LT_RECORD_DELIVERY_NOTE, &NOTE, &out));
    assert_string_equal(lt_buf_text(&out),
                        "25/11/2026 09:00:00  note      cn000001.1  seq 1-812  records 812  "
                        "deletes 3  terms 12.1  sync point -  chain 9f86d08100000000\n");
    assert_true(entry(LT_CLI_VI, false, "cn000001", LT_RECORD_DELIVERY_NOTE, &NOTE, &out));
    assert_non_null(strstr(lt_buf_text(&out), "bản ghi 812  xóa 3  thỏa thuận 12.1"));
    lt_buf_fini(&out);
}

static void a_decision_is_one_line_without_control_characters(void **state)
{
    (void)state;
    struct lt_buf out = {0};
    assert_true(entry(LT_CLI_EN, false, "cn000001", LT_RECORD_DECISION, &DECISION, &out));
    assert_string_equal(
        lt_buf_text(&out),
        "25/11/2026 09:00:00  decision  cn000001.1  LIVE -> HELD  the connection is suspended "
        "for this user (article 43, clause 2): hold ho000007?  (control number 17, feed seq 4711, "
        "seq 812)\n");
    lt_buf_fini(&out);
}

static void entries_of_other_connections_are_left_out(void **state)
{
    (void)state;
    struct lt_buf out = {0};
    assert_false(entry(LT_CLI_EN, false, "cn000002", LT_RECORD_DECISION, &DECISION, &out));
    assert_false(entry(LT_CLI_EN, true, "cn000002", LT_RECORD_DELIVERY_NOTE, &NOTE, &out));
    assert_int_equal(out.len, 0);
    lt_buf_fini(&out);
}

static void json_lines_have_every_field_and_utc(void **state)
{
    (void)state;
    struct lt_buf out = {0};
    assert_true(entry(LT_CLI_VI, true, NULL, LT_RECORD_DELIVERY_NOTE, &NOTE, &out));
    const char *text = lt_buf_text(&out);
    assert_non_null(strstr(text, "\"entry\":\"note\""));
    assert_non_null(strstr(text, "\"sync_time\":null"));
    assert_non_null(strstr(text, "\"closed_at\":\"2026-11-25T02:00:00.000000Z\""));
    assert_non_null(strstr(text, "\"chain\":\"9f86d081000000000000000000000000000000000000000000000"
                                 "00000000000\""));
    assert_true(entry(LT_CLI_VI, true, NULL, LT_RECORD_DECISION, &DECISION, &out));
    text = lt_buf_text(&out);
    assert_non_null(strstr(text, "\"to_state\":\"HELD\""));
    assert_non_null(strstr(text, "\"reason\":\"hold ho000007\\u001B\""));
    assert_int_equal(text[out.len - 1], '\n');
    lt_buf_fini(&out);
}

static void a_malformed_entry_is_called_so(void **state)
{
    (void)state;
    struct lt_buf out = {0};
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(1024);
    assert_true(lt_cli_diary_entry(LT_CLI_EN, false, NULL, lt_bytes_text("garbage"), arena, &out));
    assert_string_equal(lt_buf_text(&out), "malformed entry\n");
    lt_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_is_one_line),
        cmocka_unit_test(a_decision_is_one_line_without_control_characters),
        cmocka_unit_test(entries_of_other_connections_are_left_out),
        cmocka_unit_test(json_lines_have_every_field_and_utc),
        cmocka_unit_test(a_malformed_entry_is_called_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
