/**
 * @file
 * Memory.  Layer 0.  Small allocations never return NULL (they abort: state is recoverable from
 * stored positions); sizes that come from outside are bounded by the caller first.
 */
#pragma once

#include "base/macros.h"

#include <stdarg.h>
#include <stddef.h>

void *lt_alloc(size_t size);                           /**< zeroed; free() it */
void *lt_realloc(void *p, size_t size);                /**< as realloc, never NULL for size > 0 */
void *lt_memdup(const void *data, size_t len);         /**< copy plus a zero byte after it */
char *lt_strdup(const char *text);                     /**< NULL gives NULL */
char *lt_printf(const char *fmt, ...) LT_PRINTF(1, 2); /**< asprintf that cannot fail */

/** LT_CLEANUP(lt_freep) for anything that free() releases. */
void lt_freep(void *pp);

/**
 * An arena: everything allocated from it is released at once.  One per unit of work (a batch, a
 * transaction, a request).  One thread at a time.  lt_arena_reset() keeps the largest block.
 */
struct lt_arena;
struct lt_arena *lt_arena_new(size_t block_bytes);
void lt_arena_free(struct lt_arena *arena);
void lt_arena_reset(struct lt_arena *arena);
void *lt_arena_alloc(struct lt_arena *arena, size_t size); /**< 16-byte aligned, not zeroed */
void *lt_arena_dup(struct lt_arena *arena, const void *data, size_t len); /**< plus a zero byte */
char *lt_arena_printf(struct lt_arena *arena, const char *fmt, ...) LT_PRINTF(2, 3);
size_t lt_arena_used(const struct lt_arena *arena); /**< bytes handed out since the reset */
LT_DEFINE_CLEANUP(struct lt_arena, lt_arena_free)
