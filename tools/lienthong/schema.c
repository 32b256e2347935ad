/*
 * lienthong schema: registered schemas, as signed (D3.2).
 */
#include "lienthong/cli.h"

#include "base/num.h"

#include <inttypes.h>
#include <string.h>

static int unknown(const struct lt_cli *cli, const char *name)
{
    fprintf(stderr,
            LT_SAY(cli->lang, "lienthong schema: '%s' is neither a schema id nor a data service\n",
                   "lienthong schema: '%s' không phải mã lược đồ hay mã dịch vụ chia sẻ dữ liệu\n"),
            name);
    return LT_CLI_EXIT_NO;
}

static int show(const struct lt_cli *cli, const char *role, int32_t id)
{
    const struct lt_schema_body *schema = lt_fold_schema(cli->view.fold, id);
    if (!schema)
        return -1;
    if (role)
        printf("%s %" PRId32 "\n", role, id);
    printf("%s\n", schema->text);
    return 0;
}

static int run(struct lt_cli *cli)
{
    const char *name = cli->args.arguments[0];
    int code = lt_cli_look(cli);
    if (code != 0)
        return code;
    uint64_t id;
    if (lt_parse_u64(name, strlen(name), INT32_MAX, &id) == 0)
        return show(cli, NULL, (int32_t)id) == 0 ? 0 : unknown(cli, name);
    const struct lt_service *service = lt_fold_service(cli->view.fold, name);
    if (!service || show(cli, LT_SAY(cli->lang, "key", "khóa"), service->key_schema) != 0 ||
        show(cli, LT_SAY(cli->lang, "value", "giá trị"), service->value_schema) != 0 ||
        show(cli, LT_SAY(cli->lang, "scope", "phạm vi"), service->scope_schema) != 0)
        return unknown(cli, name);
    return 0;
}

static const struct lt_cli_option OPTIONS[] = {{0}};

const struct lt_cli_command lt_cli_schema = {
    .name = "schema",
    .arguments = "ID|SERVICE",
    .least = 1,
    .most = 1,
    .options = OPTIONS,
    .summary = {"prints a registered schema, or the three of a data service",
                "in một lược đồ đã đăng ký, hoặc ba lược đồ của một dịch vụ chia sẻ dữ liệu"},
    .details = {NULL, NULL},
    .run = run,
};
