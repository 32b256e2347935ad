/**
 * @file
 * Which topics and rights there should be, from control and what was observed.  Pure, and level
 * triggered: the same state gives the same wish, whatever happened before (architecture 5, D24.1).
 */
#pragma once

#include "bus/admin.h"
#include "steward/observe.h"

enum lt_topic_form {
    LT_FORM_COMPACTED, /**< the newest record of a key: control, cursors, inboxes, outboxes,
                          progress */
    LT_FORM_APPENDED,  /**< every record for ever: the diary */
    LT_FORM_STREAM, /**< a complete log inside the window, then the newest of a key: feeds, streams
                     */
};
struct lt_wanted_topic {
    char name[LT_TOPIC_MAX];
    enum lt_topic_form form;
    int64_t window; /**< microseconds, LT_FORM_STREAM */
};
struct lt_wanted {
    struct lt_wanted_topic *topics; /**< in bytewise order of name, each once */
    size_t topic_count, topic_cap;
    struct lt_acl *acls; /**< in order of lt_acl_compare(), each once */
    size_t acl_count, acl_cap;
};

/** Everything there should be.  lt_wanted_fini() releases. */
void lt_wanted_compute(const struct lt_fold *fold,
                       const struct lt_observed *observed,
                       lt_time now,
                       struct lt_wanted *ret);
void lt_wanted_fini(struct lt_wanted *wanted);

int lt_acl_compare(const struct lt_acl *a, const struct lt_acl *b);
/** Is it a right of an application (ap000041.k3), which only the steward gives and takes? */
bool lt_acl_of_application(const struct lt_acl *acl);

/** May this topic be deleted?  A stream that its successor has replaced at the target, or whose
 * connection is over, once routing has let it go; a feed of an incarnation that nobody reads. */
bool lt_topic_over(const struct lt_fold *fold,
                   const struct lt_observed *observed,
                   const char *topic);
/** Does the topic belong to something that control knows? (D24.1: else alarm) */
bool lt_topic_known(const struct lt_fold *fold,
                    const struct lt_observed *observed,
                    const char *topic);
/** The incarnation of a service's feed that is wanted and not signed yet; 0: none. */
int64_t lt_feed_to_sign(const struct lt_fold *fold,
                        const struct lt_observed *observed,
                        const char *service,
                        const char **ret_reason);

/** The settings of a topic (architecture 3 and 9). */
#define LT_TOPIC_SETTINGS_MAX 12
struct lt_topic_settings {
    struct lt_topic_config items[LT_TOPIC_SETTINGS_MAX];
    size_t count;
    char window_ms[24], compaction_ms[24]; /**< texts that items point to */
};
void lt_topic_settings(const struct lt_wanted_topic *topic,
                       int replicas,
                       struct lt_topic_settings *ret);
