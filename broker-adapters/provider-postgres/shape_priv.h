/**
 * @file
 * What reading a shape and its fingerprint share.
 */
#pragma once

#include "provider-postgres/shape.h"

/** How a publication p has the table t: by itself, by its ancestors, its schema, or all tables. */
#define PUBLISHED                                                                                  \
    " LEFT JOIN LATERAL (SELECT min(r.oid) AS oid, string_agg(r.oid::text, ',' ORDER BY r.oid) AS" \
    "   oids, bool_or(r.prqual IS NOT NULL) AS filters, min(r.prattrs::text) AS columns"           \
    "   FROM pg_publication_rel r WHERE r.prpubid = p.oid AND (r.prrelid = t.oid OR"               \
    "   NOT p.pubviaroot AND r.prrelid IN (SELECT relid FROM pg_partition_ancestors(t.oid)))"      \
    "  ) pr ON true"                                                                               \
    " LEFT JOIN pg_publication_namespace pn ON pn.pnpubid = p.oid AND pn.pnnspid = t.relnamespace"

/** Text of a PostgreSQL array: items are added, then it is closed ("{}" without any). */
void shape_array_add(struct lt_buf *array, const char *item);
const char *shape_array_end(struct lt_buf *array);
/** The names of all declared columns. */
void shape_add_columns(struct lt_buf *array, const struct service *service);
