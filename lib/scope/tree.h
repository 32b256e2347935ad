/**
 * @file
 * The compiled form of a filter.  Layer 1, private to scope.
 *
 * NOT is gone: the parser pushes it down to the leaves (NOT a = 1 is a <> 1, NOT (a AND b) is
 * NOT a OR NOT b; both hold in three-valued logic).  What is left, AND and OR over leaves, is
 * monotone, so a leaf whose column is null may count as false: a row is in scope exactly when the
 * three-valued result is true.  The evaluation needs two values only.
 */
#pragma once

#include "base/mem.h"
#include "scope/scope.h"
#include "scope/value.h"

enum scope_kind {
    SCOPE_AND,
    SCOPE_OR,
    SCOPE_IN, /**< one of the literals; `=` is a set of one */
    SCOPE_NOT_IN,
    SCOPE_LESS,
    SCOPE_LESS_EQUAL,
    SCOPE_GREATER,
    SCOPE_GREATER_EQUAL,
    SCOPE_PREFIX,
    SCOPE_NOT_PREFIX,
    SCOPE_IS_NULL,
    SCOPE_IS_NOT_NULL,
};

struct scope_node {
    enum scope_kind kind;
    /* AND, OR: at least two children, none of the node's own kind */
    struct scope_node **children;
    size_t child_count;
    /* leaves */
    size_t column;                /**< index into the filter's columns */
    struct scope_value *literals; /**< sorted, each once; one for comparisons and prefixes */
    size_t literal_count;
};

struct lt_filter {
    struct lt_arena *arena;        /**< holds everything below */
    const struct scope_node *root; /**< NULL: all rows */
    const struct scope_column *columns;
    size_t column_count;
    const char *normal; /**< the normal form's text */
};

/** The view: where the filter's columns stand in another record. */
struct lt_filter_view {
    const struct lt_filter *filter;
    uint32_t fields[]; /**< one for each column of the filter */
};

/** The kind that says the opposite of a leaf. */
enum scope_kind scope_opposite(enum scope_kind kind);
/** Appends the normal form. */
void scope_format(const struct lt_filter *filter, struct lt_buf *out);
