/* A model consumer: protocol 9.  Its target is one value: everything in it moves together. */
#include <string.h>

#include "sim/world.h"

const struct sim_notice *sim_notice_of(struct world *world, int connection, int generation)
{
    const struct sim_part *part = &world->kafka.parts[SIM_INBOX(connection)];
    const struct sim_notice *newest = NULL;
    int end = sim_lso(part);
    for (int i = 0; i < end; i++) {
        const struct sim_record *record = &part->records[i];
        if (record->status == SIM_COMMITTED && record->kind == SIM_NOTICE &&
            record->notice.stream.generation == generation)
            newest = &record->notice;
    }
    return newest;
}

const struct sim_copy *sim_active_copy(const struct sim_target *target)
{
    for (int i = 0; i < SIM_COPIES; i++)
        if (target->copies[i].used && target->copies[i].active)
            return &target->copies[i];
    return NULL;
}

static const struct sim_part *topic(struct world *world, int connection, int generation)
{
    int at = world->topic_of[connection][generation];
    return at < 0 ? NULL : &world->kafka.parts[at];
}

/* A copy read from the start of the stream, beside what is there. */
static struct sim_copy *new_copy(struct world *world, int connection, int generation)
{
    struct sim_target *target = &world->consumers[connection].target;
    const struct sim_part *part = topic(world, connection, generation);
    for (int i = 0; part && i < SIM_COPIES; i++) {
        struct sim_copy *copy = &target->copies[i];
        if (copy->used && (copy->active || copy->generation == generation))
            continue;
        *copy = (struct sim_copy){
            .used = true, .generation = generation, .e0 = part->count, .begun = world->now};
        for (int key = 0; key < SIM_KEYS; key++)
            copy->rows[key] = -1;
        return copy;
    }
    return NULL;
}

/* The copy that is read on for the stream: the one beside the active one, if there are two. */
static struct sim_copy *copy_of(struct sim_target *target, int generation)
{
    struct sim_copy *found = NULL;
    for (int i = 0; i < SIM_COPIES; i++) {
        struct sim_copy *copy = &target->copies[i];
        if (copy->used && copy->generation == generation && (!found || !copy->active))
            found = copy;
    }
    return found;
}

static void report_gap(struct world *world, int connection, const struct sim_copy *copy)
{
    if (!world->consumers[connection].reported[copy->generation])
        sim_trace(world, "consumer %d reports a gap in %d", connection + 1, copy->generation);
    world->consumers[connection].reported[copy->generation] = true;
}

/* false: nothing more of this copy. */
static bool
apply(struct world *world, int connection, struct sim_copy *copy, const struct sim_record *record)
{
    const struct sim_delivery *delivery = &record->delivery;
    if (record->status != SIM_COMMITTED || record->removed || record->kind != SIM_DELIVERY ||
        delivery->seq <= copy->seq) {
        copy->offset++;
        return true;
    }
    if (delivery->seq > copy->seq + 1) {
        bool young = world->now - record->append <= SIM_WINDOW;
        if (young) {
            report_gap(world, connection, copy);
            return false;
        }
        if (copy->offset >= copy->e0) {
            if (!copy->active)
                copy->used = false;
            new_copy(world, connection, copy->generation);
            return false;
        }
    }
    copy->rows[delivery->key] = delivery->value;
    copy->seq = delivery->seq;
    copy->offset++;
    return true;
}

static void switch_and_stamp(struct world *world, int connection, struct sim_copy *copy)
{
    struct sim_target *target = &world->consumers[connection].target;
    const struct sim_notice *notice = sim_notice_of(world, connection, copy->generation);
    if (!notice || notice->stream.load_seq == LT_NULL || copy->offset < copy->e0)
        return;
    if (!copy->active && copy->seq >= notice->stream.load_seq) {
        sim_trace(world, "consumer %d switches to %d", connection + 1, copy->generation);
        for (int i = 0; i < SIM_COPIES; i++)
            if (&target->copies[i] != copy)
                target->copies[i].used = false;
        copy->active = true;
        target->stamp = LT_NULL;
    }
    if (copy->active && notice->stream.sync_time != LT_NULL && copy->seq >= notice->stream.sync_seq)
        target->stamp = notice->stream.sync_time;
}

/* Everything is read and there is less than the inbox promised: the data are gone (9.6). */
static void judge_short(struct world *world, int connection, const struct sim_copy *copy)
{
    const struct sim_part *part = topic(world, connection, copy->generation);
    const struct sim_notice *notice = sim_notice_of(world, connection, copy->generation);
    if (!part || !notice)
        return;
    if (part->count < copy->e0) { /* another topic of the same name: what was read is not in it */
        report_gap(world, connection, copy);
        return;
    }
    if (copy->offset < part->count)
        return;
    int64_t promised = LT_MAX(notice->stream.load_seq, notice->stream.sync_seq);
    if (copy->seq < promised)
        report_gap(world, connection, copy);
}

/* Reading from the start must reach e0 within the window too, or a delete it still needs may have
 * been cleaned behind a row it has already read. */
static bool is_overdue(const struct world *world, const struct sim_copy *copy)
{
    return !copy->active && copy->offset < copy->e0 &&
           world->now - copy->begun > SIM_WINDOW / 10 * 8;
}

static void read_on(struct world *world, int connection, struct sim_copy *copy)
{
    const struct sim_part *part = topic(world, connection, copy->generation);
    if (is_overdue(world, copy)) {
        copy->used = false;
        return;
    }
    int most = world->settling ? 1000 : 1 + (int)sim_random(&world->random, 6);
    int end = part ? sim_lso(part) : 0;
    while (copy->used && copy->offset < end && most-- > 0)
        if (!apply(world, connection, copy, &part->records[copy->offset]))
            return;
    if (copy->used && part) {
        switch_and_stamp(world, connection, copy);
        judge_short(world, connection, copy);
    }
}

int64_t sim_sync_seq(struct world *world, int connection, int64_t incarnation, lt_time time)
{
    struct sim_source *source = &world->sources[world->service_of[connection]];
    struct sim_history *history = &source->histories[incarnation];
    int64_t seq = 0;
    for (int i = 0; i < history->count; i++)
        if (history->changes[i].op == LT_OP_SYNC && history->changes[i].append <= time)
            seq = i + 1;
    return seq;
}

/* Active copy = scope(feed up to q) for one q >= stamp (10). */
static void check_stamp(struct world *world, int connection)
{
    struct sim_target *target = &world->consumers[connection].target;
    const struct sim_copy *active = sim_active_copy(target);
    if (!active || target->stamp == LT_NULL)
        return;
    const struct sim_notice *notice = sim_notice_of(world, connection, active->generation);
    if (!notice)
        return;
    int64_t from = sim_sync_seq(world, connection, notice->stream.incarnation, target->stamp);
    if (!sim_rows_fit(world, connection, &notice->stream, active->rows, from))
        sim_violation(world,
                      "consumer %d: copy of stream %d is not the scope at or after its stamp",
                      connection + 1, active->generation);
}

/* The end of the connection counts in any of its inbox records: that of a successor may have
 * become visible although its cursor was lost. */
static bool is_over(struct world *world, int connection)
{
    for (int g = 1; g < SIM_GENERATIONS; g++) {
        const struct sim_notice *notice = sim_notice_of(world, connection, g);
        if (notice && notice->over)
            return true;
    }
    return false;
}

/* The stream that counts: of those not ended the one whose inbox record was written last.  Not
 * simply the highest: an inbox record may be visible although the cursor beside it was lost; then
 * the connection goes on with an older generation, whose owner repeats its record (4.6). */
static int current_stream(struct world *world, int connection)
{
    const struct sim_part *part = &world->kafka.parts[SIM_INBOX(connection)];
    bool ended[SIM_GENERATIONS] = {false};
    int current = 0, end = sim_lso(part);
    for (int i = 0; i < end; i++) {
        const struct sim_record *record = &part->records[i];
        if (record->status != SIM_COMMITTED || record->kind != SIM_NOTICE)
            continue;
        int g = (int)record->notice.stream.generation;
        ended[g] = record->notice.stream.state == LANE_ENDED;
        if (!ended[g] || current == 0 || (ended[current] && g > current))
            current = g;
    }
    return current;
}

void sim_consumer_turn(struct world *world, int connection)
{
    struct sim_consumer *consumer = &world->consumers[connection];
    struct sim_target *target = &consumer->target;
    int current = current_stream(world, connection);
    if (current == 0)
        return;
    if (is_over(world, connection)) {
        *target = (struct sim_target){.stamp = LT_NULL};
        return;
    }
    if (world->controls[world->number].connections[connection].holds > 0)
        return; /* READ is removed */
    if (!copy_of(target, current))
        new_copy(world, connection, current);
    for (int i = 0; i < SIM_COPIES; i++)
        if (target->copies[i].used)
            read_on(world, connection, &target->copies[i]);
    check_stamp(world, connection);
    if (sim_chance(world, 10)) {
        consumer->backup = *target;
        consumer->has_backup = true;
    }
}

void sim_consumer_restore(struct world *world, int connection)
{
    struct sim_consumer *consumer = &world->consumers[connection];
    if (!consumer->has_backup)
        return;
    sim_trace(world, "consumer %d is restored", connection + 1);
    consumer->target = consumer->backup;
}
