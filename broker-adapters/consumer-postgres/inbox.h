/**
 * @file
 * What the inbox says: the newest notice of each stream and the schemas.  Pure; one thread.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "record/records.h"

struct lt_notice {
    struct lt_stream_notice is; /**< its texts belong to the inbox */
    lt_time append_time;        /**< of the inbox record */
};

struct lt_inbox;
struct lt_inbox *lt_inbox_new(void);
void lt_inbox_free(struct lt_inbox *inbox);
LT_DEFINE_CLEANUP(struct lt_inbox, lt_inbox_free)

/** Takes one record of the topic.  Other records of an inbox (control records copied to
 * providers) are passed over.  LT_ERR_REJECT: garbage, or a key, hash or stream name that does not
 * fit; the inbox is unchanged. */
int lt_inbox_take(struct lt_inbox *inbox,
                  struct lt_bytes key,
                  struct lt_bytes value, /**< data NULL: the object is gone */
                  lt_time append_time,
                  struct lt_error *reterr) LT_MUST_CHECK;

/** Valid until the next take. */
const struct lt_notice *lt_inbox_stream(const struct lt_inbox *inbox, const char *stream);
/** The notice of the stream to follow: of the connection's streams that have not ended the one that
 * was written last; when all have ended, the highest generation; NULL: none.  Not simply the
 * highest: the notice of a successor may be visible although its cursor was lost with a marker;
 * then an older generation goes on, and its owner repeats its notice (protocol 4.6). */
const struct lt_notice *lt_inbox_current(const struct lt_inbox *inbox, const char *connection);
/** Is any stream of the connection marked terminated? */
bool lt_inbox_terminated(const struct lt_inbox *inbox, const char *connection);
/** Schema text by id; NULL: not known (yet). */
const char *lt_inbox_schema(const struct lt_inbox *inbox, int32_t id);

/** All connections, each once; the text is valid until the next take. */
size_t lt_inbox_connections(const struct lt_inbox *inbox, const char **ret, size_t cap);
