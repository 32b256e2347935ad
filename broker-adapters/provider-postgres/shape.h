/**
 * @file
 * The table behind a data service as the catalog has it now: does it fit the declaration
 * (architecture 3), and which facts could change its contents without a row event (4.2).
 */
#pragma once

#include "pg/conn.h"
#include "provider-postgres/findings.h"
#include "provider-postgres/row_plan.h"

/** The table, which is the first, and all of its partition tree. */
struct shape_parts {
    uint32_t *oids;
    size_t count;
};
void shape_parts_fini(struct shape_parts *parts);
bool shape_parts_have(const struct shape_parts *parts, uint32_t oid);

struct shape {
    bool found;
    bool partitioned;
    struct type_id *types; /**< by field of the declaration */
};
void shape_fini(struct shape *shape);

/** Reads the table's facts; whatever keeps the feed from running or endangers it becomes a finding
 * (with the SQL that mends it), never an error.  Errors are the connection's. */
int shape_read(struct lt_pg *pg,
               const struct service *service,
               const char *publication,
               struct shape *ret,
               struct findings *findings,
               struct lt_error *reterr) LT_MUST_CHECK;

/** Fingerprint: the declaration's digest, then SHA-256 of the declared columns with name, type,
 * typmod and collation, relfilenodes, replica identities, partition tree, publication and RLS.
 * What was undone again leaves its trace: a part, a table or a publication's options that were away
 * or different for a moment.  ret_parts: the tree it was taken of, or NULL. */
int shape_fingerprint(struct lt_pg *pg,
                      const struct service *service,
                      const char *publication,
                      uint8_t ret[FINGERPRINT_BYTES],
                      struct shape_parts *ret_parts,
                      struct lt_error *reterr) LT_MUST_CHECK;

/** The same of all services, by one question to the server. */
int shape_fingerprints(struct lt_pg *pg,
                       const struct service *const *services,
                       size_t count,
                       const char *publication,
                       uint8_t (*ret)[FINGERPRINT_BYTES],
                       struct lt_error *reterr) LT_MUST_CHECK;

/** The declared table's schema and name. */
void shape_names(const struct service *service, char schema[64], char table[64]);
