/*
 * Makes the cluster follow control.  Order: rights that must go, topics, rights that come, feeds
 * that providers wait for, inboxes, topics that are over.  Every step may be repeated at any time.
 */
#include "steward/steward.h"

#include "steward/drift.h"

#include <stdio.h>
#include <string.h>

#define LIST_EVERY_MS   30000
#define SETTLING_MS     3000 /* how long a broker's view may lag behind what we did */
#define SETTLE_EVERY_MS 250
#define LOOK_EVERY_MS   1000
#define DRIFT_EVERY_MS  200
#define DRIFT_ROUND_MS  60000
#define PLAN_BLOCK      4096
#define TOPICS_IN_ROUND 50 /* then look at heartbeat and commands */

/* The list is old now, and the next one may be: brokers hear of it from the controller. */
static void acted(struct lt_steward *s)
{
    s->stale = true;
    s->acted_ms = lt_monotonic_ms();
}

static int
take_rights(struct lt_steward *s, const struct lt_actions *actions, struct lt_error *reterr)
{
    if (actions->take_count == 0)
        return 0;
    if (lt_admin_acl_remove(lt_cluster_admin(s->cluster), actions->take, actions->take_count,
                            reterr) < 0)
        return -1;
    acted(s);
    lt_metric_add(s->metrics.acls_taken, (int64_t)actions->take_count);
    for (size_t i = 0; i < actions->take_count; i++)
        lt_log(LT_LOG_INFO, "right_taken", "principal", actions->take[i].principal, "resource",
               actions->take[i].name, "operation", lt_logf("%d", (int)actions->take[i].operation),
               NULL);
    return 0;
}

static int
give_rights(struct lt_steward *s, const struct lt_actions *actions, struct lt_error *reterr)
{
    if (actions->give_count == 0)
        return 0;
    if (lt_admin_acl_add(lt_cluster_admin(s->cluster), actions->give, actions->give_count, reterr) <
        0)
        return -1;
    acted(s);
    lt_metric_add(s->metrics.acls_given, (int64_t)actions->give_count);
    for (size_t i = 0; i < actions->give_count; i++)
        lt_log(LT_LOG_INFO, "right_given", "principal", actions->give[i].principal, "resource",
               actions->give[i].name, "operation", lt_logf("%d", (int)actions->give[i].operation),
               NULL);
    return 0;
}

static int
make_topic(struct lt_steward *s, const struct lt_wanted_topic *topic, struct lt_error *reterr)
{
    if (lt_cluster_make(s->cluster, topic, (int)s->conf.replicas, reterr) < 0)
        return lt_fail_context(reterr, "topic %s", topic->name);
    acted(s);
    /* A new inbox is empty, also where one of that name was before. */
    if (strncmp(topic->name, "inbox.", 6) == 0)
        lt_copies_forget(s->copies);
    lt_metric_add(s->metrics.topics_made, 1);
    lt_log(LT_LOG_INFO, "topic_made", "topic", topic->name, NULL);
    return 0;
}

static int
make_topics(struct lt_steward *s, const struct lt_actions *actions, struct lt_error *reterr)
{
    for (size_t i = 0; i < actions->make_count && i < TOPICS_IN_ROUND; i++)
        if (make_topic(s, actions->make[i], reterr) < 0)
            return -1;
    s->dirty |= actions->make_count > TOPICS_IN_ROUND;
    return 0;
}

static int
drop_topics(struct lt_steward *s, const struct lt_actions *actions, struct lt_error *reterr)
{
    for (size_t i = 0; i < actions->drop_count && i < TOPICS_IN_ROUND; i++) {
        if (lt_admin_topic_delete(lt_cluster_admin(s->cluster), actions->drop[i], reterr) < 0)
            return lt_fail_context(reterr, "topic %s", actions->drop[i]);
        acted(s);
        lt_metric_add(s->metrics.topics_dropped, 1);
        lt_log(LT_LOG_INFO, "topic_dropped", "topic", actions->drop[i], NULL);
    }
    s->dirty |= actions->drop_count > TOPICS_IN_ROUND;
    return 0;
}

static void tell_alarms(struct lt_steward *s, const struct lt_actions *actions)
{
    lt_metric_set(s->metrics.unknown_topics, (int64_t)actions->unknown_topics);
    lt_metric_set(s->metrics.foreign_acls, (int64_t)actions->foreign_acls);
    lt_metric_set(s->metrics.missing_grants, (int64_t)actions->missing_grants);
    const int64_t alarms =
        (int64_t)(actions->unknown_topics + actions->foreign_acls + actions->missing_grants);
    if (alarms != s->alarms && alarms > 0)
        lt_log(LT_LOG_WARN, "cluster_differs", "unknown_topics",
               lt_logf("%zu", actions->unknown_topics), "first_unknown", actions->unknown_topic,
               "foreign_acls", lt_logf("%zu", actions->foreign_acls), "missing_grants",
               lt_logf("%zu", actions->missing_grants), NULL);
    s->alarms = alarms;
}

static int follow_control(struct lt_steward *s, size_t *ret_taken, struct lt_error *reterr)
{
    struct lt_wanted wanted;
    struct lt_actions actions;
    const struct lt_fold *fold = lt_ledger_fold(s->ledger);
    lt_wanted_compute(fold, s->observed, lt_now(), &wanted);
    lt_actions_compute(fold, s->observed, &wanted, lt_cluster_actual(s->cluster), &actions);
    int rc = take_rights(s, &actions, reterr);
    if (rc == 0 && ret_taken)
        *ret_taken = actions.take_count;
    if (rc == 0)
        rc = make_topics(s, &actions, reterr);
    if (rc == 0)
        rc = give_rights(s, &actions, reterr);
    if (rc == 0)
        rc = drop_topics(s, &actions, reterr);
    if (rc == 0)
        tell_alarms(s, &actions);
    lt_actions_fini(&actions);
    lt_wanted_fini(&wanted);
    return rc;
}

/* ---- feeds ---- */

struct feeds {
    struct lt_steward *steward;
    struct lt_plan *plan;
};

static bool plan_feed(void *arg, const char *object, int64_t number, const void *body)
{
    (void)number;
    (void)body;
    const struct feeds *feeds = arg;
    const char *reason;
    const int64_t incarnation =
        lt_feed_to_sign(feeds->plan->fold, feeds->steward->observed, object, &reason);
    char topic[LT_TOPIC_MAX];
    if (incarnation == 0)
        return true;
    lt_topic_feed(object, incarnation, topic);
    if (!lt_cluster_has_topic(feeds->steward->cluster, topic))
        return true; /* next round */
    const struct lt_feed_body feed = {
        .service = object, .incarnation = incarnation, .reason = reason};
    lt_plan_put(feeds->plan, LT_CONTROL_FEED, object, &feed);
    lt_log(LT_LOG_INFO, "feed_begun", "topic", topic, "reason", reason, NULL);
    return true;
}

/* What the steward signs by itself: feeds whose topic is there, agreements that have run out. */
static int sign_own(struct lt_steward *s, struct lt_error *reterr)
{
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(PLAN_BLOCK);
    struct lt_plan plan;
    const struct lt_fold *fold = lt_ledger_fold(s->ledger);
    lt_plan_init(&plan, fold, arena, lt_now());
    struct feeds feeds = {.steward = s, .plan = &plan};
    lt_fold_each(fold, LT_CONTROL_SERVICE, plan_feed, &feeds);
    lt_plan_expire(&plan);
    const size_t count = plan.count;
    const int rc = lt_ledger_commit(s->ledger, &plan, NULL, NULL, reterr);
    lt_plan_fini(&plan);
    if (rc < 0) {
        s->signing = false;
        return -1;
    }
    if (count > 0) {
        s->dirty = true; /* what has ended gives up its rights in the next round */
        lt_metric_set(s->metrics.number, lt_fold_highest(lt_ledger_fold(s->ledger)));
    }
    return 0;
}

static int send_copies(struct lt_steward *s, struct lt_error *reterr)
{
    size_t sent;
    if (lt_copies_send(s->copies, s->ledger, s->cluster, &sent, reterr) < 0) {
        s->signing = false;
        return -1;
    }
    lt_metric_add(s->metrics.copies_sent, (int64_t)sent);
    return 0;
}

static int list_again(struct lt_steward *s, struct lt_error *reterr)
{
    if (lt_cluster_refresh(s->cluster, reterr) < 0)
        return -1;
    const struct lt_actual *actual = lt_cluster_actual(s->cluster);
    if (lt_follow_topics(s->follow, actual->topics, actual->topic_count, reterr) < 0)
        return -1;
    const int64_t now = lt_monotonic_ms();
    s->stale = false;
    s->list_due_ms = now + (now - s->acted_ms < SETTLING_MS ? SETTLE_EVERY_MS : LIST_EVERY_MS);
    return 0;
}

int lt_steward_reconcile(struct lt_steward *s, size_t *ret_taken, struct lt_error *reterr)
{
    if (s->stale && list_again(s, reterr) < 0)
        return -1;
    if (!lt_follow_ready(s->follow))
        return 0;
    s->dirty = false;
    s->look_due_ms = lt_monotonic_ms() + LOOK_EVERY_MS;
    if (follow_control(s, ret_taken, reterr) < 0 || (s->stale && list_again(s, reterr) < 0))
        return -1;
    return sign_own(s, reterr) < 0 ? -1 : send_copies(s, reterr);
}

int lt_steward_make_platform(struct lt_steward *s, struct lt_error *reterr)
{
    static const struct lt_wanted_topic topics[] = {
        {.name = LT_TOPIC_CONTROL, .form = LT_FORM_COMPACTED},
        {.name = LT_TOPIC_CURSORS, .form = LT_FORM_COMPACTED},
        {.name = LT_TOPIC_DIARY, .form = LT_FORM_APPENDED},
    };
    for (size_t i = 0; i < LT_COUNT(topics); i++)
        if (!lt_cluster_has_topic(s->cluster, topics[i].name) &&
            make_topic(s, &topics[i], reterr) < 0)
            return -1;
    return 0;
}

/* ---- settings ---- */

static void drift_found(void *arg, const struct lt_drift *drift)
{
    struct lt_steward *s = arg;
    lt_log(LT_LOG_WARN, drift->restored ? "setting_restored" : "setting_differs", "topic",
           drift->topic, "setting", drift->name, "expected", drift->expected, "found", drift->value,
           "why", drift->why, NULL);
    if (drift->restored)
        lt_metric_add(s->metrics.settings_restored, 1);
    else
        s->drift_found++;
}

static bool look_for_longest(void *arg, const char *object, int64_t number, const void *body)
{
    (void)object;
    (void)number;
    int64_t *longest = arg;
    *longest = LT_MAX(*longest, ((const struct lt_service *)body)->window);
    return true;
}

/* One topic a call; a round begins with the broker's own settings and ends with a pause. */
static int check_next(struct lt_steward *s, const struct lt_wanted *wanted, struct lt_error *reterr)
{
    if (s->drift_at == 0) {
        int64_t longest = 0;
        s->drift_found = 0;
        lt_fold_each(lt_ledger_fold(s->ledger), LT_CONTROL_SERVICE, look_for_longest, &longest);
        if (lt_drift_check_broker(s->cluster, longest, drift_found, s, reterr) < 0)
            return -1;
    }
    if (s->drift_at < wanted->topic_count) {
        const struct lt_wanted_topic *topic = &wanted->topics[s->drift_at++];
        return lt_cluster_has_topic(s->cluster, topic->name)
                   ? lt_drift_repair_topic(s->cluster, topic, (int)s->conf.replicas, drift_found, s,
                                           reterr)
                   : 0;
    }
    lt_metric_set(s->metrics.settings_drift, (int64_t)s->drift_found);
    s->drift_at = 0;
    s->drift_due_ms = lt_monotonic_ms() + DRIFT_ROUND_MS;
    return 0;
}

int lt_steward_check_drift(struct lt_steward *s, struct lt_error *reterr)
{
    struct lt_wanted wanted;
    s->drift_due_ms = lt_monotonic_ms() + DRIFT_EVERY_MS;
    lt_wanted_compute(lt_ledger_fold(s->ledger), s->observed, lt_now(), &wanted);
    const int rc = check_next(s, &wanted, reterr);
    lt_wanted_fini(&wanted);
    return rc;
}
