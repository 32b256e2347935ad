/*
 * lib/bus on a real broker: transactions, isolation, fencing, positions, tails.
 * Architecture 4 (exactly once), protocol 1 and 4; D41.2b: what was not committed is not delivered.
 */
#include "support/bus.h"
#include "support/cm.h"
#include "support/kafka.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 30000

static struct lt_bus bus;
static char topic[64], id[64];

static int fresh_names(void **state)
{
    (void)state;
    test_err = (struct lt_error){0};
    lt_test_topic("feed.sv000001", topic, sizeof topic);
    lt_test_name("routing", id, sizeof id);
    return 0;
}

/* ---- records ---- */

static void check_bytes(struct lt_bytes bytes, const char *text)
{
    assert_non_null(bytes.data);
    assert_int_equal(bytes.len, strlen(text));
    assert_memory_equal(bytes.data, text, bytes.len);
}

static void a_record_arrives_with_key_value_headers_and_append_time(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    const struct lt_send_header headers[] = {
        {"lt", lt_bytes_text("update 4711 1795457460210123 2/90412 12.3")},
        {"lt-scope-before", lt_bytes_text("old")},
    };
    lt_time before = lt_now();
    assert_ok(lt_producer_begin(producer, &test_err));
    assert_ok(lt_producer_send(producer, topic, lt_bytes_text("k"), lt_bytes_text("v"), headers, 2,
                               &test_err));
    assert_ok(lt_producer_commit(producer, &test_err));

    LT_CLEANUP(lt_reader_closep)
    struct lt_reader *reader = test_reader(&bus, topic, LT_OFFSET_BEGIN);
    struct lt_message message;
    assert_int_equal(lt_reader_poll(reader, TIMEOUT_MS, &message, &test_err), 1);
    assert_string_equal(message.topic, topic);
    assert_int_equal(message.offset, 0);
    assert_in_range(message.append_time, before - LT_SECOND, lt_now() + LT_SECOND);
    check_bytes(message.key, "k");
    check_bytes(message.value, "v");
    check_bytes(message.lt, "update 4711 1795457460210123 2/90412 12.3");
    check_bytes(message.scope_before, "old");
    lt_message_release(&message);
    assert_null(message.handle);
}

static void null_and_empty_values_stay_apart(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    struct lt_bytes key = lt_bytes_text("k");
    assert_ok(lt_producer_begin(producer, &test_err));
    assert_ok(lt_producer_send(producer, topic, key, lt_bytes(NULL, 0), NULL, 0, &test_err));
    assert_ok(lt_producer_send(producer, topic, key, lt_bytes("", 0), NULL, 0, &test_err));
    assert_ok(lt_producer_commit(producer, &test_err));

    LT_CLEANUP(lt_reader_closep)
    struct lt_reader *reader = test_reader(&bus, topic, LT_OFFSET_BEGIN);
    struct lt_message message;
    assert_int_equal(lt_reader_poll(reader, TIMEOUT_MS, &message, &test_err), 1);
    assert_null(message.value.data);
    assert_null(message.lt.data);
    assert_null(message.scope_before.data);
    lt_message_release(&message);
    assert_int_equal(lt_reader_poll(reader, TIMEOUT_MS, &message, &test_err), 1);
    assert_non_null(message.value.data);
    assert_int_equal(message.value.len, 0);
    lt_message_release(&message);
}

static void a_record_above_the_limit_is_rejected_at_once(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    LT_CLEANUP(lt_freep) uint8_t *big = lt_alloc(3200000);
    assert_ok(lt_producer_begin(producer, &test_err));
    assert_int_equal(lt_producer_send(producer, topic, lt_bytes("k", 1), lt_bytes(big, 3200000),
                                      NULL, 0, &test_err),
                     -1);
    assert_error(LT_ERR_REJECT, topic);
    assert_string_equal(lt_producer_failed_topic(producer, NULL), topic);
    test_send(producer, topic, "k", "small");
    assert_ok(lt_producer_commit(producer, &test_err));
}

/* schemas/README.md 2: a value of 1 MiB with its headers, that no compression makes smaller. */
static void a_value_at_the_limit_of_the_wire_passes(void **state)
{
    (void)state;
    enum { VALUE = 1 << 20, BEFORE = 1 << 20 };
    const struct lt_topic_config limit = {"max.message.bytes", "3145728"};
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    LT_CLEANUP(lt_freep) uint8_t *big = lt_alloc(VALUE);
    char made[64];
    uint64_t seed = 47;
    for (size_t i = 0; i < VALUE; i++)
        big[i] = (uint8_t)lt_random_next(&seed);
    const struct lt_send_header headers[] = {{"lt-scope-before", lt_bytes(big, BEFORE)}};
    lt_test_name("feed.sv000047", made, sizeof made);
    assert_ok(lt_admin_topic_create(lt_test_admin(), made, 1, &limit, 1, &test_err));
    assert_ok(lt_producer_begin(producer, &test_err));
    assert_ok(lt_producer_send(producer, made, lt_bytes("k", 1), lt_bytes(big, VALUE), headers, 1,
                               &test_err));
    assert_ok(lt_producer_commit(producer, &test_err));

    LT_CLEANUP(lt_reader_closep)
    struct lt_reader *reader = test_reader(&bus, made, LT_OFFSET_BEGIN);
    struct lt_message message;
    assert_int_equal(lt_reader_poll(reader, TIMEOUT_MS, &message, &test_err), 1);
    assert_true(lt_bytes_equal(message.value, lt_bytes(big, VALUE)));
    assert_int_equal(message.scope_before.len, BEFORE);
    lt_message_release(&message);
}

static void a_plain_producer_flushes_what_it_sent(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, NULL);
    test_send(producer, topic, "k", "plain");
    assert_ok(lt_producer_flush(producer, TIMEOUT_MS, &test_err));
    char all[64];
    assert_string_equal(test_read_all(&bus, topic, all, sizeof all), "plain");
}

/* End of what readers of committed records may see: a commit's markers are written after its
 * answer. */
static int64_t committed_end(const char *of, int64_t expected)
{
    int64_t low, high = -1;
    for (int64_t end = lt_monotonic_ms() + TIMEOUT_MS; lt_monotonic_ms() < end; lt_sleep_ms(50)) {
        assert_ok(lt_bus_watermarks(&bus, of, true, &low, &high, &test_err));
        if (high == expected)
            break;
    }
    return high;
}

static void a_full_queue_makes_the_sender_wait(void **state)
{
    (void)state;
    char section[] = "kafka", key[] = "queue.buffering.max.messages", value[] = "100";
    struct lt_conf_pair small = {section, key, value};
    struct lt_bus narrow = bus;
    narrow.extra = &small;
    narrow.extra_count = 1;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&narrow, id);
    test_commit(producer, topic, "v", 5000);
    assert_int_equal(committed_end(topic, 5001), 5001);
}

/* ---- transactions ---- */

static void what_was_aborted_is_never_read(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_abort(producer, topic, "lost", 3);
    test_commit(producer, topic, "kept", 2);
    test_abort(producer, topic, "gone", 3);
    char all[256];
    assert_string_equal(test_read_all(&bus, topic, all, sizeof all), "kept0 kept1");
}

static void an_open_transaction_is_not_read(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_batch(producer, topic, "open", 2);
    assert_ok(lt_producer_flush(producer, TIMEOUT_MS, &test_err));
    LT_CLEANUP(lt_reader_closep) struct lt_reader *reader = test_reader(&bus, topic, 0);
    assert_nothing(reader);
    assert_ok(lt_producer_commit(producer, &test_err));
    assert_next(reader, "open0");
    assert_next(reader, "open1");
}

static void a_zombie_is_fenced_and_nothing_of_it_is_read(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *zombie = test_producer(&bus, id);
    test_batch(zombie, topic, "zombie", 2);
    assert_ok(lt_producer_flush(zombie, TIMEOUT_MS, &test_err));
    LT_CLEANUP(lt_producer_closep) struct lt_producer *owner = test_producer(&bus, id);
    test_commit(owner, topic, "owner", 1);
    assert_int_equal(lt_producer_commit(zombie, &test_err), -1);
    assert_error(LT_ERR_FATAL, "commit transaction");
    test_commit(owner, topic, "still", 1);
    char all[256];
    assert_string_equal(test_read_all(&bus, topic, all, sizeof all), "owner0 still0");
}

static void a_missing_topic_fails_the_commit_and_is_named(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_batch(producer, topic, "good", 2);
    test_send(producer, "stream.cn999999.1", "k", "v");
    assert_int_equal(lt_producer_commit(producer, &test_err), -1);
    assert_error(LT_ERR_ABORT, "topic 'stream.cn999999.1': unknown");
    struct lt_error how;
    assert_string_equal(lt_producer_failed_topic(producer, &how), "stream.cn999999.1");
    assert_int_equal(how.class, LT_ERR_REJECT);
    assert_ok(lt_producer_abort(producer, &test_err));
    test_commit(producer, topic, "next", 1);
    assert_null(lt_producer_failed_topic(producer, NULL));
    char all[256];
    assert_string_equal(test_read_all(&bus, topic, all, sizeof all), "next0");
}

static void an_older_history_is_ended_by_a_new_holder(void **state)
{
    (void)state;
    struct lt_producer *dead = test_producer(&bus, id);
    test_batch(dead, topic, "dead", 2);
    assert_ok(lt_producer_flush(dead, TIMEOUT_MS, &test_err));
    lt_producer_close(dead); /* as a crash: neither commit nor abort */
    LT_CLEANUP(lt_producer_closep) struct lt_producer *owner = test_producer(&bus, id);
    test_commit(owner, topic, "new", 1);
    char all[256];
    assert_string_equal(test_read_all(&bus, topic, all, sizeof all), "new0");
}

/* ---- positions ---- */

static void position_passes_markers_and_aborted_records(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_commit(producer, topic, "v", 2); /* offsets 0, 1, marker 2 */
    LT_CLEANUP(lt_reader_closep) struct lt_reader *reader = test_reader(&bus, topic, 0);
    assert_int_equal(lt_reader_position(reader, topic), 0);
    assert_int_equal(assert_next(reader, "v0"), 0);
    assert_int_equal(lt_reader_position(reader, topic), 1);
    assert_int_equal(assert_next(reader, "v1"), 1);
    assert_nothing(reader);
    assert_int_equal(lt_reader_position(reader, topic), 3);
    test_abort(producer, topic, "gone", 20); /* 3 to 22, marker 23 */
    assert_nothing(reader);
    assert_int_equal(lt_reader_position(reader, topic), 24);
    assert_int_equal(lt_reader_position(reader, "feed.sv000009.1"), -1);
}

static void a_paused_topic_goes_on_where_it_stopped(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    char other[64];
    lt_test_topic("feed.sv000002", other, sizeof other);
    test_commit(producer, topic, "a", 3);
    LT_CLEANUP(lt_reader_closep) struct lt_reader *reader = test_reader(&bus, topic, 0);
    assert_next(reader, "a0");
    assert_ok(lt_reader_pause(reader, topic, true, &test_err));
    assert_nothing(reader);
    assert_int_equal(lt_reader_position(reader, topic), 1);
    test_commit(producer, other, "b", 1);
    assert_ok(lt_reader_add(reader, other, 0, &test_err));
    assert_next(reader, "b0");
    assert_ok(lt_reader_pause(reader, topic, false, &test_err));
    assert_ok(lt_reader_pause(reader, topic, false, &test_err));
    assert_next(reader, "a1");
    assert_next(reader, "a2");
    assert_nothing(reader);
}

static void a_topic_can_be_moved_back_and_forth(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_commit(producer, topic, "v", 100);
    LT_CLEANUP(lt_reader_closep) struct lt_reader *reader = test_reader(&bus, topic, 0);
    for (int round = 0; round < 20; round++) {
        assert_next(reader, "v0");
        assert_next(reader, "v1");
        assert_ok(lt_reader_add(reader, topic, 98, &test_err));
        assert_next(reader, "v98");
        assert_ok(lt_reader_add(reader, topic, 0, &test_err));
    }
}

static void a_removed_topic_is_silent_and_can_be_added_again(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_commit(producer, topic, "v", 3);
    LT_CLEANUP(lt_reader_closep) struct lt_reader *reader = test_reader(&bus, topic, 0);
    assert_next(reader, "v0");
    assert_ok(lt_reader_remove(reader, topic, &test_err));
    assert_nothing(reader);
    assert_int_equal(lt_reader_position(reader, topic), -1);
    assert_int_equal(lt_reader_remove(reader, topic, &test_err), -1);
    assert_error(LT_ERR_REJECT, "is not read");
    assert_ok(lt_reader_add(reader, topic, 2, &test_err));
    assert_next(reader, "v2");
}

/* Row 3: rd_kafka_destroy() may wait for ever; we do not. */
static void closing_ends_although_a_record_is_still_held(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_commit(producer, topic, "v", 1);
    struct lt_reader *reader = test_reader(&bus, topic, 0);
    struct lt_message message;
    assert_int_equal(lt_reader_poll(reader, TIMEOUT_MS, &message, &test_err), 1);
    int64_t start = lt_monotonic_ms();
    lt_reader_close(reader);
    assert_in_range(lt_monotonic_ms() - start, 0, 8000);
    lt_message_release(&message);
}

/* ---- topics that cannot be read ---- */

static void an_unknown_topic_does_not_stop_the_others(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    char missing[64];
    lt_test_name("feed.sv000003", missing, sizeof missing);
    LT_CLEANUP(lt_reader_closep) struct lt_reader *reader = test_reader(&bus, missing, 0);
    assert_ok(lt_reader_add(reader, topic, 0, &test_err));
    await_error(reader, TIMEOUT_MS);
    assert_string_equal(lt_reader_failed_topic(reader), missing);
    assert_error(LT_ERR_REJECT, missing);
    test_commit(producer, topic, "v", 1);
    assert_next(reader, "v0");
    /* and it is read when it comes into being */
    assert_ok(lt_admin_topic_create(lt_test_admin(), missing, 1, NULL, 0, &test_err));
    test_commit(producer, missing, "late", 1);
    assert_next(reader, "late0");
}

/* A steward whose turn took minutes behind a thousand new outboxes signed no heartbeats. */
static void many_topics_added_at_once_do_not_hold_up_a_poll(void **state)
{
    (void)state;
    LT_CLEANUP(lt_reader_closep)
    struct lt_reader *reader = lt_reader_open(&bus, true, LT_READ_STEADY, &test_err);
    for (int i = 0; i < 40; i++) {
        char name[64], one[80];
        lt_test_name("outbox.ap000001", name, sizeof name);
        snprintf(one, sizeof one, "%s.%d", name, i);
        assert_ok(lt_admin_topic_create(lt_test_admin(), one, 1, NULL, 0, &test_err));
        assert_ok(lt_reader_add(reader, one, 0, &test_err));
    }
    lt_sleep_ms(2500); /* nobody listens, so that all of them seem silent */
    for (int i = 0; i < 5; i++) {
        struct lt_message message;
        int64_t began = lt_monotonic_ms();
        assert_int_equal(lt_reader_poll(reader, 0, &message, &test_err), 0);
        assert_in_range(lt_monotonic_ms() - began, 0, 1500);
    }
}

static void a_topic_deleted_under_the_reader_is_named(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    char other[64];
    lt_test_topic("feed.sv000004", other, sizeof other);
    test_commit(producer, topic, "v", 1);
    LT_CLEANUP(lt_reader_closep) struct lt_reader *reader = test_reader(&bus, topic, 0);
    assert_ok(lt_reader_add(reader, other, 0, &test_err));
    assert_next(reader, "v0");
    assert_ok(lt_admin_topic_delete(lt_test_admin(), topic, &test_err));
    await_error(reader, TIMEOUT_MS);
    assert_string_equal(lt_reader_failed_topic(reader), topic);
    assert_error(LT_ERR_REJECT, topic);
    test_commit(producer, other, "o", 1);
    assert_next_despite(reader, topic, "o0");
}

static size_t count_threads(void)
{
    size_t count = 0;
    DIR *tasks = opendir("/proc/self/task");
    while (readdir(tasks) != NULL) {
        count++;
    }
    closedir(tasks);
    return count;
}

static void assert_closes_whole(struct lt_reader *reader, size_t threads_before)
{
    int64_t start = lt_monotonic_ms();
    lt_reader_close(reader);
    assert_in_range(lt_monotonic_ms() - start, 0, 2000);
    for (int i = 0; i < 100 && count_threads() > threads_before; i++) {
        lt_sleep_ms(20); /* the thread that closed it may still be there */
    }
    assert_int_equal(count_threads(), threads_before);
}

/* What librdkafka does not end wakes a thousand times a second from then on. */
static void a_reader_whose_topic_went_away_ends_whole(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_commit(producer, topic, "v", 3);
    size_t threads = count_threads();
    struct lt_reader *reader = test_reader(&bus, topic, 0);
    struct lt_reader *other = test_reader(&bus, topic, 0);
    assert_next(reader, "v0");
    assert_next(other, "v0");
    assert_ok(lt_admin_topic_delete(lt_test_admin(), topic, &test_err));
    await_error(reader, TIMEOUT_MS);
    assert_ok(lt_reader_remove(other, topic, &test_err));
    lt_reader_close(other);
    assert_closes_whole(reader, threads);
}

static void an_offset_outside_the_log_is_rejected_and_never_reset(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_commit(producer, topic, "v", 1);
    LT_CLEANUP(lt_reader_closep) struct lt_reader *reader = test_reader(&bus, topic, 4711);
    await_error(reader, TIMEOUT_MS);
    assert_string_equal(lt_reader_failed_topic(reader), topic);
    assert_error(LT_ERR_REJECT, "offset out of range");
    assert_nothing(reader);
    assert_ok(lt_reader_add(reader, topic, 0, &test_err));
    assert_next(reader, "v0");
}

/* ---- questions ---- */

static void watermarks_tell_the_stable_end_from_the_log_end(void **state)
{
    (void)state;
    LT_CLEANUP(lt_asker_closep) struct lt_asker *asker = lt_asker_open(&bus, &test_err);
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_commit(producer, topic, "v", 2);
    test_batch(producer, topic, "open", 5);
    assert_ok(lt_producer_flush(producer, TIMEOUT_MS, &test_err));
    int64_t low, lso, hw;
    assert_ok(lt_asker_watermarks(asker, topic, &low, &lso, &hw, &test_err));
    assert_int_equal(low, 0);
    assert_int_equal(lso, 3);
    assert_int_equal(hw, 8);
    assert_int_equal(lt_asker_watermarks(asker, "feed.sv999999.1", &low, &lso, &hw, &test_err), -1);
    assert_error(LT_ERR_REJECT, "feed.sv999999.1");
}

/* One that is not there neither hides the others nor keeps them waiting. */
static void the_ends_of_many_topics_come_together(void **state)
{
    (void)state;
    LT_CLEANUP(lt_asker_closep) struct lt_asker *asker = lt_asker_open(&bus, &test_err);
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_commit(producer, topic, "v", 2);
    test_batch(producer, topic, "open", 5);
    assert_ok(lt_producer_flush(producer, TIMEOUT_MS, &test_err));
    for (int round = 0; round < 3; round++) {
        struct lt_ends ends[] = {
            {.topic = "feed.sv999999.1"}, {.topic = topic}, {.topic = "feed.sv999998.1"}};
        int64_t began = lt_monotonic_ms();
        lt_asker_ends(asker, ends, LT_COUNT(ends));
        assert_true(lt_monotonic_ms() - began < 3000);
        assert_int_equal(ends[0].state, LT_ERR_REJECT);
        assert_int_equal(ends[1].state, LT_ERR_NONE);
        assert_int_equal(ends[1].lso, 3);
        assert_int_equal(ends[1].hw, 8);
        assert_int_equal(ends[2].state, LT_ERR_REJECT);
    }
    struct lt_ends alone = {.topic = "feed.sv999997.1"};
    lt_asker_ends(asker, &alone, 1);
    assert_int_equal(alone.state, LT_ERR_REJECT);
}

/* One broker of several may know of a change a little later. */
static void await_existence(struct lt_asker *asker, const char *name, int expected)
{
    for (int i = 0; i < 100 && lt_asker_topic_exists(asker, name, &test_err) != expected; i++) {
        lt_sleep_ms(50);
    }
    assert_int_equal(lt_asker_topic_exists(asker, name, &test_err), expected);
}

static void existence_is_told(void **state)
{
    (void)state;
    LT_CLEANUP(lt_asker_closep) struct lt_asker *asker = lt_asker_open(&bus, &test_err);
    char missing[64];
    lt_test_name("feed.sv000005", missing, sizeof missing);
    await_existence(asker, topic, 1);
    assert_int_equal(lt_asker_topic_exists(asker, missing, &test_err), 0);
    assert_ok(lt_admin_topic_create(lt_test_admin(), missing, 1, NULL, 0, &test_err));
    await_existence(asker, missing, 1);
    assert_ok(lt_admin_topic_delete(lt_test_admin(), missing, &test_err));
    await_existence(asker, missing, 0);
}

static void the_tail_of_an_empty_topic_is_none(void **state)
{
    (void)state;
    LT_CLEANUP(lt_asker_closep) struct lt_asker *asker = lt_asker_open(&bus, &test_err);
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    struct lt_message message;
    assert_int_equal(lt_asker_tail(asker, topic, &message, &test_err), 0);
    test_abort(producer, topic, "gone", 40);
    assert_int_equal(lt_asker_tail(asker, topic, &message, &test_err), 0);
}

static void the_tail_is_found_behind_many_aborted_records(void **state)
{
    (void)state;
    LT_CLEANUP(lt_asker_closep) struct lt_asker *asker = lt_asker_open(&bus, &test_err);
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_commit(producer, topic, "v", 3);
    for (int i = 0; i < 5; i++) {
        test_abort(producer, topic, "gone", 400);
    }
    struct lt_message message;
    assert_int_equal(lt_asker_tail(asker, topic, &message, &test_err), 1);
    assert_int_equal(message.offset, 2);
    assert_string_equal(message.topic, topic);
    check_bytes(message.value, "v2");
    lt_message_release(&message);
}

static void the_tail_leaves_out_what_is_still_open(void **state)
{
    (void)state;
    LT_CLEANUP(lt_asker_closep) struct lt_asker *asker = lt_asker_open(&bus, &test_err);
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_commit(producer, topic, "v", 30);
    test_batch(producer, topic, "open", 5);
    assert_ok(lt_producer_flush(producer, TIMEOUT_MS, &test_err));
    struct lt_message message;
    assert_int_equal(lt_asker_tail(asker, topic, &message, &test_err), 1);
    check_bytes(message.value, "v29");
    lt_message_release(&message);
}

static int count_records(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)message, (void)reterr;
    ++*(int *)arg;
    return 0;
}

static void reading_to_the_end_waits_for_what_is_open_and_then_gives_up(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_commit(producer, topic, "v", 2);
    test_batch(producer, topic, "open", 1);
    assert_ok(lt_producer_flush(producer, TIMEOUT_MS, &test_err));
    int count = 0;
    int64_t next;
    assert_int_equal(
        lt_bus_read_to_end(&bus, topic, 0, 500, count_records, &count, &next, &test_err), -1);
    assert_error(LT_ERR_RETRY, "not readable to offset 4 within 500 ms");
    assert_int_equal(count, 2);
    assert_ok(lt_producer_commit(producer, &test_err));
    count = 0;
    assert_ok(
        lt_bus_read_to_end(&bus, topic, 1, TIMEOUT_MS, count_records, &count, &next, &test_err));
    assert_int_equal(count, 2);
    assert_int_equal(next, 5);
}

static int refuse_second(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)arg;
    return message->offset == 0 ? 0 : lt_fail(reterr, LT_ERR_RETRY, "test", 0, "enough");
}

static void reading_to_the_end_stops_when_the_visitor_fails(void **state)
{
    (void)state;
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&bus, id);
    test_commit(producer, topic, "v", 2);
    int64_t next = -7;
    assert_int_equal(
        lt_bus_read_to_end(&bus, topic, 0, TIMEOUT_MS, refuse_second, NULL, &next, &test_err), -1);
    assert_error(LT_ERR_RETRY, "enough");
    assert_int_equal(next, -7);
}

/* ---- topics and settings ---- */

static bool listed(const char *name)
{
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(65536);
    const char **names;
    size_t count;
    bool found = false;
    assert_ok(lt_admin_topics(lt_test_admin(), arena, &names, &count, &test_err));
    for (size_t i = 0; i < count; i++) {
        found |= strcmp(names[i], name) == 0;
        assert_true(i == 0 || strcmp(names[i - 1], names[i]) < 0);
    }
    return found;
}

static void await_listed(const char *name, bool expected)
{
    for (int i = 0; i < 100 && listed(name) != expected; i++) {
        lt_sleep_ms(50);
    }
    assert_int_equal(listed(name), expected);
}

static void topics_are_made_listed_and_deleted(void **state)
{
    (void)state;
    struct lt_admin *admin = lt_test_admin();
    struct lt_buf value = {0};
    const struct lt_topic_config configs[] = {{"cleanup.policy", "compact,delete"},
                                              {"min.compaction.lag.ms", "604800000"}};
    char made[64];
    lt_test_name("stream.cn000001", made, sizeof made);
    assert_ok(lt_admin_topic_create(admin, made, 1, configs, 2, &test_err));
    assert_ok(lt_admin_topic_create(admin, made, 1, configs, 2, &test_err));
    await_listed(made, true);
    assert_ok(lt_admin_setting(admin, made, "min.compaction.lag.ms", &value, &test_err));
    assert_string_equal(lt_buf_text(&value), "604800000");
    assert_ok(lt_admin_setting(admin, made, "message.timestamp.type", &value, &test_err));
    assert_string_equal(lt_buf_text(&value), "LogAppendTime");
    assert_ok(lt_admin_setting(admin, NULL, "transaction.max.timeout.ms", &value, &test_err));
    assert_string_equal(lt_buf_text(&value), "60000");
    assert_int_equal(lt_admin_setting(admin, made, "no.such.setting", &value, &test_err), -1);
    assert_error(LT_ERR_REJECT, "no.such.setting");
    assert_ok(lt_admin_topic_delete(admin, made, &test_err));
    assert_ok(lt_admin_topic_delete(admin, made, &test_err));
    await_listed(made, false);
    lt_buf_fini(&value);
}

static void await_setting(const char *name, const char *expected)
{
    struct lt_buf value = {0};
    for (int i = 0; i < 100; i++) {
        assert_ok(lt_admin_setting(lt_test_admin(), topic, name, &value, &test_err));
        if (strcmp(lt_buf_text(&value), expected) == 0) {
            break;
        }
        lt_sleep_ms(50);
    }
    assert_string_equal(lt_buf_text(&value), expected);
    lt_buf_fini(&value);
}

static void settings_are_set_and_the_others_stay(void **state)
{
    (void)state;
    struct lt_admin *admin = lt_test_admin();
    const struct lt_topic_config made[] = {{"cleanup.policy", "delete"},
                                           {"retention.ms", "86400000"}};
    const struct lt_topic_config set[] = {{"cleanup.policy", "compact,delete"},
                                          {"max.message.bytes", "3145728"}};
    const struct lt_topic_config bad = {"retention.ms", "long"};
    int replicas;
    assert_int_equal(lt_admin_replicas(admin, "stream.cn999999.1", &replicas, &test_err), -1);
    assert_error(LT_ERR_REJECT, "stream.cn999999.1");
    assert_ok(lt_admin_settings_set(admin, topic, made, 2, &test_err));
    assert_ok(lt_admin_settings_set(admin, topic, set, 2, &test_err));
    await_setting("cleanup.policy", "compact,delete");
    await_setting("max.message.bytes", "3145728");
    await_setting("retention.ms", "86400000");
    assert_ok(lt_admin_replicas(admin, topic, &replicas, &test_err));
    assert_int_equal(replicas, 1);
    assert_int_equal(lt_admin_settings_set(admin, topic, &bad, 1, &test_err), -1);
    assert_error(LT_ERR_REJECT, "retention.ms");
    await_setting("retention.ms", "86400000");
}

static void a_topic_that_kafka_refuses_is_rejected_with_its_reason(void **state)
{
    (void)state;
    const struct lt_topic_config bad = {"cleanup.policy", "sometimes"};
    assert_int_equal(
        lt_admin_topic_create(lt_test_admin(), "stream.cn000002.1", 1, &bad, 1, &test_err), -1);
    assert_error(LT_ERR_REJECT, "sometimes");
    assert_int_equal(
        lt_admin_topic_create(lt_test_admin(), "stream.cn000002.1", 7, NULL, 0, &test_err), -1);
    assert_error(LT_ERR_REJECT, "stream.cn000002.1");
}

int main(void)
{
    bus = lt_test_bus("bootstrap");
#define T(name) cmocka_unit_test_setup(name, fresh_names)
    const struct CMUnitTest tests[] = {
        T(a_record_arrives_with_key_value_headers_and_append_time),
        T(null_and_empty_values_stay_apart),
        T(a_record_above_the_limit_is_rejected_at_once),
        T(a_value_at_the_limit_of_the_wire_passes),
        T(a_plain_producer_flushes_what_it_sent),
        T(a_full_queue_makes_the_sender_wait),
        T(what_was_aborted_is_never_read),
        T(an_open_transaction_is_not_read),
        T(a_zombie_is_fenced_and_nothing_of_it_is_read),
        T(a_missing_topic_fails_the_commit_and_is_named),
        T(an_older_history_is_ended_by_a_new_holder),
        T(position_passes_markers_and_aborted_records),
        T(a_paused_topic_goes_on_where_it_stopped),
        T(a_topic_can_be_moved_back_and_forth),
        T(a_removed_topic_is_silent_and_can_be_added_again),
        T(closing_ends_although_a_record_is_still_held),
        T(an_unknown_topic_does_not_stop_the_others),
        T(many_topics_added_at_once_do_not_hold_up_a_poll),
        T(a_topic_deleted_under_the_reader_is_named),
        T(a_reader_whose_topic_went_away_ends_whole),
        T(an_offset_outside_the_log_is_rejected_and_never_reset),
        T(watermarks_tell_the_stable_end_from_the_log_end),
        T(the_ends_of_many_topics_come_together),
        T(existence_is_told),
        T(the_tail_of_an_empty_topic_is_none),
        T(the_tail_is_found_behind_many_aborted_records),
        T(the_tail_leaves_out_what_is_still_open),
        T(reading_to_the_end_waits_for_what_is_open_and_then_gives_up),
        T(reading_to_the_end_stops_when_the_visitor_fails),
        T(topics_are_made_listed_and_deleted),
        T(settings_are_set_and_the_others_stay),
        T(a_topic_that_kafka_refuses_is_rejected_with_its_reason),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    lt_test_admin_close();
    return rc;
}
