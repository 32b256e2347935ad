/*
 * Happy path: sign the items, take them into our fold, add the heartbeat that confirms them, note
 * them in the archive, journal, send all in one transaction, commit, wait until it can be read,
 * remember the number.
 *
 * Anything uncertain: start over from what is stored (lt_ledger_start).  Killed before the commit:
 * nothing happened.  Killed after: the log has it, and the state file is behind, which is fine;
 * only a log that is behind the state file is a loss.  What the archive began and the log has not
 * is void.
 */
#include "steward/ledger_priv.h"

#include "base/log.h"
#include "position/position.h"

#include <stdlib.h>

#define TRANSACTIONAL_ID  "steward"
#define COMMIT_TIMEOUT_MS 10000
#define TURNED_BACK       (2 * LT_SECOND)

struct lt_ledger *lt_ledger_new(const struct lt_ledger_conf *conf)
{
    struct lt_ledger *ledger = lt_alloc(sizeof(*ledger));
    ledger->conf = *conf;
    lt_control_key_public(conf->private_key, ledger->public_key);
    return ledger;
}

static void close_all(struct lt_ledger *ledger)
{
    lt_producer_close(ledger->producer);
    lt_asker_close(ledger->asker);
    lt_fold_free(ledger->fold);
    ledger->producer = NULL;
    ledger->asker = NULL;
    ledger->fold = NULL;
}

void lt_ledger_free(struct lt_ledger *ledger)
{
    if (!ledger)
        return;
    close_all(ledger);
    free(ledger);
}

const struct lt_fold *lt_ledger_fold(const struct lt_ledger *ledger)
{
    return ledger->fold;
}

int64_t lt_ledger_refused(const struct lt_ledger *ledger)
{
    return ledger->refused;
}

/* ---- start ---- */

static int visit_record(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)reterr;
    struct lt_ledger *ledger = arg;
    if (lt_fold_take(ledger->fold, message->key, message->value, NULL) < 0)
        ledger->refused++;
    return 0;
}

static int scrub(struct lt_ledger *ledger,
                 const char *const *inboxes,
                 size_t inbox_count,
                 struct lt_error *reterr)
{
    const char *control = LT_TOPIC_CONTROL;
    size_t scrubbed;
    if (lt_scrub(ledger->producer, ledger->asker, &control, 1, &scrubbed, reterr) < 0)
        return -1;
    return inbox_count == 0
               ? 0
               : lt_scrub(ledger->producer, ledger->asker, inboxes, inbox_count, &scrubbed, reterr);
}

int lt_ledger_read(struct lt_ledger *ledger,
                   const char *const *inboxes,
                   size_t inbox_count,
                   struct lt_error *reterr)
{
    close_all(ledger);
    ledger->producer = lt_producer_open(ledger->conf.bus, TRANSACTIONAL_ID, reterr);
    if (!ledger->producer || lt_producer_init(ledger->producer, LT_LEDGER_TIMEOUT_MS, reterr) < 0)
        return -1;
    ledger->asker = lt_asker_open(ledger->conf.bus, reterr);
    if (!ledger->asker || scrub(ledger, inboxes, inbox_count, reterr) < 0)
        return -1;
    ledger->fold = lt_fold_new(ledger->public_key);
    int64_t next;
    return lt_bus_read_to_end(ledger->conf.bus, LT_TOPIC_CONTROL, LT_OFFSET_BEGIN,
                              LT_LEDGER_TIMEOUT_MS, visit_record, ledger, &next, reterr);
}

/* ---- commit ---- */

static void sign(const struct lt_ledger *ledger,
                 struct lt_control control,
                 int64_t number,
                 lt_time at,
                 struct lt_signed_record *out)
{
    control.epoch = ledger->epoch;
    control.number = number;
    control.at = at;
    lt_control_key(control.kind, control.object, out->key);
    lt_control_sign(&control, ledger->conf.private_key, &out->wire);
}

/* Under one number times of heartbeats must grow. */
static lt_time beat_time(const struct lt_ledger *ledger, int64_t number)
{
    const lt_time last = lt_fold_heartbeat_at(ledger->fold), now = lt_now();
    return number == ledger->number && last != LT_TIME_NONE && last >= now ? last + 1 : now;
}

/* Our clock was turned back: heartbeats signed by it are from the future, and nobody would act on
 * them until that time comes. */
static bool turned_back(const struct lt_ledger *ledger)
{
    const lt_time last = lt_fold_heartbeat_at(ledger->fold), now = lt_now();
    if (last == LT_TIME_NONE || last - TURNED_BACK <= now)
        return false;
    lt_log(LT_LOG_WARN, "clock_turned_back", "seconds",
           lt_logf("%lld", (long long)((last - now) / LT_SECOND)), NULL);
    return true;
}

static int
take(struct lt_ledger *ledger, const struct lt_signed_record *record, struct lt_error *reterr)
{
    return lt_fold_take(ledger->fold, lt_bytes_text(record->key), lt_buf_bytes(&record->wire),
                        reterr);
}

int lt_ledger_sign_heartbeat(struct lt_ledger *ledger,
                             int64_t number,
                             struct lt_signed_record *out,
                             struct lt_error *reterr)
{
    uint8_t digest[32];
    lt_fold_digest(ledger->fold, digest);
    const struct lt_control control = {
        .kind = lt_control_kind_name(LT_CONTROL_HEARTBEAT),
        .object = LT_CONTROL_HEARTBEAT_OBJECT,
        .body_kind = LT_CONTROL_HEARTBEAT,
        .body.heartbeat = {.highest = number, .digest = lt_bytes(digest, sizeof(digest))},
    };
    sign(ledger, control, number, beat_time(ledger, number), out);
    return take(ledger, out, reterr);
}

int lt_ledger_send(struct lt_ledger *ledger,
                   const struct lt_archive_record *records,
                   size_t count,
                   struct lt_error *reterr)
{
    if (lt_producer_begin(ledger->producer, reterr) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (lt_producer_send(ledger->producer, LT_TOPIC_CONTROL, lt_bytes_text(records[i].key),
                             records[i].wire, NULL, 0, reterr) < 0)
            return -1;
    lt_log(LT_LOG_DEBUG, "commit_begun", NULL);
    if (lt_producer_commit(ledger->producer, reterr) < 0)
        return -1;
    lt_log(LT_LOG_DEBUG, "commit_ended", NULL);
    /* A commit that is decided may still lose its marker and be aborted by the next scrub (protocol
     * 1.2): only what can be read is remembered and answered. */
    return lt_wait_readable(ledger->asker, LT_TOPIC_CONTROL, COMMIT_TIMEOUT_MS, reterr);
}

/* A plan's records and the heartbeat that confirms them, signed; number: the highest one then. */
struct batch {
    const struct lt_plan *plan;
    struct lt_signed_record *signed_records;
    struct lt_archive_record *records;
    int64_t number;
    size_t noted; /* of them the archive keeps so many */
};

static void
batch_init(struct batch *batch, const struct lt_ledger *ledger, const struct lt_plan *plan)
{
    const size_t count = plan->count + 1;
    const bool turned = plan->count == 0 && turned_back(ledger);
    *batch = (struct batch){.plan = plan,
                            .signed_records = lt_alloc(count * sizeof(*batch->signed_records)),
                            .records = lt_alloc(count * sizeof(*batch->records)),
                            .number = ledger->number + (int64_t)plan->count + turned,
                            .noted = plan->count + turned}; /* whatever takes a number */
}

static void batch_fini(struct batch *batch)
{
    for (size_t i = 0; i <= batch->plan->count; i++)
        lt_buf_fini(&batch->signed_records[i].wire);
    free(batch->signed_records);
    free(batch->records);
}

static int sign_all(struct lt_ledger *ledger, struct batch *batch, struct lt_error *reterr)
{
    const lt_time at = lt_now();
    const struct lt_plan *plan = batch->plan;
    struct lt_signed_record *records = batch->signed_records;
    /* All are signed before any is taken: bodies borrow from objects that taking replaces. */
    for (size_t i = 0; i < plan->count; i++)
        sign(ledger, *plan->items[i], ledger->number + 1 + (int64_t)i, at, &records[i]);
    for (size_t i = 0; i < plan->count; i++)
        if (take(ledger, &records[i], reterr) < 0)
            return -1;
    if (lt_ledger_sign_heartbeat(ledger, batch->number, &records[plan->count], reterr) < 0)
        return -1;
    for (size_t i = 0; i <= plan->count; i++)
        batch->records[i] =
            (struct lt_archive_record){records[i].key, lt_buf_bytes(&records[i].wire)};
    return 0;
}

/* Noted before it is sent: what anybody may come to read is in the archive.  A full disk must not
 * end the heartbeats. */
static int note(const struct lt_ledger *ledger,
                const struct batch *batch,
                bool committed,
                struct lt_error *reterr)
{
    const char *path = ledger->conf.archive_file;
    if (batch->noted == 0)
        return 0;
    if ((committed ? lt_archive_end(path, true, reterr)
                   : lt_archive_begin(path, batch->records, batch->noted, reterr)) == 0)
        return 0;
    if (reterr)
        reterr->class = LT_ERR_RETRY;
    return -1;
}

static int send_batch(struct lt_ledger *ledger,
                      const struct batch *batch,
                      lt_ledger_prepare *prepare,
                      void *arg,
                      struct lt_error *reterr)
{
    const size_t items = batch->plan->count;
    if (note(ledger, batch, false, reterr) < 0)
        return -1;
    if (prepare && items > 0) {
        const struct lt_archive_record *last = &batch->records[items - 1];
        if (prepare(arg, last->key, last->wire, batch->number, reterr) < 0)
            return -1;
    }
    if (lt_ledger_send(ledger, batch->records, items + 1, reterr) < 0)
        return -1;
    ledger->number = batch->number;
    return note(ledger, batch, true, reterr) < 0 ? -1 : lt_ledger_state_write(ledger, reterr);
}

static int commit(struct lt_ledger *ledger,
                  const struct lt_plan *plan,
                  lt_ledger_prepare *prepare,
                  void *arg,
                  struct lt_error *reterr)
{
    struct batch batch;
    batch_init(&batch, ledger, plan);
    int rc = sign_all(ledger, &batch, reterr);
    if (rc == 0)
        rc = send_batch(ledger, &batch, prepare, arg, reterr);
    batch_fini(&batch);
    return rc;
}

int lt_ledger_commit(struct lt_ledger *ledger,
                     const struct lt_plan *plan,
                     lt_ledger_prepare *prepare,
                     void *arg,
                     struct lt_error *reterr)
{
    return plan->count == 0 ? 0 : commit(ledger, plan, prepare, arg, reterr);
}

int lt_ledger_beat(struct lt_ledger *ledger, struct lt_error *reterr)
{
    return commit(ledger, &(struct lt_plan){0}, NULL, NULL, reterr);
}

/* The first heartbeat stands in the archive too: it names the epoch. */
static int confirm_start(struct lt_ledger *ledger, struct lt_error *reterr)
{
    const struct lt_plan nothing = {0};
    struct batch batch;
    batch_init(&batch, ledger, &nothing);
    batch.noted = 1;
    int rc = sign_all(ledger, &batch, reterr);
    if (rc == 0)
        rc = send_batch(ledger, &batch, NULL, NULL, reterr);
    batch_fini(&batch);
    return rc;
}

int lt_ledger_start(struct lt_ledger *ledger,
                    const char *const *inboxes,
                    size_t inbox_count,
                    struct lt_error *reterr)
{
    if (lt_ledger_read(ledger, inboxes, inbox_count, reterr) < 0 ||
        lt_ledger_compare(ledger, reterr) < 0)
        return -1;
    return confirm_start(ledger, reterr);
}

int lt_ledger_copy(struct lt_ledger *ledger,
                   const struct lt_ledger_copy *copies,
                   size_t count,
                   struct lt_error *reterr)
{
    if (lt_producer_begin(ledger->producer, reterr) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (lt_producer_send(ledger->producer, copies[i].topic, lt_bytes_text(copies[i].key),
                             copies[i].value, NULL, 0, reterr) < 0)
            return -1;
    return lt_producer_commit(ledger->producer, reterr);
}
