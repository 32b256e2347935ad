#include "provider-postgres/adopt.h"

#include <string.h>

#define FIRST_LOOK_BACK 256
#define READ_TIMEOUT_MS 60000

/* ---- the chain over what is adopted ---- */

struct walking {
    struct lt_chain chain;
    int64_t seq;    /* chain stands here */
    int64_t target; /* tail */
    bool begun, broken;
};

static int walk(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    struct walking *w = arg;
    struct lt_header header;
    (void)reterr;
    if (lt_header_parse(message->lt, &header, NULL) != 0) {
        w->broken = true;
        return 0;
    }
    w->begun = w->begun || header.seq <= w->seq + 1;
    if (header.seq <= w->seq || header.seq > w->target) {
        return 0;
    }
    if (header.seq != w->seq + 1) {
        w->broken = true;
        return 0;
    }
    lt_chain_add(&w->chain, message->key, message->value, message->lt);
    w->seq++;
    return 0;
}

/* Reads from further and further back until the first record after the position is met. */
static int walk_to(struct feed *feed,
                   const struct lt_bus *bus,
                   const struct lt_header *tail,
                   int64_t tail_offset,
                   int64_t low,
                   bool *ret_whole,
                   struct lt_error *reterr)
{
    for (int64_t back = FIRST_LOOK_BACK;; back *= 2) {
        struct walking w = {.chain = feed->chain, .seq = feed->seq, .target = tail->seq};
        int64_t from = LT_MAX(low, tail_offset - back);
        int64_t next = 0;
        if (lt_bus_read_to_end(bus, feed->topic, from, READ_TIMEOUT_MS, walk, &w, &next, reterr) !=
            0) {
            return -1;
        }
        *ret_whole = !w.broken && w.seq == tail->seq;
        if (*ret_whole) {
            feed->chain = w.chain;
        }
        if (*ret_whole || w.begun || from == low) {
            return 0;
        }
    }
}

/* ---- judging ---- */

/* The tail's header: 1, 0 when the topic is empty, 2 when it is not ours, -1. */
static int read_tail(struct lt_asker *asker,
                     const char *topic,
                     struct lt_header *ret,
                     int64_t *ret_offset,
                     struct lt_error *reterr)
{
    struct lt_message message;
    int n = lt_asker_tail(asker, topic, &message, reterr);
    if (n <= 0) {
        return n;
    }
    bool ours = lt_header_parse(message.lt, ret, NULL) == 0 && ret->on_feed;
    *ret_offset = message.offset;
    lt_message_release(&message);
    return ours ? 1 : 2;
}

static int adopt(struct feed *feed,
                 const struct lt_bus *bus,
                 struct lt_asker *asker,
                 const struct lt_header *tail,
                 int64_t offset,
                 enum lt_verdict *ret,
                 struct lt_error *reterr)
{
    int64_t low = 0;
    int64_t lso = 0;
    int64_t hw = 0;
    bool whole = false;
    if (lt_asker_watermarks(asker, feed->topic, &low, &lso, &hw, reterr) != 0 ||
        walk_to(feed, bus, tail, offset, low, &whole, reterr) != 0) {
        return -1;
    }
    if (!whole || tail->incarnation != feed->incarnation) {
        *ret = LT_VERDICT_DAMAGED;
        return 0;
    }
    feed->seq = tail->seq;
    feed->last = (struct event_id){tail->lsn, tail->ordinal};
    return 0;
}

int adopt_tail(struct feed *feed,
               const struct lt_bus *bus,
               struct lt_asker *asker,
               enum lt_verdict *ret,
               struct lt_error *reterr)
{
    struct lt_header tail = {0};
    int64_t offset = 0;
    *ret = LT_VERDICT_DAMAGED;
    int exists = lt_asker_topic_exists(asker, feed->topic, reterr);
    if (exists <= 0) {
        return exists;
    }
    if (lt_wait_readable(asker, feed->topic, bus->transaction_ms, reterr) != 0) {
        return -1;
    }
    int found = read_tail(asker, feed->topic, &tail, &offset, reterr);
    if (found < 0 || found == 2) {
        return found < 0 ? -1 : 0;
    }
    *ret = lt_judge(feed->seq, found == 1 ? tail.seq : 0);
    return *ret == LT_VERDICT_ADOPT ? adopt(feed, bus, asker, &tail, offset, ret, reterr) : 0;
}

int adopt_end_seq(const struct feed *feed,
                  struct lt_asker *asker,
                  int64_t *ret_seq,
                  struct event_id *ret_id,
                  struct lt_error *reterr)
{
    char topic[LT_TOPIC_MAX];
    struct lt_header tail = {0};
    int64_t offset = 0;
    *ret_seq = 0;
    /* A damaged feed has promised numbers that are gone: it gets no record under one of them. */
    if (feed->incarnation < 2 || strncmp(feed->reason, "damaged", 7) == 0) {
        return 0;
    }
    lt_topic_feed(feed->service->id, feed->incarnation - 1, topic);
    int exists = lt_asker_topic_exists(asker, topic, reterr);
    if (exists <= 0) {
        return exists;
    }
    int found = read_tail(asker, topic, &tail, &offset, reterr);
    if (found == 1 && tail.op != LT_OP_END) {
        *ret_seq = tail.seq + 1;
        *ret_id = (struct event_id){tail.lsn, tail.ordinal};
    }
    return found < 0 ? -1 : 0;
}
