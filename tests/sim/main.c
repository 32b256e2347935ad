/*
 * The simulation of routing's lanes (protocol.md 4-12): seeded schedules under faults, and the
 * proof that it would notice: each rule left out must be caught.
 *
 *   sim_routing                        directed schedules, 100,000 random ones, then every mutant
 *   sim_routing --schedules N [--seed S] [--mutant NAME]
 *   sim_routing --replay SEED [--mutant NAME]     one schedule, shrunk, with its trace
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "routing/mutant.h"
#include "sim/world.h"

#define SCHEDULES        100000
#define MUTANT_SCHEDULES 10000
#define EVENTS_MAX       512

enum lane_mutant lt_lane_mutant;

static const char *const mutant_names[MUTANT_COUNT] = {
    [MUTANT_NONE] = "none",
    [MUTANT_FENCE_LATE] = "lane-not-fenced-first",
    [MUTANT_MEMORY] = "memory-after-uncertain-commit",
    [MUTANT_SCRUB] = "scrub-left-out",
    [MUTANT_CURSORS_EOF] = "cursors-read-to-eof",
    [MUTANT_OLD_FOLD] = "older-control-fold",
    [MUTANT_TAIL_START] = "tail-check-left-out-at-start",
    [MUTANT_TAIL_HANDOVER] = "tail-check-left-out-at-hand-over",
    [MUTANT_TAIL_UNREADABLE] = "tail-compared-over-open-records",
    [MUTANT_BEHIND] = "tail-behind-not-ended",
    [MUTANT_ADOPT] = "tail-ahead-not-adopted",
    [MUTANT_LAST] = "delivered-again-below-last",
    [MUTANT_AGE] = "age-rule-left-out",
    [MUTANT_REPEAT] = "inbox-records-not-repeated",
    [MUTANT_ONE_RESTARTS] = "unreadable-partition-ignored",
    [MUTANT_PARTIAL] = "part-of-a-batch",
    [MUTANT_FEED_GAP] = "feed-gap-crossed",
    [MUTANT_CUT] = "no-cut-at-ready",
    [MUTANT_BOUNCE] = "no-bounce",
    [MUTANT_READY_KEEPS] = "ready-keeps-ownership",
    [MUTANT_EFFECTIVE_EARLY] = "effective-early",
    [MUTANT_HOLD_NUMBER] = "effective-without-number",
    [MUTANT_E0] = "e0-ignored",
    [MUTANT_DEADLINE] = "load-without-deadline",
    [MUTANT_KEYS] = "old-values-trusted-below-e0",
    [MUTANT_EARLY_T] = "t-while-loading",
    [MUTANT_GENERATIONS] = "generations-used-again-after-a-loss",
    [MUTANT_TELL_OVER] = "ends-not-told-again-after-a-loss",
    [MUTANT_SETTLED] = "change-of-control-not-looked-for",
    [MUTANT_DUE] = "changed-stream-not-looked-at",
    [MUTANT_FOLD_KEPT] = "fold-from-before-the-loss",
};

/* Leaves out every event that the violation does not need. */
static void shrink(struct world *world, uint64_t seed)
{
    static bool skip[EVENTS_MAX];
    int events = sim_schedule_length(seed);
    memset(skip, 0, sizeof(skip));
    while (events > 1 && !sim_schedule(world, seed, events - 1, NULL, false))
        events--;
    for (int i = events; i >= 1; i--) {
        skip[i] = true;
        if (sim_schedule(world, seed, events, skip, false))
            skip[i] = false;
    }
    sim_schedule(world, seed, events, skip, true);
}

/* Runs schedules from `seed`; returns how many until the first violation, 0 when there is none. */
static int run(struct world *world, enum lane_mutant mutant, uint64_t seed, int schedules)
{
    lt_lane_mutant = mutant;
    for (int i = 0; i < schedules; i++)
        if (!sim_schedule(world, seed + (uint64_t)i, sim_schedule_length(seed + (uint64_t)i), NULL,
                          false))
            return i + 1;
    return 0;
}

static const char *const directed_names[SIM_DIRECTED] = {"deadline", "e0"};

static bool run_directed(struct world *world)
{
    lt_lane_mutant = MUTANT_NONE;
    for (int i = 0; i < SIM_DIRECTED; i++)
        if (!sim_directed(world, (enum sim_directed)i, false)) {
            printf("not ok directed schedule %s: %s\n", directed_names[i], world->violation);
            sim_directed(world, (enum sim_directed)i, true);
            return false;
        }
    return true;
}

static bool run_sound(struct world *world, uint64_t seed, int schedules)
{
    if (!run_directed(world))
        return false;
    int failed = run(world, MUTANT_NONE, seed, schedules);
    if (failed == 0) {
        printf("ok %d schedules, 0 violations\n", schedules);
        return true;
    }
    uint64_t bad = seed + (uint64_t)failed - 1;
    printf("not ok seed %llu: %s\n", (unsigned long long)bad, world->violation);
    shrink(world, bad);
    return false;
}

static bool run_mutant(struct world *world, enum lane_mutant mutant, int schedules)
{
    int caught;
    lt_lane_mutant = mutant;
    world->always_slow = mutant == MUTANT_AGE;
    if (mutant == MUTANT_DEADLINE)
        caught = !sim_directed(world, SIM_DEADLINE, false);
    else
        caught = run(world, mutant, 1, schedules);
    printf("%s mutant %s %s", caught ? "ok" : "not ok", mutant_names[mutant], caught ? "" : "-");
    if (caught)
        printf("caught after %d: %s", caught, world->violation);
    putchar('\n');
    return caught > 0;
}

static int everything(struct world *world)
{
    int passed = run_sound(world, 1, SCHEDULES), tests = 1;
    for (int m = MUTANT_NONE + 1; m < MUTANT_COUNT; m++, tests++)
        passed += run_mutant(world, (enum lane_mutant)m, MUTANT_SCHEDULES);
    printf("%d passed, %d failed\n", passed, tests - passed);
    return passed == tests ? 0 : 1;
}

static enum lane_mutant mutant_of(const char *name)
{
    for (int m = 0; m < MUTANT_COUNT; m++)
        if (strcmp(mutant_names[m], name) == 0)
            return (enum lane_mutant)m;
    fprintf(stderr, "no such mutant: %s\n", name);
    exit(64);
}

static uint64_t number_of(const char *text)
{
    uint64_t number;
    if (lt_parse_u64(text, strlen(text), INT64_MAX, &number) == 0)
        return number;
    fprintf(stderr, "not a number: %s\n", text);
    exit(64);
}

int main(int argc, char **argv)
{
    static struct world world;
    uint64_t seed = 1, replay = 0;
    int schedules = 0, rc = 0;
    enum lane_mutant mutant = MUTANT_NONE;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--schedules") == 0)
            schedules = (int)number_of(argv[i + 1]);
        else if (strcmp(argv[i], "--seed") == 0)
            seed = number_of(argv[i + 1]);
        else if (strcmp(argv[i], "--mutant") == 0)
            mutant = mutant_of(argv[i + 1]);
        else if (strcmp(argv[i], "--replay") == 0)
            replay = number_of(argv[i + 1]);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (replay) {
        lt_lane_mutant = mutant;
        shrink(&world, replay);
    } else if (mutant)
        rc = !run_mutant(&world, mutant, schedules ? schedules : MUTANT_SCHEDULES);
    else if (schedules)
        rc = !run_sound(&world, seed, schedules);
    else
        rc = everything(&world);
    sim_world_fini(&world);
    return rc;
}
