/**
 * @file
 * The life of a process: signals, stop request, metrics file, readiness.  Layer 3.
 */
#pragma once

#include "base/conf.h"
#include "base/error.h"

#include <stdatomic.h>

/** What the common options of every program say. */
struct lt_daemon_options {
    const char *config_path; /**< --config FILE */
    bool check_config, print_config;
};
/** Handles --help, --version, --help-config (print and exit 0), --config FILE, --check-config,
 * --print-config; an unknown option prints usage and exits 64.  What is not given is off, whatever
 * *ret held.  Returns the index of the first argument that is not an option. */
int lt_daemon_arguments(int argc,
                        char **argv,
                        const char *program,
                        const char *usage, /**< text of --help */
                        const struct lt_conf_table *table,
                        struct lt_daemon_options *ret);

/** Installs handlers: SIGTERM and SIGINT ask to stop (a second one exits at once), SIGPIPE is
 * ignored.  Call before threads start. */
void lt_daemon_signals(void);
bool lt_stopping(void);   /**< any thread */
bool lt_stop_asked(void); /**< by a signal; any thread */
void lt_stop(void);       /**< asks the process to stop; any thread */
/** Once stopping, the process has that long to end by itself.  Then a thread of its own calls
 * overdue(), which may log, and the process ends with the exit status that it gives, whatever
 * hangs: a call on a server that does not answer may take a minute, and what is stored is whole at
 * any moment (protocol 4).  Once, after lt_daemon_signals(). */
#define LT_STOP_MS 10000
void lt_stop_within(int64_t ms, int (*overdue)(void));
/** Exit status of a program whose transactional id another process has taken, or whose transaction
 * the broker timed out.  Its unit starts it again, a few times only: two that run at once come to
 * rest. */
#define LT_EXIT_TAKEN_OVER 3
/** Sleeps up to ms, returning early (true) when stopping. */
bool lt_stop_wait(int64_t ms);
/** Tells systemd (NOTIFY_SOCKET) "READY=1" or the like; nothing without it. */
void lt_notify(const char *state);

/**
 * Metrics: named counters and gauges, written as a Prometheus text file every 5 s by
 * lt_metrics_start()'s thread (and once at the end).  Registering is not thread-safe and comes
 * before threads; lt_metric_add/set are lock-free.
 */
struct lt_metric;
struct lt_metric *lt_metric_counter(const char *name, const char *help, const char *labels);
struct lt_metric *lt_metric_gauge(const char *name, const char *help, const char *labels);
void lt_metric_add(struct lt_metric *metric, int64_t by);
void lt_metric_set(struct lt_metric *metric, int64_t value);
int64_t lt_metric_get(const struct lt_metric *metric);
/** path NULL or empty: no file. */
int lt_metrics_start(const char *path, struct lt_error *reterr) LT_MUST_CHECK;
void lt_metrics_stop(void);
