/* The provider, control, the steward, and the turns of the lanes. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "routing/mutant.h"
#include "sim/world.h"

bool sim_in_scope(const struct sim_scope *scope, int value)
{
    return value >= 0 && (value & scope->mask) == scope->want;
}

/* ---- provider ---- */

static struct sim_history *current(struct world *world, int feed)
{
    struct sim_source *source = &world->sources[feed];
    return &source->histories[source->incarnation];
}

static void append(struct world *world, int feed, struct sim_change change)
{
    struct sim_history *history = current(world, feed);
    if (history->count == history->cap) {
        history->cap = history->cap ? history->cap * 2 : 64;
        history->changes =
            lt_realloc(history->changes, (size_t)history->cap * sizeof(struct sim_change));
    }
    change.append = world->now;
    history->changes[history->count++] = change;
    sim_trace(world, "feed %d/%d seq %d %s key %d %d->%d", feed, world->sources[feed].incarnation,
              history->count, lt_op_name(change.op), change.key, change.before, change.after);
}

void sim_provider_write(struct world *world, int feed, int key, int value)
{
    int before = world->sources[feed].rows[key];
    if (before < 0 && value < 0)
        return;
    world->sources[feed].rows[key] = value;
    enum lt_op op = before < 0 ? LT_OP_INSERT : value < 0 ? LT_OP_DELETE : LT_OP_UPDATE;
    append(world, feed, (struct sim_change){op, key, before, value, 0, false, 0});
}

void sim_provider_change(struct world *world, int feed)
{
    int key = (int)sim_random(&world->random, SIM_KEYS);
    int before = world->sources[feed].rows[key];
    bool deletes = before >= 0 && sim_chance(world, world->always_slow ? 45 : 25);
    sim_provider_write(world, feed, key, deletes ? -1 : (int)sim_random(&world->random, 8));
}

void sim_provider_sync(struct world *world, int feed)
{
    append(world, feed, (struct sim_change){LT_OP_SYNC, SIM_KEYS, -1, -1, 0, false, 0});
}

static void snapshot(struct world *world, int feed)
{
    for (int key = 0; key < SIM_KEYS; key++)
        if (world->sources[feed].rows[key] >= 0)
            append(world, feed,
                   (struct sim_change){LT_OP_SNAPSHOT, key, -1, world->sources[feed].rows[key], 0,
                                       false, 0});
    sim_provider_sync(world, feed);
}

static struct sim_control *next_control(struct world *world)
{
    if (world->number + 1 >= SIM_CONTROLS)
        return NULL;
    world->controls[world->number + 1] = world->controls[world->number];
    return &world->controls[++world->number];
}

void sim_provider_restart(struct world *world, int feed)
{
    struct sim_source *source = &world->sources[feed];
    struct sim_control *control = NULL;
    if (source->incarnation + 1 < (int)LT_COUNT(source->histories))
        control = next_control(world);
    if (!control)
        return;
    control->incarnation[feed] = ++source->incarnation;
    sim_trace(world, "control %d: feed %d incarnation %d", world->number, feed,
              source->incarnation);
    snapshot(world, feed);
}

/* ---- compaction ---- */

/* The cleaner looks only at what is older than min.compaction.lag: a record goes when a newer one
 * of its key is that old too. */
static bool superseded(struct world *world, const struct sim_history *history, int at)
{
    for (int i = at + 1; i < history->count; i++)
        if (history->changes[i].key == history->changes[at].key)
            return world->now - history->changes[i].append > SIM_WINDOW;
    return false;
}

/* A tombstone goes delete.retention.ms after the pass that removed what was older of its key. */
static bool may_go(struct world *world, bool first_of_key, lt_time *alone)
{
    if (first_of_key && *alone == 0)
        *alone = world->now;
    return first_of_key && world->now - *alone > SIM_WINDOW;
}

static bool is_first(const struct sim_history *history, int at)
{
    for (int i = 0; i < at; i++)
        if (!history->changes[i].removed && history->changes[i].key == history->changes[at].key)
            return false;
    return true;
}

static void compact_feed(struct world *world, struct sim_history *history)
{
    for (int i = 0; i + 1 < history->count; i++) {
        struct sim_change *change = &history->changes[i];
        lt_time age = world->now - change->append;
        bool gone = change->op == LT_OP_DELETE && age > SIM_WINDOW &&
                    may_go(world, is_first(history, i), &change->alone);
        if (age > SIM_WINDOW && (gone || superseded(world, history, i)) && sim_chance(world, 80))
            change->removed = true;
    }
}

static bool same_key(const struct sim_record *a, const struct sim_record *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case SIM_CURSOR:
        return strcmp(a->cursor.name, b->cursor.name) == 0;
    case SIM_FEED:
        return strcmp(a->feed.service, b->feed.service) == 0;
    case SIM_DELIVERY:
        return a->delivery.key == b->delivery.key;
    case SIM_NOTICE:
        return a->notice.stream.generation == b->notice.stream.generation;
    case SIM_STAND:
        return a->tid == b->tid && strcmp(a->stand.clause, b->stand.clause) == 0;
    case SIM_EMPTY:
        break;
    }
    return false;
}

static bool is_first_of_key(const struct sim_part *part, int at)
{
    for (int i = 0; i < at; i++)
        if (part->records[i].status == SIM_COMMITTED && !part->records[i].removed &&
            same_key(&part->records[i], &part->records[at]))
            return false;
    return true;
}

static void compact_part(struct world *world, struct sim_part *part)
{
    int end = sim_lso(part);
    for (int i = 0; i < end; i++) {
        struct sim_record *record = &part->records[i];
        lt_time age = world->now - record->append;
        if (age <= SIM_WINDOW || record->status != SIM_COMMITTED || record->removed)
            continue;
        bool gone = record->kind == SIM_DELIVERY && record->delivery.value < 0 &&
                    may_go(world, is_first_of_key(part, i), &record->alone);
        for (int j = i + 1; j < end && !gone; j++)
            gone = part->records[j].status == SIM_COMMITTED &&
                   world->now - part->records[j].append > SIM_WINDOW &&
                   same_key(record, &part->records[j]);
        if (gone && sim_chance(world, 80))
            record->removed = true;
    }
}

void sim_compact(struct world *world)
{
    sim_trace(world, "compaction");
    for (int i = 0; i < world->feeds; i++)
        for (int n = 1; n <= world->sources[i].incarnation; n++)
            compact_feed(world, &world->sources[i].histories[n]);
    for (int i = 0; i < world->kafka.count; i++)
        if (world->kafka.parts[i].exists)
            compact_part(world, &world->kafka.parts[i]);
}

/* ---- control ---- */

static void set_hold(struct world *world, struct sim_control *control, int i)
{
    control->connections[i].holds++;
    control->connections[i].hold_number = world->number;
    world->requested[i] = world->number;
    sim_trace(world, "control %d: hold on connection %d", world->number, i + 1);
}

static void lift_hold(struct world *world, struct sim_control *control, int i)
{
    control->connections[i].holds--;
    control->connections[i].hold_number = world->number;
    sim_trace(world, "control %d: lift on connection %d", world->number, i + 1);
    if (control->connections[i].holds == 0) {
        world->requested[i] = 0;
        world->effective[i] = -1;
    }
}

void sim_control_event(struct world *world)
{
    int i = (int)sim_random(&world->random, (uint64_t)world->connections);
    struct sim_control *control = next_control(world);
    if (!control)
        return;
    struct sim_terms *terms = &control->connections[i];
    int what = (int)sim_random(&world->random, 100);
    if (terms->terminated)
        world->number--;
    else if (what < 8) {
        terms->terminated = true;
        sim_trace(world, "control %d: connection %d terminated", world->number, i + 1);
    } else if (what < 25 && terms->scope_version + 1 < SIM_SCOPES) {
        terms->scope_version++;
        sim_trace(world, "control %d: connection %d amended", world->number, i + 1);
    } else if (terms->holds > 0 && what < 70)
        lift_hold(world, control, i);
    else if (terms->holds < 2)
        set_hold(world, control, i);
    else
        world->number--;
}

/* ---- steward ---- */

static int make_topic(struct world *world)
{
    if (world->kafka.count >= SIM_PARTS_MAX)
        return -1;
    int at = world->kafka.count++;
    world->kafka.parts[at].exists = true;
    return at;
}

static void delete_topic(struct world *world, int connection, int64_t generation)
{
    int *at = &world->topic_of[connection][generation];
    if (*at < 0)
        return;
    sim_trace(world, "steward: topic of %d.%d deleted", connection + 1, (int)generation);
    world->kafka.parts[*at].exists = false;
    *at = -2;
}

static void judge_effective(struct world *world, int i, bool all_held)
{
    if (world->requested[i] == 0 || world->effective[i] >= 0 || !all_held)
        return;
    world->effective[i] = world->event;
    sim_trace(world, "steward: hold on %d EFFECTIVE", i + 1);
}

/* The steward sees what a read_committed reader sees. */
static void newest_cursors(struct world *world,
                           const struct lane_stream *ret[SIM_CONNECTIONS][SIM_GENERATIONS])
{
    const struct sim_part *part = &world->kafka.parts[SIM_CURSORS];
    int end = sim_lso(part);
    for (int i = 0; i < end; i++) {
        const struct sim_record *record = &part->records[i];
        if (record->status == SIM_COMMITTED && record->kind == SIM_CURSOR)
            ret[sim_connection_of(record->cursor.connection)][record->cursor.generation] =
                &record->cursor;
    }
}

void sim_steward(struct world *world)
{
    const struct lane_stream *cursors[SIM_CONNECTIONS][SIM_GENERATIONS] = {{0}};
    newest_cursors(world, cursors);
    for (int i = 0; i < world->connections; i++) {
        const struct sim_copy *active = sim_active_copy(&world->consumers[i].target);
        bool over = world->controls[world->number].connections[i].terminated;
        bool all_held = true, any = false;
        for (int g = 1; g < SIM_GENERATIONS; g++) {
            const struct lane_stream *cursor = cursors[i][g];
            if (!cursor)
                continue;
            any |= cursor->state != LANE_ENDED;
            bool held = cursor->state == LANE_HELD &&
                        (cursor->control >= world->requested[i] || MUTANT(HOLD_NUMBER));
            all_held &= held || cursor->state == LANE_ENDED || MUTANT(EFFECTIVE_EARLY);
            if (world->topic_of[i][g] < 0 && cursor->state != LANE_ENDED && cursor->seq == 0)
                world->topic_of[i][g] = make_topic(world);
            if (cursor->state == LANE_ENDED && (over || (active && active->generation > g)))
                delete_topic(world, i, g);
        }
        /* Without any stream a lane with an older fold may just be opening one. */
        judge_effective(world, i, all_held && any);
    }
}

/* ---- lanes ---- */

void sim_lane_crash(struct world *world, enum lane_id id)
{
    sim_trace(world, "%s lane crashes", lt_lane_name(id));
    sim_lane_free(world->zombies[id]);
    world->zombies[id] = world->lanes[id];
    world->lanes[id] = sim_lane_new(world, id);
}

static const char *const step_names[] = {"worked", "idle", "again", "both", "stop"};

void sim_lane_turn(struct world *world, enum lane_id id)
{
    struct lt_error err = {0};
    enum lane_step step = lt_lane_step(world->lanes[id]->lane, &err);
    if (step != LANE_IDLE)
        sim_trace(world, "%s lane %s %s", lt_lane_name(id), step_names[step], err.msg);
    if (step == LANE_BOTH)
        lt_lane_restart(world->lanes[!id]->lane);
    if (step != LANE_STOP)
        return;
    sim_lane_free(world->lanes[id]);
    world->lanes[id] = sim_lane_new(world, id);
}

void sim_zombie_turn(struct world *world, enum lane_id id)
{
    if (!world->zombies[id])
        return;
    struct lt_error err = {0};
    enum lane_step step = lt_lane_step(world->zombies[id]->lane, &err);
    sim_trace(world, "old %s lane %s %s", lt_lane_name(id), step_names[step], err.msg);
    if (step != LANE_STOP)
        return;
    sim_lane_free(world->zombies[id]);
    world->zombies[id] = NULL;
}
