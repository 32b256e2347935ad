#include "bus_priv.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash_name(const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *name != '\0'; name++) {
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    }
    return hash;
}

static struct lt_topic *find(const struct lt_topic_table *table, const char *name, uint32_t hash)
{
    if (table->slot_count == 0) {
        return NULL;
    }
    struct lt_topic *topic = table->slots[hash & (table->slot_count - 1)];
    while (topic != NULL && (topic->hash != hash || strcmp(topic->name, name) != 0)) {
        topic = topic->next;
    }
    return topic;
}

struct lt_topic *lt_topic_find(const struct lt_topic_table *table, const char *name)
{
    return find(table, name, hash_name(name));
}

static void link_topic(struct lt_topic_table *table, struct lt_topic *topic)
{
    struct lt_topic **slot = &table->slots[topic->hash & (table->slot_count - 1)];
    topic->next = *slot;
    *slot = topic;
}

static void grow(struct lt_topic_table *table)
{
    struct lt_topic_table bigger = {.slot_count = LT_MAX(table->slot_count * 2, 64),
                                    .count = table->count};
    bigger.slots = lt_alloc(bigger.slot_count * sizeof(struct lt_topic *));
    for (size_t i = 0; i < table->slot_count; i++) {
        for (struct lt_topic *topic = table->slots[i], *next; topic != NULL; topic = next) {
            next = topic->next;
            link_topic(&bigger, topic);
        }
    }
    free(table->slots);
    *table = bigger;
}

struct lt_topic *lt_topic_get(struct lt_topic_table *table, rd_kafka_t *rk, const char *name)
{
    uint32_t hash = hash_name(name);
    struct lt_topic *topic = find(table, name, hash);
    if (topic != NULL) {
        return topic;
    }
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, name, NULL);
    if (rkt == NULL) {
        return NULL;
    }
    if (table->count >= table->slot_count) {
        grow(table);
    }
    size_t len = strlen(name);
    topic = lt_alloc(sizeof *topic + len + 1);
    topic->rkt = rkt;
    topic->hash = hash;
    memcpy(topic->name, name, len + 1);
    link_topic(table, topic);
    table->count++;
    return topic;
}

int lt_topic_state(struct lt_client *client,
                   rd_kafka_topic_t *rkt,
                   int timeout_ms,
                   rd_kafka_resp_err_t *ret_state,
                   struct lt_error *reterr)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t err = rd_kafka_metadata(client->rk, 0, rkt, &metadata, timeout_ms);
    rd_kafka_poll(client->rk, 0);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return lt_bus_class(err) == LT_ERR_RETRY
                   ? lt_client_fail_unanswered(client, reterr, "metadata")
                   : lt_bus_fail(reterr, err, "metadata");
    }
    lt_client_answered(client);
    *ret_state = metadata->topic_cnt == 1 ? metadata->topics[0].err
                                          : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    rd_kafka_metadata_destroy(metadata);
    return 0;
}

void lt_topic_drop(struct lt_topic_table *table, struct lt_topic *topic)
{
    struct lt_topic **slot = &table->slots[topic->hash & (table->slot_count - 1)];
    while (*slot != topic) {
        slot = &(*slot)->next;
    }
    *slot = topic->next;
    table->count--;
    rd_kafka_topic_destroy(topic->rkt);
    free(topic);
}

void lt_topic_table_fini(struct lt_topic_table *table)
{
    for (size_t i = 0; i < table->slot_count; i++) {
        while (table->slots[i] != NULL) {
            lt_topic_drop(table, table->slots[i]);
        }
    }
    free(table->slots);
    *table = (struct lt_topic_table){0};
}
