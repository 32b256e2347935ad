/*
 * lienthong hold and lift (article 43): one hold is one reason why provision is suspended; several
 * may stand on one connection, and each is lifted by itself (DX-2).
 */
#include "lienthong/law.h"
#include "lienthong/submit.h"
#include "lienthong/when.h"

#include <inttypes.h>
#include <string.h>

static int check_target(const struct lt_cli *cli, const char *target, const char *ground)
{
    bool service = lt_id_parse(LT_ID_SERVICE, target, &(int64_t){0}, NULL) == 0;
    bool connection = lt_id_parse(LT_ID_CONNECTION, target, &(int64_t){0}, NULL) == 0;
    if (!service && !connection)
        return lt_cli_usage(cli,
                            LT_SAY(cli->lang,
                                   "'%s' is neither a connection (cn000001) nor a data service "
                                   "(sv000001)",
                                   "'%s' không phải mã kết nối (cn000001) hay mã dịch vụ chia sẻ "
                                   "dữ liệu (sv000001)"),
                            target);
    if (service != lt_cli_ground_is_service_wide(ground))
        return lt_cli_usage(
            cli,
            service ? LT_SAY(cli->lang,
                             "ground %s suspends single connections, not a whole data service "
                             "(article 43, clause 2)",
                             "căn cứ %s áp dụng cho từng kết nối, không cho cả dịch vụ (khoản 2 "
                             "Điều 43)")
                    : LT_SAY(cli->lang,
                             "ground %s suspends a whole data service (article 43, clause 1)",
                             "căn cứ %s áp dụng cho cả dịch vụ chia sẻ dữ liệu (khoản 1 Điều 43)"),
            ground);
    return 0;
}

/* What users must be told: the expected restoration of planned work (43.3), violation and
 * requirements to restore (43.5). */
static int check_contents(const struct lt_cli *cli, const char *ground)
{
    if (!lt_cli_needed(cli, "reason"))
        return LT_CLI_EXIT_USAGE;
    if (strcmp(ground, "43.1a") == 0 && !lt_cli_needed(cli, "expected-end"))
        return LT_CLI_EXIT_USAGE;
    if (!lt_cli_ground_is_service_wide(ground) && !lt_cli_needed(cli, "restore"))
        return LT_CLI_EXIT_USAGE;
    return 0;
}

static int expected_end(const struct lt_cli *cli, json_t **ret, lt_time *ret_at)
{
    const char *text = lt_cli_value(cli, "expected-end");
    *ret_at = LT_TIME_NONE;
    *ret = json_null();
    if (!text)
        return 0;
    struct lt_error err = {0};
    if (lt_cli_when_parse(text, ret_at, &err) != 0)
        return lt_cli_usage(cli, "--expected-end: %s", err.msg);
    char utc[32];
    lt_time_utc(*ret_at, utc, sizeof utc);
    utc[strlen("2026-12-01T08:00:00")] = '\0'; /* the spool takes whole seconds */
    *ret = json_sprintf("%sZ", utc);
    return 0;
}

/* Does the copy of one connection lose its use value before the expected restoration? */
static bool lapses(const struct lt_cli *cli, const char *connection, lt_time end)
{
    const struct lt_cli_measure measure = {lt_now(), cli->conf.still_ms * LT_MILLI};
    struct lt_cli_line line;
    lt_cli_line(cli->view.fold, cli->view.board, connection, &LT_CLI_NO_MARKS, &measure, &line);
    return line.usable_until != LT_TIME_NONE && line.usable_until < end;
}

/* Tells the provider how many copies will lapse during the suspension (D41.2b-9). */
static void say_lapses(struct lt_cli *cli, const char *target, lt_time end)
{
    if (end == LT_TIME_NONE)
        return;
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    const char **ids;
    const size_t count = lt_cli_connection_list(cli->view.fold, target, arena, &ids);
    struct lt_error err = {0};
    if (lt_cli_view_connections(&cli->view, ids, count, &err) != 0) {
        fprintf(stderr, "%s\n", err.msg);
        return;
    }
    size_t lapse = 0;
    for (size_t i = 0; i < count; i++)
        lapse += lapses(cli, ids[i], end);
    printf(LT_SAY(cli->lang, "copies whose use period ends before the expected end: %zu\n",
                  "số bản sao hết thời hạn sử dụng trước thời điểm dự kiến khôi phục: %zu\n"),
           lapse);
}

static int await_held(struct lt_cli *cli, const struct lt_cli_errand *errand, const char *hold)
{
    char elapsed[LT_CLI_WHEN_MAX];
    printf(LT_SAY(cli->lang, "%s REQUESTED after %s: control number %" PRId64 "\n",
                  "%s ĐÃ YÊU CẦU sau %s: số điều khiển %" PRId64 "\n"),
           hold, lt_cli_elapsed(cli, errand, elapsed), errand->answer.number);
    fflush(stdout);
    struct lt_cli_effect effect;
    int code = lt_cli_await(cli, errand, LT_CLI_WISH_HELD, hold, &effect);
    if (code != 0)
        return code;
    printf(LT_SAY(cli->lang, "%s EFFECTIVE after %s: connections suspended: %zu\n",
                  "%s CÓ HIỆU LỰC sau %s: số kết nối tạm ngừng: %zu\n"),
           hold, lt_cli_elapsed(cli, errand, elapsed), effect.connections);
    return 0;
}

static int
first_object(const struct lt_cli *cli, const struct lt_cli_errand *errand, const char **ret)
{
    if (errand->answer.object_count == 0)
        return lt_cli_fail(
            cli, &(struct lt_error){.class = LT_ERR_FATAL, .msg = "the steward named no object"});
    *ret = errand->answer.objects[0];
    return 0;
}

static int submit_hold(struct lt_cli *cli,
                       const char *target,
                       const char *ground,
                       struct lt_cli_errand *errand)
{
    json_t *end;
    lt_time end_at;
    int code = expected_end(cli, &end, &end_at);
    if (code != 0)
        return code;
    const char *restore = lt_cli_value(cli, "restore");
    code = lt_cli_submit(cli,
                         json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s}", "command", "hold",
                                   "target", target, "ground", ground, "reason",
                                   lt_cli_value(cli, "reason"), "restore", restore ? restore : "",
                                   "expected_end", end, "author", lt_cli_author(cli)),
                         errand);
    const char *hold = NULL;
    if (code == 0)
        code = first_object(cli, errand, &hold);
    if (code == 0)
        code = await_held(cli, errand, hold);
    if (code == 0)
        say_lapses(cli, target, end_at);
    return code;
}

static int run_hold(struct lt_cli *cli)
{
    const char *target = cli->args.arguments[0];
    const char *ground = lt_cli_needed(cli, "ground");
    if (!ground)
        return LT_CLI_EXIT_USAGE;
    if (!lt_cli_is_hold_ground(ground))
        return lt_cli_usage(cli,
                            LT_SAY(cli->lang,
                                   "'%s' is no ground of article 43 (43.1a 43.1b 43.2a 43.2b)",
                                   "'%s' không phải căn cứ của Điều 43 (43.1a 43.1b 43.2a 43.2b)"),
                            ground);
    int code = check_target(cli, target, ground);
    if (code == 0)
        code = check_contents(cli, ground);
    if (code != 0)
        return code;
    struct lt_cli_errand errand = {0};
    code = submit_hold(cli, target, ground, &errand);
    lt_cli_errand_fini(&errand);
    if (code == 0)
        printf(LT_SAY(cli->lang, "carries out %s of Decree 47/2020/ND-CP: %s\n",
                      "thực hiện %s Nghị định 47/2020/NĐ-CP: %s\n"),
               lt_cli_ground_article(cli->lang, ground), lt_cli_ground_words(cli->lang, ground));
    return code;
}

static int await_lifted(struct lt_cli *cli, const struct lt_cli_errand *errand, const char *hold)
{
    struct lt_cli_effect effect;
    int code = lt_cli_await(cli, errand, LT_CLI_WISH_LIFTED, hold, &effect);
    if (code != 0)
        return code;
    char elapsed[LT_CLI_WHEN_MAX];
    printf(
        LT_SAY(
            cli->lang,
            "%s LIFTED after %s: connections no longer suspended: %zu, suspended by another hold: "
            "%zu\n",
            "%s ĐÃ BÃI BỎ sau %s: số kết nối không còn tạm ngừng: %zu, còn tạm ngừng vì lý do "
            "khác: %zu\n"),
        hold, lt_cli_elapsed(cli, errand, elapsed), effect.connections - effect.still_held,
        effect.still_held);
    printf(LT_SAY(cli->lang,
                  "carries out point b, clause 5, article 43 of Decree 47/2020/ND-CP: "
                  "the connection is restored\n",
                  "thực hiện điểm b khoản 5 Điều 43 Nghị định 47/2020/NĐ-CP: khôi phục kết nối\n"));
    return 0;
}

static int run_lift(struct lt_cli *cli)
{
    const char *hold = cli->args.arguments[0];
    if (lt_id_parse(LT_ID_HOLD, hold, &(int64_t){0}, NULL) != 0)
        return lt_cli_usage(cli,
                            LT_SAY(cli->lang, "'%s' is no hold (ho000001)",
                                   "'%s' không phải mã tạm ngừng (ho000001)"),
                            hold);
    struct lt_cli_errand errand;
    int code = lt_cli_submit(
        cli,
        json_pack("{s:s, s:s, s:s}", "command", "lift", "hold", hold, "author", lt_cli_author(cli)),
        &errand);
    if (code == 0)
        code = await_lifted(cli, &errand, hold);
    lt_cli_errand_fini(&errand);
    return code;
}

static const struct lt_cli_option HOLD_OPTIONS[] = {
    {"ground", "GROUND", {"43.1a, 43.1b, 43.2a or 43.2b", "43.1a, 43.1b, 43.2a hoặc 43.2b"}},
    {"reason", "TEXT", {"what happened, as users will read it", "lý do, sẽ được thông báo"}},
    {"restore",
     "TEXT",
     {"what is needed to restore the connection (needed for 43.2)",
      "yêu cầu để khôi phục kết nối (bắt buộc với khoản 2 Điều 43)"}},
    {"expected-end",
     "TIME",
     {"when provision is expected to resume (needed for 43.1a)",
      "thời điểm dự kiến khôi phục (bắt buộc với điểm a khoản 1 Điều 43)"}},
    LT_CLI_OPTION_AUTHOR,
    LT_CLI_OPTION_WAIT,
    {0},
};

const struct lt_cli_command lt_cli_hold = {
    .name = "hold",
    .arguments = "CONNECTION|SERVICE",
    .least = 1,
    .most = 1,
    .options = HOLD_OPTIONS,
    .summary = {"suspends provision on a connection or of a data service (article 43)",
                "tạm ngừng cung cấp dữ liệu cho một kết nối hoặc một dịch vụ (Điều 43)"},
    .details = {"\nReports REQUESTED when the hold is signed and EFFECTIVE when routing has\n"
                "committed that every stream it touches stands still.",
                "\nBáo ĐÃ YÊU CẦU khi lệnh được ký và CÓ HIỆU LỰC khi điều phối đã ghi nhận\n"
                "mọi luồng liên quan đều dừng."},
    .run = run_hold,
};

static const struct lt_cli_option LIFT_OPTIONS[] = {
    LT_CLI_OPTION_AUTHOR,
    LT_CLI_OPTION_WAIT,
    {0},
};

const struct lt_cli_command lt_cli_lift = {
    .name = "lift",
    .arguments = "HOLD",
    .least = 1,
    .most = 1,
    .options = LIFT_OPTIONS,
    .summary = {"lifts one hold; provision resumes when no other hold stands",
                "bãi bỏ một lệnh tạm ngừng; kết nối khôi phục khi không còn lệnh nào khác"},
    .details = {"\nWaits until routing has committed that the streams move again.",
                "\nChờ đến khi điều phối đã ghi nhận các luồng hoạt động trở lại."},
    .run = run_lift,
};
