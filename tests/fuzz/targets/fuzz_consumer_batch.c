/* Any schemas and records as a stream's: key schema, value schema and records, each ended by a
 * line feed resp. led by its op and length.  Each row is either decoded or set aside, and the SQL
 * of any shape can be made. */
#include "consumer-postgres/batch.h"
#include "consumer-postgres/ledger.h"
#include "consumer-postgres/statement.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *take_line(struct lt_bytes *rest)
{
    const uint8_t *end = memchr(rest->data, '\n', rest->len);
    const size_t len = end ? (size_t)(end - rest->data) : rest->len;
    char *line = lt_memdup(rest->data, len);
    rest->data += len + (end != NULL);
    rest->len -= len + (end != NULL);
    return line;
}

static struct lt_bytes take_bytes(struct lt_bytes *rest)
{
    if (rest->len == 0)
        return (struct lt_bytes){0};
    const size_t len = LT_MIN((size_t)rest->data[0], rest->len - 1);
    const struct lt_bytes ret = lt_bytes(rest->data + 1, len);
    rest->data += len + 1;
    rest->len -= len + 1;
    return ret;
}

static void make_sql(const struct lt_shape *shape)
{
    struct lt_buf sql = {0};
    const struct lt_place place = {.copy = 1, .table = "t", .data_schema = "d", .view = "v"};
    lt_sql_create_table(shape, &place, &sql);
    lt_sql_insert(shape, &place, &sql);
    lt_sql_update(shape, &place, &sql);
    lt_sql_copy(shape, &place, &sql);
    lt_sql_upsert(shape, &place, &sql);
    lt_sql_delete(shape, &place, &sql);
    lt_sql_set_aside(shape, &place, true, &sql);
    lt_sql_view(shape, shape, &place, NULL, 0, &sql);
    lt_buf_fini(&sql);
}

static void run_batch(const struct lt_shape *shape, struct lt_bytes rest)
{
    struct lt_row *rows;
    LT_CLEANUP(lt_batch_freep) struct lt_batch *batch = lt_batch_new();
    for (int64_t seq = 1; rest.len > 2; seq++) {
        const struct lt_header header = {.op = (enum lt_op)(rest.data[0] % (LT_OP_WITHHELD + 1)),
                                         .seq = seq};
        rest.data++;
        rest.len--;
        const struct lt_bytes key = take_bytes(&rest);
        lt_batch_add(batch, &header, key, take_bytes(&rest));
    }
    const size_t count = lt_batch_rows(batch, shape, 0, 0, &rows);
    lt_assert(count <= lt_batch_records(batch));
    for (size_t i = 0; i < count; i++) {
        lt_assert((rows[i].kind == LT_ROW_ASIDE) == (rows[i].code != NULL));
        lt_assert(rows[i].kind != LT_ROW_UPSERT || rows[i].values);
        lt_assert(rows[i].kind == LT_ROW_ASIDE || rows[i].key_values);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lt_bytes rest = lt_bytes(data, size);
    struct lt_ledger ledger = {0};
    if (lt_ledger_parse(&ledger, rest, NULL) == 0)
        lt_ledger_fini(&ledger);
    LT_CLEANUP(lt_freep) char *key = take_line(&rest);
    LT_CLEANUP(lt_freep) char *value = take_line(&rest);
    struct lt_shape *shape = lt_shape_new(key, value, NULL);
    if (shape) {
        make_sql(shape);
        run_batch(shape, rest);
    }
    lt_shape_free(shape);
    return 0;
}
