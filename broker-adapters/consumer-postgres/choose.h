/**
 * @file
 * What is to be done next for a connection: which copies to make, show, close and drop (protocol
 * 9.3-9.5, 9.7).  Pure: the caller carries a step out and asks again until nothing is left.
 */
#pragma once

#include "consumer-postgres/inbox.h"
#include "consumer-postgres/stamp.h"

enum lt_copy_state {
    LT_COPY_LOADING, /**< filled beside what is shown */
    LT_COPY_ACTIVE,  /**< complete and shown */
    LT_COPY_STALE,   /**< cleaned records are missing; a second reading takes its place */
    LT_COPY_DAMAGED, /**< a gap was reported; a successor takes its place */
};
const char *lt_copy_state_name(enum lt_copy_state state);
/** LT_COPY_DAMAGED when the text is unknown: nothing is applied to what we do not understand. */
enum lt_copy_state lt_copy_state_parse(const char *text);

#define LT_CLOSED_AMENDED "amended" /**< terms.closed: it may hold what the scope has no longer */

/** A copy as the decision sees it. */
struct lt_copy_facts {
    int copy;
    int64_t generation;
    enum lt_copy_state state;
    lt_time begun;          /**< when the reading began, by the target's clock */
    bool shown;             /**< the view reads it */
    int64_t scope_version;  /**< of its records; 0: not known */
    int32_t granted_schema; /**< the view shows no fields but those of this value schema */
    struct lt_stand at;
    struct lt_terms terms;
    struct lt_worth worth;
};

enum lt_step_kind {
    LT_STEP_NONE,
    LT_STEP_TERMS,  /**< give `copy` the terms in `terms`, at once and durably */
    LT_STEP_NARROW, /**< `copy` is shown: give its view the fields of the connection's value schema,
                         NULL where it has them not; where a lost field cannot be taken out, close
                         it (LT_CLOSED_AMENDED) */
    LT_STEP_CREATE, /**< make a copy of the stream to follow; show it when `show` */
    LT_STEP_SWITCH, /**< `copy` is complete: show it, drop the connection's other copies */
    LT_STEP_DROP,   /**< `copy` is superseded and not shown */
};
struct lt_step {
    enum lt_step_kind kind;
    int copy;
    bool show;
    struct lt_terms terms;
};

/** The next step for the connection; copies: all of its copies, in any order. */
struct lt_step lt_choose(const struct lt_inbox *inbox,
                         const char *connection,
                         const struct lt_copy_facts *copies,
                         size_t count);

/** The terms that a copy of that generation is to be held under now.  An older copy never gets a
 * longer period than it had (D41.2b-10).  Closed is a copy whose connection is over, and one that
 * may hold rows out of the scope as it is now; an amendment that only adds leaves it open. */
struct lt_terms lt_terms_wanted(const struct lt_inbox *inbox,
                                const char *connection,
                                const struct lt_copy_facts *copy);
