/*
 * Kafka's data are lost as a whole: control comes back from the archive.
 *
 *   read the archive -> does it reach as far as the state file? -> fence, read control: it must be
 *   empty -> note the next epoch -> all records as they were signed, and a heartbeat of that epoch,
 *   in one transaction
 *
 * The last batch, when its commit had not been confirmed: somebody may have read it, and a hold
 * that was ever in force must not be missing; somebody had asked for it, and nobody was refused. So
 * it is in force now.
 *
 * Killed before the commit: an epoch is used up, nothing else happened.  Killed after it: control
 * is there, and a second call says so.
 */
#include "steward/ledger_priv.h"

#include "base/file.h"

#include <stdlib.h>

static int check_archive(const struct lt_ledger *ledger,
                         const struct lt_fold *fold,
                         int64_t number,
                         struct lt_error *reterr)
{
    const char *path = ledger->conf.archive_file;
    if (lt_fold_record_count(fold) == 0)
        return lt_fail(reterr, LT_ERR_FATAL, "archive", 0,
                       "%s holds no record: there is nothing to restore", path);
    if (lt_fold_highest(fold) < number)
        return lt_fail(
            reterr, LT_ERR_FATAL, "archive", 0,
            "%s ends at number %ld, but %ld was signed: find a newer copy of it, or accept "
            "the loss by writing the number %ld into %s",
            path, (long)lt_fold_highest(fold), (long)number, (long)lt_fold_highest(fold),
            ledger->conf.state_file);
    return 0;
}

static int load_archive(struct lt_ledger *ledger,
                        struct lt_archive *archive,
                        struct lt_restored *ret,
                        struct lt_error *reterr)
{
    int64_t epoch, number;
    if (lt_ledger_state_read(ledger->conf.state_file, &epoch, &number, reterr) < 0 ||
        lt_archive_load(ledger->conf.archive_file, ledger->public_key, archive, reterr) < 0)
        return -1;
    ret->undecided = archive->open_count;
    if (lt_archive_take_open(archive, reterr) < 0 ||
        check_archive(ledger, archive->fold, number, reterr) < 0)
        return -1;
    ledger->epoch = LT_MAX(epoch, lt_fold_epoch(archive->fold)) + 1;
    ledger->number = lt_fold_highest(archive->fold);
    return 0;
}

static int check_empty(const struct lt_ledger *ledger, struct lt_error *reterr)
{
    if (lt_fold_epoch(ledger->fold) == 0)
        return 0;
    return lt_fail(reterr, LT_ERR_FATAL, "steward", 0,
                   "platform.control is not empty: it is at number %ld of epoch %ld; only what is "
                   "lost as a whole is restored",
                   (long)lt_fold_highest(ledger->fold), (long)lt_fold_epoch(ledger->fold));
}

static void
newest_time(void *arg, const char *key, const struct lt_control *control, struct lt_bytes wire)
{
    (void)key;
    (void)wire;
    lt_time *newest = arg;
    *newest = LT_MAX(*newest, control->at);
}

/* The epoch is ours before anybody can read it. */
static int note_epoch(struct lt_ledger *ledger,
                      const struct lt_signed_record *beat,
                      bool was_open,
                      struct lt_error *reterr)
{
    const char *path = ledger->conf.archive_file;
    const struct lt_archive_record record = {beat->key, lt_buf_bytes(&beat->wire)};
    if ((was_open && lt_archive_end(path, true, reterr) < 0) ||
        lt_archive_begin(path, &record, 1, reterr) < 0 || lt_archive_end(path, true, reterr) < 0)
        return -1;
    return lt_ledger_state_write(ledger, reterr);
}

static int
send(struct lt_ledger *ledger, const struct lt_fold *fold, bool was_open, struct lt_error *reterr)
{
    const size_t count = lt_fold_record_count(fold);
    struct lt_archive_record *records = lt_archive_records(fold);
    struct lt_signed_record beat = {0};
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = lt_fold_take(ledger->fold, lt_bytes_text(records[i].key), records[i].wire, reterr);
    if (rc == 0)
        rc = lt_ledger_sign_heartbeat(ledger, ledger->number, &beat, reterr);
    if (rc == 0)
        rc = note_epoch(ledger, &beat, was_open, reterr);
    if (rc == 0) {
        records[count] = (struct lt_archive_record){beat.key, lt_buf_bytes(&beat.wire)};
        rc = lt_ledger_send(ledger, records, count + 1, reterr);
    }
    lt_buf_fini(&beat.wire);
    free(records);
    return rc;
}

static int restore(struct lt_ledger *ledger,
                   const struct lt_archive *archive,
                   struct lt_restored *ret,
                   struct lt_error *reterr)
{
    if (archive->whole < archive->size &&
        lt_file_cut(ledger->conf.archive_file, archive->whole, reterr) < 0)
        return -1;
    if (lt_ledger_read(ledger, NULL, 0, reterr) < 0 || check_empty(ledger, reterr) < 0 ||
        send(ledger, archive->fold, ret->undecided > 0, reterr) < 0)
        return -1;
    ret->records = lt_fold_record_count(archive->fold);
    ret->epoch = ledger->epoch;
    ret->number = ledger->number;
    ret->newest = LT_TIME_NONE;
    lt_fold_each_record(archive->fold, newest_time, &ret->newest);
    return 0;
}

int lt_ledger_restore(struct lt_ledger *ledger, struct lt_restored *ret, struct lt_error *reterr)
{
    struct lt_archive archive = {0};
    *ret = (struct lt_restored){0};
    int rc = load_archive(ledger, &archive, ret, reterr);
    if (rc == 0)
        rc = restore(ledger, &archive, ret, reterr);
    lt_archive_fini(&archive);
    return rc;
}
