/* Reading feeds: all of the bucket at once (live lane), or one at a time (catch-up lane). */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "change/chain.h"
#include "routing/shell.h"
#include "routing/voucher.h"

#define IDLE_POLL_MS  50 /* an empty batch waits so long for its first record */
#define FETCH_TIMEOUT 10000
#define NEAR_ENOUGH   50000 /* offsets read over rather than searched */

static void release_message(struct lt_shell *shell)
{
    if (shell->has_message)
        lt_message_release(&shell->message);
    shell->has_message = false;
}

void lt_shell_feeds_reset(struct lt_shell *shell)
{
    release_message(shell);
    for (size_t i = 0; i < shell->feed_count; i++)
        lt_lane_crowd_free(shell->feed_list[i].crowd);
    shell->feed_count = 0;
    lt_reader_close(lt_steal(&shell->feeds));
}

static struct lt_shell_feed *find_feed(struct lt_shell *shell, const char *topic)
{
    for (size_t i = 0; i < shell->feed_count; i++)
        if (strcmp(shell->feed_list[i].topic, topic) == 0)
            return &shell->feed_list[i];
    return NULL;
}

static struct lt_shell_feed *feed_of(struct lt_shell *shell, const struct lane_feed *feed)
{
    char topic[LT_TOPIC_MAX];
    lt_topic_feed(feed->service, feed->incarnation, topic);
    struct lt_shell_feed *found = find_feed(shell, topic);
    if (found)
        return found;
    shell->feed_list =
        lt_realloc(shell->feed_list, (shell->feed_count + 1) * sizeof(struct lt_shell_feed));
    found = &shell->feed_list[shell->feed_count++];
    *found = (struct lt_shell_feed){0};
    snprintf(found->topic, sizeof(found->topic), "%s", topic);
    return found;
}

/* A topic just made is known to some brokers and clients before others. */
static bool is_not_there(const struct lt_error *err)
{
    return err->code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           (err->class == LT_ERR_REJECT &&
            err->code != RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
}

int lt_shell_feed_end(void *arg,
                      const struct lane_feed *feed,
                      int64_t *ret_seq,
                      struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    char topic[LT_TOPIC_MAX];
    struct lt_message message;
    struct lt_header header;
    lt_topic_feed(feed->service, feed->incarnation, topic);
    *ret_seq = 0;
    int exists = lt_asker_topic_exists(shell->asker, topic, reterr);
    if (exists <= 0)
        return exists < 0 ? lt_shell_fail(reterr) : 0;
    struct lt_error err = {0};
    int found = lt_asker_tail(shell->asker, topic, &message, &err);
    if (found < 0 && is_not_there(&err))
        return 0;
    if (found < 0) {
        *reterr = err;
        return lt_shell_fail(reterr);
    }
    if (found == 0)
        return 1;
    if (lt_header_parse(message.lt, &header, NULL) == 0)
        *ret_seq = header.seq;
    lt_message_release(&message);
    return 1;
}

/* ---- where a feed seq is ---- */

static void remember_place(struct lt_shell *shell, const struct lt_shell_feed *feed)
{
    if (feed->offset <= 0)
        return;
    struct lt_shell_place *place = &shell->places[shell->next_place++ % SHELL_PLACES];
    *place = (struct lt_shell_place){.seq = feed->seq, .offset = feed->offset};
    snprintf(place->topic, sizeof(place->topic), "%s", feed->topic);
}

/* Seq and offset of the first record at or after the offset: 1, 0 when there is none, -1. */
static int seq_at(struct lt_shell *shell,
                  const char *topic,
                  int64_t offset,
                  int64_t *ret_seq,
                  int64_t *ret_offset,
                  struct lt_error *reterr)
{
    struct lt_message message;
    struct lt_header header;
    int got = lt_asker_record_at(shell->asker, topic, offset, &message, reterr);
    if (got <= 0)
        return got;
    int rc = lt_header_parse(message.lt, &header, NULL);
    *ret_seq = header.seq;
    *ret_offset = message.offset;
    lt_message_release(&message);
    return rc == 0;
}

/* Each record takes one offset and so does each marker or aborted record: a seq stands at least as
 * far as it counts, and no further than the whole feed's share of those. */
static int bound_offset(struct lt_shell *shell,
                        const struct lane_feed *feed,
                        const char *topic,
                        int64_t after,
                        int64_t *ret_low,
                        int64_t *ret_high,
                        struct lt_error *reterr)
{
    int64_t hw, end;
    int there = lt_shell_feed_end(shell, feed, &end, reterr);
    if (there <= 0) {
        *ret_low = *ret_high = 0;
        return there;
    }
    if (lt_asker_watermarks(shell->asker, topic, ret_low, ret_high, &hw, reterr) < 0)
        return lt_shell_fail(reterr);
    int64_t others = LT_MAX(*ret_high - end, 0);
    *ret_low = LT_MAX(*ret_low, LT_MIN(after, *ret_high));
    *ret_high = LT_MAX(*ret_low, LT_MIN(*ret_high, after + others));
    return 0;
}

/* An offset below which no record with a seq above `after` stands; seqs grow with offsets. */
static int search_offset(struct lt_shell *shell,
                         const struct lane_feed *feed,
                         const char *topic,
                         int64_t after,
                         int64_t *ret_offset,
                         struct lt_error *reterr)
{
    int64_t low, high;
    if (bound_offset(shell, feed, topic, after, &low, &high, reterr) < 0)
        return -1;
    for (size_t i = 0; i < SHELL_PLACES; i++)
        if (shell->places[i].seq == after && strcmp(shell->places[i].topic, topic) == 0) {
            *ret_offset = LT_MAX(shell->places[i].offset, low);
            return 0;
        }
    while (after > 0 && high - low > NEAR_ENOUGH) {
        int64_t mid = low + (high - low) / 2, seq = 0, offset = mid;
        int got = seq_at(shell, topic, mid, &seq, &offset, reterr);
        if (got < 0)
            return lt_shell_fail(reterr);
        if (got == 0 || seq > after)
            high = mid;
        else
            low = offset + 1;
    }
    *ret_offset = after > 0 ? low : 0;
    return 0;
}

/* ---- open and close ---- */

static int reader_for_feeds(struct lt_shell *shell, struct lt_error *reterr)
{
    if (!shell->feeds)
        shell->feeds =
            lt_reader_open(&shell->bus, true,
                           shell->id == LANE_LIVE_LANE ? LT_READ_STEADY : LT_READ_MOVING, reterr);
    return shell->feeds ? 0 : lt_shell_fail(reterr);
}

int lt_shell_feed_open(
    void *arg, const struct lane_feed *feed, int64_t after, int64_t offset, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    if (reader_for_feeds(shell, reterr) < 0)
        return -1;
    struct lt_shell_feed *place = feed_of(shell, feed);
    place->feed = feed;
    int exists = lt_asker_topic_exists(shell->asker, place->topic, reterr);
    if (exists < 0)
        return lt_shell_fail(reterr);
    if (offset < 0 && exists &&
        search_offset(shell, feed, place->topic, after, &offset, reterr) < 0)
        return -1;
    if (offset <= 0)
        offset = LT_OFFSET_BEGIN;
    if (lt_reader_add(shell->feeds, place->topic, offset, reterr) < 0)
        return lt_shell_fail(reterr);
    place->open = true;
    place->seq = after;
    place->offset = 0;
    place->foreign = NULL;
    shell->batch_began_ms = lt_monotonic_ms(); /* looking for the place is no part of the batch */
    return 0;
}

int lt_shell_feed_close(void *arg, const struct lane_feed *feed, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    struct lt_shell_feed *place = feed_of(shell, feed);
    remember_place(shell, place);
    place->open = false;
    /* Not removed: it is opened again soon, and its handle knows where the leader is. */
    if (lt_reader_pause(shell->feeds, place->topic, true, reterr) < 0)
        return lt_shell_fail(reterr);
    return 0;
}

/* ---- the LIVE streams of a feed ---- */

int lt_shell_live_set(void *arg,
                      const struct lane_feed *feed,
                      struct lane_stream *const *streams,
                      size_t count,
                      struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    struct lt_shell_feed *place = feed_of(shell, feed);
    struct lt_lane_rows *rows = lt_shell_rows(shell, feed->service);
    lt_lane_crowd_free(lt_steal(&place->crowd));
    place->stale = false;
    if (!rows)
        return count == 0 ? 0
                          : lt_fail(reterr, LT_ERR_ABORT, "routing", 0,
                                    "schemas of %s are not known", feed->service);
    place->crowd = lt_lane_crowd_new(rows);
    for (size_t i = 0; i < count; i++) {
        struct lt_lane_shape *shape = lt_shell_shape(shell, streams[i]->connection);
        if (!shape)
            return lt_fail(reterr, LT_ERR_ABORT, "routing", 0, "scope of %s is not known",
                           streams[i]->name);
        lt_lane_crowd_add(place->crowd, shape, streams[i]);
    }
    return 0;
}

/* ---- records ---- */

static void refuse(struct lt_shell *shell, const char *what)
{
    lt_metric_add(shell->metrics->refused, 1);
    lt_log(LT_LOG_ERROR, "feed_record_refused", "topic", shell->message.topic, "offset",
           lt_logf("%lld", (long long)shell->message.offset), "why", what, NULL);
}

/* Told when it changes, by one lane. */
static void
judge_clock(struct lt_shell *shell, struct lt_shell_feed *place, const struct lane_record *record)
{
    bool ahead = lt_lane_vouched(record->sync_time, record->append_time) == LT_NULL;
    int64_t apart = ahead ? (record->sync_time - record->append_time) / LT_MILLI : 0;
    if (ahead != place->ahead && shell->id == LANE_LIVE_LANE)
        lt_log(ahead ? LT_LOG_ERROR : LT_LOG_NOTICE, "clock_skew", "topic", place->topic,
               "milliseconds", lt_logf("%lld", (long long)apart), "sync_points",
               ahead ? "refused" : "go_on", NULL);
    place->ahead = ahead;
}

static bool
read_sync_point(struct lt_shell *shell, struct lt_shell_feed *place, struct lane_record *record)
{
    struct lt_sync_point point;
    if (lt_record_decode(LT_RECORD_SYNC_POINT, shell->message.value, &point, shell->arena, NULL) <
        0)
        return false;
    record->sync_time = point.time;
    judge_clock(shell, place, record);
    return true;
}

/* What the service's schema does not describe is of before or after it: delivered to nobody, and
 * nothing behind it either, until control has caught up or the feed begins anew (architecture 3).
 */
static int
stand_before(struct lt_shell *shell, struct lt_shell_feed *place, struct lt_error *reterr)
{
    place->foreign = shell->row_of;
    lt_log(LT_LOG_WARN, "feed_of_another_schema", "topic", place->topic, "offset",
           lt_logf("%lld", (long long)shell->message.offset), "schema",
           lt_logf("%d", place->foreign->row_id), NULL);
    if (lt_reader_add(shell->feeds, place->topic, shell->message.offset, reterr) < 0 ||
        lt_reader_pause(shell->feeds, place->topic, true, reterr) < 0)
        return lt_shell_fail(reterr);
    return 0;
}

int lt_shell_feeds_resume(struct lt_shell *shell, struct lt_error *reterr)
{
    for (size_t i = 0; i < shell->feed_count; i++) {
        struct lt_shell_feed *place = &shell->feed_list[i];
        if (!place->open || !place->foreign)
            continue;
        const struct lt_lane_rows *rows = lt_shell_rows(shell, place->feed->service);
        if (!rows || rows == place->foreign)
            continue;
        place->foreign = NULL;
        if (lt_reader_pause(shell->feeds, place->topic, false, reterr) < 0)
            return lt_shell_fail(reterr);
    }
    return 0;
}

/* false: not a record of this feed.  What it carried shows as a hole, which ends streams. */
static bool
read_record(struct lt_shell *shell, struct lt_shell_feed *place, struct lane_record *ret)
{
    struct lt_header header;
    bool good = true;
    if (lt_header_parse(shell->message.lt, &header, NULL) < 0 || !header.on_feed ||
        header.incarnation != place->feed->incarnation) {
        refuse(shell, "header");
        return false;
    }
    *ret = (struct lane_record){
        .feed = place->feed,
        .offset = shell->message.offset,
        .seq = header.seq,
        .op = header.op,
        .time = header.time,
        .append_time = shell->message.append_time,
        .body = &shell->message,
    };
    if (header.op == LT_OP_SYNC && !read_sync_point(shell, place, ret)) {
        refuse(shell, "sync point");
        return false;
    }
    if (header.op == LT_OP_SYNC || header.op == LT_OP_END)
        return true;
    if (!place->rows)
        place->rows = lt_shell_rows(shell, place->feed->service);
    shell->row_of = place->rows;
    if (!shell->row_of) {
        refuse(shell, "schemas are not known");
        return false;
    }
    if (lt_lane_rows_foreign(shell->row_of, shell->message.value, shell->message.scope_before)) {
        shell->foreign = true;
        return false;
    }
    shell->row = lt_lane_rows_read(shell->row_of, header.op, shell->message.value,
                                   shell->message.scope_before, &good);
    if (!good)
        refuse(shell, "value is not of its schema");
    ret->op = shell->row.op;
    ret->unknown = shell->row.unknown;
    return true;
}

/* Nothing came: is there more?  The catch-up lane has just moved its reader and waits for it. */
static bool is_at_end(struct lt_shell *shell)
{
    for (size_t i = 0; i < shell->feed_count; i++) {
        const struct lt_shell_feed *place = &shell->feed_list[i];
        int64_t low, lso, hw;
        if (place->open && !place->foreign &&
            lt_asker_watermarks(shell->asker, place->topic, &low, &lso, &hw, NULL) == 0 &&
            lt_reader_position(shell->feeds, place->topic) < lso)
            return false;
    }
    return true;
}

/* 1: shell->message is there; 0: end of the batch; 2: not yet; -1. */
static int poll_message(struct lt_shell *shell, struct lt_error *reterr)
{
    int64_t age = lt_monotonic_ms() - shell->batch_began_ms;
    if (age > shell->conf->batch_ms && shell->batch_has_records)
        return 0;
    int64_t wait = shell->batch_has_records ? 1 : IDLE_POLL_MS;
    struct lt_error err = {0};
    int got = lt_reader_poll(shell->feeds, wait, &shell->message, &err);
    if (got > 0 || (got == 0 && shell->id == LANE_LIVE_LANE))
        return got;
    if (got == 0)
        return age < FETCH_TIMEOUT && !lt_stopping() && !is_at_end(shell) ? 2 : 0;
    /* A feed that is not readable now comes back by itself, and the others go on. */
    if (err.class == LT_ERR_REJECT && shell->id == LANE_LIVE_LANE)
        return 2;
    if (err.class == LT_ERR_RETRY || err.class == LT_ERR_REJECT)
        return 0;
    *reterr = err;
    return lt_shell_fail(reterr);
}

int lt_shell_next(void *arg, struct lane_record *ret, struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    release_message(shell);
    while (shell->feeds) {
        int got = poll_message(shell, reterr);
        if (got <= 0)
            return got;
        if (got == 2)
            continue;
        shell->has_message = true;
        shell->foreign = false;
        struct lt_shell_feed *place = find_feed(shell, shell->message.topic);
        /* What lies before the place asked for is read over here: it is no part of a batch. */
        if (place && place->open && read_record(shell, place, ret) && ret->seq > place->seq) {
            place->seq = ret->seq;
            place->offset = ret->offset + 1;
            shell->row_feed = (size_t)(place - shell->feed_list);
            if (!shell->batch_has_records)
                shell->batch_began_ms = lt_monotonic_ms();
            shell->batch_has_records = true;
            lt_metric_add(shell->metrics->records, 1);
            return 1;
        }
        if (shell->foreign && stand_before(shell, place, reterr) < 0)
            return -1;
        release_message(shell);
    }
    return 0;
}

struct told {
    struct lt_shell *shell;
    int (*visit)(void *, const struct lane_stream *, bool, bool, struct lt_error *);
    void *visit_arg;
};

static int tell(void *arg,
                const void *stream,
                const struct lt_lane_shape *shape,
                bool before,
                bool after,
                struct lt_error *reterr)
{
    struct told *told = arg;
    told->shell->shape_of = shape; /* the boundary has seen to it that it is the current one */
    return told->visit(told->visit_arg, stream, before, after, reterr);
}

int lt_shell_affected(void *arg,
                      const struct lane_record *record,
                      int (*visit)(void *visit_arg,
                                   const struct lane_stream *stream,
                                   bool before,
                                   bool after,
                                   struct lt_error *reterr),
                      void *visit_arg,
                      struct lt_error *reterr)
{
    struct lt_shell *shell = arg;
    const struct lt_shell_feed *place = &shell->feed_list[shell->row_feed];
    struct told told = {.shell = shell, .visit = visit, .visit_arg = visit_arg};
    lt_assert(place->feed == record->feed);
    if (place->stale)
        return lt_fail(reterr, LT_ERR_ABORT, "routing", 0, "a scope changed without its version");
    if (!place->crowd)
        return 0;
    return lt_lane_crowd_match(place->crowd, shell->row_of, &shell->row, tell, &told, reterr);
}

int lt_shell_effect(void *arg,
                    const struct lane_record *record,
                    const struct lane_stream *stream,
                    bool *ret_before,
                    bool *ret_after,
                    struct lt_error *reterr)
{
    (void)record;
    struct lt_shell *shell = arg;
    const struct lt_lane_shape *shape = lt_shell_shape_of(shell, stream->connection);
    if (!shape)
        return lt_fail(reterr, LT_ERR_ABORT, "routing", 0, "scope of %s is not known",
                       stream->name);
    lt_lane_shape_effect(shape, shell->row_of, &shell->row, ret_before, ret_after);
    return 0;
}

void lt_shell_feed_chain(void *arg, struct lane_feed *feed, const struct lane_record *record)
{
    (void)arg;
    const struct lt_message *message = record->body;
    static const struct lt_chain unknown;
    if (memcmp(&feed->chain, &unknown, sizeof(unknown)) != 0)
        lt_chain_add(&feed->chain, message->key, message->value, message->lt);
}

void lt_shell_hash_key(struct lt_bytes key, uint8_t ret[16])
{
    uint8_t digest[32];
    lt_sha256(key, digest);
    memcpy(ret, digest, 16);
}

void lt_shell_key_hash(void *arg, const struct lane_record *record, uint8_t ret[16])
{
    (void)arg;
    lt_shell_hash_key(((const struct lt_message *)record->body)->key, ret);
}
