#include "bench/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "avro/frame.h"
#include "avro/span.h"
#include "base/mem.h"
#include "base/num.h"
#include "bench/meter.h"
#include "steward/derive.h"

static struct lt_field fields[SAMPLE_COLUMNS] = {
    {.name = "id", .column = "id", .type = "bigint", .required = true},
    {.name = "district", .column = "district", .type = "integer", .required = true},
    {.name = "amount", .column = "amount", .type = "numeric(18,4)", .required = false},
    {.name = "changed", .column = "changed", .type = "timestamptz", .required = true},
    {.name = "name", .column = "name", .type = "text", .required = true},
    {.name = "address", .column = "address", .type = "text", .required = false},
    {.name = "active", .column = "active", .type = "boolean", .required = true},
    {.name = "total", .column = "total", .type = "bigint", .required = false},
};
static const char *key[] = {"id"};
static const char *scope[] = {"district"};
const struct lt_service sample_declared = {.provider = "ap000001",
                                           .source = "so000001",
                                           .name = "bench",
                                           .entity = "bench",
                                           .table = "public.bench",
                                           .fields = fields,
                                           .field_count = SAMPLE_COLUMNS,
                                           .key = key,
                                           .key_count = 1,
                                           .scope_columns = scope,
                                           .scope_column_count = 1,
                                           .key_schema = SAMPLE_KEY_SCHEMA,
                                           .value_schema = SAMPLE_VALUE_SCHEMA,
                                           .scope_schema = SAMPLE_SCOPE_SCHEMA,
                                           .published = true};

struct sample_schemas sample_schemas(void)
{
    struct lt_buf texts[3] = {{0}};
    lt_derive_key(SAMPLE_SERVICE, &sample_declared, &texts[0]);
    lt_derive_value(SAMPLE_SERVICE, &sample_declared, &texts[1]);
    lt_derive_scope(SAMPLE_SERVICE, &sample_declared, &texts[2]);
    const struct sample_schemas made = {lt_strdup(lt_buf_text(&texts[0])),
                                        lt_strdup(lt_buf_text(&texts[1])),
                                        lt_strdup(lt_buf_text(&texts[2]))};
    for (int i = 0; i < 3; i++) {
        lt_buf_fini(&texts[i]);
    }
    return made;
}

void sample_schemas_free(struct sample_schemas *schemas)
{
    free(schemas->key);
    free(schemas->value);
    free(schemas->scope);
}

void sample_table(size_t number, char buf[32])
{
    if (number == 0) {
        snprintf(buf, 32, "bench");
    } else {
        snprintf(buf, 32, "bench_%zu", number);
    }
}

static struct service *numbered_service(size_t number)
{
    struct lt_error err;
    struct sample_schemas schemas = sample_schemas();
    struct lt_service declared = sample_declared;
    char id[LT_ID_MAX], table[48] = "public.";
    lt_id_format(LT_ID_SERVICE, (int64_t)number + 1, id);
    sample_table(number, table + strlen(table));
    declared.table = table;
    struct service *service =
        service_new(id, &declared, schemas.key, schemas.value, schemas.scope, &err);
    if (service == NULL) {
        bench_fail(&err);
    }
    sample_schemas_free(&schemas);
    return service;
}

struct service *sample_service(void)
{
    return numbered_service(0);
}

void sample_row(int64_t i, int64_t version, struct sample_row *ret)
{
    *ret = (struct sample_row){.id = i,
                               .district = i * 7919 % 1000,
                               .amount = i * 7 % 100000000,
                               .changed = 1795457460 * LT_SECOND + i * LT_MILLI,
                               .total = i * 1000003 + version,
                               .active = i % 3 == 0};
    snprintf(ret->name, sizeof(ret->name), "Nguyễn Thị Hồng %lld", (long long)(i % 100000));
    if (i % 17 > 0) {
        snprintf(ret->address, sizeof(ret->address), "Số %lld, đường Lê Lợi, phường Bến Nghé",
                 (long long)(i % 1000));
    }
}

const char *sample_address(const struct sample_row *row,
                           char buf[sizeof(row->address) + SAMPLE_PADDING_MAX])
{
    size_t len = strlen(row->address), more = len > 0 ? row->padding : 0;
    lt_assert(more < SAMPLE_PADDING_MAX);
    memcpy(buf, row->address, len);
    memset(buf + len, 'x', more);
    buf[len + more] = '\0';
    return buf;
}

void sample_put_key(struct lt_buf *out, const struct sample_row *row)
{
    lt_frame_put(out, SAMPLE_KEY_SCHEMA);
    lt_avro_put_long(out, row->id);
}

/* Two's complement in as few bytes as hold it. */
static void put_decimal(struct lt_buf *out, int64_t number)
{
    uint8_t bytes[8];
    size_t size = 1;
    while (size < 8 && number >= (int64_t)1 << (8 * size - 1)) {
        size++;
    }
    lt_put_u64be(bytes, (uint64_t)number);
    lt_avro_put_bytes(out, lt_bytes(bytes + 8 - size, size));
}

void sample_put_value(struct lt_buf *out, int32_t schema, const struct sample_row *row)
{
    lt_frame_put(out, schema);
    lt_avro_put_long(out, row->id);
    lt_avro_put_long(out, row->district);
    lt_avro_put_long(out, 1);
    put_decimal(out, row->amount);
    lt_avro_put_long(out, row->changed);
    lt_avro_put_bytes(out, lt_bytes_text(row->name));
    lt_avro_put_long(out, row->address[0] != '\0');
    if (row->address[0] != '\0') {
        char address[sizeof(row->address) + SAMPLE_PADDING_MAX];
        lt_avro_put_bytes(out, lt_bytes_text(sample_address(row, address)));
    }
    lt_buf_addc(out, row->active);
    lt_avro_put_long(out, 1);
    lt_avro_put_long(out, row->total);
}

void sample_feeds(struct feeds *feeds, size_t count)
{
    *feeds = (struct feeds){
        .items = lt_alloc(count * sizeof(struct feed)), .count = count, .cap = count};
    for (size_t i = 0; i < count; i++) {
        feeds->items[i] = (struct feed){.service = numbered_service(i), .state = FEED_STREAMING};
        feed_set_incarnation(&feeds->items[i], 1);
    }
}
