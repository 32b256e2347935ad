/*
 * Scrub (protocol 4.2).  An aborted record of the same id closes everything this id left open
 * in a partition, of any epoch, and carries the newest epoch to it; it never commits anything.
 *
 *   1. ask every topic for its last stable offset and high watermark
 *   2. nothing unreadable: done
 *   3. begin, one empty record for each unreadable topic, wait until the broker has them (an
 *      abort would drop what is still queued), abort
 */
#include "position/position.h"

#include <stdlib.h>

#define FLUSH_TIMEOUT_MS 30000

/* 1 unreadable, 0 fine, -1. */
static int is_unreadable(struct lt_asker *asker, const char *topic, struct lt_error *reterr)
{
    int64_t low, lso, hw;
    if (lt_asker_watermarks(asker, topic, &low, &lso, &hw, reterr) != 0) {
        return -1;
    }
    return lso < hw;
}

static int find_unreadable(struct lt_asker *asker,
                           const char *const *topics,
                           size_t count,
                           const char **unreadable,
                           size_t *ret_count,
                           struct lt_error *reterr)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        int rc = is_unreadable(asker, topics[i], reterr);
        if (rc < 0) {
            return -1;
        }
        if (rc > 0) {
            unreadable[found++] = topics[i];
        }
    }
    *ret_count = found;
    return 0;
}

static int send_empty_records(struct lt_producer *producer,
                              const char *const *topics,
                              size_t count,
                              struct lt_error *reterr)
{
    for (size_t i = 0; i < count; i++) {
        /* An empty key, since compacted topics refuse records without one. */
        if (lt_producer_send(producer, topics[i], lt_bytes("", 0), lt_bytes(NULL, 0), NULL, 0,
                             reterr) != 0) {
            return -1;
        }
    }
    return lt_producer_flush(producer, FLUSH_TIMEOUT_MS, reterr);
}

static int abort_one_transaction(struct lt_producer *producer,
                                 const char *const *topics,
                                 size_t count,
                                 struct lt_error *reterr)
{
    if (lt_producer_begin(producer, reterr) != 0) {
        return -1;
    }
    int sent = send_empty_records(producer, topics, count, reterr);
    int aborted = lt_producer_abort(producer, sent == 0 ? reterr : NULL);
    return sent == 0 && aborted == 0 ? 0 : -1;
}

int lt_scrub(struct lt_producer *producer,
             struct lt_asker *asker,
             const char *const *topics,
             size_t count,
             size_t *ret_scrubbed,
             struct lt_error *reterr)
{
    LT_CLEANUP(lt_freep) const char **unreadable = lt_alloc((count + 1) * sizeof *unreadable);
    size_t found;
    if (find_unreadable(asker, topics, count, unreadable, &found, reterr) != 0 ||
        (found > 0 && abort_one_transaction(producer, unreadable, found, reterr) != 0)) {
        return lt_fail_context(reterr, "scrub");
    }
    *ret_scrubbed = found;
    return 0;
}
