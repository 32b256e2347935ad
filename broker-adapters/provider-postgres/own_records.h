/**
 * @file
 * A feed's own records: sync points and the `end` of an incarnation (architecture 3).  Pure.
 */
#pragma once

#include "provider-postgres/batch.h"

/** A sync point of a feed at T. */
void own_sync(struct batch *batch,
              uint32_t feed,
              lt_time time,
              uint64_t lsn,
              const uint8_t fingerprint[FINGERPRINT_BYTES],
              struct event_id id);
/** The last record, number seq, of the incarnation before `successor`. */
void own_end(struct batch *batch,
             uint32_t feed,
             int64_t seq,
             int64_t successor,
             const char *reason,
             struct event_id id,
             lt_time time);
