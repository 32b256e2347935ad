#include "steward/plan.h"

#include "change/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lt_plan_init(struct lt_plan *plan,
                  const struct lt_fold *fold,
                  struct lt_arena *arena,
                  lt_time now)
{
    *plan = (struct lt_plan){.fold = fold, .arena = arena, .now = now};
}

void lt_plan_fini(struct lt_plan *plan)
{
    free(plan->items);
    *plan = (struct lt_plan){0};
}

static struct lt_control *
find(const struct lt_plan *plan, enum lt_control_kind kind, const char *id)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->items[i]->body_kind == kind && strcmp(plan->items[i]->object, id) == 0)
            return plan->items[i];
    return NULL;
}

static const void *in_fold(const struct lt_fold *fold, enum lt_control_kind kind, const char *id)
{
    switch (kind) {
    case LT_CONTROL_AGENCY:
        return lt_fold_agency(fold, id);
    case LT_CONTROL_APPLICATION:
        return lt_fold_application(fold, id);
    case LT_CONTROL_SERVICE:
        return lt_fold_service(fold, id);
    case LT_CONTROL_AGREEMENT:
        return lt_fold_agreement(fold, id);
    case LT_CONTROL_CONNECTION:
        return lt_fold_connection(fold, id);
    case LT_CONTROL_HOLD:
        return lt_fold_hold(fold, id);
    case LT_CONTROL_FEED:
        return lt_fold_feed(fold, id);
    case LT_CONTROL_SCHEMA:
        return lt_fold_schema(fold, (int32_t)strtol(id, NULL, 10));
    case LT_CONTROL_REMOVED:
    case LT_CONTROL_HEARTBEAT:
        return NULL;
    }
    return NULL;
}

const void *lt_plan_get(const struct lt_plan *plan, enum lt_control_kind kind, const char *id)
{
    const struct lt_control *item = find(plan, kind, id);
    return item ? &item->body : in_fold(plan->fold, kind, id);
}

static void set_body(struct lt_control *item, enum lt_control_kind kind, const void *body)
{
    lt_assert(kind != LT_CONTROL_REMOVED && kind != LT_CONTROL_HEARTBEAT);
    item->body_kind = kind;
    switch (kind) {
    case LT_CONTROL_AGENCY:
        item->body.agency = *(const struct lt_agency *)body;
        return;
    case LT_CONTROL_APPLICATION:
        item->body.application = *(const struct lt_application *)body;
        return;
    case LT_CONTROL_SERVICE:
        item->body.service = *(const struct lt_service *)body;
        return;
    case LT_CONTROL_AGREEMENT:
        item->body.agreement = *(const struct lt_agreement *)body;
        return;
    case LT_CONTROL_CONNECTION:
        item->body.connection = *(const struct lt_connection *)body;
        return;
    case LT_CONTROL_HOLD:
        item->body.hold = *(const struct lt_hold *)body;
        return;
    case LT_CONTROL_SCHEMA:
        item->body.schema = *(const struct lt_schema_body *)body;
        return;
    case LT_CONTROL_FEED:
        item->body.feed = *(const struct lt_feed_body *)body;
        return;
    case LT_CONTROL_REMOVED:
    case LT_CONTROL_HEARTBEAT:
        break; /* refused above */
    }
}

/* Two bodies are equal when their records are. */
static bool same_body(enum lt_control_kind kind, const void *a, const void *b)
{
    struct lt_buf left = {0}, right = {0};
    struct lt_control control = {.kind = "", .object = ""};
    set_body(&control, kind, a);
    lt_record_encode(LT_RECORD_CONTROL, &control, &left);
    set_body(&control, kind, b);
    lt_record_encode(LT_RECORD_CONTROL, &control, &right);
    const bool same = lt_bytes_equal(lt_buf_bytes(&left), lt_buf_bytes(&right));
    lt_buf_fini(&left);
    lt_buf_fini(&right);
    return same;
}

void lt_plan_put(struct lt_plan *plan, enum lt_control_kind kind, const char *id, const void *body)
{
    const void *now = lt_plan_get(plan, kind, id);
    if (now && same_body(kind, now, body))
        return;
    struct lt_control *item = find(plan, kind, id);
    if (!item) {
        if (plan->count == plan->cap) {
            plan->cap = plan->cap ? plan->cap * 2 : 16;
            plan->items = lt_realloc(plan->items, plan->cap * sizeof(struct lt_control *));
        }
        item = lt_arena_alloc(plan->arena, sizeof(*item));
        plan->items[plan->count++] = item;
        *item = (struct lt_control){
            .kind = lt_control_kind_name(kind),
            .object = lt_arena_dup(plan->arena, id, strlen(id)),
        };
    }
    set_body(item, kind, body);
}

struct each {
    const struct lt_plan *plan;
    enum lt_control_kind kind;
    lt_fold_visit *visit;
    void *arg;
    bool stopped;
};

static bool visit_unless_planned(void *arg, const char *object, int64_t number, const void *body)
{
    struct each *each = arg;
    if (find(each->plan, each->kind, object))
        return true;
    each->stopped = !each->visit(each->arg, object, number, body);
    return !each->stopped;
}

void lt_plan_each(const struct lt_plan *plan,
                  enum lt_control_kind kind,
                  lt_fold_visit *visit,
                  void *arg)
{
    struct each each = {.plan = plan, .kind = kind, .visit = visit, .arg = arg};
    lt_fold_each(plan->fold, kind, visit_unless_planned, &each);
    for (size_t i = 0; i < plan->count && !each.stopped; i++)
        if (plan->items[i]->body_kind == kind)
            each.stopped = !visit(arg, plan->items[i]->object, 0, &plan->items[i]->body);
}

/* ---- schema ids ---- */

struct schema_search {
    struct lt_bytes sha256;
    int32_t found, highest;
};

static bool look_at_schema(void *arg, const char *object, int64_t number, const void *body)
{
    (void)object;
    (void)number;
    struct schema_search *search = arg;
    const struct lt_schema_body *schema = body;
    search->highest = LT_MAX(search->highest, schema->id);
    if (lt_bytes_equal(schema->sha256, search->sha256))
        search->found = schema->id;
    return true;
}

int32_t lt_plan_schema(struct lt_plan *plan, const char *text)
{
    uint8_t sha256[32];
    lt_sha256(lt_bytes_text(text), sha256);
    struct schema_search search = {.sha256 = lt_bytes(sha256, sizeof(sha256)),
                                   .highest = LT_SCHEMA_FIRST - 1};
    lt_plan_each(plan, LT_CONTROL_SCHEMA, look_at_schema, &search);
    if (search.found)
        return search.found;
    const struct lt_schema_body body = {
        .id = search.highest + 1,
        .text = lt_arena_dup(plan->arena, text, strlen(text)),
        .sha256 = lt_bytes(lt_arena_dup(plan->arena, sha256, sizeof(sha256)), sizeof(sha256)),
    };
    char id[LT_ID_MAX];
    snprintf(id, sizeof(id), "%d", body.id);
    lt_plan_put(plan, LT_CONTROL_SCHEMA, id, &body);
    return body.id;
}

/* ---- ids of ours ---- */

struct id_search {
    enum lt_id_kind kind;
    int64_t highest;
};

static bool look_at_id(void *arg, const char *object, int64_t number, const void *body)
{
    (void)number;
    (void)body;
    struct id_search *search = arg;
    int64_t n;
    if (lt_id_parse(search->kind, object, &n, NULL) == 0)
        search->highest = LT_MAX(search->highest, n);
    return true;
}

void lt_plan_next_id(const struct lt_plan *plan,
                     enum lt_control_kind kind,
                     enum lt_id_kind id,
                     char buf[LT_ID_MAX])
{
    struct id_search search = {.kind = id};
    lt_plan_each(plan, kind, look_at_id, &search);
    lt_id_format(id, search.highest + 1, buf);
}

json_t *lt_plan_objects(const struct lt_plan *plan)
{
    json_t *objects = json_array();
    for (size_t i = 0; i < plan->count; i++)
        if (plan->items[i]->body_kind != LT_CONTROL_SCHEMA)
            json_array_append_new(objects, json_string(plan->items[i]->object));
    return objects;
}
