/**
 * @file
 * A real lt-steward against the real broker of tests/integration/run: keys, rights, configuration,
 * process, spool.  Everything lives under LT_TEST_DIR/<name>.
 */
#pragma once

#include "control/control.h"
#include "support/kafka.h"

#include <jansson.h>
#include <sys/types.h>

struct steward_process {
    const char *dir; /**< of its own */
    uint8_t private_key[LT_SIGN_KEY_BYTES], public_key[LT_SIGN_KEY_BYTES];
    pid_t pid; /**< 0: does not run */
    int commands;
};

/** What `lienthong init` does: a key pair, the rights of lt_grants; and the configuration. */
void steward_process_init(struct steward_process *process, const char *name);
void steward_process_start(struct steward_process *process);
/** Starts it with the command restore-control. */
void steward_process_restore(struct steward_process *process);
/** SIGTERM, and waits; gives its exit status. */
int steward_process_stop(struct steward_process *process);
/** kill -9, and waits. */
void steward_process_kill(struct steward_process *process);
/** Waits until it ends by itself, at most 60 s; its exit status. */
int steward_process_wait(struct steward_process *process);
/** Does its log hold the text? */
bool steward_process_logged(const struct steward_process *process, const char *text);

/** The number after the last `text` in its log; fails the test when there is none. */
int64_t steward_process_last(const struct steward_process *process, const char *text);

/** Puts a command into the spool; gives its name. */
const char *steward_process_ask(struct steward_process *process, const char *json);
/** Waits up to 90 s for the answer; json_decref() it. */
json_t *steward_process_answer(const struct steward_process *process, const char *name);
/** Both; fails the test unless the answer is ok.  The control number. */
int64_t steward_process_do(struct steward_process *process, const char *json);
/** {"command":"apply"} of declarations. */
int64_t
steward_process_apply(struct steward_process *process, const char *const *texts, size_t count);

/** A fold of what can be read of platform.control now, by the operator; lt_fold_free(). */
struct lt_fold *steward_process_fold(const struct steward_process *process);
