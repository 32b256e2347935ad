/**
 * @file
 * What remains of routing and of the consumer when they only copy: the same reader, producer,
 * batches, decoder and SQL, but no scope, no chain, no cursors, notes or stamps, and no position.
 * The limit of the whole line.
 */
#pragma once

#include "bench/meter.h"
#include "bus/bus.h"

struct copy_from {
    struct lt_bus bus;
    const char *topic;
    int64_t offset, count; /**< so many records of rows are copied; sync points are left out */
};
/** From the topic into another one, in transactions of at most `batch` records or 200 ms. */
void copy_route(const struct copy_from *from, const char *to, size_t batch, struct meter *meter);
/** Makes the table of a copy, lienthong.cn000001_g1_c1. */
void copy_make(const char *dsn);
/** From the topic into that table, in transactions of at most `batch` records or 5 ms. */
void copy_apply(const struct copy_from *from, const char *dsn, size_t batch, struct meter *meter);

/** The next record of a row: 1; 0: none within the time. */
int copy_next(struct lt_reader *reader, int64_t timeout_ms, struct lt_message *ret);
struct lt_reader *copy_open(const struct copy_from *from);
