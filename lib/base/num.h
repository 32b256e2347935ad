/**
 * @file
 * Strict numbers: the whole text, no blanks, no sign unless signed, no overflow.  Layer 0.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

int lt_parse_u64(const char *text, size_t len, uint64_t max, uint64_t *ret) LT_MUST_CHECK;
int lt_parse_i64(const char *text, size_t len, int64_t *ret) LT_MUST_CHECK;
int lt_parse_hex64(const char *text, size_t len, uint64_t *ret) LT_MUST_CHECK; /**< 1-16 digits */
/** "10s", "5m", "48h", "30d", "250ms" -> milliseconds. */
int lt_parse_duration_ms(const char *text, int64_t *ret_ms) LT_MUST_CHECK;

/** Big-endian helpers. */
static inline void lt_put_u32be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}
static inline uint32_t lt_get_u32be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline void lt_put_u64be(uint8_t *p, uint64_t v)
{
    lt_put_u32be(p, (uint32_t)(v >> 32));
    lt_put_u32be(p + 4, (uint32_t)v);
}
static inline uint64_t lt_get_u64be(const uint8_t *p)
{
    return (uint64_t)lt_get_u32be(p) << 32 | lt_get_u32be(p + 4);
}
