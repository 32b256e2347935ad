#include "routing/shell.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ARENA_BLOCK 65536
/* Partitions are looked at in slices, so that no batch waits long; a whole round takes less than
 * half a time-out (protocol 5.4). */
#define LOOK_EVERY  (500 * LT_MILLI)
#define MEET_WITHIN (2 * LT_SECOND)

/* Fatal for the producer, not for the lane: a new one starts over (kafka-and-avro A.2, row 2). */
static bool is_broken_sequence(const struct lt_error *err)
{
    return err->domain && strcmp(err->domain, "kafka") == 0 &&
           (err->code == RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER ||
            err->code == RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID ||
            err->code == RD_KAFKA_RESP_ERR__INCONSISTENT || err->code == RD_KAFKA_RESP_ERR__FATAL ||
            err->code == RD_KAFKA_RESP_ERR_INVALID_TXN_STATE);
}

int lt_shell_fail(struct lt_error *reterr)
{
    if (reterr->class != LT_ERR_FATAL || is_broken_sequence(reterr) || lt_bus_is_denied(reterr))
        reterr->class = LT_ERR_ABORT; /* rights come back with `lienthong init` */
    return -1;
}

static struct lane_port port_of(struct lt_shell *shell);
static lt_time lt_shell_now(void *arg)
{
    (void)arg;
    return lt_now();
}

static int
set_up(struct lt_shell *shell, const struct lt_conf_extra *extra, struct lt_error *reterr)
{
    const struct lt_routing_conf *conf = shell->conf;
    snprintf(shell->client_id, sizeof(shell->client_id), "lt-routing.b%d.%s", (int)conf->bucket,
             lt_lane_name(shell->id));
    snprintf(shell->transactional_id, sizeof(shell->transactional_id), "routing.b%d.%s",
             (int)conf->bucket, lt_lane_name(shell->id));
    shell->bus = lt_kafka_conf_bus(&conf->kafka, extra, shell->client_id, conf->transaction_ms);
    if (lt_control_key_read_public(conf->public_key_file, shell->public_key, reterr) < 0)
        return -1;
    shell->fold = lt_fold_new(shell->public_key);
    shell->asker = lt_asker_open(&shell->bus, reterr);
    shell->admin = shell->asker ? lt_admin_open(&shell->bus, reterr) : NULL;
    return shell->admin ? 0 : -1;
}

struct lt_shell *lt_shell_new(enum lane_id id,
                              const struct lt_routing_conf *conf,
                              const struct lt_conf_extra *extra,
                              struct lt_routing_metrics *metrics,
                              struct lt_error *reterr)
{
    struct lt_shell *shell = lt_alloc(sizeof(*shell));
    shell->id = id;
    shell->conf = conf;
    shell->metrics = metrics;
    shell->arena = lt_arena_new(ARENA_BLOCK);
    shell->port = port_of(shell);
    shell->stale_at = shell->diary.failing_since = LT_TIME_NONE;
    struct lane_options options = {
        .batch_rows = conf->batch_rows,
        .page_records = conf->page_records,
        .page_time = conf->page_ms * LT_MILLI,
        .technical_pause = conf->technical_pause_ms * LT_MILLI,
        .look_every = LOOK_EVERY,
        .meet_within = MEET_WITHIN,
    };
    shell->lane = lt_lane_new(id, &shell->port, &options);
    if (set_up(shell, extra, reterr) == 0)
        return shell;
    lt_shell_free(shell);
    return NULL;
}

static void free_scopes(struct lt_shell *shell)
{
    for (size_t i = 0; i < shell->shape_count; i++)
        lt_lane_shape_free(shell->shapes[i]);
    for (size_t i = 0; i < shell->rows_count; i++)
        lt_lane_rows_free(shell->rows[i]);
    free(shell->shapes);
    free(shell->rows);
}

void lt_shell_free(struct lt_shell *shell)
{
    if (!shell)
        return;
    lt_shell_feeds_reset(shell);
    free(shell->feed_list);
    lt_producer_close(shell->producer);
    lt_producer_close(shell->diary.producer);
    lt_reader_close(shell->cursors);
    lt_reader_close(shell->control);
    lt_reader_close(shell->outboxes);
    lt_asker_close(shell->asker);
    lt_admin_close(shell->admin);
    lt_fold_free(shell->fold);
    free_scopes(shell);
    free(shell->reported);
    free(shell->told);
    free(shell->mutes);
    free(shell->decisions);
    free(shell->watches);
    lt_buf_fini(&shell->out);
    lt_buf_fini(&shell->key);
    lt_arena_free(shell->arena);
    lt_lane_free(shell->lane);
    free(shell);
}

/* Which streams are in which state, as this lane sees it. */
static void count_streams(struct lt_shell *shell)
{
    const struct lane_view *view = lt_lane_view(shell->lane);
    for (int state = LANE_LOAD; state <= LANE_ENDED; state++)
        lt_metric_set(shell->metrics->streams[state], (int64_t)view->by_state[state]);
}

enum lane_step lt_shell_step(struct lt_shell *shell, struct lt_error *reterr)
{
    bool was_running = lt_lane_is_running(shell->lane);
    shell->batch_began_ms = lt_monotonic_ms();
    shell->batch_has_records = false;
    lt_arena_reset(shell->arena);
    enum lane_step step = lt_lane_step(shell->lane, reterr);
    bool running = lt_lane_is_running(shell->lane);
    lt_metric_set(shell->metrics->running, running);
    if (running && !was_running)
        lt_log(LT_LOG_INFO, "lane_started", "lane", lt_lane_name(shell->id), "streams",
               lt_logf("%zu", lt_lane_view(shell->lane)->count), NULL);
    if (running)
        count_streams(shell);
    return step;
}

static struct lane_port port_of(struct lt_shell *shell)
{
    return (struct lane_port){
        .arg = shell,
        .now = lt_shell_now,
        .init = lt_shell_init,
        .scrub = lt_shell_scrub,
        .read_cursors = lt_shell_read_cursors,
        .control = lt_shell_control,
        .stuck = lt_shell_stuck,
        .terms_version = lt_shell_terms_version,
        .each_connection = lt_shell_each_connection,
        .terms = lt_shell_terms,
        .gap_reports = lt_shell_gap_reports,
        .topic_exists = lt_shell_topic_exists,
        .tail = lt_shell_tail,
        .adopt = lt_shell_adopt,
        .load_keys = lt_shell_load_keys,
        .feed_end = lt_shell_feed_end,
        .feed_open = lt_shell_feed_open,
        .feed_close = lt_shell_feed_close,
        .live_set = lt_shell_live_set,
        .next = lt_shell_next,
        .affected = lt_shell_affected,
        .effect = lt_shell_effect,
        .feed_chain = lt_shell_feed_chain,
        .key_hash = lt_shell_key_hash,
        .begin = lt_shell_begin,
        .deliver = lt_shell_deliver,
        .put_stream = lt_shell_put_stream,
        .put_feed = lt_shell_put_feed,
        .put_notice = lt_shell_put_notice,
        .put_note = lt_shell_put_note,
        .put_decision = lt_shell_put_decision,
        .put_stand = lt_shell_put_stand,
        .commit = lt_shell_commit,
    };
}
