/*
 * lienthong apply: declarations of agencies, applications, data services and agreements.  All files
 * of one call go to the steward as one command: all are signed, or none.
 */
#include "lienthong/apply.h"

#include "base/file.h"
#include "base/mem.h"
#include "lienthong/law.h"
#include "lienthong/submit.h"

#include <inttypes.h>
#include <string.h>

#define DECLARATION_MAX ((size_t)1 << 20)

int lt_cli_declaration_check(const char *file,
                             struct lt_bytes text,
                             const char **ret_kind,
                             struct lt_error *reterr)
{
    static const char *const KINDS[] = {"agency", "application", "service", "agreement"};
    json_error_t why;
    json_t *json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &why);
    if (!json)
        return lt_fail(reterr, LT_ERR_REJECT, "declaration", 0, "%s: line %d column %d: %s", file,
                       why.line, why.column, why.text);
    const char *kind = json_string_value(json_object_get(json, "kind"));
    int rc = -1;
    for (size_t i = 0; kind && i < LT_COUNT(KINDS); i++)
        if (strcmp(kind, KINDS[i]) == 0) {
            *ret_kind = KINDS[i];
            rc = 0;
        }
    json_decref(json);
    if (rc != 0)
        lt_fail(reterr, LT_ERR_REJECT, "declaration", 0,
                "%s: $.kind: agency, application, service or agreement expected", file);
    return rc;
}

/* {"file", "text"} of one file; NULL after filling the error. */
static json_t *read_declaration(const char *file, const char **kind, struct lt_error *reterr)
{
    struct lt_buf text = {0};
    json_t *declaration = NULL;
    if (lt_file_read(file, DECLARATION_MAX, &text, reterr) == 0 &&
        lt_cli_declaration_check(file, lt_buf_bytes(&text), kind, reterr) == 0)
        declaration =
            json_pack("{s:s, s:s%}", "file", file, "text", (const char *)text.data, text.len);
    lt_buf_fini(&text);
    return declaration;
}

/* The articles carried out, each once. */
static void say_articles(enum lt_cli_lang lang, const char *const *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool said = false;
        for (size_t before = 0; before < i; before++)
            said = said || kinds[before] == kinds[i];
        if (!said)
            printf(LT_SAY(lang, "carries out %s of Decree 47/2020/ND-CP\n",
                          "thực hiện %s của Nghị định 47/2020/NĐ-CP\n"),
                   lt_cli_kind_article(lang, kinds[i]));
    }
}

static int await_signed(struct lt_cli *cli, const struct lt_cli_errand *errand)
{
    struct lt_cli_effect effect;
    int code = lt_cli_await(cli, errand, LT_CLI_WISH_SIGNED, "", &effect);
    if (code != 0)
        return code;
    char elapsed[LT_CLI_WHEN_MAX];
    printf(LT_SAY(cli->lang, "in force after %s: control number %" PRId64 "\n",
                  "có hiệu lực sau %s: số điều khiển %" PRId64 "\n"),
           lt_cli_elapsed(cli, errand, elapsed), errand->answer.number);
    return 0;
}

/* They are signed, whether or not anybody waited for more. */
static void say_objects(const struct lt_cli_answer *answer)
{
    for (size_t i = 0; i < answer->object_count; i++)
        printf("%s\n", answer->objects[i]);
}

static int run(struct lt_cli *cli)
{
    const char *kinds[LT_CLI_ARGUMENTS_MAX] = {0};
    json_t *declarations = json_array();
    for (size_t i = 0; i < cli->args.count; i++) {
        struct lt_error err = {0};
        json_t *declaration = read_declaration(cli->args.arguments[i], &kinds[i], &err);
        if (!declaration) {
            fprintf(stderr, "%s\n", err.msg);
            json_decref(declarations);
            return LT_CLI_EXIT_NO;
        }
        json_array_append_new(declarations, declaration);
    }
    struct lt_cli_errand errand;
    int code = lt_cli_submit(cli,
                             json_pack("{s:s, s:s, s:o}", "command", "apply", "author",
                                       lt_cli_author(cli), "declarations", declarations),
                             &errand);
    if (code == 0)
        code = await_signed(cli, &errand);
    if (code == 0 || code == LT_CLI_EXIT_PENDING)
        say_objects(&errand.answer);
    if (code == 0)
        say_articles(cli->lang, kinds, cli->args.count);
    lt_cli_errand_fini(&errand);
    return code;
}

static const struct lt_cli_option OPTIONS[] = {
    LT_CLI_OPTION_AUTHOR,
    LT_CLI_OPTION_WAIT,
    {0},
};

const struct lt_cli_command lt_cli_apply = {
    .name = "apply",
    .arguments = "FILE...",
    .least = 1,
    .most = LT_CLI_ARGUMENTS_MAX,
    .options = OPTIONS,
    .summary = {"declares agencies, applications, data services and agreements",
                "khai báo cơ quan, ứng dụng, dịch vụ chia sẻ dữ liệu và thỏa thuận"},
    .details = {"\nEach file holds one JSON object.  All files are signed together or none is.\n"
                "Waits until a heartbeat of the steward confirms them.",
                "\nMỗi tệp chứa một đối tượng JSON. Tất cả được ký cùng nhau, hoặc không tệp nào.\n"
                "Lệnh chờ đến khi nhịp báo của lt-steward xác nhận."},
    .run = run,
};
