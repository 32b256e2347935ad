/*
 * Topics and settings through librdkafka's admin calls.  Each call is one request on one object,
 * answered by one event on a queue of its own.
 */
#include "bus/admin.h"

#include "bus_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADMIN_TIMEOUT_MS 30000

struct lt_admin {
    struct lt_client client;
    rd_kafka_queue_t *queue;
    struct lt_bus bus;
};

struct lt_admin *lt_admin_open(const struct lt_bus *bus, struct lt_error *reterr)
{
    rd_kafka_conf_t *conf = lt_client_conf(bus, NULL, 0, reterr);
    if (conf == NULL) {
        return NULL;
    }
    struct lt_admin *admin = lt_alloc(sizeof *admin);
    admin->bus = *bus;
    if (lt_client_start(&admin->client, bus, RD_KAFKA_PRODUCER, conf, admin, reterr) != 0) {
        lt_admin_close(admin);
        return NULL;
    }
    admin->queue = rd_kafka_queue_new(admin->client.rk);
    return admin;
}

void lt_admin_close(struct lt_admin *admin)
{
    if (admin == NULL) {
        return;
    }
    if (admin->queue != NULL) {
        rd_kafka_queue_destroy(admin->queue);
    }
    lt_client_stop(&admin->client);
    free(admin);
}

const struct lt_bus *lt_admin_bus(const struct lt_admin *admin)
{
    return &admin->bus;
}

void lt_admin_cluster_id(const struct lt_admin *admin, char buf[LT_CLUSTER_ID_MAX])
{
    lt_client_cluster_id(&admin->client, buf);
}

/* ---- one request, one event ---- */

static rd_kafka_AdminOptions_t *options_for(struct lt_admin *admin, rd_kafka_admin_op_t op)
{
    char why[128];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(admin->client.rk, op);
    rd_kafka_resp_err_t err =
        rd_kafka_AdminOptions_set_request_timeout(options, ADMIN_TIMEOUT_MS, why, sizeof why);
    lt_assert(err == RD_KAFKA_RESP_ERR_NO_ERROR);
    if (op == RD_KAFKA_ADMIN_OP_CREATETOPICS || op == RD_KAFKA_ADMIN_OP_DELETETOPICS) {
        err =
            rd_kafka_AdminOptions_set_operation_timeout(options, ADMIN_TIMEOUT_MS, why, sizeof why);
        lt_assert(err == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    return options;
}

/* The answer, or NULL; an answer that is an error as a whole counts as none. */
static rd_kafka_event_t *await(struct lt_admin *admin, const char *what, struct lt_error *reterr)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(admin->queue, 2 * ADMIN_TIMEOUT_MS);
    rd_kafka_poll(admin->client.rk, 0);
    rd_kafka_resp_err_t err =
        event != NULL ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        lt_client_answered(&admin->client);
        return event;
    }
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    if (lt_bus_class(err) == LT_ERR_RETRY) {
        lt_client_fail_unanswered(&admin->client, reterr, what);
    } else {
        lt_bus_fail(reterr, err, "%s", what);
    }
    return NULL;
}

/* The outcome of the only topic in an answer; `fine` is an error that is none. */
static int topic_outcome(const rd_kafka_topic_result_t **results,
                         size_t count,
                         rd_kafka_resp_err_t fine,
                         const char *what,
                         struct lt_error *reterr)
{
    lt_assert(count == 1);
    rd_kafka_resp_err_t err = rd_kafka_topic_result_error(results[0]);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR || err == fine) {
        return 0;
    }
    const char *detail = rd_kafka_topic_result_error_string(results[0]);
    const char *name = rd_kafka_topic_result_name(results[0]);
    return lt_bus_fail(reterr, err, "%s '%s': %s", what, name, detail ? detail : "refused");
}

/* ---- topics ---- */

static rd_kafka_NewTopic_t *describe_topic(const char *topic,
                                           int replicas,
                                           const struct lt_topic_config *configs,
                                           size_t count,
                                           struct lt_error *reterr)
{
    char why[256];
    rd_kafka_NewTopic_t *created = rd_kafka_NewTopic_new(topic, 1, replicas, why, sizeof why);
    if (created == NULL) {
        lt_fail(reterr, LT_ERR_REJECT, "kafka", 0, "create topic '%s': %s", topic, why);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        rd_kafka_NewTopic_set_config(created, configs[i].name, configs[i].value);
    }
    return created;
}

int lt_admin_topic_create(struct lt_admin *admin,
                          const char *topic,
                          int replicas,
                          const struct lt_topic_config *configs,
                          size_t count,
                          struct lt_error *reterr)
{
    rd_kafka_NewTopic_t *created = describe_topic(topic, replicas, configs, count, reterr);
    if (created == NULL) {
        return -1;
    }
    rd_kafka_AdminOptions_t *options = options_for(admin, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(admin->client.rk, &created, 1, options, admin->queue);
    rd_kafka_event_t *event = await(admin, "create topic", reterr);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy(created);
    if (event == NULL) {
        return -1;
    }
    size_t results;
    const rd_kafka_topic_result_t **result =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &results);
    int rc = topic_outcome(result, results, RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, "create topic",
                           reterr);
    rd_kafka_event_destroy(event);
    return rc;
}

int lt_admin_topic_delete(struct lt_admin *admin, const char *topic, struct lt_error *reterr)
{
    rd_kafka_DeleteTopic_t *deleted = rd_kafka_DeleteTopic_new(topic);
    rd_kafka_AdminOptions_t *options = options_for(admin, RD_KAFKA_ADMIN_OP_DELETETOPICS);
    rd_kafka_DeleteTopics(admin->client.rk, &deleted, 1, options, admin->queue);
    rd_kafka_event_t *event = await(admin, "delete topic", reterr);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_DeleteTopic_destroy(deleted);
    if (event == NULL) {
        return -1;
    }
    size_t results;
    const rd_kafka_topic_result_t **result =
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &results);
    int rc = topic_outcome(result, results, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "delete topic",
                           reterr);
    rd_kafka_event_destroy(event);
    return rc;
}

static const struct rd_kafka_metadata *
metadata(struct lt_admin *admin, bool topics, struct lt_error *reterr)
{
    const struct rd_kafka_metadata *found;
    rd_kafka_resp_err_t err =
        rd_kafka_metadata(admin->client.rk, topics, NULL, &found, ADMIN_TIMEOUT_MS);
    rd_kafka_poll(admin->client.rk, 0);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        lt_client_answered(&admin->client);
        return found;
    }
    if (lt_bus_class(err) == LT_ERR_RETRY) {
        lt_client_fail_unanswered(&admin->client, reterr, "metadata");
    } else {
        lt_bus_fail(reterr, err, "metadata");
    }
    return NULL;
}

static int compare_names(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

int lt_admin_topics(struct lt_admin *admin,
                    struct lt_arena *arena,
                    const char ***ret_names,
                    size_t *ret_count,
                    struct lt_error *reterr)
{
    const struct rd_kafka_metadata *found = metadata(admin, true, reterr);
    if (found == NULL) {
        return -1;
    }
    size_t count = (size_t)found->topic_cnt;
    const char **names = lt_arena_alloc(arena, (count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        names[i] = lt_arena_dup(arena, found->topics[i].topic, strlen(found->topics[i].topic));
    }
    rd_kafka_metadata_destroy(found);
    qsort(names, count, sizeof *names, compare_names);
    *ret_names = names;
    *ret_count = count;
    return 0;
}

int lt_admin_replicas(struct lt_admin *admin, const char *topic, int *ret, struct lt_error *reterr)
{
    const struct rd_kafka_metadata *found = metadata(admin, true, reterr);
    if (found == NULL) {
        return -1;
    }
    *ret = 0;
    for (int i = 0; i < found->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *one = &found->topics[i];
        if (strcmp(one->topic, topic) == 0 && one->partition_cnt > 0) {
            *ret = one->partitions[0].replica_cnt;
        }
    }
    rd_kafka_metadata_destroy(found);
    return *ret > 0 ? 0
                    : lt_bus_fail(reterr, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                                  "replicas of '%s'", topic);
}

/* ---- settings ---- */

static int find_setting(const rd_kafka_ConfigResource_t *resource,
                        const char *name,
                        struct lt_buf *ret_value,
                        struct lt_error *reterr)
{
    rd_kafka_resp_err_t err = rd_kafka_ConfigResource_error(resource);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return lt_bus_fail(reterr, err, "settings of '%s'", rd_kafka_ConfigResource_name(resource));
    }
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0 && value != NULL) {
            lt_buf_clear(ret_value);
            lt_buf_adds(ret_value, value);
            return 0;
        }
    }
    return lt_bus_fail(reterr, RD_KAFKA_RESP_ERR__NOENT, "setting '%s'", name);
}

static int describe(struct lt_admin *admin,
                    rd_kafka_ResourceType_t type,
                    const char *resource_name,
                    const char *name,
                    struct lt_buf *ret_value,
                    struct lt_error *reterr)
{
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(type, resource_name);
    rd_kafka_AdminOptions_t *options = options_for(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(admin->client.rk, &resource, 1, options, admin->queue);
    rd_kafka_event_t *event = await(admin, "describe settings", reterr);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(resource);
    if (event == NULL) {
        return -1;
    }
    size_t count;
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count);
    lt_assert(count == 1);
    int rc = find_setting(resources[0], name, ret_value, reterr);
    rd_kafka_event_destroy(event);
    return rc;
}

int lt_admin_setting(struct lt_admin *admin,
                     const char *topic,
                     const char *name,
                     struct lt_buf *ret_value,
                     struct lt_error *reterr)
{
    if (topic != NULL) {
        return describe(admin, RD_KAFKA_RESOURCE_TOPIC, topic, name, ret_value, reterr);
    }
    const struct rd_kafka_metadata *found = metadata(admin, false, reterr);
    if (found == NULL) {
        return -1;
    }
    char id[16] = "";
    if (found->broker_cnt > 0) {
        snprintf(id, sizeof id, "%d", found->brokers[0].id);
    }
    rd_kafka_metadata_destroy(found);
    return describe(admin, RD_KAFKA_RESOURCE_BROKER, id, name, ret_value, reterr);
}
