#include "consumer-postgres/report_rows.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char rows_sql[] =
    "SELECT DISTINCT ON (c.stream) c.stream, c.copy, lienthong.us(c.made_at), p.seq, c.connection,"
    " c.view_name, lienthong.us(c.stamp), lienthong.us(c.usable_from), "
    "lienthong.us(c.usable_until),"
    " c.shown, c.shown AND c.state <> 'loading' AND (c.state = 'active' OR c.stamp IS NOT NULL),"
    " c.state = 'damaged', p.chain, p.row_count,"
    " (SELECT count(*) FROM lienthong.set_aside s WHERE s.copy = c.copy),"
    " coalesce(pg_sequence_last_value(format('lienthong.refused_%s', c.connection)::regclass), 0),"
    " c.gap_expected, c.gap_seen, c.gap_reason"
    " FROM lienthong.copy c JOIN lienthong.position p ON p.copy = c.copy"
    " ORDER BY c.stream, c.shown DESC, c.copy DESC";

void lt_report_rows_fini(struct lt_report_rows *rows)
{
    free(rows->list);
    *rows = (struct lt_report_rows){0};
}

static lt_time time_at(const PGresult *res, int row, int column)
{
    return PQgetisnull(res, row, column) ? LT_TIME_NONE : lt_pg_i64(res, row, column);
}

static void read_chain(const PGresult *res, int row, int column, struct lt_report_row *ret)
{
    size_t len;
    const char *text = PQgetisnull(res, row, column) ? "" : lt_pg_text(res, row, column);
    unsigned char *bytes = PQunescapeBytea((const unsigned char *)text, &len);
    ret->chain_known = bytes && len == sizeof(ret->chain);
    if (ret->chain_known)
        memcpy(ret->chain, bytes, len);
    PQfreemem(bytes);
}

static void
read_row(struct lt_target *target, const PGresult *res, int i, struct lt_report_row *row)
{
    snprintf(row->at.stream, sizeof(row->at.stream), "%s", lt_pg_text(res, i, 0));
    snprintf(row->at.system_id, sizeof(row->at.system_id), "%s", lt_target_system_id(target));
    row->at.dboid = lt_target_dboid(target);
    row->at.copy = lt_pg_i64(res, i, 1);
    row->at.made_at = lt_pg_i64(res, i, 2);
    row->at.seq = lt_pg_i64(res, i, 3);
    snprintf(row->connection, sizeof(row->connection), "%s", lt_pg_text(res, i, 4));
    snprintf(row->view, sizeof(row->view), "%s", lt_pg_text(res, i, 5));
    row->worth = (struct lt_worth){
        .stamp = time_at(res, i, 6), .from = time_at(res, i, 7), .until = time_at(res, i, 8)};
    row->shown = lt_pg_bool(res, i, 9);
    row->active = lt_pg_bool(res, i, 10);
    row->damaged = lt_pg_bool(res, i, 11);
    read_chain(res, i, 12, row);
    row->rows = lt_pg_i64(res, i, 13);
    row->set_aside = lt_pg_i64(res, i, 14);
    row->refused = lt_pg_i64(res, i, 15);
    row->gap_expected = lt_pg_i64(res, i, 16);
    row->gap_seen = lt_pg_i64(res, i, 17);
    snprintf(row->gap_reason, sizeof(row->gap_reason), "%s", lt_pg_text(res, i, 18));
}

int lt_report_rows_load(struct lt_target *target,
                        struct lt_report_rows *rows,
                        struct lt_error *reterr)
{
    LT_CLEANUP(lt_pg_clearp)
    PGresult *res = lt_pg_query(lt_target_pg(target), rows_sql, 0, NULL, reterr);
    if (!res)
        return -1;
    lt_report_rows_fini(rows);
    rows->count = (size_t)PQntuples(res);
    rows->list = lt_alloc((rows->count + 1) * sizeof(*rows->list));
    for (size_t i = 0; i < rows->count; i++)
        read_row(target, res, (int)i, &rows->list[i]);
    return 0;
}

const struct lt_report_row *lt_report_rows_find(const struct lt_report_rows *rows,
                                                const char *stream)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->list[i].at.stream, stream) == 0)
            return &rows->list[i];
    return NULL;
}

bool lt_report_is_news(const struct lt_report_row *now, const struct lt_report_row *last)
{
    return !last || now->at.copy != last->at.copy || now->at.seq != last->at.seq ||
           now->at.made_at != last->at.made_at || strcmp(now->at.system_id, last->at.system_id) ||
           now->worth.stamp != last->worth.stamp || now->worth.until != last->worth.until ||
           now->active != last->active || now->set_aside != last->set_aside ||
           now->refused != last->refused;
}

struct lt_receipt
lt_report_receipt(const struct lt_report_row *row, bool rewound, lt_time flushed_at)
{
    return (struct lt_receipt){
        .stream = row->at.stream,
        .seq = row->at.seq,
        .chain = row->chain_known ? lt_bytes(row->chain, sizeof(row->chain)) : lt_bytes("", 0),
        .stamp = row->worth.stamp,
        .usable_until = row->worth.until,
        .active = row->active,
        .rows = row->rows,
        .set_aside = row->set_aside,
        .refused_reads = row->refused,
        .flushed_at = flushed_at,
        .system_id = row->at.system_id,
        .dboid = row->at.dboid,
        .rewound = rewound,
        .at = lt_now(),
    };
}
