/*
 * What is remembered apart from Kafka: the state file, "epoch number\n", and the archive; compared
 * with control at every start.
 */
#include "steward/ledger_priv.h"

#include "base/file.h"
#include "base/log.h"
#include "base/num.h"
#include "change/ids.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ---- state file ---- */

static int parse_state(
    const char *path, char *text, int64_t *ret_epoch, int64_t *ret_number, struct lt_error *reterr)
{
    char *rest = text;
    const char *epoch = strsep(&rest, " "), *number = strsep(&rest, "\n");
    if (!number || lt_parse_i64(epoch, strlen(epoch), ret_epoch) < 0 ||
        lt_parse_i64(number, strlen(number), ret_number) < 0 || *ret_epoch < 1 ||
        *ret_epoch >= LT_EPOCH_MAX || *ret_number < 0)
        return lt_fail(reterr, LT_ERR_FATAL, "steward", 0, "%s: not \"epoch number\"", path);
    return 0;
}

int lt_ledger_state_read(const char *path,
                         int64_t *ret_epoch,
                         int64_t *ret_number,
                         struct lt_error *reterr)
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

int lt_ledger_state_write(struct lt_ledger *ledger, struct lt_error *reterr)
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

/* ---- start ---- */

static int refuse_empty(const struct lt_ledger *ledger, int64_t number, struct lt_error *reterr)
{
    return lt_fail(
        reterr, LT_ERR_FATAL, "steward", 0,
        "platform.control is empty, but %ld numbers were signed; if all of Kafka's data "
        "are lost: lt-steward restore-control; if not, look at [kafka] brokers; to begin "
        "anew, without any right, hold or end: remove %s and %s",
        (long)number, ledger->conf.state_file, ledger->conf.archive_file);
}

/* archived: highest number in the archive. */
static int compare_numbers(struct lt_ledger *ledger, int64_t archived, struct lt_error *reterr)
{
    int64_t epoch, number;
    if (lt_ledger_state_read(ledger->conf.state_file, &epoch, &number, reterr) < 0)
        return -1;
    const int64_t fold_epoch = lt_fold_epoch(ledger->fold);
    const int64_t highest = lt_fold_highest(ledger->fold);
    const bool new_epoch = epoch > fold_epoch && fold_epoch > 0; /* an operator has decided */
    number = new_epoch ? number : LT_MAX(number, archived);
    if (fold_epoch == 0 && number > 0)
        return refuse_empty(ledger, number, reterr);
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

static bool folds_equal(const struct lt_fold *a, const struct lt_fold *b)
{
    uint8_t left[32], right[32];
    lt_fold_digest(a, left);
    lt_fold_digest(b, right);
    return memcmp(left, right, sizeof(left)) == 0;
}

/* Many records that others have replaced: the file is written anew. */
static bool is_overgrown(const struct lt_archive *archive)
{
    return archive->records > 1000 + 4 * lt_fold_record_count(archive->fold);
}

/* What control holds is the truth: the archive's open batch came to be or is void; an archive that
 * differs otherwise (none was kept yet, an old one was put back, a loss was accepted) is written
 * anew. */
static int
follow_fold(const struct lt_ledger *ledger, struct lt_archive *archive, struct lt_error *reterr)
{
    const char *path = ledger->conf.archive_file;
    const bool was_open = archive->open_count > 0;
    if (archive->whole < archive->size && lt_file_cut(path, archive->whole, reterr) < 0)
        return -1;
    if (folds_equal(archive->fold, ledger->fold) && !is_overgrown(archive))
        return was_open ? lt_archive_end(path, false, reterr) : 0;
    if (was_open && lt_archive_take_open(archive, NULL) == 0 &&
        folds_equal(archive->fold, ledger->fold))
        return lt_archive_end(path, true, reterr);
    lt_log(LT_LOG_NOTICE, "archive_written_anew", "records",
           lt_logf("%zu", lt_fold_record_count(ledger->fold)), "before",
           lt_logf("%zu", archive->records), NULL);
    return lt_archive_write(path, ledger->fold, reterr);
}

int lt_ledger_compare(struct lt_ledger *ledger, struct lt_error *reterr)
{
    struct lt_archive archive;
    struct lt_error err = {0};
    int rc = lt_archive_load(ledger->conf.archive_file, ledger->public_key, &archive, &err);
    if (rc < 0 && err.class == LT_ERR_REJECT) { /* control is there, and will do */
        lt_log_error(LT_LOG_ERROR, "archive_damaged", &err, NULL);
        rc = 0;
    }
    if (rc == 0)
        rc = compare_numbers(ledger, lt_fold_highest(archive.fold), &err);
    if (rc == 0 && follow_fold(ledger, &archive, &err) < 0) {
        err.class = LT_ERR_RETRY;
        rc = -1;
    }
    lt_archive_fini(&archive);
    if (rc < 0 && reterr)
        *reterr = err;
    return rc;
}
