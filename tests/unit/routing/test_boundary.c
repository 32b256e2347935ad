/* Generations of streams after a loss of all cursors; what has ended is told again (D44). */
#include <string.h>

#include "routing/lane_priv.h"
#include "support/cm.h"

#define CN   "cn000001"
#define BASE 1000000

static struct lane_terms terms;
static struct lane lane;

static int64_t now(void *arg)
{
    (void)arg;
    return 1;
}

static int no_reports(void *arg,
                      void (*visit)(void *visit_arg, const char *stream),
                      void *visit_arg,
                      struct lt_error *reterr)
{
    (void)arg;
    (void)visit;
    (void)visit_arg;
    (void)reterr;
    return 0;
}

static bool give_terms(void *arg, const char *connection, int64_t day_count, struct lane_terms *ret)
{
    (void)arg;
    (void)connection;
    (void)day_count;
    *ret = terms;
    return true;
}

static void
one_connection(void *arg, void (*visit)(void *visit_arg, const char *connection), void *visit_arg)
{
    (void)arg;
    visit(visit_arg, CN);
}

static const struct lane_port port = {
    .now = now, .gap_reports = no_reports, .terms = give_terms, .each_connection = one_connection};

static int setup(void **state)
{
    (void)state;
    terms = (struct lane_terms){.service = "sv000001", .incarnation = 3, .clause = ""};
    lane = (struct lane){.id = LANE_LIVE_LANE, .port = &port};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    lt_lane_view_fini(&lane.view);
    return 0;
}

/* The connection's newest stream after a boundary, as it goes out. */
static const struct lane_stream *after_boundary(void)
{
    assert_int_equal(lt_lane_boundary(&lane, NULL), 0);
    const struct lane_slot *slot = lt_lane_view_newest(&lane.view, CN);
    return slot ? lt_lane_seen(slot) : NULL;
}

static void a_first_stream_is_generation_one(void **state)
{
    (void)state;
    const struct lane_stream *stream = after_boundary();
    assert_string_equal(stream->name, CN ".1");
    assert_int_equal(stream->state, LANE_LOAD);
}

static void after_a_loss_generations_begin_above_all_old_ones(void **state)
{
    (void)state;
    terms.generation_base = BASE;
    assert_string_equal(after_boundary()->name, CN ".1000001");
}

static void a_held_connection_is_held_after_a_loss(void **state)
{
    (void)state;
    terms.generation_base = BASE;
    terms.right = LANE_HOLD;
    terms.clause = "pair_hold";
    const struct lane_stream *stream = after_boundary();
    assert_string_equal(stream->name, CN ".1000001");
    assert_int_equal(stream->state, LANE_HELD);
}

static void what_has_ended_is_told_again_after_a_loss(void **state)
{
    (void)state;
    terms.right = LANE_OVER;
    assert_null(after_boundary()); /* nobody ever had a copy */
    terms.generation_base = BASE;
    const struct lane_stream *stream = after_boundary();
    assert_string_equal(stream->name, CN ".1000001");
    assert_int_equal(stream->state, LANE_ENDED);
    assert_true(lt_lane_view_newest(&lane.view, CN)->tell);
}

static void an_old_stream_is_followed_by_one_of_the_new_epoch(void **state)
{
    (void)state;
    struct lane_slot *slot = lt_lane_view_slot(&lane.view, CN, 7);
    slot->now.state = LANE_LIVE;
    slot->now.incarnation = 2;
    terms.generation_base = BASE;
    assert_string_equal(after_boundary()->name, CN ".1000001");
    assert_int_equal(lt_lane_seen(slot)->state, LANE_ENDED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_first_stream_is_generation_one),
        TEST(after_a_loss_generations_begin_above_all_old_ones),
        TEST(a_held_connection_is_held_after_a_loss),
        TEST(what_has_ended_is_told_again_after_a_loss),
        TEST(an_old_stream_is_followed_by_one_of_the_new_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
