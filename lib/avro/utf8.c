#include "avro/span.h"

#include <string.h>

#define HIGH_BITS 0x8080808080808080u

/* Skips ASCII, eight bytes at a time. */
static const uint8_t *skip_ascii(const uint8_t *p, const uint8_t *end)
{
    while (end - p >= 8) {
        uint64_t word;

        memcpy(&word, p, sizeof(word));
        if (word & HIGH_BITS)
            break;
        p += 8;
    }
    while (p < end && *p < 0x80)
        p++;
    return p;
}

static bool continues(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Length of the valid sequence that begins with a byte >= 0x80; 0 when there is none.
 * Table 3-7 of the Unicode standard. */
static size_t sequence(const uint8_t *p, size_t left)
{
    uint8_t lead = p[0];

    if (lead < 0xc2 || left < 2)
        return 0;
    if (lead < 0xe0)
        return continues(p[1]) ? 2 : 0;
    if (left < 3 || !continues(p[1]) || !continues(p[2]))
        return 0;
    if (lead < 0xf0)
        return (lead == 0xe0 && p[1] < 0xa0) || (lead == 0xed && p[1] > 0x9f) ? 0 : 3;
    if (lead > 0xf4 || left < 4 || !continues(p[3]))
        return 0;
    return (lead == 0xf0 && p[1] < 0x90) || (lead == 0xf4 && p[1] > 0x8f) ? 0 : 4;
}

bool lt_utf8_valid(const uint8_t *data, size_t len)
{
    if (len == 0)
        return true;
    const uint8_t *p = data, *end = data + len;

    while ((p = skip_ascii(p, end)) < end) {
        do {
            size_t step = sequence(p, (size_t)(end - p));

            if (step == 0)
                return false;
            p += step;
        } while (p < end && *p >= 0x80);
    }
    return true;
}
