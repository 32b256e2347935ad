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

/* The reason that holds now is stored, so that whoever waits for the feed finds it. */
static struct feed_verdict stop(const struct feed_facts *facts, const char *reason)
{
    bool told =
        facts->state == FEED_ENDED && strncmp(facts->reason, reason, FEED_REASON_MAX - 1) == 0;
    return (struct feed_verdict){.state = FEED_ENDED, .write = !told, .reason = reason};
}

/* D24: of a service that was never published nothing leaves the provider, no reason either. */
static struct feed_verdict keep_back(const struct feed_facts *facts)
{
    const char *reason = "the service is not published";
    return facts->state == FEED_NONE ? (struct feed_verdict){.state = FEED_NONE, .reason = reason}
                                     : stop(facts, reason);
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
        return keep_back(facts);
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
        return renew(facts->begun ? "the feed may go on again" : "first incarnation");
    }
    if (facts->source_fresh != NULL) {
        return renew(facts->source_fresh);
    }
    return facts->state == FEED_SNAPSHOT ? renew("the snapshot was interrupted")
                                         : judge_streaming(facts);
}
