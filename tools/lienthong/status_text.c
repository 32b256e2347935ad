#include "lienthong/status_text.h"

#include "lienthong/law.h"

#include <inttypes.h>
#include <string.h>

#define LABEL_COLUMNS 14

const char *lt_cli_stage_words(enum lt_cli_lang lang, enum lt_cli_stage stage)
{
    static const char *const WORDS[][2] = {
        {"source", "nguồn"}, {"feed", "dòng nguồn"}, {"routed", "điều phối"},
        {"stream", "luồng"}, {"target", "đích"},     {"none", "không"},
    };
    return WORDS[stage][lang];
}

const char *lt_cli_still_words(enum lt_cli_lang lang, enum lt_cli_still why)
{
    static const char *const WORDS[][2] = {
        [LT_CLI_STILL_NOT] = {"moving", "đang chạy"},
        [LT_CLI_STILL_NO_SIGN] = {"the provider's adapter gives no sign",
                                  "bộ kết nối của cơ quan cung cấp dữ liệu không có tín hiệu"},
        [LT_CLI_STILL_NO_FEED] = {"the feed is not begun: its topic is still wanted",
                                  "dòng nguồn chưa bắt đầu: còn chờ tạo topic"},
        [LT_CLI_STILL_SNAPSHOT] = {"the feed's first snapshot is being read",
                                   "đang đọc toàn bộ dữ liệu nguồn lần đầu"},
        [LT_CLI_STILL_FEED_ENDED] = {"the feed has ended", "dòng nguồn đã kết thúc"},
        [LT_CLI_STILL_FEED_UNFIT] = {"the feed cannot begin, for the reason told",
                                     "dòng nguồn chưa thể bắt đầu, vì lý do đã nêu"},
        [LT_CLI_STILL_NO_SYNC] = {"the source vouches for nothing newer (no sync point)",
                                  "nguồn không xác nhận mốc đồng bộ mới"},
        [LT_CLI_STILL_BEHIND] = {"routing has not handled what the feed holds",
                                 "điều phối chưa xử lý hết dòng nguồn"},
        [LT_CLI_STILL_NO_CURSOR] = {"routing has not taken the connection up yet",
                                    "điều phối chưa tiếp nhận kết nối này"},
        [LT_CLI_STILL_HELD] = {"provision is suspended", "đang tạm ngừng cung cấp dữ liệu"},
        [LT_CLI_STILL_ENDED] = {"the stream has ended", "luồng đã kết thúc"},
        [LT_CLI_STILL_LOADING] = {"the first load runs", "đang nạp lần đầu"},
        [LT_CLI_STILL_CATCHING] = {"the stream is catching up", "luồng đang đuổi kịp"},
        [LT_CLI_STILL_NO_NOTICE] = {"no new sync point reaches the inbox",
                                    "không có mốc đồng bộ mới trong hộp thư của ứng dụng"},
        [LT_CLI_STILL_NO_RECEIPT] = {"the target gives no sign", "đích không có tín hiệu"},
        [LT_CLI_STILL_STAGING] = {"the target loads the new copy beside the one shown",
                                  "đích đang nạp bản sao mới bên cạnh bản đang dùng"},
        [LT_CLI_STILL_NOT_APPLIED] = {"the target reports, but has not applied what is offered",
                                      "đích có tín hiệu nhưng chưa áp dụng hết dữ liệu"},
    };
    return WORDS[why][lang];
}

static void label(struct lt_buf *out, const char *text)
{
    lt_buf_adds(out, "  ");
    lt_cli_pad(out, text, LABEL_COLUMNS);
}

static void add_when(enum lt_cli_lang lang, lt_time at, lt_time now, struct lt_buf *out)
{
    char when[LT_CLI_WHEN_MAX];
    lt_buf_adds(out, lt_cli_when(lang, at, now, when));
}

void lt_cli_head_text(enum lt_cli_lang lang, const struct lt_cli_head *head, struct lt_buf *out)
{
    char clock[32];
    lt_buf_addf(out,
                LT_SAY(lang, "Lienthong  %s (Asia/Ho_Chi_Minh)  connections: %zu\n",
                       "Liên thông  %s (giờ Việt Nam)  số kết nối: %zu\n"),
                lt_time_vn(head->now, clock, sizeof clock), head->connections);
    lt_buf_addf(out, LT_SAY(lang, "control number %" PRId64, "số điều khiển %" PRId64),
                head->number);
    lt_buf_adds(out, LT_SAY(lang, ", heartbeat ", ", nhịp báo "));
    add_when(lang, head->heartbeat_at, head->now, out);
    lt_buf_addc(out, '\n');
    if (head->stale)
        lt_buf_addf(
            out,
            LT_SAY(lang, "! nothing may be delivered: %s\n", "! không được cung cấp dữ liệu: %s\n"),
            head->stale);
    if (head->hidden)
        lt_buf_addf(out,
                    LT_SAY(lang, "! not readable to its end: %s (a transaction is open)\n",
                           "! chưa đọc được đến cuối: %s (giao dịch còn mở)\n"),
                    head->hidden);
    if (head->garbage > 0)
        lt_buf_addf(out,
                    LT_SAY(lang, "! records ignored as not ours: %zu\n",
                           "! số bản ghi không hợp lệ bị bỏ qua: %zu\n"),
                    head->garbage);
}

static void
add_source(enum lt_cli_lang lang, const struct lt_cli_line *line, lt_time now, struct lt_buf *out)
{
    label(out, lt_cli_stage_words(lang, LT_CLI_SOURCE));
    lt_buf_addf(out, "%s  ", line->service ? line->service->source : "-");
    lt_buf_adds(out, LT_SAY(lang, "last commit ", "giao dịch cuối "));
    add_when(lang, line->source ? line->source->commit_time : LT_TIME_NONE, now, out);
    lt_buf_addc(out, '\n');
}

/* "; unreadable above N" when records stand that no reader may have yet. */
static void add_unreadable(enum lt_cli_lang lang, int64_t readable, int64_t end, struct lt_buf *out)
{
    if (readable >= 0 && readable < end)
        lt_buf_addf(out,
                    LT_SAY(lang, "  (offsets %" PRId64 " to %" PRId64 " not readable yet)",
                           "  (vị trí %" PRId64 " đến %" PRId64 " chưa đọc được)"),
                    readable, end);
}

/* The provider's own words, why a feed is not, or no longer, streaming. */
static void add_feed_reason(const struct lt_feed_position *feed, struct lt_buf *out)
{
    if (strcmp(feed->state, "streaming") == 0 || !feed->reason || !feed->reason[0])
        return;
    lt_buf_adds(out, "  (");
    lt_cli_add_clean(out, feed->reason);
    lt_buf_addc(out, ')');
}

/* The topic and the last number given; a feed that never began has neither. */
static void add_feed_place(const struct lt_cli_line *line, struct lt_buf *out)
{
    char topic[LT_TOPIC_MAX];
    if (line->feed->incarnation < 1) {
        lt_buf_adds(out, "-  ");
        return;
    }
    lt_topic_feed(line->terms->service, line->feed->incarnation, topic);
    lt_buf_addf(out, "%s  seq %" PRId64 "  ", topic, line->feed->next_seq - 1);
}

static void
add_feed(enum lt_cli_lang lang, const struct lt_cli_line *line, lt_time now, struct lt_buf *out)
{
    label(out, lt_cli_stage_words(lang, LT_CLI_FEED));
    if (line->feed) {
        add_feed_place(line, out);
        add_when(lang, line->feed->at, now, out);
        add_unreadable(lang, line->marks.feed_readable, line->marks.feed_end, out);
        add_feed_reason(line->feed, out);
    } else {
        lt_buf_addc(out, '-');
    }
    lt_buf_addc(out, '\n');
}

static void
add_routed(enum lt_cli_lang lang, const struct lt_cli_line *line, lt_time now, struct lt_buf *out)
{
    label(out, lt_cli_stage_words(lang, LT_CLI_ROUTED));
    if (line->routed) {
        lt_buf_addf(out, "G %" PRId64 "  ", line->routed->g);
        lt_buf_adds(out, LT_SAY(lang, "sync point ", "mốc đồng bộ "));
        add_when(lang, line->routed->sync_time, now, out);
    } else {
        lt_buf_addc(out, '-');
    }
    lt_buf_addc(out, '\n');
}

static void
add_stream(enum lt_cli_lang lang, const struct lt_cli_line *line, lt_time now, struct lt_buf *out)
{
    label(out, lt_cli_stage_words(lang, LT_CLI_STREAM));
    if (line->cursor) {
        lt_buf_addf(out, "stream.%s  %s (%s)  seq %" PRId64 "  ", line->cursor->stream,
                    line->cursor->state, lt_cli_state_words(lang, line->cursor->state),
                    line->cursor->seq);
        lt_buf_adds(out, LT_SAY(lang, "sync point ", "mốc đồng bộ "));
        add_when(lang, line->notice ? line->notice->sync_time : LT_TIME_NONE, now, out);
        add_unreadable(lang, line->marks.stream_readable, line->marks.stream_end, out);
    } else {
        lt_buf_addc(out, '-');
    }
    lt_buf_addc(out, '\n');
}

static void
add_target(enum lt_cli_lang lang, const struct lt_cli_line *line, lt_time now, struct lt_buf *out)
{
    label(out, lt_cli_stage_words(lang, LT_CLI_TARGET));
    const struct lt_receipt *receipt = line->shown ? line->shown : line->receipt;
    if (receipt) {
        lt_buf_addf(out,
                    LT_SAY(lang,
                           "%s applied to seq %" PRId64 "  rows %" PRId64 "  set aside %" PRId64
                           "  refused reads %" PRId64 "  reported ",
                           "%s đã áp dụng đến seq %" PRId64 "  số dòng %" PRId64
                           "  để riêng %" PRId64 "  lượt đọc bị từ chối %" PRId64 "  báo cáo "),
                    receipt->stream, receipt->seq, receipt->rows, receipt->set_aside,
                    receipt->refused_reads);
        add_when(lang, receipt->at, now, out);
        if (receipt->rewound)
            lt_buf_adds(out,
                        LT_SAY(lang, "  (restored from a backup)", "  (đã phục hồi từ bản lưu)"));
    } else {
        lt_buf_addc(out, '-');
    }
    lt_buf_addc(out, '\n');
}

static const char *age_words(enum lt_cli_lang lang, enum lt_cli_age age)
{
    static const char *const WORDS[][2] = {
        [LT_CLI_AGE_NONE] = {"no stamp yet: nothing to use",
                             "chưa đồng bộ: chưa có dữ liệu để sử dụng"},
        [LT_CLI_AGE_FRESH] = {"", ""},
        [LT_CLI_AGE_50] = {"! more than 50 % of the use period is over",
                           "! đã qua 50 % thời hạn sử dụng"},
        [LT_CLI_AGE_80] = {"! more than 80 % of the use period is over",
                           "! đã qua 80 % thời hạn sử dụng"},
        [LT_CLI_AGE_95] = {"!! more than 95 % of the use period is over",
                           "!! đã qua 95 % thời hạn sử dụng"},
        [LT_CLI_AGE_EXPIRED] = {"!! the use period is over: the copy has no use value",
                                "!! đã hết thời hạn sử dụng: bản sao không còn giá trị sử dụng"},
        [LT_CLI_AGE_OVER] = {"!! the right has ended: the copy is closed",
                             "!! quyền khai thác đã chấm dứt: bản sao đã đóng"},
    };
    return WORDS[age][lang];
}

static void
add_use(enum lt_cli_lang lang, const struct lt_cli_line *line, lt_time now, struct lt_buf *out)
{
    label(out, LT_SAY(lang, "stamp", "đồng bộ cuối"));
    add_when(lang, line->stamp, now, out);
    lt_buf_addc(out, '\n');
    label(out, LT_SAY(lang, "usable until", "sử dụng đến"));
    add_when(lang, line->usable_until, now, out);
    if (line->used_percent >= 0) {
        char period[LT_CLI_WHEN_MAX];
        lt_buf_addf(out, LT_SAY(lang, "  %" PRId64 " %% of %s", "  %" PRId64 " %% của %s"),
                    line->used_percent, lt_cli_duration(lang, line->use_period, period));
    }
    const char *words = age_words(lang, line->age);
    if (words[0])
        lt_buf_addf(out, "  %s", words);
    lt_buf_addc(out, '\n');
}

static void add_still(enum lt_cli_lang lang, const struct lt_cli_line *line, struct lt_buf *out)
{
    if (line->stands == LT_CLI_MOVING)
        return;
    lt_buf_addf(out,
                LT_SAY(lang, "  > time stands still at: %s: %s", "  > thời gian dừng ở: %s: %s"),
                lt_cli_stage_words(lang, line->stands), lt_cli_still_words(lang, line->why));
    const char *reason = "";
    if (line->why == LT_CLI_STILL_HELD || line->why == LT_CLI_STILL_ENDED)
        reason = line->cursor->reason;
    if (reason[0]) {
        lt_buf_adds(out, " (");
        lt_cli_add_clean(out, lt_cli_reason_words(lang, reason));
        lt_buf_addc(out, ')');
    }
    lt_buf_addc(out, '\n');
}

static void add_clean_line(struct lt_buf *out, const char *name, const char *text)
{
    if (!text[0])
        return;
    lt_buf_addf(out, "      %s: ", name);
    lt_cli_add_clean(out, text);
    lt_buf_addc(out, '\n');
}

void lt_cli_hold_text(enum lt_cli_lang lang,
                      const struct lt_cli_held *held,
                      lt_time now,
                      struct lt_buf *out)
{
    const struct lt_hold *hold = held->hold;
    lt_buf_addf(
        out, LT_SAY(lang, "  # hold %s on %s: %s (%s)\n", "  # tạm ngừng %s đối với %s: %s (%s)\n"),
        held->id, hold->target, lt_cli_ground_words(lang, hold->ground),
        lt_cli_ground_article(lang, hold->ground));
    add_clean_line(out, LT_SAY(lang, "reason", "lý do"), hold->reason);
    add_clean_line(out, LT_SAY(lang, "by", "người quyết định"), hold->author);
    lt_buf_addf(out, "      %s: ", LT_SAY(lang, "since", "từ"));
    add_when(lang, hold->set_at, now, out);
    lt_buf_addc(out, '\n');
    add_clean_line(out, LT_SAY(lang, "to restore", "điều kiện khôi phục"), hold->restore);
    if (hold->expected_end != LT_NULL) {
        lt_buf_addf(out, "      %s: ", LT_SAY(lang, "expected end", "dự kiến khôi phục"));
        add_when(lang, hold->expected_end, now, out);
        lt_buf_addc(out, '\n');
    }
}

static void add_title(enum lt_cli_lang lang, const struct lt_cli_line *line, struct lt_buf *out)
{
    lt_buf_addf(out, "\n%s  %s ", line->connection, line->terms->service);
    lt_cli_add_clean(out, line->service ? line->service->name : "?");
    lt_buf_addf(out, " -> %s ", line->terms->application);
    lt_cli_add_clean(out, line->application ? line->application->name : "?");
    lt_buf_addf(out, LT_SAY(lang, "  agreement %s", "  thỏa thuận %s"), line->terms->agreement);
    if (line->over)
        lt_buf_adds(out, LT_SAY(lang, "  (terminated)", "  (đã chấm dứt)"));
    lt_buf_addc(out, '\n');
}

void lt_cli_line_text(enum lt_cli_lang lang,
                      const struct lt_cli_line *line,
                      lt_time now,
                      struct lt_buf *out)
{
    add_title(lang, line, out);
    add_source(lang, line, now, out);
    add_feed(lang, line, now, out);
    add_routed(lang, line, now, out);
    add_stream(lang, line, now, out);
    add_target(lang, line, now, out);
    add_use(lang, line, now, out);
    add_still(lang, line, out);
    for (size_t i = 0; i < line->hold_count; i++)
        lt_cli_hold_text(lang, &line->holds[i], now, out);
}
