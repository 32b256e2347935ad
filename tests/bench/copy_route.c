#include <string.h>

#include "base/clock.h"
#include "bench/copy_line.h"
#include "change/lt_header.h"

#define IDLE_MS  50
#define BATCH_MS 200

struct lt_reader *copy_open(const struct copy_from *from)
{
    struct lt_error err;
    struct lt_reader *reader = lt_reader_open(&from->bus, true, LT_READ_STEADY, &err);
    if (reader == NULL || lt_reader_add(reader, from->topic, from->offset, &err) != 0) {
        bench_fail(&err);
    }
    return reader;
}

static bool is_row(struct lt_bytes lt)
{
    return (lt.len < 5 || memcmp(lt.data, "sync ", 5) != 0) &&
           (lt.len < 4 || memcmp(lt.data, "end ", 4) != 0);
}

int copy_next(struct lt_reader *reader, int64_t timeout_ms, struct lt_message *ret)
{
    struct lt_error err = {0};
    int got;
    while ((got = lt_reader_poll(reader, timeout_ms, ret, &err)) > 0 && !is_row(ret->lt)) {
        lt_message_release(ret);
    }
    if (got < 0 && err.class == LT_ERR_FATAL) {
        bench_fail(&err);
    }
    return got > 0;
}

/* One transaction; gives the records in it. */
static size_t
copy_batch(struct lt_reader *reader, struct lt_producer *producer, const char *to, size_t most)
{
    struct lt_error err;
    struct lt_message message;
    size_t count = 0;
    int64_t began = 0;
    while (count < most && (count == 0 || lt_monotonic_ms() - began < BATCH_MS) &&
           copy_next(reader, count > 0 ? 1 : IDLE_MS, &message)) {
        const struct lt_send_header header = {.name = LT_HEADER_NAME, .value = message.lt};
        began = count > 0 ? began : lt_monotonic_ms();
        if ((count == 0 && lt_producer_begin(producer, &err) != 0) ||
            lt_producer_send(producer, to, message.key, message.value, &header, 1, &err) != 0) {
            bench_fail(&err);
        }
        lt_message_release(&message);
        count++;
    }
    if (count > 0 && lt_producer_commit(producer, &err) != 0) {
        bench_fail(&err);
    }
    return count;
}

void copy_route(const struct copy_from *from, const char *to, size_t batch, struct meter *meter)
{
    struct lt_error err;
    struct lt_reader *reader = copy_open(from);
    struct lt_producer *producer = lt_producer_open(&from->bus, "bench.copy", &err);
    if (producer == NULL || lt_producer_init(producer, 30000, &err) != 0) {
        bench_fail(&err);
    }
    meter_start(meter);
    for (int64_t left = from->count; left > 0;) {
        left -= (int64_t)copy_batch(reader, producer, to, LT_MIN(batch, (size_t)left));
    }
    meter_stop(meter);
    meter->rows = from->count;
    lt_producer_close(producer);
    lt_reader_close(reader);
}
