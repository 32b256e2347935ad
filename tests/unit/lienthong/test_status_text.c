#include "line_world.h"

#include "lienthong/status_json.h"
#include "lienthong/status_text.h"

#include <stdlib.h>
#include <string.h>

static char *text_of(enum lt_cli_lang lang, const struct lt_cli_line *line)
{
    struct lt_buf out = {0};
    lt_cli_line_text(lang, line, WORLD_NOW, &out);
    char *text = lt_strdup(lt_buf_text(&out));
    lt_buf_fini(&out);
    return text;
}

static void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not said in:\n%s", part, text);
}

static void a_moving_line_is_told_from_commit_to_use(void **state)
{
    struct lt_cli_line line = line_compute(*state);
    LT_CLEANUP(lt_freep) char *text = text_of(LT_CLI_EN, &line);
    assert_string_equal(
        text,
        "\ncn000001  sv000001 wards -> ap000002 user  agreement ar000012\n"
        "  source        so000001  last commit 25/11/2026 08:59:59 (1 s ago)\n"
        "  feed          feed.sv000001.1  seq 4711  25/11/2026 08:59:59 (1 s ago)\n"
        "  routed        G 4711  sync point 25/11/2026 08:59:59 (1 s ago)\n"
        "  stream        stream.cn000001.1  LIVE (live)  seq 812  sync point 25/11/2026 08:59:59 "
        "(1 s ago)\n"
        "  target        cn000001.1 applied to seq 812  rows 48  set aside 0  refused reads 0  "
        "reported 25/11/2026 08:59:59 (1 s ago)\n"
        "  stamp         25/11/2026 08:59:59 (1 s ago)\n"
        "  usable until  28/11/2026 08:59:59 (in 2 d 23 h)  0 % of 3 d\n");
}

static void vietnamese_says_the_same(void **state)
{
    struct lt_cli_line line = line_compute(*state);
    LT_CLEANUP(lt_freep) char *text = text_of(LT_CLI_VI, &line);
    assert_says(text, "  dòng nguồn    feed.sv000001.1");
    assert_says(text, "  đồng bộ cuối  25/11/2026 08:59:59 (cách đây 1 giây)\n");
    assert_says(text, "  sử dụng đến   28/11/2026 08:59:59 (còn 2 ngày 23 giờ)  0 % của 3 ngày\n");
}

/* D3.3: why there is nothing newer stands where the operator looks, in the provider's words. */
static void a_feed_that_ended_is_told_with_its_reason(void **state)
{
    struct line_world *world = *state;
    world->feed.state = "ended";
    world->feed.reason = "table public.wards: declared column 'area' is gone";
    struct lt_cli_line line = line_compute(world);
    LT_CLEANUP(lt_freep) char *text = text_of(LT_CLI_EN, &line);
    assert_says(text, "(1 s ago)  (table public.wards: declared column 'area' is gone)\n");
    json_t *json = lt_cli_line_json(&line);
    const char *reason;
    assert_int_equal(json_unpack(json, "{s:{s:s}}", "feed", "reason", &reason), 0);
    assert_string_equal(reason, world->feed.reason);
    json_decref(json);
}

/* D3.3: no topic is named that will never be; the reason is. */
static void a_feed_that_cannot_begin_is_told_with_its_reason(void **state)
{
    struct line_world *world = *state;
    world->feed.state = "ended";
    world->feed.incarnation = 0;
    world->feed.reason = "table public.wards: declared column 'area' is gone";
    struct lt_cli_line line = line_compute(world);
    LT_CLEANUP(lt_freep) char *en = text_of(LT_CLI_EN, &line);
    assert_says(en,
                "  feed          -  25/11/2026 08:59:59 (1 s ago)  (table public.wards: declared "
                "column 'area' is gone)\n");
    assert_says(en, "the feed cannot begin");
    LT_CLEANUP(lt_freep) char *vi = text_of(LT_CLI_VI, &line);
    assert_says(vi, "dòng nguồn chưa thể bắt đầu");
    assert_says(vi, "(table public.wards: declared column 'area' is gone)\n");
    json_t *json = lt_cli_line_json(&line);
    assert_string_equal(json_string_value(json_object_get(json, "why")), "feed_unfit");
    json_decref(json);
}

/* D8.1: reason, legal ground, who, since when, what lifts it. */
static void a_hold_is_told_with_everything_the_user_may_know(void **state)
{
    struct line_world *world = *state;
    struct lt_hold hold = world_hold_pair;
    hold.expected_end = WORLD_NOW + 86400 * LT_SECOND;
    hold.reason = "chia sẻ lại dữ liệu\x1B[31m";
    world_put(&world->world, LT_CONTROL_HOLD, "ho000007", &hold);
    world->cursor.state = "HELD";
    world->cursor.reason = "pair_hold";
    struct lt_cli_line line = line_compute(world);
    LT_CLEANUP(lt_freep) char *en = text_of(LT_CLI_EN, &line);
    LT_CLEANUP(lt_freep) char *vi = text_of(LT_CLI_VI, &line);
    assert_says(en, "  > time stands still at: stream: provision is suspended (the "
                    "connection is suspended for this user (article 43, clause 2))\n");
    assert_says(en, "  # hold ho000007 on cn000001: the agency utilizing data has violated");
    assert_says(en, "(point a, clause 2, article 43)\n");
    assert_says(en, "      reason: chia sẻ lại dữ liệu?[31m\n");
    assert_says(en, "      by: test\n");
    assert_says(en, "      since: 25/11/2026 09:00:00");
    assert_says(en, "      to restore: report\n");
    assert_says(en, "      expected end: 26/11/2026 09:00:00 (in 1 d)\n");
    assert_says(vi, "  # tạm ngừng ho000007 đối với cn000001: cơ quan khai thác dữ liệu vi phạm");
    assert_says(vi, "      điều kiện khôi phục: report\n");
}

static void the_age_of_the_copy_is_warned_of(void **state)
{
    struct line_world *world = *state;
    world->receipt.stamp = WORLD_NOW - 60 * 3600 * LT_SECOND; /* of 72 h: 83 % */
    struct lt_cli_line line = line_compute(world);
    LT_CLEANUP(lt_freep) char *en = text_of(LT_CLI_EN, &line);
    assert_says(en, "  83 % of 3 d  ! more than 80 % of the use period is over\n");
    world->receipt.stamp = WORLD_NOW - 73 * 3600 * LT_SECOND;
    line = line_compute(world);
    LT_CLEANUP(lt_freep) char *vi = text_of(LT_CLI_VI, &line);
    assert_says(vi, "!! đã hết thời hạn sử dụng: bản sao không còn giá trị sử dụng\n");
}

static void a_terminated_connection_is_called_so(void **state)
{
    struct line_world *world = *state;
    struct lt_connection terms = world_connection;
    terms.ended_at = WORLD_NOW - LT_SECOND;
    terms.ground = "44.1d-1";
    world_put(&world->world, LT_CONTROL_CONNECTION, "cn000001", &terms);
    struct lt_cli_line line = line_compute(world);
    LT_CLEANUP(lt_freep) char *vi = text_of(LT_CLI_VI, &line);
    assert_says(vi, "thỏa thuận ar000012  (đã chấm dứt)\n");
    assert_says(vi, "!! quyền khai thác đã chấm dứt: bản sao đã đóng\n");
}

static void offsets_that_nobody_may_read_are_told(void **state)
{
    struct lt_cli_line line = line_compute(*state);
    line.marks = (struct lt_cli_marks){5000, 5000, 810, 820};
    LT_CLEANUP(lt_freep) char *en = text_of(LT_CLI_EN, &line);
    assert_says(en, "(offsets 810 to 820 not readable yet)");
    assert_null(strstr(en, "5000"));
}

static void a_stale_control_state_is_told_first(void **state)
{
    (void)state;
    struct lt_buf out = {0};
    struct lt_cli_head head = {.now = WORLD_NOW,
                               .number = 8,
                               .heartbeat_at = WORLD_NOW - 60 * LT_SECOND,
                               .stale = "no fresh heartbeat",
                               .garbage = 3,
                               .hidden = "outbox.ap000002",
                               .connections = 2};
    lt_cli_head_text(LT_CLI_EN, &head, &out);
    assert_string_equal(lt_buf_text(&out),
                        "Lienthong  25/11/2026 09:00:00 (Asia/Ho_Chi_Minh)  connections: 2\n"
                        "control number 8, heartbeat 25/11/2026 08:59:00 (1 min ago)\n"
                        "! nothing may be delivered: no fresh heartbeat\n"
                        "! not readable to its end: outbox.ap000002 (a transaction is open)\n"
                        "! records ignored as not ours: 3\n");
    lt_buf_fini(&out);
}

static void json_has_utc_times_numbers_and_names(void **state)
{
    struct line_world *world = *state;
    world_put(&world->world, LT_CONTROL_HOLD, "ho000007", &world_hold_pair);
    struct lt_cli_line line = line_compute(world);
    json_t *json = lt_cli_line_json(&line);
    const char *stamp, *until, *stands, *why, *age, *state_name, *hold, *ground;
    json_int_t seq, g, rows, percent;
    assert_int_equal(json_unpack(json,
                                 "{s:s, s:s, s:s, s:s, s:s, s:I, s:{s:s, s:I}, s:{s:I}, s:{s:I}, "
                                 "s:[{s:s, s:s, s:n}]}",
                                 "stamp", &stamp, "usable_until", &until, "stands_still", &stands,
                                 "why", &why, "age", &age, "used_percent", &percent, "stream",
                                 "state", &state_name, "seq", &seq, "routed", "g", &g, "target",
                                 "rows", &rows, "holds", "hold", &hold, "ground", &ground,
                                 "expected_end"),
                     0);
    assert_string_equal(stamp, "2026-11-25T01:59:59.000000Z");
    assert_string_equal(until, "2026-11-28T01:59:59.000000Z");
    assert_string_equal(stands, "none");
    assert_string_equal(why, "moving");
    assert_string_equal(age, "fresh");
    assert_string_equal(state_name, "LIVE");
    assert_string_equal(hold, "ho000007");
    assert_string_equal(ground, "43.2a");
    assert_int_equal(seq, 812);
    assert_int_equal(g, 4711);
    assert_int_equal(rows, 48);
    assert_int_equal(percent, 0);
    json_decref(json);
}

static void json_of_an_empty_line_is_null_where_nothing_is_known(void **state)
{
    struct line_world *world = *state;
    struct lt_cli_line line;
    lt_cli_line(world->world.fold, world->board, "cn000001", &LT_CLI_NO_MARKS,
                &(struct lt_cli_measure){WORLD_NOW, STILL}, &line);
    json_t *json = lt_cli_line_json(&line);
    static const char *const NULLS[] = {"source", "feed",  "routed",       "stream",
                                        "target", "stamp", "usable_until", "used_percent"};
    for (size_t i = 0; i < LT_COUNT(NULLS); i++)
        assert_true(json_is_null(json_object_get(json, NULLS[i])));
    assert_string_equal(json_string_value(json_object_get(json, "stands_still")), "source");
    json_decref(json);
}

static void every_reason_and_stage_has_words_in_both_languages(void **state)
{
    (void)state;
    for (int lang = 0; lang < 2; lang++) {
        for (int why = 0; why <= LT_CLI_STILL_NOT_APPLIED; why++)
            assert_true(lt_cli_still_words((enum lt_cli_lang)lang, (enum lt_cli_still)why)[0] !=
                        '\0');
        for (int stage = 0; stage <= LT_CLI_MOVING; stage++)
            assert_true(lt_cli_stage_words((enum lt_cli_lang)lang, (enum lt_cli_stage)stage)[0] !=
                        '\0');
    }
}

#define WITH_LINE(test) cmocka_unit_test_setup_teardown(test, line_setup, line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LINE(a_moving_line_is_told_from_commit_to_use),
        WITH_LINE(vietnamese_says_the_same),
        WITH_LINE(a_feed_that_ended_is_told_with_its_reason),
        WITH_LINE(a_feed_that_cannot_begin_is_told_with_its_reason),
        WITH_LINE(a_hold_is_told_with_everything_the_user_may_know),
        WITH_LINE(the_age_of_the_copy_is_warned_of),
        WITH_LINE(a_terminated_connection_is_called_so),
        WITH_LINE(offsets_that_nobody_may_read_are_told),
        cmocka_unit_test(a_stale_control_state_is_told_first),
        WITH_LINE(json_has_utc_times_numbers_and_names),
        WITH_LINE(json_of_an_empty_line_is_null_where_nothing_is_known),
        cmocka_unit_test(every_reason_and_stage_has_words_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
