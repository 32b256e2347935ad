/**
 * @file
 * Reads both sides of a comparison: a source table and the copy of it that a target shows.  One
 * thread.  Writes nothing: sessions are read only.
 */
#pragma once

#include "base/clock.h"
#include "lienthong/compare.h"
#include "lienthong/shape.h"

struct lt_pg;

/** What is compared; everything borrowed. */
struct lt_cli_sides {
    const char *connection;
    const char *stream; /**< whose copy must be shown */
    const char *table;  /**< schema.table at the source */
    struct lt_cli_shape *shape;
    struct lt_pg *source, *target;
    bool keys;           /**< keep keys for people */
    int64_t deadline_ms; /**< monotonic: of waiting for the stamp */
};

/** One side as read in one snapshot. */
struct lt_cli_side_read {
    struct lt_cli_side rows;
    lt_time at; /**< source: its clock after the snapshot; target: the stamp */
    size_t read, withheld;
    int64_t set_aside; /**< target */
};
static inline void lt_cli_side_read_fini(struct lt_cli_side_read *side)
{
    lt_cli_side_fini(&side->rows);
}

/* LT_ERR_REJECT: cannot be compared, with the reason.  *ret is to be released after failures too.
 */
int lt_cli_read_source(const struct lt_cli_sides *sides,
                       struct lt_cli_side_read *ret,
                       struct lt_error *reterr) LT_MUST_CHECK;
int lt_cli_read_target(const struct lt_cli_sides *sides,
                       struct lt_cli_side_read *ret,
                       struct lt_error *reterr) LT_MUST_CHECK;
/** Waits until the target's stamp has reached `at`. */
int lt_cli_wait_for_stamp(const struct lt_cli_sides *sides,
                          lt_time at,
                          struct lt_error *reterr) LT_MUST_CHECK;
