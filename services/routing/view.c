#include "routing/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_TABLE 32

static void slot_free(struct lane_slot *slot)
{
    lt_lane_keys_free(slot->keys);
    free(slot);
}

void lt_lane_view_reset(struct lane_view *view)
{
    for (size_t i = 0; i < view->count; i++)
        slot_free(view->slots[i]);
    for (size_t i = 0; i < view->feed_count; i++) {
        free(view->feeds[i]->live);
        free(view->feeds[i]);
    }
    for (size_t i = 0; i < view->table_cap; i++)
        view->by_name[i] = view->by_connection[i] = NULL;
    view->count = view->feed_count = view->marked.count = view->due.count = 0;
    memset(view->by_state, 0, sizeof(view->by_state));
    view->highest = 0;
    view->regroup = true;
}

void lt_lane_view_fini(struct lane_view *view)
{
    lt_lane_view_reset(view);
    free(view->slots);
    free(view->feeds);
    free(view->by_name);
    free(view->by_connection);
    free(view->marked.slots);
    free(view->due.slots);
    *view = (struct lane_view){0};
}

static size_t hash(const char *text)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * 1099511628211u;
    return (size_t)(h ^ h >> 32);
}

static struct lane_slot **place_of_name(const struct lane_view *view, const char *name)
{
    size_t at = hash(name) & (view->table_cap - 1);
    while (view->by_name[at] && strcmp(view->by_name[at]->now.name, name) != 0)
        at = (at + 1) & (view->table_cap - 1);
    return &view->by_name[at];
}

static struct lane_slot **place_of_connection(const struct lane_view *view, const char *connection)
{
    size_t at = hash(connection) & (view->table_cap - 1);
    while (view->by_connection[at] &&
           strcmp(view->by_connection[at]->now.connection, connection) != 0)
        at = (at + 1) & (view->table_cap - 1);
    return &view->by_connection[at];
}

struct lane_slot *lt_lane_view_find(const struct lane_view *view, const char *stream)
{
    return view->table_cap ? *place_of_name(view, stream) : NULL;
}

struct lane_slot *lt_lane_view_newest(const struct lane_view *view, const char *connection)
{
    return view->table_cap ? *place_of_connection(view, connection) : NULL;
}

/* Puts the slot into the chain of its connection, newest generation first. */
static void chain_in(struct lane_view *view, struct lane_slot *slot)
{
    struct lane_slot **at = place_of_connection(view, slot->now.connection);
    while (*at && (*at)->now.generation > slot->now.generation)
        at = &(*at)->older;
    slot->older = *at;
    *at = slot;
}

static void tables_grow(struct lane_view *view)
{
    view->table_cap = view->table_cap ? view->table_cap * 2 : FIRST_TABLE;
    free(view->by_name);
    free(view->by_connection);
    view->by_name = lt_alloc(view->table_cap * sizeof(*view->by_name));
    view->by_connection = lt_alloc(view->table_cap * sizeof(*view->by_connection));
    for (size_t i = 0; i < view->count; i++) {
        *place_of_name(view, view->slots[i]->now.name) = view->slots[i];
        chain_in(view, view->slots[i]);
    }
}

struct lane_slot *
lt_lane_view_slot(struct lane_view *view, const char *connection, int64_t generation)
{
    char name[LT_TOPIC_MAX];
    lt_stream_format(connection, generation, name);
    struct lane_slot *slot = lt_lane_view_find(view, name);
    if (slot)
        return slot;
    if ((view->count + 1) * 2 > view->table_cap)
        tables_grow(view);
    if (view->count == view->cap) {
        view->cap = view->cap ? view->cap * 2 : FIRST_TABLE;
        view->slots = lt_realloc(view->slots, view->cap * sizeof(struct lane_slot *));
    }
    slot = lt_alloc(sizeof(*slot));
    lt_lane_stream_init(&slot->now, connection, generation);
    slot->sync_time = LT_NULL;
    view->slots[view->count++] = slot;
    view->by_state[LANE_NONE]++;
    *place_of_name(view, name) = slot;
    chain_in(view, slot);
    return slot;
}

void lt_lane_view_set(struct lane_view *view, struct lane_slot *slot, const struct lane_stream *now)
{
    view->by_state[slot->now.state]--;
    view->by_state[now->state]++;
    view->regroup |= slot->now.state != now->state;
    slot->now = *now;
    lt_lane_view_due(view, slot);
}

static void add(struct lane_list *list, struct lane_slot *slot)
{
    if (list->count == list->cap) {
        list->cap = list->cap ? list->cap * 2 : FIRST_TABLE;
        list->slots = lt_realloc(list->slots, list->cap * sizeof(struct lane_slot *));
    }
    list->slots[list->count++] = slot;
}

void lt_lane_view_mark(struct lane_view *view, struct lane_slot *slot)
{
    if (!slot->marked)
        add(&view->marked, slot);
    slot->marked = true;
}

void lt_lane_view_due(struct lane_view *view, struct lane_slot *slot)
{
    if (!slot->due)
        add(&view->due, slot);
    slot->due = true;
}

void lt_lane_view_unmark(struct lane_view *view)
{
    for (size_t i = 0; i < view->marked.count; i++)
        view->marked.slots[i]->marked = false;
    view->marked.count = 0;
}

void lt_lane_view_settled(struct lane_view *view)
{
    for (size_t i = 0; i < view->due.count; i++)
        view->due.slots[i]->due = false;
    view->due.count = 0;
}

struct lane_feed_slot *lt_lane_view_feed(const struct lane_view *view, const char *service)
{
    for (size_t i = 0; i < view->feed_count; i++)
        if (strcmp(view->feeds[i]->now.service, service) == 0)
            return view->feeds[i];
    return NULL;
}

struct lane_feed_slot *lt_lane_view_feed_slot(struct lane_view *view, const char *service)
{
    struct lane_feed_slot *feed = lt_lane_view_feed(view, service);
    if (feed)
        return feed;
    if (view->feed_count == view->feed_cap) {
        view->feed_cap = view->feed_cap ? view->feed_cap * 2 : FIRST_TABLE;
        view->feeds = lt_realloc(view->feeds, view->feed_cap * sizeof(struct lane_feed_slot *));
    }
    feed = lt_alloc(sizeof(*feed));
    lt_lane_feed_init(&feed->now, service, 0);
    feed->set_changed = true;
    view->feeds[view->feed_count++] = feed;
    return feed;
}
