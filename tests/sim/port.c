/* A lane's port over the model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "routing/keyset.h"
#include "routing/mutant.h"
#include "sim/world.h"

/* At one of so many events a lane that comes by stands still. */
#define STAND_EVERY 23

static int again(struct lt_error *reterr, const char *what)
{
    return lt_fail(reterr, LT_ERR_ABORT, "sim", 0, "%s", what);
}

static int of_result(enum sim_result result, struct lt_error *reterr)
{
    if (result == SIM_OK)
        return 0;
    return lt_fail(reterr, result == SIM_FENCED ? LT_ERR_FATAL : LT_ERR_ABORT, "sim", 0,
                   result == SIM_FENCED ? "fenced" : "uncertain");
}

static lt_time port_now(void *arg)
{
    struct sim_lane *lane = arg;
    return lane->world->now;
}

static int port_init(void *arg, struct lt_error *reterr)
{
    (void)reterr;
    struct sim_lane *lane = arg;
    lane->epoch = sim_init(&lane->world->kafka, lane->tid);
    if (!MUTANT(FOLD_KEPT)) /* read anew in another cluster, and confirmed by a heartbeat */
        lane->fold = LT_MAX(lane->fold, lane->world->floor);
    lane->reports_read = false;
    for (int i = 0; i < SIM_FEEDS; i++)
        lane->feeds[i] = (struct sim_open){0};
    return 0;
}

static int port_scrub(void *arg, struct lt_error *reterr)
{
    struct sim_lane *lane = arg;
    struct sim_kafka *kafka = &lane->world->kafka;
    struct sim_record empty = {.kind = SIM_EMPTY};
    for (int i = 0; i < kafka->count; i++) {
        struct sim_part *part = &kafka->parts[i];
        if (!part->exists || sim_lso(part) == part->count)
            continue;
        enum sim_result result = sim_produce(kafka, lane->tid, lane->epoch, i, &empty);
        if (result != SIM_OK)
            return of_result(result, reterr);
    }
    sim_abort(kafka, lane->tid, lane->epoch);
    return 0;
}

/* Time passes until the partition is readable to its end, or it is not. */
static int
wait_readable(struct sim_lane *lane, const struct sim_part *part, struct lt_error *reterr)
{
    struct world *world = lane->world;
    while (world->kafka.coord[0].pending && sim_chance(world, 80))
        sim_markers(&world->kafka, 0, false);
    while (world->kafka.coord[1].pending && sim_chance(world, 80))
        sim_markers(&world->kafka, 1, false);
    int lso = sim_lso(part);
    if (lso == part->count)
        return 0;
    if (world->now - part->records[lso].append > SIM_TIMEOUT)
        return lt_fail(reterr, LT_ERR_RETRY, "sim", 0, "unreadable");
    return again(reterr, "not yet readable");
}

static int port_read_cursors(void *arg, bool whole, struct lt_error *reterr)
{
    struct sim_lane *lane = arg;
    struct sim_part *part = &lane->world->kafka.parts[SIM_CURSORS];
    if (whole) {
        lane->cursors_read = 0;
        if (!MUTANT(CURSORS_EOF) && wait_readable(lane, part, reterr) < 0)
            return -1;
    }
    int end = sim_lso(part);
    for (; lane->cursors_read < end; lane->cursors_read++) {
        const struct sim_record *record = &part->records[lane->cursors_read];
        if (record->status != SIM_COMMITTED || record->removed)
            continue;
        if (record->kind == SIM_CURSOR)
            lt_lane_take_stream(lane->lane, &record->cursor);
        else if (record->kind == SIM_FEED)
            lt_lane_take_feed(lane->lane, &record->feed);
        else if (record->tid == lane->tid && record->stand.over)
            lt_lane_drop_stand(lane->lane, record->stand.clause);
        else if (record->tid == lane->tid)
            lt_lane_take_stand(lane->lane, record->stand.clause, record->stand.since);
    }
    return 0;
}

static int
port_control(void *arg, int64_t *ret_number, struct lane_stand *ret_stand, struct lt_error *reterr)
{
    (void)reterr;
    struct sim_lane *lane = arg;
    struct world *world = lane->world;
    if (world->settling)
        lane->fold = world->number;
    while (lane->fold < world->number && sim_chance(world, 50))
        lane->fold++;
    *ret_number = lane->fold;
    if (world->settling || world->directed || (world->event + 7 * lane->tid) % STAND_EVERY != 0)
        return 1;
    *ret_stand = (struct lane_stand){.since = world->now};
    snprintf(ret_stand->clause, sizeof(ret_stand->clause), "%s",
             lane->fold % 2 ? "control" : "diary");
    return 0;
}

static int64_t port_terms_version(void *arg)
{
    return ((struct sim_lane *)arg)->fold;
}

static void port_each_connection(void *arg,
                                 void (*visit)(void *visit_arg, const char *connection),
                                 void *visit_arg)
{
    struct sim_lane *lane = arg;
    for (int i = 0; i < lane->world->connections; i++) {
        char name[LT_ID_MAX];
        lt_id_format(LT_ID_CONNECTION, i + 1, name);
        visit(visit_arg, name);
    }
}

static bool port_terms(void *arg, const char *connection, int64_t day_count, struct lane_terms *ret)
{
    (void)day_count;
    struct sim_lane *lane = arg;
    struct world *world = lane->world;
    int i = sim_connection_of(connection);
    const struct sim_control *control = &world->controls[lane->fold];
    const struct sim_terms *terms = &control->connections[i];
    *ret = (struct lane_terms){
        .incarnation = control->incarnation[world->service_of[i]],
        .agreement = i + 1,
        .scope_version = terms->scope_version,
        .filtered = world->scopes[i][terms->scope_version].mask != 0,
        .window = SIM_WINDOW,
        .right = terms->terminated ? LANE_OVER
                 : terms->holds    ? LANE_HOLD
                                   : LANE_MAY,
        .clause = terms->terminated ? "connection"
                  : terms->holds    ? "pair_hold"
                                    : "",
        .hold_number = terms->hold_number,
        .generation_base = control->generation_base,
        .until = INT64_MAX,
    };
    lt_id_format(LT_ID_SERVICE, world->service_of[i] + 1, ret->service);
    return true;
}

static int port_gap_reports(void *arg,
                            void (*visit)(void *visit_arg, const char *stream),
                            void *visit_arg,
                            struct lt_error *reterr)
{
    (void)reterr;
    struct sim_lane *lane = arg;
    for (int i = 0; i < lane->world->connections; i++)
        for (int g = 0; g < SIM_GENERATIONS; g++) {
            if (!lane->world->consumers[i].reported[g])
                continue;
            char connection[LT_ID_MAX], stream[LT_TOPIC_MAX];
            lt_id_format(LT_ID_CONNECTION, i + 1, connection);
            lt_stream_format(connection, g, stream);
            visit(visit_arg, stream);
        }
    return 0;
}

static struct sim_part *part_of(struct sim_lane *lane, const struct lane_stream *stream)
{
    int at = lane->world->topic_of[sim_connection_of(stream->connection)][stream->generation];
    return at < 0 ? NULL : &lane->world->kafka.parts[at];
}

static int port_stuck(void *arg, struct lt_error *reterr)
{
    struct sim_lane *lane = arg;
    struct sim_kafka *kafka = &lane->world->kafka;
    if (lane->epoch <= kafka->coord[lane->tid].unknown)
        return again(reterr, "nobody knows this producer");
    if (lane->epoch != kafka->coord[lane->tid].epoch)
        return of_result(SIM_FENCED, reterr);
    const struct lane_view *view = lt_lane_view(lane->lane);
    for (size_t i = 0; i < view->count; i++)
        if (view->slots[i]->now.state == LANE_LIVE && lane->tid == LANE_LIVE_LANE &&
            view->slots[i]->now.seq > 0 && !part_of(lane, &view->slots[i]->now))
            return again(reterr, "a stream's topic is gone");
    for (int i = 0; i < kafka->count; i++) {
        const struct sim_part *part = &kafka->parts[i];
        int lso = part->exists ? sim_lso(part) : part->count;
        if (lso < part->count && lane->world->now - part->records[lso].append > SIM_TIMEOUT)
            return 1;
    }
    return 0;
}

static int port_topic_exists(void *arg, const struct lane_stream *stream, struct lt_error *reterr)
{
    (void)reterr;
    return part_of(arg, stream) != NULL;
}

static int port_tail(void *arg,
                     const struct lane_stream *stream,
                     struct lane_tail *ret,
                     struct lt_error *reterr)
{
    struct sim_lane *lane = arg;
    const struct sim_part *part = part_of(lane, stream);
    *ret = (struct lane_tail){0};
    if (!part)
        return 0;
    if (!MUTANT(TAIL_UNREADABLE) && wait_readable(lane, part, reterr) < 0)
        return -1;
    int end = MUTANT(TAIL_UNREADABLE) ? part->count : sim_lso(part);
    for (int i = 0; i < end; i++) {
        const struct sim_record *record = &part->records[i];
        bool counts = record->status == SIM_COMMITTED ||
                      (MUTANT(TAIL_UNREADABLE) && record->status == SIM_OPEN);
        if (counts && !record->removed && record->kind == SIM_DELIVERY &&
            record->delivery.seq > ret->seq)
            *ret = (struct lane_tail){record->delivery.seq, record->delivery.pos};
    }
    return 0;
}

static int port_adopt(void *arg,
                      struct lane_stream *stream,
                      const struct lane_tail *tail,
                      struct lt_error *reterr)
{
    (void)reterr;
    const struct sim_part *part = part_of(arg, stream);
    struct lane_stream adopted = *stream;
    for (int i = 0; part && i < sim_lso(part); i++) {
        const struct sim_record *record = &part->records[i];
        if (record->status == SIM_COMMITTED && !record->removed && record->kind == SIM_DELIVERY &&
            record->delivery.seq == adopted.seq + 1) {
            adopted.seq++;
            adopted.last = record->delivery.pos;
        }
    }
    if (adopted.seq != tail->seq)
        return 0;
    *stream = adopted;
    return 1;
}

static void hash_of(int key, uint8_t ret[16])
{
    memset(ret, 0, 16);
    ret[0] = (uint8_t)key;
    ret[9] = 1;
}

static int port_load_keys(void *arg,
                          const struct lane_stream *stream,
                          struct lane_keys *keys,
                          struct lt_error *reterr)
{
    (void)reterr;
    const struct sim_part *part = part_of(arg, stream);
    for (int i = 0; part && i < sim_lso(part); i++) {
        const struct sim_record *record = &part->records[i];
        uint8_t hash[16];
        if (record->status != SIM_COMMITTED || record->removed || record->kind != SIM_DELIVERY)
            continue;
        hash_of(record->delivery.key, hash);
        lt_lane_keys_add(keys, hash);
    }
    return 0;
}

static struct sim_history *history_of(struct sim_lane *lane, const struct lane_feed *feed)
{
    return &lane->world->sources[sim_service_of(feed->service)].histories[feed->incarnation];
}

static int
port_feed_end(void *arg, const struct lane_feed *feed, int64_t *ret_seq, struct lt_error *reterr)
{
    (void)reterr;
    *ret_seq = history_of(arg, feed)->count;
    return 1;
}

static int port_feed_open(
    void *arg, const struct lane_feed *feed, int64_t after, int64_t offset, struct lt_error *reterr)
{
    (void)reterr;
    struct sim_lane *lane = arg;
    struct sim_open *open = &lane->feeds[sim_service_of(feed->service)];
    open->open = true;
    open->given = feed;
    open->incarnation = (int)feed->incarnation;
    open->next = (int)(offset >= 0 ? offset : after);
    return 0;
}

static int port_feed_close(void *arg, const struct lane_feed *feed, struct lt_error *reterr)
{
    (void)reterr;
    struct sim_lane *lane = arg;
    lane->feeds[sim_service_of(feed->service)].open = false;
    return 0;
}

static int port_live_set(void *arg,
                         const struct lane_feed *feed,
                         struct lane_stream *const *streams,
                         size_t count,
                         struct lt_error *reterr)
{
    (void)reterr;
    struct sim_lane *lane = arg;
    struct sim_open *open = &lane->feeds[sim_service_of(feed->service)];
    open->live_count = count;
    for (size_t i = 0; i < count; i++)
        open->live[i] = streams[i];
    return 0;
}

static int port_next(void *arg, struct lane_record *ret, struct lt_error *reterr)
{
    (void)reterr;
    struct sim_lane *lane = arg;
    struct world *world = lane->world;
    if (!world->directed && sim_chance(world, 20))
        return 0;
    int first = (int)sim_random(&world->random, SIM_FEEDS);
    for (int i = 0; i < SIM_FEEDS; i++) {
        struct sim_open *open = &lane->feeds[(first + i) % SIM_FEEDS];
        if (!open->open)
            continue;
        struct sim_history *history =
            &world->sources[(first + i) % SIM_FEEDS].histories[open->incarnation];
        while (open->next < history->count && history->changes[open->next].removed)
            open->next++;
        if (open->next >= history->count)
            continue;
        const struct sim_change *change = &history->changes[open->next];
        *ret = (struct lane_record){.feed = open->given,
                                    .offset = open->next,
                                    .seq = open->next + 1,
                                    .op = change->op,
                                    .time = change->append,
                                    .append_time = change->append,
                                    .sync_time = change->append,
                                    .body = change};
        open->next++;
        return 1;
    }
    return 0;
}

static int port_effect(void *arg,
                       const struct lane_record *record,
                       const struct lane_stream *stream,
                       bool *ret_before,
                       bool *ret_after,
                       struct lt_error *reterr)
{
    (void)reterr;
    struct sim_lane *lane = arg;
    const struct sim_change *change = record->body;
    const struct sim_scope *scope =
        &lane->world->scopes[sim_connection_of(stream->connection)][stream->scope_version];
    *ret_before = sim_in_scope(scope, change->before);
    *ret_after = sim_in_scope(scope, change->after);
    return 0;
}

static int port_affected(void *arg,
                         const struct lane_record *record,
                         int (*visit)(void *visit_arg,
                                      const struct lane_stream *stream,
                                      bool before,
                                      bool after,
                                      struct lt_error *reterr),
                         void *visit_arg,
                         struct lt_error *reterr)
{
    struct sim_lane *lane = arg;
    const struct sim_open *open = &lane->feeds[sim_service_of(record->feed->service)];
    for (size_t i = 0; i < open->live_count; i++) {
        bool before, after;
        port_effect(arg, record, open->live[i], &before, &after, NULL);
        if ((before || after) && visit(visit_arg, open->live[i], before, after, reterr) < 0)
            return -1;
    }
    return 0;
}

static void port_feed_chain(void *arg, struct lane_feed *feed, const struct lane_record *record)
{
    (void)arg;
    (void)feed;
    (void)record;
}

static void port_key_hash(void *arg, const struct lane_record *record, uint8_t ret[16])
{
    (void)arg;
    hash_of(((const struct sim_change *)record->body)->key, ret);
}

static int port_begin(void *arg, struct lt_error *reterr)
{
    (void)arg;
    (void)reterr;
    return 0;
}

static int
put(struct sim_lane *lane, int at, const struct sim_record *record, struct lt_error *reterr)
{
    return of_result(sim_produce(&lane->world->kafka, lane->tid, lane->epoch, at, record), reterr);
}

static int port_deliver(void *arg,
                        struct lane_stream *stream,
                        const struct lane_record *record,
                        enum lt_op op,
                        struct lt_error *reterr)
{
    struct sim_lane *lane = arg;
    const struct sim_change *change = record->body;
    int at = lane->world->topic_of[sim_connection_of(stream->connection)][stream->generation];
    if (at < 0)
        return again(reterr, "no such topic");
    struct sim_record delivery = {
        .kind = SIM_DELIVERY,
        .delivery = {.seq = stream->seq,
                     .pos = record->seq,
                     .op = op,
                     .key = change->key,
                     .value = lt_op_has_value(op) ? change->after : -1},
    };
    sim_trace(lane->world, "    %s: seq %d %s key %d from %d", stream->name, (int)stream->seq,
              lt_op_name(op), change->key, (int)record->seq);
    return put(lane, at, &delivery, reterr);
}

static int port_put_stream(void *arg, const struct lane_stream *stream, struct lt_error *reterr)
{
    struct sim_lane *lane = arg;
    struct sim_record record = {.kind = SIM_CURSOR, .cursor = *stream};
    sim_trace(lane->world, "    cursor %s %s %s pos %d seq %d last %d", stream->name,
              lt_lane_state_name(stream->state), stream->reason, (int)stream->pos, (int)stream->seq,
              (int)stream->last);
    return put(arg, SIM_CURSORS, &record, reterr);
}

static int port_put_feed(void *arg, const struct lane_feed *feed, struct lt_error *reterr)
{
    struct sim_lane *lane = arg;
    struct sim_record record = {.kind = SIM_FEED, .feed = *feed};
    sim_trace(lane->world, "    feed %s/%d G %d M %d", feed->service, (int)feed->incarnation,
              (int)feed->g, (int)LT_MAX(feed->m, -1));
    return put(arg, SIM_CURSORS, &record, reterr);
}

static int
port_put_notice(void *arg, const struct lane_stream *stream, bool over, struct lt_error *reterr)
{
    struct sim_record record = {.kind = SIM_NOTICE, .notice = {.stream = *stream, .over = over}};
    return put(arg, SIM_INBOX(sim_connection_of(stream->connection)), &record, reterr);
}

static int port_put_note(void *arg, const struct lane_stream *stream, struct lt_error *reterr)
{
    (void)arg;
    (void)stream;
    (void)reterr;
    return 0;
}

static int port_put_decision(void *arg,
                             const struct lane_stream *stream,
                             const struct lane_decision *decision,
                             struct lt_error *reterr)
{
    (void)arg;
    (void)stream;
    (void)decision;
    (void)reterr;
    return 0;
}

static int
port_put_stand(void *arg, const struct lane_stand *stand, bool over, struct lt_error *reterr)
{
    struct sim_record record = {.kind = SIM_STAND, .stand = {.since = stand->since, .over = over}};
    snprintf(record.stand.clause, sizeof(record.stand.clause), "%s", stand->clause);
    return put(arg, SIM_CURSORS, &record, reterr);
}

static int port_commit(void *arg, struct lt_error *reterr)
{
    struct sim_lane *lane = arg;
    return of_result(sim_commit(&lane->world->kafka, lane->tid, lane->epoch), reterr);
}

struct sim_lane *sim_lane_new(struct world *world, enum lane_id id)
{
    struct sim_lane *lane = lt_alloc(sizeof(*lane));
    lane->world = world;
    lane->tid = (int)id;
    lane->fold = (int)sim_random(&world->random, (uint64_t)world->number + 1);
    lane->port = (struct lane_port){
        .arg = lane,
        .now = port_now,
        .init = port_init,
        .scrub = port_scrub,
        .read_cursors = port_read_cursors,
        .control = port_control,
        .stuck = port_stuck,
        .terms_version = port_terms_version,
        .each_connection = port_each_connection,
        .terms = port_terms,
        .gap_reports = port_gap_reports,
        .topic_exists = port_topic_exists,
        .tail = port_tail,
        .adopt = port_adopt,
        .load_keys = port_load_keys,
        .feed_end = port_feed_end,
        .feed_open = port_feed_open,
        .feed_close = port_feed_close,
        .live_set = port_live_set,
        .next = port_next,
        .affected = port_affected,
        .effect = port_effect,
        .feed_chain = port_feed_chain,
        .key_hash = port_key_hash,
        .begin = port_begin,
        .deliver = port_deliver,
        .put_stream = port_put_stream,
        .put_feed = port_put_feed,
        .put_notice = port_put_notice,
        .put_note = port_put_note,
        .put_decision = port_put_decision,
        .put_stand = port_put_stand,
        .commit = port_commit,
    };
    lane->lane = lt_lane_new(id, &lane->port, &world->options);
    return lane;
}

void sim_lane_free(struct sim_lane *lane)
{
    if (!lane)
        return;
    lt_lane_free(lane->lane);
    free(lane);
}
