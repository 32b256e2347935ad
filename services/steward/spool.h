/**
 * @file
 * The spool: commands come in as files and are answered by files (architecture 5).
 *
 *   in/NAME.json       asked: taken in bytewise order of NAME
 *   out/NAME.json      answered
 *   journal/NAME.json  what the steward is about to commit for NAME, written before it does
 *   tmp/               where the asker writes before it renames into in/
 *
 * The journal makes a command take effect once: after a crash its entry tells whether control holds
 * the command's last record already.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <jansson.h>

#define LT_SPOOL_NAME_MAX    80
#define LT_SPOOL_COMMAND_MAX (16u << 20)

struct lt_spool {
    const char *directory;
};
/** Makes the directories (mode 0770). */
int lt_spool_open(const struct lt_spool *spool, struct lt_error *reterr) LT_MUST_CHECK;
/** 1 and the oldest command's name, 0: none waits, -1. */
int lt_spool_next(const struct lt_spool *spool,
                  char ret_name[LT_SPOOL_NAME_MAX],
                  struct lt_error *reterr) LT_MUST_CHECK;
int lt_spool_read(const struct lt_spool *spool,
                  const char *name,
                  struct lt_buf *ret,
                  struct lt_error *reterr) LT_MUST_CHECK;
/** Writes the answer, then removes command and journal entry, in this order. */
int lt_spool_answer(const struct lt_spool *spool,
                    const char *name,
                    const json_t *answer,
                    struct lt_error *reterr) LT_MUST_CHECK;

/** What a command is about to commit. */
struct lt_journal {
    char key[128];   /**< of its last control record */
    char sha256[65]; /**< hex, of that record's bytes */
    json_t *answer;  /**< owned: the answer when it is committed */
};
int lt_spool_journal_write(const struct lt_spool *spool,
                           const char *name,
                           const struct lt_journal *journal,
                           struct lt_error *reterr) LT_MUST_CHECK;
/** 1 found (json_decref(answer)), 0 none, -1. */
int lt_spool_journal_read(const struct lt_spool *spool,
                          const char *name,
                          struct lt_journal *ret,
                          struct lt_error *reterr) LT_MUST_CHECK;
