/*
 * The fold: newest body of each object, confirmed by heartbeats.
 *
 * Happy path: records of one change arrive in the order of their numbers, then the heartbeat of the
 * same transaction with the digest of the whole; the fold equals it and may act.
 *
 * Forged or malformed: refused before decoding.  Replayed, reordered, of a dead steward: refused by
 * number and epoch.  Left out: the digest does not match, nothing acts until it does.  Steward
 * gone: the newest heartbeat grows old (lt_fold_fresh).  Copies in an inbox carry no heartbeat and
 * may come in any order of objects: number by number within an object is all they need.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/num.h"
#include "change/chain.h"
#include "control/fold_priv.h"

#define FUTURE_MAX   (60 * LT_SECOND)
#define OBJECTS_MAX  1000000u
#define OBJECT_BLOCK 512

static const char *const kind_names[] = {
    [LT_CONTROL_AGENCY] = "agency",         [LT_CONTROL_APPLICATION] = "application",
    [LT_CONTROL_SERVICE] = "service",       [LT_CONTROL_AGREEMENT] = "agreement",
    [LT_CONTROL_CONNECTION] = "connection", [LT_CONTROL_HOLD] = "hold",
    [LT_CONTROL_SCHEMA] = "schema",         [LT_CONTROL_FEED] = "feed",
    [LT_CONTROL_HEARTBEAT] = "heartbeat",
};

const char *lt_control_kind_name(enum lt_control_kind kind)
{
    return kind_names[kind];
}

static enum lt_control_kind kind_parse(const char *name)
{
    for (size_t i = 1; i < LT_COUNT(kind_names); i++)
        if (strcmp(kind_names[i], name) == 0)
            return (enum lt_control_kind)i;
    return LT_CONTROL_REMOVED;
}

void lt_control_key(const char *kind, const char *object, char buf[LT_CONTROL_KEY_MAX])
{
    /* Nothing is called so: no key, rather than half of one. */
    if (snprintf(buf, LT_CONTROL_KEY_MAX, "%s/%s", kind, object) >= LT_CONTROL_KEY_MAX)
        buf[0] = '\0';
}

struct lt_fold *lt_fold_new(const uint8_t public_key[LT_SIGN_KEY_BYTES])
{
    struct lt_fold *fold = lt_alloc(sizeof(*fold));
    memcpy(fold->public_key, public_key, LT_SIGN_KEY_BYTES);
    fold->order = lt_alloc(sizeof(*fold->order));
    fold->beat_at = LT_TIME_NONE;
    return fold;
}

static void object_free(struct lt_object *object)
{
    if (!object)
        return;
    lt_arena_free(object->arena);
    lt_buf_fini(&object->wire);
    free(object);
}
LT_DEFINE_CLEANUP(struct lt_object, object_free)

void lt_fold_free(struct lt_fold *fold)
{
    if (!fold)
        return;
    lt_holds_fini(fold);
    for (size_t i = 0; i < fold->order->count; i++)
        object_free(fold->order->items[i]);
    free(fold->order->items);
    free(fold->order);
    lt_table_fini(&fold->objects);
    free(fold);
}

static int refuse(struct lt_error *reterr, const char *key, const char *why)
{
    return lt_fail(reterr, LT_ERR_REJECT, "control", 0, "control record '%s': %s", key, why);
}

/* Verifies, decodes and checks what one record says about itself. */
static struct lt_object *decode(const struct lt_fold *fold,
                                struct lt_bytes key,
                                struct lt_bytes wire,
                                struct lt_error *reterr)
{
    struct lt_bytes payload;
    if (lt_control_verify(fold->public_key, wire, &payload, reterr) < 0)
        return NULL;
    LT_CLEANUP(object_freep) struct lt_object *object = lt_alloc(sizeof(*object));
    object->arena = lt_arena_new(OBJECT_BLOCK);
    if (lt_record_decode(LT_RECORD_CONTROL, payload, &object->control, object->arena, reterr) < 0)
        return NULL;
    const struct lt_control *control = &object->control;
    if (strlen(control->kind) + strlen(control->object) + 2 > LT_CONTROL_KEY_MAX) {
        refuse(reterr, "?", "its name is too long");
        return NULL;
    }
    lt_control_key(control->kind, control->object, object->key);
    object->id = strchr(object->key, '/') + 1;
    object->kind = kind_parse(control->kind);
    if (!lt_bytes_equal(key, lt_bytes_text(object->key))) {
        refuse(reterr, object->key, "stands under another key");
        return NULL;
    }
    if (object->kind == LT_CONTROL_REMOVED ||
        (control->body_kind != LT_CONTROL_REMOVED && control->body_kind != object->kind)) {
        refuse(reterr, object->key, "kind and body do not agree");
        return NULL;
    }
    if (control->epoch < 1 || control->number < (object->kind == LT_CONTROL_HEARTBEAT ? 0 : 1)) {
        refuse(reterr, object->key, "number and epoch start at 1");
        return NULL;
    }
    lt_sha256(payload, object->payload_hash);
    lt_buf_add(&object->wire, wire.data, wire.len);
    return lt_steal(&object);
}

/* Numbers and epochs grow together: a later number of an earlier epoch comes from a steward that
 * was replaced, an earlier number of a later epoch from nobody. */
static bool epoch_fits(const struct lt_fold *fold, const struct lt_control *control)
{
    if (control->number > fold->highest)
        return control->epoch >= fold->epoch;
    return control->epoch <= fold->epoch;
}

/* By epoch, number and time, in this order: a clock that was turned back takes a new number. */
static bool is_newer(const struct lt_fold *fold, const struct lt_control *beat)
{
    if (beat->epoch != fold->beat_epoch)
        return beat->epoch > fold->beat_epoch;
    if (beat->number != fold->beat_highest)
        return beat->number > fold->beat_highest;
    return fold->beat_at == LT_TIME_NONE || beat->at > fold->beat_at;
}

static int
take_heartbeat(struct lt_fold *fold, const struct lt_object *beat, struct lt_error *reterr)
{
    const struct lt_control *control = &beat->control;
    if (control->body_kind != LT_CONTROL_HEARTBEAT)
        return refuse(reterr, beat->key, "a heartbeat cannot be removed");
    const struct lt_heartbeat *body = &control->body.heartbeat;
    if (body->digest.len != sizeof(fold->beat_digest) || body->highest != control->number)
        return refuse(reterr, beat->key, "malformed heartbeat");
    if (fold->beat_at == control->at && fold->beat_epoch == control->epoch &&
        fold->beat_highest == body->highest &&
        memcmp(fold->beat_digest, body->digest.data, sizeof(fold->beat_digest)) == 0)
        return 0;
    if (!is_newer(fold, control) || control->number < fold->beat_highest)
        return refuse(reterr, beat->key, "older than the heartbeat taken before");
    if (control->epoch < fold->epoch)
        return refuse(reterr, beat->key, "of an epoch that is over");
    fold->epoch = control->epoch;
    fold->beat_epoch = control->epoch;
    fold->beat_highest = body->highest;
    fold->highest = LT_MAX(fold->highest, body->highest);
    fold->beat_at = control->at;
    memcpy(fold->beat_digest, body->digest.data, sizeof(fold->beat_digest));
    uint8_t digest[32];
    lt_fold_digest(fold, digest);
    fold->matched = memcmp(digest, fold->beat_digest, sizeof(digest)) == 0;
    if (fold->matched)
        fold->confirmed = body->highest;
    return 0;
}

static void replace(struct lt_fold *fold, struct lt_object *held, struct lt_object *news)
{
    lt_holds_drop(fold, held);
    lt_arena_free(held->arena);
    lt_buf_fini(&held->wire);
    held->control = news->control;
    held->arena = lt_steal(&news->arena);
    held->wire = news->wire;
    news->wire = (struct lt_buf){0};
    memcpy(held->payload_hash, news->payload_hash, sizeof(held->payload_hash));
    lt_holds_add(fold, held);
}

/* Adds or replaces; takes what it needs out of *news. */
static void keep(struct lt_fold *fold, struct lt_object *held, struct lt_object **news)
{
    fold->matched = false;
    if ((*news)->control.number > fold->highest) {
        fold->highest = (*news)->control.number;
        fold->epoch = (*news)->control.epoch;
    }
    if (held) {
        replace(fold, held, *news);
        return;
    }
    struct lt_object *object = lt_steal(news);
    lt_table_put(&fold->objects, object->key, object);
    lt_order_add(fold->order, object);
    lt_holds_add(fold, object);
}

int lt_fold_take(struct lt_fold *fold,
                 struct lt_bytes key,
                 struct lt_bytes value,
                 struct lt_error *reterr)
{
    LT_CLEANUP(object_freep) struct lt_object *news = decode(fold, key, value, reterr);
    if (!news)
        return -1;
    if (news->kind == LT_CONTROL_HEARTBEAT)
        return take_heartbeat(fold, news, reterr);
    struct lt_object *held = lt_table_get(&fold->objects, news->key);
    if (held && held->control.number == news->control.number &&
        memcmp(held->payload_hash, news->payload_hash, sizeof(news->payload_hash)) == 0)
        return 0;
    if (held && news->control.number <= held->control.number)
        return refuse(reterr, news->key, "not newer than the record taken before");
    if (news->control.number <= fold->confirmed)
        return refuse(reterr, news->key, "its number was passed by a heartbeat without it");
    if (!epoch_fits(fold, &news->control))
        return refuse(reterr, news->key, "its epoch does not go with its number");
    if (!held && fold->order->count >= OBJECTS_MAX)
        return refuse(reterr, news->key, "too many objects");
    keep(fold, held, &news);
    return 0;
}

int64_t lt_fold_number(const struct lt_fold *fold)
{
    return fold->matched ? fold->confirmed : 0;
}

int64_t lt_fold_highest(const struct lt_fold *fold)
{
    return fold->highest;
}

int64_t lt_fold_epoch(const struct lt_fold *fold)
{
    return fold->epoch;
}

lt_time lt_fold_heartbeat_at(const struct lt_fold *fold)
{
    return fold->beat_at;
}

static const char *why_not_fresh(const struct lt_fold *fold, lt_time now, lt_time grace)
{
    if (fold->beat_at == LT_TIME_NONE)
        return "no heartbeat of the steward has been read";
    if (!fold->matched)
        return "control state differs from the newest heartbeat";
    if (fold->beat_at > now && fold->beat_at - now > FUTURE_MAX)
        return "the newest heartbeat is from the future: clocks differ";
    if (fold->beat_at < now && now - fold->beat_at > grace)
        return "the newest heartbeat is older than the grace";
    return NULL;
}

bool lt_fold_fresh(const struct lt_fold *fold, lt_time now, lt_time grace, const char **ret_why)
{
    const char *why = why_not_fresh(fold, now, grace);
    if (why && ret_why)
        *ret_why = why;
    return why == NULL;
}

static void digest_add(EVP_MD_CTX *ctx, const struct lt_object *object)
{
    uint8_t head[4], number[8];
    const size_t len = strlen(object->key);
    lt_put_u32be(head, (uint32_t)len);
    lt_put_u64be(number, (uint64_t)object->control.number);
    lt_assert(EVP_DigestUpdate(ctx, head, sizeof(head)) == 1 &&
              EVP_DigestUpdate(ctx, object->key, len) == 1 &&
              EVP_DigestUpdate(ctx, number, sizeof(number)) == 1 &&
              EVP_DigestUpdate(ctx, object->payload_hash, sizeof(object->payload_hash)) == 1);
}

void lt_fold_digest(const struct lt_fold *fold, uint8_t ret[32])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    lt_assert(ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1);
    lt_order_sort(fold->order);
    for (size_t i = 0; i < fold->order->count; i++)
        digest_add(ctx, fold->order->items[i]);
    lt_assert(EVP_DigestFinal_ex(ctx, ret, NULL) == 1);
    EVP_MD_CTX_free(ctx);
}
