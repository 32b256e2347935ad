/**
 * @file
 * What the source's server says of itself and of our slot.
 */
#pragma once

#include "pg/repl.h"
#include "provider-postgres/judge_source.h"
#include "provider-postgres/provider_conf.h"

struct source {
    struct lt_repl_system system;
    int64_t dboid;
    enum slot_state slot;
    bool slot_exists;
    uint64_t confirmed;
    int64_t active_pid; /**< 0: nobody uses the slot */
};
/** An ordinary session of the configured database.  stop: of the calling thread, or NULL. */
struct lt_pg *source_open(const struct provider_conf *conf,
                          const char *settings,
                          const atomic_bool *stop,
                          struct lt_error *reterr) LT_MUST_CHECK;
/** A replication session. */
struct lt_pg *source_open_repl(const struct provider_conf *conf,
                               const atomic_bool *stop,
                               struct lt_error *reterr) LT_MUST_CHECK;
int source_read(struct lt_pg *pg,
                struct lt_pg *repl,
                const char *slot,
                struct source *ret,
                struct lt_error *reterr) LT_MUST_CHECK;
/** The server's clock in microseconds since 1970. */
int source_clock(struct lt_pg *pg, lt_time *ret, struct lt_error *reterr) LT_MUST_CHECK;
