/* The four-way rule (D52.2b): what leaves a scope is deleted, what never was in it stays unseen. */
#include "routing/effect.h"
#include "support/cm.h"

struct line {
    enum lt_op feed;
    bool before, after, loading;
    int op; /* -1: nothing */
};

static const struct line lines[] = {
    {LT_OP_UPDATE, false, false, false, -1},
    {LT_OP_UPDATE, false, true, false, LT_OP_INSERT},
    {LT_OP_UPDATE, true, true, false, LT_OP_UPDATE},
    {LT_OP_UPDATE, true, false, false, LT_OP_DELETE},
    {LT_OP_INSERT, false, true, false, LT_OP_INSERT},
    {LT_OP_INSERT, false, false, false, -1},
    {LT_OP_CORRECTION, true, true, false, LT_OP_CORRECTION},
    {LT_OP_CORRECTION, false, true, false, LT_OP_INSERT},
    {LT_OP_CORRECTION, true, false, false, LT_OP_DELETE},
    {LT_OP_DELETE, true, false, false, LT_OP_DELETE},
    {LT_OP_DELETE, false, false, false, -1},
    {LT_OP_WITHHELD, true, false, false, LT_OP_WITHHELD},
    {LT_OP_WITHHELD, false, false, false, -1},
    {LT_OP_SYNC, true, true, false, -1},
    {LT_OP_END, true, true, false, -1},
    /* a first load: all rows are snapshots, but what leaves still leaves */
    {LT_OP_UPDATE, false, true, true, LT_OP_SNAPSHOT},
    {LT_OP_UPDATE, true, true, true, LT_OP_SNAPSHOT},
    {LT_OP_UPDATE, true, false, true, LT_OP_DELETE},
    {LT_OP_UPDATE, false, false, true, -1},
    {LT_OP_DELETE, true, false, true, LT_OP_DELETE},
    {LT_OP_WITHHELD, true, false, true, LT_OP_WITHHELD},
};

static void every_line_of_the_rule_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < LT_COUNT(lines); i++) {
        enum lt_op op;
        const struct line *line = &lines[i];
        bool any = lt_lane_effect(line->feed, line->before, line->after, line->loading, &op);
        assert_int_equal(any ? (int)op : -1, line->op);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_line_of_the_rule_holds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
