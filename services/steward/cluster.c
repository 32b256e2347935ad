#include "steward/cluster.h"

#include <stdlib.h>
#include <string.h>

#define LIST_BLOCK 65536

struct lt_cluster {
    struct lt_admin *admin;
    struct lt_arena *arena; /* of the topics' names */
    struct lt_actual actual;
};

struct lt_cluster *lt_cluster_open(const struct lt_bus *bus, struct lt_error *reterr)
{
    struct lt_admin *admin = lt_admin_open(bus, reterr);
    if (!admin)
        return NULL;
    struct lt_cluster *cluster = lt_alloc(sizeof(*cluster));
    cluster->admin = admin;
    return cluster;
}

void lt_cluster_close(struct lt_cluster *cluster)
{
    if (!cluster)
        return;
    lt_admin_close(cluster->admin);
    lt_arena_free(cluster->arena);
    free(cluster->actual.acls);
    free(cluster);
}

static int compare_acls(const void *a, const void *b)
{
    return lt_acl_compare(a, b);
}

int lt_cluster_refresh(struct lt_cluster *cluster, struct lt_error *reterr)
{
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(LIST_BLOCK);
    struct lt_actual actual = {0};
    if (lt_admin_topics(cluster->admin, arena, &actual.topics, &actual.topic_count, reterr) < 0 ||
        lt_admin_acl_list(cluster->admin, &actual.acls, &actual.acl_count, reterr) < 0)
        return -1;
    if (actual.acl_count > 0)
        qsort(actual.acls, actual.acl_count, sizeof(*actual.acls), compare_acls);
    free(cluster->actual.acls);
    lt_arena_free(cluster->arena);
    cluster->arena = lt_steal(&arena);
    cluster->actual = actual;
    return 0;
}

const struct lt_actual *lt_cluster_actual(const struct lt_cluster *cluster)
{
    return &cluster->actual;
}

static int compare_name(const void *key, const void *item)
{
    const char *const *name = item;
    return strcmp(key, *name);
}

bool lt_cluster_has_topic(const struct lt_cluster *cluster, const char *topic)
{
    const struct lt_actual *actual = &cluster->actual;
    return actual->topic_count > 0 &&
           bsearch(topic, actual->topics, actual->topic_count, sizeof(char *), compare_name);
}

struct lt_admin *lt_cluster_admin(struct lt_cluster *cluster)
{
    return cluster->admin;
}

int lt_cluster_make(struct lt_cluster *cluster,
                    const struct lt_wanted_topic *topic,
                    int replicas,
                    struct lt_error *reterr)
{
    struct lt_topic_settings settings;
    lt_topic_settings(topic, replicas, &settings);
    return lt_admin_topic_create(cluster->admin, topic->name, replicas, settings.items,
                                 settings.count, reterr);
}
