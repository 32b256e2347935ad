#include "lienthong/diary_text.h"

#include "lienthong/law.h"
#include "lienthong/status_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void add_hex(struct lt_buf *out, struct lt_bytes bytes, size_t most)
{
    for (size_t i = 0; i < bytes.len && i < most; i++)
        lt_buf_addf(out, "%02x", bytes.data[i]);
}

static json_t *hex_json(struct lt_bytes bytes)
{
    struct lt_buf text = {0};
    add_hex(&text, bytes, bytes.len);
    json_t *json = json_stringn((const char *)lt_buf_bytes(&text).data, text.len);
    lt_buf_fini(&text);
    return json;
}

static json_t *note_json(const struct lt_delivery_note *note)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}",
                     "entry", "note", "stream", note->stream, "connection", note->connection,
                     "service", note->service, "application", note->application, "agreement",
                     (json_int_t)note->agreement, "scope_version", (json_int_t)note->scope_version,
                     "first", (json_int_t)note->first, "last", (json_int_t)note->last, "count",
                     (json_int_t)note->count, "deletes", (json_int_t)note->deletes, "sync_time",
                     lt_cli_time_json(note->sync_time), "opened_at",
                     lt_cli_time_json(note->opened_at), "closed_at",
                     lt_cli_time_json(note->closed_at), "chain", hex_json(note->chain));
}

static json_t *decision_json(const struct lt_decision *decision)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o}", "entry",
                     "decision", "stream", decision->stream, "connection", decision->connection,
                     "service", decision->service, "application", decision->application,
                     "from_state", decision->from_state, "to_state", decision->to_state, "clause",
                     decision->clause, "reason", decision->reason, "control",
                     (json_int_t)decision->control, "pos", (json_int_t)decision->pos, "seq",
                     (json_int_t)decision->seq, "at", lt_cli_time_json(decision->at));
}

static void add_json(struct lt_buf *out, json_t *json)
{
    lt_assert(json); /* texts of decoded records are UTF-8 */
    char *text = json_dumps(json, JSON_COMPACT);
    lt_buf_adds(out, text);
    lt_buf_addc(out, '\n');
    free(text);
    json_decref(json);
}

static void add_note(enum lt_cli_lang lang, const struct lt_delivery_note *note, struct lt_buf *out)
{
    char closed[32], sync[32];
    lt_buf_addf(
        out,
        LT_SAY(lang,
               "%s  note      %s  seq %" PRId64 "-%" PRId64 "  records %" PRId64
               "  deletes %" PRId64 "  terms %" PRId64 ".%" PRId64 "  sync point %s  chain ",
               "%s  ghi nhận  %s  seq %" PRId64 "-%" PRId64 "  bản ghi %" PRId64 "  xóa %" PRId64
               "  thỏa thuận %" PRId64 ".%" PRId64 "  mốc đồng bộ %s  chuỗi băm "),
        lt_time_vn(note->closed_at, closed, sizeof closed), note->stream, note->first, note->last,
        note->count, note->deletes, note->agreement, note->scope_version,
        note->sync_time == LT_NULL ? "-" : lt_time_vn(note->sync_time, sync, sizeof sync));
    add_hex(out, note->chain, 8);
    lt_buf_addc(out, '\n');
}

static void
add_decision(enum lt_cli_lang lang, const struct lt_decision *decision, struct lt_buf *out)
{
    char at[32];
    lt_buf_addf(out, LT_SAY(lang, "%s  decision  %s  %s -> %s", "%s  quyết định %s  %s -> %s"),
                lt_time_vn(decision->at, at, sizeof at), decision->stream,
                decision->from_state[0] ? decision->from_state : "-", decision->to_state);
    if (decision->clause[0])
        lt_buf_addf(out, "  %s", lt_cli_reason_words(lang, decision->clause));
    if (decision->reason[0] && strcmp(decision->reason, decision->clause) != 0) {
        lt_buf_adds(out, ": ");
        lt_cli_add_clean(out, decision->reason);
    }
    lt_buf_addf(out,
                LT_SAY(lang,
                       "  (control number %" PRId64 ", feed seq %" PRId64 ", seq %" PRId64 ")\n",
                       "  (số điều khiển %" PRId64 ", seq nguồn %" PRId64 ", seq %" PRId64 ")\n"),
                decision->control, decision->pos, decision->seq);
}

bool lt_cli_diary_entry(enum lt_cli_lang lang,
                        bool json,
                        const char *connection,
                        struct lt_bytes value,
                        struct lt_arena *arena,
                        struct lt_buf *out)
{
    struct lt_delivery_note note;
    struct lt_decision decision;
    const int type = lt_record_type_of(value);
    const bool is_note = type == LT_RECORD_DELIVERY_NOTE &&
                         lt_record_decode(LT_RECORD_DELIVERY_NOTE, value, &note, arena, NULL) == 0;
    const bool is_decision =
        type == LT_RECORD_DECISION &&
        lt_record_decode(LT_RECORD_DECISION, value, &decision, arena, NULL) == 0;
    if (!is_note && !is_decision) {
        lt_buf_adds(out, json ? "{\"entry\":\"malformed\"}\n"
                              : LT_SAY(lang, "malformed entry\n", "mục không hợp lệ\n"));
        return true;
    }
    if (connection && strcmp(connection, is_note ? note.connection : decision.connection) != 0)
        return false;
    if (json)
        add_json(out, is_note ? note_json(&note) : decision_json(&decision));
    else if (is_note)
        add_note(lang, &note, out);
    else
        add_decision(lang, &decision, out);
    return true;
}
