/*
 * A large batch of rows that are all new, as a first load has them: COPY into the table itself
 * takes three fifths of what an insert of arrays takes.  It cannot be part of a pipeline; position,
 * count, stamp and commit go with it as one script, so that there are two waits in place of one:
 * for its begin and for its end.
 */
#include "consumer-postgres/apply_priv.h"

#include "base/log.h"
#include "base/num.h"

#include <string.h>

#define WORTH_IT 2500 /* rows; a thousand go faster in one round trip */
#define CHUNK    65536

static const uint8_t head[19] = "PGCOPY\n\377\r\n"; /* and zeros: no flags, no extension */

bool lt_apply_may_copy(const struct lt_apply *apply)
{
    return apply->count >= WORTH_IT && !apply->copy->surprised && !apply->copy->has_aside &&
           apply->shape->copies && lt_apply_count(apply, lt_apply_is_new) == apply->count;
}

static uint8_t *put16(uint8_t *at, uint16_t number)
{
    at[0] = (uint8_t)(number >> 8);
    at[1] = (uint8_t)number;
    return at + 2;
}

static uint8_t *put_value(uint8_t *at, struct lt_bytes value)
{
    lt_put_u32be(at, value.data ? (uint32_t)value.len : UINT32_MAX);
    if (value.len)
        memcpy(at + 4, value.data, value.len);
    return at + 4 + value.len;
}

static void add_row(struct lt_buf *out, const struct lt_row *row, size_t columns)
{
    size_t bytes = 2 + 4 * columns;
    for (size_t i = 0; i < columns; i++)
        bytes += row->values[i].len;
    lt_buf_grow(out, bytes);
    uint8_t *at = put16(out->data + out->len, (uint16_t)columns);
    for (size_t i = 0; i < columns; i++)
        at = put_value(at, row->values[i]);
    out->len += bytes;
}

static int send_rows(struct work *work, struct lt_error *reterr)
{
    const struct lt_apply *apply = work->apply;
    struct lt_buf *out = &work->params.data;
    lt_params_clear(&work->params);
    lt_buf_add(out, head, sizeof(head));
    for (size_t i = 0; i < apply->count; i++) {
        add_row(out, &apply->rows[i], apply->shape->count);
        if (out->len < CHUNK)
            continue;
        if (lt_pg_copy_put(work->pg, lt_buf_bytes(out), reterr))
            return -1;
        lt_buf_clear(out);
    }
    const uint8_t end[] = {0xFF, 0xFF};
    lt_buf_add(out, end, sizeof(end));
    return lt_pg_copy_put(work->pg, lt_buf_bytes(out), reterr);
}

/* The statements around the COPY go with it, as one script: its parameters are literals. */
static int add(struct work *work, const char *name, const char *sql, struct lt_error *reterr)
{
    (void)reterr;
    lt_assert(!name);
    lt_params_write(&work->params, sql, &work->sql);
    lt_buf_adds(&work->sql, ";");
    return 0;
}

static int count_rows(struct work *work, struct lt_error *reterr)
{
    lt_params_clear(&work->params);
    lt_params_number(&work->params, work->apply->copy->is.copy);
    lt_params_number(&work->params, (int64_t)work->apply->count);
    return add(work, NULL,
               "UPDATE lienthong.position SET row_count = row_count + $2::bigint"
               " WHERE copy = $1::int",
               reterr);
}

static int write_script(struct work *work, struct lt_error *reterr)
{
    const struct lt_place place = lt_apply_place(work);
    lt_buf_clear(&work->sql);
    lt_buf_adds(&work->sql, "BEGIN;");
    if (lt_apply_advance(work, add, reterr))
        return -1;
    lt_sql_copy(work->apply->shape, &place, &work->sql);
    lt_buf_adds(&work->sql, ";");
    if (count_rows(work, reterr) || lt_apply_stamp(work, add, reterr))
        return -1;
    lt_buf_adds(&work->sql, "COMMIT");
    return 0;
}

int lt_apply_copy_rows(struct work *work, struct lt_error *reterr)
{
    if (lt_pg_copy_in(work->pg, lt_buf_text(&work->sql), reterr) || send_rows(work, reterr))
        return -1;
    lt_log(LT_LOG_DEBUG, "commit_begun", NULL);
    if (lt_pg_copy_end(work->pg, reterr))
        return -1;
    lt_log(LT_LOG_DEBUG, "commit_ended", NULL);
    lt_log(LT_LOG_DEBUG, "rows_copied", "count", lt_logf("%zu", work->apply->count), NULL);
    return 0;
}

int lt_apply_by_copy(struct work *work, struct lt_error *reterr)
{
    if (write_script(work, reterr))
        return -1;
    return lt_apply_copy_rows(work, reterr) ? lt_session_undo(work->pg, reterr) : 0;
}
