/**
 * @file
 * The error value: a plain struct on the caller's stack.  Layer 0, any thread.
 *
 * Functions that can fail return 0 or -1 (or a pointer or NULL) and take
 * `struct lt_error *reterr` as their last parameter.  reterr may be NULL when the caller does
 * not want the details.  Results are written only on success.
 */
#pragma once

#include "base/macros.h"

#include <stdbool.h>

/** What the caller can usefully do next; decisions are taken by class, never by text. */
enum lt_err_class {
    LT_ERR_NONE = 0,
    LT_ERR_RETRY,  /**< transient: back off and try again with the same input */
    LT_ERR_ABORT,  /**< undo this transaction or batch, start over from what is stored */
    LT_ERR_REJECT, /**< this input is bad: set it aside, go on */
    LT_ERR_FATAL,  /**< configuration, permission, protocol, fenced: stop */
};

struct lt_error {
    enum lt_err_class class;
    const char *domain; /**< "pg", "kafka", "conf" ...; a static string */
    int code;           /**< the domain's own number, 0 when it has none */
    char msg[512];      /**< outermost context first, lower case, no full stop */
};

/** Fills *reterr (if not NULL) and returns -1, so that `return lt_fail(...)` reads well. */
int lt_fail(struct lt_error *reterr,
            enum lt_err_class class,
            const char *domain,
            int code,
            const char *fmt,
            ...) LT_PRINTF(5, 6);

/** Puts "context: " in front of the message and returns -1. */
int lt_fail_context(struct lt_error *reterr, const char *fmt, ...) LT_PRINTF(2, 3);

/** "retry", "abort", "reject", "fatal" or "none". */
const char *lt_err_class_name(enum lt_err_class class);
