#include "line_world.h"

#include "lienthong/right_text.h"

#include <string.h>

static const char SCOPE[] =
    "{\"type\":\"record\",\"name\":\"WardScope\",\"fields\":[{\"name\":\"province_code\",\"type\":"
    "[\"null\",\"string\"],\"lt.column\":\"province_code\",\"lt.type\":\"character varying(2)\"}]}";

static void put_schema(struct line_world *line)
{
    const struct lt_schema_body body = {.id = 1002, .text = SCOPE, .sha256 = {line_chain, 32}};
    world_put(&line->world, LT_CONTROL_SCHEMA, "1002", &body);
    world_beat(&line->world, WORLD_NOW + 1);
}

static char *explain(struct line_world *line, enum lt_cli_lang lang, const struct lt_decision *last)
{
    struct lt_cli_line of = line_compute(line);
    struct lt_right_facts facts =
        lt_cli_facts(line->world.fold, line->board, "cn000001", WORLD_NOW, WORLD_GRACE);
    struct lt_right right = lt_route(line->world.fold, "cn000001", &facts);
    struct lt_buf out = {0};
    lt_cli_right_text(lang, &right, &of, last, WORLD_NOW, &out);
    char *text = lt_strdup(lt_buf_text(&out));
    lt_buf_fini(&out);
    return text;
}

static void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not said in:\n%s", part, text);
}

static void says_yes_when_every_clause_holds(void **state)
{
    put_schema(*state);
    LT_CLEANUP(lt_freep) char *text = explain(*state, LT_CLI_EN, NULL);
    assert_string_equal(text, "cn000001: data may be delivered: every clause holds\n"
                              "the diary holds no decision on it\n");
}

/* DX-10: a refused action has a reason that the affected party can read. */
static void names_the_deciding_clause_in_the_decrees_words(void **state)
{
    struct line_world *line = *state;
    put_schema(line);
    world_put(&line->world, LT_CONTROL_HOLD, "ho000007", &world_hold_pair);
    world_beat(&line->world, WORLD_NOW + 2);
    const struct lt_decision last = {.stream = "cn000001.1",
                                     .from_state = "LIVE",
                                     .to_state = "HELD",
                                     .clause = "pair_hold",
                                     .reason = "hold ho000007",
                                     .control = 17,
                                     .at = WORLD_NOW - LT_SECOND};
    LT_CLEANUP(lt_freep) char *en = explain(line, LT_CLI_EN, &last);
    assert_says(en, "cn000001: data may NOT be delivered\n  deciding clause: ");
    assert_says(en, lt_clause_words(LT_CLAUSE_PAIR_HOLD, false));
    assert_says(en, "\n  this suspends the stream\n");
    assert_says(en, "  # hold ho000007 on cn000001");
    assert_says(en,
                "last decision in the diary: 25/11/2026 08:59:59 (1 s ago)  cn000001.1  LIVE -> "
                "HELD  the connection is suspended for this user (article 43, clause 2): hold "
                "ho000007  (control number 17)\n");
    LT_CLEANUP(lt_freep) char *vi = explain(line, LT_CLI_VI, &last);
    assert_says(vi, "cn000001: KHÔNG được cung cấp dữ liệu\n");
    assert_says(vi, lt_clause_words(LT_CLAUSE_PAIR_HOLD, true));
}

/* D45-avail: whether the diary can be written, only routing knows, and it says so. */
static void the_diary_clause_is_what_routing_says_of_it(void **state)
{
    struct line_world *line = *state;
    const struct lt_standstill stand = {.name = "live/diary",
                                        .lane = "live",
                                        .clause = "diary",
                                        .since = WORLD_NOW,
                                        .at = WORLD_NOW};
    put_schema(line);
    line_take(line, LT_CLI_FROM_CURSORS, NULL, "stand/live/diary", LT_RECORD_STANDSTILL, &stand);
    LT_CLEANUP(lt_freep) char *no = explain(line, LT_CLI_EN, NULL);
    assert_says(no, lt_clause_words(LT_CLAUSE_DIARY, false));
    lt_cli_board_take(line->board, LT_CLI_FROM_CURSORS, NULL, lt_bytes_text("stand/live/diary"),
                      lt_bytes(NULL, 0));
    LT_CLEANUP(lt_freep) char *yes = explain(line, LT_CLI_EN, NULL);
    assert_says(yes, "every clause holds");
}

static void a_termination_is_told_to_end_the_stream(void **state)
{
    struct line_world *line = *state;
    struct lt_connection terms = world_connection;
    terms.ended_at = WORLD_NOW - LT_SECOND;
    terms.ground = "44.1c";
    world_put(&line->world, LT_CONTROL_CONNECTION, "cn000001", &terms);
    world_beat(&line->world, WORLD_NOW + 1);
    LT_CLEANUP(lt_freep) char *text = explain(line, LT_CLI_EN, NULL);
    assert_says(text, "\n  this ends the stream\n");
}

static void
put_terms(struct line_world *line, const char **fields, size_t count, const char *filter)
{
    struct lt_connection terms = world_connection;
    terms.fields = fields;
    terms.field_count = count;
    terms.filter = filter;
    world_put(&line->world, LT_CONTROL_CONNECTION, "cn000001", &terms);
}

static void a_scope_is_known_when_fields_and_filter_are(void **state)
{
    struct line_world *line = *state;
    const char *fields[] = {"code"}, *unknown[] = {"code", "secret"};
    put_terms(line, fields, 1, "province_code = '48'");
    assert_false(lt_cli_scope_known(line->world.fold, "cn000001")); /* no schema yet */
    put_schema(line);
    assert_true(lt_cli_scope_known(line->world.fold, "cn000001"));
    put_terms(line, fields, 1, "nowhere = '48'");
    assert_false(lt_cli_scope_known(line->world.fold, "cn000001"));
    put_terms(line, unknown, 2, "");
    assert_false(lt_cli_scope_known(line->world.fold, "cn000001"));
    put_terms(line, fields, 0, "");
    assert_false(lt_cli_scope_known(line->world.fold, "cn000001"));
    assert_false(lt_cli_scope_known(line->world.fold, "cn000009"));
}

static void the_days_count_is_todays_in_vietnam(void **state)
{
    struct line_world *line = *state;
    const int64_t today = (WORLD_NOW / LT_SECOND + 7 * 3600) / 86400;
    line->cursor.day = today;
    line->cursor.day_count = 48;
    line_put(line);
    assert_int_equal(lt_cli_facts(line->world.fold, line->board, "cn000001", WORLD_NOW, WORLD_GRACE)
                         .delivered_today,
                     48);
    line->cursor.day = today - 1;
    line_put(line);
    assert_int_equal(lt_cli_facts(line->world.fold, line->board, "cn000001", WORLD_NOW, WORLD_GRACE)
                         .delivered_today,
                     0);
}

#define WITH_LINE(test) cmocka_unit_test_setup_teardown(test, line_setup, line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LINE(says_yes_when_every_clause_holds),
        WITH_LINE(names_the_deciding_clause_in_the_decrees_words),
        WITH_LINE(the_diary_clause_is_what_routing_says_of_it),
        WITH_LINE(a_termination_is_told_to_end_the_stream),
        WITH_LINE(a_scope_is_known_when_fields_and_filter_are),
        WITH_LINE(the_days_count_is_todays_in_vietnam),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
