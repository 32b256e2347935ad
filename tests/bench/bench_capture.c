/*
 * Capture from a slot until Avro bytes are ready, beside a reader that parses message headers only.
 * Nothing is acknowledged, so every run begins at the same position.
 *
 *   bench_capture headers|avro|digest DSN SLOT PUBLICATION ROWS
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "bench/headers_reader.h"
#include "bench/meter.h"
#include "bench/sample.h"
#include "pg/repl.h"
#include "provider-postgres/capture.h"

/* The provider's own defaults (provider_conf.c). */
static const struct batch_limits limits = {
    .rows = 10000, .bytes = 4 << 20, .age_ms = 50, .split_rows = 20000};

struct reading {
    struct lt_pg *pg;
    struct feeds feeds;
    struct capture capture;
    struct batch *batch;
    struct meter *meter;
    int64_t rows;
};

static void digest(struct meter *meter, const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_record *record = &batch->records[i];
        struct lt_bytes scope = batch_view(batch, record->scope_before);
        meter_digest(meter, batch_view(batch, record->key), batch_view(batch, record->value),
                     lt_op_name(record->op));
        if (scope.data != NULL) {
            meter_digest(meter, scope, lt_bytes(NULL, 0), "scope");
        }
    }
}

static void hand_over(struct reading *r)
{
    capture_seal(&r->capture, r->batch);
    r->meter->rows += (int64_t)r->batch->count;
    r->meter->bytes += (int64_t)r->batch->bytes.len;
    if (r->meter->has_digest) {
        digest(r->meter, r->batch);
    }
    batch_clear(r->batch);
}

static bool is_done(const struct reading *r)
{
    return !r->capture.in_transaction && r->meter->rows + (int64_t)r->batch->count >= r->rows;
}

static void take(struct reading *r, const struct lt_repl_message *message)
{
    struct lt_error err;
    if (message->keepalive) {
        return;
    }
    if (capture_message(&r->capture, message->data, r->batch, lt_monotonic_ms(), &err) != 0) {
        bench_fail(&err);
    }
    if (batch_is_due(r->batch, &limits, r->capture.in_transaction, lt_monotonic_ms())) {
        hand_over(r);
    }
}

static void read_all(struct reading *r)
{
    struct lt_error err;
    struct lt_repl_message message;
    meter_start(r->meter);
    while (!is_done(r)) {
        int n = lt_repl_next(r->pg, &message, &err);
        if (n < 0) {
            bench_fail(&err);
        }
        if (n > 0) {
            take(r, &message);
            continue;
        }
        struct pollfd fd = {.fd = PQsocket(lt_pg_raw(r->pg)), .events = POLLIN};
        poll(&fd, 1, -1);
    }
    hand_over(r);
    meter_stop(r->meter);
}

static void capture_read(
    const char *dsn, const char *slot, const char *publication, int64_t rows, struct meter *meter)
{
    struct lt_error err;
    const struct lt_pg_options options = {
        .dsn = dsn, .application_name = "bench", .replication = true};
    const struct source_verdict verdict = {0};
    struct reading r = {.rows = rows, .meter = meter, .batch = batch_new()};
    r.pg = lt_pg_open(&options, &err);
    if (r.pg == NULL || lt_repl_start(r.pg, slot, publication, 0, &err) != 0) {
        bench_fail(&err);
    }
    meter->server_pid = PQbackendPID(lt_pg_raw(r.pg));
    sample_feeds(&r.feeds, 1);
    capture_start(&r.capture, &r.feeds, NULL, &verdict);
    read_all(&r);
    capture_fini(&r.capture);
    feeds_fini(&r.feeds);
    batch_free(r.batch);
    lt_pg_close(r.pg);
}

int main(int argc, char **argv)
{
    struct meter meter = {0};
    if (argc != 6) {
        fprintf(stderr, "usage: bench_capture headers|avro|digest DSN SLOT PUBLICATION ROWS\n");
        return 64;
    }
    int64_t rows = bench_number(argv[5]);
    meter.has_digest = strcmp(argv[1], "digest") == 0;
    if (strcmp(argv[1], "headers") == 0) {
        headers_read(argv[2], argv[3], argv[4], rows, &meter);
    } else {
        capture_read(argv[2], argv[3], argv[4], rows, &meter);
    }
    meter_print(&meter);
    return 0;
}
