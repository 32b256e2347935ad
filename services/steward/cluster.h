/**
 * @file
 * The cluster's topics and ACLs as the steward last listed them, and the acts that change them.
 * Blocks; one thread.
 */
#pragma once

#include "steward/actions.h"

struct lt_cluster;
struct lt_cluster *lt_cluster_open(const struct lt_bus *bus, struct lt_error *reterr) LT_MUST_CHECK;
void lt_cluster_close(struct lt_cluster *cluster);
LT_DEFINE_CLEANUP(struct lt_cluster, lt_cluster_close)

/** Lists again.  On failure the old list stays. */
int lt_cluster_refresh(struct lt_cluster *cluster, struct lt_error *reterr) LT_MUST_CHECK;
/** As last listed; valid until the next refresh. */
const struct lt_actual *lt_cluster_actual(const struct lt_cluster *cluster);
bool lt_cluster_has_topic(const struct lt_cluster *cluster, const char *topic);
struct lt_admin *lt_cluster_admin(struct lt_cluster *cluster);

/** Creates a topic with the settings it should have. */
int lt_cluster_make(struct lt_cluster *cluster,
                    const struct lt_wanted_topic *topic,
                    int replicas,
                    struct lt_error *reterr) LT_MUST_CHECK;
