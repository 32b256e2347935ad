/*
 * Can the diary be written?  (DX-1, D45-avail.)  Notes go out when pages close, so between two of
 * them nothing would show that the diary refuses; this lane therefore proves it: whatever it has
 * committed to the diary is a proof, and where the last one is too old it sends a record of a
 * note's size and aborts it.  Nobody ever reads such a record, and no right but WRITE is needed.
 *
 * The proof has a transactional id of its own: an id whose markers the diary does not take is
 * stuck (protocol 1.4), and the lane must still be able to say in routing.cursors why it stands.
 * What a lost marker leaves open, the next proof closes (protocol 1.1).
 *
 * A start has no proof.  While the diary refuses, it is tried again until it takes the record.
 */
#include <stdio.h>
#include <string.h>

#include "control/right.h"
#include "routing/shell.h"

#define PROBE_TIMEOUT_MS 5000
#define RETRY_MS         1000
/* A broker that restarts refuses nothing (architecture 4.3). */
#define PATIENCE (15 * LT_SECOND)

void lt_shell_diary_proved(struct lt_shell *shell)
{
    struct lt_shell_diary *diary = &shell->diary;
    if (diary->failing_since != LT_TIME_NONE)
        lt_log(LT_LOG_NOTICE, "diary_writable", "lane", lt_lane_name(shell->id), NULL);
    diary->proved = true;
    diary->refused = false;
    diary->asked_ms = lt_monotonic_ms();
    diary->failing_since = LT_TIME_NONE;
}

void lt_shell_diary_doubt(struct lt_shell *shell)
{
    shell->diary.proved = false;
    shell->diary.asked_ms = 0;
}

/* A note as long as they come. */
static void encode_note(struct lt_buf *out)
{
    static const uint8_t chain[32];
    static const struct lt_delivery_note note = {
        .stream = "cn999999.999999",
        .connection = "cn999999",
        .service = "sv999999",
        .application = "ap999999",
        .agreement = INT64_MAX,
        .scope_version = INT64_MAX,
        .first = INT64_MAX,
        .last = INT64_MAX,
        .count = INT64_MAX,
        .deletes = INT64_MAX,
        .sync_time = INT64_MAX,
        .chain = {.data = chain, .len = sizeof(chain)},
        .opened_at = INT64_MAX,
        .closed_at = INT64_MAX,
    };
    lt_buf_clear(out);
    lt_record_encode(LT_RECORD_DELIVERY_NOTE, &note, out);
}

static int open_producer(struct lt_shell *shell, struct lt_error *ret_how)
{
    char id[64];
    if (shell->diary.producer)
        return 0;
    snprintf(id, sizeof(id), "%s.diary", shell->transactional_id);
    shell->diary.producer = lt_producer_open(&shell->bus, id, ret_how);
    if (!shell->diary.producer)
        return -1;
    return lt_producer_init(shell->diary.producer, PROBE_TIMEOUT_MS, ret_how);
}

static int send_note(struct lt_shell *shell, struct lt_error *ret_how)
{
    struct lt_producer *producer = shell->diary.producer;
    int64_t before = lt_producer_acknowledged(producer);
    encode_note(&shell->out);
    if (lt_producer_begin(producer, ret_how) < 0 ||
        lt_producer_send(producer, LT_TOPIC_DIARY, lt_bytes_text("probe"),
                         lt_buf_bytes(&shell->out), NULL, 0, ret_how) < 0 ||
        lt_producer_flush(producer, PROBE_TIMEOUT_MS, ret_how) < 0)
        return -1;
    if (lt_producer_acknowledged(producer) == before)
        return lt_fail(ret_how, LT_ERR_REJECT, "routing", 0,
                       "topic '%s' is not taken into a transaction", LT_TOPIC_DIARY);
    return lt_producer_abort(producer, ret_how);
}

/* 0: taken; -1 and how it was not.  What a failure leaves open ends with the next producer. */
static int probe(struct lt_shell *shell, struct lt_error *ret_how)
{
    if (open_producer(shell, ret_how) == 0 && send_note(shell, ret_how) == 0)
        return 0;
    lt_producer_close(lt_steal(&shell->diary.producer));
    return -1;
}

static void refused(struct lt_shell *shell, const struct lt_error *how)
{
    struct lt_shell_diary *diary = &shell->diary;
    if (diary->failing_since == LT_TIME_NONE) {
        diary->failing_since = lt_now();
        lt_log_error(LT_LOG_ERROR, "diary_unwritable", how, "lane", lt_lane_name(shell->id), NULL);
    }
    diary->refused |= how->class != LT_ERR_RETRY;
    diary->proved = false;
    diary->asked_ms = lt_monotonic_ms();
}

int lt_shell_diary(struct lt_shell *shell, struct lane_stand *ret_stand, struct lt_error *reterr)
{
    struct lt_shell_diary *diary = &shell->diary;
    int64_t age = diary->asked_ms ? lt_monotonic_ms() - diary->asked_ms : INT64_MAX;
    struct lt_error how = {0};
    if (age >= (diary->proved ? shell->conf->diary_check_ms : RETRY_MS)) {
        if (probe(shell, &how) == 0) {
            lt_shell_diary_proved(shell);
        } else if (lt_bus_is_fenced(&how)) {
            *reterr = how;
            return -1;
        } else {
            refused(shell, &how);
        }
    }
    lt_metric_set(shell->metrics->diary, diary->proved);
    if (diary->proved)
        return 1;
    if (diary->refused || lt_now() - diary->failing_since > PATIENCE) {
        *ret_stand = (struct lane_stand){.since = diary->failing_since};
        snprintf(ret_stand->clause, sizeof(ret_stand->clause), "%s",
                 lt_clause_name(LT_CLAUSE_DIARY));
    }
    return 0;
}
