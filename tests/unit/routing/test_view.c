#include "routing/view.h"
#include "support/cm.h"

#include <stdio.h>
#include <string.h>

static void finds_streams_and_the_newest_of_a_connection(void **state)
{
    (void)state;
    struct lane_view view = {0};
    char connection[LT_ID_MAX], stream[LT_TOPIC_MAX];
    for (int i = 1; i <= 300; i++)
        for (int g = 1; g <= i % 3 + 1; g++) {
            lt_id_format(LT_ID_CONNECTION, i, connection);
            lt_lane_view_slot(&view, connection, g);
        }
    for (int i = 1; i <= 300; i++) {
        lt_id_format(LT_ID_CONNECTION, i, connection);
        lt_stream_format(connection, 1, stream);
        assert_string_equal(lt_lane_view_find(&view, stream)->now.name, stream);
        assert_int_equal(lt_lane_view_newest(&view, connection)->now.generation, i % 3 + 1);
    }
    assert_null(lt_lane_view_find(&view, "cn000001.9"));
    assert_null(lt_lane_view_newest(&view, "cn000301"));
    size_t count = view.count;
    assert_ptr_equal(lt_lane_view_slot(&view, "cn000002", 1),
                     lt_lane_view_find(&view, "cn000002.1"));
    assert_int_equal(view.count, count);
    lt_lane_view_fini(&view);
}

static void an_older_generation_does_not_become_the_newest(void **state)
{
    (void)state;
    struct lane_view view = {0};
    lt_lane_view_slot(&view, "cn000001", 5);
    lt_lane_view_slot(&view, "cn000001", 2);
    lt_lane_view_slot(&view, "cn000001", 3);
    assert_int_equal(lt_lane_view_newest(&view, "cn000001")->now.generation, 5);
    assert_int_equal(lt_lane_view_newest(&view, "cn000001")->older->now.generation, 3);
    lt_lane_view_fini(&view);
}

static void reset_forgets_everything(void **state)
{
    (void)state;
    struct lane_view view = {0};
    lt_lane_view_slot(&view, "cn000001", 1);
    lt_lane_view_feed_slot(&view, "sv000001");
    view.highest = 7;
    lt_lane_view_reset(&view);
    assert_null(lt_lane_view_find(&view, "cn000001.1"));
    assert_null(lt_lane_view_feed(&view, "sv000001"));
    assert_int_equal(view.highest, 0);
    lt_lane_view_fini(&view);
}

static void lists_hold_each_slot_once(void **state)
{
    (void)state;
    struct lane_view view = {0};
    struct lane_slot *slot = lt_lane_view_slot(&view, "cn000001", 1);
    lt_lane_view_mark(&view, slot);
    lt_lane_view_mark(&view, slot);
    lt_lane_view_due(&view, slot);
    lt_lane_view_due(&view, slot);
    assert_int_equal(view.marked.count, 1);
    assert_int_equal(view.due.count, 1);
    lt_lane_view_unmark(&view);
    assert_int_equal(view.marked.count, 0);
    assert_int_equal(view.due.count, 1);
    lt_lane_view_settled(&view);
    lt_lane_view_due(&view, slot);
    assert_int_equal(view.due.count, 1);
    lt_lane_view_fini(&view);
}

static void counts_streams_by_state(void **state)
{
    (void)state;
    struct lane_view view = {0};
    struct lane_slot *slot = lt_lane_view_slot(&view, "cn000001", 1);
    struct lane_stream stream = slot->now;
    stream.state = LANE_LIVE;
    lt_lane_view_set(&view, slot, &stream);
    assert_int_equal(view.by_state[LANE_LIVE], 1);
    stream.state = LANE_HELD;
    lt_lane_view_set(&view, slot, &stream);
    assert_int_equal(view.by_state[LANE_LIVE], 0);
    assert_int_equal(view.by_state[LANE_HELD], 1);
    assert_true(view.regroup);
    lt_lane_view_fini(&view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_streams_and_the_newest_of_a_connection),
        cmocka_unit_test(an_older_generation_does_not_become_the_newest),
        cmocka_unit_test(reset_forgets_everything),
        cmocka_unit_test(lists_hold_each_slot_once),
        cmocka_unit_test(counts_streams_by_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
