#include "support/cm.h"

#include "provider-postgres/ack.h"
#include "provider-postgres/batch.h"
#include "provider-postgres/check.h"
#include "provider-postgres/feeds.h"
#include "provider-postgres/judge_feed.h"

#include <string.h>

static const struct feed_facts good = {.state = FEED_STREAMING,
                                       .begun = true,
                                       .published = true,
                                       .declared_as_stored = true,
                                       .reason = ""};

static void
expect(const struct feed_facts *facts, enum feed_state next, bool renew, const char *reason)
{
    struct feed_verdict verdict = judge_feed(facts);
    assert_int_equal(verdict.state, next);
    assert_int_equal(verdict.renew, renew);
    if (reason != NULL) {
        assert_string_equal(verdict.reason, reason);
    } else {
        assert_null(verdict.reason);
        assert_false(verdict.write);
    }
}

static void a_feed_whose_tail_fits_goes_on(void **state)
{
    (void)state;
    struct feed_facts facts = good;
    expect(&facts, FEED_STREAMING, false, NULL);
    facts.tail = LT_VERDICT_ADOPT;
    expect(&facts, FEED_STREAMING, false, NULL);
}

static void a_tail_behind_its_position_begins_anew(void **state)
{
    (void)state;
    struct feed_facts facts = good;
    facts.tail = LT_VERDICT_DAMAGED;
    expect(&facts, FEED_WANTED, true, "damaged: records that were promised are gone");
}

static void a_fresh_source_begins_anew_but_what_is_wanted_stays_wanted(void **state)
{
    (void)state;
    struct feed_facts facts = good;
    facts.source_fresh = "the slot is gone";
    expect(&facts, FEED_WANTED, true, "the slot is gone");
    facts.state = FEED_WANTED;
    expect(&facts, FEED_WANTED, false, NULL);
}

static void a_snapshot_that_was_interrupted_begins_anew(void **state)
{
    (void)state;
    struct feed_facts facts = good;
    facts.state = FEED_SNAPSHOT;
    expect(&facts, FEED_WANTED, true, "the snapshot was interrupted");
}

static void a_changed_declaration_begins_anew(void **state)
{
    (void)state;
    struct feed_facts facts = good;
    facts.declared_as_stored = false;
    expect(&facts, FEED_WANTED, true, "the declaration of the service changed");
}

static void a_fault_of_the_table_ends_the_feed_and_its_mending_begins_anew(void **state)
{
    (void)state;
    struct feed_facts facts = good;
    facts.fault = "declared column 'x' is gone";
    expect(&facts, FEED_ENDED, false, "declared column 'x' is gone");
    assert_true(judge_feed(&facts).write);
    facts.state = FEED_ENDED;
    facts.reason = "declared column 'x' is gone";
    assert_false(judge_feed(&facts).write);
    facts.fault = NULL;
    expect(&facts, FEED_WANTED, true, "the feed may go on again");
}

/* D3.3: who looks for the feed finds the reason, the one that holds now. */
static void a_fault_before_the_first_incarnation_is_stored_with_its_reason(void **state)
{
    (void)state;
    struct feed_facts facts = good;
    facts.state = FEED_NONE;
    facts.begun = false;
    facts.fault = "declared column 'x' is gone";
    expect(&facts, FEED_ENDED, false, "declared column 'x' is gone");
    assert_true(judge_feed(&facts).write);
    facts.state = FEED_ENDED;
    facts.reason = "declared column 'x' is gone";
    assert_false(judge_feed(&facts).write);
    facts.fault = "declared column 'y' is gone";
    expect(&facts, FEED_ENDED, false, "declared column 'y' is gone");
    assert_true(judge_feed(&facts).write);
    facts.fault = NULL;
    expect(&facts, FEED_WANTED, true, "first incarnation");
}

static void a_reason_longer_than_what_is_stored_is_written_once(void **state)
{
    (void)state;
    char fault[2 * FEED_REASON_MAX], stored[FEED_REASON_MAX];
    memset(fault, 'x', sizeof(fault));
    fault[sizeof(fault) - 1] = '\0';
    snprintf(stored, sizeof(stored), "%.*s", (int)sizeof(stored) - 1, fault);
    struct feed_facts facts = good;
    facts.state = FEED_ENDED;
    facts.fault = fault;
    facts.reason = stored;
    assert_false(judge_feed(&facts).write);
}

static void nothing_begins_that_is_unpublished(void **state)
{
    (void)state;
    struct feed_facts facts = good;
    facts.state = FEED_NONE;
    facts.begun = false;
    expect(&facts, FEED_WANTED, true, "first incarnation");
    facts.published = false;
    assert_int_equal(judge_feed(&facts).state, FEED_NONE);
    assert_false(judge_feed(&facts).write);
    facts.state = FEED_STREAMING;
    expect(&facts, FEED_ENDED, false, "the service is not published");
}

/* Its reason was stored; there is no topic of an incarnation 0. */
static void a_feed_that_never_began_is_taken_over_without_a_topic(void **state)
{
    (void)state;
    static const uint8_t chain[32];
    struct lt_feed_position stored = {.service = "sv000001",
                                      .state = "ended",
                                      .reason = "the table is not there",
                                      .next_seq = 1,
                                      .chain = lt_bytes(chain, sizeof(chain))};
    struct service service = {.id = "sv000001"};
    struct feed feed = {.service = &service};
    struct feeds feeds = {.items = &feed, .count = 1};
    const struct progress progress = {.feeds = &stored, .feed_count = 1};
    feeds_take_stored(&feeds, &progress);
    assert_int_equal(feed.state, FEED_ENDED);
    assert_int_equal(feed.incarnation, 0);
    assert_string_equal(feed.reason, "the table is not there");
    assert_string_equal(feed.topic, "");
}

static void states_have_names_that_come_back(void **state)
{
    (void)state;
    for (int i = FEED_NONE; i <= FEED_ENDED; i++) {
        assert_int_equal(feed_state_parse(feed_state_name((enum feed_state)i)), i);
    }
    assert_int_equal(feed_state_parse("?"), FEED_NONE);
}

static void the_slot_is_told_only_what_was_seen_and_never_goes_back(void **state)
{
    (void)state;
    struct ack ack;
    ack_start(&ack, 100);
    ack_seen(&ack, 0);
    assert_int_equal(ack.value, 100);
    ack_seen(&ack, 150);
    ack_seen(&ack, 120);
    assert_int_equal(ack.value, 150);
    ack_freeze(&ack);
    ack_seen(&ack, 200);
    assert_int_equal(ack.value, 150);
}

static void events_are_ordered_by_commit_then_ordinal(void **state)
{
    (void)state;
    struct event_id a = {10, 5};
    assert_true(event_after((struct event_id){10, 6}, a));
    assert_true(event_after((struct event_id){11, 1}, a));
    assert_false(event_after(a, a));
    assert_false(event_after((struct event_id){9, 99}, a));
    /* a point between transactions: (end LSN, 0) */
    assert_false(event_after((struct event_id){9, 1}, (struct event_id){10, 0}));
    assert_true(event_after((struct event_id){10, 1}, (struct event_id){10, 0}));
}

static const struct batch_limits limits = {.rows = 3, .bytes = 100, .age_ms = 50, .split_rows = 5};

static void a_batch_is_due_by_rows_and_age_between_transactions(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    assert_false(batch_is_due(batch, &limits, false, 1000));
    batch_add(batch, 1000);
    assert_false(batch_is_due(batch, &limits, false, 1049));
    assert_true(batch_is_due(batch, &limits, false, 1050));
    assert_false(batch_is_due(batch, &limits, true, 9000));
    batch_add(batch, 1000);
    batch_add(batch, 1000);
    assert_true(batch_is_due(batch, &limits, false, 1000));
    assert_false(batch_is_due(batch, &limits, true, 1000));
    batch_free(batch);
}

static void a_transaction_is_split_by_rows_or_bytes(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    for (int i = 0; i < 5; i++) {
        assert_false(batch_is_due(batch, &limits, true, 0));
        batch_add(batch, 0);
    }
    assert_true(batch_is_due(batch, &limits, true, 0));
    batch_clear(batch);
    assert_true(batch_is_empty(batch));
    uint8_t bytes[100] = {0};
    batch_add(batch, 0)->value = batch_put(batch, lt_bytes(bytes, sizeof(bytes)));
    assert_true(batch_is_due(batch, &limits, true, 0));
    batch_free(batch);
}

static void old_minor_releases_are_named(void **state)
{
    (void)state;
    assert_non_null(check_bad_minor(150012));
    assert_null(check_bad_minor(150013));
    assert_null(check_bad_minor(150020));
    assert_non_null(check_bad_minor(170004));
    assert_null(check_bad_minor(170005));
    assert_null(check_bad_minor(180000));
    assert_non_null(check_bad_minor(140018));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_feed_whose_tail_fits_goes_on),
        cmocka_unit_test(a_tail_behind_its_position_begins_anew),
        cmocka_unit_test(a_fresh_source_begins_anew_but_what_is_wanted_stays_wanted),
        cmocka_unit_test(a_snapshot_that_was_interrupted_begins_anew),
        cmocka_unit_test(a_changed_declaration_begins_anew),
        cmocka_unit_test(a_fault_of_the_table_ends_the_feed_and_its_mending_begins_anew),
        cmocka_unit_test(a_fault_before_the_first_incarnation_is_stored_with_its_reason),
        cmocka_unit_test(a_reason_longer_than_what_is_stored_is_written_once),
        cmocka_unit_test(nothing_begins_that_is_unpublished),
        cmocka_unit_test(a_feed_that_never_began_is_taken_over_without_a_topic),
        cmocka_unit_test(states_have_names_that_come_back),
        cmocka_unit_test(the_slot_is_told_only_what_was_seen_and_never_goes_back),
        cmocka_unit_test(events_are_ordered_by_commit_then_ordinal),
        cmocka_unit_test(a_batch_is_due_by_rows_and_age_between_transactions),
        cmocka_unit_test(a_transaction_is_split_by_rows_or_bytes),
        cmocka_unit_test(old_minor_releases_are_named),
    };
    return cmocka_run_group_tests_name("provider rules", tests, NULL, NULL);
}
