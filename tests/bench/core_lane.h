/**
 * @file
 * Routing's live lane as it is, with its shell, over topics in memory (core_bus.h).  Left out is
 * what asks a broker and is no part of a batch: fence, scrub, tails, looking around, gap reports.
 */
#pragma once

#include "bench/core_bus.h"
#include "routing/shell.h"

/** A lane that has started: fold of control, cursors, the index of all scopes, and the first
 * transaction, which tells all inboxes; *start is what that took.  sink NULL: only counted. */
struct lt_shell *core_lane_open(const struct core_feed *feed,
                                const struct core_setup *setup,
                                core_sink *sink,
                                void *arg,
                                struct meter *start);
/** Routes the whole feed, batch after batch, commits included. */
void core_lane_run(struct lt_shell *shell);
/** Prints the chain of each stream as its cursor has it. */
void core_lane_print_chains(const struct lt_shell *shell);
/** Adds (name, chain, seq) of each stream to the meter's digest. */
void core_lane_digest(const struct lt_shell *shell, struct meter *meter);
/** Runs the lane over its feed between two readings of the meter, with rows, bytes and the digest
 * of what came out; mode "dump:FILE" also writes the feed there. */
void core_lane_measure(struct lt_shell *shell,
                       const struct core_feed *feed,
                       const char *mode,
                       struct meter *meter);
