#include "routing/effect.h"

bool lt_lane_effect(enum lt_op feed_op, bool before, bool after, bool loading, enum lt_op *ret_op)
{
    if (feed_op == LT_OP_SYNC || feed_op == LT_OP_END)
        return false;
    if (!lt_op_has_value(feed_op)) {
        /* delete and withheld concern those that had the row */
        *ret_op = feed_op;
        return before;
    }
    if (!after) {
        *ret_op = LT_OP_DELETE;
        return before;
    }
    if (loading)
        *ret_op = LT_OP_SNAPSHOT;
    else if (!before)
        *ret_op = LT_OP_INSERT;
    else
        *ret_op = feed_op == LT_OP_CORRECTION ? LT_OP_CORRECTION : LT_OP_UPDATE;
    return true;
}
