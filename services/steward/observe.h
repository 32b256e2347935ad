/**
 * @file
 * What the steward has seen of the others: routing's cursors, providers' wishes, users' receipts.
 * Pure; one thread.  The newest record of a key counts.
 */
#pragma once

#include "control/effective.h"

struct lt_observed;
struct lt_observed *lt_observed_new(void);
void lt_observed_free(struct lt_observed *observed);
LT_DEFINE_CLEANUP(struct lt_observed, lt_observed_free)

/** Takes one record of routing.cursors, a progress or an outbox topic.  LT_ERR_REJECT: garbage,
 * left out (the caller counts it). */
int lt_observed_take(struct lt_observed *observed,
                     const char *topic,
                     struct lt_bytes key,
                     struct lt_bytes value,
                     struct lt_error *reterr) LT_MUST_CHECK;
/** Has something been taken that topics, rights or effects may depend on?  Asking resets it. */
bool lt_observed_changed(struct lt_observed *observed);

/** Valid until the next take. */
struct lt_routing_view lt_observed_routing(const struct lt_observed *observed);
/** NULL when unknown. */
const struct lt_cursor *lt_observed_cursor(const struct lt_observed *observed, const char *stream);
const struct lt_feed_cursor *lt_observed_feed_cursor(const struct lt_observed *observed,
                                                     const char *service);

/** The incarnation that the adapter of `source` wants of a service's feed, with its reason; 0 when
 * it wants none. */
int64_t lt_observed_wanted_feed(const struct lt_observed *observed,
                                const char *service,
                                const char *source,
                                const char **ret_reason);
/** Highest generation of the connection that `application` has reported as the one shown; 0: none.
 */
int64_t lt_observed_shown(const struct lt_observed *observed,
                          const char *connection,
                          const char *application);
