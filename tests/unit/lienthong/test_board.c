#include "line_world.h"

static void a_new_record_replaces_the_old_one(void **state)
{
    struct line_world *line = *state;
    line_put(line);
    line->cursor.seq = 900;
    line_put(line);
    assert_int_equal(lt_cli_board_cursor(line->board, "cn000001.1")->seq, 900);
}

static void a_tombstone_removes(void **state)
{
    struct line_world *line = *state;
    line_put(line);
    lt_cli_board_take(line->board, LT_CLI_FROM_CURSORS, NULL, lt_bytes_text("cn000001.1"),
                      lt_bytes(NULL, 0));
    assert_null(lt_cli_board_cursor(line->board, "cn000001.1"));
    assert_non_null(lt_cli_board_feed_cursor(line->board, "sv000001"));
}

static void the_highest_generation_is_the_newest_by_number_not_by_text(void **state)
{
    struct line_world *line = *state;
    static const char *const streams[] = {"cn000001.10", "cn000001.9", "cn000002.11"};
    for (size_t i = 0; i < LT_COUNT(streams); i++) {
        line->cursor.stream = streams[i];
        line_take(line, LT_CLI_FROM_CURSORS, NULL, streams[i], LT_RECORD_CURSOR, &line->cursor);
    }
    assert_string_equal(lt_cli_board_newest(line->board, "cn000001")->stream, "cn000001.10");
    assert_null(lt_cli_board_newest(line->board, "cn000003"));
}

/* An outbox is written by its application: it speaks for nobody else. */
static void a_receipt_in_another_outbox_is_not_found(void **state)
{
    struct line_world *line = *state;
    line_take(line, LT_CLI_FROM_OUTBOX, "ap000009", "receipt/cn000001.1", LT_RECORD_RECEIPT,
              &line->receipt);
    assert_null(lt_cli_board_receipt(line->board, "ap000002", "cn000001.1"));
    assert_null(lt_cli_board_shown(line->board, "ap000002", "cn000001"));
}

static void an_inactive_receipt_is_not_what_is_shown(void **state)
{
    struct line_world *line = *state;
    line->receipt.active = false;
    line_put(line);
    assert_non_null(lt_cli_board_receipt(line->board, "ap000002", "cn000001.1"));
    assert_null(lt_cli_board_shown(line->board, "ap000002", "cn000001"));
}

static void records_out_of_place_are_counted_and_ignored(void **state)
{
    struct line_world *line = *state;
    /* a cursor in an outbox, a receipt under another key, bytes of no record, a key of no text */
    line_take(line, LT_CLI_FROM_OUTBOX, "ap000002", "cn000001.1", LT_RECORD_CURSOR, &line->cursor);
    line_take(line, LT_CLI_FROM_OUTBOX, "ap000002", "receipt/cn000001.2", LT_RECORD_RECEIPT,
              &line->receipt);
    lt_cli_board_take(line->board, LT_CLI_FROM_OUTBOX, "ap000002",
                      lt_bytes_text("receipt/cn000001.1"), lt_bytes_text("garbage"));
    lt_cli_board_take(line->board, LT_CLI_FROM_OUTBOX, "ap000002", lt_bytes("a\0b", 3),
                      lt_bytes_text("garbage"));
    lt_cli_board_take(line->board, LT_CLI_FROM_OUTBOX, "ap000002", lt_bytes(NULL, 0),
                      lt_bytes(NULL, 0));
    assert_int_equal(lt_cli_board_garbage(line->board), 5);
    assert_null(lt_cli_board_cursor(line->board, "cn000001.1"));
    assert_null(lt_cli_board_receipt(line->board, "ap000002", "cn000001.2"));
}

static void what_rightly_stands_beside_is_no_garbage(void **state)
{
    struct line_world *line = *state;
    const struct lt_schema_notice schema = {.id = 1000, .text = "{}", .sha256 = {line_chain, 32}};
    const struct lt_gap_report gap = {.stream = "cn000001.1", .reason = ""};
    const struct lt_reject_report reject = {.stream = "cn000001.1", .code = "", .reason = ""};
    line_take(line, LT_CLI_FROM_INBOX, "ap000002", "schema/1000", LT_RECORD_SCHEMA_NOTICE, &schema);
    line_take(line, LT_CLI_FROM_OUTBOX, "ap000002", "gap/cn000001.1", LT_RECORD_GAP_REPORT, &gap);
    line_take(line, LT_CLI_FROM_OUTBOX, "ap000002", "reject/cn000001.1/7", LT_RECORD_REJECT_REPORT,
              &reject);
    assert_int_equal(lt_cli_board_garbage(line->board), 0);
    line_take(line, LT_CLI_FROM_CURSORS, NULL, "schema/1000", LT_RECORD_SCHEMA_NOTICE, &schema);
    assert_int_equal(lt_cli_board_garbage(line->board), 1);
}

static void hands_all_cursors_to_the_effect_rules(void **state)
{
    struct line_world *line = *state;
    line_put(line);
    line->cursor.stream = "cn000002.1";
    line_take(line, LT_CLI_FROM_CURSORS, NULL, "cn000002.1", LT_RECORD_CURSOR, &line->cursor);
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(1024);
    struct lt_routing_view routing;
    lt_cli_board_routing(line->board, arena, &routing);
    assert_int_equal(routing.cursor_count, 2);
    assert_int_equal(routing.feed_count, 1);
    assert_string_equal(routing.cursors[1].stream, "cn000002.1");
    assert_string_equal(routing.feeds[0].service, "sv000001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_record_replaces_the_old_one, line_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(a_tombstone_removes, line_setup, line_teardown),
        cmocka_unit_test_setup_teardown(the_highest_generation_is_the_newest_by_number_not_by_text,
                                        line_setup, line_teardown),
        cmocka_unit_test_setup_teardown(a_receipt_in_another_outbox_is_not_found, line_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(an_inactive_receipt_is_not_what_is_shown, line_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(records_out_of_place_are_counted_and_ignored, line_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(what_rightly_stands_beside_is_no_garbage, line_setup,
                                        line_teardown),
        cmocka_unit_test_setup_teardown(hands_all_cursors_to_the_effect_rules, line_setup,
                                        line_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
