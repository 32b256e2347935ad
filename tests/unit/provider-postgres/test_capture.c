/* From pgoutput messages to batches: identity, dedupe, splits, positions, vouching. */
#include "support/cm.h"

#include "provider-postgres/capture.h"

#include <string.h>

#include "base/mem.h"
#include "provider-postgres/provider_metrics.h"
#include "support/pgo_build.h"
#include "support/provider_world.h"

static struct feeds feeds;
static struct capture capture;
static struct batch *batch;
static struct lt_error err;

static void begin_from(const struct lt_source_position *stored, bool must_pass, uint64_t last)
{
    const struct source_verdict verdict = {.must_pass = must_pass};
    wards_feeds(&feeds, last);
    capture_start(&capture, &feeds, stored, &verdict);
    batch = batch_new();
}

static const struct lt_source_position slot_start = {
    .commit_lsn = 1000, .end_lsn = 1000, .safe_lsn = 1000, .ordinal = LT_NULL};

static int tear_down(void **state)
{
    (void)state;
    batch_free(batch);
    capture_fini(&capture);
    feeds_fini(&feeds);
    return 0;
}

static int put(struct lt_buf *message)
{
    int rc = capture_message(&capture, lt_buf_bytes(message), batch, 0, &err);
    lt_buf_fini(message);
    *message = (struct lt_buf){0};
    return rc;
}

static void relation(void)
{
    struct lt_buf m = {0};
    struct pgo_column columns[4];
    for (int i = 0; i < 4; i++) {
        columns[i] = (struct pgo_column){wards_columns[i].name, wards_columns[i].type_oid,
                                         wards_columns[i].typmod, 1};
    }
    pgo_relation(&m, WARDS_ID, "public", "wards", 'f', columns, 4);
    assert_int_equal(put(&m), 0);
}

static int begin(uint64_t lsn, uint32_t xid)
{
    struct lt_buf m = {0};
    pgo_begin(&m, lsn, 1795457460000000 + (int64_t)lsn, xid);
    return put(&m);
}

static void commit(uint64_t lsn)
{
    struct lt_buf m = {0};
    pgo_commit(&m, lsn, lsn + 50, 1795457460000000 + (int64_t)lsn);
    assert_int_equal(put(&m), 0);
}

static void insert(const char *code)
{
    struct lt_buf m = {0};
    const char *values[] = {code, "name", "48", "1.50"};
    pgo_insert(&m, WARDS_ID, values, 4);
    assert_int_equal(put(&m), 0);
}

static void transaction(uint64_t lsn, uint32_t xid, int rows)
{
    assert_int_equal(begin(lsn, xid), 0);
    for (int i = 0; i < rows; i++) {
        insert("a");
    }
    commit(lsn);
}

static void rows_get_commit_lsn_and_ordinal(void **state)
{
    (void)state;
    begin_from(&slot_start, false, 1000);
    relation();
    transaction(1100, 7, 2);
    assert_int_equal(batch->count, 2);
    assert_int_equal(batch->records[1].id.lsn, 1100);
    assert_int_equal(batch->records[1].id.ordinal, 2);
    assert_int_equal(batch->records[1].time, 1795457460001100);
    capture_seal(&capture, batch);
    assert_true(batch->has_source);
    assert_int_equal(batch->source.commit_lsn, 1100);
    assert_int_equal(batch->source.xid, 7);
    assert_int_equal(batch->source.end_lsn, 1150);
    assert_int_equal(batch->source.safe_lsn, 1150);
    assert_true(batch->source.ordinal == LT_NULL);
}

static void ordinals_count_rows_of_other_tables_too(void **state)
{
    (void)state;
    begin_from(&slot_start, false, 1000);
    relation();
    begin(1100, 7);
    struct lt_buf m = {0};
    const char *values[] = {"x"};
    pgo_insert(&m, 99, values, 1);
    put(&m);
    insert("a");
    commit(1100);
    assert_int_equal(batch->count, 1);
    assert_int_equal(batch->records[0].id.ordinal, 2);
}

static void events_up_to_the_feeds_own_position_are_dropped(void **state)
{
    (void)state;
    begin_from(&slot_start, false, 1000);
    feeds.items[0].last = (struct event_id){1100, 2};
    relation();
    transaction(1050, 6, 3);
    transaction(1100, 7, 3);
    assert_int_equal(batch->count, 1);
    assert_int_equal(batch->records[0].id.ordinal, 3);
}

static void a_split_transaction_goes_on_after_its_stored_ordinal(void **state)
{
    (void)state;
    struct lt_source_position stored = {.commit_lsn = 1100,
                                        .xid = 7,
                                        .commit_time = 1795457460001100,
                                        .ordinal = 2,
                                        .end_lsn = 1050,
                                        .safe_lsn = 1050};
    begin_from(&stored, true, 1000);
    feeds.items[0].last = (struct event_id){1100, 2};
    relation();
    assert_int_equal(begin(1100, 7), 0);
    insert("a");
    insert("b");
    capture_seal(&capture, batch);
    assert_false(batch->has_source); /* nothing new yet: what is stored must not go back */
    insert("c");
    capture_seal(&capture, batch);
    assert_true(batch->has_source);
    assert_int_equal(batch->source.ordinal, 3);
    assert_int_equal(batch->source.end_lsn, 1050);
    assert_int_equal(batch->source.safe_lsn, 1050);
    assert_int_equal(batch->count, 1);
}

static void nothing_newer_is_taken_before_the_stored_commit_came_by(void **state)
{
    (void)state;
    struct lt_source_position stored = {.commit_lsn = 1100,
                                        .xid = 7,
                                        .commit_time = 1795457460001100,
                                        .ordinal = LT_NULL,
                                        .end_lsn = 1150,
                                        .safe_lsn = 1150};
    begin_from(&stored, true, 1150);
    relation();
    transaction(1050, 6, 1);
    capture_seal(&capture, batch);
    assert_false(batch->has_source);
    assert_int_equal(begin(1200, 8), -1);
    assert_int_equal(err.class, LT_ERR_ABORT);
    assert_true(capture.gap);
}

static void a_feed_that_joined_later_catches_up_while_the_position_stands(void **state)
{
    (void)state;
    struct lt_source_position stored = {.commit_lsn = 1300,
                                        .xid = 9,
                                        .commit_time = 1795457460001300,
                                        .ordinal = LT_NULL,
                                        .end_lsn = 1350,
                                        .safe_lsn = 1350};
    begin_from(&stored, true, 1100); /* the snapshot's consistent point */
    relation();
    transaction(1050, 6, 1); /* in the snapshot */
    transaction(1100, 7, 1); /* starts at the point: not in it */
    transaction(1200, 8, 1);
    capture_seal(&capture, batch);
    assert_false(batch->has_source);
    assert_int_equal(batch->count, 2);
    transaction(1300, 9, 1);
    transaction(1400, 10, 1);
    capture_seal(&capture, batch);
    assert_int_equal(batch->count, 4);
    assert_int_equal(batch->source.commit_lsn, 1400);
}

static void a_keepalive_moves_the_safe_position_only_between_transactions(void **state)
{
    (void)state;
    begin_from(&slot_start, false, 1000);
    relation();
    begin(1100, 7);
    assert_int_equal(capture_keepalive(&capture, 5000, &err), 0);
    assert_int_equal(capture.point.safe_lsn, 1000);
    commit(1100);
    assert_int_equal(capture_keepalive(&capture, 5000, &err), 0);
    capture_seal(&capture, batch);
    assert_int_equal(batch->source.safe_lsn, 5000);
    assert_int_equal(batch->source.end_lsn, 1150);
}

static uint8_t prints[1][FINGERPRINT_BYTES];

static void a_voucher_waits_for_its_lsn_and_for_the_open_transaction(void **state)
{
    (void)state;
    size_t points = 0;
    size_t changed = 0;
    const struct voucher voucher = {.time = 5, .lsn = 1140, .fingerprints = prints};
    begin_from(&slot_start, false, 1000);
    relation();
    begin(1100, 7);
    insert("a");
    assert_false(capture_vouch(&capture, &voucher, batch, &points, &changed));
    commit(1100);
    assert_true(capture_vouch(&capture, &voucher, batch, &points, &changed));
    assert_int_equal(points, 1);
    assert_int_equal(batch->records[1].op, LT_OP_SYNC);
    assert_int_equal(batch->records[1].id.lsn, 1150);
    assert_int_equal(batch->records[1].id.ordinal, 0);
    const struct voucher later = {.time = 6, .lsn = 1151, .fingerprints = prints};
    assert_false(capture_vouch(&capture, &later, batch, &points, &changed));
    assert_int_equal(capture_keepalive(&capture, 1151, &err), 0);
    assert_true(capture_vouch(&capture, &later, batch, &points, &changed));
    /* a sync point hides no event after it */
    transaction(1160, 8, 1);
    assert_int_equal(batch->records[batch->count - 1].op, LT_OP_INSERT);
    /* none between the rows of a transaction, although its LSN was reached before */
    begin(1300, 9);
    insert("b");
    assert_false(capture_vouch(&capture, &later, batch, &points, &changed));
    commit(1300);
    assert_true(capture_vouch(&capture, &later, batch, &points, &changed));
}

static void a_changed_fingerprint_is_not_vouched_for(void **state)
{
    (void)state;
    size_t points = 0;
    size_t changed = 0;
    uint8_t other[1][FINGERPRINT_BYTES] = {{1}};
    const struct voucher voucher = {.time = 5, .lsn = 1000, .fingerprints = other};
    begin_from(&slot_start, false, 1000);
    assert_int_equal(capture_keepalive(&capture, 1200, &err), 0);
    assert_true(capture_vouch(&capture, &voucher, batch, &points, &changed));
    assert_int_equal(points, 0);
    assert_int_equal(changed, 1);
    assert_int_equal(batch->count, 0);
}

/* ---- what changes without an event ---- */

#define PART_ID 16500u

static void any_relation(uint32_t id, const char *name)
{
    struct lt_buf m = {0};
    struct pgo_column columns[4];
    for (int i = 0; i < 4; i++) {
        columns[i] = (struct pgo_column){wards_columns[i].name, wards_columns[i].type_oid,
                                         wards_columns[i].typmod, 1};
    }
    pgo_relation(&m, id, "public", name, 'f', columns, 4);
    assert_int_equal(put(&m), 0);
}

/* A partitioned table with one part, which the incarnation began with. */
static void begin_partitioned(void)
{
    begin_from(&slot_start, false, 1000);
    struct feed *feed = &feeds.items[0];
    feed->shape.partitioned = true;
    feed->parts.oids = lt_alloc(2 * sizeof(uint32_t));
    feed->parts.oids[0] = WARDS_ID;
    feed->parts.oids[1] = PART_ID;
    feed->parts.count = 2;
    memset(prints, 7, sizeof(prints));
    memcpy(feed->fingerprint, prints, FINGERPRINT_BYTES);
    memcpy(feed->judged_at, prints, FINGERPRINT_BYTES);
}

/* Rows of a part, as the server announces them. */
static void rows_of_part(uint64_t lsn, uint32_t part)
{
    begin(lsn, 7);
    relation();
    any_relation(part, "wards_part");
    insert("a");
    commit(lsn);
}

static size_t vouched(void)
{
    size_t points = 0;
    size_t changed = 0;
    const struct voucher voucher = {.time = 5, .lsn = 1000, .fingerprints = prints};
    assert_true(capture_vouch(&capture, &voucher, batch, &points, &changed));
    assert_int_equal(points + changed, 1);
    return points;
}

static void rows_of_a_known_part_are_vouched_for(void **state)
{
    (void)state;
    begin_partitioned();
    rows_of_part(1100, PART_ID);
    assert_int_equal(vouched(), 1);
    assert_int_equal(batch->mark_count, 0);
}

/* D41.2b-1: joined and gone again between two sync points, its rows are in the feed for ever. */
static void rows_of_a_part_that_joined_are_never_vouched_for(void **state)
{
    (void)state;
    begin_partitioned();
    rows_of_part(1100, PART_ID + 1);
    assert_int_equal(vouched(), 0);
    assert_int_equal(batch->mark_count, 1);
    assert_int_equal(batch->marks[0].state, FEED_STREAMING);
    assert_int_equal(batch->marks[0].incarnation, 1);
    assert_string_equal(batch->marks[0].reason, "a part joined the table with its rows");
    assert_memory_equal(batch->marks[0].fingerprint, prints, 32); /* the declaration's */
    transaction(1200, 8, 1);
    assert_int_equal(vouched(), 0);
}

static void a_part_of_another_tree_is_no_known_one(void **state)
{
    (void)state;
    begin_partitioned();
    feeds.items[0].judged_at[40] = 1; /* looked at when the tree was not the incarnation's */
    rows_of_part(1100, PART_ID);
    assert_int_equal(vouched(), 0);
}

static void rows_of_a_part_from_before_the_snapshot_are_in_it(void **state)
{
    (void)state;
    begin_partitioned();
    feeds.items[0].last = (struct event_id){1150, 0};
    rows_of_part(1100, PART_ID + 1);
    assert_int_equal(vouched(), 1);
}

static void another_table_is_no_part(void **state)
{
    (void)state;
    begin_partitioned();
    begin(1100, 7);
    relation();
    insert("a");
    any_relation(PART_ID + 1, "other");
    commit(1100);
    begin(1200, 8);
    any_relation(PART_ID + 2, "third");
    commit(1200);
    assert_int_equal(vouched(), 1);
}

/* D41.2b-1: a table that is renamed, changed and renamed back in one transaction looks as before.
 */
static void a_table_keeps_its_feed_under_another_name(void **state)
{
    (void)state;
    begin_partitioned();
    begin(1100, 7);
    any_relation(WARDS_ID, "wards_old");
    insert("a");
    commit(1100);
    assert_int_equal(batch->count, 1);
}

/* architecture 5: absent old values would say that the scope columns are as before. */
static void a_part_without_full_identity_ends_its_feed(void **state)
{
    (void)state;
    begin_partitioned();
    begin(1100, 7);
    relation();
    struct lt_buf m = {0};
    const char *values[] = {"a", "name", "49", "1.50"};
    lt_buf_addc(&m, 'U');
    pgo_put32(&m, WARDS_ID);
    pgo_tuple(&m, 'N', values, 4);
    assert_int_equal(put(&m), 0);
    assert_int_equal(batch->count, 0);
    assert_int_equal(batch->marks[0].state, FEED_ENDED);
    assert_string_equal(batch->marks[0].reason, "a part of the table lacks REPLICA IDENTITY FULL");
}

static int looks, look_answer;
static bool look_renews;

static int look(void *arg, size_t feed, struct batch *b, struct lt_error *reterr)
{
    (void)arg;
    looks++;
    if (look_renews) {
        capture_renew(&capture, feed, "another shape", b);
    }
    return look_answer == 0 ? 0 : lt_fail(reterr, LT_ERR_RETRY, "pg", 0, "away");
}

static void begin_looking(bool renews, int answer)
{
    begin_from(&slot_start, false, 1100);
    looks = 0;
    look_renews = renews;
    look_answer = answer;
    capture_looks(&capture, look, NULL);
}

/* D41.2b-1: a column that went and came back is announced as it was before. */
static void a_table_is_looked_at_before_the_first_row_behind_each_announcement(void **state)
{
    (void)state;
    begin_looking(false, 0);
    relation();
    transaction(1050, 7, 2); /* stored before */
    assert_int_equal(looks, 0);
    transaction(1200, 8, 3);
    assert_int_equal(looks, 1);
    relation();
    assert_int_equal(looks, 1);
    transaction(1300, 9, 1);
    assert_int_equal(looks, 2);
    assert_int_equal(batch->count, 4);
}

static void a_table_that_is_another_gives_no_row(void **state)
{
    (void)state;
    begin_looking(true, 0);
    relation();
    transaction(1200, 8, 3);
    assert_int_equal(looks, 1);
    assert_int_equal(batch->count, 0);
    assert_int_equal(batch->marks[0].state, FEED_WANTED);
    assert_int_equal(batch->marks[0].incarnation, 2);
}

static void no_row_is_taken_while_nobody_can_look(void **state)
{
    (void)state;
    struct lt_buf m = {0};
    const char *values[] = {"a", "name", "48", "1.50"};
    begin_looking(false, -1);
    relation();
    begin(1200, 8);
    pgo_insert(&m, WARDS_ID, values, 4);
    assert_int_equal(put(&m), -1);
    assert_int_equal(err.class, LT_ERR_RETRY);
    assert_int_equal(batch->count, 0);
}

static void truncate(void)
{
    struct lt_buf m = {0};
    lt_buf_addc(&m, 'T');
    pgo_put32(&m, 1);
    lt_buf_addc(&m, 0);
    pgo_put32(&m, WARDS_ID);
    assert_int_equal(put(&m), 0);
}

static void truncate_wants_a_new_incarnation_and_drops_what_follows(void **state)
{
    (void)state;
    begin_from(&slot_start, false, 1000);
    relation();
    begin(1100, 7);
    insert("a");
    truncate();
    insert("b");
    commit(1100);
    assert_int_equal(batch->count, 1);
    assert_int_equal(batch->mark_count, 1);
    assert_int_equal(batch->marks[0].state, FEED_WANTED);
    assert_int_equal(batch->marks[0].incarnation, 2);
    assert_string_equal(batch->marks[0].reason, "the table was truncated");
}

static void a_truncate_from_before_the_snapshot_is_in_it(void **state)
{
    (void)state;
    begin_from(&slot_start, false, 1200);
    relation();
    begin(1100, 7);
    truncate();
    commit(1100);
    assert_int_equal(batch->mark_count, 0);
}

static void a_row_that_does_not_fit_ends_the_feed_by_name(void **state)
{
    (void)state;
    struct lt_buf m = {0};
    const struct pgo_column columns[] = {{"code", 1043, 24, 1}, {"name", 25, -1, 1}};
    const char *values[] = {"a", "n"};
    begin_from(&slot_start, false, 1000);
    pgo_relation(&m, WARDS_ID, "public", "wards", 'f', columns, 2);
    put(&m);
    begin(1100, 7);
    pgo_insert(&m, WARDS_ID, values, 2);
    put(&m);
    assert_int_equal(batch->mark_count, 1);
    assert_int_equal(batch->marks[0].state, FEED_ENDED);
    assert_string_equal(batch->marks[0].reason,
                        "table public.wards: declared column 'province_code' is gone");
    assert_int_equal(batch->marks[0].incarnation, 1);
}

static void the_stream_must_be_well_formed(void **state)
{
    (void)state;
    struct lt_buf m = {0};
    const char *values[] = {"a", "n", "48", "1"};
    begin_from(&slot_start, false, 1000);
    relation();
    pgo_insert(&m, WARDS_ID, values, 4);
    assert_int_equal(put(&m), -1);
    assert_int_equal(err.class, LT_ERR_FATAL);
    assert_int_equal(begin(1100, 7), 0);
    assert_int_equal(begin(1200, 8), -1);
    pgo_commit(&m, 1101, 1150, 1795457460000000);
    assert_int_equal(put(&m), -1);
}

#define TEST(f) cmocka_unit_test_teardown(f, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_get_commit_lsn_and_ordinal),
        TEST(ordinals_count_rows_of_other_tables_too),
        TEST(events_up_to_the_feeds_own_position_are_dropped),
        TEST(a_split_transaction_goes_on_after_its_stored_ordinal),
        TEST(nothing_newer_is_taken_before_the_stored_commit_came_by),
        TEST(a_feed_that_joined_later_catches_up_while_the_position_stands),
        TEST(a_keepalive_moves_the_safe_position_only_between_transactions),
        TEST(a_voucher_waits_for_its_lsn_and_for_the_open_transaction),
        TEST(a_changed_fingerprint_is_not_vouched_for),
        TEST(rows_of_a_known_part_are_vouched_for),
        TEST(rows_of_a_part_that_joined_are_never_vouched_for),
        TEST(a_part_of_another_tree_is_no_known_one),
        TEST(rows_of_a_part_from_before_the_snapshot_are_in_it),
        TEST(another_table_is_no_part),
        TEST(a_table_keeps_its_feed_under_another_name),
        TEST(a_part_without_full_identity_ends_its_feed),
        TEST(a_table_is_looked_at_before_the_first_row_behind_each_announcement),
        TEST(a_table_that_is_another_gives_no_row),
        TEST(no_row_is_taken_while_nobody_can_look),
        TEST(truncate_wants_a_new_incarnation_and_drops_what_follows),
        TEST(a_truncate_from_before_the_snapshot_is_in_it),
        TEST(a_row_that_does_not_fit_ends_the_feed_by_name),
        TEST(the_stream_must_be_well_formed),
    };
    provider_metrics_register();
    return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
