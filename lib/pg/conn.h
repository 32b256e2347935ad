/**
 * @file
 * A PostgreSQL session over libpq that never blocks for ever.  Layer 2, one thread at a time.
 *
 * Every wait has a deadline and asks `stopping` at least every 100 ms.  Errors have domain "pg" and
 * the SQLSTATE as code (pg/sqlstate.h); messages name SQLSTATE, table, column and constraint, and
 * quote the server only when it cannot quote values of a row.  A lost connection is RETRY: close
 * and open again.
 *
 * Every session has the settings under which text output is canonical: UTF8, TimeZone UTC,
 * DateStyle ISO, IntervalStyle postgres, extra_float_digits 3, bytea_output hex, and search_path
 * pg_catalog (so name other objects with their schema); statement_timeout and
 * idle_in_transaction_session_timeout are off.  So is jit: our statements are short, and where a
 * table has no statistics yet the server compiles them for seconds each time.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdint.h>

struct lt_pg_options {
    const char *dsn;              /**< conninfo or URI without a password (passfile is fine) */
    const char *application_name; /**< "lt-provider-postgres" */
    const char *settings;         /**< more "-c name=value" session settings; NULL: none */
    bool replication;             /**< replication=database */
    int64_t timeout_ms;           /**< of connecting and of each call; 0: 30 s */
    bool (*stopping)(void);       /**< true ends every wait with RETRY; NULL: never */
    const atomic_bool *stop;      /**< a second way to say so, of one thread; NULL: none */
};

struct lt_pg;
/** FATAL when dsn is malformed or holds a password. */
struct lt_pg *lt_pg_open(const struct lt_pg_options *options,
                         struct lt_error *reterr) LT_MUST_CHECK;
void lt_pg_close(struct lt_pg *pg);
LT_DEFINE_CLEANUP(struct lt_pg, lt_pg_close)

/** The libpq connection (non-blocking), for calls that have no wrapper here. */
PGconn *lt_pg_raw(struct lt_pg *pg);
/** Gives the calls that follow another time-out. */
void lt_pg_set_timeout(struct lt_pg *pg, int64_t timeout_ms);

/** Runs SQL without parameters, possibly several statements; all must succeed. */
int lt_pg_exec(struct lt_pg *pg, const char *sql, struct lt_error *reterr) LT_MUST_CHECK;
/** One statement with text parameters (NULL = SQL null); a result to PQclear(), rows or none. */
PGresult *lt_pg_query(struct lt_pg *pg,
                      const char *sql,
                      int count,
                      const char *const *params,
                      struct lt_error *reterr) LT_MUST_CHECK;
void lt_pg_clearp(PGresult **res); /**< LT_CLEANUP(lt_pg_clearp) */

/** Value at row, column as a C string ("" for null); numbers: 0 unless well formed. */
const char *lt_pg_text(const PGresult *res, int row, int column);
int64_t lt_pg_i64(const PGresult *res, int row, int column);
bool lt_pg_bool(const PGresult *res, int row, int column);

/* Parts, for pipelines and copies. */

/** Waits until the socket is readable (or writable too) or ms have passed: 1, 0; -1 stopping. */
int lt_pg_wait(struct lt_pg *pg, bool write, int64_t ms, struct lt_error *reterr) LT_MUST_CHECK;
/** Sends what libpq holds, reading meanwhile, so that a pipeline cannot deadlock. */
int lt_pg_flush(struct lt_pg *pg, struct lt_error *reterr) LT_MUST_CHECK;
/** PQgetResult() with deadline: 1 and *ret (own it), 0 = end of this command, -1.  The result's
 * own status is not judged: lt_pg_result_error() does. */
int lt_pg_next_result(struct lt_pg *pg, PGresult **ret, struct lt_error *reterr) LT_MUST_CHECK;
bool lt_pg_succeeded(const PGresult *res);
/** Reads to the end of a command: the first refusal fails.  *ret: the last good result; NULL: none
 * is wanted. */
int lt_pg_collect(struct lt_pg *pg, PGresult **ret, struct lt_error *reterr) LT_MUST_CHECK;
/** Fills the error from a failed result (or, res NULL, from the connection) and returns -1. */
int lt_pg_result_error(struct lt_pg *pg, const PGresult *res, struct lt_error *reterr);

/** COPY ... TO STDOUT: start, then rows of text format until 0. */
int lt_pg_copy_out(struct lt_pg *pg, const char *sql, struct lt_error *reterr) LT_MUST_CHECK;
/** 1 and one row with its line feed (good until the next call), 0 at the end, -1. */
int lt_pg_copy_row(struct lt_pg *pg, struct lt_bytes *ret, struct lt_error *reterr) LT_MUST_CHECK;
/** COPY ... FROM STDIN: start, put bytes (blocks with deadline while the server is slow), end.  The
 * text may have statements before the COPY and behind it; the end is that of all. */
int lt_pg_copy_in(struct lt_pg *pg, const char *sql, struct lt_error *reterr) LT_MUST_CHECK;
int lt_pg_copy_put(struct lt_pg *pg, struct lt_bytes data, struct lt_error *reterr) LT_MUST_CHECK;
int lt_pg_copy_end(struct lt_pg *pg, struct lt_error *reterr) LT_MUST_CHECK;

/** Appends a quoted identifier, or 'schema.table' as quoted parts; a quoted literal. */
void lt_sql_ident(struct lt_buf *out, const char *name);
void lt_sql_table(struct lt_buf *out, const char *schema_dot_table);
void lt_sql_literal(struct lt_buf *out, const char *text);
