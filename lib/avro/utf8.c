/*
 * UTF-8 by a state machine in shifts: a row holds, for one byte, the next state of each state, six
 * bits each, and a state is the distance of its six bits.  A byte costs one load, which does not
 * wait for the state, and one shift.  Table 3-7 of the Unicode standard.
 */
#include "avro/utf8.h"

#include "avro/span.h"

enum {
    BAD, /* 0, so that a transition not given leads here, and stays */
    GOOD,
    ONE_MORE, /* continuation bytes to come */
    TWO_MORE,
    THREE_MORE,
    AFTER_E0, /* the second byte is restricted */
    AFTER_ED,
    AFTER_F0,
    AFTER_F4,
};

#define AT(state)       ((uint64_t)(state)*6)
#define TO(state, next) (AT(next) << AT(state))
#define CONTINUES       (TO(ONE_MORE, GOOD) | TO(TWO_MORE, ONE_MORE) | TO(THREE_MORE, TWO_MORE))

static const uint64_t rows[256] = {
    [0x00 ... 0x7f] = TO(GOOD, GOOD),
    [0x80 ... 0x8f] = CONTINUES | TO(AFTER_ED, ONE_MORE) | TO(AFTER_F4, TWO_MORE),
    [0x90 ... 0x9f] = CONTINUES | TO(AFTER_ED, ONE_MORE) | TO(AFTER_F0, TWO_MORE),
    [0xa0 ... 0xbf] = CONTINUES | TO(AFTER_E0, ONE_MORE) | TO(AFTER_F0, TWO_MORE),
    [0xc2 ... 0xdf] = TO(GOOD, ONE_MORE),
    [0xe0] = TO(GOOD, AFTER_E0),
    [0xe1 ... 0xec] = TO(GOOD, TWO_MORE),
    [0xed] = TO(GOOD, AFTER_ED),
    [0xee ... 0xef] = TO(GOOD, TWO_MORE),
    [0xf0] = TO(GOOD, AFTER_F0),
    [0xf1 ... 0xf3] = TO(GOOD, THREE_MORE),
    [0xf4] = TO(GOOD, AFTER_F4),
};

bool lt_utf8_valid(const uint8_t *data, size_t len)
{
    uint64_t state = AT(GOOD);
    size_t i = 0;

    for (; i + 8 <= len; i += 8) {
        if (state == AT(GOOD) && !(lt_load8(data + i) & LT_UTF8_HIGH_BITS))
            continue;
        for (size_t k = i; k < i + 8; k++)
            state = rows[data[k]] >> state & 63;
        if (state == BAD)
            return false;
    }
    for (; i < len; i++)
        state = rows[data[i]] >> state & 63;
    return state == AT(GOOD);
}
