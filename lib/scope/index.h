/**
 * @file
 * Which filters match a row: an index so that cost grows with matches, not with streams.  Layer 1,
 * pure; matching is safe from any thread while nobody adds.  Each filter hangs at its most
 * selective necessary condition (equality/IN on one column in a hash; other filters in a list that
 * is always tried) and is evaluated in full when found.
 */
#pragma once

#include "scope/scope.h"

struct lt_scope_index;
struct lt_scope_index *lt_scope_index_new(const struct lt_avro_schema *row_schema);
void lt_scope_index_free(struct lt_scope_index *index);
LT_DEFINE_CLEANUP(struct lt_scope_index, lt_scope_index_free)
/** `view` (for row_schema) must outlive the index; `tag` comes back on a match. */
void lt_scope_index_add(struct lt_scope_index *index, const struct lt_filter_view *view, void *tag);
/** Writes the tags of all filters that match, each once, in the order of adding, and returns how
 * many.  cap: at least the number of filters in the index. */
size_t lt_scope_index_match(const struct lt_scope_index *index,
                            struct lt_bytes record,
                            const struct lt_span *spans,
                            void **tags,
                            size_t cap);
