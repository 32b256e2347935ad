#include "consumer-postgres/follow_priv.h"

#include "base/log.h"
#include "base/mem.h"
#include "change/ids.h"

#include <stdlib.h>
#include <string.h>

struct lt_track *lt_follow_track(struct follow *f, const char *topic)
{
    if (f->last_track && strcmp(f->last_track->topic, topic) == 0)
        return f->last_track;
    for (size_t i = 0; i < f->track_count; i++)
        if (strcmp(f->tracks[i]->topic, topic) == 0)
            return f->last_track = f->tracks[i];
    return NULL;
}

static void stop_reading(struct follow *f, struct lt_track *track)
{
    if (track->reading && f->reader && lt_reader_remove(f->reader, track->topic, NULL))
        lt_log(LT_LOG_DEBUG, "topic_not_read", "topic", track->topic, NULL);
    track->reading = false;
}

static int start_reading(struct follow *f, struct lt_track *track, struct lt_error *reterr)
{
    const int64_t from = track->to.next_offset;
    if (lt_reader_add(f->reader, track->topic, from ? from : LT_OFFSET_BEGIN, reterr))
        return -1;
    track->reading = true;
    return 0;
}

void lt_follow_block(struct follow *f, struct lt_track *track)
{
    stop_reading(f, track);
    lt_track_rewind(track);
    track->blocked_until_ms = lt_monotonic_ms() + BLOCKED_MS;
}

void lt_follow_tracks_fini(struct follow *f)
{
    for (size_t i = 0; i < f->track_count; i++) {
        stop_reading(f, f->tracks[i]);
        lt_track_free(f->tracks[i]);
    }
    free(f->tracks);
    f->tracks = NULL;
    f->track_count = 0;
    f->last_track = NULL;
}

void lt_follow_notices(struct follow *f)
{
    if (!f->notices_stale)
        return;
    f->notices_stale = false;
    for (size_t i = 0; i < f->track_count; i++)
        f->tracks_stale = lt_track_notice(f->tracks[i], f->inbox) || f->tracks_stale;
}

/* ---- after loading ---- */

/* A closed copy gets nothing more: its stream is over, or its scope. */
static bool is_followed(const struct lt_copy *copy)
{
    return (copy->is.state == LT_COPY_LOADING || copy->is.state == LT_COPY_ACTIVE) &&
           !copy->is.terms.closed[0];
}

struct lt_shape *lt_follow_shape(const struct follow *f,
                                 int32_t key_schema,
                                 int32_t value_schema,
                                 struct lt_error *reterr)
{
    const char *key = lt_inbox_schema(f->inbox, key_schema);
    const char *value = lt_inbox_schema(f->inbox, value_schema);
    if (key && value)
        return lt_shape_new(key, value, reterr);
    lt_fail(reterr, LT_ERR_REJECT, "consumer", 0, "the inbox does not hold schema %d",
            key ? value_schema : key_schema);
    return NULL;
}

/* A new track; NULL when the copy cannot be followed, which is said in the log. */
static struct lt_track *new_track(struct follow *f, struct lt_copy *copy, struct lt_error *reterr)
{
    struct lt_track *track = lt_track_new();
    struct lt_error err = {0};
    track->copy = copy;
    lt_topic_stream(copy->stream, track->topic);
    track->shape = lt_follow_shape(f, copy->key_schema, copy->value_schema, &err);
    if (track->shape && lt_target_check(f->target, copy, track->shape, &err) == 0) {
        lt_track_rewind(track);
        return track;
    }
    lt_track_free(track);
    if (err.class == LT_ERR_RETRY && reterr)
        *reterr = err;
    else
        lt_log_error(LT_LOG_ERROR, "copy_not_followed", &err, "stream", copy->stream, NULL);
    return NULL;
}

/* Keeps an old track where the database agrees with it, else rewinds it. */
static int settle_track(struct follow *f, struct lt_track *track, struct lt_error *reterr)
{
    const struct lt_stand *at = &track->copy->is.at;
    lt_track_notice(track, f->inbox);
    if (track->noticed && track->reading && !track->fault.found && track->to.seq == at->seq &&
        track->to.next_offset >= at->next_offset)
        return 0;
    stop_reading(f, track);
    lt_track_rewind(track);
    if (!track->noticed || track->blocked_until_ms > lt_monotonic_ms())
        return 0;
    track->blocked_until_ms = 0;
    return start_reading(f, track, reterr);
}

/* Before anything new is read: two copies of one stream share a topic. */
static void drop_others(struct follow *f, const struct lt_copies *copies)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->track_count; i++) {
        struct lt_track *track = f->tracks[i];
        const struct lt_copy *copy = lt_copies_find(copies, track->copy->is.copy);
        if (copy && is_followed(copy)) {
            f->tracks[kept++] = track;
            continue;
        }
        stop_reading(f, track);
        lt_track_free(track);
    }
    f->track_count = kept;
    f->last_track = NULL;
}

static struct lt_track *find_old(const struct follow *f, size_t count, int copy_number)
{
    for (size_t i = 0; i < count; i++)
        if (f->tracks[i]->copy->is.copy == copy_number)
            return f->tracks[i];
    return NULL;
}

/* The old list of copies is still there: old tracks point into it until they are found again. */
static int build_tracks(struct follow *f, struct lt_copies *copies, struct lt_error *reterr)
{
    drop_others(f, copies);
    const size_t old_count = f->track_count;
    f->tracks = lt_realloc(f->tracks, (copies->count + 1) * sizeof(*f->tracks));
    for (size_t i = 0; i < copies->count; i++) {
        struct lt_copy *copy = &copies->list[i];
        if (!is_followed(copy))
            continue;
        struct lt_track *track = find_old(f, old_count, copy->is.copy);
        if (track) {
            track->copy = copy;
            continue;
        }
        struct lt_error err = {0};
        track = new_track(f, copy, &err);
        if (track)
            f->tracks[f->track_count++] = track;
        else if (err.class != LT_ERR_NONE)
            return *reterr = err, -1;
    }
    for (size_t i = 0; i < f->track_count; i++)
        if (settle_track(f, f->tracks[i], reterr))
            return -1;
    return 0;
}

int lt_follow_reload(struct follow *f, struct lt_error *reterr)
{
    struct lt_error err = {0};
    struct lt_copies copies = {0};
    if (lt_follow_settle(f, reterr) || lt_target_load(f->target, &copies, reterr))
        return -1;
    f->tracks_stale = false;
    const int rc = build_tracks(f, &copies, &err);
    if (rc)
        lt_follow_tracks_fini(f); /* some still point into the old list */
    lt_copies_fini(&f->copies);
    f->copies = copies;
    if (rc && reterr)
        *reterr = err;
    return rc;
}
