#include "position/position.h"

#define FIRST_PAUSE_MS 2
#define LAST_PAUSE_MS  100

int lt_wait_readable(struct lt_asker *asker,
                     const char *topic,
                     int64_t timeout_ms,
                     struct lt_error *reterr)
{
    int64_t end = lt_monotonic_ms() + timeout_ms, target = -1;
    for (int64_t pause = FIRST_PAUSE_MS;; pause = LT_MIN(pause * 2, LAST_PAUSE_MS)) {
        int64_t low, lso, hw;
        struct lt_error err = {0};
        int rc = lt_asker_watermarks(asker, topic, &low, &lso, &hw, &err);
        if (rc == 0 && target < 0) {
            target = hw;
        }
        if (rc == 0 && lso >= target) {
            return 0;
        }
        if (rc != 0 && (err.class != LT_ERR_RETRY || lt_monotonic_ms() >= end)) {
            if (reterr != NULL) {
                *reterr = err;
            }
            return -1;
        }
        if (lt_monotonic_ms() >= end) {
            return lt_fail(reterr, LT_ERR_RETRY, "position", 0,
                           "topic '%s': not readable to offset %lld within %lld ms", topic,
                           (long long)target, (long long)timeout_ms);
        }
        lt_sleep_ms(pause);
    }
}
