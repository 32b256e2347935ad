/**
 * @file
 * ASCII, told quickly: what the walk asks before it asks for UTF-8.  Private to lib/avro.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LT_UTF8_HIGH_BITS 0x8080808080808080u

static inline uint64_t lt_load8(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

static inline uint32_t lt_load4(const uint8_t *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

/** Ends are read by words that overlap, so no length needs a loop of bytes. */
static inline bool lt_ascii_only(const uint8_t *data, size_t len)
{
    uint64_t bits = 0;

    if (len >= 8) {
        for (size_t i = 0; i + 8 < len; i += 8)
            bits |= lt_load8(data + i);
        bits |= lt_load8(data + len - 8);
    } else if (len >= 4) {
        bits = (uint64_t)lt_load4(data) | lt_load4(data + len - 4);
    } else if (len > 0) {
        bits = (uint64_t)data[0] | data[len / 2] | data[len - 1];
    }
    return (bits & LT_UTF8_HIGH_BITS) == 0;
}
