/* What a copy is worth (architecture 6, protocol 9.5, D41.2b, DT-4). */
#include "consumer-postgres/stamp.h"
#include "support/cm.h"

#define HOUR (3600 * LT_SECOND)
#define NOW  (1795572000 * LT_SECOND)
#define T    (NOW - 5 * LT_SECOND)

static struct lt_stamp_facts facts(void)
{
    return (struct lt_stamp_facts){
        .active = true,
        .at = {.seq = 20, .next_offset = 40, .e0 = 30},
        .sync_time = T,
        .sync_seq = 20,
        .append_time = NOW - LT_SECOND,
        .now = NOW,
        .clock_trusted = true,
        .terms = {.use_period = 72 * HOUR, .end_of_use = LT_TIME_NONE, .closed = ""},
        .old = {.stamp = LT_TIME_NONE, .from = LT_TIME_NONE, .until = LT_TIME_NONE},
    };
}

/* D41.2b-1 */
static void the_stamp_is_the_time_of_the_sync_point(void **state)
{
    (void)state;
    struct lt_worth worth;
    const struct lt_stamp_facts f = facts();
    assert_true(lt_stamp_due(&f, &worth));
    assert_int_equal(worth.stamp, T);
    assert_int_equal(worth.until, T + 72 * HOUR);
    assert_int_equal(worth.from, NOW - LT_SECOND - LT_USABLE_MARGIN);
}

/* D41.2b-2: nothing changed for a year, but the sync points come. */
static void unchanged_data_stay_usable_while_sync_points_come(void **state)
{
    (void)state;
    struct lt_worth worth;
    struct lt_stamp_facts f = facts();
    f.old = (struct lt_worth){.stamp = T - LT_SECOND, .from = T - HOUR, .until = T + 71 * HOUR};
    assert_true(lt_stamp_due(&f, &worth));
    assert_int_equal(worth.until, T + 72 * HOUR);
}

/* D41.2b-3: connected is not synchronised. */
static void a_backlog_is_not_stamped(void **state)
{
    (void)state;
    struct lt_worth worth;
    struct lt_stamp_facts f = facts();
    f.at.seq = 19;
    assert_false(lt_stamp_due(&f, &worth));
    f = facts();
    f.sync_time = LT_TIME_NONE;
    assert_false(lt_stamp_due(&f, &worth));
}

/* D41.2b-4: a scope is one stream of one partition; the copy ages with whatever is missing of it,
 * the end of its first reading included. */
static void a_first_reading_that_has_not_ended_is_not_stamped(void **state)
{
    (void)state;
    struct lt_worth worth;
    struct lt_stamp_facts f = facts();
    f.at.next_offset = 29;
    assert_false(lt_stamp_due(&f, &worth));
}

/* D41.2b-6 */
static void a_copy_that_is_loading_is_not_stamped(void **state)
{
    (void)state;
    struct lt_worth worth;
    struct lt_stamp_facts f = facts();
    f.active = false;
    assert_false(lt_stamp_due(&f, &worth));
}

/* D41.2b-7, DT-4: clock skew must not lengthen use. */
static void a_stamp_never_exceeds_our_own_clock(void **state)
{
    (void)state;
    struct lt_worth worth;
    struct lt_stamp_facts f = facts();
    f.sync_time = NOW + HOUR;
    f.append_time = NOW + HOUR;
    assert_true(lt_stamp_due(&f, &worth));
    assert_int_equal(worth.stamp, NOW);
    assert_int_equal(worth.from, NOW - LT_USABLE_MARGIN);
    assert_int_equal(worth.until, NOW + 72 * HOUR);
}

static void a_stamp_and_its_beginning_never_go_back(void **state)
{
    (void)state;
    struct lt_worth worth;
    struct lt_stamp_facts f = facts();
    f.old = (struct lt_worth){.stamp = T, .from = NOW, .until = T + 72 * HOUR};
    assert_false(lt_stamp_due(&f, &worth));
    f.sync_time = T + 1;
    assert_true(lt_stamp_due(&f, &worth));
    assert_int_equal(worth.from, NOW);
}

static void nothing_is_stamped_while_the_clock_is_not_trusted(void **state)
{
    (void)state;
    struct lt_worth worth;
    struct lt_stamp_facts f = facts();
    f.clock_trusted = false;
    assert_false(lt_stamp_due(&f, &worth));
}

/* D38.4 */
static void the_end_of_use_comes_before_the_period(void **state)
{
    (void)state;
    struct lt_terms terms = {.use_period = 72 * HOUR, .end_of_use = T + HOUR, .closed = ""};
    assert_int_equal(lt_usable_until(T, &terms), T + HOUR);
    terms.end_of_use = T + 100 * HOUR;
    assert_int_equal(lt_usable_until(T, &terms), T + 72 * HOUR);
}

/* D41.2b-10: the stored stamp stays, what follows from it is computed anew. */
static void a_shorter_period_applies_from_the_stored_stamp(void **state)
{
    (void)state;
    const struct lt_terms terms = {.use_period = HOUR, .end_of_use = LT_TIME_NONE, .closed = ""};
    assert_int_equal(lt_usable_until(T - 2 * HOUR, &terms), T - HOUR);
}

static void a_closed_or_unstamped_copy_has_no_use(void **state)
{
    (void)state;
    struct lt_terms terms = {
        .use_period = HOUR, .end_of_use = LT_TIME_NONE, .closed = "terminated"};
    struct lt_worth worth;
    struct lt_stamp_facts f = facts();
    assert_int_equal(lt_usable_until(T, &terms), LT_TIME_NONE);
    f.terms = terms;
    assert_false(lt_stamp_due(&f, &worth));
    terms.closed = "";
    assert_int_equal(lt_usable_until(LT_TIME_NONE, &terms), LT_TIME_NONE);
}

static void an_endless_period_does_not_overflow(void **state)
{
    (void)state;
    const struct lt_terms terms = {
        .use_period = INT64_MAX, .end_of_use = LT_TIME_NONE, .closed = ""};
    assert_int_equal(lt_usable_until(T, &terms), LT_TIME_END);
}

/* D41.2b-9 */
static void warnings_come_at_50_80_and_95_percent(void **state)
{
    (void)state;
    const struct lt_worth worth = {.stamp = 0, .from = 0, .until = 1000};
    assert_int_equal(lt_stamp_warning(&worth, 499), 0);
    assert_int_equal(lt_stamp_warning(&worth, 500), 50);
    assert_int_equal(lt_stamp_warning(&worth, 800), 80);
    assert_int_equal(lt_stamp_warning(&worth, 950), 95);
    assert_int_equal(lt_stamp_warning(&worth, 1000), 100);
    assert_int_equal(lt_stamp_warning(&worth, -10), 0);
}

/* D41.2b-8, D41.2b-12: nothing but a new stamp makes a copy usable again. */
static void a_copy_that_is_not_stamped_counts_as_expired(void **state)
{
    (void)state;
    const struct lt_worth never = {
        .stamp = LT_TIME_NONE, .from = LT_TIME_NONE, .until = LT_TIME_NONE};
    const struct lt_worth closed = {.stamp = T, .from = T, .until = LT_TIME_NONE};
    assert_int_equal(lt_stamp_warning(&never, NOW), 100);
    assert_int_equal(lt_stamp_warning(&closed, NOW), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stamp_is_the_time_of_the_sync_point),
        cmocka_unit_test(unchanged_data_stay_usable_while_sync_points_come),
        cmocka_unit_test(a_backlog_is_not_stamped),
        cmocka_unit_test(a_first_reading_that_has_not_ended_is_not_stamped),
        cmocka_unit_test(a_copy_that_is_loading_is_not_stamped),
        cmocka_unit_test(a_stamp_never_exceeds_our_own_clock),
        cmocka_unit_test(a_stamp_and_its_beginning_never_go_back),
        cmocka_unit_test(nothing_is_stamped_while_the_clock_is_not_trusted),
        cmocka_unit_test(the_end_of_use_comes_before_the_period),
        cmocka_unit_test(a_shorter_period_applies_from_the_stored_stamp),
        cmocka_unit_test(a_closed_or_unstamped_copy_has_no_use),
        cmocka_unit_test(an_endless_period_does_not_overflow),
        cmocka_unit_test(warnings_come_at_50_80_and_95_percent),
        cmocka_unit_test(a_copy_that_is_not_stamped_counts_as_expired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
