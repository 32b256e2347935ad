#include <string.h>

#include "scope/lexer.h"
#include "scope/literal.h"
#include "scope/tree.h"

static void put_name(const char *name, struct lt_buf *out)
{
    if (scope_is_plain_name(name)) {
        lt_buf_adds(out, name);
        return;
    }
    lt_buf_addc(out, '"');
    for (; *name; name++) {
        if (*name == '"')
            lt_buf_addc(out, '"');
        lt_buf_addc(out, (uint8_t)*name);
    }
    lt_buf_addc(out, '"');
}

static void
put_set(const struct scope_column *column, const struct scope_node *leaf, struct lt_buf *out)
{
    bool not = leaf->kind == SCOPE_NOT_IN;
    if (leaf->literal_count == 1) {
        lt_buf_adds(out, not ? " <> " : " = ");
        scope_literal_format(column, leaf->literals[0], out);
        return;
    }
    lt_buf_adds(out, not ? " NOT IN (" : " IN (");
    for (size_t i = 0; i < leaf->literal_count; i++) {
        lt_buf_adds(out, i ? ", " : "");
        scope_literal_format(column, leaf->literals[i], out);
    }
    lt_buf_addc(out, ')');
}

static void
put_leaf(const struct lt_filter *filter, const struct scope_node *leaf, struct lt_buf *out)
{
    static const char *const words[] = {
        [SCOPE_LESS] = " < ",         [SCOPE_LESS_EQUAL] = " <= ",
        [SCOPE_GREATER] = " > ",      [SCOPE_GREATER_EQUAL] = " >= ",
        [SCOPE_PREFIX] = " LIKE ",    [SCOPE_NOT_PREFIX] = " NOT LIKE ",
        [SCOPE_IS_NULL] = " IS NULL", [SCOPE_IS_NOT_NULL] = " IS NOT NULL",
    };
    const struct scope_column *column = &filter->columns[leaf->column];
    put_name(column->shown, out);
    if (leaf->kind == SCOPE_IN || leaf->kind == SCOPE_NOT_IN) {
        put_set(column, leaf, out);
        return;
    }
    lt_buf_adds(out, words[leaf->kind]);
    if (leaf->kind == SCOPE_PREFIX || leaf->kind == SCOPE_NOT_PREFIX)
        scope_prefix_format(leaf->literals[0], out);
    else if (leaf->literal_count > 0)
        scope_literal_format(column, leaf->literals[0], out);
}

/* AND binds tighter than OR: only an OR inside an AND needs parentheses. */
static void
put_node(const struct lt_filter *filter, const struct scope_node *node, struct lt_buf *out)
{
    if (node->kind != SCOPE_AND && node->kind != SCOPE_OR) {
        put_leaf(filter, node, out);
        return;
    }
    for (size_t i = 0; i < node->child_count; i++) {
        const struct scope_node *child = node->children[i];
        bool wrap = node->kind == SCOPE_AND && child->kind == SCOPE_OR;
        if (i > 0)
            lt_buf_adds(out, node->kind == SCOPE_AND ? " AND " : " OR ");
        lt_buf_adds(out, wrap ? "(" : "");
        put_node(filter, child, out);
        lt_buf_adds(out, wrap ? ")" : "");
    }
}

void scope_format(const struct lt_filter *filter, struct lt_buf *out)
{
    if (filter->root)
        put_node(filter, filter->root, out);
}
