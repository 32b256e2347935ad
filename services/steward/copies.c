#include "steward/copies.h"

#include "control/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One control record in one inbox. */
struct copy {
    char name[LT_TOPIC_MAX + LT_CONTROL_KEY_MAX]; /* inbox, blank, key */
    char topic[LT_TOPIC_MAX], key[LT_CONTROL_KEY_MAX];
    int64_t sent;   /* number that the inbox has */
    int64_t number; /* number that it should have */
    struct lt_bytes wire;
};
struct lt_copies {
    struct lt_table known; /* name -> struct copy */
};

struct lt_copies *lt_copies_new(void)
{
    return lt_alloc(sizeof(struct lt_copies));
}

void lt_copies_forget(struct lt_copies *copies)
{
    for (size_t i = 0; i < copies->known.cap; i++)
        free(lt_table_at(&copies->known, i));
    lt_table_fini(&copies->known);
}

void lt_copies_free(struct lt_copies *copies)
{
    if (!copies)
        return;
    lt_copies_forget(copies);
    free(copies);
}

struct search {
    struct lt_copies *copies;
    const struct lt_fold *fold;
    const struct lt_cluster *cluster;
    struct copy **due;
    size_t count, cap;
};

static struct copy *copy_of(struct lt_copies *copies, const char *topic, const char *key)
{
    char name[LT_TOPIC_MAX + LT_CONTROL_KEY_MAX];
    snprintf(name, sizeof(name), "%s %s", topic, key);
    struct copy *copy = lt_table_get(&copies->known, name);
    if (copy)
        return copy;
    copy = lt_alloc(sizeof(*copy));
    memcpy(copy->name, name, sizeof(name));
    snprintf(copy->topic, sizeof(copy->topic), "%s", topic);
    snprintf(copy->key, sizeof(copy->key), "%s", key);
    lt_table_put(&copies->known, copy->name, copy);
    return copy;
}

static void
consider(struct search *search, const char *topic, enum lt_control_kind kind, const char *id)
{
    char key[LT_CONTROL_KEY_MAX];
    const int64_t number = lt_fold_number_of(search->fold, kind, id);
    if (number == 0)
        return;
    lt_control_key(lt_control_kind_name(kind), id, key);
    struct copy *copy = copy_of(search->copies, topic, key);
    if (copy->sent == number || copy->number == number)
        return; /* there, or due for another service of this application */
    copy->number = number;
    copy->wire = lt_fold_wire(search->fold, kind, id);
    if (search->count == search->cap) {
        search->cap = search->cap ? search->cap * 2 : 64;
        search->due = lt_realloc(search->due, search->cap * sizeof(struct copy *));
    }
    search->due[search->count++] = copy;
}

static void consider_schema(struct search *search, const char *topic, int32_t schema)
{
    char id[16];
    snprintf(id, sizeof(id), "%d", schema);
    consider(search, topic, LT_CONTROL_SCHEMA, id);
}

static bool consider_service(void *arg, const char *object, int64_t number, const void *body)
{
    (void)number;
    struct search *search = arg;
    const struct lt_service *service = body;
    char topic[LT_TOPIC_MAX];
    lt_topic_inbox(service->provider, topic);
    if (!lt_cluster_has_topic(search->cluster, topic))
        return true;
    consider_schema(search, topic, service->key_schema);
    consider_schema(search, topic, service->value_schema);
    consider_schema(search, topic, service->scope_schema);
    consider(search, topic, LT_CONTROL_SERVICE, object);
    consider(search, topic, LT_CONTROL_FEED, object);
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    const struct copy *const *left = a, *const *right = b;
    if ((*left)->number != (*right)->number)
        return (*left)->number < (*right)->number ? -1 : 1;
    return strcmp((*left)->name, (*right)->name);
}

static int send_due(struct search *search, struct lt_ledger *ledger, struct lt_error *reterr)
{
    struct lt_ledger_copy *records = lt_alloc(search->count * sizeof(*records));
    qsort(search->due, search->count, sizeof(struct copy *), compare_numbers);
    for (size_t i = 0; i < search->count; i++)
        records[i] = (struct lt_ledger_copy){.topic = search->due[i]->topic,
                                             .key = search->due[i]->key,
                                             .value = search->due[i]->wire};
    const int rc = lt_ledger_copy(ledger, records, search->count, reterr);
    for (size_t i = 0; i < search->count; i++) {
        struct copy *copy = search->due[i];
        copy->sent = rc == 0 ? copy->number : copy->sent;
        copy->number = 0;
    }
    free(records);
    return rc;
}

int lt_copies_send(struct lt_copies *copies,
                   struct lt_ledger *ledger,
                   const struct lt_cluster *cluster,
                   size_t *ret_count,
                   struct lt_error *reterr)
{
    struct search search = {.copies = copies, .fold = lt_ledger_fold(ledger), .cluster = cluster};
    lt_fold_each(search.fold, LT_CONTROL_SERVICE, consider_service, &search);
    const int rc = search.count == 0 ? 0 : send_due(&search, ledger, reterr);
    free(search.due);
    *ret_count = rc == 0 ? search.count : 0;
    return rc;
}
