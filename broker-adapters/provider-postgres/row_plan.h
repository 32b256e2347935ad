/**
 * @file
 * From a row in PostgreSQL's text form to the bytes of a feed record: a plan compiled once for a
 * data service and the columns as they come (a Relation message, or the snapshot's column list).
 * Pure.
 *
 * Rows are whole: an out-of-line value that was not sent is taken from the old row, never read
 * later.  A value outside its declared type, a null in a required field and a record above the size
 * limit withhold the row, with the reason counted (architecture 3).
 */
#pragma once

#include "avro/schema.h"
#include "pgoutput/pgoutput.h"
#include "provider-postgres/batch.h"
#include "record/records.h"

#define RECORD_BYTES_MAX ((size_t)1 << 20)
/** Scope columns of a row within the limit, each nullable (schemas/README.md 2). */
#define SCOPE_BYTES_MAX (RECORD_BYTES_MAX + LT_PGO_COLUMNS_MAX)

/** A data service with its parsed schemas; immutable once made. */
struct service {
    char id[16];
    struct lt_service *declared; /**< texts in `arena` */
    struct lt_avro_schema *key_schema, *value_schema, *scope_schema;
    int64_t use_period;      /**< shortest that copies may have, microseconds; 0: no policy */
    uint8_t declaration[32]; /**< SHA-256 over everything that fixes meaning and bytes */
    struct lt_arena *arena;
};
/** Copies and checks a declaration and the texts of its schemas: REJECT when they do not agree
 * (fields, nullability, key, scope). */
struct service *service_new(const char *id,
                            const struct lt_service *declared,
                            const char *key_schema,
                            const char *value_schema,
                            const char *scope_schema,
                            struct lt_error *reterr) LT_MUST_CHECK;
void service_free(struct service *service);
LT_DEFINE_CLEANUP(struct service, service_free)

/** Why rows were withheld. */
enum withheld { WITHHELD_VALUE, WITHHELD_NULL, WITHHELD_SIZE, WITHHELD_KEY, WITHHELD_REASONS };
const char *withheld_name(enum withheld why);

struct row_plan;
/** columns: names in the order in which values will come.  REJECT names a declared column that is
 * not there or has another type (type_of: expected (oid, typmod) by field; NULL: not compared). */
struct type_id {
    uint32_t oid;
    int32_t typmod;
};
struct row_plan *row_plan_new(const struct service *service,
                              const struct lt_pgo_column *columns,
                              size_t count,
                              const struct type_id *type_of,
                              struct lt_error *reterr) LT_MUST_CHECK;
void row_plan_free(struct row_plan *plan);
LT_DEFINE_CLEANUP(struct row_plan, row_plan_free)

/** One change: what every record made of it says. */
struct row_change {
    uint32_t feed;
    enum lt_op op; /**< insert, update, delete or snapshot */
    lt_time time;
    struct event_id id;
    const struct lt_pgo_tuple *old_row, *new_row; /**< NULL or count 0: none */
    bool old_is_key; /**< only the identity's columns of old_row are there */
};
/** Appends the records of the change (none, one, or delete + insert for a changed key).
 * counts[] grows for each row withheld.  FATAL: an out-of-line value is missing: the table is not
 * REPLICA IDENTITY FULL; REJECT: the row has fewer columns than the plan. */
int row_plan_apply(struct row_plan *plan,
                   const struct row_change *change,
                   struct batch *batch,
                   int64_t now_ms,
                   int64_t counts[WITHHELD_REASONS],
                   struct lt_error *reterr) LT_MUST_CHECK;
