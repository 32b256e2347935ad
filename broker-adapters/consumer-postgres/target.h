/**
 * @file
 * The target database: our tables there, and the steps that make, show, close and drop copies.
 * One session, one thread at a time (the applier's while a batch is under way).  Every call is one
 * transaction of its own; on any failure the caller forgets what it knows and loads again
 * (protocol 9.1).
 */
#pragma once

#include "change/chain.h"
#include "consumer-postgres/choose.h"
#include "consumer-postgres/statement.h"
#include "pg/conn.h"

#define LT_CODE_LOST_RACE "LT409" /**< SQLSTATE of a refused compare-and-set */
#define LT_CODE_NOT_THERE "LT404" /**< SQLSTATE: a row to be updated is not there */

struct lt_target_options {
    const char *dsn;
    const char *application;      /**< ap000041: one target serves one application */
    const char *data_schema;      /**< of the views */
    const char *reader_role;      /**< may read the views; NULL or "": nobody is granted */
    const char *extension_schema; /**< where types of extensions live; NULL or "": none */
    int64_t timeout_ms;           /**< of one statement; 0: 30 s */
    bool (*stopping)(void);
};

/** One copy, as stored, with what is needed to apply to it. */
struct lt_copy {
    struct lt_copy_facts is;
    char *connection, *stream, *table, *view;
    char *closed; /**< is.terms.closed points here */
    int32_t key_schema, value_schema;
    struct lt_chain chain; /**< at is.at.seq */
    bool chain_known;
    lt_time append_time; /**< newest one applied; LT_TIME_NONE: none */
    bool has_aside;
    bool surprised; /**< a row was or was not there against what the stream said: not believed again
                     */
    int64_t gap_expected, gap_seen; /**< when damaged */
    char *gap_reason;
};
struct lt_copies {
    struct lt_copy *list;
    size_t count;
};
void lt_copies_fini(struct lt_copies *copies);
struct lt_copy *lt_copies_find(const struct lt_copies *copies, int copy);

struct lt_target;
/** Connects and makes or checks the tables of schema lienthong.  FATAL: rights or version, or the
 * target serves another application. */
struct lt_target *lt_target_open(const struct lt_target_options *options,
                                 struct lt_error *reterr) LT_MUST_CHECK;
void lt_target_close(struct lt_target *target);
LT_DEFINE_CLEANUP(struct lt_target, lt_target_close)
struct lt_pg *lt_target_pg(struct lt_target *target);
const struct lt_target_options *lt_target_options(const struct lt_target *target);
const char *lt_target_system_id(const struct lt_target *target);
int64_t lt_target_dboid(const struct lt_target *target);
/** Clock of the database server minus ours, microseconds, to half a round trip. */
int lt_target_clock(struct lt_target *target,
                    lt_time *ret_ahead,
                    struct lt_error *reterr) LT_MUST_CHECK;

/** Are the copy's statements prepared on this session? */
bool lt_target_prepared(const struct lt_target *target, int copy);
void lt_target_mark_prepared(struct lt_target *target, int copy);

/** All copies, replacing what is in *copies. */
int lt_target_load(struct lt_target *target,
                   struct lt_copies *copies,
                   struct lt_error *reterr) LT_MUST_CHECK;
/** Compares the table of a copy with its shape; FATAL names the difference. */
int lt_target_check(struct lt_target *target,
                    const struct lt_copy *copy,
                    const struct lt_shape *shape,
                    struct lt_error *reterr) LT_MUST_CHECK;

/** LT_STEP_CREATE: a new empty copy of the stream, read from the topic's start.  ABORT when another
 * process was faster. */
struct lt_creation {
    const struct lt_stream_notice *notice;
    const struct lt_shape *shape;
    const char *view;
    int64_t e0;
    bool show;
};
int lt_target_create(struct lt_target *target,
                     const struct lt_creation *creation,
                     struct lt_error *reterr) LT_MUST_CHECK;
/** LT_STEP_SWITCH: shows the copy and drops the connection's others, and stamps it when `worth` is
 * not NULL, in one transaction. */
int lt_target_switch(struct lt_target *target,
                     const struct lt_copy *copy,
                     const struct lt_shape *shape,
                     const struct lt_worth *worth,
                     struct lt_error *reterr) LT_MUST_CHECK;
/** LT_STEP_NARROW: shape: of the copy; granted: of the connection now, with the id of its value
 * schema.  rebuild: make the view anew, waiting for its readers a second at most; without it the
 * view stays as it is, which only a copy that exceeds nothing may have. */
int lt_target_narrow(struct lt_target *target,
                     const struct lt_copy *copy,
                     const struct lt_shape *shape,
                     const struct lt_shape *granted,
                     int32_t granted_schema,
                     bool rebuild,
                     struct lt_error *reterr) LT_MUST_CHECK;
/** LT_STEP_DROP. */
int lt_target_drop(struct lt_target *target,
                   const struct lt_copy *copy,
                   struct lt_error *reterr) LT_MUST_CHECK;
/** LT_STEP_TERMS: durable when it returns. */
int lt_target_terms(struct lt_target *target,
                    const struct lt_copy *copy,
                    const struct lt_terms *terms,
                    struct lt_error *reterr) LT_MUST_CHECK;
/** Nothing more is applied to the copy: a gap was found (state damaged), or cleaned records are
 * missing (state stale). */
int lt_target_fault(struct lt_target *target,
                    const struct lt_copy *copy,
                    enum lt_copy_state state,
                    int64_t expected,
                    int64_t seen,
                    const char *reason,
                    struct lt_error *reterr) LT_MUST_CHECK;

/** A time as PostgreSQL reads it; LT_TIME_NONE is -infinity, LT_TIME_END infinity. */
const char *lt_sql_time(lt_time at, char buf[40]);
