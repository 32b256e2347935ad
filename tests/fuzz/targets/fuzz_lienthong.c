/*
 * What the command line takes from others: records of topics, the steward's answers, times and
 * texts for the terminal.  The first byte says which.
 */
#include "lienthong/board.h"
#include "lienthong/diary_text.h"
#include "lienthong/spool.h"
#include "lienthong/when.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* One length byte, key, value. */
static void take_record(enum lt_cli_from from, struct lt_bytes rest)
{
    if (rest.len == 0)
        return;
    const size_t key = LT_MIN((size_t)rest.data[0], rest.len - 1);
    struct lt_cli_board *board = lt_cli_board_new();
    for (int twice = 0; twice < 2; twice++)
        lt_cli_board_take(board, from, "ap000002", lt_bytes(rest.data + 1, key),
                          lt_bytes(rest.data + 1 + key, rest.len - 1 - key));
    lt_cli_board_free(board);
}

static void print_entry(bool json, struct lt_bytes value)
{
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(1024);
    struct lt_buf out = {0};
    lt_cli_diary_entry(LT_CLI_VI, json, NULL, value, arena, &out);
    lt_buf_fini(&out);
}

static void read_text(struct lt_bytes rest)
{
    LT_CLEANUP(lt_freep) char *text = lt_memdup(rest.data, rest.len);
    struct lt_buf out = {0};
    lt_time at;
    lt_cli_add_clean(&out, text);
    lt_cli_pad(&out, text, 8);
    if (lt_cli_when_parse(text, &at, NULL) == 0)
        lt_assert(at != LT_TIME_NONE);
    lt_buf_fini(&out);
}

static void read_answer(struct lt_bytes rest)
{
    struct lt_cli_answer answer;
    struct lt_buf out = {0};
    if (lt_cli_answer_parse(rest, &answer, NULL) == 0) {
        lt_cli_answer_error(&answer, &out);
        lt_cli_answer_fini(&answer);
    }
    lt_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    const struct lt_bytes rest = lt_bytes(data + 1, len - 1);
    if (data[0] <= LT_CLI_FROM_DIARY)
        take_record((enum lt_cli_from)data[0], rest);
    else if (data[0] == 'n' || data[0] == 'j')
        print_entry(data[0] == 'j', rest);
    else if (data[0] == 'a')
        read_answer(rest);
    else
        read_text(rest);
    return 0;
}
