/**
 * @file
 * What one measured run took, told as one line of JSON on standard output: wall time, CPU time of
 * this process (all threads), its peak memory.  For the programs of tests/bench only.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "change/chain.h"

#include <stdint.h>

struct meter {
    int64_t rows, bytes; /**< counted by the program: what came out */
    int64_t wall_ns, cpu_ns;
    int server_pid; /**< backend or walsender on this machine whose CPU counts too; 0: none */
    int64_t server_ns;
    int64_t start_ns, start_cpu_ns; /**< what came before, when it counts; 0: it does not */
    struct lt_chain digest;         /**< over everything that came out, when asked for */
    bool has_digest;
};
/** The clock runs from here ... */
void meter_start(struct meter *meter);
/** ... to here; several stretches add up. */
void meter_stop(struct meter *meter);
/** Adds one record to the digest: the chain of change/chain.h over (key, value, note). */
void meter_digest(struct meter *meter,
                  struct lt_bytes key,
                  struct lt_bytes value,
                  const char *note);
void meter_print(const struct meter *meter);

/** Ends the program with the error's text; a benchmark has nobody to hand an error to. */
void bench_fail(const struct lt_error *err) __attribute__((noreturn));
/** A whole positive number, or the end of the program. */
int64_t bench_number(const char *text);
