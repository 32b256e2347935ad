#include "routing/cursor.h"

#include <stdio.h>
#include <string.h>

#define VIETNAM_OFFSET (7 * 3600 * LT_SECOND)
#define DAY            (24 * 3600 * LT_SECOND)

void lt_lane_stream_init(struct lane_stream *stream, const char *connection, int64_t generation)
{
    *stream = (struct lane_stream){
        .generation = generation,
        .e0 = LT_NULL,
        .load_deadline = LT_NULL,
        .load_seq = LT_NULL,
        .sync_time = LT_NULL,
        .sync_seq = LT_NULL,
    };
    snprintf(stream->connection, sizeof(stream->connection), "%s", connection);
    lt_stream_format(stream->connection, generation, stream->name);
}

void lt_lane_feed_init(struct lane_feed *feed, const char *service, int64_t incarnation)
{
    *feed = (struct lane_feed){
        .incarnation = incarnation,
        .m = LT_NULL,
        .sync_time = LT_NULL,
        .sync_g = LT_NULL,
    };
    snprintf(feed->service, sizeof(feed->service), "%s", service);
}

void lt_lane_stream_record(const struct lane_stream *stream, struct lt_cursor *ret)
{
    *ret = (struct lt_cursor){
        .stream = stream->name,
        .lane = lt_lane_name(stream->writer),
        .state = lt_lane_state_name(stream->state),
        .reason = stream->reason,
        .service = stream->service,
        .incarnation = stream->incarnation,
        .pos = stream->pos,
        .seq = stream->seq,
        .last = stream->last,
        .control = stream->control,
        .e0 = stream->e0,
        .load_deadline = stream->load_deadline,
        .load_seq = stream->load_seq,
        .sync_time = stream->sync_time,
        .sync_seq = stream->sync_seq,
        .agreement = stream->agreement,
        .scope_version = stream->scope_version,
        .key_schema = stream->key_schema,
        .value_schema = stream->value_schema,
        .chain = lt_chain_bytes(&stream->chain),
        .page_first = stream->page.first,
        .page_count = stream->page.count,
        .page_deletes = stream->page.deletes,
        .page_opened = stream->page.opened,
        .day = stream->day,
        .day_count = stream->day_count,
        .written_at = stream->written_at,
    };
}

/* Copies a text that must fit. */
static bool take_text(char *to, size_t size, const char *from)
{
    int len = snprintf(to, size, "%s", from);
    return len >= 0 && (size_t)len < size;
}

int lt_lane_stream_read(const struct lt_cursor *record,
                        struct lane_stream *ret,
                        struct lt_error *reterr)
{
    struct lane_stream stream = {
        .writer = lt_lane_parse(record->lane),
        .state = lt_lane_state_parse(record->state),
        .incarnation = record->incarnation,
        .pos = record->pos,
        .seq = record->seq,
        .last = record->last,
        .control = record->control,
        .e0 = record->e0,
        .load_deadline = record->load_deadline,
        .load_seq = record->load_seq,
        .sync_time = record->sync_time,
        .sync_seq = record->sync_seq,
        .agreement = record->agreement,
        .scope_version = record->scope_version,
        .key_schema = record->key_schema,
        .value_schema = record->value_schema,
        .page = {.first = record->page_first,
                 .count = record->page_count,
                 .deletes = record->page_deletes,
                 .opened = record->page_opened},
        .day = record->day,
        .day_count = record->day_count,
        .written_at = record->written_at,
    };
    if (lt_stream_parse(record->stream, stream.connection, &stream.generation, reterr) < 0)
        return lt_fail_context(reterr, "cursor");
    if (!take_text(stream.name, sizeof(stream.name), record->stream) ||
        !take_text(stream.service, sizeof(stream.service), record->service) ||
        !take_text(stream.reason, sizeof(stream.reason), record->reason) ||
        !lt_chain_set(&stream.chain, record->chain) || stream.state == LANE_NONE ||
        stream.writer == LANE_NOBODY)
        return lt_fail(reterr, LT_ERR_REJECT, "routing", 0,
                       "cursor of %s is not one that a lane writes", record->stream);
    *ret = stream;
    return 0;
}

void lt_lane_feed_record(const struct lane_feed *feed, struct lt_feed_cursor *ret)
{
    *ret = (struct lt_feed_cursor){
        .service = feed->service,
        .incarnation = feed->incarnation,
        .offset = feed->offset,
        .g = feed->g,
        .m = feed->m,
        .sync_time = feed->sync_time,
        .sync_g = feed->sync_g,
        .chain = lt_chain_bytes(&feed->chain),
        .control = feed->control,
        .written_at = feed->written_at,
    };
}

int lt_lane_feed_read(const struct lt_feed_cursor *record,
                      struct lane_feed *ret,
                      struct lt_error *reterr)
{
    struct lane_feed feed = {
        .incarnation = record->incarnation,
        .offset = record->offset,
        .g = record->g,
        .m = record->m,
        .sync_time = record->sync_time,
        .sync_g = record->sync_g,
        .control = record->control,
        .written_at = record->written_at,
    };
    if (!take_text(feed.service, sizeof(feed.service), record->service) ||
        !lt_chain_set(&feed.chain, record->chain))
        return lt_fail(reterr, LT_ERR_REJECT, "routing", 0,
                       "lane record of feed %s is not one that a lane writes", record->service);
    *ret = feed;
    return 0;
}

int64_t lt_lane_day(lt_time at)
{
    return (at + VIETNAM_OFFSET) / DAY;
}

lt_time lt_lane_day_end(lt_time at)
{
    return (lt_lane_day(at) + 1) * DAY - VIETNAM_OFFSET;
}

int64_t lt_lane_day_count(const struct lane_stream *stream, lt_time now)
{
    return stream->day == lt_lane_day(now) ? stream->day_count : 0;
}

void lt_lane_stream_give(struct lane_stream *stream, int64_t feed_seq, bool is_delete, lt_time now)
{
    stream->seq++;
    stream->last = feed_seq;
    if (stream->page.count == 0)
        stream->page = (struct lane_page){.first = stream->seq, .opened = now};
    stream->page.count++;
    stream->page.deletes += is_delete;
    stream->day_count = lt_lane_day_count(stream, now) + 1;
    stream->day = lt_lane_day(now);
}
