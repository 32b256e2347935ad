/**
 * @file
 * Commands that wait for their effect (protocol 7.2): holds and terminations since this process
 * began.  Pure; one thread.
 */
#pragma once

#include "steward/observe.h"

struct lt_effects;
struct lt_effects *lt_effects_new(void);
void lt_effects_free(struct lt_effects *effects);
LT_DEFINE_CLEANUP(struct lt_effects, lt_effects_free)

/** Begins to wait; id is a hold or a connection. */
void lt_effects_add(struct lt_effects *effects, const char *id, bool hold, int64_t asked_ms);
/** Called once for what has become effective. */
typedef void
lt_effects_reached(void *arg, const char *id, int64_t number, size_t connections, int64_t asked_ms);
void lt_effects_check(struct lt_effects *effects,
                      const struct lt_fold *fold,
                      const struct lt_observed *observed,
                      lt_effects_reached *reached,
                      void *arg);
size_t lt_effects_waiting(const struct lt_effects *effects);
