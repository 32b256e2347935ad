/**
 * @file
 * What the files of this directory share.
 */
#pragma once

#include "pg/conn.h"

struct lt_pg {
    PGconn *conn;
    int64_t timeout_ms;
    bool (*stopping)(void);
    const atomic_bool *stop;
    char *copy_row; /* the row handed out last */
};

/* Waits until more bytes came in, at the latest until the deadline (lt_monotonic_ms). */
int lt_pg_read_more(struct lt_pg *pg, int64_t deadline, struct lt_error *reterr) LT_MUST_CHECK;
int lt_pg_timed_out(struct lt_error *reterr);
