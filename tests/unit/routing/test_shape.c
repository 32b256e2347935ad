/*
 * Scopes as compiled: rows read, projected, matched one by one and through the crowd's index
 * (D52.2b, DX-8: nothing out of scope leaves).
 */
#include "avro/frame.h"
#include "routing/shape.h"
#include "support/cm.h"
#include "support/control_world.h"

#include <stdio.h>
#include <string.h>

#define FILTERS 6

static const char row_text[] =
    "{\"type\":\"record\",\"name\":\"Ward\",\"fields\":["
    "{\"name\":\"code\",\"type\":\"string\",\"lt.column\":\"code\",\"lt.type\":\"varchar(20)\"},"
    "{\"name\":\"province_code\",\"type\":\"string\",\"lt.column\":\"province_code\","
    "\"lt.type\":\"varchar(2)\"}]}";
static const char scope_text[] =
    "{\"type\":\"record\",\"name\":\"WardScope\",\"fields\":[{\"name\":\"province_code\","
    "\"type\":[\"null\",\"string\"],\"lt.column\":\"province_code\",\"lt.type\":\"varchar(2)\"}]}";
static const char *const filters[FILTERS] = {
    "",
    "province_code = '48'",
    "province_code IN ('48', '49')",
    "province_code <> '48'",
    "province_code LIKE '4%'",
    "province_code = '50' OR province_code = '48'",
};
static const char *small_fields[] = {"code"};

static struct world world;
static struct lt_lane_rows *rows;
static struct lt_error err;

static void put_schema(int32_t id, const char *text)
{
    char name[16];
    struct lt_schema_body body = {.id = id, .text = text, .sha256 = lt_bytes("", 0)};
    snprintf(name, sizeof(name), "%d", id);
    world_put(&world, LT_CONTROL_SCHEMA, name, &body);
}

static int set_up(void **state)
{
    (void)state;
    world_init(&world);
    world_fill(&world);
    put_schema(1001, row_text);
    put_schema(1002, scope_text);
    for (int i = 0; i < FILTERS; i++) {
        char id[LT_ID_MAX];
        struct lt_connection connection = world_connection;
        connection.filter = filters[i];
        if (i == 1) {
            connection.fields = small_fields;
            connection.field_count = 1;
            connection.value_schema = 1003;
        }
        lt_id_format(LT_ID_CONNECTION, i + 1, id);
        world_put(&world, LT_CONTROL_CONNECTION, id, &connection);
    }
    err = (struct lt_error){0};
    rows = lt_lane_rows_new(world.fold, "sv000001", &err);
    assert_non_null(rows);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lt_lane_rows_free(rows);
    world_fini(&world);
    return 0;
}

static void put_text(struct lt_buf *out, const char *text)
{
    lt_avro_put_bytes(out, lt_bytes_text(text));
}

static void frame_row(struct lt_buf *out, const char *code, const char *province)
{
    lt_buf_clear(out);
    lt_frame_put(out, 1001);
    put_text(out, code);
    put_text(out, province);
}

static void frame_scope(struct lt_buf *out, const char *province)
{
    lt_buf_clear(out);
    lt_frame_put(out, 1002);
    lt_avro_put_long(out, 1);
    put_text(out, province);
}

static void a_projection_leaves_only_what_was_granted(void **state)
{
    (void)state;
    struct lt_buf value = {0}, out = {0}, expected = {0};
    bool good;
    struct lt_lane_shape *shape = lt_lane_shape_new(world.fold, "cn000002", rows, &err);
    assert_non_null(shape);
    frame_row(&value, "w1", "48");
    struct lt_lane_row row =
        lt_lane_rows_read(rows, LT_OP_INSERT, lt_buf_bytes(&value), (struct lt_bytes){0}, &good);
    assert_true(good);
    lt_lane_shape_project(shape, rows, &row, &out);
    lt_frame_put(&expected, 1003);
    put_text(&expected, "w1");
    assert_true(lt_bytes_equal(lt_buf_bytes(&out), lt_buf_bytes(&expected)));
    lt_lane_shape_free(shape);
    lt_buf_fini(&value);
    lt_buf_fini(&out);
    lt_buf_fini(&expected);
}

static void a_value_that_cannot_be_read_is_withheld(void **state)
{
    (void)state;
    struct lt_buf value = {0}, scope = {0};
    bool good, before, after;
    struct lt_lane_shape *shape = lt_lane_shape_new(world.fold, "cn000002", rows, &err);
    frame_row(&value, "w1", "48");
    frame_scope(&scope, "48");
    value.len--; /* cut off */
    struct lt_lane_row row =
        lt_lane_rows_read(rows, LT_OP_UPDATE, lt_buf_bytes(&value), lt_buf_bytes(&scope), &good);
    assert_false(good);
    assert_int_equal(row.op, LT_OP_WITHHELD);
    lt_lane_shape_effect(shape, rows, &row, &before, &after);
    assert_true(before);
    assert_false(after);
    frame_row(&value, "w1", "48");
    value.data[4] ^= 1; /* another schema */
    row = lt_lane_rows_read(rows, LT_OP_UPDATE, lt_buf_bytes(&value), (struct lt_bytes){0}, &good);
    assert_false(good);
    lt_lane_shape_effect(shape, rows, &row, &before, &after);
    assert_true(row.unknown); /* it may have been in scope, and is not now: the stream must end */
    assert_true(before);
    assert_false(after);
    lt_lane_shape_free(shape);
    lt_buf_fini(&value);
    lt_buf_fini(&scope);
}

/* Who had a row cannot be told from a record without readable old values (DX-4, DX-5). */
static void a_record_without_old_values_is_unknown(void **state)
{
    (void)state;
    const struct lt_bytes none = {0};
    struct lt_buf value = {0}, scope = {0};
    bool good, before, after;
    struct lt_lane_shape *all = lt_lane_shape_new(world.fold, "cn000001", rows, &err);
    struct lt_lane_shape *some = lt_lane_shape_new(world.fold, "cn000002", rows, &err);
    frame_scope(&scope, "48");
    scope.len--;
    struct lt_lane_row row =
        lt_lane_rows_read(rows, LT_OP_DELETE, none, lt_buf_bytes(&scope), &good);
    assert_false(good);
    assert_true(row.unknown);
    lt_lane_shape_effect(some, rows, &row, &before, &after);
    assert_true(before && !after);
    assert_true(lt_lane_rows_read(rows, LT_OP_DELETE, none, none, &good).unknown);
    frame_row(&value, "w1", "48");
    row = lt_lane_rows_read(rows, LT_OP_UPDATE, lt_buf_bytes(&value), lt_buf_bytes(&scope), &good);
    assert_true(row.unknown); /* but the new row is known: an update serves both */
    lt_lane_shape_effect(some, rows, &row, &before, &after);
    assert_true(before && after);
    value.len--;
    row = lt_lane_rows_read(rows, LT_OP_INSERT, lt_buf_bytes(&value), none, &good);
    assert_false(row.unknown); /* nobody had it */
    row = lt_lane_rows_read(rows, LT_OP_UPDATE, lt_buf_bytes(&value), none, &good);
    lt_lane_shape_effect(all, rows, &row, &before, &after);
    assert_true(before && !after); /* without filter there is nothing to tell */
    lt_lane_shape_free(all);
    lt_lane_shape_free(some);
    lt_buf_fini(&value);
    lt_buf_fini(&scope);
}

static void an_unknown_filter_column_is_no_scope(void **state)
{
    (void)state;
    struct lt_connection connection = world_connection;
    connection.filter = "colour = 'red'";
    world_put(&world, LT_CONTROL_CONNECTION, "cn000009", &connection);
    assert_null(lt_lane_shape_new(world.fold, "cn000009", rows, &err));
    assert_int_equal(err.class, LT_ERR_REJECT);
    assert_non_null(strstr(err.msg, "colour"));
}

struct seen {
    bool before[FILTERS], after[FILTERS];
    int calls;
};

static int see(void *arg,
               const void *stream,
               const struct lt_lane_shape *shape,
               bool before,
               bool after,
               struct lt_error *reterr)
{
    (void)shape;
    (void)reterr;
    struct seen *seen = arg;
    size_t at = (size_t) * (const int *)stream;
    seen->before[at] = before;
    seen->after[at] = after;
    seen->calls++;
    return 0;
}

/* Every op, with every pair of provinces, old values given or not. */
static void the_crowd_sees_what_each_shape_sees(void **state)
{
    (void)state;
    static const char *const provinces[] = {"48", "49", "50", "61"};
    static const int numbers[FILTERS] = {0, 1, 2, 3, 4, 5};
    struct lt_lane_shape *shapes[FILTERS];
    struct lt_lane_crowd *crowd = lt_lane_crowd_new(rows);
    struct lt_buf value = {0}, scope = {0};
    for (int i = 0; i < FILTERS; i++) {
        char id[LT_ID_MAX];
        lt_id_format(LT_ID_CONNECTION, i + 1, id);
        shapes[i] = lt_lane_shape_new(world.fold, id, rows, &err);
        assert_non_null(shapes[i]);
        lt_lane_crowd_add(crowd, shapes[i], &numbers[i]);
    }
    for (int op = LT_OP_INSERT; op <= LT_OP_WITHHELD; op++)
        for (int pair = 0; pair < 20; pair++) {
            bool good, has_value = lt_op_has_value((enum lt_op)op), has_scope = pair >= 4;
            frame_row(&value, "w1", provinces[pair % 4]);
            frame_scope(&scope, provinces[has_scope ? pair / 4 - 1 : 0]);
            struct lt_lane_row row = lt_lane_rows_read(
                rows, (enum lt_op)op, has_value ? lt_buf_bytes(&value) : (struct lt_bytes){0},
                has_scope ? lt_buf_bytes(&scope) : (struct lt_bytes){0}, &good);
            assert_true(good);
            struct seen seen = {.calls = 0};
            int expected = 0;
            assert_int_equal(lt_lane_crowd_match(crowd, rows, &row, see, &seen, &err), 0);
            for (int i = 0; i < FILTERS; i++) {
                bool before, after;
                lt_lane_shape_effect(shapes[i], rows, &row, &before, &after);
                assert_int_equal(seen.before[i], before);
                assert_int_equal(seen.after[i], after);
                expected += before || after;
            }
            assert_int_equal(seen.calls, expected);
        }
    lt_lane_crowd_free(crowd);
    for (int i = 0; i < FILTERS; i++)
        lt_lane_shape_free(shapes[i]);
    lt_buf_fini(&value);
    lt_buf_fini(&scope);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_projection_leaves_only_what_was_granted),
        TEST(a_value_that_cannot_be_read_is_withheld),
        TEST(a_record_without_old_values_is_unknown),
        TEST(an_unknown_filter_column_is_no_scope),
        TEST(the_crowd_sees_what_each_shape_sees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
