#include "support/consumer_world_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 30000

static char pg_dir[600], pg_host[600], pg_port[16];

/* ---- PostgreSQL ---- */

static void run_pg(const char *command)
{
    char line[1400];
    const int word = (int)strcspn(command, " ");
    snprintf(line, sizeof line, "tools/pg/pg %.*s '%s'%s", word, command, pg_dir, command + word);
    if (system(line) != 0)
        fail_msg("failed: %s", line);
}

static void read_env(void)
{
    char line[1400], value[600];
    snprintf(line, sizeof line, "tools/pg/pg env '%s'", pg_dir);
    FILE *out = popen(line, "re");
    while (out && fgets(line, sizeof line, out)) {
        if (sscanf(line, "export PGHOST='%599[^']'", value) == 1)
            snprintf(pg_host, sizeof pg_host, "%s", value);
        if (sscanf(line, "export PGPORT='%599[^']'", value) == 1)
            snprintf(pg_port, sizeof pg_port, "%.15s", value);
    }
    if (!out || pclose(out))
        fail_msg("no PostgreSQL");
}

const char *consumer_world_postgres_dir(void)
{
    return pg_dir;
}

static void start_postgres(void)
{
    if (pg_dir[0])
        return;
    const char *root = getenv("LT_TEST_DIR");
    if (!root)
        fail_msg("LT_TEST_DIR is not set: start this test with tests/integration/run");
    snprintf(pg_dir, sizeof pg_dir, "%s/pg-%d", root, (int)getpid());
    run_pg("start");
    read_env();
}

void consumer_world_stop_postgres(void)
{
    if (pg_dir[0])
        run_pg("stop --immediate");
    pg_dir[0] = '\0';
}

static struct lt_pg *open_pg(const char *database)
{
    char dsn[800];
    struct lt_error err = {0};
    snprintf(dsn, sizeof dsn, "host=%s port=%s user=postgres dbname=%s", pg_host, pg_port,
             database);
    for (int i = 0; i < 100; i++) {
        struct lt_pg *pg =
            lt_pg_open(&(struct lt_pg_options){.dsn = dsn, .application_name = "test"}, &err);
        if (pg)
            return pg;
        lt_sleep_ms(100);
    }
    fail_msg("%s", err.msg);
    return NULL;
}

void consumer_world_postgres(struct consumer_world *world, const char *command)
{
    lt_pg_close(world->admin);
    world->admin = NULL;
    run_pg(command);
    if (strncmp(command, "stop", 4) && strncmp(command, "kill", 4))
        world->admin = open_pg(world->database);
}

/* ---- the world ---- */

void consumer_world_dsn(const struct consumer_world *world, char *buf, size_t size)
{
    snprintf(buf, size, "host=%s port=%s user=lienthong_consumer dbname=%s", pg_host, pg_port,
             world->database);
}

static void write_config(struct consumer_world *world)
{
    char dsn[800];
    consumer_world_dsn(world, dsn, sizeof dsn);
    struct lt_bus bus = lt_test_bus(world->cert);
    FILE *file = fopen(world->config, "we");
    if (!file)
        fail_msg("cannot write %s", world->config);
    fprintf(file,
            "[postgres]\ndsn = %s\n"
            "[consumer]\napplication = %s\nstate_file = %s/ledger\nreceipt_interval = 200ms\n"
            "[kafka]\nbrokers = %s\nca_file = %s\ncert_file = %s\nkey_file = %s\n"
            "[metrics]\nfile = %s/metrics\n[log]\nlevel = debug\n%s\n",
            dsn, world->application, world->directory, bus.brokers, bus.ca_file, bus.cert_file,
            bus.key_file, world->directory, world->extra_config ? world->extra_config : "");
    fclose(file);
}

static void program_path(char *buf, size_t size)
{
    char self[600];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(len > 0);
    self[len] = '\0';
    /* build/<mode>/tests/integration/test_x -> build/<mode>/bin/lt-consumer-postgres */
    for (int i = 0; i < 3; i++)
        *strrchr(self, '/') = '\0';
    snprintf(buf, size, "%s/bin/lt-consumer-postgres", self);
}

/* The administrator's part. */
static void apply_plan(struct consumer_world *world)
{
    int status;
    char *plan = consumer_world_command(world, "plan", &status);
    assert_int_equal(status, 0);
    consumer_run(world, "%s", plan);
    free(plan);
}

void consumer_make_topic(const char *topic)
{
    const struct lt_topic_config configs[] = {{"cleanup.policy", "compact,delete"},
                                              {"retention.ms", "-1"},
                                              {"min.compaction.lag.ms", "604800000"}};
    assert_ok(lt_admin_topic_create(lt_test_admin(), topic, 1, configs, LT_COUNT(configs), &err));
}

void consumer_world_init(struct consumer_world *world)
{
    static int made;
    const int number = (int)getpid() % 9000 * 100 + ++made;
    *world = (struct consumer_world){.cert = "bootstrap"};
    start_postgres();
    snprintf(world->application, sizeof world->application, "ap%06d", number);
    snprintf(world->connection, sizeof world->connection, "cn%06d", number);
    for (int i = 0; i < 4; i++)
        snprintf(world->others[i], LT_ID_MAX, "cn9%05d",
                 (int)getpid() % 900 * 100 + made % 25 * 4 + i);
    snprintf(world->database, sizeof world->database, "target_%d", number);
    snprintf(world->directory, sizeof world->directory, "%s/%s", getenv("LT_TEST_DIR"),
             world->application);
    snprintf(world->config, sizeof world->config, "%s/config.ini", world->directory);
    snprintf(world->log, sizeof world->log, "%s/log", world->directory);
    lt_topic_inbox(world->application, world->inbox);
    lt_topic_outbox(world->application, world->outbox);
    char line[700];
    snprintf(line, sizeof line, "mkdir -p '%s'", world->directory);
    assert_int_equal(system(line), 0);
    struct lt_pg *pg = open_pg("postgres");
    snprintf(line, sizeof line, "CREATE DATABASE %s", world->database);
    assert_ok(lt_pg_exec(pg, line, &err));
    lt_pg_close(pg);
    world->admin = open_pg(world->database);
    consumer_make_topic(world->inbox);
    consumer_make_topic(world->outbox);
    world->bus = lt_test_bus("bootstrap");
    char id[64];
    world->producer = lt_producer_open(&world->bus, lt_test_name("routing", id, sizeof id), NULL);
    assert_non_null(world->producer);
    assert_ok(lt_producer_init(world->producer, WAIT_MS, &err));
    write_config(world);
    apply_plan(world);
}

void consumer_world_fini(struct consumer_world *world)
{
    if (world->pid)
        consumer_world_stop(world, SIGTERM);
    lt_producer_close(world->producer);
    lt_pg_close(world->admin);
}

/* ---- the daemon ---- */

void consumer_world_start(struct consumer_world *world)
{
    char path[700];
    program_path(path, sizeof path);
    write_config(world);
    world->pid = fork();
    assert_true(world->pid >= 0);
    if (world->pid == 0) {
        const int log = open(world->log, O_WRONLY | O_CREAT | O_APPEND, 0644);
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        execl(path, path, "run", "--config", world->config, (char *)NULL);
        _exit(127);
    }
}

int consumer_world_stop(struct consumer_world *world, int signal)
{
    int status = 0;
    kill(world->pid, signal);
    for (int i = 0; i < 300; i++) {
        const pid_t ended = waitpid(world->pid, &status, WNOHANG);
        if (ended == world->pid) {
            world->pid = 0;
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
        lt_sleep_ms(50);
    }
    kill(world->pid, SIGKILL);
    waitpid(world->pid, &status, 0);
    world->pid = 0;
    fail_msg("the daemon did not end within 15 s, see %s", world->log);
    return -1;
}

char *consumer_world_command(struct consumer_world *world, const char *command, int *ret_status)
{
    char path[700], line[1500];
    struct lt_buf text = {0};
    program_path(path, sizeof path);
    write_config(world);
    snprintf(line, sizeof line, "'%s' %s --config '%s' 2>&1", path, command, world->config);
    FILE *out = popen(line, "re");
    assert_non_null(out);
    for (int c; (c = fgetc(out)) != EOF;)
        lt_buf_addc(&text, (uint8_t)c);
    const int status = pclose(out);
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    char *ret = lt_strdup(lt_buf_text(&text));
    lt_buf_fini(&text);
    return ret;
}

bool consumer_world_logged(struct consumer_world *world, const char *text)
{
    char line[4096];
    bool found = false;
    FILE *file = fopen(world->log, "re");
    while (file && !found && fgets(line, sizeof line, file))
        found = strstr(line, text) != NULL;
    if (file)
        fclose(file);
    return found;
}

/* ---- seeing ---- */

static char *query(struct consumer_world *world, const char *sql)
{
    struct lt_error err = {0};
    struct lt_buf out = {0};
    LT_CLEANUP(lt_pg_clearp) PGresult *res = lt_pg_query(world->admin, sql, 0, NULL, &err);
    if (!res)
        return lt_printf("error: %s", err.msg);
    for (int row = 0; row < PQntuples(res); row++)
        for (int column = 0; column < PQnfields(res); column++)
            lt_buf_addf(&out, "%s%s", column ? "|" : row ? ";" : "", lt_pg_text(res, row, column));
    char *ret = lt_strdup(lt_buf_text(&out));
    lt_buf_fini(&out);
    return ret;
}

static char *format(const char *fmt, va_list args) LT_PRINTF(1, 0);
static char *format(const char *fmt, va_list args)
{
    char *text;
    assert_true(vasprintf(&text, fmt, args) >= 0);
    return text;
}

char *consumer_sql(struct consumer_world *world, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *sql = format(fmt, args);
    va_end(args);
    char *ret = query(world, sql);
    free(sql);
    return ret;
}

void consumer_run(struct consumer_world *world, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *sql = format(fmt, args);
    va_end(args);
    assert_ok(lt_pg_exec(world->admin, sql, &err));
    free(sql);
}

static void
wait_for(struct consumer_world *world, const char *expected, const char *sql, int64_t ms)
{
    const int64_t end = lt_monotonic_ms() + ms;
    for (;;) {
        char *got = query(world, sql);
        const bool same = strcmp(got, expected) == 0;
        if (!same && lt_monotonic_ms() >= end)
            fail_msg("%s\n  gives  %s\n  not    %s\n  (log: %s)", sql, got, expected, world->log);
        free(got);
        if (same)
            return;
        lt_sleep_ms(50);
    }
}

void consumer_eventually(struct consumer_world *world, const char *expected, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *sql = format(fmt, args);
    va_end(args);
    wait_for(world, expected, sql, WAIT_MS);
    free(sql);
}

void consumer_now(struct consumer_world *world, const char *expected, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *sql = format(fmt, args);
    va_end(args);
    wait_for(world, expected, sql, 0);
    free(sql);
}

struct search {
    const char *key;
    struct lt_bytes found;
    struct lt_arena *arena;
};

static int look(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)reterr;
    struct search *search = arg;
    if (lt_bytes_equal(message->key, lt_bytes_text(search->key)))
        search->found =
            lt_bytes(lt_arena_dup(search->arena, message->value.data, message->value.len),
                     message->value.len);
    return 0;
}

struct lt_bytes
consumer_outbox(struct consumer_world *world, const char *key, struct lt_arena *arena)
{
    int64_t next;
    struct search search = {.key = key, .arena = arena};
    assert_ok(lt_bus_read_to_end(&world->bus, world->outbox, LT_OFFSET_BEGIN, WAIT_MS, look,
                                 &search, &next, &err));
    return search.found;
}

struct lt_receipt consumer_receipt(struct consumer_world *world,
                                   const struct consumer_stream *stream,
                                   int64_t seq,
                                   struct lt_arena *arena)
{
    char key[LT_TOPIC_MAX + 16];
    struct lt_receipt receipt = {.seq = -1};
    snprintf(key, sizeof key, "receipt/%s", stream->stream);
    for (int i = 0; i < 100; i++) {
        struct lt_error err = {0};
        const struct lt_bytes body = consumer_outbox(world, key, arena);
        if (body.data && lt_record_decode(LT_RECORD_RECEIPT, body, &receipt, arena, &err))
            fail_msg("%s", err.msg);
        if (receipt.seq >= seq)
            return receipt;
        lt_sleep_ms(100);
    }
    fail_msg("no receipt of %s for seq %ld, the newest says %ld (log: %s)", stream->stream,
             (long)seq, (long)receipt.seq, world->log);
    return receipt;
}
