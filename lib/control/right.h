/**
 * @file
 * DX-1: the one predicate that decides every delivery, clause by clause; the first failing clause
 * is named, unknown means no.  Layer 2, pure.  Used by routing (per batch) and by
 * `lienthong explain`.
 */
#pragma once

#include "control/control.h"

enum lt_clause {
    LT_CLAUSE_NONE = 0,     /**< all clauses hold */
    LT_CLAUSE_CONTROL,      /**< control state unknown or not fresh (fail closed) */
    LT_CLAUSE_CONNECTION,   /**< connection unknown or ended (D44) */
    LT_CLAUSE_PUBLISHED,    /**< service published (D24) */
    LT_CLAUSE_POLICY,       /**< policy in force (D22) */
    LT_CLAUSE_SERVICE_HOLD, /**< no service-wide hold (D43.1) */
    LT_CLAUSE_PAIR_HOLD,    /**< no hold on the pair (D43.2) */
    LT_CLAUSE_AGREEMENT,    /**< agreement signed, in force, not terminated (D37, D44) */
    LT_CLAUSE_ACCOUNT,      /**< application active with a valid certificate (D40) */
    LT_CLAUSE_SCOPE,        /**< fields and row filter known (D52.2b) */
    LT_CLAUSE_RATE,         /**< declared frequency of use not exceeded (D35.2e) */
    LT_CLAUSE_DIARY,        /**< the diary can be written (D45) */
};
/** "agreement", ... for logs, the diary and metrics. */
const char *lt_clause_name(enum lt_clause clause);
/** The clause in the decree's words with its article, English or Vietnamese. */
const char *lt_clause_words(enum lt_clause clause, bool vietnamese);
/** Does failing this clause end the stream (true) or hold it (false)? */
bool lt_clause_is_final(enum lt_clause clause);

/** What the predicate needs beside the fold. */
struct lt_right_facts {
    lt_time now;
    lt_time grace;       /**< how old a heartbeat may be */
    lt_time transaction; /**< longest life of a transaction: the right must outlast it */
    bool scope_known;    /**< fields and filter compiled against the service's schema */
    int64_t delivered_today;
    bool diary_writable;
};
struct lt_right {
    enum lt_clause clause; /**< LT_CLAUSE_NONE: may be delivered */
    char detail[200];      /**< e.g. "hold ho000007, ground 43.2a, since ..." */
};
/** Evaluates the clauses in the order of the enum, up to the first that fails.
 *
 * What has run out for good (connection or agreement ended, its connection period over at `now`:
 * D44.1d-2) fails LT_CLAUSE_CONNECTION, which is final.  What ends before a transaction begun now
 * could end (now + facts->transaction) fails LT_CLAUSE_AGREEMENT or LT_CLAUSE_ACCOUNT, which hold.
 */
struct lt_right
lt_route(const struct lt_fold *fold, const char *connection, const struct lt_right_facts *facts);
/** The first moment after facts->now at which time alone changes the answer: the same fold and the
 * same facts but for `now` give the same clause until then.  INT64_MAX: none will. */
lt_time lt_route_until(const struct lt_fold *fold,
                       const char *connection,
                       const struct lt_right_facts *facts);
/** All failing clauses, as bits 1 << clause; 0: may be delivered.  For `explain`. */
unsigned lt_route_failing(const struct lt_fold *fold,
                          const char *connection,
                          const struct lt_right_facts *facts);
