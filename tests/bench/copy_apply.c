#include "base/num.h"
#include "bench/apply_stream.h"
#include "bench/copy_line.h"
#include "consumer-postgres/applier.h"
#include "consumer-postgres/apply_priv.h"

#define BATCH_MS 5
#define IDLE_MS  50

/* Where the records of one batch wait, and where they go. */
struct copying {
    struct lt_target *target;
    struct lt_copies copies;
    struct lt_shape *shape;
    struct lt_applier *applier;
    struct lt_pending pending;
    int32_t key_schema, value_schema; /* of the feed; 0: not seen yet */
};

static void must(int rc, const struct lt_error *err)
{
    if (rc != 0) {
        bench_fail(err);
    }
}

static struct lt_target *open_target(const char *dsn)
{
    struct lt_error err;
    const struct lt_target_options options = {
        .dsn = dsn, .application = "ap000002", .data_schema = "lienthong_data"};
    struct lt_target *target = lt_target_open(&options, &err);
    must(target == NULL, &err);
    return target;
}

void copy_make(const char *dsn)
{
    struct lt_error err;
    struct lt_target *target = open_target(dsn);
    struct lt_shape *shape = apply_shape();
    const struct lt_creation creation = {
        .notice = &apply_notice, .shape = shape, .view = "bench", .show = true};
    must(lt_target_create(target, &creation, &err), &err);
    lt_shape_free(shape);
    lt_target_close(target);
}

static bool is_delete(const struct lt_row *row)
{
    return row->kind == LT_ROW_DELETE;
}

static int put_rows(struct work *work, struct lt_error *reterr)
{
    if (lt_apply_may_copy(work->apply)) {
        const struct lt_place place = lt_apply_place(work);
        lt_buf_clear(&work->sql);
        lt_sql_copy(work->apply->shape, &place, &work->sql);
        return lt_apply_copy_rows(work, reterr);
    }
    return lt_pipeline_begin(work->pg, reterr) ||
                   lt_apply_delete(work, lt_apply_queue, is_delete, reterr) ||
                   lt_apply_put(work, reterr) || lt_pipeline_finish(work->pg, reterr)
               ? -1
               : 0;
}

/* The consumer's own statements, but for position and stamp. */
static int
put(struct lt_target *target, struct lt_apply *apply, size_t *ret_rejected, struct lt_error *reterr)
{
    struct work work = {.target = target, .pg = lt_target_pg(target), .apply = apply};
    lt_assert(lt_apply_count(apply, lt_apply_is_good) == apply->count);
    *ret_rejected = 0;
    int rc = lt_apply_prepare(&work, reterr);
    rc = rc != 0 ? rc : put_rows(&work, reterr);
    lt_params_fini(&work.params);
    lt_buf_fini(&work.sql);
    return rc;
}

static void open_copying(struct copying *c, const char *dsn)
{
    struct lt_error err;
    *c = (struct copying){
        .shape = apply_shape(), .target = open_target(dsn), .applier = lt_applier_start(put)};
    lt_pending_init(&c->pending);
    must(lt_target_load(c->target, &c->copies, &err), &err);
}

static void close_copying(struct copying *c)
{
    lt_applier_stop(c->applier);
    lt_pending_fini(&c->pending);
    lt_target_close(c->target);
    lt_copies_fini(&c->copies);
    lt_shape_free(c->shape);
}

static void settle(struct copying *c)
{
    struct lt_error err;
    struct lt_applied applied;
    must(lt_applier_settle(c->applier, &applied, &err), &err);
}

static void submit(struct copying *c)
{
    lt_pending_decode(&c->pending, c->shape, c->key_schema, c->value_schema);
    settle(c);
    const struct lt_apply apply = {.copy = &c->copies.list[0],
                                   .shape = c->shape,
                                   .batch = c->pending.batch,
                                   .rows = c->pending.rows,
                                   .count = c->pending.row_count};
    lt_applier_submit(c->applier, c->target, &apply, &c->pending);
}

/* The id in a frame: a byte 0, then four. */
static void learn(int32_t *schema, struct lt_bytes framed)
{
    if (*schema == 0 && framed.data != NULL) {
        *schema = (int32_t)lt_get_u32be(framed.data + 1);
    }
}

static void hold(struct copying *c, struct lt_message *message)
{
    struct lt_error err;
    struct lt_header header;
    must(lt_header_parse(message->lt, &header, &err), &err);
    learn(&c->key_schema, message->key);
    learn(&c->value_schema, message->value);
    lt_pending_take(&c->pending, message, &header);
}

void copy_apply(const struct copy_from *from, const char *dsn, size_t batch, struct meter *meter)
{
    struct copying c;
    struct lt_message message;
    open_copying(&c, dsn);
    struct lt_reader *reader = copy_open(from);
    meter_start(meter);
    for (int64_t left = from->count; left > 0;) {
        int64_t end = lt_monotonic_ms() + IDLE_MS;
        for (int64_t now; left > 0 && c.pending.count < batch && (now = lt_monotonic_ms()) < end;) {
            if (!copy_next(reader, end - now, &message)) {
                continue;
            }
            end = c.pending.count > 0 ? end : now + BATCH_MS;
            hold(&c, &message);
            left--;
        }
        if (c.pending.count > 0) {
            submit(&c);
        }
    }
    settle(&c);
    meter_stop(meter);
    meter->rows = from->count;
    lt_reader_close(reader);
    close_copying(&c);
}
