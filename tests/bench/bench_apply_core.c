/*
 * The consumer's own work for a batch, without a database: from records as they come from Kafka to
 * the parameters of the statement.  Beside it the same bytes looked at one by one (FNV-1a).
 *
 *   bench_apply_core params|bytes ROWS BATCH
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench/apply_stream.h"
#include "bench/meter.h"
#include "consumer-postgres/params.h"

static bool all(const struct lt_row *row)
{
    return row->kind == LT_ROW_UPSERT;
}

static void
make_params(const struct apply_stream *stream, const struct apply_load *load, struct meter *meter)
{
    struct lt_copy copy = {0};
    struct lt_params params = {0};
    struct lt_track *track = lt_track_new();
    track->copy = &copy;
    track->shape = apply_shape();
    track->noticed = true;
    track->notice = apply_notice;
    lt_track_rewind(track);
    meter_start(meter);
    for (int64_t k = 0; k < load->rows; k++) {
        struct lt_message message = apply_stream_message(stream, k);
        lt_track_feed(track, &message, message.append_time);
        if (!lt_track_is_full(track, load->batch, SIZE_MAX) && k + 1 < load->rows) {
            continue;
        }
        lt_pending_decode(&track->pending, track->shape, SAMPLE_KEY_SCHEMA, SAMPLE_VALUE_SCHEMA);
        lt_params_clear(&params);
        lt_params_columns(&params, track->shape, track->pending.rows, track->pending.row_count,
                          all);
        meter->rows += (int64_t)track->pending.row_count;
        meter->bytes += (int64_t)params.data.len;
        copy.is.at = track->to;
        copy.chain = track->chain;
        copy.chain_known = true;
        lt_track_rewind(track);
    }
    meter_stop(meter);
    lt_assert(!track->fault.found && meter->rows == load->rows);
    lt_params_fini(&params);
    lt_track_free(track);
}

static void look_at_bytes(const struct apply_stream *stream, struct meter *meter)
{
    uint64_t hash = 14695981039346656037u;
    meter_start(meter);
    for (size_t b = 0; b < stream->bytes.len; b++) {
        hash = (hash ^ stream->bytes.data[b]) * 1099511628211u;
    }
    meter_stop(meter);
    meter->bytes = (int64_t)(hash >> 33);
}

int main(int argc, char **argv)
{
    struct meter meter = {0};
    struct apply_stream stream;
    struct apply_load load = {.kind = APPLY_UPDATE};
    if (argc != 4) {
        fprintf(stderr, "usage: bench_apply_core params|bytes ROWS BATCH\n");
        return 64;
    }
    load.rows = bench_number(argv[2]);
    load.batch = (size_t)bench_number(argv[3]);
    apply_stream_make(&stream, &load);
    if (strcmp(argv[1], "params") == 0) {
        make_params(&stream, &load, &meter);
    } else {
        look_at_bytes(&stream, &meter);
        meter.rows = load.rows;
    }
    apply_stream_fini(&stream);
    meter_print(&meter);
    return 0;
}
