/*
 * lt-steward: the one signer of control, the one maker of topics and rights.  Listens to nobody.
 */
#include "steward/steward.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: lt-steward [restore-control] --config FILE [--check-config | --print-config]\n"
    "\n"
    "Signs control records, makes topics and rights follow them, issues certificates.\n"
    "Commands come in through the spool directory.\n"
    "  restore-control  all of Kafka's data are lost: puts what was signed into a new, empty\n"
    "                   cluster, then ends\n";

#define RESTORE "restore-control"

static int restore(struct lt_steward *steward, struct lt_error *reterr)
{
    if (lt_log_conf_start(&steward->conf.log, "lt-steward", reterr) < 0)
        return -1;
    int rc = lt_steward_init(steward, reterr);
    if (rc == 0)
        rc = lt_steward_restore(steward, reterr);
    lt_steward_fini(steward);
    return rc;
}

/* A server that does not answer keeps nobody from stopping: what is stored is whole. */
static int overdue(void)
{
    lt_log(LT_LOG_WARN, "stop_overdue", "hint", "a broker does not answer", NULL);
    return EXIT_SUCCESS;
}

static int run(struct lt_steward *steward, struct lt_error *reterr)
{
    if (lt_log_conf_start(&steward->conf.log, "lt-steward", reterr) < 0)
        return -1;
    lt_daemon_signals();
    lt_stop_within(LT_STOP_MS, overdue);
    lt_steward_metrics_register(&steward->metrics);
    if (lt_metrics_start(steward->conf.metrics_file, reterr) < 0)
        return -1;
    int rc = lt_steward_init(steward, reterr);
    if (rc == 0)
        rc = lt_steward_serve(steward, reterr);
    lt_steward_fini(steward);
    lt_metrics_stop();
    return rc;
}

/* Before or behind the options; true: restore-control. */
static bool read_arguments(int argc, char **argv, struct lt_daemon_options *options)
{
    const int shift = argc > 1 && argv[1][0] != '-';
    const int next = shift + lt_daemon_arguments(argc - shift, argv + shift, "lt-steward", usage,
                                                 &lt_steward_conf_table, options);
    const char *name = shift ? argv[1] : next < argc ? argv[next] : NULL;
    const int named = next + (!shift && name);
    if (named == argc && (!name || strcmp(name, RESTORE) == 0))
        return name != NULL;
    fputs(usage, stderr);
    exit(64);
}

int main(int argc, char **argv)
{
    struct lt_daemon_options options = {0};
    struct lt_error err = {0};
    struct lt_steward steward = {0};
    const bool restoring = read_arguments(argc, argv, &options);
    if (lt_conf_load(&lt_steward_conf_table, options.config_path, &steward.conf, &steward.extra,
                     &err) < 0) {
        fprintf(stderr, "lt-steward: %s\n", err.msg);
        return EXIT_FAILURE;
    }
    if (options.print_config)
        lt_conf_print(&lt_steward_conf_table, &steward.conf, stdout);
    int rc = 0;
    if (!options.print_config && !options.check_config) {
        rc = restoring ? restore(&steward, &err) : run(&steward, &err);
        if (rc < 0)
            lt_log_error(LT_LOG_ERROR, restoring ? "not_restored" : "stopped", &err, NULL);
        else if (!restoring)
            lt_log(LT_LOG_NOTICE, "stopped", NULL);
    }
    lt_conf_unload(&lt_steward_conf_table, &steward.conf, &steward.extra);
    return rc == 0 ? EXIT_SUCCESS : lt_bus_is_fenced(&err) ? LT_EXIT_TAKEN_OVER : EXIT_FAILURE;
}
