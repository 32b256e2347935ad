/* Random filters over random rows against an oracle that knows nothing of bytes: it keeps each
 * value as its rank among a few, and evaluates the filter as SQL does, in three values. */
#include "unit/scope/rows.h"

#include <stdlib.h>

#include "base/clock.h"

/* Values of a column in ascending order, as PostgreSQL writes them, and as a filter may. */
struct domain {
    const char *column;
    bool order, prefix;
    const char *texts[5];
    const char *literals[5];
};
static const struct domain domains[] = {
    {"id",
     true,
     false,
     {"-9223372036854775808", "-1", "0", "7", "9223372036854775807"},
     {"-9223372036854775808", "-1.0", "-0", "007", "9223372036854775807"}},
    {"amount",
     true,
     false,
     {"-99999999.99", "-1.29", "-1.28", "0.00", "1.28"},
     {"-99999999.99", "-1.290", "-01.28", "0", "1.28"}},
    {"weight",
     true,
     false,
     {"-99999999999999999999.999", "-0.128", "0.000", "0.127", "99999999999999999999.000"},
     {"-99999999999999999999.999", "-0.128", "-0.0", "0.127", "99999999999999999999"}},
    {"born",
     true,
     false,
     {"4714-11-24 BC", "0001-12-31 BC", "0001-01-01", "2026-11-25", "10000-01-01"},
     {"'4714-11-24 BC'", "'0001-12-31 BC'", "'0001-01-01'", "'2026-11-25'", "'10000-01-01'"}},
    {"seen",
     true,
     false,
     {"0001-01-01 00:00:00+00 BC", "1969-12-31 23:59:59.999999+00", "1970-01-01 00:00:00+00",
      "2026-11-25 02:04:19+00", "2026-11-25 02:04:19.000001+00"},
     {"'0001-01-01 00:00:00+00 BC'", "'1970-01-01 06:59:59.999999+07'", "'1970-01-01T00:00:00Z'",
      "'2026-11-25 09:04:19.0+07'", "'2026-11-25 02:04:19.000001+00'"}},
    {"code", false, true, {"", "4", "48", "489", "49"}, {"''", "'4'", "'48'", "'489'", "'49'"}},
    {"ma_xa",
     false,
     true,
     {"'", "%_", "X\xc3\xa3", "X\xc3\xa3 A", "x"},
     {"''''", "'%_'", "'X\xc3\xa3'", "'X\xc3\xa3 A'", "'x'"}},
    {"active", false, false, {"f", "t", "t", "t", "t"}, {"false", "true", "TRUE", "true", "true"}},
    {"padded",
     false,
     false,
     {"    ", "a   ", "b   ", "ba  ", "bbbb"},
     {"''", "'a'", "'b '", "'ba'", "'bbbb'"}},
};
#define RANKS 5

/* What a random filter is made of. */
enum kind { AND, OR, NOT, COMPARE, IN_SET, BETWEEN, LIKE, IS_NULL };
struct tree {
    enum kind kind;
    bool negated; /* NOT IN and so on */
    int domain, sign, ranks[3], count;
    const struct tree *left, *right;
};
static const char *const signs[] = {"=", "<>", "<", "<=", ">", ">="};

static uint64_t seed;
static int pick(int below)
{
    return (int)(lt_random_next(&seed) % (uint64_t)below);
}

static const struct tree *make(struct lt_arena *arena, int depth)
{
    struct tree *tree = lt_arena_alloc(arena, sizeof *tree);
    *tree = (struct tree){.kind = depth > 0 ? (enum kind)pick(8) : (enum kind)(3 + pick(5))};
    tree->domain = pick((int)LT_COUNT(domains));
    tree->negated = pick(2);
    tree->count = 1 + pick(3);
    for (int i = 0; i < 3; i++)
        tree->ranks[i] = pick(RANKS);
    const struct domain *domain = &domains[tree->domain];
    tree->sign = pick(domain->order ? 6 : 2);
    if ((tree->kind == BETWEEN && !domain->order) || (tree->kind == LIKE && !domain->prefix))
        tree->kind = COMPARE;
    if (tree->kind <= NOT)
        tree->left = make(arena, depth - 1);
    if (tree->kind <= OR)
        tree->right = make(arena, depth - 1);
    return tree;
}

/* Any spelling: case, blanks and superfluous parentheses at random. */
static void put_word(struct lt_buf *out, const char *word)
{
    bool lower = pick(2);
    lt_buf_adds(out, pick(3) ? " " : "\n  ");
    for (; *word; word++)
        lt_buf_addc(out, (uint8_t)(lower && *word >= 'A' && *word <= 'Z' ? *word | 0x20 : *word));
    lt_buf_addc(out, ' ');
}

static void put_prefix(struct lt_buf *out, const char *text)
{
    lt_buf_addc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            lt_buf_addc(out, '\'');
        if (*text == '%' || *text == '_')
            lt_buf_addc(out, '\\');
        lt_buf_addc(out, (uint8_t)*text);
    }
    lt_buf_adds(out, "%'");
}

static void put_leaf(struct lt_buf *out, const struct tree *tree)
{
    const struct domain *domain = &domains[tree->domain];
    lt_buf_adds(out, domain->column);
    switch (tree->kind) {
    case COMPARE:
        lt_buf_addf(out, "%s%s", signs[tree->sign], domain->literals[tree->ranks[0]]);
        break;
    case IN_SET:
        put_word(out, tree->negated ? "NOT IN" : "IN");
        for (int i = 0; i < tree->count; i++)
            lt_buf_addf(out, "%s%s", i ? "," : "(", domain->literals[tree->ranks[i]]);
        lt_buf_addc(out, ')');
        break;
    case BETWEEN:
        put_word(out, tree->negated ? "NOT BETWEEN" : "BETWEEN");
        lt_buf_adds(out, domain->literals[tree->ranks[0]]);
        put_word(out, "AND");
        lt_buf_adds(out, domain->literals[tree->ranks[1]]);
        break;
    case LIKE:
        put_word(out, tree->negated ? "NOT LIKE" : "LIKE");
        put_prefix(out, domain->texts[tree->ranks[0]]);
        break;
    default:
        put_word(out, tree->negated ? "IS NOT NULL" : "IS NULL");
    }
}

static void put_tree(struct lt_buf *out, const struct tree *tree)
{
    if (tree->kind > NOT) {
        put_leaf(out, tree);
        return;
    }
    lt_buf_addc(out, '(');
    if (tree->kind == NOT)
        put_word(out, "NOT");
    put_tree(out, tree->left);
    if (tree->kind != NOT) {
        put_word(out, tree->kind == AND ? "AND" : "OR");
        put_tree(out, tree->right);
    }
    lt_buf_addc(out, ')');
}

/* Three values: 0 false, 1 unknown, 2 true. */
static int truth(bool value)
{
    return value ? 2 : 0;
}

static int rank_value(const struct domain *domain, int rank)
{
    return strcmp(domain->column, "active") == 0 && rank > 1 ? 1 : rank;
}

static bool compare(int sign, int a, int b)
{
    const bool results[] = {a == b, a != b, a<b, a <= b, a> b, a >= b};
    return results[sign];
}

static int judge_leaf(const struct tree *tree, const int *row)
{
    const struct domain *domain = &domains[tree->domain];
    int value = row[tree->domain], ranks[3];
    bool found = false;
    if (tree->kind == IS_NULL)
        return truth((value < 0) != tree->negated);
    if (value < 0)
        return 1;
    value = rank_value(domain, value);
    for (int i = 0; i < 3; i++)
        ranks[i] = rank_value(domain, tree->ranks[i]);
    if (tree->kind == COMPARE)
        return truth(compare(tree->sign, value, ranks[0]));
    if (tree->kind == BETWEEN)
        found = value >= ranks[0] && value <= ranks[1];
    else if (tree->kind == LIKE)
        found = strncmp(domain->texts[value], domain->texts[ranks[0]],
                        strlen(domain->texts[ranks[0]])) == 0;
    else
        for (int i = 0; i < tree->count; i++)
            found = found || value == ranks[i];
    return truth(found != tree->negated);
}

static int judge(const struct tree *tree, const int *row)
{
    if (tree->kind > NOT)
        return judge_leaf(tree, row);
    int left = judge(tree->left, row);
    if (tree->kind == NOT)
        return 2 - left;
    int right = judge(tree->right, row);
    return tree->kind == AND ? LT_MIN(left, right) : LT_MAX(left, right);
}

/* A random row: ranks for the oracle (-1: null), bytes for the filter. */
static void make_row(const struct lt_avro_schema *schema, int ranks[], struct test_row *row)
{
    const char *texts[TEST_COLUMNS] = {0};
    for (size_t i = 0; i < LT_COUNT(domains); i++) {
        ranks[i] = pick(RANKS + 1) - 1;
        if (ranks[i] >= 0)
            texts[test_column_index(domains[i].column)] = domains[i].texts[ranks[i]];
    }
    test_row_make(row, schema, texts);
}

static void start(uint64_t number)
{
    seed = number;
    print_message("seed %llu\n", (unsigned long long)number);
}

static void filters_mean_what_sql_means(void **state)
{
    (void)state;
    struct lt_avro_schema *schema = test_schema();
    struct test_row row = {0};
    int ranks[LT_COUNT(domains)], matches = 0;
    start(20261125);
    for (int i = 0; i < 4000; i++) {
        LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
        struct lt_buf text = {0};
        const struct tree *tree = make(arena, pick(6));
        put_tree(&text, tree);
        LT_CLEANUP(lt_filter_freep)
        struct lt_filter *filter = test_compile(schema, lt_buf_text(&text));
        LT_CLEANUP(lt_filter_view_freep) struct lt_filter_view *view = test_view(schema, filter);
        for (int j = 0; j < 20; j++) {
            make_row(schema, ranks, &row);
            bool in = lt_filter_match(view, lt_buf_bytes(&row.record), row.spans);
            if (in != (judge(tree, ranks) == 2))
                fail_msg("filter %d row %d: %s", i, j, lt_buf_text(&text));
            matches += in;
        }
        lt_buf_fini(&text);
    }
    assert_in_range(matches, 8000, 72000); /* neither side is empty */
    lt_buf_fini(&row.record);
    lt_avro_schema_unref(schema);
}

static void the_normal_form_is_a_fixed_point_and_means_the_same(void **state)
{
    (void)state;
    struct lt_avro_schema *schema = test_schema();
    struct test_row row = {0};
    int ranks[LT_COUNT(domains)];
    start(48);
    for (int i = 0; i < 2000; i++) {
        LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
        struct lt_buf text = {0}, normal = {0}, again = {0};
        const struct tree *tree = make(arena, pick(8));
        put_tree(&text, tree);
        LT_CLEANUP(lt_filter_freep)
        struct lt_filter *first = test_compile(schema, lt_buf_text(&text));
        lt_filter_format(first, &normal);
        LT_CLEANUP(lt_filter_freep)
        struct lt_filter *second = test_compile(schema, lt_buf_text(&normal));
        lt_filter_format(second, &again);
        assert_string_equal(lt_buf_text(&normal), lt_buf_text(&again));
        LT_CLEANUP(lt_filter_view_freep) struct lt_filter_view *view = test_view(schema, second);
        for (int j = 0; j < 10; j++) {
            make_row(schema, ranks, &row);
            assert_int_equal(lt_filter_match(view, lt_buf_bytes(&row.record), row.spans),
                             judge(tree, ranks) == 2);
        }
        lt_buf_fini(&text);
        lt_buf_fini(&normal);
        lt_buf_fini(&again);
    }
    lt_buf_fini(&row.record);
    lt_avro_schema_unref(schema);
}

/* Two trees, or one and a combination with it, as old and as new. */
static struct lt_filter *
make_variant(const struct lt_avro_schema *schema, const struct tree *a, const struct tree *b)
{
    struct lt_buf text = {0};
    struct tree variant = {.kind = (enum kind)pick(3), .left = a, .right = b};
    put_tree(&text, pick(4) ? &variant : pick(2) ? a : b);
    struct lt_filter *filter = test_compile(schema, lt_buf_text(&text));
    lt_buf_fini(&text);
    return filter;
}

static void a_filter_called_wider_holds_every_row_of_the_old_one(void **state)
{
    (void)state;
    struct lt_avro_schema *schema = test_schema();
    struct test_row row = {0};
    int ranks[LT_COUNT(domains)], proofs = 0, kept = 0;
    start(41);
    for (int i = 0; i < 6000; i++) {
        LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
        const struct tree *a = make(arena, pick(3)), *b = make(arena, pick(2));
        LT_CLEANUP(lt_filter_freep) struct lt_filter *old = make_variant(schema, a, b);
        LT_CLEANUP(lt_filter_freep) struct lt_filter *filter = make_variant(schema, a, b);
        if (!lt_filter_widens(filter, old))
            continue;
        LT_CLEANUP(lt_filter_view_freep) struct lt_filter_view *before = test_view(schema, old);
        LT_CLEANUP(lt_filter_view_freep) struct lt_filter_view *after = test_view(schema, filter);
        proofs++;
        for (int j = 0; j < 20; j++) {
            make_row(schema, ranks, &row);
            if (!lt_filter_match(before, lt_buf_bytes(&row.record), row.spans))
                continue;
            assert_true(lt_filter_match(after, lt_buf_bytes(&row.record), row.spans));
            kept++;
        }
    }
    assert_in_range(proofs, 500, 5000); /* neither always nor never */
    assert_true(kept > 1000);
    lt_buf_fini(&row.record);
    lt_avro_schema_unref(schema);
}

#define FILTERS 300

/* An index of random filters finds what trying all of them finds, in the order of adding. */
static void check_index(const struct lt_avro_schema *schema, struct test_row *row, int *found)
{
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    LT_CLEANUP(lt_scope_index_freep) struct lt_scope_index *index = lt_scope_index_new(schema);
    struct lt_filter *filters[FILTERS];
    struct lt_filter_view *views[FILTERS];
    void *tags[FILTERS];
    int ranks[LT_COUNT(domains)];
    for (int i = 0; i < FILTERS; i++) {
        struct lt_buf text = {0};
        if (pick(20))
            put_tree(&text, make(arena, pick(4)));
        filters[i] = test_compile(schema, lt_buf_text(&text));
        views[i] = test_view(schema, filters[i]);
        lt_scope_index_add(index, views[i], &views[i]);
        lt_buf_fini(&text);
    }
    for (int j = 0; j < 100; j++) {
        size_t at = 0;
        make_row(schema, ranks, row);
        size_t count =
            lt_scope_index_match(index, lt_buf_bytes(&row->record), row->spans, tags, FILTERS);
        for (int i = 0; i < FILTERS; i++) {
            if (!lt_filter_match(views[i], lt_buf_bytes(&row->record), row->spans))
                continue;
            assert_true(at < count);
            assert_ptr_equal(tags[at++], &views[i]);
        }
        assert_int_equal(at, count);
        *found += (int)count;
    }
    for (int i = 0; i < FILTERS; i++) {
        lt_filter_view_free(views[i]);
        lt_filter_free(filters[i]);
    }
}

static void the_index_finds_what_brute_force_finds(void **state)
{
    (void)state;
    struct lt_avro_schema *schema = test_schema();
    struct test_row row = {0};
    int found = 0;
    start(981);
    for (int i = 0; i < 20; i++)
        check_index(schema, &row, &found);
    assert_true(found > 1000);
    lt_buf_fini(&row.record);
    lt_avro_schema_unref(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_mean_what_sql_means),
        cmocka_unit_test(the_normal_form_is_a_fixed_point_and_means_the_same),
        cmocka_unit_test(a_filter_called_wider_holds_every_row_of_the_old_one),
        cmocka_unit_test(the_index_finds_what_brute_force_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
