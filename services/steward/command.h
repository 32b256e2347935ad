/**
 * @file
 * Commands from the spool: JSON -> plan.  Pure; what a command makes outside control (a
 * certificate) is done by the caller.
 */
#pragma once

#include "steward/plan.h"

enum lt_command_kind {
    LT_COMMAND_APPLY,
    LT_COMMAND_HOLD,
    LT_COMMAND_LIFT,
    LT_COMMAND_AMEND,
    LT_COMMAND_REVOKE,
    LT_COMMAND_ISSUE,
};
struct lt_command {
    enum lt_command_kind kind;
    const char *name, *author;
    json_t *root;                /**< owned */
    const json_t *declarations;  /**< apply */
    const char *target, *ground; /**< hold, revoke */
    const char *reason, *restore;
    lt_time expected_end;
    const char *hold;                    /**< lift */
    const char *connection;              /**< amend */
    const json_t *fields;                /**< amend; NULL: as they are */
    const char *filter;                  /**< amend; NULL: as it is */
    int64_t use_period;                  /**< amend; LT_NULL: as it is */
    const char *application, *directory; /**< issue */
};

/** Reads one command.  lt_command_fini() releases; texts live in the reading's arena. */
int lt_command_read(const struct lt_reading *reading,
                    const char *text,
                    size_t len,
                    struct lt_command *ret) LT_MUST_CHECK;
void lt_command_fini(struct lt_command *command);

struct lt_command_settings {
    int64_t default_window;     /**< of a service that states none */
    int64_t certificate_period; /**< of a certificate that is issued */
};
/** Plans it.  LT_ERR_REJECT with fault: nothing of it is done. */
int lt_plan_command(struct lt_plan *plan,
                    const struct lt_reading *reading,
                    const struct lt_command *command,
                    const struct lt_command_settings *settings) LT_MUST_CHECK;

/** Ends what has run out by itself: agreements whose connection period is over, and their
 * connections (ground 44.1d-2).  Deliveries stopped by lt_route() already; this makes it final. */
void lt_plan_expire(struct lt_plan *plan);
