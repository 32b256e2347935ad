/*
 * Happy path: sign the items, take them into our fold, add the heartbeat that confirms them,
 * journal, send all in one transaction, commit, wait until it can be read, remember the number.
 *
 * Anything uncertain: start over from what is stored (lt_ledger_start).  Killed before the commit:
 * nothing happened.  Killed after: the log has it, and the state file is behind, which is fine;
 * only a log that is behind the state file is a loss.
 */
#include "steward/ledger.h"

#include "base/file.h"
#include "base/log.h"
#include "base/num.h"
#include "position/position.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRANSACTIONAL_ID  "steward"
#define INIT_TIMEOUT_MS   70000
#define READ_TIMEOUT_MS   70000
#define COMMIT_TIMEOUT_MS 10000
#define TURNED_BACK       (2 * LT_SECOND)

struct lt_ledger {
    struct lt_ledger_conf conf;
    uint8_t public_key[LT_SIGN_KEY_BYTES];
    struct lt_producer *producer;
    struct lt_asker *asker;
    struct lt_fold *fold;
    int64_t epoch, number;
    int64_t written_epoch, written_number; /* in the state file */
    int64_t refused;
};

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

/* ---- state file: "epoch number\n" ---- */

static int parse_state(
    const char *path, char *text, int64_t *ret_epoch, int64_t *ret_number, struct lt_error *reterr)
{
    char *rest = text;
    const char *epoch = strsep(&rest, " "), *number = strsep(&rest, "\n");
    if (!number || lt_parse_i64(epoch, strlen(epoch), ret_epoch) < 0 ||
        lt_parse_i64(number, strlen(number), ret_number) < 0 || *ret_epoch < 1 || *ret_number < 0)
        return lt_fail(reterr, LT_ERR_FATAL, "steward", 0, "%s: not \"epoch number\"", path);
    return 0;
}

/* 0 and 0 when there is none: the first start. */
static int
read_state(const char *path, int64_t *ret_epoch, int64_t *ret_number, struct lt_error *reterr)
{
    *ret_epoch = *ret_number = 0;
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    struct lt_buf text = {0};
    int rc = lt_file_read(path, 100, &text, reterr);
    if (rc == 0) {
        lt_buf_addc(&text, 0);
        rc = parse_state(path, (char *)text.data, ret_epoch, ret_number, reterr);
    }
    lt_buf_fini(&text);
    return rc;
}

static int write_state(struct lt_ledger *ledger, struct lt_error *reterr)
{
    if (ledger->epoch == ledger->written_epoch && ledger->number == ledger->written_number)
        return 0;
    struct lt_buf text = {0};
    lt_buf_addf(&text, "%ld %ld\n", (long)ledger->epoch, (long)ledger->number);
    const int rc = lt_file_replace(ledger->conf.state_file, lt_buf_bytes(&text), 0600, reterr);
    lt_buf_fini(&text);
    if (rc < 0) {
        if (reterr)
            reterr->class = LT_ERR_RETRY; /* a full disk must not end the heartbeats */
        return -1;
    }
    ledger->written_epoch = ledger->epoch;
    ledger->written_number = ledger->number;
    return 0;
}

/* Takes epoch and number to go on with, or refuses to. */
static int compare_state(struct lt_ledger *ledger, struct lt_error *reterr)
{
    int64_t epoch, number;
    if (read_state(ledger->conf.state_file, &epoch, &number, reterr) < 0)
        return -1;
    const int64_t fold_epoch = lt_fold_epoch(ledger->fold);
    const int64_t highest = lt_fold_highest(ledger->fold);
    const bool new_epoch = epoch > fold_epoch && fold_epoch > 0; /* an operator has decided */
    if (fold_epoch == 0 && number > 0)
        return lt_fail(
            reterr, LT_ERR_FATAL, "steward", 0,
            "platform.control is empty, but %ld numbers were signed: restore it, or begin "
            "anew by removing %s",
            (long)number, ledger->conf.state_file);
    if (highest < number && !new_epoch)
        return lt_fail(reterr, LT_ERR_FATAL, "steward", 0,
                       "control is at number %ld, but %ld was signed: records are lost; restore "
                       "platform.control, or accept the loss by writing \"%ld %ld\" into %s",
                       (long)highest, (long)number, (long)LT_MAX(epoch, fold_epoch) + 1,
                       (long)number, ledger->conf.state_file);
    if (fold_epoch > 0 && lt_fold_number(ledger->fold) != highest && !new_epoch)
        return lt_fail(reterr, LT_ERR_FATAL, "steward", 0,
                       "control does not equal its newest heartbeat: records are missing; restore "
                       "platform.control, or accept the loss by writing \"%ld %ld\" into %s",
                       (long)fold_epoch + 1, (long)LT_MAX(number, highest),
                       ledger->conf.state_file);
    ledger->epoch = LT_MAX(LT_MAX(epoch, fold_epoch), 1);
    ledger->number = LT_MAX(number, highest);
    return 0;
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

int lt_ledger_start(struct lt_ledger *ledger,
                    const char *const *inboxes,
                    size_t inbox_count,
                    struct lt_error *reterr)
{
    close_all(ledger);
    ledger->producer = lt_producer_open(ledger->conf.bus, TRANSACTIONAL_ID, reterr);
    if (!ledger->producer || lt_producer_init(ledger->producer, INIT_TIMEOUT_MS, reterr) < 0)
        return -1;
    ledger->asker = lt_asker_open(ledger->conf.bus, reterr);
    if (!ledger->asker || scrub(ledger, inboxes, inbox_count, reterr) < 0)
        return -1;
    ledger->fold = lt_fold_new(ledger->public_key);
    int64_t next;
    if (lt_bus_read_to_end(ledger->conf.bus, LT_TOPIC_CONTROL, LT_OFFSET_BEGIN, READ_TIMEOUT_MS,
                           visit_record, ledger, &next, reterr) < 0)
        return -1;
    return compare_state(ledger, reterr) < 0 ? -1 : lt_ledger_beat(ledger, reterr);
}

/* ---- commit ---- */

struct signed_record {
    char key[LT_CONTROL_KEY_MAX];
    struct lt_buf wire;
};

static void sign(const struct lt_ledger *ledger,
                 struct lt_control control,
                 int64_t number,
                 lt_time at,
                 struct signed_record *out)
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
take(struct lt_ledger *ledger, const struct signed_record *record, struct lt_error *reterr)
{
    return lt_fold_take(ledger->fold, lt_bytes_text(record->key), lt_buf_bytes(&record->wire),
                        reterr);
}

/* Signs the heartbeat of the fold as it is now. */
static int add_heartbeat(struct lt_ledger *ledger,
                         int64_t number,
                         struct signed_record *out,
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

static int send_all(struct lt_ledger *ledger,
                    const struct signed_record *records,
                    size_t count,
                    struct lt_error *reterr)
{
    if (lt_producer_begin(ledger->producer, reterr) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (lt_producer_send(ledger->producer, LT_TOPIC_CONTROL, lt_bytes_text(records[i].key),
                             lt_buf_bytes(&records[i].wire), NULL, 0, reterr) < 0)
            return -1;
    lt_log(LT_LOG_DEBUG, "commit_begun", NULL);
    if (lt_producer_commit(ledger->producer, reterr) < 0)
        return -1;
    lt_log(LT_LOG_DEBUG, "commit_ended", NULL);
    /* A commit that is decided may still lose its marker and be aborted by the next scrub (protocol
     * 1.2): only what can be read is remembered and answered. */
    return lt_wait_readable(ledger->asker, LT_TOPIC_CONTROL, COMMIT_TIMEOUT_MS, reterr);
}

/* records: room for the plan's items and the heartbeat. */
static int commit_records(struct lt_ledger *ledger,
                          const struct lt_plan *plan,
                          struct signed_record *records,
                          lt_ledger_prepare *prepare,
                          void *arg,
                          struct lt_error *reterr)
{
    const lt_time at = lt_now();
    const int64_t number =
        ledger->number + (int64_t)plan->count + (plan->count == 0 && turned_back(ledger));
    /* All are signed before any is taken: bodies borrow from objects that taking replaces. */
    for (size_t i = 0; i < plan->count; i++)
        sign(ledger, *plan->items[i], ledger->number + 1 + (int64_t)i, at, &records[i]);
    for (size_t i = 0; i < plan->count; i++)
        if (take(ledger, &records[i], reterr) < 0)
            return -1;
    if (add_heartbeat(ledger, number, &records[plan->count], reterr) < 0)
        return -1;
    if (prepare && plan->count > 0) {
        const struct signed_record *last = &records[plan->count - 1];
        if (prepare(arg, last->key, lt_buf_bytes(&last->wire), number, reterr) < 0)
            return -1;
    }
    if (send_all(ledger, records, plan->count + 1, reterr) < 0)
        return -1;
    ledger->number = number;
    return write_state(ledger, reterr);
}

static int commit(struct lt_ledger *ledger,
                  const struct lt_plan *plan,
                  lt_ledger_prepare *prepare,
                  void *arg,
                  struct lt_error *reterr)
{
    struct signed_record *records = lt_alloc((plan->count + 1) * sizeof(*records));
    const int rc = commit_records(ledger, plan, records, prepare, arg, reterr);
    for (size_t i = 0; i <= plan->count; i++)
        lt_buf_fini(&records[i].wire);
    free(records);
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
