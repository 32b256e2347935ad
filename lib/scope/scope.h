/**
 * @file
 * Row filters: text -> program over record spans (architecture 5, D52.2b).  Layer 1, pure; a
 * compiled filter is immutable, any thread.
 *
 * Language: comparisons `=`, `<>`, `<`, `<=`, `>`, `>=`, `BETWEEN a AND b`, `IN (...)`,
 * `LIKE 'prefix%'` (prefix only), `IS [NOT] NULL`, `AND`, `OR`, `NOT`, parentheses.  Names are
 * declared scope columns (double-quoted when not plain), literals are numbers, 'texts' (quote
 * doubled), true, false.  Integers, decimals, dates and times compare by value (dates and times as
 * ISO texts), text and uuid bytewise; ranges on values carried as text are refused.  Three-valued:
 * unknown = out of scope.  No clock, no locale, no functions.
 */
#pragma once

#include "avro/span.h"
#include "base/buf.h"
#include "base/error.h"

struct lt_filter;

/** Compiles `text` (empty = all rows) for records of `schema`: the schema of all declared scope
 * columns, a flat record whose fields carry lt.type and lt.column.  Limits: 64 KiB of text, depth
 * 32, 4,096 literals.  LT_ERR_REJECT with position ("at 17: unknown column 'x'"). */
struct lt_filter *lt_filter_compile(const char *text,
                                    const struct lt_avro_schema *schema,
                                    struct lt_error *reterr) LT_MUST_CHECK;
void lt_filter_free(struct lt_filter *filter);
LT_DEFINE_CLEANUP(struct lt_filter, lt_filter_free)
bool lt_filter_is_all(const struct lt_filter *filter);
/** One normal form per meaning-preserving spelling (blanks, keyword case, number spelling). */
void lt_filter_format(const struct lt_filter *filter, struct lt_buf *out);
/** Does `filter` provably hold every row that `old` holds?  Both of one schema.  Seen are: all
 * rows, further alternatives, conditions left out, longer IN lists (shorter NOT IN); false is no
 * proof of the opposite. */
bool lt_filter_widens(const struct lt_filter *filter, const struct lt_filter *old);

/** Maps each field that the filter uses to a field of another record schema by name, so that a
 * filter can be evaluated on whole rows.  LT_ERR_REJECT when one is missing or of another type.
 * The filter must outlive the view. */
struct lt_filter_view;
struct lt_filter_view *lt_filter_view_new(const struct lt_filter *filter,
                                          const struct lt_avro_schema *row_schema,
                                          struct lt_error *reterr) LT_MUST_CHECK;
void lt_filter_view_free(struct lt_filter_view *view);
LT_DEFINE_CLEANUP(struct lt_filter_view, lt_filter_view_free)

/** Is the row (its bytes and spans, of the view's schema) in scope?  unknown = false. */
bool lt_filter_match(const struct lt_filter_view *view,
                     struct lt_bytes record,
                     const struct lt_span *spans);

/** What a change means for a stream (architecture 5): from membership before and after. */
enum lt_scope_effect { LT_SCOPE_NOTHING, LT_SCOPE_ENTER, LT_SCOPE_STAY, LT_SCOPE_LEAVE };
static inline enum lt_scope_effect lt_scope_effect(bool before, bool after)
{
    return before ? (after ? LT_SCOPE_STAY : LT_SCOPE_LEAVE)
                  : (after ? LT_SCOPE_ENTER : LT_SCOPE_NOTHING);
}
