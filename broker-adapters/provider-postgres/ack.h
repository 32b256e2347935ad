/**
 * @file
 * What the slot may forget (architecture 4.1, protocol 11): only a position that a read_committed
 * reader of the progress topic has seen, since even a commit known to be good may be taken back.
 * Pure; times and threads are the caller's.
 *
 * While a snapshot runs, the answer is frozen: the changes after its point must come once more.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ack {
    uint64_t value; /**< never decreases, starts at the slot's confirmed position */
    bool frozen;
};
static inline void ack_start(struct ack *ack, uint64_t confirmed)
{
    *ack = (struct ack){.value = confirmed};
}
/** A position of this run was seen in the progress topic. */
static inline void ack_seen(struct ack *ack, uint64_t safe_lsn)
{
    if (!ack->frozen && safe_lsn > ack->value) {
        ack->value = safe_lsn;
    }
}
static inline void ack_freeze(struct ack *ack)
{
    ack->frozen = true;
}
