#include "support/provider_world.h"

#include "support/cm.h"

#include <string.h>

#include "base/mem.h"
#include "steward/derive.h"

static struct lt_field fields[] = {
    {.name = "code", .column = "code", .type = "varchar(20)", .required = true},
    {.name = "name", .column = "name", .type = "text", .required = true},
    {.name = "province_code", .column = "province_code", .type = "varchar(2)", .required = false},
    {.name = "amount", .column = "amount", .type = "numeric(12,2)", .required = false},
};
static const char *key[] = {"code"};
static const char *scope[] = {"province_code"};
static const struct lt_service wards = {.provider = "ap000001",
                                        .source = "so000001",
                                        .name = "wards",
                                        .entity = "ward",
                                        .table = "public.wards",
                                        .fields = fields,
                                        .field_count = 4,
                                        .key = key,
                                        .key_count = 1,
                                        .scope_columns = scope,
                                        .scope_column_count = 1,
                                        .key_schema = 1001,
                                        .value_schema = 1002,
                                        .scope_schema = 1003,
                                        .published = true};

const struct lt_pgo_column wards_columns[4] = {
    {true, "code", 1043, 24},
    {true, "name", 25, -1},
    {true, "province_code", 1043, 6},
    {true, "amount", 1700, 786438},
};

struct service *wards_service(void)
{
    struct lt_buf texts[3] = {{0}};
    struct lt_error err;
    lt_derive_key("sv000001", &wards, &texts[0]);
    lt_derive_value("sv000001", &wards, &texts[1]);
    lt_derive_scope("sv000001", &wards, &texts[2]);
    struct service *service = service_new("sv000001", &wards, lt_buf_text(&texts[0]),
                                          lt_buf_text(&texts[1]), lt_buf_text(&texts[2]), &err);
    if (service == NULL) {
        fail_msg("%s", err.msg);
    }
    for (int i = 0; i < 3; i++) {
        lt_buf_fini(&texts[i]);
    }
    return service;
}

void wards_feeds(struct feeds *feeds, uint64_t lsn)
{
    *feeds = (struct feeds){.items = lt_alloc(sizeof(struct feed)), .count = 1, .cap = 1};
    struct feed *feed = &feeds->items[0];
    *feed = (struct feed){.service = wards_service(), .state = FEED_STREAMING};
    feed_set_incarnation(feed, 1);
    feed->last = (struct event_id){lsn, 0};
    feed->shape.types = lt_alloc(4 * sizeof(struct type_id));
    for (int i = 0; i < 4; i++) {
        feed->shape.types[i] = (struct type_id){wards_columns[i].type_oid, wards_columns[i].typmod};
    }
}
