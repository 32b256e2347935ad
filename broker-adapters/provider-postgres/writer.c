/*
 * One batch, step by step (writer thread): begin, records with seq, header and chain, marks, feed
 * positions that changed, source position, commit; then read the progress topic until the position
 * is there.
 *
 * Send or commit fails, or is uncertain: the thread stops with the error; the run starts over.
 * Commit succeeds but its marker is lost (protocol 1.2): the position is never seen, so the slot is
 * not acknowledged, and after transaction.timeout.ms the run starts over.
 */
#include "provider-postgres/writer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "change/lt_header.h"

#define STREAM_BATCHES   2
#define SNAPSHOT_BATCHES 2
#define SEEN_POLL_MS     5
#define IDLE_MS          100

/* Where the writer stands in one feed. */
struct tail {
    const char *service;
    char topic[LT_TOPIC_MAX];
    int64_t incarnation, seq;
    struct lt_chain chain;
    enum feed_state state;
    char reason[FEED_REASON_MAX];
    struct event_id last;
    uint8_t fingerprint[FINGERPRINT_BYTES];
    bool touched;
};

struct writer {
    struct writer_options options;
    struct lt_producer *producer;
    struct lt_reader *reader;
    struct tail *tails;
    size_t tail_count;
    struct lt_buf scratch;
    uint64_t committed_safe; /* of the last source position committed */
    int64_t committed_ms;

    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct batch *free[POOLS];
    struct batch *first, **last; /* queue */
    bool busy, stop, failed, unseen;
    struct lt_error why;
    atomic_uint_fast64_t seen;
};

static void wake(const struct writer *writer)
{
    uint64_t one = 1;
    ssize_t n = write(writer->options.wake_fd, &one, sizeof(one));
    (void)n; /* a full counter wakes too */
}

/* ---- records ---- */

static int send(struct writer *writer,
                const char *topic,
                struct lt_bytes key,
                struct lt_bytes value,
                const struct lt_send_header *headers,
                size_t count,
                struct lt_error *reterr)
{
    return lt_producer_send(writer->producer, topic, key, value, headers, count, reterr);
}

/* The `end` of the previous incarnation: its chain is nobody's state any more. */
static int send_end(struct writer *writer,
                    const struct batch *batch,
                    const struct batch_record *record,
                    struct lt_error *reterr)
{
    const struct tail *tail = &writer->tails[record->feed];
    char topic[LT_TOPIC_MAX];
    char text[LT_HEADER_MAX];
    struct lt_header header = {.op = record->op,
                               .seq = record->end_seq,
                               .time = record->time,
                               .on_feed = true,
                               .incarnation = tail->incarnation - 1,
                               .lsn = record->id.lsn,
                               .ordinal = record->id.ordinal};
    lt_topic_feed(tail->service, tail->incarnation - 1, topic);
    struct lt_send_header headers[] = {
        {LT_HEADER_NAME, lt_bytes(text, lt_header_format(&header, text))}};
    return send(writer, topic, batch_view(batch, record->key), batch_view(batch, record->value),
                headers, 1, reterr);
}

static int send_record(struct writer *writer,
                       const struct batch *batch,
                       const struct batch_record *record,
                       struct lt_error *reterr)
{
    struct tail *tail = &writer->tails[record->feed];
    char text[LT_HEADER_MAX];
    struct lt_header header = {.op = record->op,
                               .seq = tail->seq + 1,
                               .time = record->time,
                               .on_feed = true,
                               .incarnation = tail->incarnation,
                               .lsn = record->id.lsn,
                               .ordinal = record->id.ordinal};
    struct lt_bytes lt = lt_bytes(text, lt_header_format(&header, text));
    struct lt_bytes key = batch_view(batch, record->key);
    struct lt_bytes value = batch_view(batch, record->value);
    struct lt_bytes scope = batch_view(batch, record->scope_before);
    struct lt_send_header headers[] = {{LT_HEADER_NAME, lt}, {LT_HEADER_SCOPE_BEFORE, scope}};
    size_t count = scope.data != NULL ? 2 : 1;
    if (send(writer, tail->topic, key, value, headers, count, reterr) != 0) {
        return -1;
    }
    lt_chain_add(&tail->chain, key, value, lt);
    tail->seq++;
    tail->last = record->id;
    tail->touched = true;
    return 0;
}

static void apply_mark(struct writer *writer, const struct batch_mark *mark)
{
    struct tail *tail = &writer->tails[mark->feed];
    if (mark->incarnation != tail->incarnation) {
        tail->incarnation = mark->incarnation;
        tail->seq = 0;
        lt_topic_feed(tail->service, mark->incarnation, tail->topic);
        lt_chain_start(&tail->chain, tail->topic);
    }
    tail->state = mark->state;
    tail->last = mark->id;
    snprintf(tail->reason, sizeof(tail->reason), "%s", mark->reason);
    memcpy(tail->fingerprint, mark->fingerprint, FINGERPRINT_BYTES);
    tail->touched = true;
}

/* ---- positions ---- */

static int send_feed_position(struct writer *writer, struct tail *tail, struct lt_error *reterr)
{
    const struct lt_feed_position position = {
        .service = tail->service,
        .incarnation = tail->incarnation,
        .state = feed_state_name(tail->state),
        .reason = tail->reason,
        .next_seq = tail->seq + 1,
        .chain = lt_chain_bytes(&tail->chain),
        .commit_lsn = (int64_t)tail->last.lsn,
        .ordinal = tail->last.ordinal,
        .fingerprint = lt_bytes(tail->fingerprint, FINGERPRINT_BYTES),
        .at = lt_now(),
    };
    lt_buf_clear(&writer->scratch);
    lt_record_encode(LT_RECORD_FEED_POSITION, &position, &writer->scratch);
    tail->touched = false;
    return send(writer, writer->options.progress_topic, lt_bytes_text(tail->service),
                lt_buf_bytes(&writer->scratch), NULL, 0, reterr);
}

static int send_source_position(struct writer *writer,
                                const struct source_point *point,
                                struct lt_error *reterr)
{
    const struct writer_options *o = &writer->options;
    const struct lt_source_position position = {
        .source = o->source,
        .system_id = o->system_id,
        .timeline = o->timeline,
        .dboid = o->dboid,
        .slot = o->slot,
        .commit_lsn = (int64_t)point->commit_lsn,
        .xid = point->xid,
        .commit_time = point->commit_time,
        .ordinal = point->ordinal,
        .end_lsn = (int64_t)point->end_lsn,
        .safe_lsn = (int64_t)point->safe_lsn,
        .at = lt_now(),
    };
    lt_buf_clear(&writer->scratch);
    lt_record_encode(LT_RECORD_SOURCE_POSITION, &position, &writer->scratch);
    return send(writer, o->progress_topic, lt_bytes_text("source"), lt_buf_bytes(&writer->scratch),
                NULL, 0, reterr);
}

static int send_positions(struct writer *writer, const struct batch *batch, struct lt_error *reterr)
{
    for (size_t i = 0; i < writer->tail_count; i++) {
        if (writer->tails[i].touched &&
            send_feed_position(writer, &writer->tails[i], reterr) != 0) {
            return -1;
        }
    }
    return batch->has_source ? send_source_position(writer, &batch->source, reterr) : 0;
}

/* ---- a batch ---- */

static int send_all(struct writer *writer, const struct batch *batch, struct lt_error *reterr)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_record *record = &batch->records[i];
        int rc = record->to_predecessor ? send_end(writer, batch, record, reterr)
                                        : send_record(writer, batch, record, reterr);
        if (rc != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < batch->mark_count; i++) {
        apply_mark(writer, &batch->marks[i]);
    }
    return send_positions(writer, batch, reterr);
}

static int commit(struct writer *writer, struct lt_error *reterr)
{
    lt_log(LT_LOG_DEBUG, "commit_begun", NULL);
    int rc = lt_producer_commit(writer->producer, reterr);
    if (rc == 0) {
        lt_log(LT_LOG_DEBUG, "commit_ended", NULL);
    }
    return rc;
}

static int write_batch(struct writer *writer, const struct batch *batch, struct lt_error *reterr)
{
    if (lt_producer_begin(writer->producer, reterr) != 0 || send_all(writer, batch, reterr) != 0 ||
        commit(writer, reterr) != 0) {
        struct lt_error how;
        const char *topic = lt_producer_failed_topic(writer->producer, &how);
        return topic != NULL ? lt_fail_context(reterr, "writing to %s (%.100s)", topic, how.msg)
                             : -1;
    }
    if (batch->has_source) {
        writer->committed_safe = batch->source.safe_lsn;
        writer->committed_ms = lt_monotonic_ms();
    }
    return 0;
}

/* ---- seeing ---- */

static int look(struct writer *writer, int64_t wait_ms, struct lt_error *reterr)
{
    for (;;) {
        struct lt_message message;
        uint64_t safe = 0;
        int n = lt_reader_poll(writer->reader, wait_ms, &message, reterr);
        if (n <= 0) {
            return n < 0 ? lt_fail_context(reterr, "watching the progress topic") : 0;
        }
        if (progress_safe_lsn(&message, &safe) && safe > atomic_load(&writer->seen)) {
            atomic_store(&writer->seen, safe);
            wake(writer);
        }
        lt_message_release(&message);
        wait_ms = 0;
    }
}

static bool is_unseen(const struct writer *writer)
{
    return atomic_load(&writer->seen) < writer->committed_safe;
}

static int check_seen(struct writer *writer, struct lt_error *reterr)
{
    if (is_unseen(writer) &&
        lt_monotonic_ms() - writer->committed_ms > writer->options.bus->transaction_ms) {
        return lt_fail(reterr, LT_ERR_ABORT, "provider", 0,
                       "a committed position does not become readable");
    }
    return 0;
}

/* ---- the thread ---- */

static struct batch *next_batch(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->busy = false;
    writer->unseen = is_unseen(writer);
    if (writer->first == NULL && !writer->stop && !writer->unseen) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += IDLE_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_clockwait(&writer->changed, &writer->lock, CLOCK_MONOTONIC, &until);
    }
    struct batch *batch = writer->stop ? NULL : writer->first;
    if (batch != NULL) {
        writer->first = batch->next;
        writer->last = writer->first != NULL ? writer->last : &writer->first;
        writer->busy = true;
    }
    pthread_mutex_unlock(&writer->lock);
    return batch;
}

static void give_back(struct writer *writer, struct batch *batch)
{
    batch_clear(batch);
    pthread_mutex_lock(&writer->lock);
    batch->next = writer->free[batch->pool];
    writer->free[batch->pool] = batch;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
    wake(writer);
}

static int work(struct writer *writer, struct lt_error *reterr)
{
    struct batch *batch = next_batch(writer);
    int rc = batch != NULL ? write_batch(writer, batch, reterr) : 0;
    if (batch != NULL) {
        give_back(writer, batch);
    }
    if (rc != 0) {
        return -1;
    }
    return look(writer, is_unseen(writer) ? SEEN_POLL_MS : 0, reterr) == 0
               ? check_seen(writer, reterr)
               : -1;
}

static bool stopping(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    bool stop = writer->stop;
    pthread_mutex_unlock(&writer->lock);
    return stop;
}

static void *run(void *arg)
{
    struct writer *writer = arg;
    struct lt_error why;
    while (!stopping(writer)) {
        if (work(writer, &why) != 0) {
            pthread_mutex_lock(&writer->lock);
            writer->failed = true;
            writer->why = why;
            pthread_mutex_unlock(&writer->lock);
            wake(writer);
            break;
        }
    }
    return NULL;
}

/* ---- for the other threads ---- */

struct batch *writer_take(struct writer *writer, enum writer_pool pool)
{
    pthread_mutex_lock(&writer->lock);
    struct batch *batch = writer->free[pool];
    if (batch != NULL) {
        writer->free[pool] = batch->next;
        batch->next = NULL;
    }
    pthread_mutex_unlock(&writer->lock);
    return batch;
}

struct batch *writer_wait(struct writer *writer, enum writer_pool pool, int64_t ms)
{
    int64_t deadline = lt_monotonic_ms() + ms;
    for (;;) {
        struct batch *batch = writer_take(writer, pool);
        if (batch != NULL || lt_monotonic_ms() >= deadline) {
            return batch;
        }
        lt_sleep_ms(1);
    }
}

void writer_submit(struct writer *writer, struct batch *batch)
{
    if (batch_is_empty(batch)) {
        give_back(writer, batch);
        return;
    }
    pthread_mutex_lock(&writer->lock);
    batch->next = NULL;
    *writer->last = batch;
    writer->last = &batch->next;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
}

bool writer_failed(struct writer *writer, struct lt_error *ret_why)
{
    pthread_mutex_lock(&writer->lock);
    bool failed = writer->failed;
    if (failed) {
        *ret_why = writer->why;
    }
    pthread_mutex_unlock(&writer->lock);
    return failed;
}

bool writer_is_quiet(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    bool quiet = writer->first == NULL && !writer->busy && !writer->unseen && !writer->failed;
    pthread_mutex_unlock(&writer->lock);
    return quiet;
}

uint64_t writer_seen(struct writer *writer)
{
    return atomic_load(&writer->seen);
}

/* ---- life ---- */

static void copy_tails(struct writer *writer, const struct feeds *feeds)
{
    writer->tail_count = feeds->count;
    writer->tails = lt_alloc((feeds->count + 1) * sizeof(*writer->tails));
    for (size_t i = 0; i < feeds->count; i++) {
        const struct feed *feed = &feeds->items[i];
        struct tail *tail = &writer->tails[i];
        *tail = (struct tail){.service = feed->service->id,
                              .incarnation = feed->incarnation,
                              .seq = feed->seq,
                              .chain = feed->chain,
                              .state = feed->state,
                              .last = feed->last};
        snprintf(tail->topic, sizeof(tail->topic), "%s", feed->topic);
        snprintf(tail->reason, sizeof(tail->reason), "%s", feed->reason);
        memcpy(tail->fingerprint, feed->fingerprint, FINGERPRINT_BYTES);
    }
}

static void add_batches(struct writer *writer, enum writer_pool pool, int count)
{
    for (int i = 0; i < count; i++) {
        struct batch *batch = batch_new();
        batch->pool = (int)pool;
        batch->next = writer->free[pool];
        writer->free[pool] = batch;
    }
}

static void free_batches(struct batch *batch)
{
    while (batch != NULL) {
        struct batch *next = batch->next;
        batch_free(batch);
        batch = next;
    }
}

static void free_all(struct writer *writer)
{
    for (int i = 0; i < POOLS; i++) {
        free_batches(writer->free[i]);
    }
    free_batches(writer->first);
    lt_reader_close(writer->reader);
    lt_producer_close(writer->producer);
    lt_buf_fini(&writer->scratch);
    pthread_mutex_destroy(&writer->lock);
    pthread_cond_destroy(&writer->changed);
    free(writer->tails);
    free(writer);
}

struct writer *writer_start(const struct writer_options *options,
                            struct lt_producer *producer,
                            const struct feeds *feeds,
                            struct lt_error *reterr)
{
    struct writer *writer = lt_alloc(sizeof(*writer));
    writer->options = *options;
    writer->producer = producer;
    writer->last = &writer->first;
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->changed, NULL);
    copy_tails(writer, feeds);
    add_batches(writer, POOL_STREAM, STREAM_BATCHES);
    add_batches(writer, POOL_SNAPSHOT, SNAPSHOT_BATCHES);
    writer->reader = lt_reader_open(options->bus, true, LT_READ_STEADY, reterr);
    if (writer->reader == NULL || lt_reader_add(writer->reader, options->progress_topic,
                                                options->progress_offset, reterr) != 0) {
        free_all(writer);
        return NULL;
    }
    int rc = pthread_create(&writer->thread, NULL, run, writer);
    lt_assert(rc == 0);
    return writer;
}

void writer_stop(struct writer *writer)
{
    if (writer == NULL) {
        return;
    }
    pthread_mutex_lock(&writer->lock);
    writer->stop = true;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    free_all(writer);
}
