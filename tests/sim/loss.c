/* The loss of all of Kafka's data, as services/steward/README.md tells it: cursors, inboxes,
 * streams and feeds are gone; control is restored under another base of generations; the providers
 * begin anew; targets keep what they have, and so do lanes that live through it. */
#include "sim/world.h"

#define LOSSES_ROOM 12 /* generations that may still come up afterwards */

/* Above everything that anybody can have seen. */
static int highest_generation(const struct world *world)
{
    const struct sim_part *part = &world->kafka.parts[SIM_CURSORS];
    int highest = world->controls[world->number].generation_base;
    for (int i = 0; i < part->count; i++)
        if (part->records[i].kind == SIM_CURSOR)
            highest = LT_MAX(highest, (int)part->records[i].cursor.generation);
    return highest;
}

static bool has_room(const struct world *world, int base)
{
    if (base + LOSSES_ROOM >= SIM_GENERATIONS || world->number + 1 + world->feeds >= SIM_CONTROLS)
        return false;
    for (int i = 0; i < world->feeds; i++)
        if (world->sources[i].incarnation + 1 >= (int)LT_COUNT(world->sources[i].histories))
            return false;
    return true;
}

static void forget(struct world *world, int connection)
{
    for (int g = 0; g < SIM_GENERATIONS; g++) {
        if (world->topic_of[connection][g] >= 0)
            world->topic_of[connection][g] = -2;
        world->consumers[connection].reported[g] = false;
    }
}

void sim_lose_kafka(struct world *world)
{
    const int base = highest_generation(world);
    if (!has_room(world, base))
        return;
    sim_trace(world, "all of Kafka is lost; generations begin above %d", base);
    sim_kafka_lose(&world->kafka);
    for (int i = 1 + world->connections; i < world->kafka.count; i++)
        world->kafka.parts[i].exists = false;
    world->kafka.count = 1 + world->connections;
    for (int i = 0; i < world->connections; i++)
        forget(world, i);
    world->controls[world->number + 1] = world->controls[world->number];
    world->controls[++world->number].generation_base = base;
    world->floor = world->number;
    for (int i = 0; i < world->feeds; i++) {
        for (int n = 1; n <= world->sources[i].incarnation; n++)
            world->sources[i].histories[n].count = 0;
        sim_provider_restart(world, i);
    }
}
