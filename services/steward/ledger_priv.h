/**
 * @file
 * Inside of the ledger.  For its own files only.
 */
#pragma once

#include "steward/archive.h"
#include "steward/ledger.h"

#define LT_LEDGER_TIMEOUT_MS 70000

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

struct lt_signed_record {
    char key[LT_CONTROL_KEY_MAX];
    struct lt_buf wire;
};

/* ledger.c */
/** Fences older holders of our id, ends what they left open, reads control into a new fold. */
int lt_ledger_read(struct lt_ledger *ledger,
                   const char *const *inboxes,
                   size_t inbox_count,
                   struct lt_error *reterr) LT_MUST_CHECK;
/** Signs the heartbeat of the fold as it is now, and takes it. */
int lt_ledger_sign_heartbeat(struct lt_ledger *ledger,
                             int64_t number,
                             struct lt_signed_record *out,
                             struct lt_error *reterr) LT_MUST_CHECK;
/** One transaction into platform.control; returns when it can be read. */
int lt_ledger_send(struct lt_ledger *ledger,
                   const struct lt_archive_record *records,
                   size_t count,
                   struct lt_error *reterr) LT_MUST_CHECK;

/* ledger_state.c */
/** 0 and 0 when there is no state file: the first start. */
int lt_ledger_state_read(const char *path,
                         int64_t *ret_epoch,
                         int64_t *ret_number,
                         struct lt_error *reterr) LT_MUST_CHECK;
/** Writes epoch and number, when they differ from what was written last. */
int lt_ledger_state_write(struct lt_ledger *ledger, struct lt_error *reterr) LT_MUST_CHECK;
/** Takes epoch and number to go on with, or refuses to; then the archive follows the fold. */
int lt_ledger_compare(struct lt_ledger *ledger, struct lt_error *reterr) LT_MUST_CHECK;
