/* The next step of a connection, and the inbox it is taken from (protocol 9.3-9.5, 9.7). */
#include "change/chain.h"
#include "consumer-postgres/choose.h"
#include "support/cm.h"

#include <stdio.h>
#include <string.h>

#define HOUR (3600 * LT_SECOND)
#define CN   "cn000981"

static struct lt_inbox *inbox;

static int set_up(void **state)
{
    (void)state;
    inbox = lt_inbox_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lt_inbox_free(inbox);
    return 0;
}

static struct lt_stream_notice notice(const char *stream, int64_t generation)
{
    return (struct lt_stream_notice){.stream = stream,
                                     .connection = CN,
                                     .generation = generation,
                                     .service = "sv000001",
                                     .incarnation = 1,
                                     .entity = "ward",
                                     .agreement = 12,
                                     .scope_version = generation,
                                     .rows_since = 1,
                                     .key_schema = 1001,
                                     .value_schema = 1002,
                                     .use_period = 72 * HOUR,
                                     .end_of_use = LT_NULL,
                                     .on_expiry = "hide",
                                     .window = 168 * HOUR,
                                     .load_seq = LT_NULL,
                                     .sync_time = LT_NULL,
                                     .sync_seq = LT_NULL,
                                     .state = "LIVE",
                                     .reason = "",
                                     .at = 1};
}

static int put(const struct lt_stream_notice *n)
{
    struct lt_buf body = {0};
    lt_record_encode(LT_RECORD_STREAM_NOTICE, n, &body);
    const int rc = lt_inbox_take(inbox, lt_bytes_text(n->stream), lt_buf_bytes(&body), 1, NULL);
    lt_buf_fini(&body);
    return rc;
}

static int put_schema(int32_t id, const char *text, bool good_hash)
{
    struct lt_buf body = {0};
    uint8_t hash[32];
    char key[32];
    snprintf(key, sizeof key, "schema/%d", id);
    lt_sha256(lt_bytes_text(text), hash);
    hash[0] ^= (uint8_t)!good_hash;
    const struct lt_schema_notice n = {.id = id, .text = text, .sha256 = lt_bytes(hash, 32)};
    lt_record_encode(LT_RECORD_SCHEMA_NOTICE, &n, &body);
    const int rc = lt_inbox_take(inbox, lt_bytes_text(key), lt_buf_bytes(&body), 1, NULL);
    lt_buf_fini(&body);
    return rc;
}

static void put_schemas(void)
{
    assert_int_equal(put_schema(1001, "key", true), 0);
    assert_int_equal(put_schema(1002, "value", true), 0);
}

static struct lt_copy_facts
copy(int number, int64_t generation, enum lt_copy_state state, bool shown)
{
    return (struct lt_copy_facts){
        .copy = number,
        .generation = generation,
        .state = state,
        .shown = shown,
        .granted_schema = 1002,
        .at = {.seq = 10, .next_offset = 12, .e0 = 5},
        .terms = {.use_period = 72 * HOUR, .end_of_use = LT_NULL, .closed = ""},
        .worth = {.stamp = state == LT_COPY_ACTIVE ? 1 : LT_TIME_NONE}};
}

static void the_first_stream_gets_a_copy_that_is_shown_from_the_start(void **state)
{
    (void)state;
    const struct lt_stream_notice n = notice(CN ".1", 1);
    assert_int_equal(put(&n), 0);
    assert_int_equal(lt_choose(inbox, CN, NULL, 0).kind, LT_STEP_NONE); /* schemas are missing */
    put_schemas();
    const struct lt_step step = lt_choose(inbox, CN, NULL, 0);
    assert_int_equal(step.kind, LT_STEP_CREATE);
    assert_true(step.show);
}

static void a_copy_is_shown_at_its_load_mark_and_not_before(void **state)
{
    (void)state;
    struct lt_stream_notice n = notice(CN ".1", 1);
    struct lt_copy_facts c = copy(1, 1, LT_COPY_LOADING, true);
    put_schemas();
    assert_int_equal(put(&n), 0);
    assert_int_equal(lt_choose(inbox, CN, &c, 1).kind, LT_STEP_NONE); /* no load mark */
    n.load_seq = 11;
    assert_int_equal(put(&n), 0);
    assert_int_equal(lt_choose(inbox, CN, &c, 1).kind, LT_STEP_NONE); /* seq 10 */
    n.load_seq = 10;
    assert_int_equal(put(&n), 0);
    c.at.e0 = 13;
    assert_int_equal(lt_choose(inbox, CN, &c, 1).kind, LT_STEP_NONE); /* own end not reached */
    c.at.e0 = 12;
    assert_int_equal(lt_choose(inbox, CN, &c, 1).kind, LT_STEP_SWITCH);
}

static void a_replacing_stream_is_loaded_beside_what_is_of_use(void **state)
{
    (void)state;
    const struct lt_stream_notice one = notice(CN ".1", 1), two = notice(CN ".2", 2);
    struct lt_copy_facts c[2] = {copy(1, 1, LT_COPY_ACTIVE, true)};
    put_schemas();
    assert_int_equal(put(&one) || put(&two), 0);
    struct lt_step step = lt_choose(inbox, CN, c, 1);
    assert_int_equal(step.kind, LT_STEP_CREATE);
    assert_false(step.show);
    c[1] = copy(2, 2, LT_COPY_LOADING, false);
    assert_int_equal(lt_choose(inbox, CN, c, 2).kind, LT_STEP_NONE);
}

/* A successor's notice may be visible although its cursor was lost (protocol 1.2, 4.6). */
static void the_stream_to_follow_is_the_one_written_last_among_those_not_ended(void **state)
{
    (void)state;
    struct lt_stream_notice one = notice(CN ".1", 1), two = notice(CN ".2", 2);
    struct lt_copy_facts c[2] = {copy(1, 1, LT_COPY_ACTIVE, true),
                                 copy(2, 2, LT_COPY_LOADING, false)};
    put_schemas();
    one.ended = true;
    assert_int_equal(put(&one) || put(&two), 0);
    assert_int_equal(lt_inbox_current(inbox, CN)->is.generation, 2);
    one.ended = false; /* the owner of 1 repeats its notice: 1 goes on */
    assert_int_equal(put(&one), 0);
    assert_int_equal(lt_inbox_current(inbox, CN)->is.generation, 1);
    const struct lt_step step = lt_choose(inbox, CN, c, 2);
    assert_int_equal(step.kind, LT_STEP_DROP);
    assert_int_equal(step.copy, 2);
    assert_int_equal(lt_choose(inbox, CN, c, 1).kind, LT_STEP_NONE);
    one.ended = true;
    assert_int_equal(put(&one) || put(&two), 0);
    assert_int_equal(lt_inbox_current(inbox, CN)->is.generation, 2);
    two.ended = true; /* all over: the highest counts, and nothing is begun */
    assert_int_equal(put(&two) || put(&one), 0);
    assert_int_equal(lt_inbox_current(inbox, CN)->is.generation, 2);
    assert_int_equal(lt_choose(inbox, CN, NULL, 0).kind, LT_STEP_NONE);
}

/* What is shown of a stream that does not count any more stays until the other is loaded. */
static void a_shown_copy_of_a_stream_that_was_taken_back_is_replaced(void **state)
{
    (void)state;
    struct lt_stream_notice one = notice(CN ".1", 1), two = notice(CN ".2", 2);
    const struct lt_copy_facts c = copy(2, 2, LT_COPY_ACTIVE, true);
    put_schemas();
    assert_int_equal(put(&two) || put(&one), 0);
    const struct lt_step step = lt_choose(inbox, CN, &c, 1);
    assert_int_equal(step.kind, LT_STEP_CREATE);
    assert_false(step.show);
}

/* Termination counts in any notice of the connection, also in one of a stream not followed. */
static void a_termination_told_by_another_stream_closes_every_copy(void **state)
{
    (void)state;
    struct lt_stream_notice one = notice(CN ".1", 1), two = notice(CN ".2", 2);
    const struct lt_copy_facts c = copy(1, 1, LT_COPY_ACTIVE, true);
    two.ended = two.terminated = true;
    assert_int_equal(put(&two) || put(&one), 0);
    assert_int_equal(lt_inbox_current(inbox, CN)->is.generation, 1);
    const struct lt_step step = lt_choose(inbox, CN, &c, 1);
    assert_int_equal(step.kind, LT_STEP_TERMS);
    assert_string_equal(step.terms.closed, "terminated");
}

static void a_stream_superseded_while_loading_is_dropped(void **state)
{
    (void)state;
    const struct lt_stream_notice one = notice(CN ".1", 1), two = notice(CN ".2", 2),
                                  three = notice(CN ".3", 3);
    struct lt_copy_facts c[3] = {copy(1, 1, LT_COPY_ACTIVE, true),
                                 copy(2, 2, LT_COPY_LOADING, false),
                                 copy(3, 3, LT_COPY_LOADING, false)};
    put_schemas();
    assert_int_equal(put(&one) || put(&two) || put(&three), 0);
    const struct lt_step step = lt_choose(inbox, CN, c, 3);
    assert_int_equal(step.kind, LT_STEP_DROP);
    assert_int_equal(step.copy, 2);
}

/* protocol 9.2 */
static void a_damaged_copy_waits_for_a_successor_and_a_stale_one_is_read_again(void **state)
{
    (void)state;
    const struct lt_stream_notice one = notice(CN ".1", 1);
    struct lt_copy_facts c = copy(1, 1, LT_COPY_DAMAGED, true);
    put_schemas();
    assert_int_equal(put(&one), 0);
    assert_int_equal(lt_choose(inbox, CN, &c, 1).kind, LT_STEP_NONE);
    c.state = LT_COPY_STALE;
    c.worth.stamp = 1;
    const struct lt_step step = lt_choose(inbox, CN, &c, 1);
    assert_int_equal(step.kind, LT_STEP_CREATE);
    assert_false(step.show);
}

static void an_ended_stream_is_not_begun(void **state)
{
    (void)state;
    struct lt_stream_notice one = notice(CN ".1", 1);
    one.ended = true;
    put_schemas();
    assert_int_equal(put(&one), 0);
    assert_int_equal(lt_choose(inbox, CN, NULL, 0).kind, LT_STEP_NONE);
}

/* D44.2: closed at once, whatever else is to be done, and nothing is begun again. */
static void termination_closes_first_and_is_final(void **state)
{
    (void)state;
    struct lt_stream_notice one = notice(CN ".1", 1);
    one.terminated = one.ended = true;
    one.load_seq = 10;
    struct lt_copy_facts c = copy(1, 1, LT_COPY_LOADING, true);
    put_schemas();
    assert_int_equal(put(&one), 0);
    const struct lt_step step = lt_choose(inbox, CN, &c, 1);
    assert_int_equal(step.kind, LT_STEP_TERMS);
    assert_string_equal(step.terms.closed, "terminated");
    c.terms = step.terms;
    assert_int_equal(lt_choose(inbox, CN, &c, 1).kind, LT_STEP_NONE);
    const struct lt_stream_notice two = notice(CN ".2", 2);
    assert_int_equal(put(&two), 0);
    assert_int_equal(lt_choose(inbox, CN, &c, 1).kind, LT_STEP_NONE);
}

/* D41.2b-10 */
static void new_terms_reach_an_existing_copy(void **state)
{
    (void)state;
    struct lt_stream_notice one = notice(CN ".1", 1);
    one.use_period = HOUR;
    one.end_of_use = 99;
    one.on_expiry = "fail";
    const struct lt_copy_facts c = copy(1, 1, LT_COPY_ACTIVE, true);
    put_schemas();
    assert_int_equal(put(&one), 0);
    const struct lt_step step = lt_choose(inbox, CN, &c, 1);
    assert_int_equal(step.kind, LT_STEP_TERMS);
    assert_int_equal(step.terms.use_period, HOUR);
    assert_int_equal(step.terms.end_of_use, 99);
    assert_true(step.terms.fail);
}

static void a_successor_shortens_but_never_lengthens_the_old_copy(void **state)
{
    (void)state;
    struct lt_stream_notice one = notice(CN ".1", 1), two = notice(CN ".2", 2);
    const struct lt_copy_facts c = copy(1, 1, LT_COPY_ACTIVE, true);
    two.use_period = 500 * HOUR;
    assert_int_equal(put(&one) || put(&two), 0);
    assert_int_equal(lt_terms_wanted(inbox, CN, &c).use_period, 72 * HOUR);
    two.use_period = HOUR;
    assert_int_equal(put(&two), 0);
    assert_int_equal(lt_terms_wanted(inbox, CN, &c).use_period, HOUR);
}

/* architecture 5, DX-3: rows out of scope are closed at once, whatever ended the stream. */
static void narrowed_rows_close_the_older_copies(void **state)
{
    (void)state;
    struct lt_stream_notice one = notice(CN ".1", 1), two = notice(CN ".2", 2);
    const struct lt_copy_facts c[2] = {copy(1, 1, LT_COPY_ACTIVE, true),
                                       copy(2, 2, LT_COPY_LOADING, false)};
    put_schemas();
    one.ended = true;
    one.reason = "incarnation";
    two.rows_since = 2;
    assert_int_equal(put(&one) || put(&two), 0);
    assert_string_equal(lt_terms_wanted(inbox, CN, &c[0]).closed, "amended");
    assert_string_equal(lt_terms_wanted(inbox, CN, &c[1]).closed, "");
    two.rows_since = 0; /* not said */
    assert_int_equal(put(&two), 0);
    assert_string_equal(lt_terms_wanted(inbox, CN, &c[0]).closed, "amended");
}

static void what_was_closed_does_not_open_again_by_a_wider_scope(void **state)
{
    (void)state;
    struct lt_copy_facts c = copy(1, 1, LT_COPY_ACTIVE, true);
    const struct lt_stream_notice one = notice(CN ".1", 1), three = notice(CN ".3", 3);
    put_schemas();
    c.terms.closed = "amended";
    assert_int_equal(put(&one) || put(&three), 0);
    assert_string_equal(lt_terms_wanted(inbox, CN, &c).closed, "amended");
}

static void a_copy_of_an_unknown_scope_closes(void **state)
{
    (void)state;
    const struct lt_stream_notice two = notice(CN ".2", 2);
    const struct lt_copy_facts c = copy(1, 1, LT_COPY_ACTIVE, true);
    put_schemas();
    assert_int_equal(put(&two), 0);
    assert_string_equal(lt_terms_wanted(inbox, CN, &c).closed, "amended");
}

/* Kafka's data were lost: the inbox says nothing any more of the stream that the copy came from. */
static void a_copy_that_knows_its_scope_stays_open_without_its_notice(void **state)
{
    (void)state;
    struct lt_stream_notice two = notice(CN ".1000001", 1000001);
    struct lt_copy_facts c = copy(1, 1, LT_COPY_ACTIVE, true);
    put_schemas();
    two.scope_version = two.rows_since = 3;
    assert_int_equal(put(&two), 0);
    c.scope_version = 3;
    assert_string_equal(lt_terms_wanted(inbox, CN, &c).closed, "");
    c.scope_version = 2; /* narrowed meanwhile */
    assert_string_equal(lt_terms_wanted(inbox, CN, &c).closed, "amended");
}

static void an_amendment_that_only_adds_leaves_the_old_copy_open(void **state)
{
    (void)state;
    struct lt_stream_notice one = notice(CN ".1", 1);
    const struct lt_stream_notice two = notice(CN ".2", 2);
    const struct lt_copy_facts c = copy(1, 1, LT_COPY_ACTIVE, true);
    put_schemas();
    one.ended = true;
    one.reason = "amended";
    assert_int_equal(put(&one) || put(&two), 0);
    assert_string_equal(lt_terms_wanted(inbox, CN, &c).closed, "");
    assert_int_equal(lt_choose(inbox, CN, &c, 1).kind, LT_STEP_CREATE);
}

/* Lost fields leave the view before anything else is done; not known which = all. */
static void changed_fields_are_compared_before_the_successor_is_begun(void **state)
{
    (void)state;
    const struct lt_stream_notice one = notice(CN ".1", 1);
    struct lt_stream_notice two = notice(CN ".2", 2);
    struct lt_copy_facts c = copy(1, 1, LT_COPY_ACTIVE, true);
    put_schemas();
    two.value_schema = 1003;
    assert_int_equal(put(&one) || put(&two), 0);
    struct lt_step step = lt_choose(inbox, CN, &c, 1);
    assert_int_equal(step.kind, LT_STEP_TERMS);
    assert_string_equal(step.terms.closed, "amended");
    assert_int_equal(put_schema(1003, "narrower", true), 0);
    step = lt_choose(inbox, CN, &c, 1);
    assert_int_equal(step.kind, LT_STEP_NARROW);
    assert_int_equal(step.copy, 1);
    c.granted_schema = 1003;
    assert_int_equal(lt_choose(inbox, CN, &c, 1).kind, LT_STEP_CREATE);
    c.granted_schema = 1002;
    c.terms.closed = "amended"; /* shows nothing: nothing is to be taken out */
    assert_int_equal(lt_choose(inbox, CN, &c, 1).kind, LT_STEP_CREATE);
}

/* D41.2b-12: an inbox that says nothing changes nothing. */
static void without_a_notice_nothing_is_done(void **state)
{
    (void)state;
    const struct lt_copy_facts c = copy(1, 1, LT_COPY_ACTIVE, true);
    assert_int_equal(lt_choose(inbox, CN, &c, 1).kind, LT_STEP_NONE);
}

/* ---- the inbox itself ---- */

static void garbage_in_the_inbox_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    struct lt_error err;
    struct lt_stream_notice n = notice(CN ".1", 1);
    assert_int_equal(put(&n), 0);
    n.generation = 2;
    assert_int_equal(put(&n), -1);
    n = notice(CN ".1", 1);
    n.on_expiry = "perhaps";
    assert_int_equal(put(&n), -1);
    n = notice(CN ".1", 1);
    n.use_period = 0;
    assert_int_equal(put(&n), -1);
    assert_int_equal(lt_inbox_take(inbox, (struct lt_bytes){0}, lt_bytes_text("x"), 1, &err), -1);
    assert_string_equal(err.msg, "record without a key");
    assert_string_equal(lt_inbox_stream(inbox, CN ".1")->is.on_expiry, "hide");
}

static void a_notice_under_another_key_is_refused(void **state)
{
    (void)state;
    struct lt_buf body = {0};
    const struct lt_stream_notice n = notice(CN ".1", 1);
    lt_record_encode(LT_RECORD_STREAM_NOTICE, &n, &body);
    assert_int_equal(lt_inbox_take(inbox, lt_bytes_text(CN ".2"), lt_buf_bytes(&body), 1, NULL),
                     -1);
    lt_buf_fini(&body);
}

static void a_schema_must_fit_its_hash_and_never_changes(void **state)
{
    (void)state;
    assert_int_equal(put_schema(1001, "text", false), -1);
    assert_null(lt_inbox_schema(inbox, 1001));
    assert_int_equal(put_schema(1001, "text", true), 0);
    assert_int_equal(put_schema(1001, "text", true), 0);
    assert_int_equal(put_schema(1001, "other", true), -1);
    assert_string_equal(lt_inbox_schema(inbox, 1001), "text");
}

static void a_null_record_takes_a_stream_away(void **state)
{
    (void)state;
    const struct lt_stream_notice n = notice(CN ".1", 1);
    const char *connections[4];
    assert_int_equal(put(&n), 0);
    assert_int_equal(lt_inbox_connections(inbox, connections, 4), 1);
    assert_int_equal(lt_inbox_take(inbox, lt_bytes_text(CN ".1"), (struct lt_bytes){0}, 1, NULL),
                     0);
    assert_null(lt_inbox_current(inbox, CN));
    assert_int_equal(lt_inbox_connections(inbox, connections, 4), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_stream_gets_a_copy_that_is_shown_from_the_start),
        TEST(a_copy_is_shown_at_its_load_mark_and_not_before),
        TEST(a_replacing_stream_is_loaded_beside_what_is_of_use),
        TEST(a_stream_superseded_while_loading_is_dropped),
        TEST(the_stream_to_follow_is_the_one_written_last_among_those_not_ended),
        TEST(a_shown_copy_of_a_stream_that_was_taken_back_is_replaced),
        TEST(a_termination_told_by_another_stream_closes_every_copy),
        TEST(a_damaged_copy_waits_for_a_successor_and_a_stale_one_is_read_again),
        TEST(an_ended_stream_is_not_begun),
        TEST(termination_closes_first_and_is_final),
        TEST(new_terms_reach_an_existing_copy),
        TEST(a_successor_shortens_but_never_lengthens_the_old_copy),
        TEST(narrowed_rows_close_the_older_copies),
        TEST(what_was_closed_does_not_open_again_by_a_wider_scope),
        TEST(a_copy_of_an_unknown_scope_closes),
        TEST(a_copy_that_knows_its_scope_stays_open_without_its_notice),
        TEST(an_amendment_that_only_adds_leaves_the_old_copy_open),
        TEST(changed_fields_are_compared_before_the_successor_is_begun),
        TEST(without_a_notice_nothing_is_done),
        TEST(garbage_in_the_inbox_is_refused_and_changes_nothing),
        TEST(a_notice_under_another_key_is_refused),
        TEST(a_schema_must_fit_its_hash_and_never_changes),
        TEST(a_null_record_takes_a_stream_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
