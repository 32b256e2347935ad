#include "consumer-postgres/gap.h"

enum lt_gap lt_gap_judge(const struct lt_stand *stand,
                         int64_t seq,
                         int64_t offset,
                         lt_time append_time,
                         lt_time window,
                         lt_time now)
{
    if (seq <= stand->seq)
        return LT_GAP_SEEN;
    if (seq == stand->seq + 1)
        return LT_GAP_NEXT;
    /* Compaction leaves holes only before records older than the window (protocol 9.2). */
    if (append_time > now - window)
        return LT_GAP_REPORT;
    return offset < stand->e0 ? LT_GAP_HOLE : LT_GAP_REREAD;
}

bool lt_gap_overdue(const struct lt_stand *stand, lt_time begun, lt_time window, lt_time now)
{
    return stand->next_offset < stand->e0 && now - begun > window / 10 * 8;
}

bool lt_gap_short(const struct lt_stand *stand, int64_t promised)
{
    return promised != LT_TIME_NONE && stand->seq < promised;
}

bool lt_gap_other_topic(const struct lt_stand *stand, int64_t end)
{
    return end < stand->e0;
}
