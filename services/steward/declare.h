/**
 * @file
 * Declarations: JSON text -> control bodies, with every check that needs no other object (the rest
 * is apply.h).  Pure.
 */
#pragma once

#include "record/records.h"
#include "steward/reading.h"

/** One connection of an agreement, as declared. */
struct lt_grant_declared {
    const char *connection, *application, *service;
    const char **fields;
    size_t field_count;
    const char *filter;    /**< "" = all rows */
    int64_t use_period;    /**< LT_NULL: the policy's */
    const char *on_expiry; /**< NULL: the policy's */
    int64_t max_per_day;   /**< LT_NULL: none */
    char path[32];         /**< "$.grants[2]" */
};

struct lt_declaration {
    enum lt_control_kind kind; /**< agency, application, service or agreement */
    const char *id;
    union {
        struct lt_agency agency;
        struct lt_application application; /**< no certificate yet: generation 0 */
        struct lt_service service;         /**< schema ids are 0 until derived */
        struct lt_agreement agreement;
    } body;
    const char *file;
    struct lt_grant_declared *grants; /**< of an agreement */
    size_t grant_count;
};

/** Reads one declaration.  default_window: for a service that states none.  Texts live in the
 * reading's arena. */
int lt_declaration_read(const struct lt_reading *reading,
                        const char *file,
                        const char *text,
                        size_t len,
                        int64_t default_window,
                        struct lt_declaration *ret) LT_MUST_CHECK;
