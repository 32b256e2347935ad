/**
 * @file
 * Inside of apply: one declaration of each kind.
 */
#pragma once

#include "steward/apply.h"

#define LT_CONNECTIONS_MAX 10001 /**< of one service or agreement, plus one */

struct lt_applying {
    struct lt_plan *plan;
    const struct lt_reading *reading;
    const struct lt_declaration *declaration;
};

int lt_apply_service(const struct lt_applying *applying) LT_MUST_CHECK;
int lt_apply_agreement(const struct lt_applying *applying) LT_MUST_CHECK;
