/*
 * Blocks in a list, newest first.  A request that does not fit opens a new block, twice as large
 * as the last one; a reset keeps the newest (largest) block and releases the others.
 */
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16

struct block {
    struct block *next;
    size_t size, used;
    _Alignas(ALIGNMENT) uint8_t data[];
};
struct lt_arena {
    struct block *blocks;
    size_t block_bytes, used;
};

static struct block *block_new(size_t size, struct block *next)
{
    struct block *block = lt_realloc(NULL, sizeof(*block) + size);
    *block = (struct block){.next = next, .size = size};
    return block;
}

struct lt_arena *lt_arena_new(size_t block_bytes)
{
    struct lt_arena *arena = lt_alloc(sizeof(*arena));
    arena->block_bytes = LT_MAX(block_bytes, (size_t)1024);
    return arena;
}

static void release(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

void lt_arena_free(struct lt_arena *arena)
{
    if (!arena)
        return;
    release(arena->blocks);
    free(arena);
}

void lt_arena_reset(struct lt_arena *arena)
{
    arena->used = 0;
    if (!arena->blocks)
        return;
    release(arena->blocks->next);
    arena->blocks->next = NULL;
    arena->blocks->used = 0;
}

void *lt_arena_alloc(struct lt_arena *arena, size_t size)
{
    const size_t need = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct block *block = arena->blocks;
    if (!block || block->size - block->used < need) {
        const size_t grown = block ? block->size * 2 : arena->block_bytes;
        block = arena->blocks = block_new(LT_MAX(grown, need), block);
    }
    void *p = block->data + block->used;
    block->used += need;
    arena->used += need;
    return p;
}

void *lt_arena_dup(struct lt_arena *arena, const void *data, size_t len)
{
    char *copy = lt_arena_alloc(arena, len + 1);
    if (len)
        memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

char *lt_arena_printf(struct lt_arena *arena, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    const int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    lt_assert(len >= 0);
    char *text = lt_arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return text;
}

size_t lt_arena_used(const struct lt_arena *arena)
{
    return arena->used;
}
