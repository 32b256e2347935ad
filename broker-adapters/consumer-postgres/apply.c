#include "consumer-postgres/apply_priv.h"

#include "base/log.h"
#include "base/mem.h"
#include "pg/sqlstate.h"
#include "record/records.h"

#include <stdio.h>
#include <string.h>

static bool is_upsert(const struct lt_row *row)
{
    return row->kind == LT_ROW_UPSERT;
}

bool lt_apply_is_new(const struct lt_row *row)
{
    return is_upsert(row) && row->before == LT_ROW_WAS_NOT_THERE;
}

static bool is_not_new(const struct lt_row *row)
{
    return is_upsert(row) && !lt_apply_is_new(row);
}

static bool is_known(const struct lt_row *row)
{
    return is_upsert(row) && row->before == LT_ROW_WAS_THERE;
}

static bool is_unknown(const struct lt_row *row)
{
    return is_upsert(row) && row->before == LT_ROW_WAS_THERE_OR_NOT;
}

static bool is_delete(const struct lt_row *row)
{
    return row->kind == LT_ROW_DELETE;
}

static bool is_aside(const struct lt_row *row)
{
    return row->kind == LT_ROW_ASIDE;
}

bool lt_apply_is_good(const struct lt_row *row)
{
    return row->kind != LT_ROW_ASIDE;
}

size_t lt_apply_count(const struct lt_apply *apply, lt_row_filter *filter)
{
    size_t count = 0;
    for (size_t i = 0; i < apply->count; i++)
        count += filter(&apply->rows[i]);
    return count;
}

struct lt_place lt_apply_place(const struct work *work)
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
    const struct lt_place place = lt_apply_place(work);
    lt_buf_clear(&work->sql);
    make(work->apply->shape, &place, &work->sql);
    return lt_session_prepare(work->pg, name, lt_buf_text(&work->sql), reterr);
}

int lt_apply_prepare(struct work *work, struct lt_error *reterr)
{
    const struct lt_copy *copy = work->apply->copy;
    snprintf(work->insert, sizeof(work->insert), "i%d", copy->is.copy);
    snprintf(work->update, sizeof(work->update), "c%d", copy->is.copy);
    snprintf(work->upsert, sizeof(work->upsert), "u%d", copy->is.copy);
    snprintf(work->delete, sizeof(work->delete), "d%d", copy->is.copy);
    if (lt_target_prepared(work->target, copy->is.copy))
        return 0;
    if (prepare_one(work, work->insert, lt_sql_insert, reterr) ||
        prepare_one(work, work->update, lt_sql_update, reterr) ||
        prepare_one(work, work->upsert, lt_sql_upsert, reterr) ||
        prepare_one(work, work->delete, lt_sql_delete, reterr))
        return -1;
    lt_target_mark_prepared(work->target, copy->is.copy);
    return 0;
}

int lt_apply_run(struct work *work, const char *name, const char *sql, struct lt_error *reterr)
{
    return lt_session_run(work->pg, name, sql, &work->params, reterr);
}

int lt_apply_queue(struct work *work, const char *name, const char *sql, struct lt_error *reterr)
{
    return lt_pipeline_queue(work->pg, name, sql, &work->params, reterr);
}

/* So that the database has begun before the last arrays are made. */
#define STATEMENT_ROWS 2500

typedef void make_arrays(struct lt_params *params,
                         const struct lt_shape *shape,
                         const struct lt_row *rows,
                         size_t count,
                         lt_row_filter *filter);

/* Behind the last of the next rows that pass, at most as many as a statement takes; *ret_some: is
 * there one at all? */
static size_t
slice_end(const struct lt_apply *apply, size_t at, lt_row_filter *filter, bool *ret_some)
{
    size_t pass = 0;
    while (at < apply->count && pass < STATEMENT_ROWS)
        pass += filter(&apply->rows[at++]);
    *ret_some = pass > 0;
    return at;
}

static int send_rows(struct work *work,
                     const char *statement,
                     make_arrays *make,
                     lt_row_filter *filter,
                     statement_sink *sink,
                     struct lt_error *reterr)
{
    const struct lt_apply *apply = work->apply;
    for (size_t at = 0, end; at < apply->count; at = end) {
        bool some;
        end = slice_end(apply, at, filter, &some);
        if (!some)
            continue;
        lt_params_clear(&work->params);
        make(&work->params, apply->shape, &apply->rows[at], end - at, filter);
        if (sink(work, statement, NULL, reterr))
            return -1;
    }
    return 0;
}

int lt_apply_delete(struct work *work,
                    statement_sink *sink,
                    lt_row_filter *filter,
                    struct lt_error *reterr)
{
    return send_rows(work, work->delete, lt_params_key_columns, filter, sink, reterr);
}

static int put_rows(struct work *work,
                    const char *statement,
                    lt_row_filter *filter,
                    statement_sink *sink,
                    struct lt_error *reterr)
{
    return send_rows(work, statement, lt_params_columns, filter, sink, reterr);
}

int lt_apply_upsert(struct work *work, statement_sink *sink, struct lt_error *reterr)
{
    return put_rows(work, work->upsert, is_upsert, sink, reterr);
}

/* What the stream says of rows is believed until it was wrong once.  A first reading may lack what
 * compaction removed, and a row set aside is not in the table. */
static bool believes(const struct lt_copy *copy)
{
    return !copy->surprised && !copy->has_aside && copy->is.at.next_offset >= copy->is.at.e0;
}

/* A plain insert takes two thirds of what ON CONFLICT takes, an update four fifths. */
int lt_apply_put(struct work *work, struct lt_error *reterr)
{
    const struct lt_copy *copy = work->apply->copy;
    if (copy->surprised)
        return lt_apply_upsert(work, lt_apply_queue, reterr);
    if (put_rows(work, work->insert, lt_apply_is_new, lt_apply_queue, reterr))
        return -1;
    if (!believes(copy))
        return put_rows(work, work->upsert, is_not_new, lt_apply_queue, reterr);
    return put_rows(work, work->update, is_known, lt_apply_queue, reterr) ||
                   put_rows(work, work->upsert, is_unknown, lt_apply_queue, reterr)
               ? -1
               : 0;
}

int lt_apply_advance(struct work *work, statement_sink *sink, struct lt_error *reterr)
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
    return sink(work, NULL,
                "SELECT lienthong.advance($1::int, $2::bigint, $3::bigint, $4::bigint, $5::bigint,"
                " $6::bytea, $7::timestamptz)",
                reterr);
}

int lt_apply_stamp(struct work *work, statement_sink *sink, struct lt_error *reterr)
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
    return sink(work, NULL,
                "SELECT lienthong.stamp($1::int, $2::timestamptz, $3::timestamptz,"
                " $4::timestamptz)",
                reterr);
}

/* The next good record of a key, or its deletion, clears what was set aside (D41.2b-5). */
int lt_apply_clear_aside(struct work *work, statement_sink *sink, struct lt_error *reterr)
{
    const struct lt_apply *apply = work->apply;
    if (!apply->copy->has_aside || lt_apply_count(apply, lt_apply_is_good) == 0)
        return 0;
    lt_params_clear(&work->params);
    lt_params_number(&work->params, apply->copy->is.copy);
    lt_params_keys(&work->params, apply->rows, apply->count, lt_apply_is_good);
    return sink(work, NULL,
                "DELETE FROM lienthong.set_aside WHERE copy = $1::int AND sha256(key) IN"
                " (SELECT sha256(k) FROM unnest($2::bytea[]) AS u(k))",
                reterr);
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
        sink(work, NULL, "INSERT INTO lienthong.report (key, body) VALUES ($1, $2::bytea)", e);
    lt_buf_fini(&body);
    return rc;
}

static bool is_reject(const struct lt_row *row)
{
    return is_aside(row) && strcmp(row->code, LT_CODE_WITHHELD) != 0;
}

/* Of a key that could be read. */
static void add_key_texts(struct work *work, const struct lt_row *row)
{
    const struct lt_apply *apply = work->apply;
    const size_t count = apply->shape->key_count;
    struct lt_arena *arena = lt_batch_arena(apply->batch);
    struct lt_bytes *texts = lt_arena_alloc(arena, count * sizeof(*texts));
    const int rc =
        lt_shape_key_texts(apply->shape, apply->copy->key_schema, row->key, arena, texts, NULL);
    lt_assert(rc == 0);
    for (size_t i = 0; i < count; i++)
        lt_params_text(&work->params, texts[i]);
}

static int set_aside(struct work *work,
                     const struct lt_row *row,
                     statement_sink *sink,
                     struct lt_error *reterr)
{
    const struct lt_place place = lt_apply_place(work);
    const struct lt_shape *shape = work->apply->shape;
    lt_buf_clear(&work->sql);
    lt_sql_set_aside(shape, &place, row->key_values != NULL, &work->sql);
    lt_params_clear(&work->params);
    lt_params_bytes(&work->params, row->key);
    lt_params_number(&work->params, row->seq);
    lt_params_text(&work->params, lt_bytes_text(row->code));
    lt_params_text(&work->params, lt_bytes_text(row->reason));
    if (row->key_values)
        add_key_texts(work, row);
    if (sink(work, NULL, lt_buf_text(&work->sql), reterr))
        return -1;
    return is_reject(row) ? report_reject(work, row, sink, reterr) : 0;
}

int lt_apply_set_aside(struct work *work, statement_sink *sink, struct lt_error *reterr)
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
    if (lt_apply_may_copy(work->apply))
        return lt_apply_by_copy(work, reterr);
    if (lt_pipeline_begin(pg, reterr) || lt_apply_advance(work, lt_apply_queue, reterr) ||
        lt_apply_clear_aside(work, lt_apply_queue, reterr) ||
        lt_apply_delete(work, lt_apply_queue, is_delete, reterr) || lt_apply_put(work, reterr) ||
        lt_apply_set_aside(work, lt_apply_queue, reterr) ||
        lt_apply_stamp(work, lt_apply_queue, reterr))
        return -1;
    return lt_pipeline_finish(pg, reterr);
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
    copy->has_aside = copy->has_aside || lt_apply_count(apply, is_aside) > 0;
    *ret_rejected = lt_apply_count(apply, is_reject);
}

static bool is_surprise(const struct lt_error *why)
{
    return why->code == lt_sqlstate("23505") || why->code == lt_sqlstate(LT_CODE_NOT_THERE);
}

int lt_apply(struct lt_target *target,
             struct lt_apply *apply,
             size_t *ret_rejected,
             struct lt_error *reterr)
{
    struct lt_error why = {0};
    struct work work = {.target = target, .pg = lt_target_pg(target), .apply = apply};
    int rc = lt_apply_prepare(&work, &why);
    rc = rc ? rc : apply_at_once(&work, &why);
    if (rc && !apply->copy->surprised && is_surprise(&why)) {
        apply->copy->surprised = true;
        rc = apply_at_once(&work, &why);
    }
    if (rc && why.class == LT_ERR_REJECT) {
        lt_log_error(LT_LOG_DEBUG, "batch_refused", &why, "stream", apply->copy->stream, NULL);
        rc = lt_apply_carefully(&work, &why);
    }
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
