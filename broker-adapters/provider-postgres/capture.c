#include "provider-postgres/capture.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "provider-postgres/own_records.h"
#include "provider-postgres/provider_metrics.h"

/* A relation as it was announced last, for one feed that shares it. */
struct capture_relation {
    uint32_t id;
    size_t feed;
    bool full;             /* its changes carry the whole old row */
    bool looked;           /* since it was announced */
    struct row_plan *plan; /* NULL: it does not fit, for the reason below */
    char fault[300];
};

void capture_start(struct capture *capture,
                   struct feeds *feeds,
                   const struct lt_source_position *stored,
                   const struct source_verdict *verdict)
{
    *capture = (struct capture){.feeds = feeds, .decoder = lt_pgo_new()};
    capture->withheld = lt_alloc((feeds->count + 1) * sizeof(*capture->withheld));
    passage_start(&capture->passage, stored, verdict);
    capture->point.ordinal = LT_NULL;
    if (stored != NULL) {
        capture->point = (struct source_point){.commit_lsn = (uint64_t)stored->commit_lsn,
                                               .xid = stored->xid,
                                               .commit_time = stored->commit_time,
                                               .ordinal = LT_NULL,
                                               .end_lsn = (uint64_t)stored->end_lsn,
                                               .safe_lsn = (uint64_t)stored->safe_lsn};
    }
}

void capture_looks(struct capture *capture, capture_look *look, void *arg)
{
    capture->look = look;
    capture->look_arg = arg;
}

static void forget_relation(struct capture *capture, uint32_t id)
{
    size_t kept = 0;
    for (size_t i = 0; i < capture->relation_count; i++) {
        if (capture->relations[i].id == id) {
            row_plan_free(capture->relations[i].plan);
        } else {
            capture->relations[kept++] = capture->relations[i];
        }
    }
    capture->relation_count = kept;
}

void capture_fini(struct capture *capture)
{
    while (capture->relation_count > 0) {
        forget_relation(capture, capture->relations[0].id);
    }
    free(capture->relations);
    free(capture->withheld);
    lt_pgo_free(capture->decoder);
    *capture = (struct capture){0};
}

/* ---- marks ---- */

static void mark(struct capture *capture, size_t index, const char *reason, struct batch *batch)
{
    struct feed *feed = &capture->feeds->items[index];
    snprintf(feed->reason, sizeof(feed->reason), "%s", reason);
    struct batch_mark *m = batch_mark(batch, lt_monotonic_ms());
    m->feed = (uint32_t)index;
    m->state = feed->state;
    m->incarnation = feed->incarnation;
    m->reason = feed->reason;
    m->id = feed->last;
    memcpy(m->fingerprint, feed->fingerprint, FINGERPRINT_BYTES);
}

static void tell(const struct feed *feed, const char *event)
{
    lt_metric_add(provider_metrics.incidents, 1);
    lt_log(LT_LOG_ERROR, event, "service", feed->service->id, "incarnation",
           lt_logf("%lld", (long long)feed->incarnation), "reason", feed->reason, NULL);
}

/* The declaration's half stays. */
void capture_doubt(struct capture *capture, size_t index, const char *reason, struct batch *batch)
{
    memset(capture->feeds->items[index].fingerprint + 32, 0, FINGERPRINT_BYTES - 32);
    mark(capture, index, reason, batch);
}

void capture_renew(struct capture *capture, size_t index, const char *reason, struct batch *batch)
{
    struct feed *feed = &capture->feeds->items[index];
    feed->state = FEED_WANTED;
    feed->incarnation++;
    feed->last = (struct event_id){0};
    mark(capture, index, reason, batch);
    tell(feed, "feed_begins_anew");
}

void capture_end(struct capture *capture, size_t index, const char *reason, struct batch *batch)
{
    struct feed *feed = &capture->feeds->items[index];
    feed->state = FEED_ENDED;
    feed->judged = false;
    mark(capture, index, reason, batch);
    tell(feed, "feed_ended");
}

/* ---- relations ---- */

static void add_relation(struct capture *capture, size_t index, const struct lt_pgo_relation *from)
{
    struct feed *feed = &capture->feeds->items[index];
    struct lt_error why;
    if (capture->relation_count == capture->relation_cap) {
        capture->relation_cap = capture->relation_cap > 0 ? capture->relation_cap * 2 : 16;
        capture->relations =
            lt_realloc(capture->relations, capture->relation_cap * sizeof(*capture->relations));
    }
    struct capture_relation *relation = &capture->relations[capture->relation_count++];
    *relation =
        (struct capture_relation){.id = from->id, .feed = index, .full = from->identity == 'f'};
    relation->plan =
        row_plan_new(feed->service, from->columns, from->count, feed->shape.types, &why);
    if (relation->plan == NULL) {
        snprintf(relation->fault, sizeof(relation->fault), "table %s: %.200s",
                 feed->service->declared->table, why.msg);
    }
}

/* Is its row still to come, and its part not of the tree that the incarnation began with? */
static bool is_stranger(const struct capture *capture, const struct feed *feed, uint32_t part)
{
    struct event_id next = {capture->commit_lsn, capture->ordinal + 1};
    bool same_tree = memcmp(feed->fingerprint, feed->judged_at, FINGERPRINT_BYTES) == 0;
    return feed->state == FEED_STREAMING && event_after(next, feed->last) &&
           !(same_tree && shape_parts_have(&feed->parts, part));
}

/* Before the first row of a part the server announces its root, then the part.  The rows of one
 * that joined came without an event, and may have left without one before anybody looked. */
static void take_part(struct capture *capture, uint32_t part, struct batch *batch)
{
    for (size_t i = 0; i < capture->relation_count; i++) {
        const struct capture_relation *root = &capture->relations[i];
        if (root->id == capture->root &&
            is_stranger(capture, &capture->feeds->items[root->feed], part)) {
            capture_doubt(capture, root->feed, "a part joined the table with its rows", batch);
        }
    }
}

/* By name, or by what it is: a table that has another name for a moment is the same one. */
static bool is_table_of(const struct feed *feed, const struct lt_pgo_relation *relation)
{
    char schema[64];
    char table[64];
    shape_names(feed->service, schema, table);
    return (strcmp(schema, relation->schema) == 0 && strcmp(table, relation->name) == 0) ||
           (feed->parts.count > 0 && feed->parts.oids[0] == relation->id);
}

static void
take_relation(struct capture *capture, const struct lt_pgo_relation *relation, struct batch *batch)
{
    bool shared = false;
    forget_relation(capture, relation->id);
    for (size_t i = 0; i < capture->feeds->count; i++) {
        const struct feed *feed = &capture->feeds->items[i];
        if (is_table_of(feed, relation)) {
            add_relation(capture, i, relation);
            shared = true;
            capture->root = feed->shape.partitioned ? relation->id : capture->root;
        }
    }
    if (!shared && capture->root != 0) {
        take_part(capture, relation->id, batch);
    }
}

/* ---- transactions ---- */

static int gap(struct capture *capture, struct lt_error *reterr)
{
    capture->gap = true;
    return lt_fail(reterr, LT_ERR_ABORT, "provider", 0,
                   "the stored commit is not in the server's WAL: another history");
}

static int
take_begin(struct capture *capture, const struct lt_pgo_event *event, struct lt_error *reterr)
{
    if (capture->in_transaction) {
        return lt_fail(reterr, LT_ERR_FATAL, "provider", 0, "a transaction inside a transaction");
    }
    capture->in_transaction = true;
    capture->commit_lsn = event->u.begin.commit_lsn;
    capture->xid = event->u.begin.xid;
    capture->commit_time = event->u.begin.time;
    capture->ordinal = 0;
    capture->new_rows = false;
    capture->step =
        passage_begin(&capture->passage, capture->commit_lsn, capture->xid, capture->commit_time);
    if (capture->step == PASSAGE_GAP) {
        return gap(capture, reterr);
    }
    return 0;
}

static bool is_new_transaction(const struct capture *capture)
{
    return capture->step == PASSAGE_AFTER ||
           (capture->step == PASSAGE_SAME && capture->passage.ordinal != LT_NULL);
}

static int
take_commit(struct capture *capture, const struct lt_pgo_event *event, struct lt_error *reterr)
{
    if (!capture->in_transaction || event->u.commit.commit_lsn != capture->commit_lsn) {
        return lt_fail(reterr, LT_ERR_FATAL, "provider", 0, "a commit of another transaction");
    }
    capture->in_transaction = false;
    if (is_new_transaction(capture)) {
        capture->point = (struct source_point){.commit_lsn = capture->commit_lsn,
                                               .xid = capture->xid,
                                               .commit_time = capture->commit_time,
                                               .ordinal = LT_NULL,
                                               .end_lsn = event->u.commit.end_lsn,
                                               .safe_lsn = event->u.commit.end_lsn};
        capture->point_moved = true;
    }
    passage_commit(&capture->passage, capture->commit_lsn);
    return 0;
}

int capture_keepalive(struct capture *capture, uint64_t wal_end, struct lt_error *reterr)
{
    if (capture->in_transaction) {
        return 0;
    }
    if (!passage_keepalive(&capture->passage, wal_end)) {
        return gap(capture, reterr);
    }
    if (wal_end > capture->wal_end) {
        capture->wal_end = wal_end;
    }
    if (capture->passage.passed && wal_end > capture->point.safe_lsn) {
        capture->point.safe_lsn = wal_end;
        capture->point_moved = true;
    }
    return 0;
}

/* ---- rows ---- */

static enum lt_op op_of(enum lt_pgo_kind kind)
{
    switch (kind) {
    case LT_PGO_INSERT:
        return LT_OP_INSERT;
    case LT_PGO_UPDATE:
        return LT_OP_UPDATE;
    default:
        return LT_OP_DELETE;
    }
}

static int look_once(struct capture *capture,
                     struct capture_relation *relation,
                     struct batch *batch,
                     struct lt_error *reterr)
{
    if (relation->looked || capture->look == NULL) {
        return 0;
    }
    relation->looked = true;
    return capture->look(capture->look_arg, relation->feed, batch, reterr);
}

/* A row that cannot be told as declared by no fault of its values ends this feed only. */
static void put_row(struct capture *capture,
                    const struct capture_relation *relation,
                    const struct lt_pgo_event *event,
                    struct batch *batch,
                    int64_t now_ms)
{
    struct feed *feed = &capture->feeds->items[relation->feed];
    struct lt_error why;
    if (relation->plan == NULL) {
        capture_end(capture, relation->feed, relation->fault, batch);
        return;
    }
    if (relation->full && event->kind != LT_PGO_INSERT && event->u.row.old_kind != 'O') {
        capture_end(capture, relation->feed, "a part of the table lacks REPLICA IDENTITY FULL",
                    batch);
        return;
    }
    const struct row_change change = {.feed = (uint32_t)relation->feed,
                                      .op = op_of(event->kind),
                                      .time = capture->commit_time,
                                      .id = {capture->commit_lsn, capture->ordinal},
                                      .old_row = &event->u.row.old_row,
                                      .new_row = &event->u.row.new_row,
                                      .old_is_key = event->u.row.old_kind == 'K'};
    int64_t *withheld = capture->withheld[relation->feed];
    if (row_plan_apply(relation->plan, &change, batch, now_ms, withheld, &why) != 0) {
        capture_end(capture, relation->feed, why.msg, batch);
        return;
    }
    feed->last = change.id;
}

static int take_row_for(struct capture *capture,
                        struct capture_relation *relation,
                        const struct lt_pgo_event *event,
                        struct batch *batch,
                        int64_t now_ms,
                        struct lt_error *reterr)
{
    const struct feed *feed = &capture->feeds->items[relation->feed];
    struct event_id id = {capture->commit_lsn, capture->ordinal};
    if (feed->state != FEED_STREAMING || !event_after(id, feed->last)) {
        return 0;
    }
    if (look_once(capture, relation, batch, reterr) != 0) {
        return -1;
    }
    if (feed->state == FEED_STREAMING) {
        put_row(capture, relation, event, batch, now_ms);
    }
    return 0;
}

static int take_row(struct capture *capture,
                    const struct lt_pgo_event *event,
                    struct batch *batch,
                    int64_t now_ms,
                    struct lt_error *reterr)
{
    if (!capture->in_transaction) {
        return lt_fail(reterr, LT_ERR_FATAL, "provider", 0, "a row outside a transaction");
    }
    capture->ordinal++; /* before any filter of ours */
    capture->new_rows = capture->new_rows || capture->step == PASSAGE_AFTER ||
                        (capture->step == PASSAGE_SAME && capture->passage.ordinal != LT_NULL &&
                         capture->ordinal > capture->passage.ordinal);
    for (size_t i = 0; i < capture->relation_count; i++) {
        if (capture->relations[i].id == event->u.row.relation &&
            take_row_for(capture, &capture->relations[i], event, batch, now_ms, reterr) != 0) {
            return -1;
        }
    }
    return 0;
}

/* TRUNCATE is no row: the feed begins anew.  One that came before the feed's snapshot is in it. */
static void
take_truncate(struct capture *capture, const struct lt_pgo_event *event, struct batch *batch)
{
    for (size_t t = 0; t < event->u.truncate.count; t++) {
        uint32_t id = lt_pgo_truncated(event, t);
        for (size_t i = 0; i < capture->relation_count; i++) {
            const struct capture_relation *relation = &capture->relations[i];
            const struct feed *feed = &capture->feeds->items[relation->feed];
            bool handled =
                capture->commit_lsn < feed->last.lsn ||
                (capture->commit_lsn == feed->last.lsn && capture->ordinal < feed->last.ordinal);
            if (relation->id == id && feed->state == FEED_STREAMING && !handled) {
                capture_renew(capture, relation->feed, "the table was truncated", batch);
            }
        }
    }
}

int capture_message(struct capture *capture,
                    struct lt_bytes message,
                    struct batch *batch,
                    int64_t now_ms,
                    struct lt_error *reterr)
{
    struct lt_pgo_event event;
    if (lt_pgo_decode(capture->decoder, message, &event, reterr) != 0) {
        return -1;
    }
    if (event.kind != LT_PGO_RELATION && event.kind != LT_PGO_TYPE) {
        capture->root = 0;
    }
    switch (event.kind) {
    case LT_PGO_BEGIN:
        return take_begin(capture, &event, reterr);
    case LT_PGO_COMMIT:
        return take_commit(capture, &event, reterr);
    case LT_PGO_RELATION:
        take_relation(capture, &event.u.relation, batch);
        return 0;
    case LT_PGO_INSERT:
    case LT_PGO_UPDATE:
    case LT_PGO_DELETE:
        return take_row(capture, &event, batch, now_ms, reterr);
    case LT_PGO_TRUNCATE:
        take_truncate(capture, &event, batch);
        return 0;
    case LT_PGO_ORIGIN:
    case LT_PGO_TYPE:
    case LT_PGO_MESSAGE:
        return 0; /* they only carry the stream forward */
    }
    return 0;
}

/* ---- what a batch reaches ---- */

void capture_seal(struct capture *capture, struct batch *batch)
{
    if (capture->in_transaction && capture->new_rows) {
        batch->has_source = true;
        batch->source = capture->point;
        batch->source.commit_lsn = capture->commit_lsn;
        batch->source.xid = capture->xid;
        batch->source.commit_time = capture->commit_time;
        batch->source.ordinal = capture->ordinal;
        return;
    }
    if (!capture->in_transaction && capture->point_moved) {
        batch->has_source = true;
        batch->source = capture->point;
        capture->point_moved = false;
    }
}

bool capture_vouch(struct capture *capture,
                   const struct voucher *voucher,
                   struct batch *batch,
                   size_t *ret_points,
                   size_t *ret_changed)
{
    uint64_t reached = LT_MAX(capture->point.end_lsn, capture->wal_end);
    *ret_points = 0;
    *ret_changed = 0;
    if (capture->in_transaction || !capture->passage.passed || reached < voucher->lsn) {
        return false;
    }
    struct event_id id = {capture->point.end_lsn, 0};
    for (size_t i = 0; i < capture->feeds->count; i++) {
        struct feed *feed = &capture->feeds->items[i];
        if (feed->state != FEED_STREAMING) {
            continue;
        }
        if (memcmp(feed->fingerprint, voucher->fingerprints[i], FINGERPRINT_BYTES) != 0) {
            (*ret_changed)++;
            continue;
        }
        struct event_id at = event_after(id, feed->last) ? id : feed->last;
        own_sync(batch, (uint32_t)i, voucher->time, voucher->lsn, feed->fingerprint, at);
        feed->last = at;
        (*ret_points)++;
    }
    return true;
}
