/* What must always be true (protocol 10). */
#include <stdio.h>
#include <string.h>

#include "sim/world.h"

static void state_at(const struct sim_history *history, int64_t seq, int rows[SIM_KEYS])
{
    for (int key = 0; key < SIM_KEYS; key++)
        rows[key] = -1;
    for (int i = 0; i < seq; i++)
        if (history->changes[i].op != LT_OP_SYNC)
            rows[history->changes[i].key] = history->changes[i].after;
}

static bool fits(const struct sim_scope *scope, const int *rows, const int *source)
{
    for (int key = 0; key < SIM_KEYS; key++)
        if (rows[key] != (sim_in_scope(scope, source[key]) ? source[key] : -1))
            return false;
    return true;
}

bool sim_rows_fit(struct world *world,
                  int connection,
                  const struct lane_stream *told,
                  const int *rows,
                  int64_t from)
{
    const struct sim_source *source = &world->sources[world->service_of[connection]];
    const struct sim_history *history = &source->histories[told->incarnation];
    const struct sim_scope *scope = &world->scopes[connection][told->scope_version];
    int now[SIM_KEYS];
    state_at(history, from, now);
    for (int64_t seq = from; seq <= history->count; seq++) {
        if (seq > from && history->changes[seq - 1].op != LT_OP_SYNC)
            now[history->changes[seq - 1].key] = history->changes[seq - 1].after;
        if (fits(scope, rows, now))
            return true;
    }
    return false;
}

static bool same_delivery(const struct sim_delivery *a, const struct sim_delivery *b)
{
    return a->seq == b->seq && a->pos == b->pos && a->op == b->op && a->key == b->key &&
           a->value == b->value;
}

/* One seq names one record; after dropping seq seen, 1 2 3 ... in feed order, none missing (but
 * for a topic that was lost from outside and made again). */
static void check_stream(struct world *world, int connection, int generation)
{
    const struct sim_part *part = &world->kafka.parts[world->topic_of[connection][generation]];
    const struct sim_delivery *seen[512] = {0};
    int64_t next = 1, last = 0;
    for (int i = 0; i < part->count; i++) {
        const struct sim_record *record = &part->records[i];
        const struct sim_delivery *delivery = &record->delivery;
        if (record->status != SIM_COMMITTED || record->kind != SIM_DELIVERY)
            continue;
        if (delivery->seq < 512 && seen[delivery->seq] &&
            !same_delivery(delivery, seen[delivery->seq]))
            sim_violation(world, "stream %d.%d: seq %d names two records", connection + 1,
                          generation, (int)delivery->seq);
        if (delivery->seq < 512)
            seen[delivery->seq] = delivery;
        if (delivery->seq < next)
            continue;
        if (delivery->seq > next && !world->lost[connection])
            sim_violation(world, "stream %d.%d: gap before seq %d", connection + 1, generation,
                          (int)delivery->seq);
        if (delivery->pos <= last)
            sim_violation(world, "stream %d.%d: not in feed order", connection + 1, generation);
        next = delivery->seq + 1;
        last = delivery->pos;
    }
}

/* A cursor is written by the owner of its previous committed state; G never goes back. */
static void check_cursors(struct world *world, const struct lane_stream *newest[][SIM_GENERATIONS])
{
    const struct sim_part *part = &world->kafka.parts[SIM_CURSORS];
    int64_t g[SIM_FEEDS][8] = {{0}};
    for (int i = 0; i < part->count; i++) {
        const struct sim_record *record = &part->records[i];
        if (record->status != SIM_COMMITTED)
            continue;
        if (record->kind == SIM_FEED) {
            int64_t *at = &g[sim_service_of(record->feed.service)][record->feed.incarnation];
            if (record->feed.g < *at)
                sim_violation(world, "G goes back from %d to %d", (int)*at, (int)record->feed.g);
            *at = record->feed.g;
        }
        if (record->kind != SIM_CURSOR)
            continue;
        const struct lane_stream *cursor = &record->cursor;
        const struct lane_stream **before =
            &newest[sim_connection_of(cursor->connection)][cursor->generation];
        if (*before && lt_lane_owner((*before)->state) != cursor->writer)
            sim_violation(world, "%s: %s lane writes over %s", cursor->name,
                          lt_lane_name(cursor->writer), lt_lane_state_name((*before)->state));
        *before = cursor;
    }
}

/* No record produced after EFFECTIVE and before the lift becomes visible. */
static void check_effective(struct world *world, int connection)
{
    for (int g = 1; g < SIM_GENERATIONS && world->effective[connection] >= 0; g++) {
        int at = world->topic_of[connection][g];
        for (int i = 0; at >= 0 && i < world->kafka.parts[at].count; i++) {
            const struct sim_record *record = &world->kafka.parts[at].records[i];
            if (record->status == SIM_COMMITTED && record->kind == SIM_DELIVERY &&
                record->event > world->effective[connection])
                sim_violation(world, "stream %d.%d: seq %d produced after EFFECTIVE",
                              connection + 1, g, (int)record->delivery.seq);
        }
    }
}

/* What a reader that is quick enough has at the load mark; false: its records are not all visible
 * (yet). */
static bool rows_at(const struct sim_part *part, int64_t load_seq, int rows[SIM_KEYS])
{
    int64_t seq = 0;
    for (int key = 0; key < SIM_KEYS; key++)
        rows[key] = -1;
    for (int i = 0; i < part->count; i++) {
        const struct sim_delivery *delivery = &part->records[i].delivery;
        if (part->records[i].status != SIM_COMMITTED || part->records[i].kind != SIM_DELIVERY ||
            delivery->seq != seq + 1 || delivery->seq > load_seq)
            continue;
        rows[delivery->key] = delivery->value;
        seq = delivery->seq;
    }
    return seq == load_seq;
}

/* At its load mark a stream is the scope at or after T. */
static void check_load(struct world *world, int connection, const struct lane_stream *told)
{
    int at = world->topic_of[connection][told->generation], rows[SIM_KEYS];
    if (at < 0 || world->lost[connection] || told->sync_seq != told->load_seq)
        return;
    if (!rows_at(&world->kafka.parts[at], told->load_seq, rows))
        return;
    int64_t from = sim_sync_seq(world, connection, told->incarnation, told->sync_time);
    if (!sim_rows_fit(world, connection, told, rows, from))
        sim_violation(world, "%s: not the scope at its load mark", told->name);
}

/* No T before the load is complete; and what it is worth then. */
static void check_notices(struct world *world, int connection)
{
    const struct sim_part *part = &world->kafka.parts[SIM_INBOX(connection)];
    bool checked[SIM_GENERATIONS] = {false};
    int end = sim_lso(part);
    for (int i = 0; i < end; i++) {
        const struct lane_stream *told = &part->records[i].notice.stream;
        if (part->records[i].kind != SIM_NOTICE || part->records[i].status != SIM_COMMITTED)
            continue;
        if (told->load_seq == LT_NULL && told->sync_time != LT_NULL)
            sim_violation(world, "%s: T before the load is complete", told->name);
        if (told->load_seq == LT_NULL || checked[told->generation])
            continue;
        checked[told->generation] = true;
        check_load(world, connection, told);
    }
}

void sim_check_logs(struct world *world)
{
    const struct lane_stream *newest[SIM_CONNECTIONS][SIM_GENERATIONS] = {{0}};
    check_cursors(world, newest);
    for (int i = 0; i < world->connections; i++) {
        check_effective(world, i);
        check_notices(world, i);
        for (int g = 1; g < SIM_GENERATIONS; g++)
            if (world->topic_of[i][g] >= 0)
                check_stream(world, i, g);
    }
}

/* ---- when faults have ended ---- */

static bool say(char *why, size_t size, int connection, const char *what)
{
    snprintf(why, size, "connection %d: %s", connection + 1, what);
    return false;
}

static bool shows_all(struct world *world, int i, int generation, char *why, size_t size)
{
    struct sim_source *source = &world->sources[world->service_of[i]];
    struct sim_history *history = &source->histories[source->incarnation];
    struct sim_target *target = &world->consumers[i].target;
    const struct sim_copy *active = sim_active_copy(target);
    int now[SIM_KEYS];
    if (!active || active->generation != generation)
        return say(why, size, i, "its newest stream is not shown");
    state_at(history, history->count, now);
    const struct sim_notice *notice = sim_notice_of(world, i, generation);
    if (!fits(&world->scopes[i][notice->stream.scope_version], active->rows, now))
        return say(why, size, i, "target is not the scope of the source");
    if (target->stamp == LT_NULL || target->stamp != history->changes[history->count - 1].append)
        return say(why, size, i, "stamp is not the last sync point");
    return true;
}

static bool is_settled(struct world *world,
                       int i,
                       const struct lane_stream *cursors[SIM_GENERATIONS],
                       char *why,
                       size_t size)
{
    const struct sim_terms *terms = &world->controls[world->number].connections[i];
    int running = 0, newest = 0;
    for (int g = 1; g < SIM_GENERATIONS; g++)
        if (cursors[g]) {
            newest = g;
            running += cursors[g]->state != LANE_ENDED;
        }
    if (terms->terminated) {
        if (running)
            return say(why, size, i, "terminated, and a stream runs");
        return !sim_active_copy(&world->consumers[i].target) ||
               say(why, size, i, "terminated, and still shown");
    }
    if (running != 1 || cursors[newest]->state == LANE_ENDED)
        return say(why, size, i, "not exactly one stream");
    if (terms->holds && cursors[newest]->state != LANE_HELD)
        return say(why, size, i, "not HELD");
    if (terms->holds)
        return world->effective[i] >= 0 || say(why, size, i, "HELD, and never EFFECTIVE");
    if (cursors[newest]->state != LANE_LIVE)
        return say(why, size, i, "not LIVE");
    return shows_all(world, i, newest, why, size);
}

/* A lane that goes on takes back that it stood still (DX-7: told once). */
static bool nobody_stands(const struct sim_part *part, int end, char *why, size_t size)
{
    int standing = 0;
    for (int i = 0; i < end; i++)
        if (part->records[i].status == SIM_COMMITTED && part->records[i].kind == SIM_STAND &&
            !part->records[i].removed) {
            const struct sim_record *record = &part->records[i];
            int bit = 1 << (2 * record->tid + (strcmp(record->stand.clause, "diary") == 0));
            standing = record->stand.over ? standing & ~bit : standing | bit;
        }
    if (standing != 0)
        snprintf(why, size, "a lane still says that it stands still");
    return standing == 0;
}

bool sim_is_settled(struct world *world, char *why, size_t size)
{
    const struct lane_stream *newest[SIM_CONNECTIONS][SIM_GENERATIONS] = {{0}};
    const struct sim_part *part = &world->kafka.parts[SIM_CURSORS];
    int end = sim_lso(part);
    for (int i = 0; i < end; i++)
        if (part->records[i].status == SIM_COMMITTED && part->records[i].kind == SIM_CURSOR) {
            const struct lane_stream *cursor = &part->records[i].cursor;
            newest[sim_connection_of(cursor->connection)][cursor->generation] = cursor;
        }
    for (int i = 0; i < world->connections; i++)
        if (!is_settled(world, i, newest[i], why, size))
            return false;
    return nobody_stands(part, end, why, size);
}
