/*
 * lt-provider-postgres plan|check|run --config FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/daemon.h"
#include "provider-postgres/check.h"
#include "provider-postgres/plan.h"
#include "provider-postgres/provider_conf.h"
#include "provider-postgres/provider_metrics.h"
#include "provider-postgres/retry.h"
#include "provider-postgres/run.h"

#define PROGRAM "lt-provider-postgres"

#define STEADY_MS 30000 /* a run that lasted so long is no failed start */

static const char usage[] =
    "usage: lt-provider-postgres [OPTION]... plan|check|run\n"
    "Publishes the changes of a PostgreSQL database to the feeds of its data services.\n"
    "  plan    print the SQL that the database's administrator and owner run, and how to undo it\n"
    "  check   look for everything that would keep the feeds from running\n"
    "  run     follow the database until stopped\n"
    "A command may come before or after the options.\n";

static int open_provider(struct provider *p,
                         const struct provider_conf *conf,
                         const struct lt_conf_extra *extra,
                         struct lt_error *reterr)
{
    uint8_t key[LT_SIGN_KEY_BYTES];
    p->conf = conf;
    p->bus = lt_kafka_conf_bus(&conf->kafka, extra, PROGRAM, conf->transaction_ms);
    lt_topic_progress(conf->source, p->progress_topic);
    if (lt_control_key_read_public(conf->public_key_file, key, reterr) != 0) {
        return -1;
    }
    p->inbox = inbox_new(conf->application, key);
    return 0;
}

static void pause_before_next(struct provider *p, const struct lt_error *why, int64_t lasted_ms)
{
    uint64_t random = (uint64_t)lt_now();
    int64_t last = lasted_ms >= STEADY_MS ? 0 : p->retry_ms;
    p->retry_ms = retry_wait_ms(why, last, p->conf->restart_wait_ms, lt_random_next(&random));
    lt_stop_wait(p->retry_ms);
}

/* One run and its end.  0: go on; -1: the process ends. */
static int one_run(struct provider *p, struct lt_error *reterr)
{
    struct run run;
    int64_t started = lt_monotonic_ms();
    int rc = run_start(&run, p, reterr);
    if (rc == 0) {
        rc = run_follow(&run, reterr);
    }
    run_end(&run);
    if (rc == 0) {
        p->retry_ms = 0;
        return 0;
    }
    if (lt_stopping()) {
        return 0;
    }
    bool hopeless = retry_is_hopeless(reterr);
    bool waits = lt_bus_is_denied(reterr);
    lt_log_error(hopeless ? LT_LOG_ERROR : LT_LOG_WARN, waits ? "waiting_for_rights" : "run_ended",
                 reterr, "hint",
                 waits ? "the steward gives them when a data service of this source is declared"
                       : NULL,
                 NULL);
    if (hopeless) {
        return -1;
    }
    pause_before_next(p, reterr, lt_monotonic_ms() - started);
    return 0;
}

/* A server that does not answer keeps nobody from stopping: what is stored is whole. */
static int overdue(void)
{
    lt_log(LT_LOG_WARN, "stop_overdue", "hint", "a broker or the database does not answer", NULL);
    return 0;
}

static int run_until_stopped(struct provider *p, struct lt_error *reterr)
{
    lt_daemon_signals();
    lt_stop_within(LT_STOP_MS, overdue);
    provider_metrics_register();
    if (lt_metrics_start(p->conf->metrics_file, reterr) != 0) {
        return -1;
    }
    lt_log(LT_LOG_NOTICE, "started", "version", LT_VERSION, "source", p->conf->source, NULL);
    lt_notify("READY=1");
    int rc = 0;
    while (rc == 0 && !lt_stopping()) {
        rc = one_run(p, reterr);
    }
    lt_notify("STOPPING=1");
    lt_metrics_stop();
    lt_log(LT_LOG_NOTICE, "stopped", NULL);
    return rc;
}

static int command(struct provider *p, const char *name, struct lt_error *reterr)
{
    if (strcmp(name, "run") == 0) {
        return run_until_stopped(p, reterr);
    }
    if (strcmp(name, "plan") == 0) {
        return plan_print(p, stdout, reterr);
    }
    return check_print(p, stdout, reterr);
}

static const char *read_arguments(int argc, char **argv, struct lt_daemon_options *options)
{
    static const char *const commands[] = {"plan", "check", "run"};
    const char *name = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
    int shift = name != NULL ? 1 : 0;
    int next = shift + lt_daemon_arguments(argc - shift, argv + shift, PROGRAM, usage,
                                           &provider_conf_table, options);
    if (name == NULL && next < argc) {
        name = argv[next++];
    }
    for (size_t i = 0; name != NULL && next == argc && i < LT_COUNT(commands); i++) {
        if (strcmp(name, commands[i]) == 0) {
            return name;
        }
    }
    if (options->check_config || options->print_config) {
        return "check";
    }
    fputs(usage, stderr);
    exit(64);
}

int main(int argc, char **argv)
{
    struct lt_daemon_options options = {0};
    struct provider_conf conf = {0};
    struct lt_conf_extra extra = {0};
    struct provider provider = {0};
    struct lt_error err = {0};
    const char *name = read_arguments(argc, argv, &options);
    int rc = lt_conf_load(&provider_conf_table, options.config_path, &conf, &extra, &err);
    rc = rc == 0 ? provider_conf_check(&conf, &err) : rc;
    if (rc == 0 && options.print_config) {
        lt_conf_print(&provider_conf_table, &conf, stdout);
    }
    if (rc == 0 && !options.print_config && !options.check_config) {
        rc = lt_log_conf_start(&conf.log, PROGRAM, &err);
        rc = rc == 0 ? open_provider(&provider, &conf, &extra, &err) : rc;
        rc = rc == 0 ? command(&provider, name, &err) : rc;
    }
    if (rc != 0 && err.msg[0] != '\0') {
        fprintf(stderr, "%s: %s\n", PROGRAM, err.msg);
    }
    inbox_free(provider.inbox);
    lt_conf_unload(&provider_conf_table, &conf, &extra);
    return rc == 0 ? 0 : lt_bus_is_fenced(&err) ? LT_EXIT_TAKEN_OVER : 1;
}
