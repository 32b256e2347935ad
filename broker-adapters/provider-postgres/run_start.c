/*
 * Start of a run:
 *   0. wait for a data service to feed
 *   1. fence: init_transactions
 *   2. scrub the progress topic and the feeds
 *   3. wait until the progress topic is readable, read it to its end
 *   4. judge each streaming feed's committed tail; adopt or call it damaged
 *   5. ask the source and the slot, compare with the stored position
 *   6. decide what becomes of each feed; the writer starts with those marks
 * Anything uncertain: the run ends, the next one starts from 1.
 */
#include "provider-postgres/run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/daemon.h"
#include "position/position.h"
#include "provider-postgres/adopt.h"
#include "provider-postgres/provider_metrics.h"

#define INIT_TIMEOUT_MS 90000
#define SLOT_WAIT_MS    30000
#define INBOX_WAIT_MS   300

/* ---- the bus ---- */

static int open_bus(struct run *run, struct lt_error *reterr)
{
    const struct provider *p = run->provider;
    char id[LT_TOPIC_MAX];
    snprintf(id, sizeof(id), "provider.%s", p->conf->source);
    run->producer = lt_producer_open(&p->bus, id, reterr);
    if (run->producer == NULL || lt_producer_init(run->producer, INIT_TIMEOUT_MS, reterr) != 0) {
        return lt_fail_context(reterr, "transactional id %s", id);
    }
    run->asker = lt_asker_open(&p->bus, reterr);
    if (run->asker == NULL) {
        return -1;
    }
    int exists = lt_asker_topic_exists(run->asker, p->progress_topic, reterr);
    if (exists == 0) {
        return lt_fail(reterr, LT_ERR_RETRY, "provider", 0,
                       "topic %s is not there yet: the steward makes it", p->progress_topic);
    }
    return exists < 0 ? -1 : 0;
}

static int add_topic(struct run *run,
                     struct lt_arena *arena,
                     const char *service,
                     int64_t incarnation,
                     const char **topics,
                     size_t *count,
                     struct lt_error *reterr)
{
    char topic[LT_TOPIC_MAX];
    if (incarnation < 1) {
        return 0;
    }
    lt_topic_feed(service, incarnation, topic);
    int exists = lt_asker_topic_exists(run->asker, topic, reterr);
    if (exists > 0) {
        topics[(*count)++] = lt_arena_dup(arena, topic, strlen(topic));
    }
    return exists < 0 ? -1 : 0;
}

/* Every topic this id can have written: the newest incarnation signed, and the one before. */
static int scrub(struct run *run, struct lt_error *reterr)
{
    struct provider *p = run->provider;
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    const char **topics = lt_arena_alloc(arena, (run->feeds.count * 2 + 1) * sizeof(*topics));
    size_t count = 0;
    size_t scrubbed = 0;
    topics[count++] = p->progress_topic;
    for (size_t i = 0; i < run->feeds.count; i++) {
        const char *service = run->feeds.items[i].service->id;
        int64_t n = inbox_incarnation(p->inbox, service);
        if (add_topic(run, arena, service, n, topics, &count, reterr) != 0 ||
            add_topic(run, arena, service, n - 1, topics, &count, reterr) != 0) {
            return -1;
        }
    }
    if (lt_scrub(run->producer, run->asker, topics, count, &scrubbed, reterr) != 0) {
        return lt_fail_context(reterr, "scrub");
    }
    if (scrubbed > 0) {
        lt_log(LT_LOG_NOTICE, "scrubbed", "topics", lt_logf("%zu", scrubbed), NULL);
    }
    return 0;
}

static int read_stored(struct run *run, struct lt_error *reterr)
{
    struct provider *p = run->provider;
    if (lt_wait_readable(run->asker, p->progress_topic, p->bus.transaction_ms, reterr) != 0 ||
        progress_read(&run->progress, &p->bus, p->progress_topic, p->bus.transaction_ms, reterr) !=
            0) {
        return -1;
    }
    if (run->progress.garbage > 0) {
        return lt_fail(reterr, LT_ERR_FATAL, "provider", 0,
                       "topic %s holds records that are no positions", p->progress_topic);
    }
    feeds_take_stored(&run->feeds, &run->progress);
    return 0;
}

/* ---- the source ---- */

/* A walsender of a process that we have fenced may hold the slot until it notices. */
static int free_slot(struct run *run, struct lt_error *reterr)
{
    const char *slot = run->provider->conf->slot;
    int64_t deadline = lt_monotonic_ms() + SLOT_WAIT_MS;
    while (run->source.active_pid != 0) {
        char pid[24];
        snprintf(pid, sizeof(pid), "%lld", (long long)run->source.active_pid);
        const char *params[] = {pid};
        PQclear(lt_pg_query(run->pg, "SELECT pg_terminate_backend($1::int)", 1, params, NULL));
        if (lt_stop_wait(100) || lt_monotonic_ms() >= deadline) {
            return lt_fail(reterr, LT_ERR_RETRY, "provider", 0, "slot '%s' is in use by pid %s",
                           slot, pid);
        }
        if (source_read(run->pg, run->repl, slot, &run->source, reterr) != 0) {
            return -1;
        }
    }
    return 0;
}

static void tell_fresh(const struct run *run)
{
    struct provider *p = run->provider;
    if (strcmp(p->told_reason, run->verdict.reason) != 0) {
        snprintf(p->told_reason, sizeof(p->told_reason), "%s", run->verdict.reason);
        lt_log(run->progress.source == NULL ? LT_LOG_NOTICE : LT_LOG_ERROR, "source_begins_anew",
               "reason", run->verdict.reason, NULL);
    }
}

static int ask_source(struct run *run, struct lt_error *reterr)
{
    const struct provider_conf *conf = run->provider->conf;
    if ((run->pg = source_open(conf, NULL, NULL, reterr)) == NULL ||
        (run->repl = source_open_repl(conf, NULL, reterr)) == NULL ||
        source_read(run->pg, run->repl, conf->slot, &run->source, reterr) != 0 ||
        free_slot(run, reterr) != 0) {
        return -1;
    }
    const struct source_facts facts = {.system_id = run->source.system.system_id,
                                       .timeline = run->source.system.timeline,
                                       .dboid = run->source.dboid,
                                       .wal = run->source.system.wal,
                                       .slot_name = conf->slot,
                                       .slot = run->source.slot,
                                       .confirmed = run->source.confirmed};
    run->verdict = judge_source(run->progress.source, &facts);
    if (!run->verdict.fresh && run->provider->fresh_reason[0] != '\0') {
        run->verdict =
            (struct source_verdict){.fresh = true, .reason = run->provider->fresh_reason};
    }
    if (run->verdict.fresh) {
        tell_fresh(run);
    }
    return 0;
}

/* ---- each feed ---- */

static int judge(struct run *run, struct feed *feed, struct lt_error *reterr)
{
    const struct provider *p = run->provider;
    struct findings findings = {0};
    struct feed_facts facts = {
        .state = feed->state,
        .begun = feed->incarnation > 0,
        .reason = feed->reason,
        .source_fresh = run->verdict.fresh ? run->verdict.reason : NULL,
        .published = feed->service->declared->published,
        .declared_as_stored = memcmp(feed->fingerprint, feed->service->declaration, 32) == 0,
    };
    if (feed->state == FEED_STREAMING && !run->verdict.fresh &&
        adopt_tail(feed, &p->bus, run->asker, &facts.tail, reterr) != 0) {
        return lt_fail_context(reterr, "feed %s", feed->topic);
    }
    if (facts.tail == LT_VERDICT_ADOPT) {
        lt_log(LT_LOG_NOTICE, "tail_adopted", "feed", feed->topic, NULL);
    }
    feed->judged = true;
    if (shape_fingerprint(run->pg, feed->service, p->conf->publication, feed->judged_at,
                          &feed->parts, reterr) != 0) {
        return -1;
    }
    if (shape_read(run->pg, feed->service, p->conf->publication, &feed->shape, &findings, reterr) !=
        0) {
        return -1;
    }
    const struct finding *fault = findings_blocking(&findings);
    facts.fault = fault != NULL ? fault->what : NULL;
    struct feed_verdict verdict = judge_feed(&facts);
    if (verdict.reason != NULL && (verdict.write || feed->state != FEED_ENDED)) {
        lt_log(LT_LOG_NOTICE, "feed_judged", "service", feed->service->id, "state",
               feed_state_name(verdict.state), "reason", verdict.reason, NULL);
    }
    if (verdict.renew) {
        int64_t n = LT_MAX(feed->incarnation, inbox_incarnation(p->inbox, feed->service->id));
        feed_set_incarnation(feed, n + 1);
        feed->last = (struct event_id){0};
    }
    if (verdict.write) {
        snprintf(feed->reason, sizeof(feed->reason), "%s", verdict.reason);
        feed->to_write = true;
    }
    feed->state = verdict.state;
    findings_fini(&findings);
    return 0;
}

static int judge_all(struct run *run, struct lt_error *reterr)
{
    int64_t streaming = 0;
    int64_t ended = 0;
    for (size_t i = 0; i < run->feeds.count; i++) {
        if (judge(run, &run->feeds.items[i], reterr) != 0) {
            return -1;
        }
        streaming += run->feeds.items[i].state == FEED_STREAMING ? 1 : 0;
        ended += run->feeds.items[i].state == FEED_ENDED ? 1 : 0;
    }
    lt_metric_set(provider_metrics.feeds_streaming, streaming);
    lt_metric_set(provider_metrics.feeds_ended, ended);
    return 0;
}

/* Wanted incarnations whose topic is made and signed are ready for a snapshot. */
static int find_ready(struct run *run, struct lt_error *reterr)
{
    run->ready = lt_alloc((run->feeds.count + 1) * sizeof(*run->ready));
    for (size_t i = 0; i < run->feeds.count; i++) {
        const struct feed *feed = &run->feeds.items[i];
        if (feed->state != FEED_WANTED) {
            continue;
        }
        run->wanted_count++;
        if (inbox_incarnation(run->provider->inbox, feed->service->id) != feed->incarnation) {
            continue;
        }
        run->signed_count++;
        int exists = lt_asker_topic_exists(run->asker, feed->topic, reterr);
        struct snapshot_feed *ready = &run->ready[run->ready_count];
        if (exists < 0 || (exists > 0 && adopt_end_seq(feed, run->asker, &ready->end_seq,
                                                       &ready->end_id, reterr) != 0)) {
            return -1;
        }
        if (exists > 0) {
            ready->index = (uint32_t)i;
            run->ready_count++;
        }
    }
    return 0;
}

/* ---- the writer ---- */

static void write_marks(struct run *run)
{
    struct batch *batch = writer_take(run->writer, POOL_STREAM);
    lt_assert(batch != NULL);
    for (size_t i = 0; i < run->feeds.count; i++) {
        struct feed *feed = &run->feeds.items[i];
        if (feed->to_write) {
            struct batch_mark *mark = batch_mark(batch, lt_monotonic_ms());
            mark->feed = (uint32_t)i;
            mark->state = feed->state;
            mark->incarnation = feed->incarnation;
            mark->reason = feed->reason;
            mark->id = feed->last;
            memcpy(mark->fingerprint, feed->fingerprint, FINGERPRINT_BYTES);
        }
    }
    writer_submit(run->writer, batch);
}

static int start_writer(struct run *run, struct lt_error *reterr)
{
    const struct provider *p = run->provider;
    const struct writer_options options = {.bus = &p->bus,
                                           .progress_topic = p->progress_topic,
                                           .progress_offset = run->progress.next_offset,
                                           .source = p->conf->source,
                                           .system_id = run->source.system.system_id,
                                           .timeline = run->source.system.timeline,
                                           .dboid = run->source.dboid,
                                           .slot = p->conf->slot,
                                           .wake_fd = run->wake_fd};
    run->writer = writer_start(&options, lt_steal(&run->producer), &run->feeds, reterr);
    if (run->writer == NULL) {
        return -1;
    }
    write_marks(run);
    return 0;
}

/* ---- the inbox ---- */

/* Before its first data service an application has neither a progress topic nor the right to write:
 * there is nothing to do but to read its inbox. */
static int wait_for_services(struct run *run, struct lt_error *reterr)
{
    struct provider *p = run->provider;
    feeds_collect(&run->feeds, p->inbox, p->conf->source);
    if (run->feeds.count == 0) {
        lt_log(LT_LOG_NOTICE, "waiting_for_services", "application", p->conf->application, "source",
               p->conf->source, NULL);
    }
    while (run->feeds.count == 0) {
        if (lt_stop_wait(INBOX_WAIT_MS)) {
            return lt_fail(reterr, LT_ERR_RETRY, "provider", 0, "stopped");
        }
        if (inbox_poll(p->inbox, reterr) < 0) {
            return -1;
        }
        feeds_fini(&run->feeds);
        feeds_collect(&run->feeds, p->inbox, p->conf->source);
    }
    return 0;
}

int run_start(struct run *run, struct provider *provider, struct lt_error *reterr)
{
    *run = (struct run){.provider = provider, .wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    lt_assert(run->wake_fd >= 0);
    run->started_ms = lt_monotonic_ms();
    lt_metric_add(provider_metrics.runs, 1);
    if (inbox_open(provider->inbox, &provider->bus, reterr) != 0 ||
        inbox_poll(provider->inbox, reterr) < 0 || wait_for_services(run, reterr) != 0) {
        return -1;
    }
    if (open_bus(run, reterr) != 0 || scrub(run, reterr) != 0 || read_stored(run, reterr) != 0 ||
        ask_source(run, reterr) != 0 || judge_all(run, reterr) != 0 ||
        find_ready(run, reterr) != 0) {
        return -1;
    }
    return start_writer(run, reterr);
}

void run_end(struct run *run)
{
    snapshot_stop(run->snapshot);
    sync_stop(run->sync);
    writer_stop(run->writer);
    lt_producer_close(run->producer);
    lt_asker_close(run->asker);
    lt_pg_close(run->pg);
    lt_pg_close(run->repl);
    progress_fini(&run->progress);
    feeds_fini(&run->feeds);
    free(run->ready);
    close(run->wake_fd);
    *run = (struct run){0};
}
