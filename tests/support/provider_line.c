/*
 * PostgreSQL and the provider: one cluster a program, one process a line.
 */
#include "support/provider_line_priv.h"

#include "support/cm.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "avro/span.h"
#include "base/mem.h"
#include "control/control.h"
#include "support/kafka.h"

static char pg_directory[256];
static struct lt_error err;

static void shell(const char *fmt, ...) LT_PRINTF(1, 2);
static void shell(const char *fmt, ...)
{
    char command[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(command, sizeof(command), fmt, args);
    va_end(args);
    if (system(command) != 0) {
        fail_msg("command failed: %s", command);
    }
}

/* ---- PostgreSQL ---- */

const char *line_pg_env(struct line *line, const char *name)
{
    static char values[4][256]; /* good for four calls */
    static int next;
    char *value = values[next++ % 4];
    char command[512];
    (void)line;
    snprintf(command, sizeof(command), "eval \"$(tools/pg/pg env '%s')\"; printf %%s \"$%s\"",
             pg_directory, name);
    FILE *out = popen(command, "re");
    value[0] = '\0';
    if (out == NULL || fgets(value, 256, out) == NULL) {
        fail_msg("pg env %s", name);
    }
    pclose(out);
    return value;
}

PGconn *line_connect(struct line *line)
{
    char dsn[512];
    char host[256];
    snprintf(host, sizeof(host), "%s", line_pg_env(line, "PGHOST"));
    snprintf(dsn, sizeof(dsn), "host=%s port=%s user=postgres dbname=%s options='-c timezone=UTC'",
             host, line_pg_env(line, "PGPORT"), line->name);
    PGconn *pg = PQconnectdb(dsn);
    if (PQstatus(pg) != CONNECTION_OK) {
        fail_msg("%s", PQerrorMessage(pg));
    }
    return pg;
}

static void connect_pg(struct line *line)
{
    PQfinish(line->pg);
    line->pg = line_connect(line);
}

void line_pg(struct line *line, const char *command, const char *option)
{
    shell("tools/pg/pg %s '%s' %s", command, pg_directory, option != NULL ? option : "");
    if (line != NULL && (strcmp(command, "start") == 0 || strcmp(command, "restart") == 0)) {
        connect_pg(line);
    }
}

PGresult *line_execute(struct line *line, const char *sql)
{
    PGresult *res = PQexec(line->pg, sql);
    if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", sql, PQresultErrorMessage(res));
    }
    return res;
}

void line_sql(struct line *line, const char *fmt, ...)
{
    char sql[4096];
    va_list args;
    va_start(args, fmt);
    vsnprintf(sql, sizeof(sql), fmt, args);
    va_end(args);
    PQclear(line_execute(line, sql));
}

const char *line_ask(struct line *line, const char *fmt, ...)
{
    char sql[4096];
    va_list args;
    va_start(args, fmt);
    vsnprintf(sql, sizeof(sql), fmt, args);
    va_end(args);
    PGresult *res = line_execute(line, sql);
    lt_buf_clear(&line->answer);
    lt_buf_adds(&line->answer, PQntuples(res) > 0 ? PQgetvalue(res, 0, 0) : "");
    PQclear(res);
    return lt_buf_text(&line->answer);
}

const char *line_slot(struct line *line)
{
    return line->name;
}
const char *line_publication(struct line *line)
{
    return line->name;
}

/* ---- the provider ---- */

void line_config(struct line *line, const char *section, const char *key, const char *value)
{
    lt_buf_addf(&line->extra, "[%s]\n%s = %s\n", section, key, value);
}

void line_config_clear(struct line *line)
{
    lt_buf_clear(&line->extra);
}

void line_role(struct line *line, const char *role)
{
    line->role = role;
}

static void write_config(struct line *line)
{
    struct lt_bus bus = lt_test_bus("bootstrap");
    char host[256];
    snprintf(host, sizeof(host), "%s", line_pg_env(line, "PGHOST"));
    FILE *f = fopen(line->config, "we");
    fprintf(f,
            "[postgres]\ndsn = host=%s port=%s user=%s dbname=%s\nslot = %s\n"
            "publication = %s\n[provider]\napplication = %s\nsource = %s\nrestart_wait = 200ms\n"
            "sync_interval = 500ms\n"
            "[kafka]\nbrokers = %s\nca_file = %s\ncert_file = %s\nkey_file = %s\n"
            "[control]\npublic_key_file = %s\n",
            host, line_pg_env(line, "PGPORT"), line->role, line->name, line->name, line->name,
            line->application, line->source, bus.brokers, bus.ca_file, bus.cert_file, bus.key_file,
            line->key_file);
    fputs(lt_buf_text(&line->extra), f);
    fclose(f);
}

static const char *program(void)
{
    static char path[512];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 64);
    path[len > 0 ? len : 0] = '\0';
    char *tests = strstr(path, "/tests/integration/");
    if (tests == NULL) {
        fail_msg("cannot find the program beside %s", path);
    }
    strcpy(tests, "/bin/lt-provider-postgres");
    return path;
}

void line_start(struct line *line)
{
    write_config(line);
    line->pid = fork();
    if (line->pid == 0) {
        int fd = open(line->log, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
        dup2(fd, 1);
        dup2(fd, 2);
        execl(program(), "lt-provider-postgres", "run", "--config", line->config, (char *)NULL);
        _exit(127);
    }
}

void line_kill(struct line *line)
{
    if (line->pid > 0) {
        kill(line->pid, SIGKILL);
        waitpid(line->pid, NULL, 0);
        line->pid = 0;
    }
}

int line_stop(struct line *line)
{
    int status = 0;
    if (line->pid > 0) {
        kill(line->pid, SIGTERM);
        waitpid(line->pid, &status, 0);
        line->pid = 0;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

bool line_running(struct line *line)
{
    if (line->pid > 0 && waitpid(line->pid, NULL, WNOHANG) == line->pid) {
        line->pid = 0;
    }
    return line->pid > 0;
}

pid_t line_pid(const struct line *line)
{
    return line->pid;
}

void line_reap(pid_t pid, int seconds, int *ret_status)
{
    int status = 0;
    for (int i = 0; i < seconds * 20; i++) {
        if (waitpid(pid, &status, WNOHANG) == pid) {
            *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
            return;
        }
        lt_sleep_ms(50);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    fail_msg("process %d did not end", (int)pid);
}

long line_peak_kib(struct line *line)
{
    char path[64];
    char text[256];
    long kib = -1;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)line->pid);
    FILE *f = fopen(path, "re");
    while (f != NULL && fgets(text, sizeof(text), f) != NULL) {
        if (strncmp(text, "VmHWM:", 6) == 0) {
            kib = strtol(text + 6, NULL, 10);
        }
    }
    if (f != NULL) {
        fclose(f);
    }
    return kib;
}

const char *line_command(struct line *line, const char *command, int *ret_status)
{
    char text[1024];
    write_config(line);
    snprintf(text, sizeof(text), "%s %s --config %s 2>>%s", program(), command, line->config,
             line->log);
    FILE *out = popen(text, "re");
    lt_buf_clear(&line->answer);
    while (out != NULL && fgets(text, sizeof(text), out) != NULL) {
        lt_buf_adds(&line->answer, text);
    }
    int status = pclose(out);
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return lt_buf_text(&line->answer);
}

bool line_logged(struct line *line, const char *text)
{
    char row[2048];
    bool found = false;
    FILE *f = fopen(line->log, "re");
    while (f != NULL && !found && fgets(row, sizeof(row), f) != NULL) {
        found = strstr(row, text) != NULL;
    }
    if (f != NULL) {
        fclose(f);
    }
    return found;
}

void line_wait_logged(struct line *line, const char *text, int seconds)
{
    int64_t end = lt_monotonic_ms() + (int64_t)seconds * 1000;
    while (!line_logged(line, text)) {
        if (lt_monotonic_ms() > end) {
            fail_msg("the provider did not log '%s' (see %s)", text, line->log);
        }
        lt_sleep_ms(50);
    }
}

/* ---- life ---- */

static void start_pg_once(void)
{
    if (getenv("LT_TEST_DIR") == NULL) {
        fail_msg("LT_TEST_DIR is not set: start this test with tests/integration/run");
    }
    if (pg_directory[0] == '\0') {
        snprintf(pg_directory, sizeof(pg_directory), "%s/pg-%d", getenv("LT_TEST_DIR"),
                 (int)getpid());
        shell("tools/pg/pg start '%s' --set max_replication_slots=30 --set max_wal_senders=30",
              pg_directory);
    }
}

struct line *line_new(void)
{
    static int64_t number;
    number = number > 0 ? number + 1 : getpid() * 100 % 900000 + 1;
    struct line *line = lt_alloc(sizeof(*line));
    start_pg_once();
    lt_id_format(LT_ID_APPLICATION, number, line->application);
    lt_id_format(LT_ID_SOURCE, number, line->source);
    lt_topic_inbox(line->application, line->inbox);
    lt_topic_progress(line->source, line->progress);
    snprintf(line->name, sizeof(line->name), "t%lld", (long long)number);
    snprintf(line->directory, sizeof(line->directory), "%s", getenv("LT_TEST_DIR"));
    snprintf(line->config, sizeof(line->config), "%s/%s.ini", line->directory, line->name);
    snprintf(line->log, sizeof(line->log), "%s/%s.log", line->directory, line->name);
    snprintf(line->key_file, sizeof(line->key_file), "%s/%s.pub", line->directory, line->name);
    shell("psql -q -h '%s' -p %s -U postgres -c 'CREATE DATABASE %s'", line_pg_env(line, "PGHOST"),
          line_pg_env(line, "PGPORT"), line->name);
    connect_pg(line);
    struct lt_bus bus = lt_test_bus("bootstrap");
    if (lt_control_key_new(line->private_key, line->public_key, &err) != 0 ||
        lt_control_key_write(line->key_file, line->public_key, 0644, &err) != 0 ||
        (line->producer = lt_producer_open(&bus, NULL, &err)) == NULL) {
        fail_msg("%s", err.msg);
    }
    line_make_topic(line->inbox);
    line_make_topic(line->progress);
    line->schema_id = 1000;
    line->role = "postgres";
    line->number = 1;
    atomic_store(&line->steward_on, true);
    pthread_mutex_init(&line->lock, NULL);
    pthread_create(&line->steward, NULL, line_steward_run, line);
    return line;
}

void line_free(struct line *line)
{
    line_kill(line);
    atomic_store(&line->steward_stop, true);
    pthread_join(line->steward, NULL);
    pthread_mutex_destroy(&line->lock);
    lt_producer_close(line->producer);
    for (size_t i = 0; i < SCHEMAS_MAX; i++) {
        lt_avro_schema_unref(line->schemas[i]);
    }
    PQfinish(line->pg);
    lt_buf_fini(&line->extra);
    lt_buf_fini(&line->answer);
    free(line);
}

void line_end(void)
{
    if (pg_directory[0] != '\0') {
        shell("tools/pg/pg stop '%s' --immediate", pg_directory);
        pg_directory[0] = '\0';
    }
    lt_test_admin_close();
}
