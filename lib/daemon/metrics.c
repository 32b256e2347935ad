/*
 * Metrics live in a list that only grows.  A thread of its own renders them every five seconds
 * into a file that is replaced as a whole, so that a collector never reads half of it.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "daemon/daemon.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WRITE_EVERY_S 5

struct lt_metric {
    struct lt_metric *next;
    char *name, *help, *labels;
    const char *type;
    _Atomic int64_t value;
};

static struct lt_metric *first, **last = &first;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static pthread_t writer;
static char *file;
static bool running;

static struct lt_metric *
add(const char *name, const char *help, const char *labels, const char *type)
{
    struct lt_metric *metric = lt_alloc(sizeof(*metric));
    metric->name = lt_strdup(name);
    metric->help = lt_strdup(help);
    metric->labels = lt_strdup(labels);
    metric->type = type;
    pthread_mutex_lock(&lock);
    *last = metric;
    last = &metric->next;
    pthread_mutex_unlock(&lock);
    return metric;
}

struct lt_metric *lt_metric_counter(const char *name, const char *help, const char *labels)
{
    return add(name, help, labels, "counter");
}

struct lt_metric *lt_metric_gauge(const char *name, const char *help, const char *labels)
{
    return add(name, help, labels, "gauge");
}

void lt_metric_add(struct lt_metric *metric, int64_t by)
{
    atomic_fetch_add_explicit(&metric->value, by, memory_order_relaxed);
}

void lt_metric_set(struct lt_metric *metric, int64_t value)
{
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

int64_t lt_metric_get(const struct lt_metric *metric)
{
    return atomic_load_explicit(&metric->value, memory_order_relaxed);
}

/* HELP and TYPE stand once for each name, in front of its first sample. */
static bool named_before(const struct lt_metric *metric)
{
    for (const struct lt_metric *m = first; m != metric; m = m->next)
        if (strcmp(m->name, metric->name) == 0)
            return true;
    return false;
}

static void render_sample(const struct lt_metric *metric, struct lt_buf *out)
{
    lt_buf_adds(out, metric->name);
    if (metric->labels)
        lt_buf_addf(out, "{%s}", metric->labels);
    lt_buf_addf(out, " %ld\n", (long)lt_metric_get(metric));
}

static void render(struct lt_buf *out)
{
    for (const struct lt_metric *m = first; m; m = m->next) {
        if (named_before(m))
            continue;
        lt_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name, m->type);
        for (const struct lt_metric *same = m; same; same = same->next)
            if (strcmp(same->name, m->name) == 0)
                render_sample(same, out);
    }
}

static int write_file(struct lt_error *reterr)
{
    struct lt_buf text = {0};
    render(&text);
    const int rc = lt_file_replace(file, lt_buf_bytes(&text), 0644, reterr);
    lt_buf_fini(&text);
    return rc;
}

static void *write_on(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&lock);
    while (running) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += WRITE_EVERY_S;
        pthread_cond_clockwait(&wake, &lock, CLOCK_MONOTONIC, &until);
        /* A full disk must not stop deliveries; the file's age tells the collector. */
        (void)!write_file(NULL);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

int lt_metrics_start(const char *path, struct lt_error *reterr)
{
    if (!path || !*path)
        return 0;
    file = lt_strdup(path);
    if (write_file(reterr)) {
        lt_freep(&file);
        return lt_fail_context(reterr, "metrics");
    }
    running = true;
    lt_assert(pthread_create(&writer, NULL, write_on, NULL) == 0);
    return 0;
}

void lt_metrics_stop(void)
{
    if (!running)
        return;
    pthread_mutex_lock(&lock);
    running = false;
    pthread_cond_signal(&wake);
    pthread_mutex_unlock(&lock);
    pthread_join(writer, NULL);
    lt_freep(&file);
}
