#include "support/provider_line.h"

#include "support/cm.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "avro/frame.h"
#include "avro/span.h"
#include "base/log.h"
#include "base/mem.h"
#include "change/chain.h"
#include "change/type.h"
#include "control/control.h"
#include "steward/derive.h"
#include "support/kafka.h"

#define SERVICES_MAX 16
#define SCHEMAS_MAX  128

struct declared {
    char id[LT_ID_MAX];
    int64_t incarnation; /* signed */
};
struct line {
    char application[LT_ID_MAX], source[LT_ID_MAX];
    char inbox[LT_TOPIC_MAX], progress[LT_TOPIC_MAX];
    char name[32];
    char directory[256], config[300], log[300], key_file[300];
    uint8_t private_key[32], public_key[32];
    int64_t number;
    int32_t schema_id;
    struct lt_avro_schema *schemas[SCHEMAS_MAX]; /* id - 1001 */
    struct declared services[SERVICES_MAX];
    size_t service_count;
    struct lt_producer *producer;
    pthread_mutex_t lock; /* of the above */
    pthread_t steward;
    atomic_bool steward_on, steward_stop;
    struct lt_buf extra;
    const char *role;
    pid_t pid;
    PGconn *pg;
    struct lt_buf answer;
};

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

static void connect_pg(struct line *line)
{
    char dsn[512];
    char host[256];
    snprintf(host, sizeof(host), "%s", line_pg_env(line, "PGHOST"));
    snprintf(dsn, sizeof(dsn), "host=%s port=%s user=postgres dbname=%s options='-c timezone=UTC'",
             host, line_pg_env(line, "PGPORT"), line->name);
    PQfinish(line->pg);
    line->pg = PQconnectdb(dsn);
    if (PQstatus(line->pg) != CONNECTION_OK) {
        fail_msg("%s", PQerrorMessage(line->pg));
    }
}

void line_pg(struct line *line, const char *command, const char *option)
{
    shell("tools/pg/pg %s '%s' %s", command, pg_directory, option != NULL ? option : "");
    if (line != NULL && (strcmp(command, "start") == 0 || strcmp(command, "restart") == 0)) {
        connect_pg(line);
    }
}

static PGresult *execute(struct line *line, const char *sql)
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
    PQclear(execute(line, sql));
}

const char *line_ask(struct line *line, const char *fmt, ...)
{
    char sql[4096];
    va_list args;
    va_start(args, fmt);
    vsnprintf(sql, sizeof(sql), fmt, args);
    va_end(args);
    PGresult *res = execute(line, sql);
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

/* ---- the stand-in steward ---- */

static void make_topic(const char *topic)
{
    static const struct lt_topic_config config[] = {{"cleanup.policy", "compact,delete"},
                                                    {"retention.ms", "-1"},
                                                    {"min.compaction.lag.ms", "86400000"},
                                                    {"message.timestamp.type", "LogAppendTime"}};
    if (lt_admin_topic_create(lt_test_admin(), topic, 1, config, LT_COUNT(config), &err) != 0) {
        fail_msg("topic %s: %s", topic, err.msg);
    }
}

static void sign(struct line *line, enum lt_control_kind kind, const char *id, const void *body)
{
    struct lt_buf wire = {0};
    char key[LT_CONTROL_KEY_MAX];
    struct lt_control control = {.epoch = 1,
                                 .number = ++line->number,
                                 .at = lt_now(),
                                 .kind = lt_control_kind_name(kind),
                                 .object = id,
                                 .body_kind = kind};
    if (kind == LT_CONTROL_SERVICE) {
        control.body.service = *(const struct lt_service *)body;
    } else if (kind == LT_CONTROL_SCHEMA) {
        control.body.schema = *(const struct lt_schema_body *)body;
    } else {
        control.body.feed = *(const struct lt_feed_body *)body;
    }
    lt_control_sign(&control, line->private_key, &wire);
    lt_control_key(control.kind, id, key);
    if (lt_producer_send(line->producer, line->inbox, lt_bytes_text(key), lt_buf_bytes(&wire), NULL,
                         0, &err) != 0 ||
        lt_producer_flush(line->producer, 30000, &err) != 0) {
        fail_msg("inbox: %s", err.msg);
    }
    lt_buf_fini(&wire);
}

static int32_t sign_schema(struct line *line, struct lt_buf *text)
{
    uint8_t digest[32];
    char id[16];
    struct lt_schema_body body = {.id = ++line->schema_id};
    snprintf(id, sizeof(id), "%d", body.id);
    body.text = lt_buf_text(text);
    lt_sha256(lt_bytes_text(body.text), digest);
    body.sha256 = lt_bytes(digest, 32);
    line->schemas[body.id - 1001] = lt_avro_schema_parse(body.text, strlen(body.text), &err);
    sign(line, LT_CONTROL_SCHEMA, id, &body);
    lt_buf_fini(text);
    return body.id;
}

void line_redeclare(struct line *line, const char *id, const struct lt_service *service)
{
    struct lt_service copy = *service;
    struct lt_buf key = {0};
    struct lt_buf value = {0};
    struct lt_buf scope = {0};
    lt_derive_key(id, service, &key);
    lt_derive_value(id, service, &value);
    lt_derive_scope(id, service, &scope);
    pthread_mutex_lock(&line->lock);
    copy.key_schema = sign_schema(line, &key);
    copy.value_schema = sign_schema(line, &value);
    copy.scope_schema = sign_schema(line, &scope);
    sign(line, LT_CONTROL_SERVICE, id, &copy);
    pthread_mutex_unlock(&line->lock);
}

const char *line_declare(struct line *line, const struct lt_service *service)
{
    static int64_t last;
    last = last > 0 ? last + 1 : getpid() * 100 % 900000 + 1;
    struct declared *declared = &line->services[line->service_count++];
    lt_id_format(LT_ID_SERVICE, last, declared->id);
    line_redeclare(line, declared->id, service);
    return declared->id;
}

static void sign_feed(struct line *line, struct declared *declared, int64_t incarnation)
{
    char topic[LT_TOPIC_MAX];
    struct lt_feed_body body = {
        .service = declared->id, .incarnation = incarnation, .reason = "wanted"};
    lt_topic_feed(declared->id, incarnation, topic);
    make_topic(topic);
    sign(line, LT_CONTROL_FEED, declared->id, &body);
    declared->incarnation = incarnation;
}

static void answer_wanted(struct line *line, const struct lt_message *message)
{
    struct lt_feed_position position;
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(1024);
    if (lt_record_decode(LT_RECORD_FEED_POSITION, message->value, &position, arena, NULL) != 0 ||
        strcmp(position.state, "wanted") != 0) {
        return;
    }
    pthread_mutex_lock(&line->lock);
    for (size_t i = 0; i < line->service_count; i++) {
        struct declared *declared = &line->services[i];
        if (strcmp(declared->id, position.service) == 0 &&
            position.incarnation > declared->incarnation) {
            sign_feed(line, declared, position.incarnation);
        }
    }
    pthread_mutex_unlock(&line->lock);
}

static void *steward(void *arg)
{
    struct line *line = arg;
    struct lt_bus bus = lt_test_bus("bootstrap");
    struct lt_reader *reader = lt_reader_open(&bus, true, NULL);
    int rc = lt_reader_add(reader, line->progress, LT_OFFSET_BEGIN, NULL);
    while (rc == 0 && !atomic_load(&line->steward_stop)) {
        struct lt_message message;
        if (!atomic_load(&line->steward_on)) {
            lt_sleep_ms(50);
        } else if (lt_reader_poll(reader, 100, &message, NULL) > 0) {
            answer_wanted(line, &message);
            lt_message_release(&message);
        }
    }
    lt_reader_close(reader);
    return NULL;
}

void line_steward(struct line *line, bool on)
{
    atomic_store(&line->steward_on, on);
}

/* ---- the standard table ---- */

static struct lt_field standard_fields[] = {
    {.name = "code", .column = "code", .type = "varchar(20)", .required = true},
    {.name = "name", .column = "name", .type = "text", .required = true},
    {.name = "province_code", .column = "province_code", .type = "varchar(2)", .required = false},
    {.name = "amount", .column = "amount", .type = "numeric(12,2)", .required = false},
    {.name = "at", .column = "at", .type = "timestamptz", .required = false},
    {.name = "note", .column = "note", .type = "text", .required = false},
};
static const char *standard_key[] = {"code"};
static const char *standard_scope[] = {"province_code"};

struct lt_service line_service(struct line *line, const char *table)
{
    static char name[8][80];
    static int next;
    char *qualified = name[next++ % 8];
    snprintf(qualified, 80, "public.%s", table);
    return (struct lt_service){.provider = line->application,
                               .source = line->source,
                               .name = "test",
                               .entity = "ward",
                               .table = qualified,
                               .fields = standard_fields,
                               .field_count = LT_COUNT(standard_fields),
                               .key = standard_key,
                               .key_count = 1,
                               .scope_columns = standard_scope,
                               .scope_column_count = 1,
                               .published = true,
                               .window = (int64_t)86400 * LT_SECOND};
}

void line_publish(struct line *line, const char *table)
{
    if (strcmp(
            line_ask(line, "SELECT count(*) FROM pg_publication WHERE pubname = '%s'", line->name),
            "0") == 0) {
        line_sql(line, "CREATE PUBLICATION %s WITH (publish_via_partition_root = true)",
                 line->name);
    }
    line_sql(line, "ALTER PUBLICATION %s ADD TABLE public.%s", line->name, table);
}

const char *line_table(struct line *line, const char *name)
{
    line_sql(line,
             "CREATE TABLE public.%s (code varchar(20) PRIMARY KEY, name text NOT NULL,"
             " province_code varchar(2), amount numeric(12,2), at timestamptz, note text,"
             " undeclared int)",
             name);
    line_sql(line, "ALTER TABLE public.%s REPLICA IDENTITY FULL", name);
    line_publish(line, name);
    struct lt_service service = line_service(line, name);
    return line_declare(line, &service);
}

/* ---- the provider ---- */

void line_config(struct line *line, const char *section, const char *key, const char *value)
{
    lt_buf_addf(&line->extra, "[%s]\n%s = %s\n", section, key, value);
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
    make_topic(line->inbox);
    make_topic(line->progress);
    line->schema_id = 1000;
    line->role = "postgres";
    line->number = 1;
    atomic_store(&line->steward_on, true);
    pthread_mutex_init(&line->lock, NULL);
    pthread_create(&line->steward, NULL, steward, line);
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

/* ---- positions ---- */

struct looking {
    const char *key;
    struct lt_buf value;
};

static int look(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    struct looking *looking = arg;
    (void)reterr;
    if (lt_bytes_equal(message->key, lt_bytes_text(looking->key))) {
        lt_buf_clear(&looking->value);
        lt_buf_add(&looking->value, message->value.data, message->value.len);
    }
    return 0;
}

/* Reads a topic to its end, however often the broker is away meanwhile. */
static void
read_all(const char *topic, lt_message_visit *visit, void *arg, void (*again)(void *arg))
{
    struct lt_bus bus = lt_test_bus("bootstrap");
    int64_t end = lt_monotonic_ms() + 90000;
    int64_t next = 0;
    while (lt_bus_read_to_end(&bus, topic, LT_OFFSET_BEGIN, 90000, visit, arg, &next, &err) != 0) {
        if (err.class != LT_ERR_RETRY || lt_monotonic_ms() > end) {
            fail_msg("%s: %s", topic, err.msg);
        }
        lt_sleep_ms(500);
        again(arg);
    }
}

static void look_again(void *arg)
{
    lt_buf_clear(&((struct looking *)arg)->value);
}

static bool newest(struct line *line, const char *key, struct lt_buf *ret)
{
    struct looking looking = {.key = key};
    read_all(line->progress, look, &looking, look_again);
    *ret = looking.value;
    return looking.value.len > 0;
}

bool line_position(struct line *line, const char *service, struct line_position *ret)
{
    struct lt_buf value = {0};
    struct lt_feed_position position;
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(1024);
    bool found = newest(line, service, &value);
    if (found) {
        assert_int_equal(
            lt_record_decode(LT_RECORD_FEED_POSITION, lt_buf_bytes(&value), &position, arena, NULL),
            0);
        snprintf(ret->state, sizeof(ret->state), "%s", position.state);
        snprintf(ret->reason, sizeof(ret->reason), "%s", position.reason);
        ret->incarnation = position.incarnation;
        ret->next_seq = position.next_seq;
        memcpy(ret->chain, position.chain.data, 32);
    }
    lt_buf_fini(&value);
    return found;
}

bool line_source(struct line *line, struct lt_source_position *ret)
{
    struct lt_buf value = {0};
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(1024);
    bool found = newest(line, "source", &value);
    if (found) {
        assert_int_equal(
            lt_record_decode(LT_RECORD_SOURCE_POSITION, lt_buf_bytes(&value), ret, arena, NULL), 0);
    }
    lt_buf_fini(&value);
    return found;
}

int64_t
line_wait_state(struct line *line, const char *service, const char *state, int64_t incarnation)
{
    int64_t end = lt_monotonic_ms() + 60000;
    struct line_position position = {.state = "none"};
    for (;;) {
        bool found = line_position(line, service, &position);
        if (found && strcmp(position.state, state) == 0 && position.incarnation >= incarnation) {
            return position.incarnation;
        }
        if (lt_monotonic_ms() > end) {
            fail_msg("%s is %s %lld, wanted %s %lld (see %s)", service, position.state,
                     (long long)position.incarnation, state, (long long)incarnation, line->log);
        }
        lt_sleep_ms(100);
    }
}

/* ---- feeds ---- */

/* Fields joined by |, null as \N, from framed bytes of a schema that this line signed. */
static char *show(struct line *line, struct lt_bytes framed)
{
    int32_t id = 0;
    struct lt_bytes record;
    struct lt_span spans[64];
    struct lt_buf text = {0};
    assert_int_equal(lt_frame_get(framed, &id, &record, NULL), 0);
    if (id < 1001 || id > line->schema_id) {
        return lt_strdup("own");
    }
    const struct lt_avro_schema *schema = line->schemas[id - 1001];
    if (lt_avro_walk(schema, record, spans, &err) != 0) {
        fail_msg("a record of a feed: %s", err.msg);
    }
    for (size_t i = 0; i < lt_avro_field_count(schema); i++) {
        struct lt_type type;
        lt_buf_adds(&text, i > 0 ? "|" : "");
        if (spans[i].null) {
            lt_buf_adds(&text, "\\N");
            continue;
        }
        assert_int_equal(lt_type_parse(lt_avro_field_prop(schema, i, "lt.type"), &type, NULL), 0);
        assert_int_equal(lt_type_decode(&type,
                                        lt_bytes(record.data + spans[i].value, spans[i].value_len),
                                        &text, NULL),
                         0);
    }
    char *shown = lt_strdup(lt_buf_text(&text));
    lt_buf_fini(&text);
    return shown;
}

struct reading {
    struct line *line;
    struct line_feed feed;
    size_t cap;
    struct lt_chain chain;
    const char *topic;
};

static int read_record(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    struct reading *r = arg;
    struct lt_header header;
    (void)reterr;
    if (lt_header_parse(message->lt, &header, &err) != 0) {
        fail_msg("%s: %s", r->topic, err.msg);
    }
    if (r->feed.count == r->cap) {
        r->cap = r->cap > 0 ? r->cap * 2 : 1024;
        r->feed.records = lt_realloc(r->feed.records, r->cap * sizeof(*r->feed.records));
    }
    struct line_record *record = &r->feed.records[r->feed.count++];
    *record = (struct line_record){.seq = header.seq,
                                   .op = header.op,
                                   .time = header.time,
                                   .lsn = header.lsn,
                                   .ordinal = header.ordinal,
                                   .key = show(r->line, message->key)};
    record->value = message->value.data != NULL ? show(r->line, message->value) : NULL;
    record->scope =
        message->scope_before.data != NULL ? show(r->line, message->scope_before) : NULL;
    lt_chain_add(&r->chain, message->key, message->value, message->lt);
    if (header.seq != (int64_t)r->feed.count) {
        fail_msg("%s: record %zu has seq %lld", r->topic, r->feed.count, (long long)header.seq);
    }
    struct line_record *before = r->feed.count > 1 ? record - 1 : record;
    if (record->lsn < before->lsn ||
        (record->lsn == before->lsn && record->ordinal < before->ordinal)) {
        fail_msg("%s: pos goes back at seq %lld", r->topic, (long long)header.seq);
    }
    return 0;
}

static void read_again(void *arg)
{
    struct reading *r = arg;
    line_feed_fini(&r->feed);
    r->cap = 0;
    lt_chain_start(&r->chain, r->topic);
}

struct line_feed line_read(struct line *line, const char *service, int64_t incarnation)
{
    char topic[LT_TOPIC_MAX];
    struct reading r = {.line = line, .topic = topic};
    lt_topic_feed(service, incarnation, topic);
    lt_chain_start(&r.chain, topic);
    read_all(topic, read_record, &r, read_again);
    memcpy(r.feed.chain, r.chain.value, 32);
    return r.feed;
}

void line_feed_fini(struct line_feed *feed)
{
    for (size_t i = 0; i < feed->count; i++) {
        free(feed->records[i].key);
        free(feed->records[i].value);
        free(feed->records[i].scope);
    }
    free(feed->records);
    *feed = (struct line_feed){0};
}

size_t line_count(const struct line_feed *feed, enum lt_op op)
{
    size_t count = 0;
    for (size_t i = 0; i < feed->count; i++) {
        count += feed->records[i].op == op ? 1 : 0;
    }
    return count;
}

/* ---- equality with the table ---- */

static int by_key_then_seq(const void *a, const void *b)
{
    const struct line_record *x = *(const struct line_record *const *)a;
    const struct line_record *y = *(const struct line_record *const *)b;
    int order = strcmp(x->key, y->key);
    return order != 0 ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

/* What the feed leaves: the newest record of each key, in the order of keys. */
static void fold(const struct line_feed *feed, struct lt_buf *out)
{
    const struct line_record **sorted = lt_alloc((feed->count + 1) * sizeof(*sorted));
    size_t count = 0;
    for (size_t i = 0; i < feed->count; i++) {
        if (feed->records[i].op != LT_OP_SYNC && feed->records[i].op != LT_OP_END) {
            sorted[count++] = &feed->records[i];
        }
    }
    qsort(sorted, count, sizeof(*sorted), by_key_then_seq);
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count || strcmp(sorted[i]->key, sorted[i + 1]->key) != 0;
        if (last && sorted[i]->value != NULL) {
            lt_buf_adds(out, sorted[i]->value);
            lt_buf_addc(out, '\n');
        }
    }
    free(sorted);
}

static void fold_table(struct line *line, const char *table, struct lt_buf *out)
{
    char sql[512];
    snprintf(sql, sizeof(sql),
             "SELECT concat_ws('|', code, name, coalesce(province_code, '\\N'),"
             " coalesce(amount::text, '\\N'), coalesce(at::text, '\\N'), coalesce(note, '\\N'))"
             " FROM public.%s ORDER BY code COLLATE \"C\"",
             table);
    PGresult *res = execute(line, sql);
    for (int i = 0; i < PQntuples(res); i++) {
        lt_buf_adds(out, PQgetvalue(res, i, 0));
        lt_buf_addc(out, '\n');
    }
    PQclear(res);
}

static bool is_equal(struct line *line, const char *service, const char *table, size_t *ret_records)
{
    struct line_position position;
    struct lt_buf of_feed = {0};
    struct lt_buf of_table = {0};
    if (!line_position(line, service, &position) || strcmp(position.state, "streaming") != 0) {
        return false;
    }
    struct line_feed feed = line_read(line, service, position.incarnation);
    fold(&feed, &of_feed);
    fold_table(line, table, &of_table);
    bool equal = lt_bytes_equal(lt_buf_bytes(&of_feed), lt_buf_bytes(&of_table));
    if (equal && feed.count + 1 == (size_t)position.next_seq) {
        assert_memory_equal(feed.chain, position.chain, 32);
    }
    *ret_records = feed.count;
    line_feed_fini(&feed);
    lt_buf_fini(&of_feed);
    lt_buf_fini(&of_table);
    return equal;
}

void line_wait_equal(struct line *line, const char *service, const char *table, int seconds)
{
    int64_t end = lt_monotonic_ms() + (int64_t)seconds * 1000;
    size_t records = 0;
    while (!is_equal(line, service, table, &records)) {
        if (!line_running(line)) {
            fail_msg("the provider ended (see %s)", line->log);
        }
        if (lt_monotonic_ms() > end) {
            fail_msg("%s (%zu records) and %s differ (see %s)", service, records, table, line->log);
        }
        lt_sleep_ms(200);
    }
}
