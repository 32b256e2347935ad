/*
 * lt-steward: the one signer of control, the one maker of topics and rights.  Listens to nobody.
 */
#include "steward/steward.h"

#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: lt-steward --config FILE [--check-config | --print-config]\n"
    "\n"
    "Signs control records, makes topics and rights follow them, issues certificates.\n"
    "Commands come in through the spool directory.\n";

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

int main(int argc, char **argv)
{
    struct lt_daemon_options options;
    struct lt_error err = {0};
    struct lt_steward steward = {0};
    lt_daemon_arguments(argc, argv, "lt-steward", usage, &lt_steward_conf_table, &options);
    if (lt_conf_load(&lt_steward_conf_table, options.config_path, &steward.conf, &steward.extra,
                     &err) < 0) {
        fprintf(stderr, "lt-steward: %s\n", err.msg);
        return EXIT_FAILURE;
    }
    if (options.print_config)
        lt_conf_print(&lt_steward_conf_table, &steward.conf, stdout);
    int rc = 0;
    if (!options.print_config && !options.check_config) {
        rc = run(&steward, &err);
        if (rc < 0)
            lt_log_error(LT_LOG_ERROR, "stopped", &err, NULL);
        else
            lt_log(LT_LOG_NOTICE, "stopped", NULL);
    }
    lt_conf_unload(&lt_steward_conf_table, &steward.conf, &steward.extra);
    return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
