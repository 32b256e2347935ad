/*
 * Look-ups in a fold, and its objects in order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/fold_priv.h"

const struct lt_object *
lt_fold_object(const struct lt_fold *fold, enum lt_control_kind kind, const char *id)
{
    char key[LT_CONTROL_KEY_MAX];
    lt_control_key(lt_control_kind_name(kind), id, key);
    return lt_table_get(&fold->objects, key);
}

static const void *body(const struct lt_fold *fold, enum lt_control_kind kind, const char *id)
{
    const struct lt_object *object = lt_fold_object(fold, kind, id);
    return object && object->control.body_kind == kind ? &object->control.body : NULL;
}

const struct lt_agency *lt_fold_agency(const struct lt_fold *fold, const char *id)
{
    return body(fold, LT_CONTROL_AGENCY, id);
}

const struct lt_application *lt_fold_application(const struct lt_fold *fold, const char *id)
{
    return body(fold, LT_CONTROL_APPLICATION, id);
}

const struct lt_service *lt_fold_service(const struct lt_fold *fold, const char *id)
{
    return body(fold, LT_CONTROL_SERVICE, id);
}

const struct lt_agreement *lt_fold_agreement(const struct lt_fold *fold, const char *id)
{
    return body(fold, LT_CONTROL_AGREEMENT, id);
}

const struct lt_connection *lt_fold_connection(const struct lt_fold *fold, const char *id)
{
    return body(fold, LT_CONTROL_CONNECTION, id);
}

const struct lt_schema_body *lt_fold_schema(const struct lt_fold *fold, int32_t id)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", id);
    return body(fold, LT_CONTROL_SCHEMA, text);
}

const struct lt_feed_body *lt_fold_feed(const struct lt_fold *fold, const char *service)
{
    return body(fold, LT_CONTROL_FEED, service);
}

const struct lt_hold *lt_fold_hold(const struct lt_fold *fold, const char *id)
{
    return body(fold, LT_CONTROL_HOLD, id);
}

int64_t lt_fold_number_of(const struct lt_fold *fold, enum lt_control_kind kind, const char *object)
{
    const struct lt_object *found = lt_fold_object(fold, kind, object);
    return found ? found->control.number : 0;
}

struct lt_bytes
lt_fold_wire(const struct lt_fold *fold, enum lt_control_kind kind, const char *object)
{
    const struct lt_object *found = lt_fold_object(fold, kind, object);
    return found ? lt_buf_bytes(&found->wire) : (struct lt_bytes){0};
}

void lt_order_add(struct lt_order *order, struct lt_object *object)
{
    if (order->count == order->cap) {
        order->cap = order->cap ? order->cap * 2 : 64;
        order->items = lt_realloc(order->items, order->cap * sizeof(struct lt_object *));
    }
    order->items[order->count++] = object;
    order->sorted = false;
}

static int compare_keys(const void *a, const void *b)
{
    const struct lt_object *const *left = a, *const *right = b;
    return strcmp((*left)->key, (*right)->key);
}

void lt_order_sort(struct lt_order *order)
{
    if (!order->sorted && order->count > 0)
        qsort(order->items, order->count, sizeof(struct lt_object *), compare_keys);
    order->sorted = true;
}

/* Index of the first object whose key is not below `key`. */
static size_t lower_bound(const struct lt_order *order, const char *key)
{
    size_t low = 0, high = order->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(order->items[middle]->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void lt_fold_each(const struct lt_fold *fold,
                  enum lt_control_kind kind,
                  lt_fold_visit *visit,
                  void *arg)
{
    char first[LT_CONTROL_KEY_MAX];
    lt_control_key(lt_control_kind_name(kind), "", first);
    lt_order_sort(fold->order);
    for (size_t i = lower_bound(fold->order, first); i < fold->order->count; i++) {
        const struct lt_object *object = fold->order->items[i];
        if (object->kind != kind)
            return;
        if (object->control.body_kind == kind &&
            !visit(arg, object->id, object->control.number, &object->control.body))
            return;
    }
}

void lt_fold_each_record(const struct lt_fold *fold, lt_fold_visit_record *visit, void *arg)
{
    lt_order_sort(fold->order);
    for (size_t i = 0; i < fold->order->count; i++) {
        const struct lt_object *object = fold->order->items[i];
        visit(arg, object->key, &object->control, lt_buf_bytes(&object->wire));
    }
}

size_t lt_fold_record_count(const struct lt_fold *fold)
{
    return fold->order->count;
}
