#include "steward/effects.h"

#include <stdio.h>
#include <stdlib.h>

struct waiting {
    char id[LT_ID_MAX];
    bool hold;
    int64_t asked_ms;
};
struct lt_effects {
    struct waiting *items;
    size_t count;
};

struct lt_effects *lt_effects_new(void)
{
    return lt_alloc(sizeof(struct lt_effects));
}

void lt_effects_free(struct lt_effects *effects)
{
    if (!effects)
        return;
    free(effects->items);
    free(effects);
}

void lt_effects_add(struct lt_effects *effects, const char *id, bool hold, int64_t asked_ms)
{
    effects->items = lt_realloc(effects->items, (effects->count + 1) * sizeof(*effects->items));
    struct waiting *item = &effects->items[effects->count++];
    *item = (struct waiting){.hold = hold, .asked_ms = asked_ms};
    snprintf(item->id, sizeof(item->id), "%s", id);
}

/* A hold lifted before it took effect is waited for no more. */
static bool moot(const struct lt_fold *fold, const struct waiting *item)
{
    const struct lt_hold *hold = item->hold ? lt_fold_hold(fold, item->id) : NULL;
    return item->hold && (!hold || hold->lifted_at != LT_NULL);
}

void lt_effects_check(struct lt_effects *effects,
                      const struct lt_fold *fold,
                      const struct lt_observed *observed,
                      lt_effects_reached *reached,
                      void *arg)
{
    const struct lt_routing_view routing = lt_observed_routing(observed);
    size_t kept = 0;
    for (size_t i = 0; i < effects->count; i++) {
        const struct waiting item = effects->items[i];
        if (moot(fold, &item))
            continue;
        const struct lt_effect effect = item.hold ? lt_effect_of_hold(fold, item.id, &routing)
                                                  : lt_effect_of_end(fold, item.id, &routing);
        if (effect.effective)
            reached(arg, item.id, effect.number, effect.connections, item.asked_ms);
        else
            effects->items[kept++] = item;
    }
    effects->count = kept;
}

size_t lt_effects_waiting(const struct lt_effects *effects)
{
    return effects->count;
}
