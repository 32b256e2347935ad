/**
 * @file
 * What the files of applying share: the state of one call, and its steps.  Each step runs its
 * statement, or queues it into the pipeline, as its sink does.
 */
#pragma once

#include "consumer-postgres/apply.h"
#include "consumer-postgres/session.h"

struct work {
    struct lt_target *target;
    struct lt_pg *pg;
    struct lt_apply *apply;
    struct lt_params params;
    struct lt_buf sql;
    char insert[24], update[24], upsert[24],
        delete[24]; /* names of the copy's prepared statements */
};

/** Takes a statement, prepared when `name`, with the parameters that work has. */
typedef int
statement_sink(struct work *work, const char *name, const char *sql, struct lt_error *reterr);
statement_sink lt_apply_run;   /**< at once */
statement_sink lt_apply_queue; /**< into the pipeline */

size_t lt_apply_count(const struct lt_apply *apply, lt_row_filter *filter);
bool lt_apply_is_good(const struct lt_row *row);
bool lt_apply_is_new(const struct lt_row *row);
struct lt_place lt_apply_place(const struct work *work);

/** Names the copy's statements, and makes them once a session. */
int lt_apply_prepare(struct work *work, struct lt_error *reterr) LT_MUST_CHECK;
/** protocol 9.1: whoever moved the position first has won. */
int lt_apply_advance(struct work *work,
                     statement_sink *sink,
                     struct lt_error *reterr) LT_MUST_CHECK;
/** The next good record of a key, or its deletion, clears what was set aside (D41.2b-5). */
int lt_apply_clear_aside(struct work *work,
                         statement_sink *sink,
                         struct lt_error *reterr) LT_MUST_CHECK;
int lt_apply_delete(struct work *work,
                    statement_sink *sink,
                    lt_row_filter *filter,
                    struct lt_error *reterr) LT_MUST_CHECK;
/** Queues inserts of rows that are new, updates of those that are there, upserts of all others. */
int lt_apply_put(struct work *work, struct lt_error *reterr) LT_MUST_CHECK;
int lt_apply_upsert(struct work *work, statement_sink *sink, struct lt_error *reterr) LT_MUST_CHECK;
int lt_apply_set_aside(struct work *work,
                       statement_sink *sink,
                       struct lt_error *reterr) LT_MUST_CHECK;
int lt_apply_stamp(struct work *work, statement_sink *sink, struct lt_error *reterr) LT_MUST_CHECK;

/* apply_copy.c: a large batch of rows that are all new. */
bool lt_apply_may_copy(const struct lt_apply *apply);
/** Sends the rows to the script in work->sql, which has one COPY. */
int lt_apply_copy_rows(struct work *work, struct lt_error *reterr) LT_MUST_CHECK;
int lt_apply_by_copy(struct work *work, struct lt_error *reterr) LT_MUST_CHECK;

/* apply_careful.c: when the database has refused a row. */
int lt_apply_carefully(struct work *work, struct lt_error *reterr) LT_MUST_CHECK;
