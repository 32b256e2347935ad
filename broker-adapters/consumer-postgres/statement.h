/**
 * @file
 * The SQL of a copy, made from its shape.  Pure: appends text.
 */
#pragma once

#include "consumer-postgres/shape.h"

#define LT_CONSUMER_SCHEMA "lienthong" /**< our own tables; the views' schema is configured */

/** Where a copy lives. */
struct lt_place {
    int copy;
    const char *table;       /**< in LT_CONSUMER_SCHEMA */
    const char *data_schema; /**< of the view */
    const char *view;
};
/** A column of the view as it was made last. */
struct lt_view_column {
    const char *name, *type; /**< type as format_type() prints it */
};

/** Name of the table of a copy: connection, generation and copy, e.g. cn000981_g2_c7. */
void lt_table_name(const char *connection, int64_t generation, int copy, struct lt_buf *out);
/** Name of the view: entity and connection, at most 63 bytes, cut between characters. */
void lt_view_name(const char *entity, const char *connection, struct lt_buf *out);

void lt_sql_create_table(const struct lt_shape *shape,
                         const struct lt_place *place,
                         struct lt_buf *out);
/** $1..$n: array of each column, of its parameter type.  Counts the new rows into the copy's
 * position. */
void lt_sql_upsert(const struct lt_shape *shape, const struct lt_place *place, struct lt_buf *out);
/** The same for rows none of which is there: an error when one is. */
void lt_sql_insert(const struct lt_shape *shape, const struct lt_place *place, struct lt_buf *out);
/** COPY of binary rows, none of which is there; shape->copies only. */
void lt_sql_copy(const struct lt_shape *shape, const struct lt_place *place, struct lt_buf *out);
/** The same for rows all of which are there: LT404 when one is not. */
void lt_sql_update(const struct lt_shape *shape, const struct lt_place *place, struct lt_buf *out);
/** $1..$k: array of each key column, of its parameter type.  Counts the rows that went. */
void lt_sql_delete(const struct lt_shape *shape, const struct lt_place *place, struct lt_buf *out);
/** Moves one row out: $1 key (bytea), $2 seq, $3 code, $4 reason, $5.. the key's columns as text.
 * Without key columns (a key that cannot be read) only the note is made. */
void lt_sql_set_aside(const struct lt_shape *shape,
                      const struct lt_place *place,
                      bool with_key,
                      struct lt_buf *out);
/** Has the copy a column that `granted` has not? */
bool lt_shape_exceeds(const struct lt_shape *shape, const struct lt_shape *granted);
/** The view: what the copy holds while it is usable, nothing or an error when it is not
 * (architecture 6).  Columns the view had before keep their place; what this copy has not, or
 * `granted` has not, reads as NULL; new ones of `granted` come last. */
void lt_sql_view(const struct lt_shape *shape,
                 const struct lt_shape *granted, /**< may be the same */
                 const struct lt_place *place,
                 const struct lt_view_column *old,
                 size_t old_count,
                 struct lt_buf *out);
/** Has a column that stays another type?  Then the view must be dropped first. */
bool lt_view_must_drop(const struct lt_shape *shape,
                       const struct lt_view_column *old,
                       size_t old_count);
