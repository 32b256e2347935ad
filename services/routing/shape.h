/**
 * @file
 * A connection's scope, compiled: which rows (filter) and which fields (projection) leave, and the
 * same for all LIVE streams of a feed through an index (architecture 5, D52.2b).  Pure; one thread.
 */
#pragma once

#include "avro/span.h"
#include "change/ids.h"
#include "change/lt_header.h"
#include "control/control.h"
#include "scope/index.h"

/** The schemas of one data service, with room for the spans of one record. */
struct lt_lane_rows {
    char service[LT_ID_MAX];
    int32_t row_id, scope_id;
    struct lt_avro_schema *row;
    struct lt_avro_schema *scope; /**< NULL: no scope columns */
    struct lt_span *row_spans, *scope_spans;
};
/** LT_ERR_REJECT when a schema is not in control or makes no sense. */
struct lt_lane_rows *lt_lane_rows_new(const struct lt_fold *fold,
                                      const char *service,
                                      struct lt_error *reterr) LT_MUST_CHECK;
void lt_lane_rows_free(struct lt_lane_rows *rows);

/** One feed record taken apart: what cannot be read stays absent.  Bytes point into the message and
 * the rows' spans. */
struct lt_lane_row {
    enum lt_op op;          /**< withheld when the value cannot be read */
    struct lt_bytes record; /**< Avro of the new row, without frame; absent: none */
    struct lt_bytes before; /**< Avro of the old scope values; absent: as `record`, or none */
    bool unknown; /**< neither old scope values nor a row that could stand for them: a stream with a
                     row filter may have had the row, and cannot tell */
};
/** Is a part framed for another schema than these?  Then they do not describe its feed. */
bool lt_lane_rows_foreign(const struct lt_lane_rows *rows,
                          struct lt_bytes value,
                          struct lt_bytes scope_before);
/** Walks value and scope-before; false in *ret_good when a part cannot be read.  Then the row is
 * withheld from those known to have had it. */
struct lt_lane_row lt_lane_rows_read(struct lt_lane_rows *rows,
                                     enum lt_op op,
                                     struct lt_bytes value,
                                     struct lt_bytes scope_before,
                                     bool *ret_good);

struct lt_lane_shape {
    char connection[LT_ID_MAX];
    int64_t agreement, scope_version;
    int32_t row_id, value_id;
    struct lt_filter *filter; /**< NULL: all rows */
    struct lt_filter_view *row_view, *scope_view;
    struct lt_projection *projection;
    bool before, after; /**< scratch of a match */
};
/** LT_ERR_REJECT: the scope is not known (clause scope of DX-1). */
struct lt_lane_shape *lt_lane_shape_new(const struct lt_fold *fold,
                                        const char *connection,
                                        const struct lt_lane_rows *rows,
                                        struct lt_error *reterr) LT_MUST_CHECK;
void lt_lane_shape_free(struct lt_lane_shape *shape);
/** Is the row in scope before and after the change?  Of an unknown row a filter says it was in
 * scope before: whoever cannot bear that must end. */
void lt_lane_shape_effect(const struct lt_lane_shape *shape,
                          const struct lt_lane_rows *rows,
                          const struct lt_lane_row *row,
                          bool *ret_before,
                          bool *ret_after);
/** Appends the framed, projected row. */
void lt_lane_shape_project(const struct lt_lane_shape *shape,
                           const struct lt_lane_rows *rows,
                           const struct lt_lane_row *row,
                           struct lt_buf *out);

/** The shapes of the LIVE streams of one feed, found by the row's values.  They are borrowed. */
struct lt_lane_crowd;
struct lt_lane_crowd *lt_lane_crowd_new(const struct lt_lane_rows *rows);
void lt_lane_crowd_free(struct lt_lane_crowd *crowd);
void lt_lane_crowd_add(struct lt_lane_crowd *crowd,
                       struct lt_lane_shape *shape,
                       const void *stream);
/** crowd may be NULL. */
bool lt_lane_crowd_has(const struct lt_lane_crowd *crowd, const struct lt_lane_shape *shape);
/** Calls visit for each shape that has the row in scope before or after; -1 from it stops. */
typedef int lt_lane_crowd_visit(void *arg,
                                const void *stream,
                                const struct lt_lane_shape *shape,
                                bool before,
                                bool after,
                                struct lt_error *reterr);
int lt_lane_crowd_match(struct lt_lane_crowd *crowd,
                        const struct lt_lane_rows *rows,
                        const struct lt_lane_row *row,
                        lt_lane_crowd_visit *visit,
                        void *arg,
                        struct lt_error *reterr) LT_MUST_CHECK;
