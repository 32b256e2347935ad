/*
 * lienthong status: where every connection stands, read from Kafka alone.
 */
#include "lienthong/cli.h"
#include "lienthong/status_json.h"
#include "lienthong/status_text.h"

#include "base/num.h"
#include "daemon/daemon.h"

#include <unistd.h>

#define WATCH_MS 2000

/* What one look needs. */
struct look {
    struct lt_cli *cli;
    const char *filter;
    struct lt_cli_measure measure;
};

static int refresh(struct lt_cli_view *view,
                   const char *filter,
                   struct lt_arena *arena,
                   const char ***ret_ids,
                   size_t *ret_count,
                   struct lt_error *reterr)
{
    if (lt_cli_view_control(view, reterr) != 0 || lt_cli_view_cursors(view, reterr) != 0)
        return -1;
    *ret_count = lt_cli_connection_list(view->fold, filter, arena, ret_ids);
    return lt_cli_view_connections(view, *ret_ids, *ret_count, reterr);
}

static struct lt_cli_head head_of(const struct look *look, size_t connections)
{
    const struct lt_cli_view *view = &look->cli->view;
    struct lt_cli_head head = {
        .now = look->measure.now,
        .number = lt_fold_number(view->fold),
        .heartbeat_at = lt_fold_heartbeat_at(view->fold),
        .hidden = lt_cli_view_hidden(view),
        .garbage = view->refused + lt_cli_board_garbage(view->board),
        .connections = connections,
    };
    lt_time grace = look->cli->conf.grace_ms * LT_MILLI;
    if (lt_fold_fresh(view->fold, head.now, grace, &head.stale))
        head.stale = NULL;
    return head;
}

static int
line_of(const struct look *look, const char *id, struct lt_cli_line *ret, struct lt_error *reterr)
{
    struct lt_cli_view *view = &look->cli->view;
    struct lt_cli_marks marks;
    if (lt_cli_view_marks(view, id, &marks, reterr) != 0)
        return -1;
    lt_cli_line(view->fold, view->board, id, &marks, &look->measure, ret);
    return 0;
}

static int show_text(const struct look *look,
                     const char *const *ids,
                     size_t count,
                     struct lt_buf *out,
                     struct lt_error *reterr)
{
    struct lt_cli_head head = head_of(look, count);
    lt_cli_head_text(look->cli->lang, &head, out);
    for (size_t i = 0; i < count; i++) {
        struct lt_cli_line line;
        if (line_of(look, ids[i], &line, reterr) != 0)
            return -1;
        lt_cli_line_text(look->cli->lang, &line, head.now, out);
    }
    return 0;
}

static int show_json(const struct look *look,
                     const char *const *ids,
                     size_t count,
                     struct lt_buf *out,
                     struct lt_error *reterr)
{
    struct lt_cli_head head = head_of(look, count);
    json_t *json = lt_cli_head_json(&head);
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        struct lt_cli_line line;
        rc = line_of(look, ids[i], &line, reterr);
        if (rc == 0)
            json_array_append_new(json_object_get(json, "connections"), lt_cli_line_json(&line));
    }
    LT_CLEANUP(lt_freep) char *text = json_dumps(json, JSON_COMPACT);
    lt_buf_adds(out, text);
    lt_buf_addc(out, '\n');
    json_decref(json);
    return rc;
}

static int look_once(struct lt_cli *cli, bool json, int64_t still_ms, struct lt_error *reterr)
{
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    const char *filter = cli->args.count ? cli->args.arguments[0] : NULL;
    const char **ids;
    size_t count;
    if (refresh(&cli->view, filter, arena, &ids, &count, reterr) != 0)
        return -1;
    struct look look = {
        .cli = cli,
        .filter = filter,
        .measure = {.now = lt_now(), .still = still_ms * LT_MILLI},
    };
    struct lt_buf out = {0};
    int rc = json ? show_json(&look, ids, count, &out, reterr)
                  : show_text(&look, ids, count, &out, reterr);
    if (rc == 0)
        lt_cli_put(&out);
    lt_buf_fini(&out);
    return rc;
}

static int run(struct lt_cli *cli)
{
    const bool json = lt_cli_value(cli, "json"), watch = lt_cli_value(cli, "watch");
    const char *still = lt_cli_value(cli, "still");
    int64_t still_ms = cli->conf.still_ms;
    if (still && lt_parse_duration_ms(still, &still_ms) != 0)
        return lt_cli_usage(
            cli, LT_SAY(cli->lang, "--still: no duration: %s", "--still: sai khoảng thời gian: %s"),
            still);
    int code = lt_cli_look(cli);
    if (code != 0)
        return code;
    for (;;) {
        struct lt_error err = {0};
        if (watch && !json && isatty(STDOUT_FILENO))
            fputs("\033[H\033[2J", stdout);
        if (look_once(cli, json, still_ms, &err) != 0) {
            code = lt_cli_fail(cli, &err);
            if (!watch || err.class != LT_ERR_RETRY)
                return code;
        }
        if (!watch || lt_stop_wait(WATCH_MS))
            return 0;
    }
}

static const struct lt_cli_option OPTIONS[] = {
    {"json", NULL, {"one JSON object, times in UTC", "một đối tượng JSON, thời gian UTC"}},
    {"watch", NULL, {"look again every 2 s until interrupted", "xem lại mỗi 2 giây đến khi dừng"}},
    {"still",
     "DURATION",
     {"how long a stage may show nothing new (30s)",
      "khâu không có gì mới trong bao lâu thì coi là dừng (30s)"}},
    {0},
};

const struct lt_cli_command lt_cli_status = {
    .name = "status",
    .arguments = "[CONNECTION|SERVICE|APPLICATION|AGREEMENT]",
    .least = 0,
    .most = 1,
    .options = OPTIONS,
    .summary = {"shows every connection from the source's commit to the last instant of use",
                "cho biết từng kết nối, từ giao dịch ở nguồn đến thời hạn sử dụng ở đích"},
    .details =
        {"\nNames the first stage where time stands still, the holds with their grounds, and\n"
         "warns when 50, 80 and 95 % of the use period are over.",
         "\nNêu khâu đầu tiên mà thời gian dừng lại, các lệnh tạm ngừng kèm căn cứ, và cảnh\n"
         "báo khi đã qua 50, 80 và 95 % thời hạn sử dụng."},
    .run = run,
};
