/**
 * @file
 * What a check found: what is wrong, and what to do.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

struct finding {
    bool blocks; /**< the feed or the program cannot run */
    char what[256];
    char todo[512];
};
/** Zero-initialise to start; findings_fini() releases. */
struct findings {
    struct finding *items;
    size_t count, cap;
};
void findings_fini(struct findings *findings);
/** A new finding whose `todo` may be set after. */
struct finding *findings_add(struct findings *findings, bool blocks, const char *fmt, ...)
    LT_PRINTF(3, 4);
void finding_todo(struct finding *finding, const char *fmt, ...) LT_PRINTF(2, 3);
/** The first that blocks, or NULL. */
const struct finding *findings_blocking(const struct findings *findings);
