#include "bench/core_lane.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* ---- the port: what asks the broker and is no part of a batch is answered at once ---- */

/* Whoever begins may write into the diary. */
static int init(void *arg, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    (void)reterr;
    lt_shell_diary_proved(shell);
    return 0;
}

static int no_start(void *arg, struct lt_error *reterr)
{
    (void)arg;
    (void)reterr;
    return 0;
}

static int
no_reports(void *arg, void (*visit)(void *, const char *), void *visit_arg, struct lt_error *reterr)
{
    (void)arg;
    (void)visit;
    (void)visit_arg;
    (void)reterr;
    return 0;
}

static int
no_tail(void *arg, const struct lane_stream *stream, struct lane_tail *ret, struct lt_error *reterr)
{
    (void)arg;
    (void)stream;
    (void)reterr;
    *ret = (struct lane_tail){0};
    return 0;
}

/* ---- the lane ---- */

/* Defaults of config.c; batches by number only, and control never grows old. */
static struct lt_routing_conf conf = {.transaction_ms = 60000,
                                      .grace_ms = 86400000,
                                      .batch_rows = 20000,
                                      .batch_ms = 5000,
                                      .sync_every_ms = 1000,
                                      .technical_pause_ms = 60000,
                                      .page_records = 10000,
                                      .page_ms = 60000,
                                      .diary_check_ms = 86400000};
static const struct lt_conf_extra no_extra;

static void step(struct lt_shell *shell)
{
    struct lt_error err = {0};
    enum lane_step done = lt_shell_step(shell, &err);
    if (done != LANE_WORKED && done != LANE_IDLE) {
        bench_fail(&err);
    }
}

struct lt_shell *core_lane_open(const struct core_feed *feed,
                                const struct core_setup *setup,
                                core_sink *sink,
                                void *arg,
                                struct meter *start)
{
    static struct lt_routing_metrics metrics;
    static struct core_world world;
    struct lt_error err;
    core_world_make(&world, setup);
    core_bus = (struct core_bus){.world = &world, .feed = feed, .sink = sink, .arg = arg};
    conf.batch_rows = setup->batch;
    lt_routing_metrics_register(&metrics, LANE_LIVE_LANE);
    meter_start(start);
    struct lt_shell *shell = lt_shell_new(LANE_LIVE_LANE, &conf, &no_extra, &metrics, &err);
    if (shell == NULL) {
        bench_fail(&err);
    }
    shell->port.init = init;
    shell->port.scrub = shell->port.stuck = no_start;
    shell->port.gap_reports = no_reports;
    shell->port.tail = no_tail;
    while (!lt_lane_is_running(shell->lane)) {
        step(shell);
    }
    step(shell); /* the first transaction repeats the inbox records */
    step(shell);
    meter_stop(start);
    lt_assert(lt_lane_view(shell->lane)->count == (size_t)setup->streams);
    return shell;
}

void core_lane_run(struct lt_shell *shell)
{
    struct lt_error err = {0};
    core_bus.open = true;
    core_bus.next = 0;
    while (lt_shell_step(shell, &err) == LANE_WORKED) {
    }
    if (err.class != LT_ERR_NONE) {
        bench_fail(&err);
    }
    lt_assert(core_bus.next == core_bus.feed->count);
}

void core_lane_print_chains(const struct lt_shell *shell)
{
    const struct lane_view *view = lt_lane_view(shell->lane);
    for (size_t i = 0; i < view->count; i++) {
        const struct lane_stream *stream = &view->slots[i]->now;
        printf("%s %lld ", stream->name, (long long)stream->seq);
        for (size_t b = 0; b < LT_CHAIN_BYTES; b++) {
            printf("%02x", stream->chain.value[b]);
        }
        printf("\n");
    }
}

void core_lane_digest(const struct lt_shell *shell, struct meter *meter)
{
    const struct lane_view *view = lt_lane_view(shell->lane);
    meter->has_digest = true;
    for (size_t i = 0; i < view->count; i++) {
        const struct lane_stream *stream = &view->slots[i]->now;
        char seq[24];
        snprintf(seq, sizeof(seq), "%lld", (long long)stream->seq);
        meter_digest(meter, lt_bytes_text(stream->name), lt_chain_bytes(&stream->chain), seq);
    }
}

void core_lane_measure(struct lt_shell *shell,
                       const struct core_feed *feed,
                       const char *mode,
                       struct meter *meter)
{
    meter_start(meter);
    core_lane_run(shell);
    meter_stop(meter);
    if (strncmp(mode, "dump:", 5) == 0) {
        core_feed_dump(feed, mode + 5);
    }
    core_lane_digest(shell, meter);
    meter->rows = (int64_t)feed->count;
    meter->bytes = core_bus.bytes;
}
