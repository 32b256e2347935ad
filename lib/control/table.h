/**
 * @file
 * Text -> pointer, open addressing.  Layer 2, pure.  Keys are borrowed from the values
 * and must live as long as the entry; entries are replaced, never removed.
 */
#pragma once

#include <stddef.h>

struct lt_table {
    struct lt_table_slot *slots;
    size_t cap, count;
};

void lt_table_fini(struct lt_table *table);
/** NULL when there is none. */
void *lt_table_get(const struct lt_table *table, const char *key);
/** The value in slot i (0 .. cap-1), in no order; NULL for a free slot. */
void *lt_table_at(const struct lt_table *table, size_t i);
/** Adds, or replaces the value and the borrowed key. */
void lt_table_put(struct lt_table *table, const char *key, void *value);
