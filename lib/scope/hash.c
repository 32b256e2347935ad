#include "scope/hash.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* FNV-1a with a final mix.  The keys of the table are literals of signed scopes, so nobody who
 * sends rows can make it degenerate. */
static uint64_t hash_of(uint32_t field, struct lt_bytes key)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ field;
    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ key.data[i]) * UINT64_C(1099511628211);
    return hash ^ hash >> 32;
}

static void free_slot(struct scope_slot *slot)
{
    free(slot->ids);
    free(slot);
}

void scope_hash_fini(struct scope_hash *hash)
{
    for (size_t i = 0; i < hash->bucket_count; i++) {
        for (struct scope_slot *slot = hash->buckets[i], *next; slot; slot = next) {
            next = slot->next;
            free_slot(slot);
        }
    }
    free(hash->buckets);
    *hash = (struct scope_hash){0};
}

static struct scope_slot *
find(const struct scope_hash *hash, uint64_t code, uint32_t field, struct lt_bytes key)
{
    if (hash->bucket_count == 0)
        return NULL;
    struct scope_slot *slot = hash->buckets[code & (hash->bucket_count - 1)];
    while (slot && (slot->hash != code || slot->field != field || slot->key_len != key.len ||
                    (key.len > 0 && memcmp(slot->key, key.data, key.len) != 0)))
        slot = slot->next;
    return slot;
}

static void grow(struct scope_hash *hash)
{
    struct scope_hash wider = {.bucket_count = LT_MAX(hash->bucket_count * 2, (size_t)64),
                               .slot_count = hash->slot_count};
    wider.buckets = lt_alloc(wider.bucket_count * sizeof(struct scope_slot *));
    for (size_t i = 0; i < hash->bucket_count; i++) {
        for (struct scope_slot *slot = hash->buckets[i], *next; slot; slot = next) {
            struct scope_slot **head = &wider.buckets[slot->hash & (wider.bucket_count - 1)];
            next = slot->next;
            slot->next = *head;
            *head = slot;
        }
    }
    free(hash->buckets);
    *hash = wider;
}

static struct scope_slot *
insert(struct scope_hash *hash, uint64_t code, uint32_t field, struct lt_bytes key)
{
    if (hash->slot_count >= hash->bucket_count)
        grow(hash);
    struct scope_slot **head = &hash->buckets[code & (hash->bucket_count - 1)];
    struct scope_slot *slot = lt_alloc(sizeof *slot + key.len);
    *slot = (struct scope_slot){.next = *head, .hash = code, .field = field, .key_len = key.len};
    if (key.len > 0)
        memcpy(slot->key, key.data, key.len);
    *head = slot;
    hash->slot_count++;
    return slot;
}

void scope_hash_add(struct scope_hash *hash, uint32_t field, struct lt_bytes key, uint32_t id)
{
    uint64_t code = hash_of(field, key);
    struct scope_slot *slot = find(hash, code, field, key);
    if (!slot)
        slot = insert(hash, code, field, key);
    slot->ids = lt_realloc(slot->ids, (slot->id_count + 1) * sizeof *slot->ids);
    slot->ids[slot->id_count++] = id;
}

const struct scope_slot *
scope_hash_find(const struct scope_hash *hash, uint32_t field, struct lt_bytes key)
{
    return find(hash, hash_of(field, key), field, key);
}
