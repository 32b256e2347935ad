#include "lienthong/right_text.h"

#include "lienthong/law.h"
#include "lienthong/status_text.h"
#include "scope/scope.h"

#include <inttypes.h>
#include <string.h>

/* Longest life of a routing transaction (architecture 9): the right must outlast it. */
#define TRANSACTION (60 * LT_SECOND)

#define VIETNAM_OFFSET (7 * 3600 * LT_SECOND)
#define DAY            (86400 * LT_SECOND)

static struct lt_avro_schema *schema_of(const struct lt_fold *fold, int32_t id)
{
    const struct lt_schema_body *body = lt_fold_schema(fold, id);
    return body ? lt_avro_schema_parse(body->text, strlen(body->text), NULL) : NULL;
}

static bool fields_known(const struct lt_connection *terms, const struct lt_service *service)
{
    for (size_t i = 0; i < terms->field_count; i++) {
        bool known = false;
        for (size_t f = 0; f < service->field_count; f++)
            known = known || strcmp(service->fields[f].name, terms->fields[i]) == 0;
        if (!known)
            return false;
    }
    return terms->field_count > 0;
}

/* Compiles as routing does: against the record of all scope columns. */
static bool
filter_known(const struct lt_fold *fold, const struct lt_service *service, const char *text)
{
    if (service->scope_column_count == 0)
        return text[0] == '\0';
    LT_CLEANUP(lt_avro_schema_unrefp)
    struct lt_avro_schema *scope = schema_of(fold, service->scope_schema);
    LT_CLEANUP(lt_filter_freep)
    struct lt_filter *filter = scope ? lt_filter_compile(text, scope, NULL) : NULL;
    return filter != NULL;
}

bool lt_cli_scope_known(const struct lt_fold *fold, const char *connection)
{
    const struct lt_connection *terms = lt_fold_connection(fold, connection);
    const struct lt_service *service = terms ? lt_fold_service(fold, terms->service) : NULL;
    return service && fields_known(terms, service) && filter_known(fold, service, terms->filter);
}

struct lt_right_facts lt_cli_facts(const struct lt_fold *fold,
                                   const struct lt_cli_board *board,
                                   const char *connection,
                                   lt_time now,
                                   lt_time grace)
{
    const struct lt_cursor *cursor = lt_cli_board_newest(board, connection);
    const int64_t today = (now + VIETNAM_OFFSET) / DAY;
    return (struct lt_right_facts){
        .now = now,
        .grace = grace,
        .transaction = TRANSACTION,
        .scope_known = lt_cli_scope_known(fold, connection),
        .delivered_today = cursor && cursor->day == today ? cursor->day_count : 0,
        .diary_writable = !lt_cli_board_stands_still(board, lt_clause_name(LT_CLAUSE_DIARY)),
    };
}

static void add_verdict(enum lt_cli_lang lang,
                        const struct lt_right *right,
                        const char *connection,
                        struct lt_buf *out)
{
    if (right->clause == LT_CLAUSE_NONE) {
        lt_buf_addf(out,
                    LT_SAY(lang, "%s: data may be delivered: every clause holds\n",
                           "%s: được cung cấp dữ liệu: mọi điều kiện đều đáp ứng\n"),
                    connection);
        return;
    }
    lt_buf_addf(out,
                LT_SAY(lang, "%s: data may NOT be delivered\n  deciding clause: %s\n  because: ",
                       "%s: KHÔNG được cung cấp dữ liệu\n  điều kiện quyết định: %s\n  lý do: "),
                connection, lt_clause_words(right->clause, lang == LT_CLI_VI));
    lt_cli_add_clean(out, right->detail);
    lt_buf_adds(out, lt_clause_is_final(right->clause)
                         ? LT_SAY(lang, "\n  this ends the stream\n", "\n  luồng kết thúc\n")
                         : LT_SAY(lang, "\n  this suspends the stream\n", "\n  luồng tạm ngừng\n"));
}

static void add_decision(enum lt_cli_lang lang,
                         const struct lt_decision *decision,
                         lt_time now,
                         struct lt_buf *out)
{
    if (!decision) {
        lt_buf_adds(out, LT_SAY(lang, "the diary holds no decision on it\n",
                                "nhật ký chưa có quyết định nào về kết nối này\n"));
        return;
    }
    char when[LT_CLI_WHEN_MAX];
    lt_buf_addf(out,
                LT_SAY(lang, "last decision in the diary: %s  %s  %s -> %s",
                       "quyết định gần nhất trong nhật ký: %s  %s  %s -> %s"),
                lt_cli_when(lang, decision->at, now, when), decision->stream,
                decision->from_state[0] ? decision->from_state : "-", decision->to_state);
    if (decision->clause[0])
        lt_buf_addf(out, "  %s", lt_cli_reason_words(lang, decision->clause));
    if (decision->reason[0] && strcmp(decision->reason, decision->clause) != 0) {
        lt_buf_adds(out, ": ");
        lt_cli_add_clean(out, decision->reason);
    }
    lt_buf_addf(out,
                LT_SAY(lang, "  (control number %" PRId64 ")\n", "  (số điều khiển %" PRId64 ")\n"),
                decision->control);
}

void lt_cli_right_text(enum lt_cli_lang lang,
                       const struct lt_right *right,
                       const struct lt_cli_line *line,
                       const struct lt_decision *decision,
                       lt_time now,
                       struct lt_buf *out)
{
    add_verdict(lang, right, line->connection, out);
    for (size_t i = 0; i < line->hold_count; i++)
        lt_cli_hold_text(lang, &line->holds[i], now, out);
    add_decision(lang, decision, now, out);
}
