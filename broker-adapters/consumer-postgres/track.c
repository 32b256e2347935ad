#include "consumer-postgres/track.h"

#include "base/mem.h"

#include <stdlib.h>

struct lt_track *lt_track_new(void)
{
    struct lt_track *track = lt_alloc(sizeof(*track));
    lt_pending_init(&track->pending);
    return track;
}

void lt_track_free(struct lt_track *track)
{
    if (!track)
        return;
    lt_pending_fini(&track->pending);
    lt_shape_free(track->shape);
    free(track);
}

void lt_track_rewind(struct lt_track *track)
{
    lt_pending_clear(&track->pending);
    track->to = track->copy->is.at;
    track->chain = track->copy->chain;
    track->chain_known = track->copy->chain_known;
    track->append_time = LT_TIME_NONE;
    track->fault = (struct lt_fault){0};
    track->holes = 0;
    if (track->to.seq == 0) {
        lt_chain_start(&track->chain, track->topic);
        track->chain_known = true;
    }
}

bool lt_track_notice(struct lt_track *track, const struct lt_inbox *inbox)
{
    const bool before = track->noticed;
    const struct lt_notice *notice = lt_inbox_stream(inbox, track->copy->stream);
    track->noticed = notice != NULL;
    if (notice)
        track->notice = notice->is;
    return track->noticed != before;
}

/* ---- feeding ---- */

static void
find_fault(struct lt_track *track, enum lt_copy_state state, int64_t seen, const char *reason)
{
    track->fault = (struct lt_fault){.found = true,
                                     .state = state,
                                     .expected = track->to.seq + 1,
                                     .seen = seen,
                                     .reason = reason};
}

static void
take_record(struct lt_track *track, struct lt_message *message, const struct lt_header *header)
{
    lt_chain_add(&track->chain, message->key, message->value, message->lt);
    track->to.seq = header->seq;
    track->to.next_offset = message->offset + 1;
    track->append_time = LT_MAX(track->append_time, message->append_time);
    lt_pending_take(&track->pending, message, header);
}

static void judge_record(struct lt_track *track,
                         struct lt_message *message,
                         const struct lt_header *header,
                         lt_time now)
{
    /* All rows under a stamp have one scope version (protocol 10). */
    if (header->agreement != track->notice.agreement ||
        header->scope_version != track->notice.scope_version) {
        find_fault(track, LT_COPY_DAMAGED, header->seq, "terms");
        return;
    }
    switch (lt_gap_judge(&track->to, header->seq, message->offset, message->append_time,
                         track->notice.window, now)) {
    case LT_GAP_SEEN:
        track->to.next_offset = LT_MAX(track->to.next_offset, message->offset + 1);
        return;
    case LT_GAP_HOLE:
        track->chain_known = false;
        track->holes++;
        take_record(track, message, header);
        return;
    case LT_GAP_NEXT:
        take_record(track, message, header);
        return;
    case LT_GAP_REPORT:
        find_fault(track, LT_COPY_DAMAGED, header->seq, "gap");
        return;
    case LT_GAP_REREAD:
        find_fault(track, LT_COPY_STALE, header->seq, "cleaned");
        return;
    }
}

void lt_track_feed(struct lt_track *track, struct lt_message *message, lt_time now)
{
    struct lt_header header;
    lt_assert(track->noticed);
    if (!track->fault.found) {
        track->unreadable = false;
        if (!message->key.data || lt_header_parse(message->lt, &header, NULL) || header.on_feed)
            find_fault(track, LT_COPY_DAMAGED, 0, "foreign record");
        else
            judge_record(track, message, &header, now);
    }
    lt_message_release(message);
}

void lt_track_check_age(struct lt_track *track, lt_time now)
{
    const struct lt_copy_facts *is = &track->copy->is;
    if (!track->noticed || track->fault.found || is->state != LT_COPY_LOADING ||
        !lt_gap_overdue(&is->at, is->begun, track->notice.window, now))
        return;
    lt_track_rewind(track);
    find_fault(track, LT_COPY_STALE, 0, "overdue");
}

bool lt_track_is_full(const struct lt_track *track, size_t max_records, size_t max_bytes)
{
    return track->pending.count >= max_records || lt_batch_bytes(track->pending.batch) >= max_bytes;
}

/* ---- handing over ---- */

bool lt_track_stamp(const struct lt_track *track,
                    const struct lt_track_clock *clock,
                    bool as_active,
                    struct lt_worth *ret)
{
    const struct lt_copy_facts *is = &track->copy->is;
    const struct lt_stamp_facts facts = {
        .active = (as_active || is->state == LT_COPY_ACTIVE) && !track->fault.found,
        .at = track->to,
        .sync_time = track->noticed ? track->notice.sync_time : LT_TIME_NONE,
        .sync_seq = track->notice.sync_seq,
        .append_time = clock->newest_append,
        .now = clock->now,
        .clock_trusted = clock->trusted,
        .terms = is->terms,
        .old = is->worth,
    };
    return lt_stamp_due(&facts, ret);
}

/* The end of the first reading counts for switch and stamp, so reaching it is stored even when
 * only markers lie behind the last record. */
static bool reached_e0(const struct lt_track *track)
{
    const struct lt_stand *at = &track->copy->is.at;
    return at->next_offset < at->e0 && track->to.next_offset >= at->e0;
}

bool lt_track_has_work(const struct lt_track *track, const struct lt_track_clock *clock)
{
    struct lt_worth worth;
    return track->pending.count || lt_track_stamp(track, clock, false, &worth) || reached_e0(track);
}

void lt_track_decode(struct lt_track *track)
{
    if (track->pending.count && !track->pending.rows)
        lt_pending_decode(&track->pending, track->shape, track->copy->key_schema,
                          track->copy->value_schema);
}

bool lt_track_send(struct lt_track *track,
                   struct lt_target *target,
                   struct lt_applier *applier,
                   const struct lt_track_clock *clock)
{
    struct lt_worth worth;
    if (!lt_track_has_work(track, clock))
        return false;
    const bool due = lt_track_stamp(track, clock, false, &worth);
    lt_track_decode(track);
    const struct lt_apply apply = {.copy = track->copy,
                                   .shape = track->shape,
                                   .batch = track->pending.batch,
                                   .rows = track->pending.rows,
                                   .count = track->pending.row_count,
                                   .to = track->to,
                                   .chain = track->chain,
                                   .chain_known = track->chain_known,
                                   .append_time = track->append_time,
                                   .worth = due ? &worth : NULL};
    lt_applier_submit(applier, target, &apply, &track->pending);
    track->append_time = LT_TIME_NONE;
    return true;
}

bool lt_track_is_loaded(const struct lt_track *track)
{
    const struct lt_copy_facts *is = &track->copy->is;
    return is->state == LT_COPY_LOADING && track->noticed && track->notice.load_seq != LT_NULL &&
           track->to.seq >= track->notice.load_seq && track->to.next_offset >= is->at.e0;
}

int64_t lt_track_promised(const struct lt_track *track)
{
    /* LT_NULL and LT_TIME_NONE are the same smallest number. */
    return track->noticed ? LT_MAX(track->notice.load_seq, track->notice.sync_seq) : LT_TIME_NONE;
}
