/**
 * @file
 * Literals of a filter: words to values of a column's type, and back to their one spelling.
 * Layer 1, private to scope.
 */
#pragma once

#include "scope/lexer.h"
#include "scope/value.h"

/** The value that the token means for the column; its bytes live in the arena.  LT_ERR_REJECT with
 * the token's position. */
int scope_literal_parse(const struct scope_column *column,
                        const struct scope_token *token,
                        struct lt_arena *arena,
                        struct scope_value *ret,
                        struct lt_error *reterr) LT_MUST_CHECK;
void scope_literal_format(const struct scope_column *column,
                          struct scope_value value,
                          struct lt_buf *out);

/** LIKE 'prefix%' -> the prefix: wildcards only as the one % at the end; \ escapes. */
int scope_prefix_parse(const struct scope_column *column,
                       const struct scope_token *token,
                       struct lt_arena *arena,
                       struct scope_value *ret,
                       struct lt_error *reterr) LT_MUST_CHECK;
void scope_prefix_format(struct scope_value prefix, struct lt_buf *out);
