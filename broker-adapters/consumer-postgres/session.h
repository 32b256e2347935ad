/**
 * @file
 * Statements on the target's session: singly, or queued into one pipelined round trip.  Private to
 * the apply path.  One thread.
 */
#pragma once

#include "consumer-postgres/params.h"
#include "pg/conn.h"

/** Prepares a statement of the session under a name. */
int lt_session_prepare(struct lt_pg *pg, const char *name, const char *sql, struct lt_error *reterr)
    LT_MUST_CHECK;
/** Runs one statement: prepared when `name`, else `sql`. */
int lt_session_run(struct lt_pg *pg,
                   const char *name,
                   const char *sql,
                   struct lt_params *params,
                   struct lt_error *reterr) LT_MUST_CHECK;

/** A pipeline: begin, queue, and finish with one wait; what is large is sent when it is queued, so
 * that the server begins with it.  On failure the first error is returned and the transaction that
 * it left open is rolled back. */
int lt_pipeline_begin(struct lt_pg *pg, struct lt_error *reterr) LT_MUST_CHECK;
int lt_pipeline_queue(struct lt_pg *pg,
                      const char *name,
                      const char *sql,
                      struct lt_params *params, /**< NULL: none; copied */
                      struct lt_error *reterr) LT_MUST_CHECK;
/** Ends the open transaction after a failure, which is in *reterr and stays there: -1. */
int lt_session_undo(struct lt_pg *pg, struct lt_error *reterr);
int lt_pipeline_finish(struct lt_pg *pg, struct lt_error *reterr) LT_MUST_CHECK;
