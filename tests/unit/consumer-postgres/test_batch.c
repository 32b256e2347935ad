/* Shapes, compaction and the SQL of a copy. */
#include "avro/frame.h"
#include "consumer-postgres/array.h"
#include "consumer-postgres/batch.h"
#include "consumer-postgres/statement.h"
#include "support/cm.h"

#include <string.h>

#define FIELD(name, type, column, sql) \
    "{\"name\":\"" name "\",\"type\":" type ",\"lt.column\":\"" column "\",\"lt.type\":\"" sql "\"}"
#define RECORD(name, fields) "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[" fields "]}"
#define KEY_TEXT             RECORD("K", FIELD("code", "\"string\"", "code", "varchar(20)"))
#define VALUE_TEXT                                                            \
    RECORD("V", FIELD("code", "\"string\"", "code", "varchar(20)") "," FIELD( \
                    "ho_ten", "[\"null\",\"string\"]", "họ tên", "character(5)"))
#define KEY_ID   1001
#define VALUE_ID 1002

static struct lt_shape *shape;
static struct lt_batch *batch;

static int set_up(void **state)
{
    (void)state;
    shape = lt_shape_new(KEY_TEXT, VALUE_TEXT, NULL);
    batch = lt_batch_new();
    return shape ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    lt_shape_free(shape);
    lt_batch_free(batch);
    return 0;
}

/* Bytes live in the batch's arena, as those of messages live until the batch is cleared. */
static struct lt_bytes framed(int32_t id, const char *code, const char *name)
{
    struct lt_buf out = {0};
    lt_frame_put(&out, id);
    lt_avro_put_bytes(&out, lt_bytes_text(code));
    if (id == VALUE_ID) {
        lt_avro_put_long(&out, name != NULL);
        if (name)
            lt_avro_put_bytes(&out, lt_bytes_text(name));
    }
    const struct lt_bytes ret =
        lt_bytes(lt_arena_dup(lt_batch_arena(batch), out.data, out.len), out.len);
    lt_buf_fini(&out);
    return ret;
}

static void add(enum lt_op op, int64_t seq, const char *code, const char *name)
{
    const struct lt_header header = {.op = op, .seq = seq};
    lt_batch_add(batch, &header, framed(KEY_ID, code, NULL),
                 lt_op_has_value(op) ? framed(VALUE_ID, code, name) : (struct lt_bytes){0});
}

static size_t rows(struct lt_row **ret)
{
    return lt_batch_rows(batch, shape, KEY_ID, VALUE_ID, ret);
}

static void the_last_state_of_a_key_remains(void **state)
{
    (void)state;
    struct lt_row *r;
    add(LT_OP_INSERT, 1, "b", "one");
    add(LT_OP_UPDATE, 2, "a", "two");
    add(LT_OP_UPDATE, 3, "b", NULL);
    add(LT_OP_DELETE, 4, "a", NULL);
    assert_int_equal(rows(&r), 2);
    assert_int_equal(r[0].kind, LT_ROW_DELETE);
    assert_int_equal(r[0].seq, 4);
    assert_true(lt_bytes_equal(r[0].key_values[0], lt_bytes_text("a")));
    assert_int_equal(r[1].kind, LT_ROW_UPSERT);
    assert_null(r[1].values[1].data);
}

static void delete_then_insert_is_an_upsert(void **state)
{
    (void)state;
    struct lt_row *r;
    add(LT_OP_DELETE, 1, "a", NULL);
    add(LT_OP_INSERT, 2, "a", "again");
    assert_int_equal(rows(&r), 1);
    assert_int_equal(r[0].kind, LT_ROW_UPSERT);
    assert_true(lt_bytes_equal(r[0].values[1], lt_bytes_text("again")));
}

/* An entry finds no row, a change finds one; a deletion may name what was set aside. */
static void the_first_record_of_a_key_tells_whether_its_row_was_there(void **state)
{
    (void)state;
    struct lt_row *r;
    add(LT_OP_SNAPSHOT, 1, "a", "loaded");
    add(LT_OP_UPDATE, 2, "a", "and changed");
    add(LT_OP_UPDATE, 3, "b", "there before");
    add(LT_OP_DELETE, 4, "c", NULL);
    add(LT_OP_INSERT, 5, "c", "there before as well");
    add(LT_OP_INSERT, 6, "d", "new");
    assert_int_equal(rows(&r), 4);
    assert_int_equal(r[0].before, LT_ROW_WAS_NOT_THERE);
    assert_int_equal(r[1].before, LT_ROW_WAS_THERE);
    assert_int_equal(r[2].before, LT_ROW_WAS_THERE_OR_NOT);
    assert_int_equal(r[3].before, LT_ROW_WAS_NOT_THERE);
}

/* D41.2b-5 */
static void what_cannot_be_read_is_set_aside_with_a_reason(void **state)
{
    (void)state;
    struct lt_row *r;
    const struct lt_header insert = {.op = LT_OP_INSERT, .seq = 1},
                           delete = {.op = LT_OP_DELETE, .seq = 2};
    lt_batch_add(batch, &insert, framed(KEY_ID, "a", NULL), lt_bytes("\0\0\0\3\352\2", 6));
    lt_batch_add(batch, &delete, framed(KEY_ID, "b", NULL), framed(VALUE_ID, "b", NULL));
    lt_batch_add(batch, &insert, framed(KEY_ID, "c", NULL), (struct lt_bytes){0});
    lt_batch_add(batch, &insert, framed(4711, "d", NULL), framed(VALUE_ID, "d", NULL));
    add(LT_OP_WITHHELD, 5, "e", NULL);
    assert_int_equal(rows(&r), 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(r[i].kind, LT_ROW_ASIDE);
    assert_string_equal(r[0].code, "value");
    assert_string_equal(r[1].reason, "the value does not fit the operation");
    assert_string_equal(r[2].reason, "the value does not fit the operation");
    assert_string_equal(r[3].code, LT_CODE_WITHHELD);
    assert_string_equal(r[4].code, "key");
    assert_null(r[4].key_values);
    assert_string_equal(r[4].reason, "schema 4711 where 1001 was agreed");
}

static void a_good_record_after_a_bad_one_wins(void **state)
{
    (void)state;
    struct lt_row *r;
    const struct lt_header bad = {.op = LT_OP_UPDATE, .seq = 1};
    lt_batch_add(batch, &bad, framed(KEY_ID, "a", NULL), lt_bytes("garbage", 7));
    add(LT_OP_UPDATE, 2, "a", "good");
    assert_int_equal(rows(&r), 1);
    assert_int_equal(r[0].kind, LT_ROW_UPSERT);
}

/* ---- shapes ---- */

static void a_shape_names_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *msg;
    } bad[] = {
        {RECORD("K", FIELD("x", "\"string\"", "x", "text")), VALUE_TEXT,
         "key field x is not once among the columns"},
        {KEY_TEXT, RECORD("V", "{\"name\":\"code\",\"type\":\"string\"}"),
         "field code has no lt.type"},
        {KEY_TEXT,
         RECORD("V",
                FIELD("code", "\"string\"", "a", "text") "," FIELD("b", "\"string\"", "a", "text")),
         "field b: its column comes twice"},
        {KEY_TEXT, "\"string\"", "a value schema has 1 to 1000 fields"},
    };
    for (size_t i = 0; i < LT_COUNT(bad); i++) {
        struct lt_error err = {0};
        assert_null(lt_shape_new(bad[i].key, bad[i].value, &err));
        assert_string_equal(err.msg, bad[i].msg);
        assert_int_equal(err.class, LT_ERR_REJECT);
    }
}

/* Nothing is cut in silence: the cast has no length, the assignment refuses what is too long. */
static void casts_have_no_length(void **state)
{
    (void)state;
    assert_string_equal(shape->columns[0].cast, "character varying");
    assert_string_equal(shape->columns[1].cast, "text");
}

/* ---- SQL ---- */

static const struct lt_place place = {
    .copy = 7, .table = "cn000981_g2_c7", .data_schema = "data", .view = "ward"};

static void the_table_has_the_columns_as_declared(void **state)
{
    (void)state;
    struct lt_buf sql = {0};
    lt_sql_create_table(shape, &place, &sql);
    assert_string_equal(lt_buf_text(&sql),
                        "CREATE TABLE lienthong.\"cn000981_g2_c7\" (\"code\" character varying(20)"
                        " NOT NULL, \"họ tên\" character(5), PRIMARY KEY (\"code\")) WITH"
                        " (fillfactor = 90)");
    lt_buf_fini(&sql);
}

/* architecture 6 */
static void the_view_asks_once_whether_the_copy_is_usable(void **state)
{
    (void)state;
    struct lt_buf sql = {0};
    lt_sql_view(shape, shape, &place, NULL, 0, &sql);
    assert_string_equal(
        lt_buf_text(&sql),
        "CREATE OR REPLACE VIEW \"data\".\"ward\" AS SELECT t.\"code\", t.\"họ tên\" FROM"
        " lienthong.\"cn000981_g2_c7\" t WHERE (SELECT EXISTS (SELECT FROM lienthong.copy c WHERE"
        " c.copy = 7 AND c.shown AND clock_timestamp() BETWEEN c.usable_from AND c.usable_until) OR"
        " lienthong.refuse(7, EXISTS (SELECT FROM lienthong.copy c WHERE c.copy = 7 AND"
        " c.shown)))");
    lt_buf_fini(&sql);
}

static void a_view_keeps_the_place_of_columns_it_had(void **state)
{
    (void)state;
    struct lt_buf sql = {0};
    const struct lt_view_column old[] = {{"gone", "integer"}, {"code", "character varying(20)"}};
    lt_sql_view(shape, shape, &place, old, 2, &sql);
    assert_non_null(strstr(lt_buf_text(&sql),
                           "SELECT NULL::integer AS \"gone\", t.\"code\", t.\"họ tên\" FROM"));
    assert_false(lt_view_must_drop(shape, old, 2));
    const struct lt_view_column retyped[] = {{"code", "integer"}};
    assert_true(lt_view_must_drop(shape, retyped, 1));
    lt_buf_fini(&sql);
}

/* architecture 5: lost fields show NULL at once; what is granted anew is NULL until it is loaded.
 */
static void a_view_shows_no_field_that_is_not_granted(void **state)
{
    (void)state;
    struct lt_buf sql = {0};
    const char *granted_text =
        "{\"type\":\"record\",\"name\":\"W\",\"fields\":[{\"name\":\"code\",\"type\":\"string\","
        "\"lt.column\":\"code\",\"lt.type\":\"varchar(20)\"},{\"name\":\"more\",\"type\":\"int\","
        "\"lt.column\":\"more\",\"lt.type\":\"integer\"}]}";
    const char *key_text =
        "{\"type\":\"record\",\"name\":\"K\",\"fields\":[{\"name\":\"code\",\"type\":\"string\","
        "\"lt.column\":\"code\",\"lt.type\":\"varchar(20)\"}]}";
    LT_CLEANUP(lt_shape_freep)
    struct lt_shape *granted = lt_shape_new(key_text, granted_text, NULL);
    assert_non_null(granted);
    const struct lt_view_column old[] = {{"code", "character varying(20)"},
                                         {"họ tên", "character(5)"}};
    assert_true(lt_shape_exceeds(shape, granted));
    assert_true(lt_shape_exceeds(granted, shape));
    assert_false(lt_shape_exceeds(shape, shape));
    lt_sql_view(shape, granted, &place, old, 2, &sql);
    assert_non_null(strstr(lt_buf_text(&sql), "SELECT t.\"code\", NULL::character(5) AS \"họ tên\","
                                              " NULL::integer AS \"more\" FROM"));
    lt_buf_clear(&sql);
    lt_sql_view(shape, granted, &place, NULL, 0, &sql);
    assert_non_null(strstr(lt_buf_text(&sql), "SELECT t.\"code\", NULL::integer AS \"more\" FROM"));
    lt_buf_fini(&sql);
}

static void a_long_entity_is_cut_between_characters(void **state)
{
    (void)state;
    struct lt_buf name = {0};
    lt_view_name("đơn_vị_hành_chính_cấp_xã_phường_thị_trấn_đặc_khu", "cn000981", &name);
    assert_true(name.len <= 63);
    assert_true(lt_utf8_valid(name.data, name.len));
    lt_buf_clear(&name);
    lt_view_name("ward", "cn000981", &name);
    assert_string_equal(lt_buf_text(&name), "ward_cn000981");
    lt_buf_fini(&name);
}

static void an_array_is_as_postgresql_reads_it(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0,   0,    25,   0,    0,   0,
                                       2, 0, 0, 0, 1, 0, 0, 0, 1, 'x', 0xFF, 0xFF, 0xFF, 0xFF};
    struct lt_buf out = {0};
    lt_buf_adds(&out, "before");
    const size_t start = out.len;
    lt_array_begin(&out, LT_OID_TEXT, 2);
    lt_array_add(&out, start, lt_bytes_text("x"));
    lt_array_add(&out, start, (struct lt_bytes){0});
    assert_int_equal(out.len - start, sizeof expected);
    assert_memory_equal(out.data + start, expected, sizeof expected);
    lt_buf_fini(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_state_of_a_key_remains),
        TEST(delete_then_insert_is_an_upsert),
        TEST(the_first_record_of_a_key_tells_whether_its_row_was_there),
        TEST(what_cannot_be_read_is_set_aside_with_a_reason),
        TEST(a_good_record_after_a_bad_one_wins),
        TEST(a_shape_names_what_is_wrong),
        TEST(casts_have_no_length),
        TEST(the_table_has_the_columns_as_declared),
        TEST(the_view_asks_once_whether_the_copy_is_usable),
        TEST(a_view_keeps_the_place_of_columns_it_had),
        TEST(a_view_shows_no_field_that_is_not_granted),
        TEST(a_long_entity_is_cut_between_characters),
        TEST(an_array_is_as_postgresql_reads_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
