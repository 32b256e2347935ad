/**
 * @file
 * Are the broker's and the topics' settings as they must be (architecture 9)?  Drift is an alarm: a
 * topic whose window was shortened by hand loses deletes in silence.  A topic's settings are set
 * back; the broker's are its operator's, and only told.
 */
#pragma once

#include "steward/cluster.h"

enum lt_drift_rule {
    LT_DRIFT_EQUAL,    /**< the text itself */
    LT_DRIFT_AT_MOST,  /**< a number not above */
    LT_DRIFT_AT_LEAST, /**< a number not below */
};
/** Is the value as the rule wants it?  Lists (cleanup.policy) in any order.  Pure. */
bool lt_drift_fits(enum lt_drift_rule rule, const char *expected, const char *value);

/** How a topic's setting is compared: an operator may want more replicas in sync, never fewer. */
enum lt_drift_rule lt_drift_topic_rule(const char *setting);

/** One setting that is not as it should be.  Valid during the call it is handed to. */
struct lt_drift {
    const char *topic; /**< NULL: the broker's */
    const char *name, *expected, *value;
    bool restored;   /**< it was set back */
    const char *why; /**< why not, or NULL: not tried */
};
typedef void lt_drift_found(void *arg, const struct lt_drift *drift);

/** Checks the broker's settings: longest_window in microseconds is what offsets must outlive. */
int lt_drift_check_broker(struct lt_cluster *cluster,
                          int64_t longest_window,
                          lt_drift_found *found,
                          void *arg,
                          struct lt_error *reterr) LT_MUST_CHECK;
/** Checks a topic's settings and sets back what differs.  That the cluster refuses this is told by
 * `why` and no failure. */
int lt_drift_repair_topic(struct lt_cluster *cluster,
                          const struct lt_wanted_topic *topic,
                          int replicas,
                          lt_drift_found *found,
                          void *arg,
                          struct lt_error *reterr) LT_MUST_CHECK;
