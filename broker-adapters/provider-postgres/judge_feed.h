/**
 * @file
 * What becomes of a feed at start: goes on, waits for its new incarnation, begins one, or stands
 * still because its table is not as declared.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "position/position.h"

enum feed_state {
    FEED_NONE,      /**< nothing stored yet */
    FEED_WANTED,    /**< incarnation n asked for; the steward makes its topic */
    FEED_SNAPSHOT,  /**< the snapshot of n is being written */
    FEED_STREAMING, /**< snapshot complete, changes follow */
    FEED_ENDED,     /**< stands still, or cannot begin (incarnation 0), for the reason stored */
};
const char *feed_state_name(enum feed_state state);
enum feed_state feed_state_parse(const char *name); /**< FEED_NONE when unknown */

/** Bytes of a reason as it is stored, with the 0 at its end; what is longer is cut off. */
#define FEED_REASON_MAX 300

struct feed_facts {
    enum feed_state state;
    bool begun;               /**< it has had an incarnation */
    const char *reason;       /**< as stored */
    const char *source_fresh; /**< reason of a fresh source, or NULL */
    enum lt_verdict tail;     /**< FEED_STREAMING only */
    bool published;
    bool declared_as_stored; /**< the declaration is that of the incarnation */
    const char *fault;       /**< the table does not fit the declaration, or NULL */
};
struct feed_verdict {
    enum feed_state state; /**< as it is to be stored */
    bool renew;            /**< with the next incarnation number */
    bool write;            /**< differs from what is stored */
    const char *reason;    /**< of a change, or NULL */
};
struct feed_verdict judge_feed(const struct feed_facts *facts);
