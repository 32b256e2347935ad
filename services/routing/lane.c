#include "routing/lane_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct lane *
lt_lane_new(enum lane_id id, const struct lane_port *port, const struct lane_options *options)
{
    struct lane *lane = lt_alloc(sizeof(*lane));
    lane->id = id;
    lane->port = port;
    lane->options = *options;
    lt_lane_restart(lane);
    return lane;
}

void lt_lane_free(struct lane *lane)
{
    if (!lane)
        return;
    lt_lane_view_fini(&lane->view);
    free(lane);
}

void lt_lane_restart(struct lane *lane)
{
    lane->phase = LANE_INIT;
    lane->writing = false;
    lane->settled = false;
    lane->reading_at = -1;
    if (MUTANT(FENCE_LATE))
        lane->phase = LANE_CURSORS;
}

bool lt_lane_is_running(const struct lane *lane)
{
    return lane->phase == LANE_RUN || lane->phase == LANE_COMMIT;
}

const struct lane_view *lt_lane_view(const struct lane *lane)
{
    return &lane->view;
}

void lt_lane_eject(struct lane *lane, const char *stream)
{
    for (size_t i = 0; i < lane->ejected_count; i++)
        if (strcmp(lane->ejected[i], stream) == 0)
            return;
    struct lane_slot *slot = lt_lane_view_find(&lane->view, stream);
    if (slot)
        lt_lane_view_due(&lane->view, slot);
    if (lane->ejected_count < LANE_EJECTED_MAX)
        snprintf(lane->ejected[lane->ejected_count++], LT_TOPIC_MAX, "%s", stream);
}

/* Starting: every record counts.  Running: only the other lane's, since own memory has moved with
 * each certain commit (protocol 5.1). */
static bool takes_over(const struct lane *lane, enum lane_id writer)
{
    return !lt_lane_is_running(lane) || writer != lane->id;
}

void lt_lane_take_stream(struct lane *lane, const struct lane_stream *stream)
{
    lane->view.highest = LT_MAX(lane->view.highest, stream->control);
    if (!takes_over(lane, stream->writer))
        return;
    struct lane_slot *slot = lt_lane_view_slot(&lane->view, stream->connection, stream->generation);
    lt_lane_view_set(&lane->view, slot, stream);
    lane->view.regroup = true;
    slot->judged = false;
    slot->fault = NULL;
    /* A lane that receives a stream repeats its inbox record; the live lane does so for an ENDED
     * one too: the giver's may be lost (protocol 4.6). */
    slot->repeat =
        lt_lane_owns(lane, slot) || (stream->state == LANE_ENDED && lane->id == LANE_LIVE_LANE);
    if (slot->repeat)
        lt_lane_view_mark(&lane->view, slot);
    if (!lt_lane_owns(lane, slot)) {
        lt_lane_keys_free(slot->keys);
        slot->keys = NULL;
    }
    struct lane_feed_slot *feed = lt_lane_view_feed(&lane->view, stream->service);
    if (feed)
        feed->set_changed = true;
}

void lt_lane_take_feed(struct lane *lane, const struct lane_feed *feed)
{
    lane->view.highest = LT_MAX(lane->view.highest, feed->control);
    if (takes_over(lane, LANE_LIVE_LANE))
        lt_lane_view_feed_slot(&lane->view, feed->service)->now = *feed;
}

/* Anything but a certain success ends here: start over from what is stored (protocol 4). */
static enum lane_step failed(struct lane *lane, const struct lt_error *err)
{
    if (err->class == LT_ERR_FATAL)
        return LANE_STOP;
    lt_lane_restart(lane);
    return err->class == LT_ERR_RETRY && !MUTANT(ONE_RESTARTS) ? LANE_BOTH : LANE_AGAIN;
}

/* One batch up to, not including, its commit (protocol 5). */
static int batch(struct lane *lane, bool *ret_any, struct lt_error *reterr)
{
    *ret_any = false;
    if (PORT(lane, read_cursors, false, reterr) < 0)
        return -1;
    struct lane_stand why = {.clause = ""};
    int fresh = PORT(lane, control, &lane->control, &why, reterr);
    if (fresh <= 0)
        return fresh < 0 ? -1 : lt_lane_stand_still(lane, &why, reterr);
    if (lane->control < lane->view.highest && !MUTANT(OLD_FOLD))
        return 0;
    lane->now = PORT(lane, now);
    if (lt_lane_go_on(lane, reterr) < 0 || lt_lane_boundary(lane, reterr) < 0)
        return -1;
    if ((lane->id == LANE_LIVE_LANE ? lt_lane_live_batch : lt_lane_catch_batch)(lane, reterr) < 0)
        return -1;
    return lt_lane_send(lane, ret_any, reterr);
}

/* While idle and at least once per time-out (protocol 5.4): success does not show a lost marker,
 * nor idleness a fence; this does.  0, or -1. */
static int look_around(struct lane *lane, struct lt_error *err)
{
    lt_time now = PORT(lane, now);
    if (now - lane->looked_at < lane->options.look_every || MUTANT(ONE_RESTARTS))
        return 0;
    lane->looked_at = now;
    int stuck = PORT(lane, stuck, err);
    if (stuck > 0)
        return lt_fail(err, LT_ERR_RETRY, "routing", 0,
                       "a partition is unreadable for longer than the transaction time-out");
    return stuck;
}

static enum lane_step run(struct lane *lane, struct lt_error *err)
{
    bool any;
    if (look_around(lane, err) < 0 || batch(lane, &any, err) < 0)
        return failed(lane, err);
    if (!any)
        return LANE_IDLE;
    lane->phase = LANE_COMMIT;
    return LANE_WORKED;
}

static enum lane_step commit(struct lane *lane, struct lt_error *err)
{
    if (PORT(lane, commit, err) < 0 && !(MUTANT(MEMORY) && err->class == LT_ERR_ABORT))
        return failed(lane, err);
    lt_lane_committed(lane);
    lane->phase = LANE_RUN;
    return LANE_WORKED;
}

enum lane_step lt_lane_step(struct lane *lane, struct lt_error *reterr)
{
    struct lt_error own = {0}, *err = reterr ? reterr : &own;
    enum lane_step step;
    switch (lane->phase) {
    case LANE_RUN:
        return run(lane, err);
    case LANE_COMMIT:
        return commit(lane, err);
    default:
        *err = (struct lt_error){0};
        step = lt_lane_start(lane, err);
        return err->class == LT_ERR_NONE ? step : failed(lane, err);
    }
}
