/* The start-up table (capture-and-apply 4a, architecture 4.1): one named test a row, and the
 * passage of the stored commit. */
#include "support/cm.h"

#include "provider-postgres/judge_source.h"

#define END 2000

static struct lt_source_position stored;
static struct source_facts facts;

static int set_up(void **state)
{
    (void)state;
    stored = (struct lt_source_position){.source = "so000001",
                                         .system_id = "7001",
                                         .timeline = 1,
                                         .dboid = 5,
                                         .slot = "lienthong",
                                         .commit_lsn = 1900,
                                         .xid = 700,
                                         .commit_time = 1,
                                         .ordinal = LT_NULL,
                                         .end_lsn = END,
                                         .safe_lsn = 2100};
    facts = (struct source_facts){.system_id = "7001",
                                  .timeline = 1,
                                  .dboid = 5,
                                  .wal = 5000,
                                  .slot_name = "lienthong",
                                  .slot = SLOT_GOOD,
                                  .confirmed = 2050};
    return 0;
}

static void expect_fresh(const char *reason)
{
    struct source_verdict verdict = judge_source(&stored, &facts);
    assert_true(verdict.fresh);
    assert_string_equal(verdict.reason, reason);
}

static void no_position_and_no_slot_is_a_first_start(void **state)
{
    (void)state;
    facts.slot = SLOT_NONE;
    assert_string_equal(judge_source(NULL, &facts).reason, "first start");
}

static void a_slot_without_a_position_begins_anew(void **state)
{
    (void)state;
    assert_string_equal(judge_source(NULL, &facts).reason, "a slot without a position");
}

static void a_slot_that_is_gone_begins_anew(void **state)
{
    (void)state;
    facts.slot = SLOT_NONE;
    expect_fresh("the slot is gone");
}

static void a_slot_that_is_lost_begins_anew(void **state)
{
    (void)state;
    facts.slot = SLOT_BAD;
    expect_fresh("the slot is lost or invalid");
}

static void confirmed_at_or_below_the_safe_position_goes_on(void **state)
{
    (void)state;
    facts.confirmed = 2100;
    struct source_verdict verdict = judge_source(&stored, &facts);
    assert_false(verdict.fresh);
    assert_int_equal(verdict.start, 2100);
    assert_false(verdict.must_pass);
}

static void confirmed_below_the_stored_end_must_see_the_stored_commit(void **state)
{
    (void)state;
    facts.confirmed = END - 1;
    struct source_verdict verdict = judge_source(&stored, &facts);
    assert_false(verdict.fresh);
    assert_int_equal(verdict.start, END - 1);
    assert_true(verdict.must_pass);
}

static void an_unfinished_transaction_must_come_again(void **state)
{
    (void)state;
    stored.ordinal = 20000;
    facts.confirmed = 2050;
    assert_true(judge_source(&stored, &facts).must_pass);
}

static void confirmed_above_the_safe_position_is_a_gap(void **state)
{
    (void)state;
    facts.confirmed = 2101;
    expect_fresh("the slot is ahead of the stored position: changes are missing");
}

static void another_system_id_begins_anew(void **state)
{
    (void)state;
    facts.system_id = "7002";
    expect_fresh("another system id: the server was replaced");
}

static void another_timeline_begins_anew(void **state)
{
    (void)state;
    facts.timeline = 2;
    expect_fresh("another timeline: the server was promoted or restored");
}

static void another_database_or_slot_begins_anew(void **state)
{
    (void)state;
    facts.dboid = 6;
    expect_fresh("another database");
    facts.dboid = 5;
    facts.slot_name = "other";
    expect_fresh("another slot name is configured");
}

static void a_server_behind_the_position_begins_anew(void **state)
{
    (void)state;
    facts.wal = 2099;
    facts.confirmed = 1000;
    expect_fresh("the server is behind the stored position: it was restored");
}

static void a_slot_behind_its_own_creation_begins_anew(void **state)
{
    (void)state;
    stored.xid = 0;
    facts.confirmed = END - 1;
    expect_fresh("the slot is older than its own creation: it was made anew");
}

static struct passage started(void)
{
    struct passage passage;
    struct source_verdict verdict = judge_source(&stored, &facts);
    assert_false(verdict.fresh);
    passage_start(&passage, &stored, &verdict);
    return passage;
}

static void the_stored_commit_comes_by_before_anything_newer(void **state)
{
    (void)state;
    facts.confirmed = 1000;
    struct passage passage = started();
    assert_int_equal(passage_begin(&passage, 1500, 690, 0), PASSAGE_BEFORE);
    passage_commit(&passage, 1500);
    assert_int_equal(passage_begin(&passage, 1900, 700, 1), PASSAGE_SAME);
    passage_commit(&passage, 1900);
    assert_int_equal(passage_begin(&passage, 2200, 701, 2), PASSAGE_AFTER);
}

static void a_newer_commit_first_is_another_history(void **state)
{
    (void)state;
    facts.confirmed = 1000;
    struct passage passage = started();
    assert_int_equal(passage_begin(&passage, 1901, 700, 1), PASSAGE_GAP);
}

static void the_same_lsn_with_another_xid_or_time_is_another_history(void **state)
{
    (void)state;
    facts.confirmed = 1000;
    struct passage passage = started();
    assert_int_equal(passage_begin(&passage, 1900, 701, 1), PASSAGE_GAP);
    assert_int_equal(passage_begin(&passage, 1900, 700, 2), PASSAGE_GAP);
}

static void wal_that_went_beyond_without_it_is_another_history(void **state)
{
    (void)state;
    facts.confirmed = 1000;
    struct passage passage = started();
    assert_true(passage_keepalive(&passage, 1900));
    assert_false(passage_keepalive(&passage, 1901));
}

static void nothing_must_pass_when_the_slot_is_beyond_it(void **state)
{
    (void)state;
    struct passage passage = started();
    assert_int_equal(passage_begin(&passage, 2200, 701, 2), PASSAGE_AFTER);
    passage = started();
    assert_true(passage_keepalive(&passage, 2100));
    assert_true(passage.passed);
}

/* A commit record that starts exactly at the slot's consistent point is not in its snapshot. */
static void the_first_commit_after_a_fresh_slot_is_new(void **state)
{
    (void)state;
    stored.xid = 0;
    stored.commit_lsn = stored.end_lsn = stored.safe_lsn = 2000;
    facts.confirmed = 2000;
    struct passage passage = started();
    assert_int_equal(passage_begin(&passage, 2000, 701, 2), PASSAGE_AFTER);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_position_and_no_slot_is_a_first_start),
        TEST(a_slot_without_a_position_begins_anew),
        TEST(a_slot_that_is_gone_begins_anew),
        TEST(a_slot_that_is_lost_begins_anew),
        TEST(confirmed_at_or_below_the_safe_position_goes_on),
        TEST(confirmed_below_the_stored_end_must_see_the_stored_commit),
        TEST(an_unfinished_transaction_must_come_again),
        TEST(confirmed_above_the_safe_position_is_a_gap),
        TEST(another_system_id_begins_anew),
        TEST(another_timeline_begins_anew),
        TEST(another_database_or_slot_begins_anew),
        TEST(a_server_behind_the_position_begins_anew),
        TEST(a_slot_behind_its_own_creation_begins_anew),
        TEST(the_stored_commit_comes_by_before_anything_newer),
        TEST(a_newer_commit_first_is_another_history),
        TEST(the_same_lsn_with_another_xid_or_time_is_another_history),
        TEST(wal_that_went_beyond_without_it_is_another_history),
        TEST(nothing_must_pass_when_the_slot_is_beyond_it),
        TEST(the_first_commit_after_a_fresh_slot_is_new),
    };
    return cmocka_run_group_tests_name("judge_source", tests, NULL, NULL);
}
