/**
 * @file
 * Identity of an event at the source: commit LSN of its transaction and ordinal among the row
 * messages of that transaction, from 1 (capture-and-apply L1: message LSNs are neither unique nor
 * ordered).  Pure.
 *
 * A point between transactions is (end LSN, 0): every commit before it starts below that LSN, every
 * commit after it at or above, with ordinals from 1.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct event_id {
    uint64_t lsn;
    int64_t ordinal;
};

static inline bool event_after(struct event_id a, struct event_id b)
{
    return a.lsn != b.lsn ? a.lsn > b.lsn : a.ordinal > b.ordinal;
}
