/**
 * @file
 * Zigzag varints of Avro, inline for the walk.  Private to lib/avro.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define LT_VARINT_MAX 10

extern const char lt_varint_short[];    /**< the bytes end inside the number */
extern const char lt_varint_wide[];     /**< more than 64 bits */
extern const char lt_varint_overlong[]; /**< zero bytes in front: not the one byte form */

/** The slow path of lt_varint_read(): two bytes and more, and every failure. */
const uint8_t *
lt_varint_read_long(const uint8_t *p, const uint8_t *end, uint64_t *ret, const char **ret_why);

/** Reads one varint; NULL with *ret_why (static text) unless it is whole, minimal and of at most
 * 64 bits. */
static inline const uint8_t *
lt_varint_read(const uint8_t *p, const uint8_t *end, uint64_t *ret, const char **ret_why)
{
    if (__builtin_expect(p < end && *p < 0x80, 1)) {
        *ret = *p;
        return p + 1;
    }
    return lt_varint_read_long(p, end, ret, ret_why);
}

static inline int64_t lt_zigzag_decode(uint64_t raw)
{
    return (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
}

static inline uint64_t lt_zigzag_encode(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}
