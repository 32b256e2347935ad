/**
 * @file
 * The keys a load has delivered, as 16-byte hashes (protocol 8.3): below E0 a record out of scope
 * becomes a delete exactly if its key is here.  Pure; one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct lane_keys;
struct lane_keys *lt_lane_keys_new(void);
void lt_lane_keys_free(struct lane_keys *keys);
LT_DEFINE_CLEANUP(struct lane_keys, lt_lane_keys_free)
void lt_lane_keys_add(struct lane_keys *keys, const uint8_t hash[16]);
bool lt_lane_keys_has(const struct lane_keys *keys, const uint8_t hash[16]);
size_t lt_lane_keys_count(const struct lane_keys *keys);
