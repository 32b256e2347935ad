#include "change/lt_header.h"

#include <string.h>

#include "base/num.h"

#define DOMAIN "lt-header"

static const char *const op_names[] = {
    [LT_OP_INSERT] = "insert",
    [LT_OP_UPDATE] = "update",
    [LT_OP_DELETE] = "delete",
    [LT_OP_SNAPSHOT] = "snapshot",
    [LT_OP_CORRECTION] = "correction",
    [LT_OP_WITHHELD] = "withheld",
    [LT_OP_SYNC] = "sync",
    [LT_OP_END] = "end",
};

const char *lt_op_name(enum lt_op op)
{
    return op_names[op];
}

bool lt_op_has_value(enum lt_op op)
{
    return op != LT_OP_DELETE && op != LT_OP_WITHHELD;
}

static bool feeds_only(enum lt_op op)
{
    return op == LT_OP_SYNC || op == LT_OP_END;
}

/* By hand and two at a time: printf would cost as much as hashing the record. */
static char *put_digits(char *at, uint64_t value)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    char digits[20];
    size_t first = sizeof digits;
    for (; value >= 10; value /= 100)
        memcpy(&digits[first -= 2], &pairs[value % 100 * 2], 2);
    if (value > 0 || first == sizeof digits)
        digits[--first] = (char)('0' + value);
    memcpy(at, &digits[first], sizeof digits - first);
    return at + (sizeof digits - first);
}

static char *put_number(char *at, int64_t value, char after)
{
    at = put_digits(at, (uint64_t)value);
    *at++ = after;
    return at;
}

static char *put_hex(char *at, uint64_t value, char after)
{
    int shift = 60;
    while (shift > 0 && value >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[value >> shift & 15];
    *at++ = after;
    return at;
}

static void check(const struct lt_header *h)
{
    lt_assert(h->seq >= 1 && h->time >= 0 && h->incarnation >= 1);
    if (h->on_feed)
        lt_assert(h->ordinal >= 0);
    else
        lt_assert(!feeds_only(h->op) && h->feed_seq >= 1 && h->agreement >= 1 &&
                  h->scope_version >= 1);
}

size_t lt_header_format(const struct lt_header *h, char buf[LT_HEADER_MAX])
{
    check(h);
    char *at = stpcpy(buf, lt_op_name(h->op));
    *at++ = ' ';
    at = put_number(at, h->seq, ' ');
    at = put_number(at, h->time, ' ');
    at = put_number(at, h->incarnation, '/');
    if (h->on_feed) {
        at = put_hex(at, h->lsn, '/');
        at = put_number(at, h->ordinal, ' ');
        *at++ = '-';
    } else {
        at = put_number(at, h->feed_seq, ' ');
        at = put_number(at, h->agreement, '.');
        at = put_digits(at, (uint64_t)h->scope_version);
    }
    *at = '\0';
    return (size_t)(at - buf);
}

/* What is left of the text. */
struct cursor {
    const char *at, *end;
};

/* Takes the bytes up to `stop` (or to the end when stop is 0), which must not be empty. */
static int take(struct cursor *cursor, char stop, struct lt_bytes *ret)
{
    size_t left = (size_t)(cursor->end - cursor->at);
    const char *found = stop ? memchr(cursor->at, stop, left) : cursor->end;
    if (!found || found == cursor->at)
        return -1;
    *ret = lt_bytes(cursor->at, (size_t)(found - cursor->at));
    cursor->at = stop ? found + 1 : found;
    return 0;
}

/* Plain decimal without sign or leading zero, at least `min`. */
static int take_number(struct cursor *cursor, char stop, int64_t min, int64_t *ret)
{
    struct lt_bytes text;
    uint64_t number;
    if (take(cursor, stop, &text) < 0 || (text.len > 1 && text.data[0] == '0') ||
        lt_parse_u64((const char *)text.data, text.len, INT64_MAX, &number) < 0 ||
        (int64_t)number < min)
        return -1;
    *ret = (int64_t)number;
    return 0;
}

/* Lower-case hex without leading zero. */
static int take_lsn(struct cursor *cursor, char stop, uint64_t *ret)
{
    struct lt_bytes text;
    if (take(cursor, stop, &text) < 0 || (text.len > 1 && text.data[0] == '0'))
        return -1;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= 'A' && text.data[i] <= 'F')
            return -1;
    return lt_parse_hex64((const char *)text.data, text.len, ret);
}

static int take_op(struct cursor *cursor, enum lt_op *ret)
{
    struct lt_bytes text;
    if (take(cursor, ' ', &text) < 0)
        return -1;
    for (size_t op = 0; op < LT_COUNT(op_names); op++) {
        if (lt_bytes_equal(text, lt_bytes_text(op_names[op]))) {
            *ret = (enum lt_op)op;
            return 0;
        }
    }
    return -1;
}

/* pos and terms on a feed: "incarnation/lsn/ordinal -". */
static const char *parse_feed(struct cursor *cursor, struct lt_header *h)
{
    struct lt_bytes terms;
    if (take_number(cursor, '/', 1, &h->incarnation) < 0 || take_lsn(cursor, '/', &h->lsn) < 0 ||
        take_number(cursor, ' ', 0, &h->ordinal) < 0)
        return "pos";
    return take(cursor, '\0', &terms) < 0 || !lt_bytes_equal(terms, lt_bytes_text("-")) ? "terms"
                                                                                        : NULL;
}

/* pos and terms on a stream: "incarnation/feed seq agreement.version". */
static const char *parse_stream(struct cursor *cursor, struct lt_header *h)
{
    if (feeds_only(h->op))
        return "op";
    if (take_number(cursor, '/', 1, &h->incarnation) < 0 ||
        take_number(cursor, ' ', 1, &h->feed_seq) < 0)
        return "pos";
    if (take_number(cursor, '.', 1, &h->agreement) < 0 ||
        take_number(cursor, '\0', 1, &h->scope_version) < 0)
        return "terms";
    return NULL;
}

/* Which part is bad, NULL when all are good. */
static const char *parse(struct cursor *cursor, struct lt_header *h)
{
    if (take_op(cursor, &h->op) < 0)
        return "op";
    if (take_number(cursor, ' ', 1, &h->seq) < 0)
        return "seq";
    if (take_number(cursor, ' ', 0, &h->time) < 0)
        return "time";
    h->on_feed = cursor->end > cursor->at && cursor->end[-1] == '-';
    return h->on_feed ? parse_feed(cursor, h) : parse_stream(cursor, h);
}

int lt_header_parse(struct lt_bytes text, struct lt_header *ret, struct lt_error *reterr)
{
    if (!text.data)
        return lt_fail(reterr, LT_ERR_REJECT, DOMAIN, 0, "the record has no lt header");
    if (text.len >= LT_HEADER_MAX)
        return lt_fail(reterr, LT_ERR_REJECT, DOMAIN, 0, "lt header of %zu bytes is too long",
                       text.len);
    const char *start = (const char *)text.data;
    struct cursor cursor = {start, start + text.len};
    struct lt_header header = {0};
    const char *bad = parse(&cursor, &header);
    if (bad)
        return lt_fail(reterr, LT_ERR_REJECT, DOMAIN, 0, "lt header: bad %s", bad);
    *ret = header;
    return 0;
}
