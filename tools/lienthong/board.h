/**
 * @file
 * The newest of each record that tells where connections stand: cursors, stream notices, receipts,
 * positions, decisions.  Pure: bytes come in through lt_cli_board_take(); one thread.
 *
 * Outboxes and progress topics are written by others, so a record counts only from the topic it
 * belongs to, under the key it belongs to, and is found only together with its writer: a receipt
 * of another application's stream is never shown as that application's.  All else is counted as
 * garbage and ignored.
 */
#pragma once

#include "change/ids.h"
#include "control/effective.h"
#include "record/records.h"

enum lt_cli_from {
    LT_CLI_FROM_CURSORS,
    LT_CLI_FROM_INBOX,    /**< origin: the application */
    LT_CLI_FROM_OUTBOX,   /**< origin: the application */
    LT_CLI_FROM_PROGRESS, /**< origin: the source */
    LT_CLI_FROM_DIARY,
};

struct lt_cli_board;
struct lt_cli_board *lt_cli_board_new(void);
void lt_cli_board_free(struct lt_cli_board *board);
LT_DEFINE_CLEANUP(struct lt_cli_board, lt_cli_board_free)

/** Takes one record; value.data NULL removes what stands under the key. */
void lt_cli_board_take(struct lt_cli_board *board,
                       enum lt_cli_from from,
                       const char *origin,
                       struct lt_bytes key,
                       struct lt_bytes value);
/** Records that were not what their place demands. */
size_t lt_cli_board_garbage(const struct lt_cli_board *board);

/* Look-ups; NULL when unknown.  Valid until the next lt_cli_board_take(). */
const struct lt_cursor *lt_cli_board_cursor(const struct lt_cli_board *board, const char *stream);
/** The cursor of the connection's highest generation. */
const struct lt_cursor *lt_cli_board_newest(const struct lt_cli_board *board,
                                            const char *connection);
const struct lt_feed_cursor *lt_cli_board_feed_cursor(const struct lt_cli_board *board,
                                                      const char *service);
/** Does a lane of routing say that it delivers nothing because this clause of DX-1 fails? */
bool lt_cli_board_stands_still(const struct lt_cli_board *board, const char *clause);
const struct lt_stream_notice *
lt_cli_board_notice(const struct lt_cli_board *board, const char *application, const char *stream);
const struct lt_receipt *
lt_cli_board_receipt(const struct lt_cli_board *board, const char *application, const char *stream);
/** The receipt of the stream whose copy is shown: the active one of the highest generation. */
const struct lt_receipt *lt_cli_board_shown(const struct lt_cli_board *board,
                                            const char *application,
                                            const char *connection);
const struct lt_source_position *lt_cli_board_source(const struct lt_cli_board *board,
                                                     const char *source);
const struct lt_feed_position *
lt_cli_board_feed(const struct lt_cli_board *board, const char *source, const char *service);
/** The last decision about the connection's highest generation that has one. */
const struct lt_decision *lt_cli_board_decision(const struct lt_cli_board *board,
                                                const char *connection);

/** All cursors and feed cursors, as control/effective.h wants them; arrays in the arena, texts
 * borrowed from the board. */
void lt_cli_board_routing(const struct lt_cli_board *board,
                          struct lt_arena *arena,
                          struct lt_routing_view *ret);
