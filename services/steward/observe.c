#include "steward/observe.h"

#include "avro/span.h"
#include "control/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES   (2 * LT_TOPIC_MAX)
#define RECORD_BLOCK 1024

/* One key: its place in an array, and the memory of its newest record. */
struct place {
    char name[NAME_BYTES];
    size_t index;
    struct lt_arena *arena;
};
struct cursors {
    struct lt_table places;
    struct lt_cursor *items;
    size_t count;
};
struct feeds {
    struct lt_table places;
    struct lt_feed_cursor *items;
    size_t count;
};
/* A provider's newest position in a feed, by source/service. */
struct wish {
    char name[NAME_BYTES];
    int64_t incarnation; /* 0: none wanted */
    char reason[200];
};
/* The generation shown, by application/connection. */
struct shown {
    char name[NAME_BYTES];
    int64_t generation;
};

struct lt_observed {
    struct cursors cursors;
    struct feeds feeds;
    struct lt_table wishes, shown;
    bool changed;
};

struct lt_observed *lt_observed_new(void)
{
    return lt_alloc(sizeof(struct lt_observed));
}

static void free_places(struct lt_table *table)
{
    for (size_t i = 0; i < table->cap; i++) {
        struct place *place = lt_table_at(table, i);
        if (place)
            lt_arena_free(place->arena);
        free(place);
    }
    lt_table_fini(table);
}

static void free_values(struct lt_table *table)
{
    for (size_t i = 0; i < table->cap; i++)
        free(lt_table_at(table, i));
    lt_table_fini(table);
}

void lt_observed_free(struct lt_observed *observed)
{
    if (!observed)
        return;
    free_places(&observed->cursors.places);
    free(observed->cursors.items);
    free_places(&observed->feeds.places);
    free(observed->feeds.items);
    free_values(&observed->wishes);
    free_values(&observed->shown);
    free(observed);
}

static int garbage(struct lt_error *reterr, const char *topic, const char *what)
{
    return lt_fail(reterr, LT_ERR_REJECT, "steward", 0, "%s: %s", topic, what);
}

static bool key_is(struct lt_bytes key, const char *prefix, const char *name)
{
    const size_t len = strlen(prefix);
    return key.len == len + strlen(name) && memcmp(key.data, prefix, len) == 0 &&
           memcmp(key.data + len, name, key.len - len) == 0;
}

static struct place *place_of(struct lt_table *table, const char *name, size_t next)
{
    struct place *place = lt_table_get(table, name);
    if (place)
        return place;
    place = lt_alloc(sizeof(*place));
    snprintf(place->name, sizeof(place->name), "%s", name);
    place->index = next;
    lt_table_put(table, place->name, place);
    return place;
}

/* ---- routing.cursors ---- */

static bool cursor_differs(const struct lt_cursor *a, const struct lt_cursor *b)
{
    return strcmp(a->state, b->state) != 0 || a->control != b->control ||
           a->incarnation != b->incarnation;
}

static int take_cursor(struct lt_observed *observed,
                       struct lt_bytes key,
                       struct lt_bytes value,
                       struct lt_error *reterr)
{
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(RECORD_BLOCK);
    struct cursors *cursors = &observed->cursors;
    struct lt_cursor cursor;
    if (lt_record_decode(LT_RECORD_CURSOR, value, &cursor, arena, reterr) < 0)
        return -1;
    if (!key_is(key, "", cursor.stream) || key.len >= LT_TOPIC_MAX)
        return garbage(reterr, LT_TOPIC_CURSORS, "a cursor stands under another key");
    struct place *place = place_of(&cursors->places, cursor.stream, cursors->count);
    const bool first = place->arena == NULL;
    if (first)
        cursors->items = lt_realloc(cursors->items, ++cursors->count * sizeof(struct lt_cursor));
    observed->changed |= first || cursor_differs(&cursors->items[place->index], &cursor);
    lt_arena_free(place->arena);
    place->arena = lt_steal(&arena);
    cursors->items[place->index] = cursor;
    return 0;
}

static int take_feed_cursor(struct lt_observed *observed,
                            struct lt_bytes key,
                            struct lt_bytes value,
                            struct lt_error *reterr)
{
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(RECORD_BLOCK);
    struct feeds *feeds = &observed->feeds;
    struct lt_feed_cursor cursor;
    if (lt_record_decode(LT_RECORD_FEED_CURSOR, value, &cursor, arena, reterr) < 0)
        return -1;
    if (!key_is(key, "live/", cursor.service) || key.len >= LT_TOPIC_MAX)
        return garbage(reterr, LT_TOPIC_CURSORS, "a feed cursor stands under another key");
    struct place *place = place_of(&feeds->places, cursor.service, feeds->count);
    const bool first = place->arena == NULL;
    if (first)
        feeds->items = lt_realloc(feeds->items, ++feeds->count * sizeof(struct lt_feed_cursor));
    const struct lt_feed_cursor *old = &feeds->items[place->index];
    observed->changed |=
        first || old->incarnation != cursor.incarnation || old->control != cursor.control;
    lt_arena_free(place->arena);
    place->arena = lt_steal(&arena);
    feeds->items[place->index] = cursor;
    return 0;
}

/* ---- progress.<source> ---- */

static void join(char buf[NAME_BYTES], const char *a, const char *b)
{
    snprintf(buf, NAME_BYTES, "%.60s/%.60s", a, b);
}

/* As much as fits, never half a character. */
static void copy_text(char *buf, size_t size, const char *text)
{
    size_t len = LT_MIN(strlen(text), size - 1);
    while (!lt_utf8_valid((const uint8_t *)text, len))
        len--;
    memcpy(buf, text, len);
    buf[len] = 0;
}

static int take_progress(struct lt_observed *observed,
                         const char *topic,
                         struct lt_bytes key,
                         struct lt_bytes value,
                         struct lt_error *reterr)
{
    if (lt_record_type_of(value) == LT_RECORD_SOURCE_POSITION)
        return 0;
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(RECORD_BLOCK);
    struct lt_feed_position position;
    if (lt_record_decode(LT_RECORD_FEED_POSITION, value, &position, arena, reterr) < 0)
        return lt_fail_context(reterr, "%s", topic);
    if (!key_is(key, "", position.service) || key.len >= LT_ID_MAX)
        return garbage(reterr, topic, "a feed position stands under another key");
    char name[NAME_BYTES];
    join(name, topic + strlen("progress."), position.service);
    struct wish *wish = lt_table_get(&observed->wishes, name);
    if (!wish) {
        wish = lt_alloc(sizeof(*wish));
        memcpy(wish->name, name, sizeof(name));
        lt_table_put(&observed->wishes, wish->name, wish);
    }
    const int64_t wanted = strcmp(position.state, "wanted") == 0 ? position.incarnation : 0;
    observed->changed |= wish->incarnation != wanted;
    wish->incarnation = wanted;
    copy_text(wish->reason, sizeof(wish->reason), position.reason);
    return 0;
}

/* ---- outbox.<application> ---- */

static int take_outbox(struct lt_observed *observed,
                       const char *topic,
                       struct lt_bytes key,
                       struct lt_bytes value,
                       struct lt_error *reterr)
{
    const int type = lt_record_type_of(value);
    if (type == LT_RECORD_GAP_REPORT || type == LT_RECORD_REJECT_REPORT)
        return 0;
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(RECORD_BLOCK);
    struct lt_receipt receipt;
    char connection[LT_ID_MAX], name[NAME_BYTES];
    int64_t generation;
    if (lt_record_decode(LT_RECORD_RECEIPT, value, &receipt, arena, reterr) < 0 ||
        lt_stream_parse(receipt.stream, connection, &generation, reterr) < 0)
        return lt_fail_context(reterr, "%s", topic);
    if (!key_is(key, "receipt/", receipt.stream))
        return garbage(reterr, topic, "a receipt stands under another key");
    if (!receipt.active)
        return 0;
    join(name, topic + strlen("outbox."), connection);
    struct shown *shown = lt_table_get(&observed->shown, name);
    if (!shown) {
        shown = lt_alloc(sizeof(*shown));
        memcpy(shown->name, name, sizeof(name));
        lt_table_put(&observed->shown, shown->name, shown);
    }
    observed->changed |= generation > shown->generation;
    shown->generation = LT_MAX(shown->generation, generation);
    return 0;
}

/* Lanes say there that they stand still, and take it back: nothing the steward acts on. */
static bool is_standstill(const char *topic, struct lt_bytes key)
{
    return strcmp(topic, LT_TOPIC_CURSORS) == 0 && key.len > 6 &&
           memcmp(key.data, "stand/", 6) == 0;
}

int lt_observed_take(struct lt_observed *observed,
                     const char *topic,
                     struct lt_bytes key,
                     struct lt_bytes value,
                     struct lt_error *reterr)
{
    if (is_standstill(topic, key))
        return 0;
    if (!key.data || !value.data)
        return garbage(reterr, topic, "a record without key or value");
    if (strncmp(topic, "progress.", 9) == 0)
        return take_progress(observed, topic, key, value, reterr);
    if (strncmp(topic, "outbox.", 7) == 0)
        return take_outbox(observed, topic, key, value, reterr);
    if (lt_record_type_of(value) == LT_RECORD_FEED_CURSOR)
        return take_feed_cursor(observed, key, value, reterr);
    return take_cursor(observed, key, value, reterr);
}

bool lt_observed_changed(struct lt_observed *observed)
{
    const bool changed = observed->changed;
    observed->changed = false;
    return changed;
}

struct lt_routing_view lt_observed_routing(const struct lt_observed *observed)
{
    return (struct lt_routing_view){
        .cursors = observed->cursors.items,
        .cursor_count = observed->cursors.count,
        .feeds = observed->feeds.items,
        .feed_count = observed->feeds.count,
    };
}

const struct lt_cursor *lt_observed_cursor(const struct lt_observed *observed, const char *stream)
{
    const struct place *place = lt_table_get(&observed->cursors.places, stream);
    return place ? &observed->cursors.items[place->index] : NULL;
}

const struct lt_feed_cursor *lt_observed_feed_cursor(const struct lt_observed *observed,
                                                     const char *service)
{
    const struct place *place = lt_table_get(&observed->feeds.places, service);
    return place ? &observed->feeds.items[place->index] : NULL;
}

int64_t lt_observed_wanted_feed(const struct lt_observed *observed,
                                const char *service,
                                const char *source,
                                const char **ret_reason)
{
    char name[NAME_BYTES];
    join(name, source, service);
    const struct wish *wish = lt_table_get(&observed->wishes, name);
    if (!wish || wish->incarnation < 1)
        return 0;
    if (ret_reason)
        *ret_reason = wish->reason;
    return wish->incarnation;
}

int64_t lt_observed_shown(const struct lt_observed *observed,
                          const char *connection,
                          const char *application)
{
    char name[NAME_BYTES];
    join(name, application, connection);
    const struct shown *shown = lt_table_get(&observed->shown, name);
    return shown ? shown->generation : 0;
}
