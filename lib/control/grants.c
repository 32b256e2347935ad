#include "control/grants.h"

#include "base/macros.h"

#define TOPIC(who, topic, op)                            \
    {                                                    \
        who, LT_GRANT_TOPIC, topic, false, LT_GRANT_##op \
    }
#define TOPICS(who, prefix, op)                          \
    {                                                    \
        who, LT_GRANT_TOPIC, prefix, true, LT_GRANT_##op \
    }
#define ANY_TOPIC(who, op)                             \
    {                                                  \
        who, LT_GRANT_TOPIC, "*", false, LT_GRANT_##op \
    }
#define CLUSTER(who, op)                                             \
    {                                                                \
        who, LT_GRANT_CLUSTER, "kafka-cluster", false, LT_GRANT_##op \
    }
#define TXN_ID(who, id, op)                                      \
    {                                                            \
        who, LT_GRANT_TRANSACTIONAL_ID, id, false, LT_GRANT_##op \
    }
#define TXN_IDS(who, prefix, op)                                    \
    {                                                               \
        who, LT_GRANT_TRANSACTIONAL_ID, prefix, true, LT_GRANT_##op \
    }

const struct lt_grant lt_grants[] = {
    /* The one maker of topics and rights. */
    CLUSTER("steward", CREATE),
    CLUSTER("steward", ALTER),
    CLUSTER("steward", DESCRIBE_CONFIGS),
    ANY_TOPIC("steward", DELETE),
    ANY_TOPIC("steward", ALTER_CONFIGS),
    TOPIC("steward", "platform.control", READ),
    TOPIC("steward", "platform.control", WRITE),
    TOPIC("steward", "routing.cursors", READ),
    TOPICS("steward", "progress.", READ),
    TOPICS("steward", "outbox.", READ),
    TOPICS("steward", "inbox.", WRITE),
    TXN_ID("steward", "steward", WRITE),

    /* Reads what is offered, writes what is delivered. */
    TOPICS("routing", "feed.", READ),
    TOPICS("routing", "outbox.", READ),
    TOPIC("routing", "platform.control", READ),
    TOPICS("routing", "stream.", READ),
    TOPICS("routing", "stream.", WRITE),
    TOPICS("routing", "inbox.", READ),
    TOPICS("routing", "inbox.", WRITE),
    TOPIC("routing", "routing.cursors", READ),
    TOPIC("routing", "routing.cursors", WRITE),
    TOPIC("routing", "platform.diary", WRITE),
    TXN_IDS("routing", "routing.", WRITE),

    /* Looks on; sees that feeds and streams are there, not what is in them (D15). */
    TOPIC("operator", "platform.control", READ),
    TOPIC("operator", "routing.cursors", READ),
    TOPIC("operator", "platform.diary", READ),
    TOPICS("operator", "inbox.", READ),
    TOPICS("operator", "outbox.", READ),
    TOPICS("operator", "progress.", READ),
    TOPICS("operator", "feed.", DESCRIBE),
    TOPICS("operator", "stream.", DESCRIBE),
};
const size_t lt_grant_count = LT_COUNT(lt_grants);
