#include "consumer-postgres/applier.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>

enum stage { EMPTY, SUBMITTED, APPLIED, ENDED };

struct lt_applier {
    lt_apply_function *function;
    pthread_t thread;
    pthread_mutex_t lock; /* of stage; all below belongs to the thread while it is SUBMITTED */
    pthread_cond_t changed;
    enum stage stage;

    struct lt_target *target;
    struct lt_apply apply;
    struct lt_worth worth; /* apply.worth points here, or nowhere */
    struct lt_pending pending;
    struct lt_applied applied;
    int rc;
    struct lt_error why;
};

static void set_stage(struct lt_applier *applier, enum stage stage)
{
    pthread_mutex_lock(&applier->lock);
    applier->stage = stage;
    pthread_cond_broadcast(&applier->changed);
    pthread_mutex_unlock(&applier->lock);
}

/* Waits until it is one of two. */
static enum stage await(struct lt_applier *applier, enum stage a, enum stage b)
{
    pthread_mutex_lock(&applier->lock);
    while (applier->stage != a && applier->stage != b)
        pthread_cond_wait(&applier->changed, &applier->lock);
    const enum stage stage = applier->stage;
    pthread_mutex_unlock(&applier->lock);
    return stage;
}

static void *work(void *arg)
{
    struct lt_applier *applier = arg;
    while (await(applier, SUBMITTED, ENDED) == SUBMITTED) {
        applier->why = (struct lt_error){0};
        applier->rc = applier->function(applier->target, &applier->apply,
                                        &applier->applied.rejected, &applier->why);
        set_stage(applier, APPLIED);
    }
    return NULL;
}

struct lt_applier *lt_applier_start(lt_apply_function *function)
{
    struct lt_applier *applier = lt_alloc(sizeof(*applier));
    applier->function = function;
    pthread_mutex_init(&applier->lock, NULL);
    pthread_cond_init(&applier->changed, NULL);
    lt_pending_init(&applier->pending);
    const int rc = pthread_create(&applier->thread, NULL, work, applier);
    lt_assert(rc == 0);
    return applier;
}

void lt_applier_stop(struct lt_applier *applier)
{
    if (!applier)
        return;
    await(applier, EMPTY, APPLIED);
    set_stage(applier, ENDED);
    pthread_join(applier->thread, NULL);
    lt_pending_fini(&applier->pending);
    pthread_mutex_destroy(&applier->lock);
    pthread_cond_destroy(&applier->changed);
    free(applier);
}

void lt_applier_submit(struct lt_applier *applier,
                       struct lt_target *target,
                       const struct lt_apply *apply,
                       struct lt_pending *pending)
{
    const struct lt_pending empty = applier->pending;
    lt_assert(applier->stage == EMPTY);
    applier->pending = *pending;
    *pending = empty;
    applier->target = target;
    applier->apply = *apply;
    if (apply->worth) {
        applier->worth = *apply->worth;
        applier->apply.worth = &applier->worth;
    }
    applier->applied = (struct lt_applied){.records = applier->pending.count};
    set_stage(applier, SUBMITTED);
}

int lt_applier_settle(struct lt_applier *applier, struct lt_applied *ret, struct lt_error *reterr)
{
    *ret = (struct lt_applied){0};
    if (await(applier, EMPTY, APPLIED) == EMPTY)
        return 0;
    lt_pending_clear(&applier->pending);
    applier->stage = EMPTY;
    *ret = applier->applied;
    if (applier->rc && reterr)
        *reterr = applier->why;
    return applier->rc;
}
