/*
 * lienthong verify: is the target exactly scope(source)?
 *
 *   1. Read the source in one REPEATABLE READ snapshot; T := its clock just after the snapshot.
 *   2. Wait until the target's stamp is at or after T: by then all that the snapshot saw is applied
 *      (a stamp vouches for all that was visible at the source at that time).
 *   3. Read the target's rows and stamp in one snapshot.  Equal: done.
 *   4. Different: read the source again.  Unchanged since 1: the target differs.  Changed: writes
 *      go on between the snapshots and nothing can be said; try again, a few times.
 *
 * Nothing is written anywhere, and nothing is emitted at the source.
 */
#include "lienthong/cli.h"
#include "lienthong/sides.h"

#include "daemon/daemon.h"
#include "pg/conn.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 5

struct verify {
    struct lt_cli *cli;
    struct lt_cli_sides sides;
};

/* ---- what is told ---- */

static void print_side(enum lt_cli_lang lang, const char *name, const struct lt_cli_side_read *side)
{
    uint8_t digest[LT_CLI_DIGEST_BYTES];
    char utc[32];
    lt_cli_side_digest(&side->rows, digest);
    printf(LT_SAY(lang, "%s: rows in scope %zu of %zu, withheld %zu, as of %s, digest ",
                  "%s: số dòng trong phạm vi %zu trên %zu, giữ lại %zu, tại thời điểm %s, mã băm "),
           name, side->rows.count, side->read, side->withheld,
           side->at == LT_TIME_NONE ? "-" : lt_time_utc(side->at, utc, sizeof utc));
    for (size_t i = 0; i < sizeof digest; i++)
        printf("%02x", digest[i]);
    putchar('\n');
}

static void print_key(void *arg, enum lt_cli_difference_kind kind, const char *text)
{
    static const char *const WORDS[][2] = {
        {"missing at the target", "thiếu ở đích"},
        {"extra at the target", "thừa ở đích"},
        {"different", "khác nhau"},
    };
    const enum lt_cli_lang *lang = arg;
    struct lt_buf line = {0};
    lt_buf_addf(&line, "  %s: ", WORDS[kind][*lang]);
    lt_cli_add_clean(&line, text);
    printf("%s\n", lt_buf_text(&line));
    lt_buf_fini(&line);
}

static int say_equal(const struct verify *verify)
{
    printf("%s", LT_SAY(verify->cli->lang, "EQUAL\n", "KHỚP\n"));
    return LT_CLI_EXIT_OK;
}

static int say_different(const struct verify *verify,
                         const struct lt_cli_side_read *source,
                         const struct lt_cli_side_read *target)
{
    enum lt_cli_lang lang = verify->cli->lang;
    struct lt_cli_difference difference;
    lt_cli_compare(&source->rows, &target->rows, NULL, NULL, &difference);
    printf(LT_SAY(lang,
                  "DIFFERENT: missing at the target %zu, extra %zu, other values %zu (set aside at "
                  "the target: %" PRId64 ")\n",
                  "KHÔNG KHỚP: thiếu ở đích %zu, thừa %zu, giá trị khác %zu (để riêng ở đích: "
                  "%" PRId64 ")\n"),
           difference.missing, difference.extra, difference.different, target->set_aside);
    if (verify->sides.keys)
        lt_cli_compare(&source->rows, &target->rows, print_key, &lang, &difference);
    return LT_CLI_EXIT_NO;
}

static int say_unclear(const struct verify *verify, const char *why)
{
    printf(LT_SAY(verify->cli->lang, "NOT COMPARABLE: %s\n", "KHÔNG SO SÁNH ĐƯỢC: %s\n"), why);
    return LT_CLI_EXIT_UNCLEAR;
}

/* ---- one round, and all ---- */

#define MOVING (-1)

/* The source unchanged since the first reading? */
static int is_still(const struct verify *verify,
                    const struct lt_cli_side_read *first,
                    bool *ret,
                    struct lt_error *reterr)
{
    struct lt_cli_side_read again;
    int rc = lt_cli_read_source(&verify->sides, &again, reterr);
    if (rc == 0)
        *ret =
            lt_cli_compare(&first->rows, &again.rows, NULL, NULL, &(struct lt_cli_difference){0});
    lt_cli_side_read_fini(&again);
    return rc;
}

static int compare_once(const struct verify *verify,
                        struct lt_cli_side_read *source,
                        struct lt_cli_side_read *target,
                        struct lt_error *reterr,
                        int *ret_code)
{
    if (lt_cli_read_source(&verify->sides, source, reterr) != 0 ||
        lt_cli_wait_for_stamp(&verify->sides, source->at, reterr) != 0 ||
        lt_cli_read_target(&verify->sides, target, reterr) != 0)
        return -1;
    struct lt_cli_difference difference;
    bool equal = lt_cli_compare(&source->rows, &target->rows, NULL, NULL, &difference);
    bool still = true;
    if (!equal && is_still(verify, source, &still, reterr) != 0)
        return -1;
    if (!still) {
        *ret_code = MOVING;
        return 0;
    }
    print_side(verify->cli->lang, LT_SAY(verify->cli->lang, "source", "nguồn"), source);
    print_side(verify->cli->lang, LT_SAY(verify->cli->lang, "target", "đích"), target);
    *ret_code = equal ? say_equal(verify) : say_different(verify, source, target);
    return 0;
}

static int compare_rounds(const struct verify *verify)
{
    int code = MOVING;
    for (int round = 0; round < ROUNDS && code == MOVING && !lt_stopping(); round++) {
        struct lt_cli_side_read source = {0}, target = {0};
        struct lt_error err = {0};
        int rc = compare_once(verify, &source, &target, &err, &code);
        lt_cli_side_read_fini(&source);
        lt_cli_side_read_fini(&target);
        if (rc != 0)
            return err.class == LT_ERR_REJECT ? say_unclear(verify, err.msg)
                                              : lt_cli_fail(verify->cli, &err);
    }
    return code != MOVING
               ? code
               : say_unclear(verify,
                             LT_SAY(verify->cli->lang,
                                    "moving: the source was written to during every reading",
                                    "nguồn vẫn được cập nhật trong mọi lần đọc"));
}

static struct lt_pg *open_database(const char *dsn, const char *which, struct lt_error *reterr)
{
    struct lt_pg *pg = lt_pg_open(
        &(struct lt_pg_options){
            .dsn = dsn,
            .application_name = "lienthong verify",
            .settings = "-c row_security=off -c default_transaction_read_only=on",
            .stopping = lt_stopping,
        },
        reterr);
    if (!pg)
        lt_fail_context(reterr, "%s", which);
    return pg;
}

static int with_databases(struct verify *verify, const char *source, const char *target)
{
    struct lt_error err = {0};
    LT_CLEANUP(lt_pg_closep) struct lt_pg *from = open_database(source, "source", &err);
    if (!from)
        return lt_cli_fail(verify->cli, &err);
    LT_CLEANUP(lt_pg_closep) struct lt_pg *to = open_database(target, "target", &err);
    if (!to)
        return lt_cli_fail(verify->cli, &err);
    verify->sides.source = from;
    verify->sides.target = to;
    return compare_rounds(verify);
}

static struct lt_cli_shape *shape_of(const struct lt_fold *fold,
                                     const struct lt_service *service,
                                     const struct lt_connection *terms,
                                     struct lt_error *reterr)
{
    const struct lt_schema_body *scope = NULL;
    if (service->scope_column_count > 0) {
        scope = lt_fold_schema(fold, service->scope_schema);
        if (!scope) {
            lt_fail(reterr, LT_ERR_REJECT, "verify", 0, "the scope schema is not registered");
            return NULL;
        }
    }
    return lt_cli_shape_new(service, terms, scope ? scope->text : NULL, reterr);
}

/* The stream whose copy must be shown: the newest one. */
static const char *
newest_stream(struct lt_cli *cli, const char *connection, struct lt_error *reterr)
{
    if (lt_cli_view_cursors(&cli->view, reterr) != 0)
        return NULL;
    const struct lt_cursor *cursor = lt_cli_board_newest(cli->view.board, connection);
    if (!cursor)
        lt_fail(reterr, LT_ERR_REJECT, "verify", 0, "the connection has no stream yet");
    return cursor ? cursor->stream : NULL;
}

static int verify_connection(struct verify *verify, const char *source, const char *target)
{
    struct lt_fold *fold = verify->cli->view.fold;
    const struct lt_connection *terms = lt_fold_connection(fold, verify->sides.connection);
    const struct lt_service *service = terms ? lt_fold_service(fold, terms->service) : NULL;
    if (!service)
        return say_unclear(verify,
                           LT_SAY(verify->cli->lang, "unknown connection", "không có kết nối này"));
    struct lt_error err = {0};
    verify->sides.stream = newest_stream(verify->cli, verify->sides.connection, &err);
    LT_CLEANUP(lt_cli_shape_freep)
    struct lt_cli_shape *shape = verify->sides.stream ? shape_of(fold, service, terms, &err) : NULL;
    if (!shape)
        return err.class == LT_ERR_REJECT ? say_unclear(verify, err.msg)
                                          : lt_cli_fail(verify->cli, &err);
    verify->sides.shape = shape;
    verify->sides.table = service->table;
    return with_databases(verify, source, target);
}

static int run(struct lt_cli *cli)
{
    const char *source = lt_cli_needed(cli, "source");
    const char *target = source ? lt_cli_needed(cli, "target") : NULL;
    const int64_t wait_ms = target ? lt_cli_wait_ms(cli) : -1;
    if (wait_ms < 0)
        return LT_CLI_EXIT_USAGE;
    int code = lt_cli_look(cli);
    if (code != 0)
        return code;
    struct verify verify = {
        .cli = cli,
        .sides.connection = cli->args.arguments[0],
        .sides.keys = lt_cli_value(cli, "keys") || isatty(STDOUT_FILENO),
        .sides.deadline_ms = lt_monotonic_ms() + wait_ms,
    };
    return verify_connection(&verify, source, target);
}

static const struct lt_cli_option OPTIONS[] = {
    {"source",
     "DSN",
     {"the provider's database (no password in it)", "cơ sở dữ liệu nguồn (không chứa mật khẩu)"}},
    {"target",
     "DSN",
     {"the user's database (no password in it)", "cơ sở dữ liệu đích (không chứa mật khẩu)"}},
    {"keys",
     NULL,
     {"print keys that differ, even into a file",
      "in khóa của các dòng khác nhau, kể cả khi ghi ra tệp"}},
    LT_CLI_OPTION_WAIT,
    {0},
};

const struct lt_cli_command lt_cli_verify = {
    .name = "verify",
    .arguments = "CONNECTION",
    .least = 1,
    .most = 1,
    .options = OPTIONS,
    .summary = {"compares a target with the scope of its source at a common time",
                "so sánh đích với phạm vi chia sẻ của nguồn tại cùng một thời điểm"},
    .details = {"\nExit code 0: equal, 1: different, 2: not comparable (for example, moving).\n"
                "Prints counts and one digest each; keys only on a terminal or with --keys.",
                "\nMã thoát 0: khớp, 1: không khớp, 2: không so sánh được (ví dụ nguồn đang đổi).\n"
                "In số dòng và một mã băm mỗi bên; chỉ in khóa trên màn hình hoặc khi có --keys."},
    .run = run,
};
