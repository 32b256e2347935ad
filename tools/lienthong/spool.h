/**
 * @file
 * The way to the steward: a command is a file in its spool, the answer is a file beside it
 * (architecture 5).  Parsing is pure; the rest touches only the spool directory.
 *
 *   SPOOL/tmp/NAME.json  being written     NAME = microseconds since 1970, 16 digits, "-", pid:
 *   SPOOL/in/NAME.json   asked             the steward takes commands in this order
 *   SPOOL/out/NAME.json  answered
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"

#include <jansson.h>

#define LT_CLI_SPOOL_NAME_MAX 48

struct lt_cli_answer {
    bool ok;
    int64_t number; /**< control number of the last record signed, 0: none */
    char **objects; /**< ids made or changed */
    size_t object_count;
    char *file, *path, *error; /**< when not ok; file and path may be empty */
};
/** Parses an answer.  LT_ERR_FATAL when it is none. */
int lt_cli_answer_parse(struct lt_bytes text,
                        struct lt_cli_answer *ret,
                        struct lt_error *reterr) LT_MUST_CHECK;
void lt_cli_answer_fini(struct lt_cli_answer *answer);
/** "file: path: text" with what there is of it. */
void lt_cli_answer_error(const struct lt_cli_answer *answer, struct lt_buf *out);

/** Puts a command (borrowed) into the spool.  The name is written to ret_name. */
int lt_cli_spool_put(const char *spool,
                     const json_t *command,
                     lt_time now,
                     char ret_name[LT_CLI_SPOOL_NAME_MAX],
                     struct lt_error *reterr) LT_MUST_CHECK;
/** Waits for the answer and takes it out of the spool.  LT_ERR_RETRY: none within timeout_ms; the
 * command stays in the spool. */
int lt_cli_spool_wait(const char *spool,
                      const char *name,
                      int64_t timeout_ms,
                      struct lt_cli_answer *ret,
                      struct lt_error *reterr) LT_MUST_CHECK;
