/*
 * lienthong explain: asks routing's own predicate, lt_route(), about one connection.
 */
#include "lienthong/cli.h"
#include "lienthong/right_text.h"

static int look_at(struct lt_cli *cli, const char *connection)
{
    struct lt_cli_view *view = &cli->view;
    struct lt_error err = {0};
    if (lt_cli_view_cursors(view, &err) != 0 ||
        lt_cli_view_connections(view, &connection, 1, &err) != 0 ||
        lt_cli_view_decisions(view, &err) != 0)
        return lt_cli_fail(cli, &err);
    return 0;
}

static int run(struct lt_cli *cli)
{
    const char *connection = cli->args.arguments[0];
    int code = lt_cli_look(cli);
    if (code != 0)
        return code;
    struct lt_cli_view *view = &cli->view;
    if (!lt_fold_connection(view->fold, connection)) {
        fprintf(stderr,
                LT_SAY(cli->lang, "lienthong explain: connection '%s' is unknown\n",
                       "lienthong explain: không có kết nối '%s'\n"),
                connection);
        return LT_CLI_EXIT_NO;
    }
    code = look_at(cli, connection);
    if (code != 0)
        return code;
    const lt_time now = lt_now();
    struct lt_cli_measure measure = {now, cli->conf.still_ms * LT_MILLI};
    struct lt_cli_line line;
    lt_cli_line(view->fold, view->board, connection, &LT_CLI_NO_MARKS, &measure, &line);
    struct lt_right_facts facts =
        lt_cli_facts(view->fold, view->board, connection, now, cli->conf.grace_ms * LT_MILLI);
    struct lt_right right = lt_route(view->fold, connection, &facts);
    struct lt_buf out = {0};
    lt_cli_right_text(cli->lang, &right, &line, lt_cli_board_decision(view->board, connection), now,
                      &out);
    lt_cli_put(&out);
    lt_buf_fini(&out);
    return right.clause == LT_CLAUSE_NONE ? LT_CLI_EXIT_OK : LT_CLI_EXIT_NO;
}

static const struct lt_cli_option OPTIONS[] = {{0}};

const struct lt_cli_command lt_cli_explain = {
    .name = "explain",
    .arguments = "CONNECTION",
    .least = 1,
    .most = 1,
    .options = OPTIONS,
    .summary = {"says whether data may be delivered on a connection now, and which clause decides",
                "cho biết kết nối có được cung cấp dữ liệu không và điều kiện nào quyết định"},
    .details = {"\nExit code 0: yes, 1: no.", "\nMã thoát 0: được, 1: không được."},
    .run = run,
};
