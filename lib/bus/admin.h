/**
 * @file
 * Topics and ACLs: the steward's tools.  Layer 2, blocking, one thread.
 */
#pragma once

#include "bus/bus.h"

struct lt_admin;
struct lt_admin *lt_admin_open(const struct lt_bus *bus, struct lt_error *reterr) LT_MUST_CHECK;
void lt_admin_close(struct lt_admin *admin);
LT_DEFINE_CLEANUP(struct lt_admin, lt_admin_close)
/** The id of the cluster that answered last; "" before the first answer. */
void lt_admin_cluster_id(const struct lt_admin *admin, char buf[LT_CLUSTER_ID_MAX]);

struct lt_topic_config {
    const char *name, *value;
};
/** Creates a topic with one partition; an existing one is fine (0). */
int lt_admin_topic_create(struct lt_admin *admin,
                          const char *topic,
                          int replicas,
                          const struct lt_topic_config *configs,
                          size_t count,
                          struct lt_error *reterr) LT_MUST_CHECK;
/** Deletes; an unknown topic is fine (0). */
int lt_admin_topic_delete(struct lt_admin *admin,
                          const char *topic,
                          struct lt_error *reterr) LT_MUST_CHECK;
/** All topic names, in bytewise order, into the arena. */
int lt_admin_topics(struct lt_admin *admin,
                    struct lt_arena *arena,
                    const char ***ret_names,
                    size_t *ret_count,
                    struct lt_error *reterr) LT_MUST_CHECK;
/** One broker or topic setting (broker: topic NULL). */
int lt_admin_setting(struct lt_admin *admin,
                     const char *topic,
                     const char *name,
                     struct lt_buf *ret_value,
                     struct lt_error *reterr) LT_MUST_CHECK;
/** Sets these settings of a topic, by a raw request; its others stay.  Brokers show them some
 * milliseconds later.  REJECT: a name or value that Kafka refuses, with its reason. */
int lt_admin_settings_set(struct lt_admin *admin,
                          const char *topic,
                          const struct lt_topic_config *configs,
                          size_t count,
                          struct lt_error *reterr) LT_MUST_CHECK;
/** Replicas of the topic's partition; REJECT: an unknown topic. */
int lt_admin_replicas(struct lt_admin *admin, const char *topic, int *ret, struct lt_error *reterr)
    LT_MUST_CHECK;

/* ACLs by raw requests (librdkafka 2.0.2 has no transactional id, row 11): CreateAcls v1,
 * DescribeAcls v1, DeleteAcls v1 over our own TLS connection to the controller (F.4). */
enum lt_acl_resource {
    LT_ACL_TOPIC = 2,
    LT_ACL_GROUP = 3,
    LT_ACL_CLUSTER = 4,
    LT_ACL_TRANSACTIONAL_ID = 5,
};
enum lt_acl_operation {
    LT_ACL_ALL = 2,
    LT_ACL_READ = 3,
    LT_ACL_WRITE = 4,
    LT_ACL_CREATE = 5,
    LT_ACL_DELETE = 6,
    LT_ACL_ALTER = 7,
    LT_ACL_DESCRIBE = 8,
    LT_ACL_CLUSTER_ACTION = 9,
    LT_ACL_DESCRIBE_CONFIGS = 10,
    LT_ACL_ALTER_CONFIGS = 11,
    LT_ACL_IDEMPOTENT_WRITE = 12,
};
struct lt_acl {
    enum lt_acl_resource resource;
    char name[256];
    bool prefixed;       /**< else literal */
    char principal[128]; /**< "User:ap000041.k3" */
    enum lt_acl_operation operation;
};
/** Adding what is there and removing what is not are fine (0).  FATAL: our principal may not. */
int lt_admin_acl_add(struct lt_admin *admin,
                     const struct lt_acl *acls,
                     size_t count,
                     struct lt_error *reterr) LT_MUST_CHECK;
int lt_admin_acl_remove(struct lt_admin *admin,
                        const struct lt_acl *acls,
                        size_t count,
                        struct lt_error *reterr) LT_MUST_CHECK;
/** All ALLOW ACLs of the cluster; *ret is heap, free() it.  A broker's view follows a change by
 * some milliseconds. */
int lt_admin_acl_list(struct lt_admin *admin,
                      struct lt_acl **ret,
                      size_t *ret_count,
                      struct lt_error *reterr) LT_MUST_CHECK;
