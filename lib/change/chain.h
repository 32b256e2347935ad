/**
 * @file
 * The hash chain of a topic (architecture 7):
 *   c(0) = SHA-256("lt1" || topic)
 *   c(i) = SHA-256(c(i-1) || len,key || len,value || lt text)
 * len is four bytes big-endian; a null value has len FFFFFFFF and no bytes.  Layer 1, pure.
 */
#pragma once

#include "base/buf.h"

#define LT_CHAIN_BYTES 32

struct lt_chain {
    uint8_t value[LT_CHAIN_BYTES];
};
void lt_chain_start(struct lt_chain *chain, const char *topic);
void lt_chain_add(struct lt_chain *chain,
                  struct lt_bytes key,
                  struct lt_bytes value, /**< data == NULL: null */
                  struct lt_bytes lt);
static inline struct lt_bytes lt_chain_bytes(const struct lt_chain *chain)
{
    return lt_bytes(chain->value, LT_CHAIN_BYTES);
}
/** false when bytes are not 32 long. */
bool lt_chain_set(struct lt_chain *chain, struct lt_bytes bytes);

void lt_sha256(struct lt_bytes data, uint8_t ret[32]);
