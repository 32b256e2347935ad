/**
 * @file
 * The writer: a thread that turns each batch into one Kafka transaction with the positions it
 * reaches, in the order of submission, and watches its own progress topic to learn what has become
 * visible.  So replies to PostgreSQL never wait for Kafka.
 *
 * After the first failure it does nothing more: the run ends and starts over from what is stored.
 */
#pragma once

#include "bus/bus.h"
#include "provider-postgres/feeds.h"

enum writer_pool { POOL_STREAM, POOL_SNAPSHOT, POOLS };

struct writer_options {
    const struct lt_bus *bus;
    const char *progress_topic;
    int64_t progress_offset; /**< where the reading of the progress topic ended */
    const char *source;
    const char *system_id; /**< these five name the source in its position */
    int64_t timeline, dboid;
    const char *slot;
    int wake_fd; /**< eventfd, written when something changed */
};

struct writer;
/** Takes the producer over (init_transactions done) and copies where each feed stands; feeds stays
 * fixed while the writer lives. */
struct writer *writer_start(const struct writer_options *options,
                            struct lt_producer *producer,
                            const struct feeds *feeds,
                            struct lt_error *reterr) LT_MUST_CHECK;
/** Ends the thread after the transaction in work; what is queued is dropped. */
void writer_stop(struct writer *writer);
LT_DEFINE_CLEANUP(struct writer, writer_stop)

/** An empty batch of the pool, or NULL when all are under way.  Any thread. */
struct batch *writer_take(struct writer *writer, enum writer_pool pool);
/** The same, waiting up to ms. */
struct batch *writer_wait(struct writer *writer, enum writer_pool pool, int64_t ms);
/** Hands a batch over; an empty one goes back at once.  Any thread. */
void writer_submit(struct writer *writer, struct batch *batch);

/** Has the writer failed?  Then why.  Any thread. */
bool writer_failed(struct writer *writer, struct lt_error *ret_why);
/** Everything submitted is committed and its position was seen.  Any thread. */
bool writer_is_quiet(struct writer *writer);
/** Safe LSN of the newest source position of this run that a read_committed reader has seen; 0
 * before the first.  Any thread. */
uint64_t writer_seen(struct writer *writer);
