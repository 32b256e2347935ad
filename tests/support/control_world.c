#include "support/control_world.h"

#include <string.h>

#include "base/macros.h"

#define DAY (86400 * LT_SECOND)

const struct lt_agency world_agency = {.name = "Bộ A", .class = "ministry", .contact = "a@b.vn"};
const struct lt_application world_provider = {
    .agency = "ag0001",
    .name = "provider",
    .role = "provider",
    .key_generation = 1,
    .active = true,
    .certificate_until = WORLD_NOW + 90 * DAY,
};
const struct lt_application world_user = {
    .agency = "ag0002",
    .name = "user",
    .role = "user",
    .key_generation = 1,
    .active = true,
    .certificate_until = WORLD_NOW + 90 * DAY,
};

static struct lt_field fields[] = {
    {.name = "code", .column = "code", .type = "varchar(20)", .required = true},
    {.name = "province_code", .column = "province_code", .type = "varchar(2)", .required = true},
};
static const char *key[] = {"code"};
static const char *scope_columns[] = {"province_code"};
static struct lt_policy policy = {.version = 1, .use_period = 3 * DAY, .on_expiry = "hide"};
const struct lt_service world_service = {
    .provider = "ap000001",
    .source = "so000001",
    .name = "wards",
    .entity = "ward",
    .table = "public.wards",
    .fields = fields,
    .field_count = 2,
    .key = key,
    .key_count = 1,
    .scope_columns = scope_columns,
    .scope_column_count = 1,
    .key_schema = 1000,
    .value_schema = 1001,
    .scope_schema = 1002,
    .published = true,
    .window = 7 * DAY,
    .policy = &policy,
};
const struct lt_agreement world_agreement = {
    .number = 12,
    .provider = "ag0001",
    .user = "ag0002",
    .purpose = "test",
    .basis = "case",
    .signed_by_all = true,
    .valid_from = WORLD_NOW - DAY,
    .connection_until = LT_NULL,
    .use_until = LT_NULL,
    .ended_at = LT_NULL,
    .ground = "",
};
static const char *granted[] = {"code", "province_code"};
const struct lt_connection world_connection = {
    .agreement = "ar000012",
    .application = "ap000002",
    .service = "sv000001",
    .scope_version = 1,
    .fields = granted,
    .field_count = 2,
    .filter = "",
    .rows_since = 1,
    .value_schema = 1001,
    .use_period = 3 * DAY,
    .on_expiry = "hide",
    .max_per_day = LT_NULL,
    .ended_at = LT_NULL,
    .ground = "",
};
const struct lt_hold world_hold_pair = {
    .target = "cn000001",
    .ground = "43.2a",
    .author = "test",
    .reason = "violation",
    .restore = "report",
    .expected_end = LT_NULL,
    .set_at = WORLD_NOW,
    .lifted_at = LT_NULL,
    .lifted_by = "",
};
const struct lt_hold world_hold_service = {
    .target = "sv000001",
    .ground = "43.1a",
    .author = "test",
    .reason = "maintenance",
    .restore = "none",
    .expected_end = LT_NULL,
    .set_at = WORLD_NOW,
    .lifted_at = LT_NULL,
    .lifted_by = "",
};

void world_init(struct world *world)
{
    *world = (struct world){.epoch = 1};
    lt_assert(lt_control_key_new(world->private_key, world->public_key, NULL) == 0);
    world->fold = lt_fold_new(world->public_key);
}

void world_fini(struct world *world)
{
    lt_fold_free(world->fold);
    lt_buf_fini(&world->wire);
}

static size_t body_size(enum lt_control_kind kind)
{
    const struct lt_control *c = NULL;
    const size_t sizes[] = {
        [LT_CONTROL_REMOVED] = 0,
        [LT_CONTROL_AGENCY] = sizeof(c->body.agency),
        [LT_CONTROL_APPLICATION] = sizeof(c->body.application),
        [LT_CONTROL_SERVICE] = sizeof(c->body.service),
        [LT_CONTROL_AGREEMENT] = sizeof(c->body.agreement),
        [LT_CONTROL_CONNECTION] = sizeof(c->body.connection),
        [LT_CONTROL_HOLD] = sizeof(c->body.hold),
        [LT_CONTROL_SCHEMA] = sizeof(c->body.schema),
        [LT_CONTROL_FEED] = sizeof(c->body.feed),
        [LT_CONTROL_HEARTBEAT] = sizeof(c->body.heartbeat),
    };
    return sizes[kind];
}

void world_sign(struct world *world, enum lt_control_kind kind, const char *id, const void *body)
{
    struct lt_control control = {
        .epoch = world->epoch,
        .number = ++world->number,
        .at = WORLD_NOW,
        .kind = lt_control_kind_name(kind),
        .object = id,
        .body_kind = body ? kind : LT_CONTROL_REMOVED,
    };
    if (body)
        memcpy(&control.body, body, body_size(kind));
    lt_control_key(control.kind, id, world->key);
    lt_buf_clear(&world->wire);
    lt_control_sign(&control, world->private_key, &world->wire);
}

int world_take(struct world *world, struct lt_error *reterr)
{
    return lt_fold_take(world->fold, lt_bytes_text(world->key), lt_buf_bytes(&world->wire), reterr);
}

void world_put(struct world *world, enum lt_control_kind kind, const char *id, const void *body)
{
    world_sign(world, kind, id, body);
    lt_assert(world_take(world, NULL) == 0);
}

void world_beat(struct world *world, lt_time at)
{
    uint8_t digest[32];
    lt_fold_digest(world->fold, digest);
    const struct lt_control control = {
        .epoch = world->epoch,
        .number = world->number,
        .at = at,
        .kind = "heartbeat",
        .object = LT_CONTROL_HEARTBEAT_OBJECT,
        .body_kind = LT_CONTROL_HEARTBEAT,
        .body.heartbeat = {.highest = world->number, .digest = lt_bytes(digest, sizeof(digest))},
    };
    lt_control_key("heartbeat", LT_CONTROL_HEARTBEAT_OBJECT, world->key);
    lt_buf_clear(&world->wire);
    lt_control_sign(&control, world->private_key, &world->wire);
    lt_assert(world_take(world, NULL) == 0);
}

void world_fill(struct world *world)
{
    world_put(world, LT_CONTROL_AGENCY, "ag0001", &world_agency);
    world_put(world, LT_CONTROL_AGENCY, "ag0002", &world_agency);
    world_put(world, LT_CONTROL_APPLICATION, "ap000001", &world_provider);
    world_put(world, LT_CONTROL_APPLICATION, "ap000002", &world_user);
    world_put(world, LT_CONTROL_SERVICE, "sv000001", &world_service);
    world_put(world, LT_CONTROL_AGREEMENT, "ar000012", &world_agreement);
    world_put(world, LT_CONTROL_CONNECTION, "cn000001", &world_connection);
    world_beat(world, WORLD_NOW);
}
