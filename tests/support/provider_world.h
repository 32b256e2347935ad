/**
 * @file
 * A data service for unit tests of the provider: public.wards (code, name, province_code, amount),
 * key code, scope province_code.
 */
#pragma once

#include "provider-postgres/feeds.h"

#define WARDS_ID 16400u

/** The service with its schemas (ids 1001, 1002, 1003). */
struct service *wards_service(void);
/** One streaming feed of it, incarnation 1, last event (lsn, 0). */
void wards_feeds(struct feeds *feeds, uint64_t lsn);
/** Its columns as a Relation message has them; all are identity. */
extern const struct lt_pgo_column wards_columns[4];
