/*
 * lt-routing: reads each feed once, decides and shapes every delivery, exactly once.  Two lanes in
 * two threads; each is its own writer and shares nothing with the other but the wish to start over.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "routing/shell.h"

#define IDLE_MS      20
#define PAUSE_MIN_MS 50
#define PAUSE_MAX_MS 5000
#define AWAY_MAX_MS  1500 /* a cluster that is back is used at once */

static const char usage[] =
    "usage: lt-routing --config FILE [--check-config | --print-config]\n"
    "\n"
    "Routes the changes of data services into the streams of those who\n"
    "have the right to them.  Exit status 3: another lt-routing took over.\n";

struct runner {
    enum lane_id id;
    struct lt_shell *shell;
    atomic_uint *restarts; /* of both lanes, by id */
    struct lt_routing_metrics metrics;
};

/* How the process ends; EXIT_SUCCESS: as asked. */
static atomic_int end_status;

/* A server that does not answer keeps nobody from stopping: what is stored is whole. */
static int overdue(void)
{
    lt_log(LT_LOG_WARN, "stop_overdue", "hint", "a broker does not answer", NULL);
    return atomic_load(&end_status);
}

static void leave(struct runner *runner, const struct lt_error *err)
{
    bool fenced = lt_bus_is_fenced(err);
    lt_log_error(LT_LOG_ERROR, fenced ? "lane_fenced" : "lane_stopped", err, "lane",
                 lt_lane_name(runner->id), "hint",
                 fenced ? "another lt-routing has taken over this bucket" : NULL, NULL);
    atomic_store(&end_status, fenced ? LT_EXIT_TAKEN_OVER : EXIT_FAILURE);
    lt_stop();
}

static int64_t start_over(struct runner *runner, const struct lt_error *err, int64_t pause_ms)
{
    uint64_t random = (uint64_t)lt_now() ^ (uintptr_t)runner;
    int64_t most_ms = err->class == LT_ERR_RETRY ? AWAY_MAX_MS : PAUSE_MAX_MS;
    pause_ms = lt_backoff_ms(pause_ms, PAUSE_MIN_MS, most_ms, lt_random_next(&random));
    lt_log_error(LT_LOG_WARN, "lane_starts_over", err, "lane", lt_lane_name(runner->id), "in",
                 lt_logf("%lld ms", (long long)pause_ms), NULL);
    lt_stop_wait(pause_ms);
    return pause_ms;
}

static void *run_lane(void *arg)
{
    struct runner *runner = arg;
    unsigned seen = atomic_load(&runner->restarts[runner->id]);
    int64_t pause_ms = 0;
    while (!lt_stopping()) {
        unsigned asked = atomic_load(&runner->restarts[runner->id]);
        if (asked != seen)
            lt_lane_restart(runner->shell->lane);
        seen = asked;
        struct lt_error err = {0};
        switch (lt_shell_step(runner->shell, &err)) {
        case LANE_WORKED:
            if (lt_lane_is_running(runner->shell->lane))
                pause_ms = 0;
            break;
        case LANE_IDLE:
            lt_stop_wait(IDLE_MS);
            break;
        case LANE_BOTH:
            atomic_fetch_add(&runner->restarts[!runner->id], 1);
            pause_ms = start_over(runner, &err, pause_ms);
            break;
        case LANE_AGAIN:
            pause_ms = start_over(runner, &err, pause_ms);
            break;
        case LANE_STOP:
            leave(runner, &err);
            return NULL;
        }
    }
    return NULL;
}

static int route(const struct lt_routing_conf *conf,
                 const struct lt_conf_extra *extra,
                 struct runner runners[2],
                 struct lt_error *reterr)
{
    static atomic_uint restarts[2];
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        runners[i].restarts = restarts;
        runners[i].shell = lt_shell_new(runners[i].id, conf, extra, &runners[i].metrics, reterr);
        if (!runners[i].shell)
            return -1;
    }
    for (int i = 0; i < 2; i++)
        lt_assert(pthread_create(&threads[i], NULL, run_lane, &runners[i]) == 0);
    lt_notify("READY=1");
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    lt_notify("STOPPING=1");
    return atomic_load(&end_status);
}

static int
run(const struct lt_routing_conf *conf, const struct lt_conf_extra *extra, struct lt_error *reterr)
{
    static struct runner runners[2];
    if (lt_log_conf_start(&conf->log, "lt-routing", reterr) < 0)
        return -1;
    lt_daemon_signals();
    lt_stop_within(LT_STOP_MS, overdue);
    for (int i = 0; i < 2; i++) {
        runners[i].id = (enum lane_id)i;
        lt_routing_metrics_register(&runners[i].metrics, (enum lane_id)i);
    }
    if (lt_metrics_start(conf->metrics_file, reterr) < 0)
        return -1;
    int rc = route(conf, extra, runners, reterr);
    for (int i = 0; i < 2; i++)
        lt_shell_free(runners[i].shell);
    lt_metrics_stop();
    return rc;
}

int main(int argc, char **argv)
{
    struct lt_daemon_options options = {0};
    struct lt_routing_conf conf = {0};
    struct lt_conf_extra extra = {0};
    struct lt_error err = {0};
    lt_daemon_arguments(argc, argv, "lt-routing", usage, &lt_routing_conf_table, &options);
    if (lt_conf_load(&lt_routing_conf_table, options.config_path, &conf, &extra, &err) < 0) {
        fprintf(stderr, "lt-routing: %s\n", err.msg);
        return EXIT_FAILURE;
    }
    int rc = 0;
    if (options.print_config)
        lt_conf_print(&lt_routing_conf_table, &conf, stdout);
    else if (!options.check_config)
        rc = run(&conf, &extra, &err);
    if (rc < 0)
        lt_log_error(LT_LOG_ERROR, "stopped", &err, NULL);
    lt_conf_unload(&lt_routing_conf_table, &conf, &extra);
    return rc < 0 ? EXIT_FAILURE : rc;
}
