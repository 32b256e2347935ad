/* Standing still and going on (see stand.h). */
#include "routing/stand.h"

#include <stdio.h>
#include <string.h>

#include "routing/lane_priv.h"

/* The steward's heartbeats come every 5 s: nothing that ends sooner is more than a pause. */
#define PAUSE_MAX (5 * LT_SECOND)

lt_time
lt_lane_stale_since(lt_time beat_at, lt_time grace, lt_time noticed_at, lt_time now, bool complete)
{
    bool old = beat_at != LT_TIME_NONE && beat_at < now && now - beat_at > grace;
    if (old && (complete || now - noticed_at > PAUSE_MAX))
        return beat_at + grace;
    return now - noticed_at > PAUSE_MAX ? noticed_at : LT_NULL;
}

static struct lane_stand *find(struct lane *lane, const char *clause)
{
    for (size_t i = 0; i < lane->stand_count; i++)
        if (strcmp(lane->stands[i].clause, clause) == 0)
            return &lane->stands[i];
    return NULL;
}

static struct lane_stand *find_or_add(struct lane *lane, const char *clause, lt_time since)
{
    struct lane_stand *stand = find(lane, clause);
    if (!stand && lane->stand_count < LANE_STANDS_MAX) {
        stand = &lane->stands[lane->stand_count++];
        *stand = (struct lane_stand){.since = since};
        snprintf(stand->clause, sizeof(stand->clause), "%s", clause);
    }
    return stand;
}

static void forget(struct lane *lane, struct lane_stand *stand)
{
    *stand = lane->stands[--lane->stand_count];
}

/* ---- what is stored, read again at a start ---- */

void lt_lane_forget_stored_stands(struct lane *lane)
{
    for (size_t i = lane->stand_count; i-- > 0;)
        if (lane->stands[i].stored)
            forget(lane, &lane->stands[i]);
}

void lt_lane_take_stand(struct lane *lane, const char *clause, lt_time since)
{
    struct lane_stand *stand = lt_lane_is_running(lane) ? NULL : find_or_add(lane, clause, since);
    if (!stand)
        return;
    stand->since = LT_MIN(stand->since, since);
    stand->stored = true;
}

void lt_lane_drop_stand(struct lane *lane, const char *clause)
{
    struct lane_stand *stand = lt_lane_is_running(lane) ? NULL : find(lane, clause);
    if (stand && stand->stored)
        forget(lane, stand);
}

/* ---- standing still, going on ---- */

int lt_lane_stand_still(struct lane *lane, const struct lane_stand *why, struct lt_error *reterr)
{
    struct lane_stand *stand = why->clause[0] ? find_or_add(lane, why->clause, why->since) : NULL;
    if (!stand || stand->stored)
        return 0;
    if (PORT(lane, begin, reterr) < 0 || PORT(lane, put_stand, stand, false, reterr) < 0 ||
        PORT(lane, commit, reterr) < 0)
        return -1;
    stand->stored = true;
    return 0;
}

/* A held stream was denied before, and an ended one is owed nothing. */
static bool is_concerned(const struct lane *lane, const struct lane_slot *slot)
{
    return lt_lane_owns(lane, slot) && slot->now.state != LANE_HELD;
}

static int tell_diary(struct lane *lane, const struct lane_stand *stand, struct lt_error *reterr)
{
    char until[40], reason[64];
    snprintf(reason, sizeof(reason), "until %s", lt_time_utc(lane->now, until, sizeof(until)));
    for (size_t i = 0; i < lane->view.count; i++) {
        const struct lane_slot *slot = lane->view.slots[i];
        struct lane_decision decision = {
            .from = slot->now.state, .clause = stand->clause, .reason = reason, .at = stand->since};
        if (is_concerned(lane, slot) && PORT(lane, put_decision, &slot->now, &decision, reterr) < 0)
            return -1;
    }
    return 0;
}

int lt_lane_go_on(struct lane *lane, struct lt_error *reterr)
{
    if (lane->stand_count > 0 && lt_lane_begin(lane, reterr) < 0)
        return -1;
    for (size_t i = 0; i < lane->stand_count; i++)
        if (tell_diary(lane, &lane->stands[i], reterr) < 0 ||
            PORT(lane, put_stand, &lane->stands[i], true, reterr) < 0)
            return -1;
    return 0;
}
