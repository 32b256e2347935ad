#include "position/position.h"

enum lt_verdict lt_judge(int64_t position_seq, int64_t tail_seq)
{
    lt_assert(position_seq >= 0 && tail_seq >= 0);
    if (tail_seq == position_seq) {
        return LT_VERDICT_EQUAL;
    }
    return tail_seq > position_seq ? LT_VERDICT_ADOPT : LT_VERDICT_DAMAGED;
}
