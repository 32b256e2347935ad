/**
 * @file
 * Text of a filter -> tree.  Layer 1, private to scope.
 *
 *   or        = and { OR and }
 *   and       = unary { AND unary }
 *   unary     = NOT unary | "(" or ")" | predicate
 *   predicate = name ( = | <> | < | <= | > | >= ) literal
 *             | name [NOT] BETWEEN literal AND literal
 *             | name [NOT] IN "(" literal { "," literal } ")"
 *             | name [NOT] LIKE 'prefix%'
 *             | name IS [NOT] NULL
 */
#pragma once

#include "scope/tree.h"

#define SCOPE_TEXT_MAX     65536 /**< bytes of text */
#define SCOPE_DEPTH_MAX    32    /**< of parentheses and NOT */
#define SCOPE_LITERALS_MAX 4096

/** Fills root and columns of the filter; everything lives in its arena. */
int scope_parse(const char *text,
                const struct lt_avro_schema *schema,
                struct lt_filter *filter,
                struct lt_error *reterr) LT_MUST_CHECK;
