/**
 * @file
 * The progress topic: where the adapter stands in its source and in each feed.  Keys: `source`, or
 * the service's id.
 */
#pragma once

#include "bus/bus.h"
#include "record/records.h"

struct progress {
    struct lt_arena *arena;
    struct lt_source_position *source; /**< NULL: none */
    struct lt_feed_position *feeds;
    size_t feed_count;
    int64_t next_offset;
    int64_t garbage; /**< keys with bytes that we did not write */
};
/** Zero-initialise; progress_fini() releases. */
void progress_fini(struct progress *progress);
/** Everything up to the high watermark noted at the call (protocol 4.3). */
int progress_read(struct progress *progress,
                  const struct lt_bus *bus,
                  const char *topic,
                  int64_t timeout_ms,
                  struct lt_error *reterr) LT_MUST_CHECK;
const struct lt_feed_position *progress_feed(const struct progress *progress, const char *service);
/** Is this record a source position?  Then its safe LSN (for the acknowledgement). */
bool progress_safe_lsn(const struct lt_message *message, uint64_t *ret_safe);
