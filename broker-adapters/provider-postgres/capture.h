/**
 * @file
 * From the replication stream to batches: transactions, ordinals, the passage of the stored commit,
 * what belongs to which feed, the source position that each batch reaches.  Pure: messages and time
 * are handed in, nothing is sent.  One thread.
 */
#pragma once

#include "provider-postgres/feeds.h"
#include "provider-postgres/judge_source.h"
#include "provider-postgres/sync.h"

struct capture_relation;

/** Is the feed's table still the one that the feed began with?  Ends or renews the feed if not
 * (capture_end() ...).  Asked before the first row behind each announcement of the table: what the
 * server says of it then does not show all that happened to it, as a column that was away.  Fails
 * when nobody can tell. */
typedef int capture_look(void *arg, size_t feed, struct batch *batch, struct lt_error *reterr);

struct capture {
    struct feeds *feeds;
    struct lt_pgo *decoder;
    struct passage passage;
    struct capture_relation *relations;
    size_t relation_count, relation_cap;
    uint32_t root; /* the partitioned relation that was announced just now, or 0 */

    bool in_transaction;
    enum passage_step step; /* of the open transaction */
    uint64_t commit_lsn;
    int64_t xid;
    lt_time commit_time;
    int64_t ordinal; /* row messages so far */
    bool new_rows;   /* of the open transaction, beyond what is stored */

    struct source_point point;             /* reached between transactions */
    bool point_moved;                      /* since capture_seal() */
    bool gap;                              /* the stored commit is not in this WAL */
    uint64_t wal_end;                      /* decoded by the server, of the newest keepalive */
    int64_t (*withheld)[WITHHELD_REASONS]; /* by feed, since the caller took them */
    capture_look *look;                    /* NULL: nobody looks */
    void *look_arg;
};

/** stored NULL: nothing is stored but the slot's own start. */
void capture_start(struct capture *capture,
                   struct feeds *feeds,
                   const struct lt_source_position *stored,
                   const struct source_verdict *verdict);
void capture_fini(struct capture *capture);
void capture_looks(struct capture *capture, capture_look *look, void *arg);

/** One pgoutput message.  ABORT: the stored commit is not in this WAL: the source begins anew;
 * FATAL: the stream cannot be read. */
int capture_message(struct capture *capture,
                    struct lt_bytes message,
                    struct batch *batch,
                    int64_t now_ms,
                    struct lt_error *reterr) LT_MUST_CHECK;
/** A keepalive: the server has decoded up to wal_end. */
int capture_keepalive(struct capture *capture,
                      uint64_t wal_end,
                      struct lt_error *reterr) LT_MUST_CHECK;

/** Is all that the voucher speaks of captured?  Then its sync points go into the batch, one for
 * each feed that streams and has the fingerprint; *ret_points: how many.  Feeds with another
 * fingerprint are counted in *ret_changed. */
bool capture_vouch(struct capture *capture,
                   const struct voucher *voucher,
                   struct batch *batch,
                   size_t *ret_points,
                   size_t *ret_changed);

/** Gives the batch the source position it reaches; none while what is stored has not been passed.
 */
void capture_seal(struct capture *capture, struct batch *batch);

/** From now on no voucher fits the feed's fingerprint, also not when the table looks as before:
 * what changed meanwhile is not in the stream.  A mark in the batch. */
void capture_doubt(struct capture *capture, size_t feed, const char *reason, struct batch *batch);
/** The feed begins incarnation n+1, or stands still: marks in the batch. */
void capture_renew(struct capture *capture, size_t feed, const char *reason, struct batch *batch);
void capture_end(struct capture *capture, size_t feed, const char *reason, struct batch *batch);
