/**
 * @file
 * A line on which time passes everywhere: the world's fold and a board with one fresh record of
 * each stage of cn000001.  A test changes one record and asks what stands still.
 */
#pragma once

#include "support/cm.h"

#include <stdio.h>

#include "lienthong/board.h"
#include "lienthong/line.h"
#include "support/control_world.h"

#define STILL (30 * LT_SECOND)

static const uint8_t line_chain[32];

struct line_world {
    struct world world;
    struct lt_cli_board *board;
    struct lt_source_position source;
    struct lt_feed_position feed;
    struct lt_feed_cursor routed;
    struct lt_cursor cursor;
    struct lt_stream_notice notice;
    struct lt_receipt receipt;
};

static inline void line_take(struct line_world *line,
                             enum lt_cli_from from,
                             const char *origin,
                             const char *key,
                             enum lt_record_type type,
                             const void *record)
{
    struct lt_buf bytes = {0};
    lt_record_encode(type, record, &bytes);
    lt_cli_board_take(line->board, from, origin, lt_bytes_text(key), lt_buf_bytes(&bytes));
    lt_buf_fini(&bytes);
}

/** Puts all records as they stand in the struct. */
static inline void line_put(struct line_world *line)
{
    char receipt_key[64];
    snprintf(receipt_key, sizeof receipt_key, "receipt/%s", line->receipt.stream);
    line_take(line, LT_CLI_FROM_PROGRESS, "so000001", "source", LT_RECORD_SOURCE_POSITION,
              &line->source);
    line_take(line, LT_CLI_FROM_PROGRESS, "so000001", "sv000001", LT_RECORD_FEED_POSITION,
              &line->feed);
    line_take(line, LT_CLI_FROM_CURSORS, NULL, "live/sv000001", LT_RECORD_FEED_CURSOR,
              &line->routed);
    line_take(line, LT_CLI_FROM_CURSORS, NULL, line->cursor.stream, LT_RECORD_CURSOR,
              &line->cursor);
    line_take(line, LT_CLI_FROM_INBOX, "ap000002", line->notice.stream, LT_RECORD_STREAM_NOTICE,
              &line->notice);
    line_take(line, LT_CLI_FROM_OUTBOX, "ap000002", receipt_key, LT_RECORD_RECEIPT, &line->receipt);
}

/* What the provider and the live lane say. */
static inline void line_set_feed(struct line_world *line)
{
    const lt_time fresh = WORLD_NOW - LT_SECOND;
    const struct lt_bytes chain = lt_bytes(line_chain, sizeof line_chain);
    line->source = (struct lt_source_position){.source = "so000001",
                                               .system_id = "7",
                                               .slot = "lienthong",
                                               .commit_time = fresh,
                                               .ordinal = LT_NULL,
                                               .at = fresh};
    line->feed = (struct lt_feed_position){.service = "sv000001",
                                           .incarnation = 1,
                                           .state = "streaming",
                                           .reason = "",
                                           .next_seq = 4712,
                                           .chain = chain,
                                           .fingerprint = chain,
                                           .at = fresh};
    line->routed = (struct lt_feed_cursor){.service = "sv000001",
                                           .incarnation = 1,
                                           .g = 4711,
                                           .m = LT_NULL,
                                           .sync_time = fresh,
                                           .sync_g = 4711,
                                           .chain = chain,
                                           .control = 8,
                                           .written_at = fresh};
}

/* What is said of the stream: by its lane, to the user and by the user. */
static inline void line_set_stream(struct line_world *line)
{
    const lt_time fresh = WORLD_NOW - LT_SECOND;
    const struct lt_bytes chain = lt_bytes(line_chain, sizeof line_chain);
    line->cursor = (struct lt_cursor){.stream = "cn000001.1",
                                      .lane = "live",
                                      .state = "LIVE",
                                      .reason = "",
                                      .service = "sv000001",
                                      .incarnation = 1,
                                      .pos = 4711,
                                      .seq = 812,
                                      .control = 8,
                                      .e0 = LT_NULL,
                                      .load_deadline = LT_NULL,
                                      .load_seq = 40,
                                      .sync_time = fresh,
                                      .sync_seq = 812,
                                      .agreement = 12,
                                      .scope_version = 1,
                                      .chain = chain,
                                      .written_at = fresh};
    line->notice = (struct lt_stream_notice){.stream = "cn000001.1",
                                             .connection = "cn000001",
                                             .generation = 1,
                                             .service = "sv000001",
                                             .incarnation = 1,
                                             .entity = "ward",
                                             .agreement = 12,
                                             .scope_version = 1,
                                             .rows_since = 1,
                                             .end_of_use = LT_NULL,
                                             .on_expiry = "hide",
                                             .load_seq = 40,
                                             .sync_time = fresh,
                                             .sync_seq = 812,
                                             .state = "LIVE",
                                             .reason = "",
                                             .at = fresh};
    line->receipt = (struct lt_receipt){.stream = "cn000001.1",
                                        .seq = 812,
                                        .chain = chain,
                                        .stamp = fresh,
                                        .usable_until = fresh + 3 * 86400 * LT_SECOND,
                                        .active = true,
                                        .rows = 48,
                                        .flushed_at = fresh,
                                        .system_id = "8",
                                        .at = fresh};
}

static inline void line_set(struct line_world *line)
{
    line_set_feed(line);
    line_set_stream(line);
}

static inline int line_setup(void **state)
{
    struct line_world *line = test_malloc(sizeof *line);
    world_init(&line->world);
    world_fill(&line->world);
    line->board = lt_cli_board_new();
    line_set(line);
    *state = line;
    return 0;
}

static inline int line_teardown(void **state)
{
    struct line_world *line = *state;
    lt_cli_board_free(line->board);
    world_fini(&line->world);
    test_free(line);
    return 0;
}

/** Puts the records and computes the line at WORLD_NOW. */
static inline struct lt_cli_line line_compute(struct line_world *line)
{
    line_put(line);
    struct lt_cli_line ret;
    lt_cli_line(line->world.fold, line->board, "cn000001", &LT_CLI_NO_MARKS,
                &(struct lt_cli_measure){WORLD_NOW, STILL}, &ret);
    return ret;
}
