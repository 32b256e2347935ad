/**
 * @file
 * The index's table: (field, value) -> ids of the filters that hang there.  Layer 1, private to
 * scope.
 */
#pragma once

#include "base/buf.h"

struct scope_slot {
    struct scope_slot *next;
    uint64_t hash;
    uint32_t field;
    uint32_t *ids; /**< ascending */
    size_t id_count;
    size_t key_len;
    uint8_t key[];
};
/** Zero-initialise to start. */
struct scope_hash {
    struct scope_slot **buckets;
    size_t bucket_count; /**< a power of two, 0 at first */
    size_t slot_count;
};
void scope_hash_fini(struct scope_hash *hash);
void scope_hash_add(struct scope_hash *hash, uint32_t field, struct lt_bytes key, uint32_t id);
/** NULL when no filter hangs at that value. */
const struct scope_slot *
scope_hash_find(const struct scope_hash *hash, uint32_t field, struct lt_bytes key);
