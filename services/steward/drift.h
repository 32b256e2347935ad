/**
 * @file
 * Are the broker's and the topics' settings as they must be (architecture 9)?  Drift is an alarm: a
 * topic whose window was shortened by hand loses deletes in silence.
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

/** Called for each setting that is not as it should be; topic NULL: the broker's. */
typedef void lt_drift_found(
    void *arg, const char *topic, const char *name, const char *expected, const char *value);

/** Checks the broker's settings: longest_window in microseconds is what offsets must outlive. */
int lt_drift_check_broker(struct lt_cluster *cluster,
                          int64_t longest_window,
                          lt_drift_found *found,
                          void *arg,
                          struct lt_error *reterr) LT_MUST_CHECK;
int lt_drift_check_topic(struct lt_cluster *cluster,
                         const struct lt_wanted_topic *topic,
                         int replicas,
                         lt_drift_found *found,
                         void *arg,
                         struct lt_error *reterr) LT_MUST_CHECK;
