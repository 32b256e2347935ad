#include "provider-postgres/feeds.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

void feeds_fini(struct feeds *feeds)
{
    for (size_t i = 0; i < feeds->count; i++) {
        service_free(feeds->items[i].service);
        shape_fini(&feeds->items[i].shape);
        shape_parts_fini(&feeds->items[i].parts);
    }
    free(feeds->items);
    *feeds = (struct feeds){0};
}

static void add(void *arg, const char *id, struct service *service, const char *why)
{
    struct feeds *feeds = arg;
    if (service == NULL) {
        lt_log(LT_LOG_ERROR, "service_unusable", "service", id, "reason", why, NULL);
        return;
    }
    if (feeds->count == feeds->cap) {
        feeds->cap = feeds->cap > 0 ? feeds->cap * 2 : 16;
        feeds->items = lt_realloc(feeds->items, feeds->cap * sizeof(*feeds->items));
    }
    feeds->items[feeds->count++] = (struct feed){.service = service};
}

void feeds_collect(struct feeds *feeds, const struct inbox *inbox, const char *source)
{
    inbox_services(inbox, source, add, feeds);
}

void feed_set_incarnation(struct feed *feed, int64_t incarnation)
{
    feed->incarnation = incarnation;
    feed->seq = 0;
    feed->topic[0] = '\0';
    if (incarnation >= 1) {
        lt_topic_feed(feed->service->id, incarnation, feed->topic);
        lt_chain_start(&feed->chain, feed->topic);
    }
}

static void take_stored(struct feed *feed, const struct lt_feed_position *stored)
{
    feed_set_incarnation(feed, stored->incarnation);
    feed->state = feed_state_parse(stored->state);
    feed->seq = stored->next_seq - 1;
    feed->last = (struct event_id){(uint64_t)stored->commit_lsn, stored->ordinal};
    snprintf(feed->reason, sizeof(feed->reason), "%s", stored->reason);
    lt_chain_set(&feed->chain, stored->chain);
    if (stored->fingerprint.len == FINGERPRINT_BYTES) {
        memcpy(feed->fingerprint, stored->fingerprint.data, FINGERPRINT_BYTES);
    }
}

void feeds_take_stored(struct feeds *feeds, const struct progress *progress)
{
    for (size_t i = 0; i < feeds->count; i++) {
        const struct lt_feed_position *stored =
            progress_feed(progress, feeds->items[i].service->id);
        if (stored != NULL) {
            take_stored(&feeds->items[i], stored);
        }
    }
}

int feeds_find(const struct feeds *feeds, const char *service)
{
    for (size_t i = 0; i < feeds->count; i++) {
        if (strcmp(feeds->items[i].service->id, service) == 0) {
            return (int)i;
        }
    }
    return -1;
}
