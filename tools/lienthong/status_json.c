#include "lienthong/status_json.h"

#include "lienthong/law.h"

#include <string.h>

json_t *lt_cli_time_json(lt_time at)
{
    char buf[32];
    if (at == LT_TIME_NONE || at == LT_TIME_END)
        return json_null();
    return json_string(lt_time_utc(at, buf, sizeof buf));
}

/* Texts that others wrote may be no UTF-8; then they are left out rather than guessed. */
static json_t *text(const char *value)
{
    json_t *json = value ? json_string(value) : NULL;
    return json ? json : json_null();
}

static json_t *number(int64_t value)
{
    return value == LT_NULL ? json_null() : json_integer(value);
}

json_t *lt_cli_head_json(const struct lt_cli_head *head)
{
    return json_pack("{s:o, s:{s:I, s:b, s:o, s:o}, s:I, s:o, s:[]}", "at",
                     lt_cli_time_json(head->now), "control", "number", (json_int_t)head->number,
                     "fresh", head->stale == NULL, "why", text(head->stale), "heartbeat_at",
                     lt_cli_time_json(head->heartbeat_at), "ignored", (json_int_t)head->garbage,
                     "unreadable", text(head->hidden), "connections");
}

static json_t *source_json(const struct lt_cli_line *line)
{
    const struct lt_source_position *source = line->source;
    if (!source)
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "source", text(source->source), "commit_time",
                     lt_cli_time_json(source->commit_time), "at", lt_cli_time_json(source->at));
}

static json_t *feed_json(const struct lt_cli_line *line)
{
    const struct lt_feed_position *feed = line->feed;
    if (!feed)
        return json_null();
    return json_pack("{s:I, s:o, s:o, s:I, s:o, s:I, s:I}", "incarnation",
                     (json_int_t)feed->incarnation, "state", text(feed->state), "reason",
                     text(feed->reason), "seq", (json_int_t)(feed->next_seq - 1), "at",
                     lt_cli_time_json(feed->at), "readable", (json_int_t)line->marks.feed_readable,
                     "end", (json_int_t)line->marks.feed_end);
}

static json_t *routed_json(const struct lt_cli_line *line)
{
    const struct lt_feed_cursor *routed = line->routed;
    if (!routed)
        return json_null();
    return json_pack("{s:I, s:I, s:o, s:I, s:o}", "incarnation", (json_int_t)routed->incarnation,
                     "g", (json_int_t)routed->g, "sync_time", lt_cli_time_json(routed->sync_time),
                     "control", (json_int_t)routed->control, "at",
                     lt_cli_time_json(routed->written_at));
}

static json_t *stream_json(const struct lt_cli_line *line)
{
    const struct lt_cursor *cursor = line->cursor;
    if (!cursor)
        return json_null();
    return json_pack(
        "{s:o, s:o, s:o, s:I, s:I, s:o, s:I, s:I, s:o, s:o, s:I, s:I}", "stream",
        text(cursor->stream), "state", text(cursor->state), "reason", text(cursor->reason), "seq",
        (json_int_t)cursor->seq, "pos", (json_int_t)cursor->pos, "load_seq",
        number(cursor->load_seq), "control", (json_int_t)cursor->control, "scope_version",
        (json_int_t)cursor->scope_version, "sync_time",
        lt_cli_time_json(line->notice ? line->notice->sync_time : LT_TIME_NONE), "at",
        lt_cli_time_json(cursor->written_at), "readable", (json_int_t)line->marks.stream_readable,
        "end", (json_int_t)line->marks.stream_end);
}

static json_t *target_json(const struct lt_cli_line *line)
{
    const struct lt_receipt *receipt = line->shown ? line->shown : line->receipt;
    if (!receipt)
        return json_null();
    return json_pack("{s:o, s:I, s:b, s:I, s:I, s:I, s:b, s:o, s:o}", "stream",
                     text(receipt->stream), "seq", (json_int_t)receipt->seq, "active",
                     receipt->active, "rows", (json_int_t)receipt->rows, "set_aside",
                     (json_int_t)receipt->set_aside, "refused_reads",
                     (json_int_t)receipt->refused_reads, "rewound", receipt->rewound, "flushed_at",
                     lt_cli_time_json(receipt->flushed_at), "at", lt_cli_time_json(receipt->at));
}

static const char *age_name(enum lt_cli_age age)
{
    static const char *const NAMES[] = {"none", "fresh", "50", "80", "95", "expired", "over"};
    return NAMES[age];
}

static const char *still_name(enum lt_cli_still why)
{
    static const char *const NAMES[] = {
        [LT_CLI_STILL_NOT] = "moving",
        [LT_CLI_STILL_NO_SIGN] = "no_sign",
        [LT_CLI_STILL_NO_FEED] = "no_feed",
        [LT_CLI_STILL_SNAPSHOT] = "snapshot",
        [LT_CLI_STILL_FEED_ENDED] = "feed_ended",
        [LT_CLI_STILL_FEED_UNFIT] = "feed_unfit",
        [LT_CLI_STILL_NO_SYNC] = "no_sync",
        [LT_CLI_STILL_BEHIND] = "behind",
        [LT_CLI_STILL_NO_CURSOR] = "no_cursor",
        [LT_CLI_STILL_HELD] = "held",
        [LT_CLI_STILL_ENDED] = "ended",
        [LT_CLI_STILL_LOADING] = "loading",
        [LT_CLI_STILL_CATCHING] = "catching",
        [LT_CLI_STILL_NO_NOTICE] = "no_notice",
        [LT_CLI_STILL_NO_RECEIPT] = "no_receipt",
        [LT_CLI_STILL_STAGING] = "staging",
        [LT_CLI_STILL_NOT_APPLIED] = "not_applied",
    };
    return NAMES[why];
}

static json_t *holds_json(const struct lt_cli_line *line)
{
    json_t *holds = json_array();
    for (size_t i = 0; i < line->hold_count; i++) {
        const struct lt_hold *hold = line->holds[i].hold;
        json_array_append_new(
            holds,
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "hold", text(line->holds[i].id),
                      "target", text(hold->target), "ground", text(hold->ground), "author",
                      text(hold->author), "reason", text(hold->reason), "restore",
                      text(hold->restore), "set_at", lt_cli_time_json(hold->set_at), "expected_end",
                      lt_cli_time_json(hold->expected_end)));
    }
    return holds;
}

json_t *lt_cli_line_json(const struct lt_cli_line *line)
{
    json_t *json =
        json_pack("{s:o, s:o, s:o, s:o}", "connection", text(line->connection), "service",
                  text(line->terms->service), "application", text(line->terms->application),
                  "agreement", text(line->terms->agreement));
    json_object_set_new(json, "source", source_json(line));
    json_object_set_new(json, "feed", feed_json(line));
    json_object_set_new(json, "routed", routed_json(line));
    json_object_set_new(json, "stream", stream_json(line));
    json_object_set_new(json, "target", target_json(line));
    json_object_set_new(json, "stamp", lt_cli_time_json(line->stamp));
    json_object_set_new(json, "usable_until", lt_cli_time_json(line->usable_until));
    json_object_set_new(json, "use_period_ms", json_integer(line->use_period / LT_MILLI));
    json_object_set_new(json, "used_percent",
                        line->used_percent < 0 ? json_null() : json_integer(line->used_percent));
    json_object_set_new(json, "age", json_string(age_name(line->age)));
    json_object_set_new(json, "terminated", json_boolean(line->over));
    json_object_set_new(json, "stands_still", json_string(lt_cli_stage_name(line->stands)));
    json_object_set_new(json, "why", json_string(still_name(line->why)));
    json_object_set_new(json, "holds", holds_json(line));
    return json;
}
