/*
 * Carrying out the steps of a connection.  What the database or the broker refuses for one
 * connection's own reason (a type that the target has not, a view that others depend on, a topic
 * that is not there yet) is put off and does not hold up the others (DX-13).
 */
#include "consumer-postgres/follow_priv.h"

#include "base/log.h"
#include "base/mem.h"
#include "change/ids.h"
#include "pg/sqlstate.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_AGAIN_MS  1000
#define LOCKED_AGAIN_MS 5000
#define CODE_LOCKED     "55P03" /* lock_not_available */
#define STEPS_AT_ONCE   16      /* a connection needs at most a few */

void lt_follow_dirty(struct follow *f, const char *connection)
{
    for (size_t i = 0; i < f->dirty_count; i++)
        if (strcmp(f->dirty[i], connection) == 0)
            return;
    if (f->dirty_count == DIRTY_MAX || strlen(connection) >= LT_ID_MAX) {
        f->all_dirty = true;
        return;
    }
    strcpy(f->dirty[f->dirty_count++], connection);
}

static void put_off(struct follow *f, int64_t ms)
{
    const int64_t at = lt_monotonic_ms() + ms;
    f->steps_again_ms = f->steps_again_ms ? LT_MIN(f->steps_again_ms, at) : at;
}

/* 1: the topic is there and *ret is its end; 0: not yet. */
static int topic_end(struct follow *f, const char *stream, int64_t *ret)
{
    char topic[LT_TOPIC_MAX];
    int64_t low, lso, hw;
    struct lt_error err = {0};
    lt_topic_stream(stream, topic);
    int rc = lt_asker_topic_exists(f->asker, topic, &err);
    if (rc == 1)
        rc = lt_asker_watermarks(f->asker, topic, &low, &lso, &hw, &err) ? -1 : 1;
    if (rc == 1)
        *ret = hw;
    else if (rc < 0)
        lt_log_error(LT_LOG_DEBUG, "stream_not_there_yet", &err, "stream", stream, NULL);
    return rc == 1;
}

static int create(struct follow *f,
                  const struct lt_step *step,
                  const char *connection,
                  struct lt_error *reterr)
{
    const struct lt_stream_notice *notice = &lt_inbox_current(f->inbox, connection)->is;
    struct lt_creation creation = {.notice = notice, .show = step->show};
    if (!topic_end(f, notice->stream, &creation.e0)) {
        put_off(f, STEPS_AGAIN_MS);
        return 0;
    }
    LT_CLEANUP(lt_shape_freep)
    struct lt_shape *shape = lt_shape_new(lt_inbox_schema(f->inbox, notice->key_schema),
                                          lt_inbox_schema(f->inbox, notice->value_schema), reterr);
    if (!shape)
        return lt_fail_context(reterr, "%s", notice->stream);
    struct lt_buf view = {0};
    lt_consumer_view(f->conf, connection, notice->entity, &view);
    creation.shape = shape;
    creation.view = lt_buf_text(&view);
    const int rc = lt_target_create(f->target, &creation, reterr);
    if (rc == 0)
        lt_log(LT_LOG_NOTICE, "copy_made", "stream", notice->stream, "view", creation.view, "shown",
               step->show ? "yes" : "no", "e0", lt_logf("%ld", (long)creation.e0), NULL);
    lt_buf_fini(&view);
    return rc ? -1 : 1;
}

static struct lt_track *track_of(struct follow *f, const struct lt_copy *copy)
{
    for (size_t i = 0; i < f->track_count; i++)
        if (f->tracks[i]->copy == copy)
            return f->tracks[i];
    return NULL;
}

static int show(struct follow *f, struct lt_copy *copy, struct lt_error *reterr)
{
    struct lt_worth worth;
    const struct lt_track *track = track_of(f, copy);
    if (!track)
        return 0;
    const bool due = lt_track_stamp(track, &f->clock, true, &worth);
    if (lt_target_switch(f->target, copy, track->shape, due ? &worth : NULL, reterr))
        return -1;
    lt_log(LT_LOG_NOTICE, "copy_shown", "stream", copy->stream, "view", copy->view, "seq",
           lt_logf("%ld", (long)copy->is.at.seq), "stamped", due ? "yes" : "no", NULL);
    return 1;
}

static int terms(struct follow *f,
                 const struct lt_copy *copy,
                 const struct lt_terms *wanted,
                 struct lt_error *reterr)
{
    if (lt_target_terms(f->target, copy, wanted, reterr))
        return -1;
    lt_log(LT_LOG_NOTICE, "terms_changed", "stream", copy->stream, "closed",
           wanted->closed[0] ? wanted->closed : NULL, "use_period_s",
           lt_logf("%ld", (long)(wanted->use_period / LT_SECOND)), NULL);
    return 1;
}

/* The view cannot be made anew: somebody reads it, or the database refuses for good. */
static bool is_refused(const struct lt_error *err)
{
    return err->code == lt_sqlstate(CODE_LOCKED) || err->class == LT_ERR_FATAL ||
           err->class == LT_ERR_REJECT;
}

/* Where nothing is lost, a view that cannot be made anew may stay as it is until the switch. */
static int fit_view(struct follow *f,
                    const struct lt_copy *copy,
                    const struct lt_stream_notice *current,
                    struct lt_error *reterr)
{
    LT_CLEANUP(lt_shape_freep)
    struct lt_shape *shape = lt_follow_shape(f, copy->key_schema, copy->value_schema, reterr);
    LT_CLEANUP(lt_shape_freep)
    struct lt_shape *granted =
        shape ? lt_follow_shape(f, current->key_schema, current->value_schema, reterr) : NULL;
    if (!granted)
        return -1;
    const int32_t schema = current->value_schema;
    struct lt_error err = {0};
    int rc = lt_target_narrow(f->target, copy, shape, granted, schema, true, &err);
    if (rc && is_refused(&err) && !lt_shape_exceeds(shape, granted)) {
        err = (struct lt_error){0};
        rc = lt_target_narrow(f->target, copy, shape, granted, schema, false, &err);
    }
    if (rc)
        *reterr = err;
    return rc;
}

/* A column that cannot be taken out now (somebody reads the view, ...) takes the copy with it. */
static int narrow(struct follow *f,
                  const struct lt_copy *copy,
                  const char *connection,
                  struct lt_error *reterr)
{
    struct lt_error err = {0};
    const struct lt_stream_notice *current = &lt_inbox_current(f->inbox, connection)->is;
    if (fit_view(f, copy, current, &err) == 0) {
        lt_log(LT_LOG_NOTICE, "fields_compared", "stream", copy->stream, "with", current->stream,
               NULL);
        return 1;
    }
    if (!is_refused(&err))
        return *reterr = err, -1;
    struct lt_terms closed = copy->is.terms;
    closed.closed = LT_CLOSED_AMENDED;
    lt_log_error(LT_LOG_NOTICE, "fields_not_taken_out", &err, "stream", copy->stream, NULL);
    return terms(f, copy, &closed, reterr);
}

/* 1: done, ask again; 0: nothing can be done now; -1. */
static int carry_out(struct follow *f,
                     const struct lt_step *step,
                     const char *connection,
                     struct lt_error *reterr)
{
    struct lt_copy *copy = lt_copies_find(&f->copies, step->copy);
    switch (step->kind) {
    case LT_STEP_NONE:
        return 0;
    case LT_STEP_TERMS:
        return terms(f, copy, &step->terms, reterr);
    case LT_STEP_NARROW:
        return narrow(f, copy, connection, reterr);
    case LT_STEP_CREATE:
        return create(f, step, connection, reterr);
    case LT_STEP_SWITCH:
        return show(f, copy, reterr);
    case LT_STEP_DROP:
        if (lt_target_drop(f->target, copy, reterr))
            return -1;
        lt_log(LT_LOG_NOTICE, "copy_dropped", "stream", copy->stream, "table", copy->table, NULL);
        return 1;
    }
    return 0;
}

static struct lt_step next_step(const struct follow *f, const char *connection)
{
    size_t count = 0;
    struct lt_copy_facts *facts = lt_alloc((f->copies.count + 1) * sizeof(*facts));
    for (size_t i = 0; i < f->copies.count; i++)
        if (strcmp(f->copies.list[i].connection, connection) == 0)
            facts[count++] = f->copies.list[i].is;
    const struct lt_step step = lt_choose(f->inbox, connection, facts, count);
    free(facts);
    return step;
}

static int connection_steps(struct follow *f, const char *connection, struct lt_error *reterr)
{
    for (int i = 0; i < STEPS_AT_ONCE; i++) {
        struct lt_error err = {0};
        const struct lt_step step = next_step(f, connection);
        const int rc = carry_out(f, &step, connection, &err);
        if (rc == 0)
            return 0;
        if (rc < 0 && err.code == lt_sqlstate(CODE_LOCKED)) { /* somebody reads the view */
            lt_log_error(LT_LOG_NOTICE, "step_put_off", &err, "connection", connection, NULL);
            put_off(f, LOCKED_AGAIN_MS);
            return 0;
        }
        if (rc < 0 && (err.class == LT_ERR_FATAL || err.class == LT_ERR_REJECT)) {
            lt_log_error(LT_LOG_ERROR, "step_put_off", &err, "connection", connection, NULL);
            put_off(f, BLOCKED_MS);
            return 0;
        }
        if (rc < 0)
            return *reterr = err, -1;
        if (lt_follow_reload(f, reterr))
            return -1;
    }
    put_off(f, STEPS_AGAIN_MS);
    return 0;
}

static int all_steps(struct follow *f, struct lt_error *reterr)
{
    const char **connections = lt_alloc(CONNECTIONS_MAX * sizeof(*connections));
    const size_t count = lt_inbox_connections(f->inbox, connections, CONNECTIONS_MAX);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = connection_steps(f, connections[i], reterr);
    free(connections);
    return rc;
}

int lt_follow_steps(struct follow *f, struct lt_error *reterr)
{
    if (f->steps_again_ms && lt_monotonic_ms() >= f->steps_again_ms) {
        f->steps_again_ms = 0;
        f->all_dirty = true;
    }
    int rc = f->all_dirty || f->dirty_count ? lt_follow_settle(f, reterr) : 0;
    if (rc)
        return -1;
    if (f->all_dirty)
        rc = all_steps(f, reterr);
    else
        for (size_t i = 0; rc == 0 && i < f->dirty_count; i++)
            rc = connection_steps(f, f->dirty[i], reterr);
    if (rc == 0) {
        f->all_dirty = false;
        f->dirty_count = 0;
    }
    return rc;
}
