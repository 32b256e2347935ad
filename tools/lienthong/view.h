/**
 * @file
 * What the operator can see of the platform: the control fold and the board, filled from Kafka and
 * read on from where they stand.  Reads only; never feeds or streams.  One thread.
 */
#pragma once

#include "bus/bus.h"
#include "control/control.h"
#include "lienthong/board.h"
#include "lienthong/line.h"
#include "lienthong/tap.h"

struct lt_cli_view {
    struct lt_cli_tap tap;
    struct lt_fold *fold;
    struct lt_cli_board *board;
    size_t refused; /**< control records refused: forged, malformed, replayed */
    struct lt_cli_view_topic **topics;
    size_t topic_count;
};

/** bus is borrowed.  Fails when no broker can be reached. */
int lt_cli_view_open(const struct lt_bus *bus,
                     const uint8_t public_key[LT_SIGN_KEY_BYTES],
                     int64_t timeout_ms,
                     struct lt_cli_view *ret,
                     struct lt_error *reterr) LT_MUST_CHECK;
void lt_cli_view_close(struct lt_cli_view *view);

/* Each reads on as far as its topics can be read now; a topic that does not exist is empty. */
int lt_cli_view_control(struct lt_cli_view *view, struct lt_error *reterr) LT_MUST_CHECK;
int lt_cli_view_cursors(struct lt_cli_view *view, struct lt_error *reterr) LT_MUST_CHECK;
int lt_cli_view_decisions(struct lt_cli_view *view, struct lt_error *reterr) LT_MUST_CHECK;
/** Progress, inboxes and outboxes of connections. */
int lt_cli_view_connections(struct lt_cli_view *view,
                            const char *const *connections,
                            size_t count,
                            struct lt_error *reterr) LT_MUST_CHECK;
/** A topic whose end cannot be read yet (a transaction is open), NULL when there is none. */
const char *lt_cli_view_hidden(const struct lt_cli_view *view);
/** Watermarks of a connection's feed and newest stream. */
int lt_cli_view_marks(struct lt_cli_view *view,
                      const char *connection,
                      struct lt_cli_marks *ret,
                      struct lt_error *reterr) LT_MUST_CHECK;

/** Ids of connections in order, into the arena: all, or those of a data service, an application, an
 * agreement, or the one itself.  filter NULL: all. */
size_t lt_cli_connection_list(const struct lt_fold *fold,
                              const char *filter,
                              struct lt_arena *arena,
                              const char ***ret);
