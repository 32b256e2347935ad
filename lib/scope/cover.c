/*
 * Does one filter let through all that another does?  AND and OR over leaves is monotone (tree.h),
 * so the question splits along both trees; leaves cover equal leaves and smaller sets.  What is not
 * shown so within the budget counts as not covered.
 */
#include <string.h>

#include "scope/tree.h"

#define COVER_BUDGET 1000000 /* pairs of nodes looked at, and literals */

struct covering {
    const struct lt_filter *wide, *narrow;
    size_t budget;
};

static const struct scope_column *column_of(const struct lt_filter *filter,
                                            const struct scope_node *leaf)
{
    return &filter->columns[leaf->column];
}

/* Are all literals of b (sorted, each once, as a's are) among those of a? */
static bool
holds_all(enum scope_class class, const struct scope_node *a, const struct scope_node *b)
{
    size_t found = 0;
    for (size_t i = 0; i < a->literal_count && found < b->literal_count; i++)
        if (scope_value_compare(class, a->literals[i], b->literals[found]) == 0)
            found++;
    return found == b->literal_count;
}

static bool leaf_covers(const struct covering *covering,
                        const struct scope_node *wide,
                        const struct scope_node *narrow)
{
    const struct scope_column *of = column_of(covering->wide, wide);
    if (wide->kind != narrow->kind ||
        strcmp(of->name, column_of(covering->narrow, narrow)->name) != 0)
        return false;
    if (wide->kind == SCOPE_NOT_IN) /* fewer values excluded is wider */
        return holds_all(of->class, narrow, wide);
    if (wide->kind == SCOPE_IN)
        return holds_all(of->class, wide, narrow);
    return wide->literal_count == narrow->literal_count && holds_all(of->class, wide, narrow);
}

static bool
covers(struct covering *covering, const struct scope_node *wide, const struct scope_node *narrow);

/* Each alternative of narrow, or each condition of wide. */
static bool covers_each(struct covering *covering,
                        const struct scope_node *wide,
                        const struct scope_node *narrow)
{
    const bool split_narrow = narrow->kind == SCOPE_OR;
    const struct scope_node *split = split_narrow ? narrow : wide;
    for (size_t i = 0; i < split->child_count; i++)
        if (!(split_narrow ? covers(covering, wide, split->children[i])
                           : covers(covering, split->children[i], narrow)))
            return false;
    return true;
}

/* Some alternative of wide, or some condition of narrow. */
static bool covers_some(struct covering *covering,
                        const struct scope_node *wide,
                        const struct scope_node *narrow)
{
    for (size_t i = 0; wide->kind == SCOPE_OR && i < wide->child_count; i++)
        if (covers(covering, wide->children[i], narrow))
            return true;
    for (size_t i = 0; narrow->kind == SCOPE_AND && i < narrow->child_count; i++)
        if (covers(covering, wide, narrow->children[i]))
            return true;
    return false;
}

static bool
covers(struct covering *covering, const struct scope_node *wide, const struct scope_node *narrow)
{
    const size_t cost = 1 + wide->literal_count + narrow->literal_count;
    if (covering->budget < cost)
        return false;
    covering->budget -= cost;
    if (narrow->kind == SCOPE_OR || wide->kind == SCOPE_AND)
        return covers_each(covering, wide, narrow);
    if (wide->kind == SCOPE_OR || narrow->kind == SCOPE_AND)
        return covers_some(covering, wide, narrow);
    return leaf_covers(covering, wide, narrow);
}

bool lt_filter_covers(const struct lt_filter *wide, const struct lt_filter *narrow)
{
    struct covering covering = {.wide = wide, .narrow = narrow, .budget = COVER_BUDGET};
    if (!wide->root)
        return true;
    return narrow->root && covers(&covering, wide->root, narrow->root);
}
