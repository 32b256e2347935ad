/*
 * Is a filter wider than another?  Proved on the two trees; a filter is monotone in its leaves
 * (tree.h), so a proof for the parts is one for the whole.
 */
#include <string.h>

#include "scope/tree.h"

/* Trees that are nested against each other could cost any time: beyond it nothing is proved. */
#define STEPS_MAX 100000

struct proof {
    const struct lt_filter *wide, *old;
    size_t steps;
};

static bool holds(struct proof *proof, const struct scope_node *wide, const struct scope_node *old);

static bool is_part(const struct scope_column *column,
                    const struct scope_node *part,
                    const struct scope_node *whole)
{
    size_t at = 0;
    for (size_t i = 0; i < part->literal_count; i++, at++) {
        while (at < whole->literal_count &&
               scope_value_compare(column->class, whole->literals[at], part->literals[i]) < 0)
            at++;
        if (at == whole->literal_count ||
            scope_value_compare(column->class, whole->literals[at], part->literals[i]) != 0)
            return false;
    }
    return true;
}

static bool
leaf_holds(struct proof *proof, const struct scope_node *wide, const struct scope_node *old)
{
    const struct scope_column *column = &proof->wide->columns[wide->column];
    proof->steps += wide->literal_count + old->literal_count;
    if (wide->kind != old->kind || strcmp(column->name, proof->old->columns[old->column].name) != 0)
        return false;
    if (wide->kind == SCOPE_IN)
        return is_part(column, old, wide);
    if (wide->kind == SCOPE_NOT_IN)
        return is_part(column, wide, old);
    return is_part(column, old, wide) && is_part(column, wide, old);
}

/* Every row of `old` passes each condition of `wide`. */
static bool
all_hold(struct proof *proof, const struct scope_node *wide, const struct scope_node *old)
{
    for (size_t i = 0; i < wide->child_count; i++)
        if (!holds(proof, wide->children[i], old))
            return false;
    return true;
}

static bool
holds_each(struct proof *proof, const struct scope_node *wide, const struct scope_node *old)
{
    for (size_t i = 0; i < old->child_count; i++)
        if (!holds(proof, wide, old->children[i]))
            return false;
    return true;
}

static bool
one_holds(struct proof *proof, const struct scope_node *wide, const struct scope_node *old)
{
    for (size_t i = 0; i < wide->child_count; i++)
        if (holds(proof, wide->children[i], old))
            return true;
    return false;
}

static bool
holds_one(struct proof *proof, const struct scope_node *wide, const struct scope_node *old)
{
    for (size_t i = 0; i < old->child_count; i++)
        if (holds(proof, wide, old->children[i]))
            return true;
    return false;
}

static bool is_leaf(const struct scope_node *node)
{
    return node->kind != SCOPE_AND && node->kind != SCOPE_OR;
}

static bool holds(struct proof *proof, const struct scope_node *wide, const struct scope_node *old)
{
    if (++proof->steps > STEPS_MAX)
        return false;
    if (old->kind == SCOPE_OR)
        return holds_each(proof, wide, old);
    if (wide->kind == SCOPE_AND)
        return all_hold(proof, wide, old);
    if (is_leaf(wide) && is_leaf(old))
        return leaf_holds(proof, wide, old);
    return (wide->kind == SCOPE_OR && one_holds(proof, wide, old)) ||
           (old->kind == SCOPE_AND && holds_one(proof, wide, old));
}

bool lt_filter_widens(const struct lt_filter *filter, const struct lt_filter *old)
{
    struct proof proof = {.wide = filter, .old = old};
    if (!filter->root)
        return true;
    return old->root && holds(&proof, filter->root, old->root) && proof.steps <= STEPS_MAX;
}
