/**
 * @file
 * The `lt` header: `op seq time pos terms`, plain text, single spaces (schemas/README.md).  Layer
 * 1, pure.  Formatting and parsing are strict inverses: same numbers, same bytes.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"

#define LT_HEADER_NAME         "lt"
#define LT_HEADER_SCOPE_BEFORE "lt-scope-before"
#define LT_HEADER_MAX          160 /**< buffer for the text */

enum lt_op {
    LT_OP_INSERT,
    LT_OP_UPDATE,
    LT_OP_DELETE,
    LT_OP_SNAPSHOT,
    LT_OP_CORRECTION,
    LT_OP_WITHHELD,
    LT_OP_SYNC, /**< feeds only */
    LT_OP_END,  /**< feeds only */
};
const char *lt_op_name(enum lt_op op);
/** Does a record of this op carry a value?  (delete and withheld carry null) */
bool lt_op_has_value(enum lt_op op);

struct lt_header {
    enum lt_op op;
    int64_t seq;  /**< from 1, gapless per topic as produced */
    lt_time time; /**< source commit, microseconds UTC */
    /* pos on a feed: incarnation/commit LSN (plain hex)/ordinal; on a stream: incarnation/feed seq
     */
    bool on_feed;
    int64_t incarnation;
    uint64_t lsn;     /**< feed only */
    int64_t ordinal;  /**< feed only */
    int64_t feed_seq; /**< stream only */
    /* terms on a stream: agreement.scope version; "-" on feeds */
    int64_t agreement, scope_version;
};

/** Writes the text and returns its length (< LT_HEADER_MAX). */
size_t lt_header_format(const struct lt_header *header, char buf[LT_HEADER_MAX]);
/** LT_ERR_REJECT when a byte is not as the specification says. */
int lt_header_parse(struct lt_bytes text,
                    struct lt_header *ret,
                    struct lt_error *reterr) LT_MUST_CHECK;
