/**
 * @file
 * The records of a stream in memory, as lt-consumer-postgres gets them from Kafka, and what its
 * inbox says of it.
 */
#pragma once

#include "bench/apply_load.h"
#include "consumer-postgres/track.h"

extern const struct lt_stream_notice apply_notice;
/** The columns of public.bench; lt_shape_free() it. */
struct lt_shape *apply_shape(void);

struct apply_stream {
    struct lt_buf bytes;
    struct apply_place {
        size_t key, value, lt, end;
    } * places;
    lt_time made; /**< append time of all */
};
/** One record for each change of the load, seq from 1. */
void apply_stream_make(struct apply_stream *stream, const struct apply_load *load);
void apply_stream_fini(struct apply_stream *stream);
/** Record k (from 0) as a message; offset = k. */
struct lt_message apply_stream_message(const struct apply_stream *stream, int64_t k);
