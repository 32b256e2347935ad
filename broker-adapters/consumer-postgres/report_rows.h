/**
 * @file
 * The copies as the reporter sees them, and which of them have something new to say.
 */
#pragma once

#include "consumer-postgres/ledger.h"
#include "consumer-postgres/stamp.h"
#include "consumer-postgres/target.h"
#include "record/records.h"

struct lt_report_row {
    struct lt_ledger_entry at; /* stream, copy, made_at, seq, identity of the target */
    char connection[LT_ID_MAX], view[64];
    struct lt_worth worth;
    bool shown, active, damaged;
    uint8_t chain[32];
    bool chain_known;
    int64_t rows, set_aside, refused;
    int64_t gap_expected, gap_seen;
    char gap_reason[64];
};
struct lt_report_rows {
    struct lt_report_row *list;
    size_t count;
};
void lt_report_rows_fini(struct lt_report_rows *rows);
/** One row a stream: of two readings of one stream the one that is shown. */
int lt_report_rows_load(struct lt_target *target,
                        struct lt_report_rows *rows,
                        struct lt_error *reterr) LT_MUST_CHECK;
const struct lt_report_row *lt_report_rows_find(const struct lt_report_rows *rows,
                                                const char *stream);
/** Is there anything in `now` that the last receipt (NULL: none) did not say? */
bool lt_report_is_news(const struct lt_report_row *now, const struct lt_report_row *last);
/** Texts of the receipt are borrowed from the row. */
struct lt_receipt
lt_report_receipt(const struct lt_report_row *row, bool rewound, lt_time flushed_at);
