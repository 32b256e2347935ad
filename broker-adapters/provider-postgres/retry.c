#include "provider-postgres/retry.h"

#include "base/clock.h"
#include "bus/bus.h"

#define AWAY_MOST_MS  1500
#define OTHER_MOST_MS 30000

bool retry_is_hopeless(const struct lt_error *why)
{
    return why->class == LT_ERR_FATAL && !lt_bus_is_denied(why);
}

int64_t retry_wait_ms(const struct lt_error *why, int64_t last_ms, int64_t base_ms, uint64_t random)
{
    bool mends_itself =
        why->class == LT_ERR_RETRY || why->class == LT_ERR_ABORT || lt_bus_is_denied(why);
    return lt_backoff_ms(last_ms, base_ms, mends_itself ? AWAY_MOST_MS : OTHER_MOST_MS, random);
}
