#include "routing/voucher.h"

#include "base/macros.h"

lt_time lt_lane_vouched(lt_time sync_time, lt_time append_time)
{
    return sync_time > append_time + LANE_AHEAD_MAX ? LT_NULL : LT_MIN(sync_time, append_time);
}
