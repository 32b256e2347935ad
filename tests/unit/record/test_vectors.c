/* Frames and inbox records of the committed test vectors (schemas/README.md, section 11). */
#include "support/cm.h"

#include <string.h>

#include "avro/frame.h"
#include "change/chain.h"
#include "record/records.h"
#include "support/vectors.h"

static void frames_are_as_specified(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("frame.txt");
    while (vectors_next(v)) {
        struct lt_buf framed = {0};
        struct lt_bytes record, given = vectors_bytes(v, "framed-hex");
        int32_t id;
        int rc = lt_frame_get(given, &id, &record, NULL);
        if (vectors_text(v, "bad")) {
            assert_int_equal(rc, -1);
            continue;
        }
        assert_int_equal(rc, 0);
        assert_int_equal(id, vectors_number(v, "schema"));
        assert_true(lt_bytes_equal(record, vectors_bytes(v, "record-hex")));
        lt_frame_put(&framed, id);
        lt_buf_add(&framed, record.data, record.len);
        assert_true(lt_bytes_equal(lt_buf_bytes(&framed), given));
        lt_buf_fini(&framed);
    }
    vectors_close(v);
}

static void check_schema(struct lt_bytes value, struct lt_arena *arena)
{
    struct lt_schema_notice notice;
    uint8_t digest[32];
    assert_int_equal(lt_record_decode(LT_RECORD_SCHEMA_NOTICE, value, &notice, arena, NULL), 0);
    lt_sha256(lt_bytes_text(notice.text), digest);
    assert_true(lt_bytes_equal(notice.sha256, lt_bytes(digest, sizeof digest)));
}

static void check_notice(struct lt_bytes value, struct lt_arena *arena, bool loaded)
{
    struct lt_stream_notice notice;
    struct lt_buf again = {0};
    assert_int_equal(lt_record_decode(LT_RECORD_STREAM_NOTICE, value, &notice, arena, NULL), 0);
    assert_string_equal(notice.stream, "cn000981.1");
    assert_string_equal(notice.entity, "ward");
    assert_int_equal(notice.rows_since, 1);
    assert_int_equal(notice.key_schema, 1000);
    assert_int_equal(notice.value_schema, 1001);
    assert_int_equal(notice.load_seq, loaded ? 3 : LT_NULL);
    assert_int_equal(notice.sync_seq, loaded ? 8 : LT_NULL);
    assert_string_equal(notice.state, loaded ? "LIVE" : "LOAD");
    lt_record_encode(LT_RECORD_STREAM_NOTICE, &notice, &again);
    assert_true(lt_bytes_equal(lt_buf_bytes(&again), value));
    lt_buf_fini(&again);
}

static void inbox_records_are_as_specified(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("stream.txt");
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    int notices = 0, schemas = 0;
    while (vectors_next(v)) {
        const char *key = vectors_text(v, "key");
        if (!key)
            continue;
        if (strncmp(key, "schema/", 7) == 0) {
            check_schema(vectors_bytes(v, "value-hex"), arena);
            schemas++;
        } else {
            check_notice(vectors_bytes(v, "value-hex"), arena, notices++ > 0);
        }
    }
    assert_int_equal(schemas, 2);
    assert_int_equal(notices, 2);
    vectors_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_as_specified),
        cmocka_unit_test(inbox_records_are_as_specified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
