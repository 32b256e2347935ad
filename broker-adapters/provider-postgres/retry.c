#include "provider-postgres/retry.h"

#include <string.h>

#include "base/clock.h"

#define AWAY_MOST_MS  1500
#define OTHER_MOST_MS 30000

/* Error codes of the Kafka protocol. */
#define TOPIC_AUTHORIZATION_FAILED            29
#define TRANSACTIONAL_ID_AUTHORIZATION_FAILED 53

bool retry_lacks_right(const struct lt_error *why)
{
    return strcmp(why->domain, "kafka") == 0 &&
           (why->code == TOPIC_AUTHORIZATION_FAILED ||
            why->code == TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
}

bool retry_is_hopeless(const struct lt_error *why)
{
    return why->class == LT_ERR_FATAL && !retry_lacks_right(why);
}

int64_t retry_wait_ms(const struct lt_error *why, int64_t last_ms, int64_t base_ms, uint64_t random)
{
    bool mends_itself =
        why->class == LT_ERR_RETRY || why->class == LT_ERR_ABORT || retry_lacks_right(why);
    return lt_backoff_ms(last_ms, base_ms, mends_itself ? AWAY_MOST_MS : OTHER_MOST_MS, random);
}
