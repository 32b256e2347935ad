/**
 * @file
 * One connection's rows in the one byte form in which verify compares them: values encoded as on
 * the wire, so that source and target need not spell them alike.  Pure; one thread.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "record/records.h"

struct lt_cli_shape;
/** scope_schema: text of the service's scope schema, NULL when it has no scope columns.  service
 * and terms are borrowed. LT_ERR_REJECT when a type, field or the row filter is not known. */
struct lt_cli_shape *lt_cli_shape_new(const struct lt_service *service,
                                      const struct lt_connection *terms,
                                      const char *scope_schema,
                                      struct lt_error *reterr) LT_MUST_CHECK;
void lt_cli_shape_free(struct lt_cli_shape *shape);
LT_DEFINE_CLEANUP(struct lt_cli_shape, lt_cli_shape_free)

/** The columns to select, in this order: at the target the first lt_cli_shape_projected(), at the
 * source all declared ones. */
size_t lt_cli_shape_columns(const struct lt_cli_shape *shape);
size_t lt_cli_shape_projected(const struct lt_cli_shape *shape);
const char *lt_cli_shape_column(const struct lt_cli_shape *shape, size_t i);

struct lt_cli_row {
    struct lt_buf key, body; /**< encoded */
    struct lt_buf text;      /**< "code=00001", for people */
};
void lt_cli_row_fini(struct lt_cli_row *row);

enum lt_cli_row_kind {
    LT_CLI_ROW_IN,      /**< in scope, *row is filled */
    LT_CLI_ROW_OUT,     /**< outside the row filter */
    LT_CLI_ROW_WITHHELD /**< a value is outside its declared type: never sent as it is */
};
/** texts: PostgreSQL's text of each column, NULL for null. */
enum lt_cli_row_kind
lt_cli_shape_source(struct lt_cli_shape *shape, const char *const *texts, struct lt_cli_row *row);
/** The same of a target row; never OUT. */
enum lt_cli_row_kind
lt_cli_shape_target(struct lt_cli_shape *shape, const char *const *texts, struct lt_cli_row *row);
