/**
 * @file
 * What a lane asks of the world.  The lanes' code (lane.h) holds every decision of protocol.md and
 * does no I/O; it runs unchanged over Kafka (shell_*.c) and over the simulation's model of Kafka.
 * Every call may block up to the port's own limits; all calls of one lane come from one thread.
 *
 * Failing calls return -1 with a class: RETRY = unreadable for longer than the transaction
 * time-out, both lanes start over (protocol 4.3); ABORT = start over from what is stored;
 * REJECT = this stream's topic alone fails (the lane ejects it); FATAL = fenced or broken, leave.
 */
#pragma once

#include "change/lt_header.h"
#include "routing/cursor.h"
#include "routing/stand.h"

/** One record of a feed, as the lane sees it; `body` is the port's own. */
struct lane_record {
    const struct lane_feed *feed; /**< as given to feed_open() */
    int64_t offset, seq;
    enum lt_op op;
    lt_time time, append_time;
    lt_time sync_time; /**< T, op sync only */
    bool unknown;      /**< unreadable: who had the row cannot be told from the record */
    const void *body;
};

/** The committed record of a stream topic with the highest seq; seq 0: there is none. */
struct lane_tail {
    int64_t seq, last; /**< last: the feed seq it was made from */
};

enum lane_right {
    LANE_MAY,  /**< DX-1 holds clause by clause */
    LANE_HOLD, /**< a clause fails that may hold again */
    LANE_OVER, /**< a final clause fails: the connection is over */
};
/** What control says of a connection at this moment (DX-1). */
struct lane_terms {
    char service[LT_ID_MAX];
    int64_t incarnation; /**< current one of the feed; 0: none yet */
    int64_t agreement, scope_version;
    int32_t key_schema, value_schema;
    bool filtered;      /**< has a row filter: out-of-scope keys must not leak */
    lt_time window;     /**< in which topics are complete logs */
    lt_time sync_every; /**< how often the copy needs a new T */
    struct lane_use use;
    enum lane_right right;
    bool muted; /**< its application's inbox refuses: nothing can be told, so nothing sent */
    const char *clause;  /**< first failing clause, static text; "" when none */
    int64_t hold_number; /**< highest control number of a hold on the connection or its service */
    int64_t generation_base; /**< this epoch's generations lie above it (change/ids.h) */
    lt_time until; /**< before then only another terms_version or day_count gives another answer */
};

/** What the diary is told of a stream beside its cursor. */
struct lane_decision {
    enum lane_state from;
    const char *clause, *reason;
    lt_time at; /**< since when */
};

struct lane_keys;

struct lane_port {
    void *arg;
    lt_time (*now)(void *arg);

    /* Start (protocol 4). */
    int (*init)(void *arg, struct lt_error *reterr);  /**< step 1: fence */
    int (*scrub)(void *arg, struct lt_error *reterr); /**< step 2 */
    /** Steps 3 and 5.1: calls lt_lane_take_stream()/lt_lane_take_feed() for each committed cursor
     * record, in order: the whole partition up to the high watermark noted at the call, or what
     * came since, up to the last stable offset. */
    int (*read_cursors)(void *arg, bool whole, struct lt_error *reterr);
    /** Brings the fold up to date and asks what every stream depends on; 1: fresh, and the diary
     * can be written; 0: do nothing now (fail closed), *ret_stand says why and since when, or has
     * no clause while it is only a pause. */
    int (*control)(void *arg,
                   int64_t *ret_number,
                   struct lane_stand *ret_stand,
                   struct lt_error *reterr);
    /** 1: any partition of the bucket unreadable for longer than the time-out
     * (step 5.4).  FATAL: another process holds the transactional id: an idle lane has nothing to
     * write, so it must ask to see the fence (step 4.1).  ABORT: the topic of a LIVE stream with
     * records is gone: starting over judges its tail. */
    int (*stuck)(void *arg, struct lt_error *reterr);

    /* Control, valid until the next control(). */
    /** Another number than ever before when terms() or each_connection() may answer otherwise. */
    int64_t (*terms_version)(void *arg);
    void (*each_connection)(void *arg,
                            void (*visit)(void *visit_arg, const char *connection),
                            void *visit_arg);
    /** false: no such connection (any more). */
    bool (*terms)(void *arg, const char *connection, int64_t day_count, struct lane_terms *ret);
    /** Gap reports that came in since the last call (live lane). */
    int (*gap_reports)(void *arg,
                       void (*visit)(void *visit_arg, const char *stream),
                       void *visit_arg,
                       struct lt_error *reterr);

    /* Stream topics. */
    int (*topic_exists)(void *arg, const struct lane_stream *stream, struct lt_error *reterr);
    /** The tail, after waiting until the topic is readable to its high watermark; a missing topic
     * has none. */
    int (*tail)(void *arg,
                const struct lane_stream *stream,
                struct lane_tail *ret,
                struct lt_error *reterr);
    /** Reads the committed records seq+1 .. tail->seq back into *stream (seq, last, page, chain).
     * 1: all there; 0: not. */
    int (*adopt)(void *arg,
                 struct lane_stream *stream,
                 const struct lane_tail *tail,
                 struct lt_error *reterr);
    /** The keys a load has delivered, from the stream topic (protocol 8.3). */
    int (*load_keys)(void *arg,
                     const struct lane_stream *stream,
                     struct lane_keys *keys,
                     struct lt_error *reterr);

    /* Feeds. */
    /** 1: *ret_seq is the feed seq of the last committed record, 0 when empty; 0: the feed's topic
     * is not there yet. */
    int (*feed_end)(void *arg,
                    const struct lane_feed *feed,
                    int64_t *ret_seq,
                    struct lt_error *reterr);
    /** The next records come from behind `after` (records below may come again); `offset`: where
     * that is when known, else -1.  `feed` stays valid until the next open of it or close. */
    int (*feed_open)(void *arg,
                     const struct lane_feed *feed,
                     int64_t after,
                     int64_t offset,
                     struct lt_error *reterr);
    /** No records of the feed until it is opened again. */
    int (*feed_close)(void *arg, const struct lane_feed *feed, struct lt_error *reterr);
    /** Live lane: the streams that affected() reports for this feed, until told anew. */
    int (*live_set)(void *arg,
                    const struct lane_feed *feed,
                    struct lane_stream *const *streams,
                    size_t count,
                    struct lt_error *reterr);
    /** One record of any open feed: 1, or 0 when the batch should end here. */
    int (*next)(void *arg, struct lane_record *ret, struct lt_error *reterr);
    /** Live lane: each stream of the set that has the row in scope before or after; of an unknown
     * record each filtered one, with before: it may have had the row. */
    int (*affected)(void *arg,
                    const struct lane_record *record,
                    int (*visit)(void *visit_arg,
                                 const struct lane_stream *stream,
                                 bool before,
                                 bool after,
                                 struct lt_error *reterr),
                    void *visit_arg,
                    struct lt_error *reterr);
    /** Catch-up lane: the same for one stream. */
    int (*effect)(void *arg,
                  const struct lane_record *record,
                  const struct lane_stream *stream,
                  bool *ret_before,
                  bool *ret_after,
                  struct lt_error *reterr);
    /** Moves the feed's chain value over the record. */
    void (*feed_chain)(void *arg, struct lane_feed *feed, const struct lane_record *record);
    /** 16 bytes that stand for the record's key. */
    void (*key_hash)(void *arg, const struct lane_record *record, uint8_t ret[16]);

    /* The transaction.  begin() comes before the first put. */
    int (*begin)(void *arg, struct lt_error *reterr);
    /** The record shaped for the stream; stream->seq is the new seq, stream->chain moves on. */
    int (*deliver)(void *arg,
                   struct lane_stream *stream,
                   const struct lane_record *record,
                   enum lt_op op,
                   struct lt_error *reterr);
    int (*put_stream)(void *arg, const struct lane_stream *stream, struct lt_error *reterr);
    int (*put_feed)(void *arg, const struct lane_feed *feed, struct lt_error *reterr);
    /** The inbox record, complete in itself; over: the connection itself is over. */
    int (*put_notice)(void *arg,
                      const struct lane_stream *stream,
                      bool over,
                      struct lt_error *reterr);
    /** The stream's page, closed. */
    int (*put_note)(void *arg, const struct lane_stream *stream, struct lt_error *reterr);
    int (*put_decision)(void *arg,
                        const struct lane_stream *stream,
                        const struct lane_decision *decision,
                        struct lt_error *reterr);
    /** The lane stands still; over: it goes on, the record is removed. */
    int (*put_stand)(void *arg, const struct lane_stand *stand, bool over, struct lt_error *reterr);
    /** 0 = certainly decided; anything else: start over (protocol 5.3). */
    int (*commit)(void *arg, struct lt_error *reterr);
};
