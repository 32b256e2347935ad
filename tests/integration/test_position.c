/*
 * lib/position on a real broker: the steps of protocol 4, with transactions that hang and with a
 * broker that is killed while commits are under way (architecture 4: exactly once).
 */
#include "position/position.h"
#include "support/bus.h"
#include "support/cm.h"
#include "support/hanging.h"
#include "support/kafka.h"

#include "base/num.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 30000

static struct lt_bus bus;
static char topic[64], cursors[64], id[64];

static int fresh_names(void **state)
{
    (void)state;
    test_err = (struct lt_error){0};
    lt_test_topic("stream.cn000001", topic, sizeof topic);
    lt_test_topic("routing.cursors", cursors, sizeof cursors);
    lt_test_name("routing", id, sizeof id);
    return 0;
}

/* ---- scrub and wait ---- */

static void a_readable_topic_is_left_alone(void **state)
{
    (void)state;
    LT_CLEANUP(lt_asker_closep) struct lt_asker *asker = lt_asker_open(&bus, &test_err);
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_commit(producer, topic, "v", 2);
    assert_ok(lt_wait_readable(asker, topic, TIMEOUT_MS, &test_err));
    const char *topics[] = {topic, cursors};
    size_t scrubbed = 7;
    assert_ok(lt_scrub(producer, asker, topics, 2, &scrubbed, &test_err));
    assert_int_equal(scrubbed, 0);
    int64_t low, lso, hw;
    assert_ok(lt_asker_watermarks(asker, topic, &low, &lso, &hw, &test_err));
    assert_int_equal(hw, 3);
}

static void scrub_frees_what_hangs_of_the_same_id(void **state)
{
    (void)state;
    LT_CLEANUP(lt_asker_closep) struct lt_asker *asker = lt_asker_open(&bus, &test_err);
    struct lt_producer *first = test_producer(&bus, id);
    test_commit(first, topic, "before", 2);
    lt_producer_close(first);
    lt_test_hang(&bus, id, topic);

    /* init_transactions alone does not help: the coordinator knows of nothing to end. */
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    assert_int_equal(lt_wait_readable(asker, topic, 1000, &test_err), -1);
    assert_error(LT_ERR_RETRY, "not readable to offset 4 within 1000 ms");

    const char *topics[] = {cursors, topic};
    size_t scrubbed = 0;
    assert_ok(lt_scrub(producer, asker, topics, 2, &scrubbed, &test_err));
    assert_int_equal(scrubbed, 1);
    assert_ok(lt_wait_readable(asker, topic, TIMEOUT_MS, &test_err));
    test_commit(producer, topic, "after", 1);
    char all[128];
    assert_string_equal(test_read_all(&bus, topic, all, sizeof all), "before0 before1 after0");
}

static void without_scrub_the_next_commit_brings_old_records_to_light(void **state)
{
    (void)state;
    lt_test_hang(&bus, id, topic);
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_commit(producer, topic, "next", 1);
    char all[128];
    assert_string_equal(test_read_all(&bus, topic, all, sizeof all), "hanging next0");
}

static void another_id_cannot_free_it_and_commits_nothing(void **state)
{
    (void)state;
    char stranger_id[64];
    lt_test_name("routing", stranger_id, sizeof stranger_id);
    lt_test_hang(&bus, id, topic);
    LT_CLEANUP(lt_asker_closep) struct lt_asker *asker = lt_asker_open(&bus, &test_err);
    LT_CLEANUP(lt_producer_closep)
    struct lt_producer *stranger = test_producer(&bus, stranger_id);
    const char *topics[] = {topic};
    size_t scrubbed = 0;
    assert_ok(lt_scrub(stranger, asker, topics, 1, &scrubbed, &test_err));
    assert_int_equal(scrubbed, 1);
    assert_int_equal(lt_wait_readable(asker, topic, 500, &test_err), -1);
    assert_error(LT_ERR_RETRY, "not readable");

    LT_CLEANUP(lt_producer_closep) struct lt_producer *owner = test_producer(&bus, id);
    assert_ok(lt_scrub(owner, asker, topics, 1, &scrubbed, &test_err));
    assert_ok(lt_wait_readable(asker, topic, TIMEOUT_MS, &test_err));
    char all[64];
    assert_string_equal(test_read_all(&bus, topic, all, sizeof all), "");
}

static void scrub_names_a_topic_that_is_missing(void **state)
{
    (void)state;
    LT_CLEANUP(lt_asker_closep) struct lt_asker *asker = lt_asker_open(&bus, &test_err);
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    const char *topics[] = {"stream.cn999998.1"};
    size_t scrubbed;
    assert_int_equal(lt_scrub(producer, asker, topics, 1, &scrubbed, &test_err), -1);
    assert_error(LT_ERR_REJECT, "scrub: watermarks of 'stream.cn999998.1'");
}

static void waiting_ends_when_the_transaction_does(void **state)
{
    (void)state;
    LT_CLEANUP(lt_asker_closep) struct lt_asker *asker = lt_asker_open(&bus, &test_err);
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_batch(producer, topic, "v", 1);
    assert_ok(lt_producer_flush(producer, TIMEOUT_MS, &test_err));
    assert_int_equal(lt_wait_readable(asker, topic, 300, &test_err), -1);
    assert_error(LT_ERR_RETRY, "not readable to offset 1 within 300 ms");
    assert_ok(lt_producer_commit(producer, &test_err));
    assert_ok(lt_wait_readable(asker, topic, TIMEOUT_MS, &test_err));
}

/* ---- a lane over a broker that is killed ---- */

struct lane {
    struct lt_bus bus;
    struct lt_producer *producer;
    struct lt_asker *asker;
    int64_t seq; /* last seq given out, as stored */
    int restarts, adopted;
};

static int64_t seq_of(const struct lt_message *message)
{
    int64_t seq;
    assert_int_equal(lt_parse_i64((const char *)message->value.data, message->value.len, &seq), 0);
    return seq;
}

static int read_tail_seq(struct lane *lane, const char *name, int64_t *ret_seq)
{
    struct lt_message message;
    int rc = lt_asker_tail(lane->asker, name, &message, &test_err);
    if (rc < 0) {
        return -1;
    }
    *ret_seq = rc > 0 ? seq_of(&message) : 0;
    if (rc > 0) {
        lt_message_release(&message);
    }
    return 0;
}

/* Protocol 4: init, scrub, wait until readable, read the position, judge the tail. */
static int start_over(struct lane *lane)
{
    lt_producer_close(lane->producer);
    lane->producer = lt_producer_open(&lane->bus, id, &test_err);
    assert_non_null(lane->producer);
    const char *topics[] = {cursors, topic};
    size_t scrubbed;
    int64_t tail;
    if (lt_producer_init(lane->producer, TIMEOUT_MS, &test_err) != 0 ||
        lt_scrub(lane->producer, lane->asker, topics, 2, &scrubbed, &test_err) != 0 ||
        lt_wait_readable(lane->asker, cursors, TIMEOUT_MS, &test_err) != 0 ||
        lt_wait_readable(lane->asker, topic, TIMEOUT_MS, &test_err) != 0 ||
        read_tail_seq(lane, cursors, &lane->seq) != 0 || read_tail_seq(lane, topic, &tail) != 0) {
        return -1;
    }
    switch (lt_judge(lane->seq, tail)) {
    case LT_VERDICT_EQUAL:
        break;
    case LT_VERDICT_ADOPT:
        lane->seq = tail;
        lane->adopted++;
        break;
    case LT_VERDICT_DAMAGED:
        fail_msg("stream ends at %lld, position says %lld", (long long)tail, (long long)lane->seq);
    }
    return 0;
}

static int send_number(struct lane *lane, const char *name, int64_t seq)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)seq);
    return lt_producer_send(lane->producer, name, lt_bytes_text("key"), lt_bytes_text(text), NULL,
                            0, &test_err);
}

/* 50 deliveries and the position they lead to, in one transaction. */
static int run_batch(struct lane *lane)
{
    if (lt_producer_begin(lane->producer, &test_err) != 0) {
        return -1;
    }
    for (int64_t i = 1; i <= 50; i++) {
        if (send_number(lane, topic, lane->seq + i) != 0) {
            return -1;
        }
    }
    if (send_number(lane, cursors, lane->seq + 50) != 0 ||
        lt_producer_commit(lane->producer, &test_err) != 0) {
        return -1;
    }
    lane->seq += 50;
    return 0;
}

struct killer {
    uint64_t random;
    int kills;
    _Atomic bool done;
};

static void *kill_and_restart(void *arg)
{
    struct killer *killer = arg;
    for (int i = 0; i < killer->kills; i++) {
        lt_sleep_ms(200 + (int64_t)(lt_random_next(&killer->random) % 700));
        lt_test_kafka("kill9", "1");
        lt_test_kafka("restart", "1");
    }
    killer->done = true;
    return NULL;
}

struct checker {
    int64_t last, doubled;
};

/* What every reader does: seq already seen is dropped, a gap is damage. */
static int check_seq(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    struct checker *checker = arg;
    int64_t seq = seq_of(message);
    if (seq <= checker->last) {
        checker->doubled++;
        return 0;
    }
    if (seq != checker->last + 1) {
        return lt_fail(reterr, LT_ERR_REJECT, "test", 0, "gap between %lld and %lld",
                       (long long)checker->last, (long long)seq);
    }
    checker->last = seq;
    return 0;
}

static void run_lane_over_kills(int64_t transaction_ms, int kills, uint64_t seed)
{
    struct killer killer = {.random = seed, .kills = kills};
    struct lane lane = {.bus = bus};
    lane.bus.transaction_ms = transaction_ms;
    lane.asker = lt_asker_open(&lane.bus, &test_err);
    assert_ok(start_over(&lane));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, kill_and_restart, &killer), 0);
    while (!killer.done) {
        bool good = run_batch(&lane) == 0;
        while (!good) {
            lane.restarts++;
            good = start_over(&lane) == 0;
        }
    }
    pthread_join(thread, NULL);
    int64_t stored;
    assert_ok(lt_wait_readable(lane.asker, cursors, TIMEOUT_MS, &test_err));
    assert_ok(read_tail_seq(&lane, cursors, &stored));
    assert_int_equal(stored, lane.seq);

    struct checker checker = {0};
    int64_t next;
    assert_ok(lt_bus_read_to_end(&bus, topic, LT_OFFSET_BEGIN, TIMEOUT_MS, check_seq, &checker,
                                 &next, &test_err));
    print_message("seed %llu, %d kills: %lld records, %d starts over, %d adopted, %lld doubled\n",
                  (unsigned long long)seed, kills, (long long)checker.last, lane.restarts,
                  lane.adopted, (long long)checker.doubled);
    assert_int_equal(checker.last, lane.seq);
    assert_true(checker.last > 0);
    lt_asker_close(lane.asker);
    lt_producer_close(lane.producer);
}

/* The transaction outlives the restart: librdkafka finds its way by itself. */
static void nothing_is_lost_over_kills_shorter_than_the_transaction(void **state)
{
    (void)state;
    run_lane_over_kills(60000, 3, 20261125);
}

/* The transaction does not: commits end uncertain and the lane starts over from what is stored. */
static void nothing_is_lost_over_uncertain_commits(void **state)
{
    (void)state;
    run_lane_over_kills(2000, 4, 4711);
}

int main(void)
{
    bus = lt_test_bus("bootstrap");
#define T(test) cmocka_unit_test_setup(test, fresh_names)
    const struct CMUnitTest tests[] = {
        T(a_readable_topic_is_left_alone),
        T(scrub_frees_what_hangs_of_the_same_id),
        T(without_scrub_the_next_commit_brings_old_records_to_light),
        T(another_id_cannot_free_it_and_commits_nothing),
        T(scrub_names_a_topic_that_is_missing),
        T(waiting_ends_when_the_transaction_does),
        T(nothing_is_lost_over_kills_shorter_than_the_transaction),
        T(nothing_is_lost_over_uncertain_commits),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    lt_test_admin_close();
    return rc;
}
