/**
 * @file
 * Applying a batch to a copy: rows, position and stamp in one transaction, by compare-and-set
 * (architecture 4.4, protocol 9.1).
 *
 * Happy path: one pipelined round trip (BEGIN, compare-and-set, deletes, inserts of rows that the
 * stream calls new, updates of those it calls known, upserts of the others, notes of rows set
 * aside, stamp, COMMIT); a large batch of new rows alone goes by COPY, in two.  A row that is
 * there or is not against what the stream said makes them all upserts, from then on.  When the
 * database refuses a row, the batch is done again carefully: what cannot be applied is found by
 * halving and set aside with its reason, the rest goes on.
 */
#pragma once

#include "consumer-postgres/batch.h"
#include "consumer-postgres/target.h"

struct lt_apply {
    struct lt_copy *copy; /**< as stored; brought up to date on success */
    const struct lt_shape *shape;
    struct lt_batch *batch; /**< whose arena takes the reasons */
    struct lt_row *rows;    /**< rows found bad become LT_ROW_ASIDE */
    size_t count;
    struct lt_stand to; /**< e0 is not looked at */
    struct lt_chain chain;
    bool chain_known;
    lt_time append_time;          /**< newest of the batch; LT_TIME_NONE: none */
    const struct lt_worth *worth; /**< NULL: no new stamp */
};

/** ABORT: another process moved the position (load again).  RETRY: the database is away; whether
 * it committed is not known (load again).  *ret_rejected: rows set aside because they could not be
 * applied (withheld ones are not counted). */
int lt_apply(struct lt_target *target,
             struct lt_apply *apply,
             size_t *ret_rejected,
             struct lt_error *reterr) LT_MUST_CHECK;
