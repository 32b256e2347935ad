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
#include "lienthong/compare.h"
#include "lienthong/shape.h"

#include "daemon/daemon.h"
#include "pg/conn.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS     5
#define POLL_MS    200
#define FETCH_ROWS "5000"

static const char SNAPSHOT[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/* The consumer's tables (broker-adapters/consumer-postgres). */
static const char COPY_SQL[] =
    "SELECT c.copy, c.stream, c.table_name,"
    " CASE WHEN isfinite(c.stamp) THEN (extract(epoch FROM c.stamp) * 1000000)::bigint END,"
    " (SELECT count(*) FROM lienthong.set_aside s WHERE s.copy = c.copy)"
    " FROM lienthong.copy c WHERE c.connection = $1 AND c.shown";

struct verify {
    struct lt_cli *cli;
    const char *connection, *stream, *table;
    struct lt_cli_shape *shape;
    struct lt_pg *source, *target;
    bool keys;
    int64_t deadline_ms;
};

/* One side as read. */
struct side_read {
    struct lt_cli_side rows;
    lt_time at; /* source: its clock after the snapshot; target: the stamp */
    size_t read, withheld;
    int64_t set_aside;
};

static void side_fini(struct side_read *side)
{
    lt_cli_side_fini(&side->rows);
}

typedef enum lt_cli_row_kind
take_row(struct lt_cli_shape *shape, const char *const *texts, struct lt_cli_row *row);

static void take_rows(const struct verify *verify,
                      const PGresult *rows,
                      take_row *take,
                      struct lt_cli_row *row,
                      struct side_read *side)
{
    const int columns = PQnfields(rows);
    const char **texts = lt_alloc((size_t)columns * sizeof *texts);
    for (int r = 0; r < PQntuples(rows); r++) {
        for (int c = 0; c < columns; c++)
            texts[c] = PQgetisnull(rows, r, c) ? NULL : PQgetvalue(rows, r, c);
        enum lt_cli_row_kind kind = take(verify->shape, texts, row);
        side->read++;
        if (kind == LT_CLI_ROW_WITHHELD)
            side->withheld++;
        if (kind == LT_CLI_ROW_IN)
            lt_cli_side_add(&side->rows, lt_buf_bytes(&row->key), lt_buf_bytes(&row->body),
                            lt_buf_bytes(&row->text));
    }
    lt_freep(&texts);
}

static int declare_cursor(const struct verify *verify,
                          struct lt_pg *pg,
                          size_t columns,
                          const char *schema,
                          const char *table,
                          struct lt_error *reterr)
{
    struct lt_buf sql = {0};
    lt_buf_adds(&sql, "DECLARE verify NO SCROLL CURSOR FOR SELECT ");
    for (size_t i = 0; i < columns; i++) {
        lt_buf_adds(&sql, i ? ", " : "");
        lt_sql_ident(&sql, lt_cli_shape_column(verify->shape, i));
    }
    lt_buf_adds(&sql, " FROM ");
    if (schema) {
        lt_sql_ident(&sql, schema);
        lt_buf_addc(&sql, '.');
        lt_sql_ident(&sql, table);
    } else {
        lt_sql_table(&sql, table);
    }
    int rc = lt_pg_exec(pg, lt_buf_text(&sql), reterr);
    lt_buf_fini(&sql);
    return rc;
}

/* Fetches everything of the declared cursor into the side. */
static int fetch_all(const struct verify *verify,
                     struct lt_pg *pg,
                     take_row *take,
                     struct side_read *side,
                     struct lt_error *reterr)
{
    struct lt_cli_row row = {0};
    int fetched = -1;
    do {
        LT_CLEANUP(lt_pg_clearp)
        PGresult *rows = lt_pg_query(pg, "FETCH " FETCH_ROWS " FROM verify", 0, NULL, reterr);
        fetched = rows ? PQntuples(rows) : -1;
        if (rows)
            take_rows(verify, rows, take, &row, side);
    } while (fetched > 0);
    lt_cli_row_fini(&row);
    return fetched;
}

static int close_side(struct lt_pg *pg, struct side_read *side, struct lt_error *reterr)
{
    if (lt_pg_exec(pg, "COMMIT", reterr) != 0)
        return -1;
    if (!lt_cli_side_close(&side->rows))
        return lt_fail(reterr, LT_ERR_REJECT, "verify", 0, "two rows have one key: not comparable");
    return 0;
}

static int read_source(const struct verify *verify, struct side_read *ret, struct lt_error *reterr)
{
    struct lt_pg *pg = verify->source;
    *ret = (struct side_read){.rows.keep_texts = verify->keys};
    if (lt_pg_exec(pg, SNAPSHOT, reterr) != 0)
        return -1;
    LT_CLEANUP(lt_pg_clearp)
    PGresult *clock = lt_pg_query(
        pg, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", 0, NULL, reterr);
    if (!clock)
        return -1;
    ret->at = lt_pg_i64(clock, 0, 0);
    if (declare_cursor(verify, pg, lt_cli_shape_columns(verify->shape), NULL, verify->table,
                       reterr) != 0 ||
        fetch_all(verify, pg, lt_cli_shape_source, ret, reterr) != 0)
        return -1;
    return close_side(pg, ret, reterr);
}

/* The copy that is shown, as a row of COPY_SQL; NULL after filling the error. */
static PGresult *shown_copy(const struct verify *verify, struct lt_error *reterr)
{
    PGresult *copy = lt_pg_query(verify->target, COPY_SQL, 1, &verify->connection, reterr);
    if (!copy)
        return NULL;
    const char *why = PQntuples(copy) == 0 ? "the target shows no copy of the connection yet"
                      : strcmp(lt_pg_text(copy, 0, 1), verify->stream) != 0
                          ? "the target still shows an older stream; a replacing one is on its way"
                          : NULL;
    if (!why)
        return copy;
    PQclear(copy);
    lt_fail(reterr, LT_ERR_REJECT, "verify", 0, "%s", why);
    return NULL;
}

static lt_time stamp_of(const PGresult *copy)
{
    return PQgetisnull(copy, 0, 3) ? LT_TIME_NONE : lt_pg_i64(copy, 0, 3);
}

/* Until the stamp has reached T; REJECT when it has not within --wait. */
static int wait_for_stamp(const struct verify *verify, lt_time at, struct lt_error *reterr)
{
    for (;;) {
        LT_CLEANUP(lt_pg_clearp) PGresult *copy = shown_copy(verify, reterr);
        if (!copy && reterr->class != LT_ERR_REJECT)
            return -1;
        if (copy && stamp_of(copy) >= at)
            return 0;
        if (lt_monotonic_ms() < verify->deadline_ms && !lt_stop_wait(POLL_MS))
            continue;
        return copy ? lt_fail(reterr, LT_ERR_REJECT, "verify", 0,
                              "the target's stamp has not reached the source's snapshot")
                    : -1;
    }
}

static int read_target(const struct verify *verify, struct side_read *ret, struct lt_error *reterr)
{
    struct lt_pg *pg = verify->target;
    *ret = (struct side_read){.rows.keep_texts = verify->keys};
    if (lt_pg_exec(pg, SNAPSHOT, reterr) != 0)
        return -1;
    LT_CLEANUP(lt_pg_clearp) PGresult *copy = shown_copy(verify, reterr);
    if (!copy)
        return -1;
    ret->at = stamp_of(copy);
    ret->set_aside = lt_pg_i64(copy, 0, 4);
    if (declare_cursor(verify, pg, lt_cli_shape_projected(verify->shape), "lienthong",
                       lt_pg_text(copy, 0, 2), reterr) != 0 ||
        fetch_all(verify, pg, lt_cli_shape_target, ret, reterr) != 0)
        return -1;
    return close_side(pg, ret, reterr);
}

/* ---- what is told ---- */

static void print_side(enum lt_cli_lang lang, const char *name, const struct side_read *side)
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
                         const struct side_read *source,
                         const struct side_read *target)
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
    if (verify->keys)
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
                    const struct side_read *first,
                    bool *ret,
                    struct lt_error *reterr)
{
    struct side_read again;
    int rc = read_source(verify, &again, reterr);
    if (rc == 0)
        *ret =
            lt_cli_compare(&first->rows, &again.rows, NULL, NULL, &(struct lt_cli_difference){0});
    side_fini(&again);
    return rc;
}

static int compare_once(const struct verify *verify,
                        struct side_read *source,
                        struct side_read *target,
                        struct lt_error *reterr,
                        int *ret_code)
{
    if (read_source(verify, source, reterr) != 0 ||
        wait_for_stamp(verify, source->at, reterr) != 0 || read_target(verify, target, reterr) != 0)
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
        struct side_read source = {0}, target = {0};
        struct lt_error err = {0};
        int rc = compare_once(verify, &source, &target, &err, &code);
        side_fini(&source);
        side_fini(&target);
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
    verify->source = from;
    verify->target = to;
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
    const struct lt_connection *terms = lt_fold_connection(fold, verify->connection);
    const struct lt_service *service = terms ? lt_fold_service(fold, terms->service) : NULL;
    if (!service)
        return say_unclear(verify,
                           LT_SAY(verify->cli->lang, "unknown connection", "không có kết nối này"));
    struct lt_error err = {0};
    verify->stream = newest_stream(verify->cli, verify->connection, &err);
    LT_CLEANUP(lt_cli_shape_freep)
    struct lt_cli_shape *shape = verify->stream ? shape_of(fold, service, terms, &err) : NULL;
    if (!shape)
        return err.class == LT_ERR_REJECT ? say_unclear(verify, err.msg)
                                          : lt_cli_fail(verify->cli, &err);
    verify->shape = shape;
    verify->table = service->table;
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
        .connection = cli->args.arguments[0],
        .keys = lt_cli_value(cli, "keys") || isatty(STDOUT_FILENO),
        .deadline_ms = lt_monotonic_ms() + wait_ms,
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
