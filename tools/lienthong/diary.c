/*
 * lienthong diary: what was delivered to whom under which right, and what was refused (D45).
 */
#include "lienthong/cli.h"
#include "lienthong/diary_text.h"
#include "lienthong/tap.h"

#include "daemon/daemon.h"

struct reading {
    const struct lt_cli *cli;
    const char *connection;
    bool json;
    struct lt_arena *arena;
    struct lt_buf out;
};

static int visit(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    struct reading *reading = arg;
    if (!message->value.data)
        return 0;
    lt_buf_clear(&reading->out);
    lt_arena_reset(reading->arena);
    if (lt_cli_diary_entry(reading->cli->lang, reading->json, reading->connection, message->value,
                           reading->arena, &reading->out))
        lt_cli_put(&reading->out);
    return lt_stopping() ? lt_fail(reterr, LT_ERR_FATAL, "cli", 0, "interrupted") : 0;
}

static int run(struct lt_cli *cli)
{
    struct reading reading = {
        .cli = cli,
        .connection = cli->args.count ? cli->args.arguments[0] : NULL,
        .json = lt_cli_value(cli, "json") != NULL,
        .arena = lt_arena_new(4096),
    };
    struct lt_error err = {0};
    struct lt_cli_tap tap;
    struct lt_cli_tap_topic diary = {
        .topic = LT_TOPIC_DIARY, .offset = LT_OFFSET_BEGIN, .visit = visit, .arg = &reading};
    struct lt_cli_tap_topic *const topics[] = {&diary};
    int rc = lt_cli_tap_open(&cli->bus, cli->conf.kafka_ms, &tap, &err);
    if (rc == 0) {
        rc = lt_cli_tap_read(&tap, topics, 1, &err);
        lt_cli_tap_close(&tap);
    }
    if (diary.hidden)
        fputs(LT_SAY(cli->lang, "newer entries are not committed yet\n",
                     "các mục mới hơn chưa được ghi xong\n"),
              stderr);
    lt_arena_free(reading.arena);
    lt_buf_fini(&reading.out);
    return rc == 0 ? 0 : lt_cli_fail(cli, &err);
}

static const struct lt_cli_option OPTIONS[] = {
    {"json",
     NULL,
     {"one JSON object a line, times in UTC", "mỗi dòng một đối tượng JSON, thời gian UTC"}},
    {0},
};

const struct lt_cli_command lt_cli_diary = {
    .name = "diary",
    .arguments = "[CONNECTION]",
    .least = 0,
    .most = 1,
    .options = OPTIONS,
    .summary = {"prints the data share diary: delivery notes and decisions (article 45)",
                "in nhật ký chia sẻ dữ liệu: các lần cung cấp và các quyết định (Điều 45)"},
    .details = {NULL, NULL},
    .run = run,
};
