#include "routing/state.h"

#include <string.h>

#include "base/macros.h"

static const char *const state_names[] = {
    [LANE_NONE] = "",     [LANE_LOAD] = "LOAD", [LANE_CATCH] = "CATCH", [LANE_READY] = "READY",
    [LANE_LIVE] = "LIVE", [LANE_HELD] = "HELD", [LANE_ENDED] = "ENDED",
};
static const char *const lane_names[] = {[LANE_LIVE_LANE] = "live", [LANE_CATCH_LANE] = "catch"};

const char *lt_lane_state_name(enum lane_state state)
{
    return state_names[state];
}

enum lane_state lt_lane_state_parse(const char *text)
{
    for (size_t i = LANE_LOAD; i < LT_COUNT(state_names); i++)
        if (strcmp(text, state_names[i]) == 0)
            return (enum lane_state)i;
    return LANE_NONE;
}

const char *lt_lane_name(enum lane_id lane)
{
    return lane == LANE_NOBODY ? "" : lane_names[lane];
}

enum lane_id lt_lane_parse(const char *text)
{
    for (size_t i = 0; i < LT_COUNT(lane_names); i++)
        if (strcmp(text, lane_names[i]) == 0)
            return (enum lane_id)i;
    return LANE_NOBODY;
}

enum lane_id lt_lane_owner(enum lane_state state)
{
    switch (state) {
    case LANE_LOAD:
    case LANE_CATCH:
        return LANE_CATCH_LANE;
    case LANE_READY:
    case LANE_LIVE:
    case LANE_HELD:
        return LANE_LIVE_LANE;
    case LANE_NONE:
    case LANE_ENDED:
        break;
    }
    return LANE_NOBODY;
}

#define BIT(state) (1u << (state))
/* Where each state leads; who may take the step is lt_lane_owner() of the state left. */
static const unsigned leads_to[] = {
    [LANE_NONE] = BIT(LANE_LOAD) | BIT(LANE_HELD) | BIT(LANE_ENDED),
    [LANE_LOAD] = BIT(LANE_LOAD) | BIT(LANE_CATCH) | BIT(LANE_HELD) | BIT(LANE_ENDED),
    [LANE_CATCH] = BIT(LANE_CATCH) | BIT(LANE_READY) | BIT(LANE_HELD) | BIT(LANE_ENDED),
    [LANE_READY] =
        BIT(LANE_READY) | BIT(LANE_LIVE) | BIT(LANE_CATCH) | BIT(LANE_HELD) | BIT(LANE_ENDED),
    [LANE_LIVE] = BIT(LANE_LIVE) | BIT(LANE_HELD) | BIT(LANE_ENDED),
    [LANE_HELD] = BIT(LANE_HELD) | BIT(LANE_CATCH) | BIT(LANE_LOAD) | BIT(LANE_ENDED),
    [LANE_ENDED] = 0,
};

bool lt_lane_may(enum lane_id lane, enum lane_state from, enum lane_state to)
{
    if (from != LANE_NONE && lt_lane_owner(from) != lane)
        return false;
    return (leads_to[from] & BIT(to)) != 0;
}
