/*
 * lt-consumer-postgres: streams into tables of a target database, exactly once; views that show
 * them while they are usable.
 */
#include "base/log.h"
#include "consumer-postgres/commands.h"
#include "consumer-postgres/follow.h"
#include "consumer-postgres/report.h"
#include "daemon/daemon.h"

#include <stdio.h>
#include <string.h>

#define PROGRAM    "lt-consumer-postgres"
#define USAGE_EXIT 64

static const char usage[] =
    "Usage: " PROGRAM " run|plan|check|status --config FILE\n"
    "\n"
    "Keeps synchronised copies of what the platform delivers to one application in a PostgreSQL\n"
    "database, and lets applications read them through views for as long as they may be used.\n"
    "\n"
    "  run      follow the streams\n"
    "  plan     print the SQL that an administrator runs first, and how to undo it\n"
    "  check    look whether everything is ready\n"
    "  status   print what each copy is worth\n";

/* A server that does not answer keeps nobody from stopping: what is stored is whole. */
static int overdue(void)
{
    lt_log(LT_LOG_WARN, "stop_overdue", "hint", "a broker or the database does not answer", NULL);
    return lt_stop_asked() ? 0 : 1;
}

static int run(const struct lt_consumer_conf *conf)
{
    struct lt_error err = {0};
    struct lt_follow_metrics follow_metrics;
    struct lt_report_metrics report_metrics;
    if (lt_log_conf_start(&conf->log, PROGRAM, &err)) {
        fprintf(stderr, PROGRAM ": %s\n", err.msg);
        return 1;
    }
    lt_daemon_signals();
    lt_stop_within(LT_STOP_MS, overdue);
    lt_follow_metrics_register(&follow_metrics);
    lt_report_metrics_register(&report_metrics);
    if (lt_metrics_start(conf->metrics_file, &err)) {
        lt_log_error(LT_LOG_ERROR, "cannot_start", &err, NULL);
        return 1;
    }
    lt_log(LT_LOG_NOTICE, "started", "application", conf->application, "version", LT_VERSION, NULL);
    struct lt_reporter *reporter = lt_report_start(conf, &report_metrics);
    const int rc = lt_follow_run(conf, &follow_metrics, &err);
    lt_stop();
    const bool fenced = lt_report_join(reporter);
    lt_metrics_stop();
    lt_log(LT_LOG_NOTICE, "stopped", "reason", rc ? err.msg : fenced ? "replaced" : "asked", NULL);
    return fenced ? LT_EXIT_TAKEN_OVER : rc ? 1 : 0;
}

static int run_command(const char *command, const struct lt_consumer_conf *conf)
{
    if (strcmp(command, "run") == 0)
        return run(conf);
    if (strcmp(command, "plan") == 0)
        return lt_command_plan(conf);
    if (strcmp(command, "check") == 0)
        return lt_command_check(conf);
    if (strcmp(command, "status") == 0)
        return lt_command_status(conf);
    fprintf(stderr, PROGRAM ": unknown command '%s'; see " PROGRAM " --help\n", command);
    return USAGE_EXIT;
}

int main(int argc, char **argv)
{
    struct lt_daemon_options options = {0};
    struct lt_consumer_conf conf;
    struct lt_error err = {0};
    /* The command may stand before the options. */
    const bool leads = argc > 1 && argv[1][0] != '-';
    const int skip = leads ? 1 : 0;
    const int next = skip + lt_daemon_arguments(argc - skip, argv + skip, PROGRAM, usage,
                                                &lt_consumer_conf_table, &options);
    const char *command = leads ? argv[1] : next < argc ? argv[next] : "run";
    if (next + (leads || next == argc ? 0 : 1) != argc) {
        fprintf(stderr, "%s", usage);
        return USAGE_EXIT;
    }
    if (lt_consumer_conf_load(options.config_path, &conf, &err)) {
        fprintf(stderr, PROGRAM ": %s\n", err.msg);
        return 1;
    }
    int rc = 0;
    if (options.print_config)
        lt_conf_print(&lt_consumer_conf_table, &conf, stdout);
    else if (!options.check_config)
        rc = run_command(command, &conf);
    lt_consumer_conf_unload(&conf);
    return rc;
}
