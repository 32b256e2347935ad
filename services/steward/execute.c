/*
 * One command: read, plan, journal, commit, act, answer.
 *
 * Refused: answered with file, path and reason; nothing is signed.  Killed before the commit: the
 * command is taken again as if never seen.  Killed after it: the journal's entry is found in
 * control, and the command is only answered.
 */
#include "steward/steward.h"

#include "change/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_BLOCK 65536

struct execution {
    struct lt_steward *steward;
    const char *name; /* of the file */
    struct lt_command command;
    struct lt_plan plan;
    struct lt_fault fault;
    int64_t asked_ms;
};

static json_t *answer_refused(const struct lt_fault *fault, const struct lt_error *err)
{
    return json_pack("{s:b, s:s, s:s, s:s}", "ok", 0, "file", fault->file, "path", fault->path,
                     "error", err->msg);
}

static json_t *answer_done(const struct lt_plan *plan, int64_t number)
{
    return json_pack("{s:b, s:I, s:o}", "ok", 1, "number", (json_int_t)number, "objects",
                     lt_plan_objects(plan));
}

/* A spool that cannot be written is no reason to stop signing heartbeats. */
static int again_later(struct lt_error *reterr)
{
    if (reterr)
        reterr->class = LT_ERR_RETRY;
    return -1;
}

static int answer(const struct execution *execution, json_t *json, struct lt_error *reterr)
{
    lt_assert(json);
    const int rc = lt_spool_answer(&execution->steward->spool, execution->name, json, reterr);
    json_decref(json);
    return rc < 0 ? again_later(reterr) : 0;
}

static int
refuse(const struct execution *execution, const struct lt_error *err, struct lt_error *reterr)
{
    lt_metric_add(execution->steward->metrics.commands_refused, 1);
    lt_log_error(LT_LOG_NOTICE, "command_refused", err, "name", execution->name, "command",
                 execution->command.name, "author", execution->command.author, "file",
                 execution->fault.file, "path", execution->fault.path, NULL);
    return answer(execution, answer_refused(&execution->fault, err), reterr);
}

/* ---- journal ---- */

static void hex_of(struct lt_bytes wire, char hex[65])
{
    uint8_t digest[32];
    lt_sha256(wire, digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static int write_journal(void *arg,
                         const char *last_key,
                         struct lt_bytes last_wire,
                         int64_t last_number,
                         struct lt_error *reterr)
{
    const struct execution *execution = arg;
    struct lt_journal journal = {.answer = answer_done(&execution->plan, last_number)};
    snprintf(journal.key, sizeof(journal.key), "%s", last_key);
    hex_of(last_wire, journal.sha256);
    const int rc =
        lt_spool_journal_write(&execution->steward->spool, execution->name, &journal, reterr);
    json_decref(journal.answer);
    return rc < 0 ? again_later(reterr) : 0;
}

static bool in_control(const struct lt_fold *fold, const struct lt_journal *journal)
{
    char hex[65];
    const char *slash = strchr(journal->key, '/');
    for (int kind = LT_CONTROL_AGENCY; slash && kind < LT_CONTROL_HEARTBEAT; kind++) {
        const char *name = lt_control_kind_name((enum lt_control_kind)kind);
        if (strlen(name) != (size_t)(slash - journal->key) ||
            strncmp(name, journal->key, strlen(name)) != 0)
            continue;
        const struct lt_bytes wire = lt_fold_wire(fold, (enum lt_control_kind)kind, slash + 1);
        if (!wire.data)
            return false;
        hex_of(wire, hex);
        return strcmp(hex, journal->sha256) == 0;
    }
    return false;
}

/* 1 and answered when the command took effect before a crash; 0 when not; -1. */
static int answer_from_journal(const struct execution *execution, struct lt_error *reterr)
{
    struct lt_steward *steward = execution->steward;
    struct lt_journal journal;
    const int found = lt_spool_journal_read(&steward->spool, execution->name, &journal, reterr);
    if (found <= 0)
        return found < 0 ? again_later(reterr) : 0;
    if (!in_control(lt_ledger_fold(steward->ledger), &journal)) {
        json_decref(journal.answer);
        return 0;
    }
    lt_log(LT_LOG_NOTICE, "command_found_done", "name", execution->name, NULL);
    return answer(execution, journal.answer, reterr) < 0 ? -1 : 1;
}

/* ---- acts ---- */

/* The certificate is made before its right: without the right it opens nothing. */
static int make_certificate(const struct execution *execution, struct lt_error *reterr)
{
    const struct lt_steward *steward = execution->steward;
    const struct lt_command *command = &execution->command;
    const struct lt_application *application =
        lt_plan_get(&execution->plan, LT_CONTROL_APPLICATION, command->application);
    char cn[64];
    snprintf(cn, sizeof(cn), "%s.k%ld", command->application, (long)application->key_generation);
    return lt_cert_issue(&steward->authority, cn, execution->plan.now,
                         application->certificate_until, command->directory, reterr);
}

static bool cuts_off(enum lt_command_kind kind)
{
    return kind == LT_COMMAND_HOLD || kind == LT_COMMAND_REVOKE;
}

static void await_effects(const struct execution *execution)
{
    const struct lt_plan *plan = &execution->plan;
    if (!cuts_off(execution->command.kind))
        return;
    for (size_t i = 0; i < plan->count; i++) {
        const enum lt_control_kind kind = plan->items[i]->body_kind;
        if (kind == LT_CONTROL_HOLD || kind == LT_CONTROL_CONNECTION)
            lt_effects_add(execution->steward->effects, plan->items[i]->object,
                           kind == LT_CONTROL_HOLD, execution->asked_ms);
    }
}

/* Rights follow before the answer.  What fails here is tried again by the loop. */
static void act(const struct execution *execution)
{
    struct lt_steward *steward = execution->steward;
    struct lt_error err = {0};
    size_t taken = 0;
    steward->dirty = true;
    await_effects(execution);
    if (lt_steward_reconcile(steward, &taken, &err) < 0) {
        lt_log_error(LT_LOG_WARN, "reconcile_failed", &err, "command", execution->command.name,
                     NULL);
        steward->stale = true;
    }
    if (!cuts_off(execution->command.kind) || taken == 0)
        return;
    const int64_t ms = lt_monotonic_ms() - execution->asked_ms;
    lt_metric_set(steward->metrics.cut_off_ms, ms);
    lt_log(LT_LOG_INFO, "read_removed", "target", execution->command.target, "ground",
           execution->command.ground, "acls", lt_logf("%zu", taken), "milliseconds",
           lt_logf("%ld", (long)ms), NULL);
}

static int commit_and_answer(struct execution *execution, struct lt_error *reterr)
{
    struct lt_steward *steward = execution->steward;
    if (lt_ledger_commit(steward->ledger, &execution->plan, write_journal, execution, reterr) < 0) {
        if (reterr)
            reterr->class = reterr->class == LT_ERR_FATAL ? LT_ERR_FATAL : LT_ERR_ABORT;
        return -1;
    }
    const int64_t number = lt_fold_highest(lt_ledger_fold(steward->ledger));
    lt_metric_add(steward->metrics.commands, 1);
    lt_metric_set(steward->metrics.number, number);
    lt_log(LT_LOG_INFO, "command_done", "name", execution->name, "command", execution->command.name,
           "author", execution->command.author, "records", lt_logf("%zu", execution->plan.count),
           "number", lt_logf("%ld", (long)number), NULL);
    json_t *done = answer_done(&execution->plan, number);
    act(execution);
    return answer(execution, done, reterr);
}

/* Reads and plans; REJECT is the command's fault. */
static int plan_command(struct execution *execution, struct lt_arena *arena, struct lt_error *err)
{
    struct lt_steward *steward = execution->steward;
    const struct lt_reading reading = {.arena = arena, .fault = &execution->fault, .err = err};
    struct lt_buf text = {0};
    int rc = lt_spool_read(&steward->spool, execution->name, &text, err);
    if (rc == 0)
        rc = lt_command_read(&reading, (const char *)text.data, text.len, &execution->command);
    lt_buf_fini(&text);
    if (rc == 0)
        rc = lt_plan_command(&execution->plan, &reading, &execution->command, &steward->settings);
    if (rc == 0 && execution->command.kind == LT_COMMAND_ISSUE)
        rc = make_certificate(execution, err);
    return rc;
}

static int execute(struct execution *execution, struct lt_error *reterr)
{
    const int done = answer_from_journal(execution, reterr);
    if (done != 0)
        return done < 0 ? -1 : 0;
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(COMMAND_BLOCK);
    struct lt_error err = {0};
    lt_plan_init(&execution->plan, lt_ledger_fold(execution->steward->ledger), arena, lt_now());
    const int rc = plan_command(execution, arena, &err) < 0 ? refuse(execution, &err, reterr)
                                                            : commit_and_answer(execution, reterr);
    lt_plan_fini(&execution->plan);
    lt_command_fini(&execution->command);
    return rc;
}

int lt_steward_execute(struct lt_steward *steward, struct lt_error *reterr)
{
    char name[LT_SPOOL_NAME_MAX];
    struct execution execution = {.steward = steward, .name = name, .asked_ms = lt_monotonic_ms()};
    const int found = lt_spool_next(&steward->spool, name, reterr);
    if (found <= 0)
        return found;
    return execute(&execution, reterr) < 0 ? -1 : 1;
}
