#include "support/cm.h"

#include "pgoutput/pgoutput.h"

#include <stdlib.h>
#include <string.h>

#include "support/pgo_build.h"

static struct lt_pgo *decoder;

static int set_up(void **state)
{
    (void)state;
    decoder = lt_pgo_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lt_pgo_free(decoder);
    return 0;
}

/* Decodes an exact copy, so that a read beyond the end is seen by ASan. */
static int decode(const struct lt_buf *message, struct lt_pgo_event *ret, struct lt_error *err)
{
    static uint8_t *copy;
    free(copy);
    copy = malloc(message->len > 0 ? message->len : 1);
    memcpy(copy, message->data, message->len);
    return lt_pgo_decode(decoder, lt_bytes(copy, message->len), ret, err);
}

static void reads_begin_and_commit(void **state)
{
    (void)state;
    struct lt_buf m = {0};
    struct lt_pgo_event event;
    pgo_begin(&m, 0x200000010, 1795457460210123, 4711);
    assert_int_equal(decode(&m, &event, NULL), 0);
    assert_int_equal(event.kind, LT_PGO_BEGIN);
    assert_int_equal(event.u.begin.commit_lsn, 0x200000010);
    assert_int_equal(event.u.begin.time, 1795457460210123);
    assert_int_equal(event.u.begin.xid, 4711);
    lt_buf_clear(&m);
    pgo_commit(&m, 0x200000010, 0x200000040, 1795457460210123);
    assert_int_equal(decode(&m, &event, NULL), 0);
    assert_int_equal(event.kind, LT_PGO_COMMIT);
    assert_int_equal(event.u.commit.end_lsn, 0x200000040);
    lt_buf_fini(&m);
}

static const struct pgo_column columns[] = {{"code", 1043, 24, 1}, {"name", 25, -1, 0}};

static void reads_a_relation_with_its_columns(void **state)
{
    (void)state;
    struct lt_buf m = {0};
    struct lt_pgo_event event;
    pgo_relation(&m, 16400, "public", "wards", 'f', columns, 2);
    assert_int_equal(decode(&m, &event, NULL), 0);
    assert_int_equal(event.kind, LT_PGO_RELATION);
    assert_string_equal(event.u.relation.schema, "public");
    assert_string_equal(event.u.relation.name, "wards");
    assert_int_equal(event.u.relation.identity, 'f');
    assert_int_equal(event.u.relation.count, 2);
    assert_true(event.u.relation.columns[0].key);
    assert_string_equal(event.u.relation.columns[1].name, "name");
    assert_int_equal(event.u.relation.columns[0].typmod, 24);
    lt_buf_fini(&m);
}

static void an_empty_schema_is_pg_catalog(void **state)
{
    (void)state;
    struct lt_buf m = {0};
    struct lt_pgo_event event;
    pgo_relation(&m, 1, "", "t", 'd', columns, 0);
    assert_int_equal(decode(&m, &event, NULL), 0);
    assert_string_equal(event.u.relation.schema, "pg_catalog");
    lt_buf_fini(&m);
}

static void reads_an_update_with_its_old_row(void **state)
{
    (void)state;
    static const char *const before[] = {"a", "old"};
    static const char *const after[] = {NULL, PGO_UNCHANGED};
    struct lt_buf m = {0};
    struct lt_pgo_event event;
    lt_buf_addc(&m, 'U');
    pgo_put32(&m, 7);
    pgo_tuple(&m, 'O', before, 2);
    pgo_tuple(&m, 'N', after, 2);
    assert_int_equal(decode(&m, &event, NULL), 0);
    assert_int_equal(event.kind, LT_PGO_UPDATE);
    assert_int_equal(event.u.row.old_kind, 'O');
    assert_int_equal(event.u.row.old_row.count, 2);
    assert_memory_equal(event.u.row.old_row.values[1].text.data, "old", 3);
    assert_int_equal(event.u.row.new_row.values[0].kind, LT_PGO_NULL);
    assert_int_equal(event.u.row.new_row.values[1].kind, LT_PGO_UNCHANGED);
    lt_buf_fini(&m);
}

static void reads_a_delete_by_key(void **state)
{
    (void)state;
    static const char *const key[] = {"a", NULL};
    struct lt_buf m = {0};
    struct lt_pgo_event event;
    lt_buf_addc(&m, 'D');
    pgo_put32(&m, 7);
    pgo_tuple(&m, 'K', key, 2);
    assert_int_equal(decode(&m, &event, NULL), 0);
    assert_int_equal(event.kind, LT_PGO_DELETE);
    assert_int_equal(event.u.row.old_kind, 'K');
    assert_int_equal(event.u.row.new_row.count, 0);
    lt_buf_fini(&m);
}

static void reads_truncate_and_message(void **state)
{
    (void)state;
    struct lt_buf m = {0};
    struct lt_pgo_event event;
    lt_buf_addc(&m, 'T');
    pgo_put32(&m, 2);
    lt_buf_addc(&m, 1);
    pgo_put32(&m, 7);
    pgo_put32(&m, 8);
    assert_int_equal(decode(&m, &event, NULL), 0);
    assert_int_equal(event.u.truncate.count, 2);
    assert_int_equal(lt_pgo_truncated(&event, 1), 8);
    lt_buf_clear(&m);
    lt_buf_addc(&m, 'M');
    lt_buf_addc(&m, 1);
    pgo_put64(&m, 99);
    pgo_puts(&m, "lienthong");
    pgo_put32(&m, 2);
    lt_buf_adds(&m, "hi");
    assert_int_equal(decode(&m, &event, NULL), 0);
    assert_true(event.u.message.transactional);
    assert_string_equal(event.u.message.prefix, "lienthong");
    assert_int_equal(event.u.message.content.len, 2);
    lt_buf_fini(&m);
}

static void a_shortened_message_is_refused_at_every_length(void **state)
{
    (void)state;
    static const char *const row[] = {"a", "text"};
    struct lt_buf m = {0};
    struct lt_pgo_event event;
    struct lt_error err;
    pgo_insert(&m, 7, row, 2);
    size_t whole = m.len;
    for (m.len = 0; m.len < whole; m.len++) {
        assert_int_equal(decode(&m, &event, &err), -1);
        assert_int_equal(err.class, LT_ERR_FATAL);
    }
    m.len = whole;
    assert_int_equal(decode(&m, &event, &err), 0);
    lt_buf_fini(&m);
}

static void refuses_what_the_protocol_does_not_know(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *fault;
    } bad[] = {
        {"Zxxx", 4, "unknown kind"},
        {"I\0\0\0\1O\0\0", 8, "row without new row"},
        {"D\0\0\0\1N\0\0", 8, "delete without old row"},
        {"I\0\0\0\1N\xff\xff", 8, "too many columns"},
        {"I\0\0\0\1N\0\1b\0\0\0\0", 13, "column value of unknown kind"},
        {"I\0\0\0\1N\0\1t\xff\xff\xff\xff", 13, "ends too early"},
        {"I\0\0\0\1N\0\0x", 9, "trailing bytes"},
        {"T\0\0\0\2\0\0\0\0\1", 10, "truncate of another count"},
        {"T\xff\xff\xff\xff\0\0\0\0\1", 10, "truncate of another count"},
        {"R\0\0\0\1ab", 7, "text without end"},
    };
    for (size_t i = 0; i < LT_COUNT(bad); i++) {
        struct lt_pgo_event event = {.kind = LT_PGO_TYPE};
        struct lt_error err;
        assert_int_equal(lt_pgo_decode(decoder, lt_bytes(bad[i].bytes, bad[i].len), &event, &err),
                         -1);
        assert_non_null(strstr(err.msg, bad[i].fault));
        assert_int_equal(event.kind, LT_PGO_TYPE);
    }
}

static void a_time_out_of_range_is_refused(void **state)
{
    (void)state;
    struct lt_buf m = {0};
    struct lt_pgo_event event;
    struct lt_error err;
    lt_buf_addc(&m, 'B');
    pgo_put64(&m, 1);
    pgo_put64(&m, INT64_MAX);
    pgo_put32(&m, 1);
    assert_int_equal(decode(&m, &event, &err), -1);
    assert_non_null(strstr(err.msg, "time out of range"));
    lt_buf_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_begin_and_commit),
        cmocka_unit_test(reads_a_relation_with_its_columns),
        cmocka_unit_test(an_empty_schema_is_pg_catalog),
        cmocka_unit_test(reads_an_update_with_its_old_row),
        cmocka_unit_test(reads_a_delete_by_key),
        cmocka_unit_test(reads_truncate_and_message),
        cmocka_unit_test(a_shortened_message_is_refused_at_every_length),
        cmocka_unit_test(refuses_what_the_protocol_does_not_know),
        cmocka_unit_test(a_time_out_of_range_is_refused),
    };
    return cmocka_run_group_tests_name("pgoutput", tests, set_up, tear_down);
}
