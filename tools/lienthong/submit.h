/**
 * @file
 * Hands a command to the steward and waits until its effect shows in what routing has committed.
 */
#pragma once

#include "lienthong/cli.h"
#include "lienthong/effect.h"
#include "lienthong/spool.h"

/** One command on its way. */
struct lt_cli_errand {
    struct lt_cli_answer answer;
    int64_t started_ms; /**< monotonic, when it was put into the spool */
};
void lt_cli_errand_fini(struct lt_cli_errand *errand);

/** Submits (takes the command) and waits for the steward's answer.  0, or the exit code after
 * printing what is wrong. */
int lt_cli_submit(struct lt_cli *cli, json_t *command, struct lt_cli_errand *ret);

/** "0.21 s" / "0,21 giây" since the errand began. */
const char *lt_cli_elapsed(const struct lt_cli *cli,
                           const struct lt_cli_errand *errand,
                           char buf[LT_CLI_WHEN_MAX]);

/** Waits at most --wait until the wish shows for the object.  0 and *ret: it does.
 * LT_CLI_EXIT_PENDING after saying what is still waiting, at once and without Kafka when --wait is
 * 0s; others after printing what is wrong. */
int lt_cli_await(struct lt_cli *cli,
                 const struct lt_cli_errand *errand,
                 enum lt_cli_wish wish,
                 const char *object,
                 struct lt_cli_effect *ret);
