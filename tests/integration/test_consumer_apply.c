/* lt-consumer-postgres on a real broker and a real database: loading, applying, what is refused. */
#include "avro/frame.h"
#include "avro/span.h"
#include "change/type.h"
#include "support/cm.h"
#include "support/consumer_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VIEW "lienthong_data.ward_%s"
#define ROWS "SELECT code, \"họ tên\", population, area FROM " VIEW " ORDER BY code"

static void loaded(int count)
{
    char number[16];
    snprintf(number, sizeof number, "%d", count);
    consumer_put_load(&world, &stream, count, lt_now() - 10 * LT_SECOND);
    consumer_world_start(&world);
    consumer_eventually(&world, number, "SELECT count(*) FROM " VIEW, world.connection);
}

/* D41.2b-6: no usable half-loads; D41.2b-1: the stamp is T, not a time of ours. */
static void a_load_is_shown_when_it_is_complete(void **state)
{
    (void)state;
    consumer_begin(&world);
    consumer_put_schemas(&world);
    consumer_put_ward(&world, &stream, LT_OP_SNAPSHOT, "w1", "An Khánh", 100);
    consumer_put_ward(&world, &stream, LT_OP_SNAPSHOT, "w2", "Thủ Đức", -1);
    struct lt_stream_notice notice = consumer_notice(&world, &stream);
    consumer_put_notice(&world, &notice);
    consumer_commit(&world);
    consumer_world_start(&world);
    consumer_eventually(&world, "2", "SELECT seq FROM lienthong.position");
    consumer_now(&world, "0", "SELECT count(*) FROM " VIEW, world.connection);
    consumer_now(&world, "loading|", "SELECT state, stamp FROM lienthong.copy");

    notice.load_seq = notice.sync_seq = 2;
    notice.sync_time = 1795572000 * LT_SECOND - 86400 * LT_SECOND;
    notice.use_period = 365 * 86400 * LT_SECOND;
    consumer_begin(&world);
    consumer_put_notice(&world, &notice);
    consumer_commit(&world);
    consumer_eventually(&world, "w1|An Khánh|100|12.34;w2|Thủ Đức||12.34", ROWS, world.connection);
    consumer_now(&world, "active|2026-11-24 02:00:00+00",
                 "SELECT state, stamp FROM lienthong.copy");
}

static void changes_are_applied_in_order(void **state)
{
    (void)state;
    loaded(3);
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_UPDATE, "w1", "first", 1);
    consumer_put_ward(&world, &stream, LT_OP_UPDATE, "w1", "second", 2);
    consumer_put_gone(&world, &stream, LT_OP_DELETE, "w2");
    consumer_put_gone(&world, &stream, LT_OP_DELETE, "w3");
    consumer_put_ward(&world, &stream, LT_OP_INSERT, "w3", "again", 3);
    consumer_put_ward(&world, &stream, LT_OP_INSERT, "w4", "o'quote \"x\"", -1);
    consumer_put_gone(&world, &stream, LT_OP_DELETE, "w9");
    consumer_commit(&world);
    consumer_eventually(&world, "w1|second|2|12.34;w3|again|3|12.34;w4|o'quote \"x\"||12.34", ROWS,
                        world.connection);
    consumer_now(&world, "3", "SELECT row_count FROM lienthong.position");
}

/* A row that is there although the stream calls it new is no reason to set anything aside. */
static void a_row_called_new_may_be_there(void **state)
{
    (void)state;
    loaded(2);
    for (int round = 0; round < 2; round++) {
        consumer_begin(&world);
        consumer_put_ward(&world, &stream, LT_OP_INSERT, "w1", round ? "later" : "again", round);
        consumer_put_ward(&world, &stream, LT_OP_INSERT, round ? "w4" : "w3", "new", 7);
        consumer_put_ward(&world, &stream, LT_OP_UPDATE, "w2", "known", 8);
        consumer_commit(&world);
        consumer_eventually(&world, round ? "4" : "3", "SELECT row_count FROM lienthong.position");
    }
    consumer_now(&world, "w1|later|1|12.34;w2|known|8|12.34;w3|new|7|12.34;w4|new|7|12.34", ROWS,
                 world.connection);
    consumer_now(&world, "0", "SELECT count(*) FROM lienthong.set_aside");
}

/* ... and so is one that is not there although the stream calls it known. */
static void a_row_called_known_may_be_missing(void **state)
{
    (void)state;
    loaded(2);
    for (int round = 0; round < 2; round++) {
        consumer_begin(&world);
        consumer_put_ward(&world, &stream, LT_OP_UPDATE, "w1", "changed", round);
        consumer_put_ward(&world, &stream, LT_OP_UPDATE, round ? "w4" : "w3", "missing", 7);
        consumer_put_gone(&world, &stream, LT_OP_DELETE, "w2");
        consumer_commit(&world);
        consumer_eventually(&world, round ? "3" : "2", "SELECT row_count FROM lienthong.position");
    }
    consumer_now(&world, "w1|changed|1|12.34;w3|missing|7|12.34;w4|missing|7|12.34", ROWS,
                 world.connection);
    consumer_now(&world, "0", "SELECT count(*) FROM lienthong.set_aside");
}

static void put_new_wards(int first, int count, const char *name_of_last)
{
    consumer_begin(&world);
    for (int i = first; i < first + count; i++) {
        char code[16];
        snprintf(code, sizeof code, "w%d", i);
        consumer_put_ward(&world, &stream, LT_OP_INSERT, code,
                          i + 1 < first + count ? "new" : name_of_last, i % 2 ? i : -1);
    }
    consumer_commit(&world);
}

/* More rows than one statement takes: each is changed or gone, the last of a statement and the
 * first of the next too. */
static void a_batch_of_many_statements_is_applied_whole(void **state)
{
    (void)state;
    loaded(6000);
    consumer_begin(&world);
    for (int i = 1; i <= 6000; i++) {
        char code[16];
        snprintf(code, sizeof code, "w%d", i);
        if (i % 2)
            consumer_put_ward(&world, &stream, LT_OP_UPDATE, code, "changed", i + 1);
        else
            consumer_put_gone(&world, &stream, LT_OP_DELETE, code);
    }
    consumer_commit(&world);
    consumer_eventually(&world, "3000|3000|9003000",
                        "SELECT row_count, (SELECT count(*) FROM " VIEW
                        "), (SELECT sum(population) FROM " VIEW ") FROM lienthong.position",
                        world.connection, world.connection);
    consumer_now(&world, "0", "SELECT count(*) FROM lienthong.set_aside");
}

/* A large batch of rows that are all new, then one with a row that is refused, then one with a row
 * that is there. */
static void many_new_rows_are_copied(void **state)
{
    (void)state;
    world.extra_config = "[consumer]\nbatch_time = 1s\n"; /* a slow reader fills it too */
    loaded(5000);
    assert_true(consumer_world_logged(&world, "event=rows_copied"));
    consumer_now(&world, "5000|5000|12502500",
                 "SELECT row_count, (SELECT count(*) FROM " VIEW
                 "), (SELECT sum(population) FROM " VIEW ") FROM lienthong.position",
                 world.connection, world.connection);
    put_new_wards(10000, 3000, "longer than twenty characters");
    consumer_eventually(&world, "7999|1",
                        "SELECT row_count, (SELECT count(*) FROM lienthong.set_aside) FROM"
                        " lienthong.position");
    put_new_wards(12999, 1, "short");
    consumer_eventually(&world, "8000|0",
                        "SELECT row_count, (SELECT count(*) FROM lienthong.set_aside) FROM"
                        " lienthong.position");
    put_new_wards(12999, 3000, "new");
    consumer_eventually(&world, "10999|10999",
                        "SELECT row_count, (SELECT count(*) FROM " VIEW ") FROM lienthong.position",
                        world.connection);
    consumer_now(&world, "0", "SELECT count(*) FROM lienthong.set_aside");
}

/* D41.2b-5: the entity is marked, the others go on, and it never gets fresh by its neighbours. */
static void a_refused_record_sets_its_row_aside(void **state)
{
    (void)state;
    loaded(3);
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_UPDATE, "w1", "good", 1);
    consumer_put_ward(&world, &stream, LT_OP_UPDATE, "w2", "longer than twenty characters", 2);
    consumer_put_ward(&world, &stream, LT_OP_UPDATE, "w3", "good", 3);
    consumer_put_sync(&world, &stream, lt_now() - LT_SECOND);
    consumer_commit(&world);
    consumer_eventually(&world, "w1|good|1|12.34;w3|good|3|12.34", ROWS, world.connection);
    consumer_now(&world, "5|22001|n2",
                 "SELECT seq, code, held->>'họ tên' FROM lienthong.set_aside");
    consumer_now(&world, "2", "SELECT row_count FROM lienthong.position");

    struct lt_reject_report report;
    char key[LT_TOPIC_MAX + 16];
    snprintf(key, sizeof key, "reject/%s/5", stream.stream);
    assert_int_equal(consumer_receipt(&world, &stream, 6, arena).set_aside, 1);
    struct lt_bytes body = consumer_outbox(&world, key, arena);
    assert_non_null(body.data);
    assert_int_equal(lt_record_decode(LT_RECORD_REJECT_REPORT, body, &report, arena, NULL), 0);
    assert_string_equal(report.code, "22001");
    assert_null(strstr(report.reason, "longer than"));
    consumer_eventually(&world, "0", "SELECT count(*) FROM lienthong.report");

    /* The neighbours move on; the row stays aside until a good record of its own. */
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_UPDATE, "w1", "better", 1);
    consumer_commit(&world);
    consumer_eventually(&world, "w1|better|1|12.34;w3|good|3|12.34", ROWS, world.connection);
    consumer_now(&world, "1", "SELECT count(*) FROM lienthong.set_aside");
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_UPDATE, "w2", "short", 2);
    consumer_commit(&world);
    consumer_eventually(&world, "w1|better|1|12.34;w2|short|2|12.34;w3|good|3|12.34", ROWS,
                        world.connection);
    consumer_now(&world, "0", "SELECT count(*) FROM lienthong.set_aside");
}

static void a_zero_byte_in_a_text_sets_the_row_aside(void **state)
{
    (void)state;
    loaded(1);
    struct lt_buf value = {0};
    char text[LT_HEADER_MAX];
    stream.seq++;
    const struct lt_header header = {.op = LT_OP_UPDATE,
                                     .seq = stream.seq,
                                     .time = lt_now(),
                                     .incarnation = 1,
                                     .feed_seq = stream.seq,
                                     .agreement = 12,
                                     .scope_version = 1};
    const struct lt_send_header headers[] = {
        {LT_HEADER_NAME, lt_bytes(text, lt_header_format(&header, text))}};
    struct lt_buf key = {0};
    lt_frame_put(&key, WARD_KEY_SCHEMA);
    lt_avro_put_bytes(&key, lt_bytes_text("w1"));
    lt_frame_put(&value, WARD_SCHEMA);
    lt_avro_put_bytes(&value, lt_bytes_text("w1"));
    lt_avro_put_bytes(&value, lt_bytes("a\0b", 3));
    lt_avro_put_long(&value, 0);
    lt_avro_put_bytes(&value, lt_bytes("\1", 1));
    consumer_begin(&world);
    assert_int_equal(lt_producer_send(world.producer, stream.topic, lt_buf_bytes(&key),
                                      lt_buf_bytes(&value), headers, 1, NULL),
                     0);
    consumer_commit(&world);
    lt_buf_fini(&key);
    lt_buf_fini(&value);
    consumer_eventually(&world, "2|value|n1",
                        "SELECT seq, code, held->>'họ tên' FROM lienthong.set_aside");
    consumer_now(&world, "", ROWS, world.connection);
}

static void a_withheld_row_is_set_aside_until_a_good_record(void **state)
{
    (void)state;
    loaded(2);
    consumer_begin(&world);
    consumer_put_gone(&world, &stream, LT_OP_WITHHELD, "w1");
    consumer_commit(&world);
    consumer_eventually(&world, "w2|n2|2|12.34", ROWS, world.connection);
    consumer_now(&world, "3|withheld|n1",
                 "SELECT seq, code, held->>'họ tên' FROM lienthong.set_aside");
    consumer_now(&world, "0", "SELECT count(*) FROM lienthong.report");
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_CORRECTION, "w1", "back", 1);
    consumer_commit(&world);
    consumer_eventually(&world, "w1|back|1|12.34;w2|n2|2|12.34", ROWS, world.connection);
    consumer_now(&world, "0", "SELECT count(*) FROM lienthong.set_aside");
}

/* capture-and-apply L28: compaction must not turn an exchange of unique values into a conflict. */
static void unique_values_may_change_places_in_a_batch(void **state)
{
    (void)state;
    loaded(3);
    consumer_run(&world, "CREATE UNIQUE INDEX ON lienthong.%s_g1_c1 (\"họ tên\")",
                 world.connection);
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_UPDATE, "w1", "n3", 1);
    consumer_put_ward(&world, &stream, LT_OP_UPDATE, "w2", "n1", 2);
    consumer_put_ward(&world, &stream, LT_OP_UPDATE, "w3", "n2", 3);
    consumer_commit(&world);
    consumer_eventually(&world, "w1|n3|1|12.34;w2|n1|2|12.34;w3|n2|3|12.34", ROWS,
                        world.connection);
    consumer_now(&world, "0", "SELECT count(*) FROM lienthong.set_aside");
    consumer_now(&world, "3", "SELECT row_count FROM lienthong.position");

    /* A conflict that stays sets one row aside, under the constraint's code. */
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_INSERT, "w4", "n1", 4);
    consumer_put_ward(&world, &stream, LT_OP_INSERT, "w5", "n5", 5);
    consumer_commit(&world);
    consumer_eventually(&world, "w1|n3|1|12.34;w2|n1|2|12.34;w3|n2|3|12.34;w5|n5|5|12.34", ROWS,
                        world.connection);
    consumer_now(&world, "23505", "SELECT code FROM lienthong.set_aside");
}

static void an_aborted_transaction_is_never_seen(void **state)
{
    (void)state;
    loaded(1);
    struct consumer_stream before = stream;
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_INSERT, "w7", "aborted", 7);
    consumer_abort(&world);
    stream = before;
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_INSERT, "w8", "committed", 8);
    consumer_commit(&world);
    consumer_eventually(&world, "w1|n1|1|12.34;w8|committed|8|12.34", ROWS, world.connection);
}

/* protocol 9.1, DX-11: same seq, same bytes; a repeat changes nothing, counters included. */
static void repeated_records_are_dropped(void **state)
{
    (void)state;
    loaded(2);
    struct consumer_stream again = stream;
    again.seq = 0;
    consumer_begin(&world);
    consumer_put_ward(&world, &again, LT_OP_SNAPSHOT, "w1", "repeated", 1);
    consumer_put_ward(&world, &again, LT_OP_SNAPSHOT, "w2", "repeated", 2);
    consumer_put_ward(&world, &stream, LT_OP_INSERT, "w3", "n3", 3);
    consumer_commit(&world);
    consumer_eventually(&world, "w1|n1|1|12.34;w2|n2|2|12.34;w3|n3|3|12.34", ROWS,
                        world.connection);
    consumer_now(&world, "3", "SELECT row_count FROM lienthong.position");
}

/* protocol 9.2: never step over a gap; the stamp stops (D41.2b-1) and the platform is told. */
static void a_gap_is_reported_and_nothing_more_is_applied(void **state)
{
    (void)state;
    loaded(2);
    char *stamp = consumer_sql(&world, "SELECT stamp FROM lienthong.copy");
    stream.seq += 2; /* 3 and 4 are lost */
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_INSERT, "w5", "behind the gap", 5);
    consumer_put_sync(&world, &stream, lt_now() - LT_SECOND);
    consumer_commit(&world);
    consumer_eventually(&world, "damaged|3|5|gap",
                        "SELECT state, gap_expected, gap_seen, gap_reason FROM lienthong.copy");
    consumer_now(&world, "w1|n1|1|12.34;w2|n2|2|12.34", ROWS, world.connection);
    consumer_now(&world, stamp, "SELECT stamp FROM lienthong.copy");
    free(stamp);

    char key[LT_TOPIC_MAX + 16];
    struct lt_gap_report report = {0};
    snprintf(key, sizeof key, "gap/%s", stream.stream);
    for (int i = 0; i < 100 && report.expected == 0; i++) {
        const struct lt_bytes body = consumer_outbox(&world, key, arena);
        if (body.data)
            assert_int_equal(lt_record_decode(LT_RECORD_GAP_REPORT, body, &report, arena, NULL), 0);
        lt_sleep_ms(100);
    }
    assert_int_equal(report.expected, 3);
    assert_int_equal(report.seen, 5);
    assert_string_equal(report.stream, stream.stream);
}

/* protocol 9.6: the inbox was visible and the data are gone. */
static void a_promise_that_the_topic_does_not_keep_is_a_gap(void **state)
{
    (void)state;
    loaded(2);
    struct consumer_stream lost = stream;
    lost.seq = 9;
    consumer_begin(&world);
    consumer_put_sync(&world, &lost, lt_now() - LT_SECOND);
    consumer_commit(&world);
    consumer_eventually(&world, "damaged|3|9|short",
                        "SELECT state, gap_expected, gap_seen, gap_reason FROM lienthong.copy");
}

/* D52.2b: rows of one copy have one scope version; other terms are damage, not data. */
static void records_under_other_terms_are_not_applied(void **state)
{
    (void)state;
    loaded(1);
    stream.scope_version = 2;
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_INSERT, "w2", "other terms", 2);
    consumer_commit(&world);
    consumer_eventually(&world, "damaged|terms", "SELECT state, gap_reason FROM lienthong.copy");
    consumer_now(&world, "w1|n1|1|12.34", ROWS, world.connection);
}

/* architecture 4.4 and protocol 9.3-9.4. */
static void a_replacing_stream_is_loaded_beside_and_switched_in_at_once(void **state)
{
    (void)state;
    struct consumer_stream next;
    loaded(3);
    consumer_begin(&world);
    consumer_put_gone(&world, &stream, LT_OP_WITHHELD, "w3");
    consumer_commit(&world);
    consumer_eventually(&world, "1", "SELECT count(*) FROM lienthong.set_aside");
    char *stamp = consumer_sql(&world, "SELECT stamp FROM lienthong.copy");

    consumer_stream_init(&world, &next, 2);
    next.value_schema = WARD_SMALL_SCHEMA;
    struct lt_stream_notice ended = consumer_notice(&world, &stream);
    ended.load_seq = 1;
    ended.ended = true;
    ended.state = "ENDED";
    ended.reason = "damaged";
    struct lt_stream_notice notice = consumer_notice(&world, &next);
    consumer_begin(&world);
    consumer_put_notice(&world, &ended);
    consumer_put_notice(&world, &notice);
    consumer_put_ward(&world, &next, LT_OP_SNAPSHOT, "w1", "new 1", 0);
    consumer_commit(&world);
    consumer_eventually(&world, "1", "SELECT seq FROM lienthong.position WHERE copy = 2");
    /* A field that the new scope has not reads as null at once (architecture 5). */
    consumer_now(&world, "w1|n1||12.34;w2|n2||12.34", ROWS, world.connection);
    consumer_now(&world, stamp, "SELECT stamp FROM lienthong.copy WHERE shown");
    free(stamp);

    consumer_begin(&world);
    consumer_put_ward(&world, &next, LT_OP_SNAPSHOT, "w4", "new 4", 0);
    notice.load_seq = notice.sync_seq = 2;
    notice.sync_time = lt_now() - LT_SECOND;
    consumer_put_notice(&world, &notice);
    consumer_commit(&world);
    /* A column that the new scope has not reads as null: what an application built on it stands. */
    consumer_eventually(&world, "w1|new 1||12.34;w4|new 4||12.34", ROWS, world.connection);
    consumer_now(&world, "2|active|t|t",
                 "SELECT copy, state, shown, stamp IS NOT NULL FROM lienthong.copy");
    consumer_now(&world, "0", "SELECT count(*) FROM lienthong.set_aside");
    consumer_now(&world, "", "SELECT to_regclass('lienthong.%s_g1_c1')", world.connection);
    struct lt_receipt receipt = consumer_receipt(&world, &next, 2, arena);
    for (int i = 0; i < 100 && !receipt.active; i++) {
        lt_sleep_ms(100);
        receipt = consumer_receipt(&world, &next, 2, arena);
    }
    assert_true(receipt.active);
}

/* One process, many streams, and an empty one among them. */
static void streams_of_several_connections_go_on_beside_each_other(void **state)
{
    (void)state;
    struct consumer_stream others[3];
    char first[LT_ID_MAX];
    loaded(2);
    snprintf(first, sizeof first, "%s", world.connection);
    for (int i = 0; i < 3; i++) {
        strcpy(world.connection, world.others[i]);
        consumer_stream_init(&world, &others[i], 1);
        consumer_put_load(&world, &others[i], i, lt_now() - LT_SECOND);
    }
    for (int i = 0; i < 3; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        consumer_eventually(&world, number, "SELECT count(*) FROM " VIEW, world.others[i]);
    }
    consumer_eventually(&world, "4", "SELECT count(*) FROM lienthong.copy WHERE state = 'active'");
    snprintf(world.connection, sizeof world.connection, "%s", first);
}

/* A reader that keeps its transaction open delays the switch of its own view, nothing else. */
static void a_long_reader_delays_only_the_switch(void **state)
{
    (void)state;
    struct consumer_stream next;
    loaded(2);
    consumer_run(&world, "BEGIN");
    consumer_now(&world, "2", "SELECT count(*) FROM " VIEW, world.connection);
    consumer_stream_init(&world, &next, 2);
    consumer_put_load(&world, &next, 5, lt_now() - LT_SECOND);
    for (int i = 0; i < 200 && !consumer_world_logged(&world, "event=step_put_off"); i++)
        lt_sleep_ms(100);
    assert_true(consumer_world_logged(&world, "55P03"));
    consumer_begin(&world);
    consumer_put_ward(&world, &next, LT_OP_INSERT, "w6", "goes on", 6);
    consumer_commit(&world);
    consumer_eventually(&world, "6", "SELECT seq FROM lienthong.position WHERE copy = 2");
    assert_false(consumer_world_logged(&world, "event=starting_over"));
    consumer_run(&world, "COMMIT");
    consumer_eventually(&world, "6", "SELECT count(*) FROM " VIEW, world.connection);
}

/* DX-6: what is read under a stamp is never less than the stamp vouches for; the reader's snapshot
 * may be older than the view that it finds. */
static void a_snapshot_older_than_the_switch_reads_nothing_in_silence(void **state)
{
    (void)state;
    struct consumer_stream next;
    char shown[96];
    loaded(2);
    char *refused =
        consumer_sql(&world, "SELECT last_value FROM lienthong.refused_%s", world.connection);
    consumer_run(&world, "BEGIN ISOLATION LEVEL REPEATABLE READ");
    consumer_now(&world, "1", "SELECT copy FROM lienthong.copy WHERE shown");
    consumer_stream_init(&world, &next, 2);
    consumer_put_load(&world, &next, 5, lt_now() - LT_SECOND);
    snprintf(shown, sizeof shown, "event=copy_shown stream=%s ", next.stream);
    for (int i = 0; i < 200 && !consumer_world_logged(&world, shown); i++)
        lt_sleep_ms(100);
    consumer_now(&world, "1", "SELECT copy FROM lienthong.copy WHERE shown");
    char *got = consumer_sql(&world, "SELECT count(*) FROM " VIEW, world.connection);
    assert_non_null(strstr(got, "40001")); /* serialization failure: run it again */
    free(got);
    consumer_run(&world, "ROLLBACK");
    consumer_now(&world, "5", "SELECT count(*) FROM " VIEW, world.connection);
    consumer_now(&world, refused, "SELECT last_value FROM lienthong.refused_%s", world.connection);
    free(refused);
}

/* DX-13: what one connection cannot have does not hold up the others. */
static void a_type_that_the_target_has_not_stops_only_its_own_stream(void **state)
{
    (void)state;
    struct consumer_stream odd;
    char first[LT_ID_MAX];
    loaded(1);
    snprintf(first, sizeof first, "%s", world.connection);
    strcpy(world.connection, world.others[0]);
    consumer_stream_init(&world, &odd, 1);
    odd.value_schema = WARD_ODD_SCHEMA;
    const struct lt_stream_notice notice = consumer_notice(&world, &odd);
    consumer_begin(&world);
    consumer_put_notice(&world, &notice);
    consumer_commit(&world);
    snprintf(world.connection, sizeof world.connection, "%s", first);
    for (int i = 0; i < 100 && !consumer_world_logged(&world, "event=step_put_off"); i++)
        lt_sleep_ms(100);
    assert_true(consumer_world_logged(&world, "event=step_put_off"));
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_INSERT, "w2", "n2", 2);
    consumer_commit(&world);
    consumer_eventually(&world, "w1|n1|1|12.34;w2|n2|2|12.34", ROWS, world.connection);
}

/* Too long for an index: set aside like any other, though its key is what is wrong. */
static void a_key_too_long_for_an_index_is_set_aside(void **state)
{
    (void)state;
    char code[4000];
    loaded(1);
    uint64_t random = 1; /* so that compression does not help */
    for (size_t i = 0; i < sizeof code - 1; i++)
        code[i] = (char)('a' + lt_random_next(&random) % 26);
    code[sizeof code - 1] = '\0';
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_INSERT, code, "long", 1);
    consumer_put_ward(&world, &stream, LT_OP_INSERT, "w2", "n2", 2);
    consumer_commit(&world);
    consumer_eventually(&world, "w1|n1|1|12.34;w2|n2|2|12.34", ROWS, world.connection);
    consumer_now(&world, "1", "SELECT count(*) FROM lienthong.set_aside");
    consumer_begin(&world);
    consumer_put_gone(&world, &stream, LT_OP_DELETE, code);
    consumer_commit(&world);
    consumer_eventually(&world, "0", "SELECT count(*) FROM lienthong.set_aside");
}

static void types_of_extensions_live_in_the_configured_schema(void **state)
{
    (void)state;
    world.extra_config = "[postgres]\nextension_schema = public\n";
    consumer_run(&world, "CREATE EXTENSION hstore SCHEMA public");
    stream.value_schema = WARD_ODD_SCHEMA;
    consumer_begin(&world);
    consumer_put_schemas(&world);
    consumer_put_ward(&world, &stream, LT_OP_SNAPSHOT, "w1", "a=>1, b=>NULL", 0);
    consumer_put_sync(&world, &stream, lt_now() - LT_SECOND);
    consumer_commit(&world);
    consumer_world_start(&world);
    consumer_eventually(&world, "w1|\"a\"=>\"1\", \"b\"=>NULL", "SELECT code, odd::text FROM " VIEW,
                        world.connection);
}

/* Values by column (architecture 3): each type comes back as the source's own text. */
static const struct {
    const char *type, *text;
} values[] = {
    {"smallint", "-32768"},
    {"integer", "2147483647"},
    {"bigint", "-9223372036854775808"},
    {"boolean", "t"},
    {"real", "1.5e-10"},
    {"double precision", "0.1"},
    {"numeric(18,4)", "-12345678901234.5670"},
    {"numeric", "NaN"},
    {"numeric(5,2)", "0.00"},
    {"date", "2026-11-25"},
    {"timestamp with time zone", "2026-11-25 02:04:19.123456+00"},
    {"timestamp without time zone", "1999-12-31 23:59:59.999999"},
    {"timestamp(0) with time zone", "2026-11-25 02:04:19+00"},
    {"time without time zone", "23:59:59.5"},
    {"interval", "1 year 2 mons 3 days 04:05:06.789"},
    {"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"bytea", "\\x00ff10"},
    {"text", "Đặng \"Thị\" {NULL} \\ 'x',\n\t"},
    {"character varying(3)", "ắằẳ"},
    {"character(4)", "ab  "},
    {"bit(3)", "101"},
    {"bit varying(5)", "10"},
    {"jsonb", "{\"a\": [1, null, \"x\"]}"},
    {"json", "{ \"b\" : 1 }"},
    {"inet", "10.0.0.0/8"},
    {"integer[]", "{1,NULL,3}"},
    {"text[]", "{\"a,b\",NULL,\"\"}"},
    {"character varying(3)[]", "{abc}"},
    {"numeric(10,2)[]", "{1.50,2.00}"},
    {"int4range", "[1,10)"},
    {"point", "(1,2)"},
};

static void each_type_comes_back_as_it_was(void **state)
{
    (void)state;
    struct lt_buf schema = {0}, value = {0}, names = {0}, expected = {0};
    lt_buf_adds(&schema,
                "{\"type\":\"record\",\"name\":\"W\",\"fields\":[{\"name\":\"code\",\"type\":"
                "\"string\",\"lt.column\":\"code\",\"lt.type\":\"text\"}");
    lt_frame_put(&value, 1005);
    lt_avro_put_bytes(&value, lt_bytes_text("w1"));
    for (size_t i = 0; i < LT_COUNT(values); i++) {
        struct lt_type type;
        struct lt_error err = {0};
        if (lt_type_parse(values[i].type, &type, &err) ||
            (lt_avro_put_long(&value, 1),
             lt_type_encode(&type, lt_bytes_text(values[i].text), &value, &err)))
            fail_msg("%s: %s", values[i].type, err.msg);
        lt_buf_addf(&schema, ",{\"name\":\"c%zu\",\"type\":[\"null\",", i);
        lt_type_avro(&type, &schema);
        lt_buf_addf(&schema, "],\"lt.column\":\"c%zu\",\"lt.type\":\"%s\"}", i, values[i].type);
        lt_buf_addf(&names, ", c%zu", i);
        lt_buf_addf(&expected, "|%s", values[i].text);
    }
    lt_buf_adds(&schema, "]}");
    stream.value_schema = 1005;
    consumer_begin(&world);
    consumer_put_schemas(&world);
    consumer_put_schema(&world, 1005, lt_buf_text(&schema));
    consumer_put_value(&world, &stream, LT_OP_SNAPSHOT, "w1", lt_buf_bytes(&value));
    consumer_put_sync(&world, &stream, lt_now() - LT_SECOND);
    consumer_commit(&world);
    consumer_world_start(&world);
    consumer_eventually(&world, "1", "SELECT count(*) FROM " VIEW, world.connection);
    char *got =
        consumer_sql(&world, "SELECT ''%s FROM " VIEW, lt_buf_text(&names), world.connection);
    assert_string_equal(got, lt_buf_text(&expected));
    free(got);
    lt_buf_fini(&schema);
    lt_buf_fini(&value);
    lt_buf_fini(&names);
    lt_buf_fini(&expected);
}

/* Without a notice nothing says how to judge a record: it is neither applied nor passed over. */
static void a_stream_without_its_notice_waits_for_it(void **state)
{
    (void)state;
    loaded(1);
    consumer_begin(&world);
    assert_int_equal(lt_producer_send(world.producer, world.inbox, lt_bytes_text(stream.stream),
                                      (struct lt_bytes){0}, NULL, 0, NULL),
                     0);
    consumer_commit(&world);
    lt_sleep_ms(500);
    consumer_begin(&world);
    consumer_put_ward(&world, &stream, LT_OP_INSERT, "w2", "n2", 2);
    consumer_commit(&world);
    lt_sleep_ms(1000);
    consumer_now(&world, "1", "SELECT seq FROM lienthong.position");
    consumer_begin(&world);
    consumer_put_sync(&world, &stream, lt_now() - LT_SECOND);
    consumer_commit(&world);
    consumer_eventually(&world, "w1|n1|1|12.34;w2|n2|2|12.34", ROWS, world.connection);
    consumer_now(&world, "active", "SELECT state FROM lienthong.copy");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_load_is_shown_when_it_is_complete),
        TEST(changes_are_applied_in_order),
        TEST(a_row_called_new_may_be_there),
        TEST(a_row_called_known_may_be_missing),
        TEST(a_batch_of_many_statements_is_applied_whole),
        TEST(many_new_rows_are_copied),
        TEST(a_refused_record_sets_its_row_aside),
        TEST(a_zero_byte_in_a_text_sets_the_row_aside),
        TEST(a_withheld_row_is_set_aside_until_a_good_record),
        TEST(unique_values_may_change_places_in_a_batch),
        TEST(an_aborted_transaction_is_never_seen),
        TEST(repeated_records_are_dropped),
        TEST(a_gap_is_reported_and_nothing_more_is_applied),
        TEST(a_promise_that_the_topic_does_not_keep_is_a_gap),
        TEST(records_under_other_terms_are_not_applied),
        TEST(a_replacing_stream_is_loaded_beside_and_switched_in_at_once),
        TEST(streams_of_several_connections_go_on_beside_each_other),
        TEST(a_long_reader_delays_only_the_switch),
        TEST(a_snapshot_older_than_the_switch_reads_nothing_in_silence),
        TEST(a_type_that_the_target_has_not_stops_only_its_own_stream),
        TEST(a_key_too_long_for_an_index_is_set_aside),
        TEST(types_of_extensions_live_in_the_configured_schema),
        TEST(each_type_comes_back_as_it_was),
        TEST(a_stream_without_its_notice_waits_for_it),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    const int rc = cmocka_run_group_tests(tests, NULL, NULL);
    consumer_world_stop_postgres();
    lt_test_admin_close();
    return rc;
}
