/* The archive of control records: what comes back is what was, whatever moment it was cut off. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "steward/archive.h"
#include "support/cm.h"
#include "support/control_world.h"

static char directory[] = "/tmp/lt-archive-XXXXXX";
static char path[64];
static struct world world;
static struct lt_archive archive;
static struct lt_error err;

static int setup(void **state)
{
    (void)state;
    strcpy(strstr(directory, "archive-") + 8, "XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof(path), "%s/archive", directory);
    world_init(&world);
    archive = (struct lt_archive){0};
    err = (struct lt_error){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    lt_archive_fini(&archive);
    world_fini(&world);
    unlink(path);
    return rmdir(directory);
}

static int load(void)
{
    lt_archive_fini(&archive);
    return lt_archive_load(path, world.public_key, &archive, &err);
}

static void assert_loads(void)
{
    if (load() < 0)
        fail_msg("%s", err.msg);
}

/* Puts a statement into the world and begins a batch of it alone. */
static void begin(enum lt_control_kind kind, const char *id, const void *body)
{
    world_put(&world, kind, id, body);
    const struct lt_archive_record record = {world.key, lt_buf_bytes(&world.wire)};
    assert_int_equal(lt_archive_begin(path, &record, 1, NULL), 0);
}

static void put(enum lt_control_kind kind, const char *id, const void *body)
{
    begin(kind, id, body);
    assert_int_equal(lt_archive_end(path, true, NULL), 0);
}

static bool same_as_world(void)
{
    uint8_t ours[32], theirs[32];
    lt_fold_digest(world.fold, ours);
    lt_fold_digest(archive.fold, theirs);
    return memcmp(ours, theirs, sizeof(ours)) == 0;
}

static size_t size_of_file(void)
{
    struct lt_buf text = {0};
    assert_int_equal(lt_file_read(path, 1 << 20, &text, NULL), 0);
    const size_t size = text.len;
    lt_buf_fini(&text);
    return size;
}

static void write_file(const char *text)
{
    assert_int_equal(lt_file_replace(path, lt_bytes_text(text), 0600, NULL), 0);
}

static void what_is_not_there_is_empty(void **state)
{
    (void)state;
    assert_loads();
    assert_int_equal(lt_fold_record_count(archive.fold), 0);
}

/* DX-3, D43, D44: holds, ends and their numbers come back as they were. */
static void what_was_committed_comes_back(void **state)
{
    (void)state;
    struct lt_connection ended = world_connection;
    ended.ended_at = WORLD_NOW;
    ended.ground = "44.1a";
    put(LT_CONTROL_AGENCY, "ag0001", &world_agency);
    put(LT_CONTROL_CONNECTION, "cn000001", &world_connection);
    put(LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    put(LT_CONTROL_CONNECTION, "cn000001", &ended);
    assert_loads();
    assert_true(same_as_world());
    assert_int_equal(archive.records, 4);
    assert_int_equal(archive.open_count, 0);
    assert_int_equal(lt_fold_highest(archive.fold), world.number);
    assert_string_equal(lt_fold_connection(archive.fold, "cn000001")->ground, "44.1a");
    assert_int_equal(lt_fold_number_of(archive.fold, LT_CONTROL_HOLD, "ho000001"), 3);
}

/* Somebody may have read it: it is known apart, and may be taken. */
static void a_batch_without_an_end_is_kept_apart(void **state)
{
    (void)state;
    put(LT_CONTROL_CONNECTION, "cn000001", &world_connection);
    begin(LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    assert_loads();
    assert_int_equal(archive.open_count, 1);
    assert_null(lt_fold_hold(archive.fold, "ho000001"));
    assert_int_equal(lt_archive_take_open(&archive, &err), 0);
    assert_non_null(lt_fold_hold(archive.fold, "ho000001"));
    assert_true(same_as_world());
}

/* A number that was never committed may be given again. */
static void a_void_batch_is_not_there(void **state)
{
    (void)state;
    put(LT_CONTROL_CONNECTION, "cn000001", &world_connection);
    world_sign(&world, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    const struct lt_archive_record lost = {world.key, lt_buf_bytes(&world.wire)};
    assert_int_equal(lt_archive_begin(path, &lost, 1, NULL), 0);
    assert_int_equal(lt_archive_end(path, false, NULL), 0);
    world.number--;
    put(LT_CONTROL_HOLD, "ho000002", &world_hold_service);
    assert_loads();
    assert_true(same_as_world());
    assert_null(lt_fold_hold(archive.fold, "ho000001"));
    assert_int_equal(lt_fold_number_of(archive.fold, LT_CONTROL_HOLD, "ho000002"), 2);
}

/* Power fails while a batch is written: nothing of it was sent. */
static void an_entry_cut_short_anywhere_was_never_sent(void **state)
{
    (void)state;
    put(LT_CONTROL_CONNECTION, "cn000001", &world_connection);
    const size_t whole = size_of_file();
    struct lt_buf first = {0};
    world_sign(&world, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    lt_buf_add(&first, world.wire.data, world.wire.len);
    world_sign(&world, LT_CONTROL_HOLD, "ho000002", &world_hold_service);
    const struct lt_archive_record two[] = {{"hold/ho000001", lt_buf_bytes(&first)},
                                            {"hold/ho000002", lt_buf_bytes(&world.wire)}};
    assert_int_equal(lt_archive_begin(path, two, 2, NULL), 0);
    lt_buf_fini(&first);
    const size_t end = size_of_file();
    for (size_t size = end - 1; size >= whole; size -= 7) {
        assert_int_equal(lt_file_cut(path, size, NULL), 0);
        assert_loads();
        assert_int_equal(archive.whole, whole);
        assert_int_equal(archive.size, size);
        assert_int_equal(archive.open_count, 0);
        assert_null(lt_fold_hold(archive.fold, "ho000001"));
        assert_non_null(lt_fold_connection(archive.fold, "cn000001"));
    }
}

static void a_heartbeat_keeps_the_epoch(void **state)
{
    (void)state;
    put(LT_CONTROL_CONNECTION, "cn000001", &world_connection);
    world.epoch = 4;
    world_beat(&world, WORLD_NOW + 1);
    const struct lt_archive_record beat = {world.key, lt_buf_bytes(&world.wire)};
    assert_int_equal(lt_archive_begin(path, &beat, 1, NULL), 0);
    assert_int_equal(lt_archive_end(path, true, NULL), 0);
    put(LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    assert_loads();
    assert_int_equal(lt_fold_epoch(archive.fold), 4);
    assert_int_equal(lt_fold_heartbeat_at(archive.fold), WORLD_NOW + 1);
    assert_true(same_as_world());
}

static void written_anew_it_holds_the_same(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct lt_connection other = world_connection;
        other.scope_version = i + 1;
        put(LT_CONTROL_CONNECTION, "cn000001", &other);
    }
    put(LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    assert_int_equal(lt_archive_write(path, world.fold, NULL), 0);
    assert_loads();
    assert_true(same_as_world());
    assert_int_equal(archive.records, 2);
}

static void records_come_in_the_order_of_their_numbers(void **state)
{
    (void)state;
    world_put(&world, LT_CONTROL_SERVICE, "sv000001", &world_service);
    world_put(&world, LT_CONTROL_AGENCY, "ag0001", &world_agency);
    struct lt_archive_record *records = lt_archive_records(world.fold);
    assert_string_equal(records[0].key, "service/sv000001");
    assert_string_equal(records[1].key, "agency/ag0001");
    free(records);
}

static void assert_damaged(const char *text, const char *why)
{
    write_file(text);
    assert_int_equal(load(), -1);
    assert_int_equal(err.class, LT_ERR_REJECT);
    if (!strstr(err.msg, why))
        fail_msg("'%s' does not say '%s'", err.msg, why);
}

#define HEAD "lienthong-control-archive 1\n"

static void damage_is_named_with_its_line(void **state)
{
    (void)state;
    assert_damaged(HEAD "batch 0\n", "line 2: not a number of records");
    assert_damaged(HEAD "batch 1\nhold/ho000001\n", "line 3: a record is a key and its bytes");
    assert_damaged(HEAD "batch 1\nhold/ho000001 A*==\n", "line 3: not the bytes of a record");
    assert_damaged(HEAD "batch 1\nhold/ho000001 AAAA\ncommitted\n", "line 4: ");
    assert_damaged(HEAD "batch 1\nhold/ho000001 AAAA\nbatch 1\n", "line 4: the batch before it");
    assert_damaged(HEAD "committed\n", "line 2: no batch is open");
    assert_damaged(HEAD "comitted\n", "line 2: neither batch nor committed nor void");
}

/* A path that names another file must not cost that file. */
static void another_file_is_no_archive(void **state)
{
    (void)state;
    write_file("0123456789abcdef\n");
    assert_int_equal(load(), -1);
    assert_int_equal(err.class, LT_ERR_FATAL);
    assert_non_null(strstr(err.msg, "not an archive of control records"));
}

static void a_record_of_another_key_is_refused(void **state)
{
    (void)state;
    struct world thief;
    world_init(&thief);
    world_sign(&thief, LT_CONTROL_HOLD, "ho000001", &world_hold_pair);
    const struct lt_archive_record record = {thief.key, lt_buf_bytes(&thief.wire)};
    assert_int_equal(lt_archive_begin(path, &record, 1, NULL), 0);
    assert_int_equal(lt_archive_end(path, true, NULL), 0);
    assert_int_equal(load(), -1);
    assert_non_null(strstr(err.msg, "signature does not verify"));
    world_fini(&thief);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_there_is_empty),
        TEST(what_was_committed_comes_back),
        TEST(a_batch_without_an_end_is_kept_apart),
        TEST(a_void_batch_is_not_there),
        TEST(an_entry_cut_short_anywhere_was_never_sent),
        TEST(a_heartbeat_keeps_the_epoch),
        TEST(written_anew_it_holds_the_same),
        TEST(records_come_in_the_order_of_their_numbers),
        TEST(damage_is_named_with_its_line),
        TEST(another_file_is_no_archive),
        TEST(a_record_of_another_key_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
