#include "provider-postgres/progress.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The newest bytes of each key; decoded when all is read, so that a long topic costs no memory. */
struct newest {
    struct lt_buf key, value;
};
struct reading {
    struct newest *items;
    size_t count, cap;
};

void progress_fini(struct progress *progress)
{
    free(progress->feeds);
    lt_arena_free(progress->arena);
    *progress = (struct progress){0};
}

static void reading_fini(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        lt_buf_fini(&reading->items[i].key);
        lt_buf_fini(&reading->items[i].value);
    }
    free(reading->items);
}

static struct newest *slot_of(struct reading *reading, struct lt_bytes key)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (lt_bytes_equal(lt_buf_bytes(&reading->items[i].key), key)) {
            return &reading->items[i];
        }
    }
    if (reading->count == reading->cap) {
        reading->cap = reading->cap > 0 ? reading->cap * 2 : 16;
        reading->items = lt_realloc(reading->items, reading->cap * sizeof(*reading->items));
    }
    struct newest *item = &reading->items[reading->count++];
    *item = (struct newest){0};
    lt_buf_add(&item->key, key.data, key.len);
    return item;
}

static int take(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)reterr;
    struct newest *item = slot_of(arg, message->key);
    lt_buf_clear(&item->value);
    lt_buf_add(&item->value, message->value.data, message->value.len);
    return 0;
}

static bool decode_source(struct progress *progress, struct lt_bytes value)
{
    struct lt_source_position *source = lt_arena_alloc(progress->arena, sizeof(*source));
    if (lt_record_decode(LT_RECORD_SOURCE_POSITION, value, source, progress->arena, NULL) != 0) {
        return false;
    }
    progress->source = source;
    return true;
}

static bool decode_feed(struct progress *progress, struct lt_bytes key, struct lt_bytes value)
{
    struct lt_feed_position *feed = &progress->feeds[progress->feed_count];
    if (lt_record_decode(LT_RECORD_FEED_POSITION, value, feed, progress->arena, NULL) != 0 ||
        !lt_bytes_equal(key, lt_bytes_text(feed->service))) {
        return false;
    }
    progress->feed_count++;
    return true;
}

static void decode(struct progress *progress, const struct reading *reading)
{
    progress->feeds = lt_alloc((reading->count + 1) * sizeof(*progress->feeds));
    for (size_t i = 0; i < reading->count; i++) {
        struct lt_bytes key = lt_buf_bytes(&reading->items[i].key);
        struct lt_bytes value = lt_buf_bytes(&reading->items[i].value);
        bool is_source = lt_bytes_equal(key, lt_bytes_text("source"));
        bool good = is_source ? decode_source(progress, value) : decode_feed(progress, key, value);
        progress->garbage += good ? 0 : 1;
    }
}

int progress_read(struct progress *progress,
                  const struct lt_bus *bus,
                  const char *topic,
                  int64_t timeout_ms,
                  struct lt_error *reterr)
{
    struct reading reading = {0};
    progress_fini(progress);
    int rc = lt_bus_read_to_end(bus, topic, LT_OFFSET_BEGIN, timeout_ms, take, &reading,
                                &progress->next_offset, reterr);
    if (rc == 0) {
        progress->arena = lt_arena_new(4096);
        decode(progress, &reading);
    }
    reading_fini(&reading);
    return rc == 0 ? 0 : lt_fail_context(reterr, "reading %s", topic);
}

const struct lt_feed_position *progress_feed(const struct progress *progress, const char *service)
{
    for (size_t i = 0; i < progress->feed_count; i++) {
        if (strcmp(progress->feeds[i].service, service) == 0) {
            return &progress->feeds[i];
        }
    }
    return NULL;
}

bool progress_safe_lsn(const struct lt_message *message, uint64_t *ret_safe)
{
    struct lt_source_position position;
    if (message->value.data == NULL || !lt_bytes_equal(message->key, lt_bytes_text("source"))) {
        return false;
    }
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(512);
    if (lt_record_decode(LT_RECORD_SOURCE_POSITION, message->value, &position, arena, NULL) != 0) {
        return false;
    }
    *ret_safe = (uint64_t)position.safe_lsn;
    return true;
}
