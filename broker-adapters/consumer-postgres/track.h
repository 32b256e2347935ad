/**
 * @file
 * One copy on its way: records read but not yet applied, and what was found wrong.  The loop feeds
 * it, flushes it, and asks what it needs.  One thread.
 */
#pragma once

#include "bus/bus.h"
#include "change/ids.h"
#include "consumer-postgres/applier.h"
#include "consumer-postgres/inbox.h"

/** What stops a copy; carried out after what came before it is applied. */
struct lt_fault {
    bool found;
    enum lt_copy_state state; /**< LT_COPY_DAMAGED or LT_COPY_STALE */
    int64_t expected, seen;
    const char *reason; /**< static */
};

struct lt_track {
    struct lt_copy *copy; /**< belongs to the list of copies */
    struct lt_shape *shape;
    char topic[LT_TOPIC_MAX];
    bool reading;             /**< assigned to the reader */
    bool unreadable;          /**< the broker refuses the topic at present */
    int64_t blocked_until_ms; /**< the database refused for good: wait (monotonic) */

    /* Of the stream's notice; see lt_track_notice(). */
    bool noticed;
    struct lt_stream_notice notice; /**< its texts belong to the inbox */

    /* Read, not yet handed over. */
    struct lt_pending pending;
    /* Where the copy will stand once all that was read is committed. */
    struct lt_stand to;
    struct lt_chain chain;
    bool chain_known;
    lt_time append_time;
    struct lt_fault fault;
    size_t holes; /**< compacted places passed over since somebody counted them */
};

struct lt_track *lt_track_new(void);
/** Releases the messages it holds. */
void lt_track_free(struct lt_track *track);
/** Puts the track where its copy stands; forgets what was read (protocol 4: never from memory).
 * Nothing of it is under way. */
void lt_track_rewind(struct lt_track *track);
/** Takes over what the inbox says of the stream now; true when it began or ceased to say anything.
 * A stream without a notice must not be read: nothing says how to judge its records. */
bool lt_track_notice(struct lt_track *track, const struct lt_inbox *inbox);

/** Takes one message of the stream (which has a notice); owns it afterwards. */
void lt_track_feed(struct lt_track *track, struct lt_message *message, lt_time now);
/** Begins again what did not reach its own end in time; forgets what was read and not applied. */
void lt_track_check_age(struct lt_track *track, lt_time now);
bool lt_track_is_full(const struct lt_track *track, size_t max_records, size_t max_bytes);

/** Clock and append time that stamps are made with. */
struct lt_track_clock {
    lt_time now, newest_append;
    bool trusted;
};
/** True and *ret when the copy, once all it holds is applied, may be stamped anew.  as_active:
 * judge it as if it were shown (for the switch). */
bool lt_track_stamp(const struct lt_track *track,
                    const struct lt_track_clock *clock,
                    bool as_active,
                    struct lt_worth *ret);

/** Is there something to hand over: records, a stamp that is due, the end of a first reading? While
 * a batch of the track is under way, only to be asked when records are pending. */
bool lt_track_has_work(const struct lt_track *track, const struct lt_track_clock *clock);
/** Decodes what is pending, so that this is done while another batch is under way. */
void lt_track_decode(struct lt_track *track);
/** Hands what is pending to the applier, with the stamp that it makes due; false: there is nothing
 * to do.  Nothing is under way. */
bool lt_track_send(struct lt_track *track,
                   struct lt_target *target,
                   struct lt_applier *applier,
                   const struct lt_track_clock *clock);
/** Is the copy, once all that was read is committed, a complete one that waits to be shown? */
bool lt_track_is_loaded(const struct lt_track *track);
/** Highest seq that the inbox promises; LT_TIME_NONE when it promises none. */
int64_t lt_track_promised(const struct lt_track *track);
