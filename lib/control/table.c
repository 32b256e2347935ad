#include "control/table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct lt_table_slot {
    const char *key;
    void *value;
};

/* FNV-1a: keys come from signed records, nobody chooses them to collide. */
static uint64_t hash_text(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *key; key++)
        hash = (hash ^ (uint8_t)*key) * 0x100000001b3u;
    return hash;
}

static struct lt_table_slot *find(const struct lt_table *table, const char *key)
{
    size_t at = (size_t)hash_text(key) & (table->cap - 1);
    while (table->slots[at].key && strcmp(table->slots[at].key, key) != 0)
        at = (at + 1) & (table->cap - 1);
    return &table->slots[at];
}

static void grow(struct lt_table *table)
{
    struct lt_table old = *table;
    table->cap = old.cap ? old.cap * 2 : 64;
    table->slots = lt_alloc(table->cap * sizeof(*table->slots));
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i].key)
            *find(table, old.slots[i].key) = old.slots[i];
    free(old.slots);
}

void lt_table_fini(struct lt_table *table)
{
    free(table->slots);
    *table = (struct lt_table){0};
}

void *lt_table_get(const struct lt_table *table, const char *key)
{
    return table->cap ? find(table, key)->value : NULL;
}

void *lt_table_at(const struct lt_table *table, size_t i)
{
    return table->slots[i].value;
}

void lt_table_put(struct lt_table *table, const char *key, void *value)
{
    if (table->count * 4 >= table->cap * 3)
        grow(table);
    struct lt_table_slot *slot = find(table, key);
    table->count += slot->key == NULL;
    *slot = (struct lt_table_slot){.key = key, .value = value};
}
