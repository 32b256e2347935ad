#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "bench/apply_stream.h"
#include "bench/copy_line.h"
#include "consumer-postgres/apply_priv.h"

#define BATCH_MS 5
#define IDLE_MS  50

/* Where the records of one batch wait, and where they go. */
struct copying {
    struct lt_copies copies;
    struct lt_apply apply;
    struct work work;
    struct lt_shape *shape;
    struct lt_batch *batch;
    struct lt_message *held;
    size_t count;
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

static void open_copying(struct copying *c, const char *dsn, size_t batch)
{
    struct lt_error err;
    *c = (struct copying){.shape = apply_shape(), .batch = lt_batch_new()};
    c->work.target = open_target(dsn);
    c->work.pg = lt_target_pg(c->work.target);
    c->held = lt_alloc(batch * sizeof(*c->held));
    must(lt_target_load(c->work.target, &c->copies, &err), &err);
    c->apply = (struct lt_apply){.copy = &c->copies.list[0], .shape = c->shape, .batch = c->batch};
    c->work.apply = &c->apply;
    must(lt_apply_prepare(&c->work, &err), &err);
}

static void close_copying(struct copying *c)
{
    lt_params_fini(&c->work.params);
    lt_buf_fini(&c->work.sql);
    lt_target_close(c->work.target);
    lt_copies_fini(&c->copies);
    lt_batch_free(c->batch);
    lt_shape_free(c->shape);
    free(c->held);
}

static bool is_delete(const struct lt_row *row)
{
    return row->kind == LT_ROW_DELETE;
}

/* The consumer's own statements, but for position and stamp. */
static void put(struct copying *c)
{
    struct lt_error err;
    if (lt_apply_may_copy(&c->apply)) {
        must(lt_apply_copy_rows(&c->work, &err), &err);
        return;
    }
    must(lt_pipeline_begin(c->work.pg, &err), &err);
    must(lt_apply_delete(&c->work, lt_pipeline_queue, is_delete, &err), &err);
    must(lt_apply_put(&c->work, &err), &err);
    must(lt_pipeline_finish(c->work.pg, &err), &err);
}

static void apply(struct copying *c)
{
    c->apply.count =
        lt_batch_rows(c->batch, c->shape, c->key_schema, c->value_schema, &c->apply.rows);
    lt_assert(lt_apply_count(&c->apply, lt_apply_is_good) == c->apply.count);
    put(c);
    for (size_t i = 0; i < c->count; i++) {
        lt_message_release(&c->held[i]);
    }
    c->count = 0;
    lt_batch_clear(c->batch);
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
    lt_batch_add(c->batch, &header, message->key, message->value);
    c->held[c->count++] = *message;
}

void copy_apply(const struct copy_from *from, const char *dsn, size_t batch, struct meter *meter)
{
    struct copying c;
    struct lt_message message;
    open_copying(&c, dsn, batch);
    struct lt_reader *reader = copy_open(from);
    meter_start(meter);
    for (int64_t left = from->count; left > 0;) {
        int64_t end = lt_monotonic_ms() + IDLE_MS;
        for (int64_t now; left > 0 && c.count < batch && (now = lt_monotonic_ms()) < end;) {
            if (!copy_next(reader, end - now, &message)) {
                continue;
            }
            end = c.count > 0 ? end : now + BATCH_MS;
            hold(&c, &message);
            left--;
        }
        if (c.count > 0) {
            apply(&c);
        }
    }
    meter_stop(meter);
    meter->rows = from->count;
    lt_reader_close(reader);
    close_copying(&c);
}
