/* Generations of streams after a loss of all cursors; what has ended is told again (D44).  Which
 * streams a boundary looks at. */
#include <stdio.h>
#include <string.h>

#include "routing/lane_priv.h"
#include "support/cm.h"

#define CN   "cn000001"
#define BASE 1000000

static struct lane_terms terms;
static struct lane lane;
static int64_t version, clock_now, looked_at;

static int64_t now(void *arg)
{
    (void)arg;
    return clock_now;
}

static int64_t terms_version(void *arg)
{
    (void)arg;
    return version;
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
    looked_at++;
    return true;
}

static void
one_connection(void *arg, void (*visit)(void *visit_arg, const char *connection), void *visit_arg)
{
    (void)arg;
    visit(visit_arg, CN);
}

static const struct lane_port port = {.now = now,
                                      .gap_reports = no_reports,
                                      .terms_version = terms_version,
                                      .terms = give_terms,
                                      .each_connection = one_connection};

static int setup(void **state)
{
    (void)state;
    terms = (struct lane_terms){
        .service = "sv000001", .incarnation = 3, .clause = "", .until = INT64_MAX};
    clock_now = 1;
    looked_at = 0;
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
    version++;
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

/* A LIVE stream under the terms as they are. */
static struct lane_slot *live_stream(const char *connection)
{
    struct lane_stream stream;
    lt_lane_stream_init(&stream, connection, 1);
    snprintf(stream.service, sizeof(stream.service), "sv000001");
    stream.state = LANE_LIVE;
    stream.incarnation = 3;
    struct lane_slot *slot = lt_lane_view_slot(&lane.view, connection, 1);
    lt_lane_view_set(&lane.view, slot, &stream);
    return slot;
}

/* How many streams the next boundary asks the terms of; at `at`. */
static int64_t asks(lt_time at)
{
    lane.now = clock_now = at;
    looked_at = 0;
    assert_int_equal(lt_lane_boundary(&lane, NULL), 0);
    return looked_at;
}

static void only_streams_that_changed_are_looked_at_again(void **state)
{
    (void)state;
    live_stream(CN);
    struct lane_slot *second = live_stream("cn000002");
    version++;
    assert_int_equal(asks(10), 2);
    assert_int_equal(asks(11), 0);
    const struct lane_stream given = second->now;
    lt_lane_view_set(&lane.view, second, &given); /* as a commit does */
    assert_int_equal(asks(12), 1);
    assert_int_equal(asks(13), 0);
}

static void all_are_looked_at_when_terms_may_have_changed(void **state)
{
    (void)state;
    live_stream(CN);
    live_stream("cn000002");
    assert_int_equal(asks(10), 2);
    version++;
    terms.right = LANE_HOLD;
    terms.clause = "pair_hold";
    assert_int_equal(asks(11), 2);
    assert_int_equal(lt_lane_seen(lt_lane_view_newest(&lane.view, CN))->state, LANE_HELD);
}

static void all_are_looked_at_when_a_moment_has_come(void **state)
{
    (void)state;
    live_stream(CN);
    live_stream("cn000002");
    terms.until = 20;
    assert_int_equal(asks(10), 2);
    assert_int_equal(asks(19), 0);
    terms.until = 30;
    assert_int_equal(asks(20), 2);
    assert_int_equal(asks(29), 0);
    assert_int_equal(asks(5), 2); /* the clock was turned back */
}

static void a_technical_pause_is_over_in_time(void **state)
{
    (void)state;
    struct lane_stream held = live_stream(CN)->now;
    struct lane_slot *slot = lt_lane_view_newest(&lane.view, CN);
    lane.options.technical_pause = 100;
    held.state = LANE_HELD;
    held.load_seq = 0;
    held.written_at = 10;
    snprintf(held.reason, sizeof(held.reason), "technical");
    lt_lane_view_set(&lane.view, slot, &held);
    assert_int_equal(asks(50), 1);
    assert_int_equal(asks(109), 0);
    assert_int_equal(asks(110), 1);
    assert_int_equal(lt_lane_seen(slot)->state, LANE_CATCH);
}

static void an_ejected_stream_is_held_at_the_next_boundary(void **state)
{
    (void)state;
    live_stream("cn000002");
    struct lane_slot *slot = live_stream(CN);
    assert_int_equal(asks(10), 2);
    lt_lane_eject(&lane, CN ".1");
    assert_int_equal(asks(11), 1);
    assert_int_equal(lt_lane_seen(slot)->state, LANE_HELD);
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
        TEST(only_streams_that_changed_are_looked_at_again),
        TEST(all_are_looked_at_when_terms_may_have_changed),
        TEST(all_are_looked_at_when_a_moment_has_come),
        TEST(a_technical_pause_is_over_in_time),
        TEST(an_ejected_stream_is_held_at_the_next_boundary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
