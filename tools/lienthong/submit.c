#include "lienthong/submit.h"

#include "daemon/daemon.h"

#include <inttypes.h>

#define POLL_MS 100

void lt_cli_errand_fini(struct lt_cli_errand *errand)
{
    lt_cli_answer_fini(&errand->answer);
}

static int say_no_answer(const struct lt_cli *cli, const char *name)
{
    fprintf(stderr,
            LT_SAY(cli->lang,
                   "lienthong %s: the steward has not answered within %" PRId64 " s\n"
                   "hint: does lt-steward run, and is its spool %s?\n"
                   "hint: the command stays there; delete in/%s.json to withdraw it\n",
                   "lienthong %s: lt-steward không trả lời trong %" PRId64 " giây\n"
                   "gợi ý: kiểm tra lt-steward có đang chạy và dùng thư mục %s không\n"
                   "gợi ý: lệnh vẫn nằm ở đó; xóa in/%s.json để rút lại\n"),
            cli->command->name, cli->conf.answer_ms / 1000, cli->conf.spool, name);
    return LT_CLI_EXIT_UNAVAILABLE;
}

static int say_refused(const struct lt_cli_answer *answer)
{
    struct lt_buf text = {0};
    lt_cli_answer_error(answer, &text);
    fprintf(stderr, "%s\n", lt_buf_text(&text));
    lt_buf_fini(&text);
    return LT_CLI_EXIT_NO;
}

int lt_cli_submit(struct lt_cli *cli, json_t *command, struct lt_cli_errand *ret)
{
    struct lt_error err = {0};
    char name[LT_CLI_SPOOL_NAME_MAX];
    *ret = (struct lt_cli_errand){.started_ms = lt_monotonic_ms()};
    int rc = lt_cli_spool_put(cli->conf.spool, command, lt_now(), name, &err);
    json_decref(command);
    if (rc != 0) {
        lt_cli_fail(cli, &err);
        fprintf(stderr,
                LT_SAY(cli->lang,
                       "hint: lt-steward makes its spool when it starts; may you write there?\n",
                       "gợi ý: lt-steward tạo thư mục này khi khởi động; kiểm tra quyền ghi\n"));
        return LT_CLI_EXIT_UNAVAILABLE;
    }
    if (lt_cli_spool_wait(cli->conf.spool, name, cli->conf.answer_ms, &ret->answer, &err) != 0)
        return err.class == LT_ERR_RETRY ? say_no_answer(cli, name) : lt_cli_fail(cli, &err);
    return ret->answer.ok ? 0 : say_refused(&ret->answer);
}

const char *lt_cli_elapsed(const struct lt_cli *cli,
                           const struct lt_cli_errand *errand,
                           char buf[LT_CLI_WHEN_MAX])
{
    int64_t ms = lt_monotonic_ms() - errand->started_ms;
    snprintf(buf, LT_CLI_WHEN_MAX, LT_SAY(cli->lang, "%" PRId64 ".%02d s", "%" PRId64 ",%02d giây"),
             ms / 1000, (int)(ms % 1000 / 10));
    return buf;
}

/* One look: control and cursors as committed now.  An unreachable broker is not an answer. */
static int look_again(struct lt_cli *cli, struct lt_error *reterr)
{
    if (lt_cli_view_control(&cli->view, reterr) != 0)
        return -1;
    return lt_cli_view_cursors(&cli->view, reterr);
}

static int say_pending(const struct lt_cli *cli,
                       const struct lt_cli_effect *effect,
                       const struct lt_error *err)
{
    fprintf(stderr,
            LT_SAY(cli->lang, "lienthong %s: signed, but its effect does not show yet%s%s\n",
                   "lienthong %s: đã ký nhưng chưa thấy có hiệu lực%s%s\n"),
            cli->command->name,
            effect->first_waiting[0] ? LT_SAY(cli->lang, ": waiting for ", ": còn chờ ") : "",
            effect->first_waiting);
    if (err->class != LT_ERR_NONE)
        fprintf(stderr, "%s\n", err->msg);
    fprintf(stderr,
            LT_SAY(cli->lang,
                   "hint: does lt-routing run? lienthong status shows where time stands still\n",
                   "gợi ý: lt-routing có đang chạy không? lienthong status cho biết dừng ở đâu\n"));
    return LT_CLI_EXIT_PENDING;
}

static int say_unwatched(const struct lt_cli *cli, const struct lt_cli_errand *errand)
{
    fprintf(stderr,
            LT_SAY(cli->lang,
                   "lienthong %s: signed, control number %" PRId64 "; its effect was not awaited\n",
                   "lienthong %s: đã ký, số điều khiển %" PRId64 "; không chờ hiệu lực\n"),
            cli->command->name, errand->answer.number);
    return LT_CLI_EXIT_PENDING;
}

int lt_cli_await(struct lt_cli *cli,
                 const struct lt_cli_errand *errand,
                 enum lt_cli_wish wish,
                 const char *object,
                 struct lt_cli_effect *ret)
{
    const int64_t wait_ms = lt_cli_wait_ms(cli);
    if (wait_ms < 0)
        return LT_CLI_EXIT_USAGE;
    if (wait_ms == 0)
        return say_unwatched(cli, errand);
    int code = cli->view_open ? 0 : lt_cli_look(cli);
    if (code != 0)
        return code;
    const int64_t deadline = lt_monotonic_ms() + wait_ms;
    for (;;) {
        struct lt_error err = {0};
        if (look_again(cli, &err) != 0 && err.class != LT_ERR_RETRY)
            return lt_cli_fail(cli, &err);
        *ret = lt_cli_effect(cli->view.fold, cli->view.board, wish, object, errand->answer.number);
        if (ret->shown)
            return 0;
        if (lt_monotonic_ms() >= deadline || lt_stop_wait(POLL_MS))
            return say_pending(cli, ret, &err);
    }
}
