/**
 * @file
 * Inside of a fold.  For this directory only.
 */
#pragma once

#include "control/control.h"
#include "control/table.h"

struct lt_object {
    char key[LT_CONTROL_KEY_MAX];
    const char *id;            /**< the part of the key after '/' */
    enum lt_control_kind kind; /**< of the key: a removed object keeps it */
    struct lt_control control;
    struct lt_arena *arena; /**< of control's texts */
    uint8_t payload_hash[32];
    struct lt_buf wire;
};

/** Objects in bytewise order of their keys; sorted when first asked for after an addition. */
struct lt_order {
    struct lt_object **items;
    size_t count, cap;
    bool sorted;
};

struct lt_fold {
    uint8_t public_key[LT_SIGN_KEY_BYTES];
    struct lt_table objects; /**< key -> struct lt_object */
    struct lt_table targets; /**< id -> struct lt_target */
    struct lt_order *order;
    int64_t epoch, highest; /**< of the newest object or heartbeat */
    int64_t beat_epoch, beat_highest;
    lt_time beat_at;
    uint8_t beat_digest[32];
    bool matched;      /**< what the fold holds equals the newest heartbeat */
    int64_t confirmed; /**< highest number that a matching heartbeat ever named */
};

/** The object of a key; NULL when unknown. */
const struct lt_object *
lt_fold_object(const struct lt_fold *fold, enum lt_control_kind kind, const char *id);

void lt_order_add(struct lt_order *order, struct lt_object *object);
/** Sorts if needed; good until the next addition. */
void lt_order_sort(struct lt_order *order);

/* Holds in force by target (holds.c). */
struct lt_target;
void lt_holds_drop(struct lt_fold *fold, const struct lt_object *object);
void lt_holds_add(struct lt_fold *fold, const struct lt_object *object);
void lt_holds_fini(struct lt_fold *fold);
