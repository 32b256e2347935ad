#include "provider-postgres/judge_feed.h"

#include <string.h>

#include "base/macros.h"

static const char *const names[] = {
    [FEED_NONE] = "none",           [FEED_WANTED] = "wanted", [FEED_SNAPSHOT] = "snapshot",
    [FEED_STREAMING] = "streaming", [FEED_ENDED] = "ended",
};

const char *feed_state_name(enum feed_state state)
{
    return names[state];
}

enum feed_state feed_state_parse(const char *name)
{
    for (size_t i = 0; i < LT_COUNT(names); i++) {
        if (strcmp(names[i], name) == 0) {
            return (enum feed_state)i;
        }
    }
    return FEED_NONE;
}

static struct feed_verdict renew(const char *reason)
{
    return (struct feed_verdict){
        .state = FEED_WANTED, .renew = true, .write = true, .reason = reason};
}

static struct feed_verdict stop(const struct feed_facts *facts, const char *reason)
{
    bool known = facts->state != FEED_NONE;
    return (struct feed_verdict){.state = known ? FEED_ENDED : FEED_NONE,
                                 .write = known && facts->state != FEED_ENDED,
                                 .reason = reason};
}

static struct feed_verdict judge_streaming(const struct feed_facts *facts)
{
    if (facts->tail == LT_VERDICT_DAMAGED) {
        return renew("damaged: records that were promised are gone");
    }
    if (!facts->declared_as_stored) {
        return renew("the declaration of the service changed");
    }
    return (struct feed_verdict){.state = FEED_STREAMING};
}

struct feed_verdict judge_feed(const struct feed_facts *facts)
{
    if (!facts->published) {
        return stop(facts, "the service is not published");
    }
    if (facts->fault != NULL) {
        return stop(facts, facts->fault);
    }
    if (facts->state == FEED_WANTED) {
        return (struct feed_verdict){.state = FEED_WANTED};
    }
    if (facts->state == FEED_NONE) {
        return renew("first incarnation");
    }
    if (facts->state == FEED_ENDED) {
        return renew("the feed may go on again");
    }
    if (facts->source_fresh != NULL) {
        return renew(facts->source_fresh);
    }
    return facts->state == FEED_SNAPSHOT ? renew("the snapshot was interrupted")
                                         : judge_streaming(facts);
}
