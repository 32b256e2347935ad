/**
 * @file
 * What the platform's own principals may do on the cluster: the list that `lienthong init` grants
 * once, with the bootstrap certificate, and the only list (architecture 7, D24.1).  Layer 2, data.
 * Applications' rights are not here: the steward makes them follow control.
 *
 * READ, WRITE, DELETE and ALTER carry DESCRIBE, ALTER_CONFIGS carries DESCRIBE_CONFIGS (Kafka's own
 * rule).  None of these principals is a super user.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Kafka's numbers, as in bus/admin.h (the programs assert that they agree). */
enum lt_grant_resource {
    LT_GRANT_TOPIC = 2,
    LT_GRANT_GROUP = 3,
    LT_GRANT_CLUSTER = 4,
    LT_GRANT_TRANSACTIONAL_ID = 5,
};
enum lt_grant_operation {
    LT_GRANT_READ = 3,
    LT_GRANT_WRITE = 4,
    LT_GRANT_CREATE = 5,
    LT_GRANT_DELETE = 6,
    LT_GRANT_ALTER = 7,
    LT_GRANT_DESCRIBE = 8,
    LT_GRANT_DESCRIBE_CONFIGS = 10,
    LT_GRANT_ALTER_CONFIGS = 11,
};
struct lt_grant {
    const char *principal; /**< certificate CN: "steward", "routing", "operator" */
    enum lt_grant_resource resource;
    const char *name;
    bool prefixed;
    enum lt_grant_operation operation;
};

extern const struct lt_grant lt_grants[];
extern const size_t lt_grant_count;
