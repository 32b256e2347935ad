/* One schedule: random events under faults, then the faults end and everything must settle. */
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

#define SETTLE_ROUNDS 150

void sim_violation(struct world *world, const char *fmt, ...)
{
    if (world->violation[0])
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(world->violation, sizeof(world->violation), fmt, args);
    va_end(args);
    sim_trace(world, "VIOLATION %s", world->violation);
}

void sim_trace(const struct world *world, const char *fmt, ...)
{
    if (!world->trace)
        return;
    printf("%4d %7d  ", world->event, (int)world->now);
    va_list args;
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
}

bool sim_chance(struct world *world, int percent)
{
    return (int)sim_random(&world->random, 100) < percent;
}

int sim_connection_of(const char *connection)
{
    return connection[7] - '1';
}

int sim_service_of(const char *service)
{
    return service[7] - '1';
}

/* The same event of the same schedule always sees the same numbers. */
static void seed_event(struct world *world, int event)
{
    world->event = event;
    world->random = world->seed * 0x9E3779B97F4A7C15u + (uint64_t)event * 0xD1342543DE82EF95u;
    lt_random_next(&world->random);
}

static void reset(struct world *world, uint64_t seed, bool trace)
{
    for (int id = 0; id < 2; id++) {
        sim_lane_free(world->lanes[id]);
        sim_lane_free(world->zombies[id]);
        world->lanes[id] = world->zombies[id] = NULL;
    }
    sim_kafka_reset(&world->kafka);
    for (int i = 0; i < SIM_FEEDS; i++) {
        world->sources[i].incarnation = 1;
        for (int key = 0; key < SIM_KEYS; key++)
            world->sources[i].rows[key] = -1;
        for (size_t n = 0; n < LT_COUNT(world->sources[i].histories); n++)
            world->sources[i].histories[n].count = 0;
    }
    memset(world->controls, 0, sizeof(world->controls));
    memset(world->consumers, 0, sizeof(world->consumers));
    world->seed = seed;
    world->now = SIM_WINDOW;
    world->number = 1;
    world->floor = 0;
    world->trace = trace;
    world->settling = world->directed = false;
    world->violation[0] = 0;
    world->kafka.random = &world->random;
    world->kafka.now = &world->now;
    world->kafka.event = &world->event;
}

static void set_up_connection(struct world *world, int i)
{
    world->service_of[i] = (int)sim_random(&world->random, (uint64_t)world->feeds);
    world->consumers[i].target.stamp = LT_NULL;
    world->effective[i] = -1;
    world->lost[i] = false;
    world->requested[i] = 0;
    for (int g = 0; g < SIM_GENERATIONS; g++)
        world->topic_of[i][g] = -1;
    for (int v = 0; v < SIM_SCOPES; v++) {
        int mask = sim_chance(world, 25) ? 0 : 1 << sim_random(&world->random, 2);
        world->scopes[i][v] = (struct sim_scope){mask, sim_chance(world, 50) ? mask : 0};
    }
}

static void set_up(struct world *world, uint64_t seed, bool trace)
{
    reset(world, seed, trace);
    seed_event(world, 0);
    world->connections = 1 + (int)sim_random(&world->random, SIM_CONNECTIONS);
    world->feeds = 1 + (int)sim_random(&world->random, SIM_FEEDS);
    world->slow = sim_chance(world, 40) || world->always_slow;
    world->asleep[0] = world->asleep[1] = 0;
    static const int lose[] = {0, 5, 25, 50}, unsure[] = {0, 10, 30};
    world->kafka.faults = (struct sim_faults){lose[sim_random(&world->random, 4)],
                                              unsure[sim_random(&world->random, 3)]};
    world->options = (struct lane_options){
        .batch_rows = 1 + (int64_t)sim_random(&world->random, 12),
        .page_records = 5,
        .page_time = 50,
        .look_every = 20,
        .meet_within = sim_chance(world, 50) ? 10 : 0,
    };
    if (world->always_slow) {
        world->kafka.faults = (struct sim_faults){35, 15};
        world->options.batch_rows = 1 + (int64_t)sim_random(&world->random, 2);
    }
    for (int i = 0; i < world->connections; i++)
        set_up_connection(world, i);
    world->kafka.count = 1 + world->connections;
    for (int i = 0; i < world->kafka.count; i++)
        world->kafka.parts[i].exists = true;
    for (int i = 0; i < world->feeds; i++) {
        world->controls[1].incarnation[i] = 1;
        for (uint64_t n = sim_random(&world->random, 6); n > 0; n--)
            sim_provider_change(world, i);
    }
    for (int id = 0; id < 2; id++)
        world->lanes[id] = sim_lane_new(world, (enum lane_id)id);
}

static void lose_topic(struct world *world)
{
    int i = (int)sim_random(&world->random, (uint64_t)world->connections);
    int g = 1 + (int)sim_random(&world->random, 3);
    if (world->topic_of[i][g] < 0)
        return;
    sim_trace(world, "topic of %d.%d is lost", i + 1, g);
    world->lost[i] = true;
    world->kafka.parts[world->topic_of[i][g]].exists = false;
    world->topic_of[i][g] = -2;
}

static void pass_time(struct world *world)
{
    int what = (int)sim_random(&world->random, 100);
    int long_from = world->slow ? 30 : 95;
    lt_time by = what >= long_from ? SIM_WINDOW / (world->always_slow ? 1 : 2)
                 : what < 70       ? 5
                                   : SIM_TIMEOUT;
    world->now += 1 + (lt_time)sim_random(&world->random, (uint64_t)by * 2);
    sim_time_out(&world->kafka, 0, SIM_TIMEOUT);
    sim_time_out(&world->kafka, 1, SIM_TIMEOUT);
}

static void fall_asleep(struct world *world, enum lane_id lane)
{
    if (world->slow && sim_chance(world, world->always_slow ? 5 : 2))
        world->asleep[lane] = world->event + (int)sim_random(&world->random, 60);
}

static void event(struct world *world)
{
    int feed = (int)sim_random(&world->random, (uint64_t)world->feeds);
    int connection = (int)sim_random(&world->random, (uint64_t)world->connections);
    enum lane_id lane = sim_chance(world, 50) ? LANE_LIVE_LANE : LANE_CATCH_LANE;
    int what = (int)sim_random(&world->random, 1000);
    world->now += 1;
    if (world->slow && sim_chance(world, world->always_slow ? 10 : 4))
        sim_compact(world);
    fall_asleep(world, lane);
    if (world->asleep[lane] > world->event && what < 520)
        return;
    if (what < 520)
        sim_lane_turn(world, lane);
    else if (what < 630)
        sim_provider_change(world, feed);
    else if (what < 680)
        sim_provider_sync(world, feed);
    else if (what < 760)
        sim_markers(&world->kafka, (int)lane, false);
    else if (what < 815)
        sim_steward(world);
    else if (what < 870)
        sim_consumer_turn(world, connection);
    else if (what < 900)
        sim_zombie_turn(world, lane);
    else if (what < 930)
        pass_time(world);
    else if (what < 950)
        sim_lane_crash(world, lane);
    else if (what < 975)
        sim_control_event(world);
    else if (what < 983)
        sim_compact(world);
    else if (what < 988)
        sim_consumer_restore(world, connection);
    else if (what < 993)
        sim_provider_restart(world, feed);
    else if (what < 995)
        lose_topic(world);
    else if (what < 996)
        sim_lose_kafka(world);
}

static void settle_round(struct world *world)
{
    world->now += SIM_TIMEOUT / 8;
    for (int turn = 0; turn < 4; turn++)
        for (int id = 0; id < 2; id++) {
            sim_lane_turn(world, (enum lane_id)id);
            sim_markers(&world->kafka, id, true);
        }
    sim_time_out(&world->kafka, 0, SIM_TIMEOUT);
    sim_time_out(&world->kafka, 1, SIM_TIMEOUT);
    sim_steward(world);
    for (int i = 0; i < world->connections; i++)
        sim_consumer_turn(world, i);
}

static void settle(struct world *world, int first_event)
{
    char why[200] = "";
    world->settling = true;
    world->kafka.faults = (struct sim_faults){0};
    sim_trace(world, "faults end");
    for (int id = 0; id < 2; id++) {
        sim_lane_free(world->zombies[id]);
        world->zombies[id] = NULL;
    }
    seed_event(world, first_event);
    for (int i = 0; i < world->feeds; i++)
        sim_provider_sync(world, i);
    for (int round = 0; round < SETTLE_ROUNDS && !world->violation[0]; round++) {
        seed_event(world, first_event + round);
        settle_round(world);
        if (sim_is_settled(world, why, sizeof(why))) {
            sim_check_logs(world);
            return;
        }
    }
    sim_violation(world, "does not settle: %s", why);
}

int sim_schedule_length(uint64_t seed)
{
    uint64_t random = seed ^ 0xA5A5A5A5u;
    return 60 + (int)sim_random(&random, 340);
}

bool sim_schedule(struct world *world, uint64_t seed, int events, const bool *skip, bool trace)
{
    set_up(world, seed, trace);
    for (int i = 1; i <= events && !world->violation[0]; i++) {
        seed_event(world, i);
        if (!skip || !skip[i])
            event(world);
    }
    if (!world->violation[0])
        sim_check_logs(world);
    if (!world->violation[0])
        settle(world, events + 1);
    return world->violation[0] == 0;
}

static void write_row(struct world *world, int key, int value)
{
    sim_provider_write(world, 0, key, value);
}

/* Until the load has begun and is not done: one batch of two records. */
static void begin_load(struct world *world)
{
    for (int i = 0; i < 100; i++) {
        const struct lane_view *view = lt_lane_view(world->lanes[LANE_CATCH_LANE]->lane);
        if (view->count > 0 && view->slots[0]->now.pos > 0)
            return;
        sim_lane_turn(world, i % 2 ? LANE_LIVE_LANE : LANE_CATCH_LANE);
        sim_markers(&world->kafka, 0, true);
        sim_markers(&world->kafka, 1, true);
        sim_steward(world);
        world->now++;
    }
}

/* One connection, one feed without a record, nothing fails; batches of two records. */
static void set_up_directed(struct world *world, struct sim_scope scope, bool trace)
{
    set_up(world, 1, trace);
    world->connections = world->feeds = 1;
    world->service_of[0] = 0;
    world->scopes[0][0] = scope;
    world->options.batch_rows = 2;
    world->kafka.faults = (struct sim_faults){0};
    world->settling = world->directed = true;
    world->sources[0].histories[1].count = 0;
    for (int key = 0; key < SIM_KEYS; key++)
        world->sources[0].rows[key] = -1;
    sim_lane_crash(world, LANE_LIVE_LANE);
    sim_lane_crash(world, LANE_CATCH_LANE);
}

static bool clean_and_go_on(struct world *world)
{
    for (int i = 0; i < 20; i++)
        sim_compact(world);
    for (int i = 0; i < 40 && !world->violation[0]; i++) {
        settle_round(world);
        sim_check_logs(world);
    }
    return world->violation[0] == 0;
}

static bool directed_deadline(struct world *world, bool trace)
{
    set_up_directed(world, (struct sim_scope){0, 0}, trace);
    write_row(world, 0, 1);
    write_row(world, 1, 1);
    sim_provider_sync(world, 0);
    write_row(world, 3, 1);
    write_row(world, 2, 1); /* E0 */
    begin_load(world);
    write_row(world, 3, 2);
    world->now += 3 * SIM_WINDOW;
    return clean_and_go_on(world);
}

static bool directed_e0(struct world *world, bool trace)
{
    set_up_directed(world, (struct sim_scope){1, 1}, trace);
    write_row(world, 0, 1); /* in scope: the load delivers it */
    sim_provider_sync(world, 0);
    write_row(world, 0, 0); /* it leaves, and this is cleaned */
    write_row(world, 1, 1);
    write_row(world, 0, 2); /* E0: by its old value nobody had the row */
    world->now += 3 * SIM_WINDOW;
    begin_load(world);
    return clean_and_go_on(world);
}

bool sim_directed(struct world *world, enum sim_directed which, bool trace)
{
    return which == SIM_DEADLINE ? directed_deadline(world, trace) : directed_e0(world, trace);
}

void sim_world_fini(struct world *world)
{
    reset(world, 0, false);
    sim_kafka_fini(&world->kafka);
    for (int i = 0; i < SIM_FEEDS; i++)
        for (size_t n = 0; n < LT_COUNT(world->sources[i].histories); n++)
            free(world->sources[i].histories[n].changes);
}
