/**
 * @file
 * Builds pgoutput messages byte by byte, as PostgreSQL writes them.  For tests only.
 */
#pragma once

#include "base/buf.h"

#include <stdint.h>

void pgo_put16(struct lt_buf *out, uint16_t v);
void pgo_put32(struct lt_buf *out, uint32_t v);
void pgo_put64(struct lt_buf *out, uint64_t v);
void pgo_puts(struct lt_buf *out, const char *text); /**< with its zero */

/** time: microseconds since 1970. */
void pgo_begin(struct lt_buf *out, uint64_t commit_lsn, int64_t time, uint32_t xid);
void pgo_commit(struct lt_buf *out, uint64_t commit_lsn, uint64_t end_lsn, int64_t time);
struct pgo_column {
    const char *name;
    uint32_t oid;
    int32_t typmod;
    int key;
};
void pgo_relation(struct lt_buf *out,
                  uint32_t id,
                  const char *schema,
                  const char *table,
                  char identity,
                  const struct pgo_column *columns,
                  size_t count);
/** NULL = SQL null, PGO_UNCHANGED = not sent. */
#define PGO_UNCHANGED ((const char *)-1)
void pgo_tuple(struct lt_buf *out, char part, const char *const *values, size_t count);
void pgo_insert(struct lt_buf *out, uint32_t relation, const char *const *values, size_t count);
