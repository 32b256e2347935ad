/*
 * Which holds are in force on a target.  Holds are a set (DX-2): each one stands until it is lifted
 * itself, and a target is free when none is left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/fold_priv.h"

struct lt_target {
    char id[LT_CONTROL_KEY_MAX];
    const struct lt_object **holds; /* in bytewise order of id */
    size_t count;
};

static bool in_force(const struct lt_object *object)
{
    return object->control.body_kind == LT_CONTROL_HOLD &&
           object->control.body.hold.lifted_at == LT_NULL;
}

static struct lt_target *target_of(struct lt_fold *fold, const char *id)
{
    struct lt_target *target = lt_table_get(&fold->targets, id);
    if (target)
        return target;
    target = lt_alloc(sizeof(*target));
    snprintf(target->id, sizeof(target->id), "%s", id);
    lt_table_put(&fold->targets, target->id, target);
    return target;
}

void lt_holds_add(struct lt_fold *fold, const struct lt_object *object)
{
    if (!in_force(object))
        return;
    struct lt_target *target = target_of(fold, object->control.body.hold.target);
    target->holds =
        lt_realloc(target->holds, (target->count + 1) * sizeof(const struct lt_object *));
    size_t at = target->count++;
    for (; at > 0 && strcmp(target->holds[at - 1]->id, object->id) > 0; at--)
        target->holds[at] = target->holds[at - 1];
    target->holds[at] = object;
}

void lt_holds_drop(struct lt_fold *fold, const struct lt_object *object)
{
    if (!in_force(object))
        return;
    struct lt_target *target = target_of(fold, object->control.body.hold.target);
    size_t kept = 0;
    for (size_t i = 0; i < target->count; i++)
        if (target->holds[i] != object)
            target->holds[kept++] = target->holds[i];
    target->count = kept;
}

void lt_holds_fini(struct lt_fold *fold)
{
    for (size_t i = 0; i < fold->targets.cap; i++) {
        struct lt_target *target = lt_table_at(&fold->targets, i);
        if (target)
            free(target->holds);
        free(target);
    }
    lt_table_fini(&fold->targets);
}

size_t lt_fold_holds_on(const struct lt_fold *fold,
                        const char *target,
                        const struct lt_hold **holds,
                        size_t cap)
{
    const struct lt_target *found = lt_table_get(&fold->targets, target);
    if (!found)
        return 0;
    for (size_t i = 0; i < found->count && i < cap; i++)
        holds[i] = &found->holds[i]->control.body.hold;
    return found->count;
}

size_t
lt_fold_hold_ids_on(const struct lt_fold *fold, const char *target, const char **ids, size_t cap)
{
    const struct lt_target *found = lt_table_get(&fold->targets, target);
    if (!found)
        return 0;
    for (size_t i = 0; i < found->count && i < cap; i++)
        ids[i] = found->holds[i]->id;
    return found->count;
}
