/**
 * @file
 * The provider's inbox: signed copies of the control records that concern it (service, feed,
 * schema).  One thread at a time.
 */
#pragma once

#include "bus/bus.h"
#include "control/control.h"
#include "provider-postgres/row_plan.h"

struct inbox;
/** public_key: the steward's. */
struct inbox *inbox_new(const char *application, const uint8_t public_key[LT_SIGN_KEY_BYTES]);
void inbox_free(struct inbox *inbox);
LT_DEFINE_CLEANUP(struct inbox, inbox_free)

/** Reads everything that is there now (first call) and keeps a reader for inbox_poll(). */
int inbox_open(struct inbox *inbox,
               const struct lt_bus *bus,
               struct lt_error *reterr) LT_MUST_CHECK;
/** Takes what has come, without waiting: 1 when something changed, 0, -1. */
int inbox_poll(struct inbox *inbox, struct lt_error *reterr) LT_MUST_CHECK;
/** Records refused since the start: forged, malformed, replayed. */
int64_t inbox_refused(const struct inbox *inbox);

/** Current incarnation of a feed that the steward has signed; 0 when there is none. */
int64_t inbox_incarnation(const struct inbox *inbox, const char *service);
/** The services of a source that have all their schemas, by id; each visit owns *service.  A
 * service whose schemas do not agree comes with service NULL and the reason. */
typedef void inbox_visit(void *arg, const char *id, struct service *service, const char *why);
void inbox_services(const struct inbox *inbox, const char *source, inbox_visit *visit, void *arg);
