/**
 * @file
 * For test programs of the consumer: a world with one stream, fresh for each test.
 */
#pragma once

#include "base/mem.h"
#include "support/consumer_world.h"

static struct consumer_world world;
static struct consumer_stream stream;
static struct lt_arena *arena;

static inline int set_up(void **state)
{
    (void)state;
    consumer_world_init(&world);
    consumer_stream_init(&world, &stream, 1);
    arena = lt_arena_new(65536);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    consumer_world_fini(&world);
    lt_arena_free(arena);
    return 0;
}
