/**
 * @file
 * The feeds of one run: fixed in number and meaning until the run ends and everything is read anew
 * from what is stored.
 */
#pragma once

#include "change/chain.h"
#include "change/ids.h"
#include "pg/conn.h"
#include "provider-postgres/inbox.h"
#include "provider-postgres/progress.h"
#include "provider-postgres/shape.h"

/** One feed; used by the main thread. */
struct feed {
    struct service *service;
    struct shape shape;
    enum feed_state state;
    int64_t incarnation;
    char reason[FEED_REASON_MAX];
    struct event_id last; /**< events up to here are in the feed */
    uint8_t fingerprint[FINGERPRINT_BYTES];
    bool shape_reported; /**< the incident was told */
    bool judged;         /**< at this start, when the table had the fingerprint */
    uint8_t judged_at[FINGERPRINT_BYTES];
    struct shape_parts parts; /**< the tree that judged_at was taken of */
    bool to_write;            /**< the start decided something that is to be stored */
    /* Where the writer starts from; from then on the writer has its own. */
    char topic[LT_TOPIC_MAX];
    int64_t seq; /**< last given */
    struct lt_chain chain;
};
struct feeds {
    struct feed *items;
    size_t count, cap;
};
void feeds_fini(struct feeds *feeds);
/** All services of the source that the inbox holds; unusable ones are logged and left out. */
void feeds_collect(struct feeds *feeds, const struct inbox *inbox, const char *source);
/** Takes over what is stored for each. */
void feeds_take_stored(struct feeds *feeds, const struct progress *progress);
/** Sets topic and chain for (service, incarnation); 0: a feed that never began has neither. */
void feed_set_incarnation(struct feed *feed, int64_t incarnation);
/** Index of the feed, or -1. */
int feeds_find(const struct feeds *feeds, const char *service);
