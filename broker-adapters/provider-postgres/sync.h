/**
 * @file
 * Sync points (architecture 4.2): a thread with an ordinary session that takes T, then the
 * fingerprints, then an LSN L.  The main thread vouches for T once everything before L is in the
 * feeds.
 */
#pragma once

#include "provider-postgres/feeds.h"
#include "provider-postgres/source.h"

struct voucher {
    lt_time time;                               /**< T */
    uint64_t lsn;                               /**< L */
    uint8_t (*fingerprints)[FINGERPRINT_BYTES]; /**< by feed */
};

struct sync;
/** feeds stays fixed while the thread lives. */
struct sync *sync_start(const struct provider_conf *conf,
                        const struct feeds *feeds,
                        const struct source *source,
                        int64_t interval_ms,
                        int wake_fd);
void sync_stop(struct sync *sync);
LT_DEFINE_CLEANUP(struct sync, sync_stop)
/** The voucher that waits, or NULL; it stays the same until sync_release(). */
const struct voucher *sync_peek(struct sync *sync);
void sync_release(struct sync *sync);
