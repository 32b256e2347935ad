/**
 * @file
 * Logical replication: slots and the CopyBoth stream of pgoutput protocol 1.  Layer 2, one thread
 * at a time.  The session is opened with `replication` set.
 */
#pragma once

#include "base/clock.h"
#include "pg/conn.h"

struct lt_repl_system {
    char system_id[24];
    int64_t timeline;
    uint64_t wal; /**< flushed WAL position */
};
int lt_repl_identify(struct lt_pg *pg,
                     struct lt_repl_system *ret,
                     struct lt_error *reterr) LT_MUST_CHECK;

struct lt_repl_slot {
    uint64_t consistent; /**< commits that start before it are in the snapshot, others streamed */
    char snapshot[64];   /**< for SET TRANSACTION SNAPSHOT, until the next command here */
};
/** A pgoutput slot; a temporary one lives as long as this session. */
int lt_repl_slot_create(struct lt_pg *pg,
                        const char *name,
                        bool temporary,
                        struct lt_repl_slot *ret,
                        struct lt_error *reterr) LT_MUST_CHECK;
/** Drops a slot that nobody uses; waits for it to become free.  RETRY when it stays in use. */
int lt_repl_slot_drop(struct lt_pg *pg, const char *name, struct lt_error *reterr) LT_MUST_CHECK;

/** START_REPLICATION at `lsn` with the publication; messages are asked for too. */
int lt_repl_start(struct lt_pg *pg,
                  const char *slot,
                  const char *publication,
                  uint64_t lsn,
                  struct lt_error *reterr) LT_MUST_CHECK;

struct lt_repl_message {
    bool keepalive;       /**< else data */
    uint64_t wal_start;   /**< data only; not unique: events are known by (commit LSN, ordinal) */
    uint64_t wal_end;     /**< keepalive: decoded so far; data: the server's WAL end */
    bool reply;           /**< keepalive asks for a status at once */
    struct lt_bytes data; /**< the pgoutput message, good until the next call */
};
/** Takes one message without waiting: 1 and *ret, 0 none is here (wait on the socket, then call
 * again), -1: RETRY when the server went or ended the stream. */
int lt_repl_next(struct lt_pg *pg,
                 struct lt_repl_message *ret,
                 struct lt_error *reterr) LT_MUST_CHECK;

/** Standby status: `received` so far, `flushed` = the slot may forget what commits before. */
int lt_repl_status(struct lt_pg *pg, uint64_t received, uint64_t flushed, struct lt_error *reterr)
    LT_MUST_CHECK;

/** "16/B374D848" <-> number. */
int lt_lsn_parse(const char *text, uint64_t *ret, struct lt_error *reterr) LT_MUST_CHECK;
void lt_lsn_format(uint64_t lsn, char buf[24]);
