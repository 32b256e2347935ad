#include "consumer-postgres/apply.h"

#include "base/mem.h"
#include "consumer-postgres/session.h"
#include "pg/sqlstate.h"
#include "record/records.h"

#include <stdio.h>
#include <string.h>

/* The state of one call. */
struct work {
    struct lt_target *target;
    struct lt_pg *pg;
    struct lt_apply *apply;
    struct lt_params params;
    struct lt_buf sql;
    char insert[24], upsert[24], delete[24]; /* names of the copy's prepared statements */
};

static bool is_upsert(const struct lt_row *row)
{
    return row->kind == LT_ROW_UPSERT;
}

static bool is_fresh(const struct lt_row *row)
{
    return is_upsert(row) && row->fresh;
}

static bool is_known(const struct lt_row *row)
{
    return is_upsert(row) && !row->fresh;
}

static bool is_delete(const struct lt_row *row)
{
    return row->kind == LT_ROW_DELETE;
}

static bool is_aside(const struct lt_row *row)
{
    return row->kind == LT_ROW_ASIDE;
}

static bool is_good(const struct lt_row *row)
{
    return row->kind != LT_ROW_ASIDE;
}

static size_t count_kind(const struct lt_apply *apply, lt_row_filter *filter)
{
    size_t count = 0;
    for (size_t i = 0; i < apply->count; i++)
        count += filter(&apply->rows[i]);
    return count;
}

static struct lt_place place_of(const struct work *work)
{
    const struct lt_copy *copy = work->apply->copy;
    return (struct lt_place){.copy = copy->is.copy,
                             .table = copy->table,
                             .data_schema = lt_target_options(work->target)->data_schema,
                             .view = copy->view};
}

typedef void
make_statement(const struct lt_shape *shape, const struct lt_place *place, struct lt_buf *out);

static int
prepare_one(struct work *work, const char *name, make_statement *make, struct lt_error *reterr)
{
    const struct lt_place place = place_of(work);
    lt_buf_clear(&work->sql);
    make(work->apply->shape, &place, &work->sql);
    return lt_session_prepare(work->pg, name, lt_buf_text(&work->sql), reterr);
}

static int prepare(struct work *work, struct lt_error *reterr)
{
    const struct lt_copy *copy = work->apply->copy;
    snprintf(work->insert, sizeof(work->insert), "i%d", copy->is.copy);
    snprintf(work->upsert, sizeof(work->upsert), "u%d", copy->is.copy);
    snprintf(work->delete, sizeof(work->delete), "d%d", copy->is.copy);
    if (lt_target_prepared(work->target, copy->is.copy))
        return 0;
    if (prepare_one(work, work->insert, lt_sql_insert, reterr) ||
        prepare_one(work, work->upsert, lt_sql_upsert, reterr) ||
        prepare_one(work, work->delete, lt_sql_delete, reterr))
        return -1;
    lt_target_mark_prepared(work->target, copy->is.copy);
    return 0;
}

/* Runs or queues a statement, as the mode wants. */
typedef int statement_sink(struct lt_pg *pg,
                           const char *name,
                           const char *sql,
                           struct lt_params *params,
                           struct lt_error *reterr);

static int
delete_rows(struct work *work, statement_sink *sink, lt_row_filter *filter, struct lt_error *reterr)
{
    const struct lt_apply *apply = work->apply;
    if (count_kind(apply, filter) == 0)
        return 0;
    lt_params_clear(&work->params);
    lt_params_key_columns(&work->params, apply->shape, apply->rows, apply->count, filter);
    return sink(work->pg, work->delete, NULL, &work->params, reterr);
}

static int put_rows(struct work *work,
                    const char *statement,
                    lt_row_filter *filter,
                    statement_sink *sink,
                    struct lt_error *reterr)
{
    const struct lt_apply *apply = work->apply;
    if (count_kind(apply, filter) == 0)
        return 0;
    lt_params_clear(&work->params);
    lt_params_columns(&work->params, apply->shape, apply->rows, apply->count, filter);
    return sink(work->pg, statement, NULL, &work->params, reterr);
}

static int upsert_rows(struct work *work, statement_sink *sink, struct lt_error *reterr)
{
    return put_rows(work, work->upsert, is_upsert, sink, reterr);
}

/* A plain insert takes two thirds of what ON CONFLICT takes. */
static int put_all_rows(struct work *work, struct lt_error *reterr)
{
    if (work->apply->copy->surprised)
        return upsert_rows(work, lt_pipeline_queue, reterr);
    return put_rows(work, work->insert, is_fresh, lt_pipeline_queue, reterr) ||
                   put_rows(work, work->upsert, is_known, lt_pipeline_queue, reterr)
               ? -1
               : 0;
}

/* protocol 9.1: whoever moved the position first has won. */
static int advance(struct work *work, statement_sink *sink, struct lt_error *reterr)
{
    const struct lt_apply *apply = work->apply;
    struct lt_params *params = &work->params;
    char at[40];
    lt_params_clear(params);
    lt_params_number(params, apply->copy->is.copy);
    lt_params_number(params, apply->copy->is.at.next_offset);
    lt_params_number(params, apply->copy->is.at.seq);
    lt_params_number(params, apply->to.next_offset);
    lt_params_number(params, apply->to.seq);
    lt_params_bytes(params,
                    apply->chain_known ? lt_chain_bytes(&apply->chain) : (struct lt_bytes){0});
    lt_params_text(params, apply->append_time == LT_TIME_NONE
                               ? (struct lt_bytes){0}
                               : lt_bytes_text(lt_sql_time(apply->append_time, at)));
    return sink(work->pg, NULL,
                "SELECT lienthong.advance($1::int, $2::bigint, $3::bigint, $4::bigint, $5::bigint,"
                " $6::bytea, $7::timestamptz)",
                params, reterr);
}

static int stamp(struct work *work, statement_sink *sink, struct lt_error *reterr)
{
    const struct lt_worth *worth = work->apply->worth;
    char at[40], from[40], until[40];
    if (!worth)
        return 0;
    lt_params_clear(&work->params);
    lt_params_number(&work->params, work->apply->copy->is.copy);
    lt_params_text(&work->params, lt_bytes_text(lt_sql_time(worth->stamp, at)));
    lt_params_text(&work->params, lt_bytes_text(lt_sql_time(worth->from, from)));
    lt_params_text(&work->params, lt_bytes_text(lt_sql_time(worth->until, until)));
    return sink(work->pg, NULL,
                "SELECT lienthong.stamp($1::int, $2::timestamptz, $3::timestamptz,"
                " $4::timestamptz)",
                &work->params, reterr);
}

/* The next good record of a key, or its deletion, clears what was set aside (D41.2b-5). */
static int clear_aside(struct work *work, statement_sink *sink, struct lt_error *reterr)
{
    const struct lt_apply *apply = work->apply;
    if (!apply->copy->has_aside || count_kind(apply, is_good) == 0)
        return 0;
    lt_params_clear(&work->params);
    lt_params_number(&work->params, apply->copy->is.copy);
    lt_params_keys(&work->params, apply->rows, apply->count, is_good);
    return sink(work->pg, NULL,
                "DELETE FROM lienthong.set_aside WHERE copy = $1::int AND sha256(key) IN"
                " (SELECT sha256(k) FROM unnest($2::bytea[]) AS u(k))",
                &work->params, reterr);
}

static int
report_reject(struct work *work, const struct lt_row *row, statement_sink *sink, struct lt_error *e)
{
    const char *stream = work->apply->copy->stream;
    const struct lt_reject_report report = {.stream = stream,
                                            .seq = row->seq,
                                            .code = row->code,
                                            .reason = row->reason,
                                            .at = lt_now()};
    struct lt_buf body = {0};
    char key[LT_HEADER_MAX];
    snprintf(key, sizeof(key), "reject/%s/%ld", stream, (long)row->seq);
    lt_record_encode(LT_RECORD_REJECT_REPORT, &report, &body);
    lt_params_clear(&work->params);
    lt_params_text(&work->params, lt_bytes_text(key));
    lt_params_bytes(&work->params, lt_buf_bytes(&body));
    const int rc =
        sink(work->pg, NULL, "INSERT INTO lienthong.report (key, body) VALUES ($1, $2::bytea)",
             &work->params, e);
    lt_buf_fini(&body);
    return rc;
}

static bool is_reject(const struct lt_row *row)
{
    return is_aside(row) && strcmp(row->code, LT_CODE_WITHHELD) != 0;
}

static int set_aside(struct work *work,
                     const struct lt_row *row,
                     statement_sink *sink,
                     struct lt_error *reterr)
{
    const struct lt_place place = place_of(work);
    const struct lt_shape *shape = work->apply->shape;
    lt_buf_clear(&work->sql);
    lt_sql_set_aside(shape, &place, row->key_texts != NULL, &work->sql);
    lt_params_clear(&work->params);
    lt_params_bytes(&work->params, row->key);
    lt_params_number(&work->params, row->seq);
    lt_params_text(&work->params, lt_bytes_text(row->code));
    lt_params_text(&work->params, lt_bytes_text(row->reason));
    for (size_t i = 0; row->key_texts && i < shape->key_count; i++)
        lt_params_text(&work->params, row->key_texts[i]);
    if (sink(work->pg, NULL, lt_buf_text(&work->sql), &work->params, reterr))
        return -1;
    return is_reject(row) ? report_reject(work, row, sink, reterr) : 0;
}

static int set_all_aside(struct work *work, statement_sink *sink, struct lt_error *reterr)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < work->apply->count; i++)
        if (is_aside(&work->apply->rows[i]))
            rc = set_aside(work, &work->apply->rows[i], sink, reterr);
    return rc;
}

static int apply_at_once(struct work *work, struct lt_error *reterr)
{
    struct lt_pg *pg = work->pg;
    if (lt_pipeline_begin(pg, reterr) || advance(work, lt_pipeline_queue, reterr) ||
        clear_aside(work, lt_pipeline_queue, reterr) ||
        delete_rows(work, lt_pipeline_queue, is_delete, reterr) || put_all_rows(work, reterr) ||
        set_all_aside(work, lt_pipeline_queue, reterr) || stamp(work, lt_pipeline_queue, reterr))
        return -1;
    return lt_pipeline_finish(pg, reterr);
}

/* ---- careful mode ---- */

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
        row->key_texts = NULL;
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
    const int rc = delete_rows(work, lt_session_run, is_good, reterr);
    work->apply = apply;
    return rc;
}

static int upsert_part(struct work *work, size_t first, size_t count, struct lt_error *reterr)
{
    struct lt_apply *apply = work->apply, part = *apply;
    part.rows += first;
    part.count = count;
    work->apply = &part;
    const int rc = upsert_rows(work, lt_session_run, reterr);
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
    return advance(work, lt_session_run, reterr) || probe(work, reterr) ||
                   clear_aside(work, lt_session_run, reterr) ||
                   set_all_aside(work, lt_session_run, reterr) ||
                   delete_rows(work, lt_session_run, is_good, reterr) ||
                   upsert_rows(work, lt_session_run, reterr) || stamp(work, lt_session_run, reterr)
               ? -1
               : 0;
}

static int apply_carefully(struct work *work, struct lt_error *reterr)
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

static void settle(struct lt_apply *apply, size_t *ret_rejected)
{
    struct lt_copy *copy = apply->copy;
    copy->is.at.next_offset = apply->to.next_offset;
    copy->is.at.seq = apply->to.seq;
    copy->chain = apply->chain;
    copy->chain_known = apply->chain_known;
    if (apply->append_time != LT_TIME_NONE)
        copy->append_time = LT_MAX(copy->append_time, apply->append_time);
    if (apply->worth)
        copy->is.worth = *apply->worth;
    copy->has_aside = copy->has_aside || count_kind(apply, is_aside) > 0;
    *ret_rejected = count_kind(apply, is_reject);
}

int lt_apply(struct lt_target *target,
             struct lt_apply *apply,
             size_t *ret_rejected,
             struct lt_error *reterr)
{
    struct lt_error why = {0};
    struct work work = {.target = target, .pg = lt_target_pg(target), .apply = apply};
    int rc = prepare(&work, &why);
    rc = rc ? rc : apply_at_once(&work, &why);
    if (rc && why.code == lt_sqlstate("23505") && !apply->copy->surprised) {
        apply->copy->surprised = true;
        rc = apply_at_once(&work, &why);
    }
    if (rc && why.class == LT_ERR_REJECT)
        rc = apply_carefully(&work, &why);
    lt_params_fini(&work.params);
    lt_buf_fini(&work.sql);
    if (rc == 0) {
        settle(apply, ret_rejected);
        return 0;
    }
    /* A refusal after the careful way is not a row's fault: nothing may be lost over it. */
    if (why.class == LT_ERR_REJECT)
        why.class = LT_ERR_FATAL;
    if (why.code == lt_sqlstate(LT_CODE_LOST_RACE))
        why.class = LT_ERR_ABORT;
    if (reterr)
        *reterr = why;
    return lt_fail_context(reterr, "applying to %s", apply->copy->stream);
}
