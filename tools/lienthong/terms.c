/*
 * lienthong amend (article 39), revoke (article 44) and issue (article 40).
 */
#include "lienthong/law.h"
#include "lienthong/submit.h"

#include "base/num.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- amend ---- */

/* "a,b,c" as an array; NULL (and a message) when a name is empty. */
static json_t *fields_json(const struct lt_cli *cli, const char *text)
{
    json_t *fields = json_array();
    for (const char *at = text;;) {
        size_t len = strcspn(at, ",");
        if (len == 0) {
            lt_cli_usage(cli,
                         LT_SAY(cli->lang, "--fields: an empty name in '%s'",
                                "--fields: tên trống trong '%s'"),
                         text);
            json_decref(fields);
            return NULL;
        }
        json_array_append_new(fields, json_stringn(at, len));
        if (at[len] == '\0')
            return fields;
        at += len + 1;
    }
}

/* The changes into the command; 0 or the exit code. */
static int add_changes(const struct lt_cli *cli, json_t *command)
{
    const char *fields = lt_cli_value(cli, "fields"), *filter = lt_cli_value(cli, "filter");
    const char *period = lt_cli_value(cli, "use-period");
    if (!fields && !filter && !period)
        return lt_cli_usage(cli, "%s",
                            LT_SAY(cli->lang, "nothing to amend", "không có nội dung sửa đổi"));
    if (period && lt_parse_duration_ms(period, &(int64_t){0}) != 0)
        return lt_cli_usage(cli,
                            LT_SAY(cli->lang, "--use-period: no duration: %s",
                                   "--use-period: sai khoảng thời gian: %s"),
                            period);
    if (fields) {
        json_t *array = fields_json(cli, fields);
        if (!array)
            return LT_CLI_EXIT_USAGE;
        json_object_set_new(command, "fields", array);
    }
    if (filter)
        json_object_set_new(command, "filter", json_string(filter));
    if (period)
        json_object_set_new(command, "use_period", json_string(period));
    return 0;
}

static int await_amended(struct lt_cli *cli, const struct lt_cli_errand *errand, const char *id)
{
    struct lt_cli_effect effect;
    int code = lt_cli_await(cli, errand, LT_CLI_WISH_AMENDED, id, &effect);
    if (code != 0)
        return code;
    const struct lt_cursor *cursor = lt_cli_board_newest(cli->view.board, id);
    char elapsed[LT_CLI_WHEN_MAX];
    printf(LT_SAY(cli->lang, "%s AMENDED after %s: %s (%s)\n", "%s ĐÃ SỬA ĐỔI sau %s: %s (%s)\n"),
           id, lt_cli_elapsed(cli, errand, elapsed),
           cursor ? cursor->stream : LT_SAY(cli->lang, "no stream yet", "chưa có luồng"),
           cursor ? lt_cli_state_words(cli->lang, cursor->state) : "-");
    printf(
        LT_SAY(cli->lang,
               "carries out article 39 of Decree 47/2020/ND-CP: the agreed details are updated\n",
               "thực hiện Điều 39 Nghị định 47/2020/NĐ-CP: cập nhật nội dung thỏa thuận\n"));
    return 0;
}

static int run_amend(struct lt_cli *cli)
{
    const char *connection = cli->args.arguments[0];
    json_t *command = json_pack("{s:s, s:s, s:s}", "command", "amend", "connection", connection,
                                "author", lt_cli_author(cli));
    int code = add_changes(cli, command);
    if (code != 0) {
        json_decref(command);
        return code;
    }
    struct lt_cli_errand errand;
    code = lt_cli_submit(cli, command, &errand);
    if (code == 0)
        code = await_amended(cli, &errand, connection);
    lt_cli_errand_fini(&errand);
    return code;
}

static const struct lt_cli_option AMEND_OPTIONS[] = {
    {"fields",
     "A,B,...",
     {"the fields from now on, with the key", "danh sách trường, gồm cả khóa"}},
    {"filter",
     "TEXT",
     {"the row filter from now on; '' for all rows", "điều kiện lọc dòng; '' là tất cả"}},
    {"use-period",
     "DURATION",
     {"use period from the stamp, such as 72h",
      "thời hạn sử dụng kể từ lần đồng bộ cuối, ví dụ 72h"}},
    LT_CLI_OPTION_AUTHOR,
    LT_CLI_OPTION_WAIT,
    {0},
};

const struct lt_cli_command lt_cli_amend = {
    .name = "amend",
    .arguments = "CONNECTION",
    .least = 1,
    .most = 1,
    .options = AMEND_OPTIONS,
    .summary = {"changes the scope or the use period of a connection (article 39)",
                "sửa đổi phạm vi hoặc thời hạn sử dụng của một kết nối (Điều 39)"},
    .details = {"\nA changed scope makes a new stream that replaces the old one.  Waits until\n"
                "routing has committed the change.",
                "\nThay đổi phạm vi tạo một luồng mới thay luồng cũ. Lệnh chờ đến khi điều phối\n"
                "đã ghi nhận thay đổi."},
    .run = run_amend,
};

/* ---- revoke ---- */

static int await_ended(struct lt_cli *cli, const struct lt_cli_errand *errand, const char *target)
{
    struct lt_cli_effect effect;
    int code = lt_cli_await(cli, errand, LT_CLI_WISH_ENDED, target, &effect);
    if (code != 0)
        return code;
    char elapsed[LT_CLI_WHEN_MAX];
    printf(LT_SAY(cli->lang, "%s TERMINATED after %s: connections ended: %zu\n",
                  "%s ĐÃ CHẤM DỨT sau %s: số kết nối kết thúc: %zu\n"),
           target, lt_cli_elapsed(cli, errand, elapsed), effect.connections);
    return 0;
}

static int run_revoke(struct lt_cli *cli)
{
    const char *target = cli->args.arguments[0], *ground = lt_cli_needed(cli, "ground");
    if (!ground)
        return LT_CLI_EXIT_USAGE;
    if (!lt_cli_is_revoke_ground(ground))
        return lt_cli_usage(
            cli,
            LT_SAY(cli->lang, "'%s' is no ground of article 44 (44.1a 44.1b 44.1c 44.1d-1)",
                   "'%s' không phải căn cứ của Điều 44 (44.1a 44.1b 44.1c 44.1d-1)"),
            ground);
    struct lt_cli_errand errand;
    int code = lt_cli_submit(cli,
                             json_pack("{s:s, s:s, s:s, s:s}", "command", "revoke", "target",
                                       target, "ground", ground, "author", lt_cli_author(cli)),
                             &errand);
    if (code == 0)
        code = await_ended(cli, &errand, target);
    if (code == 0)
        printf(LT_SAY(cli->lang, "carries out %s of Decree 47/2020/ND-CP: %s\n",
                      "thực hiện %s Nghị định 47/2020/NĐ-CP: %s\n"),
               lt_cli_ground_article(cli->lang, ground), lt_cli_ground_words(cli->lang, ground));
    lt_cli_errand_fini(&errand);
    return code;
}

static const struct lt_cli_option REVOKE_OPTIONS[] = {
    {"ground", "GROUND", {"44.1a, 44.1b, 44.1c or 44.1d-1", "44.1a, 44.1b, 44.1c hoặc 44.1d-1"}},
    LT_CLI_OPTION_AUTHOR,
    LT_CLI_OPTION_WAIT,
    {0},
};

const struct lt_cli_command lt_cli_revoke = {
    .name = "revoke",
    .arguments = "CONNECTION|AGREEMENT",
    .least = 1,
    .most = 1,
    .options = REVOKE_OPTIONS,
    .summary = {"terminates a connection or an agreement, for good (article 44)",
                "chấm dứt một kết nối hoặc một thỏa thuận, không khôi phục (Điều 44)"},
    .details = {"\nThe right to read is removed at once.  Waits until routing has committed that\n"
                "every stream it touches has ended.",
                "\nQuyền đọc bị thu hồi ngay. Lệnh chờ đến khi điều phối đã ghi nhận mọi luồng\n"
                "liên quan đã kết thúc."},
    .run = run_revoke,
};

/* ---- issue ---- */

static int run_issue(struct lt_cli *cli)
{
    const char *application = cli->args.arguments[0];
    const char *directory = lt_cli_needed(cli, "directory");
    if (!directory)
        return LT_CLI_EXIT_USAGE;
    /* The steward works elsewhere: it needs the whole path. */
    char *full = realpath(directory, NULL);
    if (!full)
        return lt_cli_usage(
            cli,
            LT_SAY(cli->lang, "--directory: no directory: %s", "--directory: không có thư mục: %s"),
            directory);
    struct lt_cli_errand errand;
    int code =
        lt_cli_submit(cli,
                      json_pack("{s:s, s:s, s:s, s:s}", "command", "issue", "application",
                                application, "directory", full, "author", lt_cli_author(cli)),
                      &errand);
    char elapsed[LT_CLI_WHEN_MAX];
    if (code == 0) {
        printf(LT_SAY(cli->lang, "%s: certificate and key are in %s after %s\n",
                      "%s: chứng thư và khóa nằm ở %s sau %s\n"),
               application, full, lt_cli_elapsed(cli, &errand, elapsed));
        for (size_t i = 0; i < errand.answer.object_count; i++)
            printf("%s\n", errand.answer.objects[i]);
        printf(LT_SAY(cli->lang,
                      "carries out article 40 of Decree 47/2020/ND-CP: an account for connection\n",
                      "thực hiện Điều 40 Nghị định 47/2020/NĐ-CP: cấp tài khoản kết nối\n"));
    }
    lt_cli_errand_fini(&errand);
    free(full);
    return code;
}

static const struct lt_cli_option ISSUE_OPTIONS[] = {
    {"directory",
     "DIR",
     {"where the steward writes certificate and key",
      "thư mục để lt-steward ghi chứng thư và khóa"}},
    LT_CLI_OPTION_AUTHOR,
    {0},
};

const struct lt_cli_command lt_cli_issue = {
    .name = "issue",
    .arguments = "APPLICATION",
    .least = 1,
    .most = 1,
    .options = ISSUE_OPTIONS,
    .summary = {"issues the certificate of an application (article 40)",
                "cấp chứng thư cho một ứng dụng (Điều 40)"},
    .details = {"\nHand both files to the application's agency on a safe way and keep no copy.",
                "\nHãy giao hai tệp cho cơ quan quản lý ứng dụng theo cách an toàn, không giữ bản "
                "sao."},
    .run = run_issue,
};
