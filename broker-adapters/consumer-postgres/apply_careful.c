/*
 * The careful way: what cannot be applied is found by halving and set aside with its reason, the
 * rest goes on, in one transaction as ever.
 */
#include "consumer-postgres/apply_priv.h"

#include "pg/sqlstate.h"

#include <stdio.h>

static int run_sql(struct work *work, const char *sql, struct lt_error *reterr)
{
    return lt_pg_exec(work->pg, sql, reterr);
}

/* Does a statement over a part of the rows work?  1 yes, 0 refused for a row's sake (undone), -1.
 */
typedef int part_statement(struct work *work, size_t first, size_t count, struct lt_error *reterr);

static int try_part(struct work *work,
                    part_statement *statement,
                    size_t first,
                    size_t count,
                    struct lt_error *why,
                    struct lt_error *reterr)
{
    if (run_sql(work, "SAVEPOINT part", reterr))
        return -1;
    if (statement(work, first, count, why) == 0)
        return run_sql(work, "RELEASE part", reterr) ? -1 : 1;
    if (why->class != LT_ERR_REJECT) {
        if (reterr)
            *reterr = *why;
        return -1;
    }
    return run_sql(work, "ROLLBACK TO part; RELEASE part", reterr) ? -1 : 0;
}

static void
mark_row(struct work *work, struct lt_row *row, const struct lt_error *why, bool key_is_bad)
{
    char state[6];
    lt_sqlstate_text(why->code, state);
    lt_row_set_aside(row, work->apply->batch, state, why->msg);
    if (key_is_bad)
        row->key_values = NULL;
}

/* Halves until the rows that are refused stand alone, and marks them. */
static int find_bad(struct work *work,
                    part_statement *statement,
                    size_t first,
                    size_t count,
                    bool key_is_bad,
                    struct lt_error *reterr)
{
    struct lt_error why;
    const int works = try_part(work, statement, first, count, &why, reterr);
    if (works != 0)
        return works < 0 ? -1 : 0;
    if (count == 1) {
        mark_row(work, &work->apply->rows[first], &why, key_is_bad);
        return 0;
    }
    const size_t half = count / 2;
    return find_bad(work, statement, first, half, key_is_bad, reterr) ||
                   find_bad(work, statement, first + half, count - half, key_is_bad, reterr)
               ? -1
               : 0;
}

static int delete_part(struct work *work, size_t first, size_t count, struct lt_error *reterr)
{
    struct lt_apply *apply = work->apply, part = *apply;
    part.rows += first;
    part.count = count;
    work->apply = &part;
    const int rc = lt_apply_delete(work, lt_apply_run, lt_apply_is_good, reterr);
    work->apply = apply;
    return rc;
}

static int upsert_part(struct work *work, size_t first, size_t count, struct lt_error *reterr)
{
    struct lt_apply *apply = work->apply, part = *apply;
    part.rows += first;
    part.count = count;
    work->apply = &part;
    const int rc = lt_apply_upsert(work, lt_apply_run, reterr);
    work->apply = apply;
    return rc;
}

/* Tries, with all old rows of the batch out of the way, which rows can be applied, and undoes it.
 * With the old rows gone any exchange of unique values inside the batch works, in whatever order;
 * that is stronger than replaying the records one by one, which needs the source to have gone
 * through states without a conflict. */
static int probe(struct work *work, struct lt_error *reterr)
{
    if (run_sql(work, "SAVEPOINT probe", reterr) ||
        find_bad(work, delete_part, 0, work->apply->count, true, reterr) ||
        find_bad(work, upsert_part, 0, work->apply->count, false, reterr))
        return -1;
    return run_sql(work, "ROLLBACK TO probe; RELEASE probe", reterr);
}

static int apply_rest(struct work *work, struct lt_error *reterr)
{
    return lt_apply_advance(work, lt_apply_run, reterr) || probe(work, reterr) ||
                   lt_apply_clear_aside(work, lt_apply_run, reterr) ||
                   lt_apply_set_aside(work, lt_apply_run, reterr) ||
                   lt_apply_delete(work, lt_apply_run, lt_apply_is_good, reterr) ||
                   lt_apply_upsert(work, lt_apply_run, reterr) ||
                   lt_apply_stamp(work, lt_apply_run, reterr)
               ? -1
               : 0;
}

int lt_apply_carefully(struct work *work, struct lt_error *reterr)
{
    if (run_sql(work, "BEGIN", reterr))
        return -1;
    int rc = apply_rest(work, reterr);
    if (rc == 0)
        return run_sql(work, "COMMIT", reterr);
    if (PQstatus(lt_pg_raw(work->pg)) == CONNECTION_OK && run_sql(work, "ROLLBACK", NULL))
        return lt_fail_context(reterr, "the session cannot be used any more");
    return rc;
}
