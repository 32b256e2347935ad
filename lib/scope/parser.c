#include "scope/parser.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scope/lexer.h"
#include "scope/literal.h"

struct parser {
    struct scope_lexer lexer;
    struct scope_token token; /* the next one, not yet used */
    const struct lt_avro_schema *schema;
    struct lt_arena *arena;
    struct scope_column *columns; /* room for every field of the schema */
    size_t *fields;               /* field of each column */
    size_t column_count;
    size_t literal_count;
    int depth;
    struct lt_error *reterr;
};

static int parse_or(struct parser *parser, bool negate, struct scope_node **ret);

/* ---- tokens ---- */

static int advance(struct parser *parser)
{
    return scope_lexer_next(&parser->lexer, &parser->token, parser->reterr);
}

static bool at_word(const struct parser *parser, const char *word)
{
    return parser->token.kind == SCOPE_TOKEN_WORD && strcasecmp(parser->token.text, word) == 0;
}

static bool at_sign(const struct parser *parser, const char *sign)
{
    return parser->token.kind == SCOPE_TOKEN_SIGN && strcmp(parser->token.text, sign) == 0;
}

/* 1 and past it when the word is next, 0 when not. */
static int accept_word(struct parser *parser, const char *word)
{
    if (!at_word(parser, word))
        return 0;
    return advance(parser) < 0 ? -1 : 1;
}

static int expected(struct parser *parser, const char *what)
{
    bool end = parser->token.kind == SCOPE_TOKEN_END;
    return scope_fail_at(parser->token.at, parser->reterr,
                         end ? "%s expected, but the filter ends" : "%s expected", what);
}

static int expect_sign(struct parser *parser, const char *sign)
{
    return at_sign(parser, sign) ? advance(parser) : expected(parser, sign);
}

static int expect_word(struct parser *parser, const char *word)
{
    return at_word(parser, word) ? advance(parser) : expected(parser, word);
}

static int too_deep(struct parser *parser)
{
    return scope_fail_at(parser->token.at, parser->reterr, "nested deeper than %d",
                         SCOPE_DEPTH_MAX);
}

/* ---- nodes ---- */

static struct scope_node *new_node(struct parser *parser, enum scope_kind kind)
{
    struct scope_node *node = lt_arena_alloc(parser->arena, sizeof *node);
    *node = (struct scope_node){.kind = kind};
    return node;
}

static struct scope_node *
new_leaf(struct parser *parser, enum scope_kind kind, size_t column, bool negate)
{
    struct scope_node *leaf = new_node(parser, negate ? scope_opposite(kind) : kind);
    leaf->column = column;
    return leaf;
}

/* Appends a child, or its children when it is of the same kind. */
static void gather(struct lt_buf *children, enum scope_kind kind, struct scope_node *child)
{
    if (child->kind == kind)
        lt_buf_add(children, child->children, child->child_count * sizeof(struct scope_node *));
    else
        lt_buf_add(children, &child, sizeof child);
}

static struct scope_node *
new_branch(struct parser *parser, enum scope_kind kind, struct lt_buf *children)
{
    struct scope_node *node = new_node(parser, kind);
    node->children = lt_arena_dup(parser->arena, children->data, children->len);
    node->child_count = children->len / sizeof(struct scope_node *);
    return node;
}

enum scope_kind scope_opposite(enum scope_kind kind)
{
    static const enum scope_kind opposites[] = {
        [SCOPE_AND] = SCOPE_OR,
        [SCOPE_OR] = SCOPE_AND,
        [SCOPE_IN] = SCOPE_NOT_IN,
        [SCOPE_NOT_IN] = SCOPE_IN,
        [SCOPE_LESS] = SCOPE_GREATER_EQUAL,
        [SCOPE_GREATER_EQUAL] = SCOPE_LESS,
        [SCOPE_GREATER] = SCOPE_LESS_EQUAL,
        [SCOPE_LESS_EQUAL] = SCOPE_GREATER,
        [SCOPE_PREFIX] = SCOPE_NOT_PREFIX,
        [SCOPE_NOT_PREFIX] = SCOPE_PREFIX,
        [SCOPE_IS_NULL] = SCOPE_IS_NOT_NULL,
        [SCOPE_IS_NOT_NULL] = SCOPE_IS_NULL,
    };
    return opposites[kind];
}

/* ---- columns ---- */

static const char *column_name(const struct lt_avro_schema *schema, size_t field)
{
    const char *column = lt_avro_field_prop(schema, field, "lt.column");
    return column ? column : lt_avro_field_name(schema, field);
}

/* How many fields go by the name, as Avro name or as column; the last one in *ret. */
static int count_fields(const struct lt_avro_schema *schema, const char *name, size_t *ret)
{
    int count = 0;
    for (size_t i = 0; i < lt_avro_field_count(schema); i++) {
        if (strcmp(name, lt_avro_field_name(schema, i)) == 0 ||
            strcmp(name, column_name(schema, i)) == 0) {
            *ret = i;
            count++;
        }
    }
    return count;
}

/* The column of a field, entered when it is new. */
static int enter_column(struct parser *parser, size_t field, size_t *ret)
{
    struct lt_type type;
    size_t other;
    for (size_t i = 0; i < parser->column_count; i++) {
        if (parser->fields[i] == field) {
            *ret = i;
            return 0;
        }
    }
    if (scope_field_type(parser->schema, field, &type, parser->reterr) < 0)
        return -1;
    struct scope_column *column = &parser->columns[parser->column_count];
    const char *name = lt_avro_field_name(parser->schema, field);
    const char *shown = column_name(parser->schema, field);
    column->name = lt_arena_dup(parser->arena, name, strlen(name));
    column->shown = count_fields(parser->schema, shown, &other) != 1
                        ? column->name
                        : lt_arena_dup(parser->arena, shown, strlen(shown));
    scope_column_set_type(column, &type);
    parser->fields[parser->column_count] = field;
    *ret = parser->column_count++;
    return 0;
}

static int parse_column(struct parser *parser, size_t *ret)
{
    struct scope_token name = parser->token;
    bool is_name = name.kind == SCOPE_TOKEN_NAME ||
                   (name.kind == SCOPE_TOKEN_WORD && scope_is_plain_name(name.text));
    size_t field;
    if (!is_name)
        return expected(parser, "a column");
    int count = count_fields(parser->schema, name.text, &field);
    if (count != 1)
        return scope_fail_at(name.at, parser->reterr,
                             count ? "column '%.60s' is ambiguous" : "unknown column '%.60s'",
                             name.text);
    return enter_column(parser, field, ret) < 0 ? -1 : advance(parser);
}

/* ---- predicates ---- */

static int parse_literal(struct parser *parser, size_t column, struct scope_value *ret)
{
    if (++parser->literal_count > SCOPE_LITERALS_MAX)
        return scope_fail_at(parser->token.at, parser->reterr, "more than %d literals",
                             SCOPE_LITERALS_MAX);
    if (parser->token.kind == SCOPE_TOKEN_END || parser->token.kind == SCOPE_TOKEN_SIGN)
        return expected(parser, "a literal");
    if (scope_literal_parse(&parser->columns[column], &parser->token, parser->arena, ret,
                            parser->reterr) < 0)
        return -1;
    return advance(parser);
}

/* A leaf with one literal. */
static int parse_comparison(struct parser *parser,
                            enum scope_kind kind,
                            size_t column,
                            bool negate,
                            struct scope_node **ret)
{
    struct scope_node *leaf = new_leaf(parser, kind, column, negate);
    leaf->literals = lt_arena_alloc(parser->arena, sizeof *leaf->literals);
    leaf->literal_count = 1;
    if (parse_literal(parser, column, leaf->literals) < 0)
        return -1;
    *ret = leaf;
    return 0;
}

static int compare_literals(const void *a, const void *b, void *class)
{
    return scope_value_compare(*(const enum scope_class *)class, *(const struct scope_value *)a,
                               *(const struct scope_value *)b);
}

/* Sorts the literals and keeps each value once. */
static void set_literals(struct parser *parser, struct scope_node *leaf, struct lt_buf *literals)
{
    enum scope_class class = parser->columns[leaf->column].class;
    size_t count = literals->len / sizeof(struct scope_value), kept = 0;
    struct scope_value *values = lt_arena_dup(parser->arena, literals->data, literals->len);
    qsort_r(values, count, sizeof *values, compare_literals, &class);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || scope_value_compare(class, values[kept - 1], values[i]) != 0)
            values[kept++] = values[i];
    leaf->literals = values;
    leaf->literal_count = kept;
}

static int parse_in(struct parser *parser, size_t column, bool negate, struct scope_node **ret)
{
    LT_CLEANUP(lt_buf_fini) struct lt_buf literals = {0};
    struct scope_value value;
    if (expect_sign(parser, "(") < 0)
        return -1;
    for (;;) {
        if (parse_literal(parser, column, &value) < 0)
            return -1;
        lt_buf_add(&literals, &value, sizeof value);
        if (!at_sign(parser, ","))
            break;
        if (advance(parser) < 0)
            return -1;
    }
    if (expect_sign(parser, ")") < 0)
        return -1;
    *ret = new_leaf(parser, SCOPE_IN, column, negate);
    set_literals(parser, *ret, &literals);
    return 0;
}

static int parse_between(struct parser *parser, size_t column, bool negate, struct scope_node **ret)
{
    LT_CLEANUP(lt_buf_fini) struct lt_buf children = {0};
    struct scope_node *low, *high;
    if (negate && parser->depth == SCOPE_DEPTH_MAX) /* its normal form takes parentheses */
        return too_deep(parser);
    if (parse_comparison(parser, SCOPE_GREATER_EQUAL, column, negate, &low) < 0 ||
        expect_word(parser, "AND") < 0 ||
        parse_comparison(parser, SCOPE_LESS_EQUAL, column, negate, &high) < 0)
        return -1;
    lt_buf_add(&children, &low, sizeof low);
    lt_buf_add(&children, &high, sizeof high);
    *ret = new_branch(parser, negate ? SCOPE_OR : SCOPE_AND, &children);
    return 0;
}

static int parse_like(struct parser *parser, size_t column, bool negate, struct scope_node **ret)
{
    struct scope_node *leaf = new_leaf(parser, SCOPE_PREFIX, column, negate);
    leaf->literals = lt_arena_alloc(parser->arena, sizeof *leaf->literals);
    leaf->literal_count = 1;
    if (scope_prefix_parse(&parser->columns[column], &parser->token, parser->arena, leaf->literals,
                           parser->reterr) < 0)
        return -1;
    *ret = leaf;
    return advance(parser);
}

static int parse_is_null(struct parser *parser, size_t column, bool negate, struct scope_node **ret)
{
    int not = accept_word(parser, "not");
    if (not < 0 || expect_word(parser, "NULL") < 0)
        return -1;
    *ret = new_leaf(parser, SCOPE_IS_NULL, column, negate != (not == 1));
    return 0;
}

static int check_order(struct parser *parser, size_t at, size_t column)
{
    const struct scope_column *of = &parser->columns[column];
    if (of->order)
        return 0;
    return scope_fail_at(at, parser->reterr, "a %s has no order here; use =, IN or IS NULL",
                         of->type.sql);
}

static int check_comparable(struct parser *parser, size_t at, size_t column)
{
    const struct scope_column *of = &parser->columns[column];
    if (of->class != SCOPE_NONE)
        return 0;
    return scope_fail_at(at, parser->reterr, "a %s cannot be compared; use IS NULL", of->type.sql);
}

/* What follows a name and an optional NOT, which only BETWEEN, IN and LIKE take. */
static int
parse_word_predicate(struct parser *parser, size_t column, bool negate, struct scope_node **ret)
{
    size_t at = parser->token.at;
    bool between = at_word(parser, "between"), in = at_word(parser, "in");
    if (!between && !in && !at_word(parser, "like"))
        return expected(parser, "a comparison");
    if (check_comparable(parser, at, column) < 0 ||
        (between && check_order(parser, at, column) < 0) || advance(parser) < 0)
        return -1;
    if (between)
        return parse_between(parser, column, negate, ret);
    return in ? parse_in(parser, column, negate, ret) : parse_like(parser, column, negate, ret);
}

static int
parse_sign_predicate(struct parser *parser, size_t column, bool negate, struct scope_node **ret)
{
    static const struct {
        const char *sign;
        enum scope_kind kind;
    } signs[] = {{"=", SCOPE_IN},          {"<>", SCOPE_NOT_IN}, {"<", SCOPE_LESS},
                 {"<=", SCOPE_LESS_EQUAL}, {">", SCOPE_GREATER}, {">=", SCOPE_GREATER_EQUAL}};
    size_t at = parser->token.at;
    for (size_t i = 0; i < LT_COUNT(signs); i++) {
        if (!at_sign(parser, signs[i].sign))
            continue;
        if (check_comparable(parser, at, column) < 0 ||
            (i >= 2 && check_order(parser, at, column) < 0) || advance(parser) < 0)
            return -1;
        return parse_comparison(parser, signs[i].kind, column, negate, ret);
    }
    return expected(parser, "a comparison");
}

static int parse_predicate(struct parser *parser, bool negate, struct scope_node **ret)
{
    size_t column = 0;
    if (parse_column(parser, &column) < 0)
        return -1;
    if (parser->token.kind == SCOPE_TOKEN_SIGN)
        return parse_sign_predicate(parser, column, negate, ret);
    int is = accept_word(parser, "is");
    if (is != 0)
        return is < 0 ? -1 : parse_is_null(parser, column, negate, ret);
    int not = accept_word(parser, "not");
    return not < 0 ? -1 : parse_word_predicate(parser, column, negate != (not == 1), ret);
}

/* ---- structure ---- */

/* One level deeper: what the parentheses or the NOT hold. */
static int parse_unary(struct parser *parser, bool negate, struct scope_node **ret)
{
    bool not = at_word(parser, "not");
    if (!not &&!at_sign(parser, "("))
        return parse_predicate(parser, negate, ret);
    if (parser->depth == SCOPE_DEPTH_MAX)
        return too_deep(parser);
    parser->depth++;
    if (advance(parser) < 0)
        return -1;
    if (not ? parse_unary(parser, !negate, ret) < 0
            : parse_or(parser, negate, ret) < 0 || expect_sign(parser, ")") < 0)
        return -1;
    parser->depth--;
    return 0;
}

typedef int parse_operand(struct parser *parser, bool negate, struct scope_node **ret);

/* Operands with one word between them. */
static int parse_series(struct parser *parser,
                        parse_operand *operand,
                        const char *word,
                        enum scope_kind kind,
                        bool negate,
                        struct scope_node **ret)
{
    LT_CLEANUP(lt_buf_fini) struct lt_buf children = {0};
    enum scope_kind made = negate ? scope_opposite(kind) : kind;
    struct scope_node *child;
    size_t count = 0;
    for (int more = 1; more; count++) {
        if (operand(parser, negate, &child) < 0)
            return -1;
        gather(&children, made, child);
        more = accept_word(parser, word);
        if (more < 0)
            return -1;
    }
    *ret = count == 1 ? child : new_branch(parser, made, &children);
    return 0;
}

static int parse_and(struct parser *parser, bool negate, struct scope_node **ret)
{
    return parse_series(parser, parse_unary, "and", SCOPE_AND, negate, ret);
}

static int parse_or(struct parser *parser, bool negate, struct scope_node **ret)
{
    return parse_series(parser, parse_and, "or", SCOPE_OR, negate, ret);
}

int scope_parse(const char *text,
                const struct lt_avro_schema *schema,
                struct lt_filter *filter,
                struct lt_error *reterr)
{
    size_t fields = lt_avro_field_count(schema);
    struct parser parser = {
        .lexer = {.next = text, .counted = text, .arena = filter->arena},
        .schema = schema,
        .arena = filter->arena,
        .columns = lt_arena_alloc(filter->arena, fields * sizeof(struct scope_column)),
        .fields = lt_arena_alloc(filter->arena, fields * sizeof(size_t)),
        .reterr = reterr,
    };
    struct scope_node *root = NULL;
    if (advance(&parser) < 0)
        return -1;
    if (parser.token.kind != SCOPE_TOKEN_END && parse_or(&parser, false, &root) < 0)
        return -1;
    if (parser.token.kind != SCOPE_TOKEN_END)
        return expected(&parser, "AND, OR or the end");
    filter->root = root;
    filter->columns = parser.columns;
    filter->column_count = parser.column_count;
    return 0;
}
