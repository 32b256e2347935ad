#include "consumer-postgres/stamp.h"

#include "base/macros.h"

#include <string.h>

bool lt_terms_equal(const struct lt_terms *a, const struct lt_terms *b)
{
    return a->use_period == b->use_period && a->end_of_use == b->end_of_use && a->fail == b->fail &&
           strcmp(a->closed, b->closed) == 0;
}

lt_time lt_usable_until(lt_time stamp, const struct lt_terms *terms)
{
    lt_time until;
    if (stamp == LT_TIME_NONE || terms->closed[0])
        return LT_TIME_NONE;
    if (__builtin_add_overflow(stamp, terms->use_period, &until))
        until = LT_TIME_END;
    return terms->end_of_use == LT_TIME_NONE ? until : LT_MIN(until, terms->end_of_use);
}

static bool reached_sync_point(const struct lt_stamp_facts *facts)
{
    return facts->sync_time != LT_TIME_NONE && facts->at.seq >= facts->sync_seq &&
           facts->at.next_offset >= facts->at.e0;
}

bool lt_stamp_due(const struct lt_stamp_facts *facts, struct lt_worth *ret)
{
    if (!facts->active || !facts->clock_trusted || facts->terms.closed[0] ||
        !reached_sync_point(facts))
        return false;
    const lt_time stamp = LT_MIN(facts->sync_time, facts->now);
    if (stamp <= facts->old.stamp)
        return false;
    const lt_time appended =
        facts->append_time == LT_TIME_NONE ? facts->now : LT_MIN(facts->append_time, facts->now);
    *ret = (struct lt_worth){
        .stamp = stamp,
        .from = LT_MAX(facts->old.from, appended - LT_USABLE_MARGIN),
        .until = lt_usable_until(stamp, &facts->terms),
    };
    return true;
}

int lt_stamp_warning(const struct lt_worth *worth, lt_time now)
{
    if (worth->until <= worth->stamp || now >= worth->until)
        return 100;
    if (now <= worth->stamp)
        return 0;
    const double used = (double)(now - worth->stamp) / (double)(worth->until - worth->stamp);
    return used >= 0.95 ? 95 : used >= 0.80 ? 80 : used >= 0.50 ? 50 : 0;
}
