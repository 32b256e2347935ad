/*
 * Applying a stream's records to a copy, beside what SQL can do with the same rows.
 *
 *   bench_apply ours|unnest|insert|update|copy-temp|copy DSN half|new|update|delete ROWS BATCH
 *
 * `ours` is lt-consumer-postgres from a record as it comes from Kafka to the commit: header, chain,
 * compaction, Avro to SQL, compare-and-set, rows, count.  The copy is lienthong.cn000001_g1_c1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench/apply_raw.h"
#include "bench/apply_stream.h"

#define TABLE "lienthong.cn000001_g1_c1"

/* ---- the consumer ---- */

struct consumer {
    struct lt_target *target;
    struct lt_copies copies;
    struct lt_track *track;
    struct lt_applier *applier;
};

static void open_consumer(struct consumer *consumer, const char *dsn, const struct apply_load *load)
{
    struct lt_error err;
    struct lt_buf sql = {0};
    const struct lt_target_options options = {
        .dsn = dsn, .application = "ap000002", .data_schema = "lienthong_data"};
    consumer->applier = lt_applier_start(lt_apply);
    consumer->track = lt_track_new();
    consumer->track->shape = apply_shape();
    const struct lt_creation creation = {
        .notice = &apply_notice, .shape = consumer->track->shape, .view = "bench", .show = true};
    consumer->target = lt_target_open(&options, &err);
    apply_before_sql(load, TABLE, &sql);
    if (consumer->target == NULL || lt_target_create(consumer->target, &creation, &err) != 0 ||
        lt_pg_exec(lt_target_pg(consumer->target), lt_buf_text(&sql), &err) != 0 ||
        lt_target_load(consumer->target, &consumer->copies, &err) != 0) {
        bench_fail(&err);
    }
    consumer->track->copy = &consumer->copies.list[0];
    consumer->track->noticed = true;
    consumer->track->notice = apply_notice;
    lt_track_rewind(consumer->track);
    lt_buf_fini(&sql);
}

static void settle(struct consumer *consumer)
{
    struct lt_error err;
    struct lt_applied applied;
    if (lt_applier_settle(consumer->applier, &applied, &err) != 0) {
        bench_fail(&err);
    }
    lt_assert(applied.rejected == 0 && !consumer->track->fault.found);
}

/* As the consumer's loop does it: this batch is decoded while the one before is under way. */
static void flush(struct consumer *consumer)
{
    const struct lt_track_clock clock = {.now = lt_now(), .newest_append = lt_now()};
    lt_track_decode(consumer->track);
    settle(consumer);
    lt_track_send(consumer->track, consumer->target, consumer->applier, &clock);
}

static void apply_ours(const char *dsn, const struct apply_load *load, struct meter *meter)
{
    struct apply_stream stream;
    struct consumer consumer = {0};
    apply_stream_make(&stream, load);
    open_consumer(&consumer, dsn, load);
    meter->server_pid = PQbackendPID(lt_pg_raw(lt_target_pg(consumer.target)));
    meter_start(meter);
    for (int64_t k = 0; k < load->rows; k++) {
        struct lt_message message = apply_stream_message(&stream, k);
        lt_track_feed(consumer.track, &message, message.append_time);
        if (lt_track_is_full(consumer.track, load->batch, SIZE_MAX)) {
            flush(&consumer);
        }
    }
    flush(&consumer);
    settle(&consumer);
    meter_stop(meter);
    meter->rows = load->rows;
    lt_assert(consumer.copies.list[0].is.at.seq == load->rows);
    lt_applier_stop(consumer.applier);
    lt_track_free(consumer.track);
    lt_copies_fini(&consumer.copies);
    lt_target_close(consumer.target);
    apply_stream_fini(&stream);
}

int main(int argc, char **argv)
{
    struct meter meter = {0};
    struct apply_load load;
    if (argc != 6 || !apply_kind_parse(argv[3], &load.kind)) {
        fprintf(stderr, "usage: bench_apply ours|unnest|insert|update|copy-temp|copy DSN"
                        " half|new|update|delete ROWS BATCH\n");
        return 64;
    }
    load.rows = bench_number(argv[4]);
    load.batch = (size_t)bench_number(argv[5]);
    if (strcmp(argv[1], "ours") == 0) {
        apply_ours(argv[2], &load, &meter);
    } else {
        apply_raw(argv[2], argv[1], &load, &meter);
    }
    meter_print(&meter);
    return 0;
}
