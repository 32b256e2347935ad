#include "routing/keyset.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_CAPACITY 16

struct key {
    uint64_t high, low; /* both 0: empty place */
};
struct lane_keys {
    struct key *places;
    size_t capacity; /* a power of two, at least twice the count */
    size_t count;
    bool has_zero; /* the one hash that looks like an empty place */
};

struct lane_keys *lt_lane_keys_new(void)
{
    return lt_alloc(sizeof(struct lane_keys));
}

void lt_lane_keys_free(struct lane_keys *keys)
{
    if (!keys)
        return;
    free(keys->places);
    free(keys);
}

static bool is_empty(const struct key *key)
{
    return key->high == 0 && key->low == 0;
}

/* The place that holds the key, or the empty one where it would stand. */
static struct key *find(const struct lane_keys *keys, struct key key)
{
    size_t at = (size_t)key.high & (keys->capacity - 1);
    while (!is_empty(&keys->places[at]) &&
           (keys->places[at].high != key.high || keys->places[at].low != key.low))
        at = (at + 1) & (keys->capacity - 1);
    return &keys->places[at];
}

static void grow(struct lane_keys *keys)
{
    struct lane_keys bigger = {.capacity = keys->capacity ? keys->capacity * 2 : FIRST_CAPACITY};
    bigger.places = lt_alloc(bigger.capacity * sizeof(struct key));
    for (size_t i = 0; i < keys->capacity; i++)
        if (!is_empty(&keys->places[i]))
            *find(&bigger, keys->places[i]) = keys->places[i];
    free(keys->places);
    keys->places = bigger.places;
    keys->capacity = bigger.capacity;
}

static struct key key_of(const uint8_t hash[16])
{
    struct key key;
    memcpy(&key.high, hash, 8);
    memcpy(&key.low, hash + 8, 8);
    return key;
}

void lt_lane_keys_add(struct lane_keys *keys, const uint8_t hash[16])
{
    struct key key = key_of(hash);
    if (is_empty(&key)) {
        keys->count += !keys->has_zero;
        keys->has_zero = true;
        return;
    }
    if ((keys->count + 1) * 2 > keys->capacity)
        grow(keys);
    struct key *place = find(keys, key);
    keys->count += is_empty(place);
    *place = key;
}

bool lt_lane_keys_has(const struct lane_keys *keys, const uint8_t hash[16])
{
    struct key key = key_of(hash);
    if (is_empty(&key))
        return keys->has_zero;
    return keys->capacity > 0 && !is_empty(find(keys, key));
}

size_t lt_lane_keys_count(const struct lane_keys *keys)
{
    return keys->count;
}
