/**
 * @file
 * Start-up at the source: does what is stored still fit the server and its slot?  PostgreSQL would
 * hide a gap or a rewound database (it forwards a start position that is behind the slot), so this
 * is decided before the stream is asked for.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "record/records.h"

enum slot_state {
    SLOT_NONE, /**< no slot of that name */
    SLOT_GOOD,
    SLOT_BAD, /**< lost, of another plugin or database, physical, temporary */
};

/** What the server says now. */
struct source_facts {
    const char *system_id;
    int64_t timeline, dboid;
    uint64_t wal; /**< flushed WAL position */
    const char *slot_name;
    enum slot_state slot;
    uint64_t confirmed; /**< confirmed_flush_lsn, when SLOT_GOOD */
};

struct source_verdict {
    bool fresh; /**< begin anew: every feed gets a new incarnation, the slot is made again */
    const char *reason; /**< of a fresh start; static text */
    uint64_t start;     /**< else: where the stream starts */
    bool must_pass;     /**< else: the stored commit must come by before anything newer */
};

/** stored NULL: no position.  The table of capture-and-apply 4a with the rows of architecture 4.1.
 */
struct source_verdict judge_source(const struct lt_source_position *stored,
                                   const struct source_facts *facts);

/* ---- the stored commit comes by ---- */

enum passage_step {
    PASSAGE_BEFORE, /**< everything of this transaction was counted before */
    PASSAGE_SAME,   /**< the stored transaction itself */
    PASSAGE_AFTER,  /**< newer than what is stored */
    PASSAGE_GAP,    /**< the stored commit is not in this WAL: another history */
};
struct passage {
    uint64_t commit_lsn;
    int64_t xid, commit_time;
    int64_t ordinal; /**< LT_NULL: the transaction was complete */
    bool must_pass, passed;
};
void passage_start(struct passage *passage,
                   const struct lt_source_position *stored, /**< NULL: nothing to pass */
                   const struct source_verdict *verdict);
/** A transaction begins.  A position of xid 0 is a slot's own start: there is nothing to pass. */
enum passage_step
passage_begin(struct passage *passage, uint64_t commit_lsn, int64_t xid, int64_t commit_time);
/** A transaction ended; the stored one has then been passed. */
void passage_commit(struct passage *passage, uint64_t commit_lsn);
/** The server has decoded up to wal_end: false when the stored commit should have come by. */
bool passage_keepalive(struct passage *passage, uint64_t wal_end);
