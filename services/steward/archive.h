/**
 * @file
 * The archive: every control record that the steward signs, in a file of its own, kept apart from
 * Kafka's data, so that rights, holds and ends outlive the loss of the whole cluster.  One thread.
 *
 * Text, one line a statement, fsynced line group by line group:
 *
 *   lienthong-control-archive 1
 *   batch 2                         what is about to be committed in one transaction, 2 records
 *   hold/ho000001 AWx1...           key and signed bytes, base64
 *   connection/cn000001 AZg0...
 *   committed                       it can be read in platform.control; or "void": it never came
 *
 * A batch stands here before its transaction is sent: what anybody can have read is here.  A batch
 * without an end is one whose outcome nobody knew yet; only the last one can be.  An entry cut
 * short at the end of the file was never sent.  Records carry their own signatures; nothing else is
 * trusted.
 */
#pragma once

#include "control/control.h"

struct lt_archive_record {
    const char *key;
    struct lt_bytes wire;
};
struct lt_archive {
    struct lt_fold *fold;           /**< of all batches that were committed */
    struct lt_archive_record *open; /**< the last batch, while its outcome is not known */
    size_t open_count;
    size_t records; /**< in the file, also those that others have replaced */
    size_t whole;   /**< bytes up to the end of the last entry that is not cut short */
    size_t size;
    struct lt_arena *arena;
};
/** Reads the file; one that is not there is an empty archive.  REJECT: damaged, with the line;
 * FATAL: cannot be read.  lt_archive_fini() releases, also after a failure. */
int lt_archive_load(const char *path,
                    const uint8_t public_key[LT_SIGN_KEY_BYTES],
                    struct lt_archive *ret,
                    struct lt_error *reterr) LT_MUST_CHECK;
void lt_archive_fini(struct lt_archive *archive);
/** The open batch counts as committed: taken into the fold. */
int lt_archive_take_open(struct lt_archive *archive, struct lt_error *reterr) LT_MUST_CHECK;

/** Notes what is about to be sent. */
int lt_archive_begin(const char *path,
                     const struct lt_archive_record *records,
                     size_t count,
                     struct lt_error *reterr) LT_MUST_CHECK;
/** Notes what became of the batch begun last. */
int lt_archive_end(const char *path, bool committed, struct lt_error *reterr) LT_MUST_CHECK;
/** Replaces the file by one that holds exactly this fold. */
int lt_archive_write(const char *path,
                     const struct lt_fold *fold,
                     struct lt_error *reterr) LT_MUST_CHECK;
/** All records of a fold in the order of their numbers: an array of lt_fold_record_count(), with
 * room for one more, to be freed; keys and bytes belong to the fold. */
struct lt_archive_record *lt_archive_records(const struct lt_fold *fold);
