#include "steward/drift.h"

#include "base/num.h"

#include <stdio.h>
#include <string.h>

#define MINUTE (60 * LT_SECOND)

static bool number_fits(enum lt_drift_rule rule, const char *expected, const char *value)
{
    int64_t limit, number;
    if (lt_parse_i64(expected, strlen(expected), &limit) < 0 ||
        lt_parse_i64(value, strlen(value), &number) < 0)
        return false;
    return rule == LT_DRIFT_AT_MOST ? number <= limit : number >= limit;
}

/* Is each word of `a` a word of `b`? */
static bool words_in(const char *a, const char *b)
{
    while (*a) {
        const size_t word = strcspn(a, ",");
        const char *at = b;
        bool found = false;
        while (*at && !found) {
            const size_t other = strcspn(at, ",");
            found = other == word && strncmp(a, at, word) == 0;
            at += other + (at[other] == ',');
        }
        if (!found)
            return false;
        a += word + (a[word] == ',');
    }
    return true;
}

bool lt_drift_fits(enum lt_drift_rule rule, const char *expected, const char *value)
{
    if (rule == LT_DRIFT_EQUAL)
        return words_in(expected, value) && words_in(value, expected);
    return number_fits(rule, expected, value);
}

enum lt_drift_rule lt_drift_topic_rule(const char *setting)
{
    return strcmp(setting, "min.insync.replicas") == 0 ? LT_DRIFT_AT_LEAST : LT_DRIFT_EQUAL;
}

struct check {
    struct lt_cluster *cluster;
    const char *topic;
    lt_drift_found *found;
    void *arg;
};

/* A topic made with fewer replicas would take no record any more: that is told, not set. */
static int may_set(const struct check *check, const struct lt_drift *drift, struct lt_error *reterr)
{
    int replicas;
    int64_t needed;
    if (strcmp(drift->name, "min.insync.replicas") != 0)
        return 0;
    if (lt_admin_replicas(lt_cluster_admin(check->cluster), check->topic, &replicas, reterr) < 0)
        return -1;
    if (lt_parse_i64(drift->expected, strlen(drift->expected), &needed) == 0 && replicas >= needed)
        return 0;
    return lt_fail(reterr, LT_ERR_REJECT, "steward", 0, "the topic has %d replicas", replicas);
}

static void set_back(const struct check *check, struct lt_drift *drift, struct lt_error *err)
{
    const struct lt_topic_config config = {.name = drift->name, .value = drift->expected};
    drift->restored =
        may_set(check, drift, err) == 0 &&
        lt_admin_settings_set(lt_cluster_admin(check->cluster), check->topic, &config, 1, err) == 0;
    drift->why = drift->restored ? NULL : err->msg;
}

static int check(const struct check *check,
                 const char *name,
                 enum lt_drift_rule rule,
                 const char *expected,
                 struct lt_error *reterr)
{
    struct lt_buf value = {0};
    struct lt_error why = {0};
    const int rc =
        lt_admin_setting(lt_cluster_admin(check->cluster), check->topic, name, &value, reterr);
    if (rc == 0 && !lt_drift_fits(rule, expected, lt_buf_text(&value))) {
        struct lt_drift drift = {check->topic, name, expected, lt_buf_text(&value), false, NULL};
        if (check->topic)
            set_back(check, &drift, &why);
        check->found(check->arg, &drift);
    }
    lt_buf_fini(&value);
    return rc;
}

int lt_drift_check_broker(struct lt_cluster *cluster,
                          int64_t longest_window,
                          lt_drift_found *found,
                          void *arg,
                          struct lt_error *reterr)
{
    const struct check broker = {.cluster = cluster, .found = found, .arg = arg};
    char minutes[24];
    snprintf(minutes, sizeof(minutes), "%ld", (long)((longest_window + MINUTE - 1) / MINUTE));
    if (check(&broker, "auto.create.topics.enable", LT_DRIFT_EQUAL, "false", reterr) < 0 ||
        check(&broker, "unclean.leader.election.enable", LT_DRIFT_EQUAL, "false", reterr) < 0 ||
        check(&broker, "transaction.max.timeout.ms", LT_DRIFT_AT_MOST, "60000", reterr) < 0 ||
        check(&broker, "message.max.bytes", LT_DRIFT_AT_LEAST, "1048576", reterr) < 0)
        return -1;
    return check(&broker, "offsets.retention.minutes", LT_DRIFT_AT_LEAST, minutes, reterr);
}

int lt_drift_repair_topic(struct lt_cluster *cluster,
                          const struct lt_wanted_topic *topic,
                          int replicas,
                          lt_drift_found *found,
                          void *arg,
                          struct lt_error *reterr)
{
    const struct check one = {.cluster = cluster, .topic = topic->name, .found = found, .arg = arg};
    struct lt_topic_settings settings;
    lt_topic_settings(topic, replicas, &settings);
    for (size_t i = 0; i < settings.count; i++) {
        const struct lt_topic_config *item = &settings.items[i];
        if (check(&one, item->name, lt_drift_topic_rule(item->name), item->value, reterr) < 0)
            return -1;
    }
    return 0;
}
