#include "support/routing_world.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "avro/frame.h"
#include "avro/span.h"
#include "base/file.h"
#include "change/ids.h"
#include "change/lt_header.h"
#include "support/bus.h"

#define DAY          (86400 * LT_SECOND)
#define KEY_SCHEMA   1000
#define ROW_SCHEMA   1001
#define LATER_SCHEMA 1005
#define PATIENCE_MS  180000
#define SCOPE_SCHEMA 1002
#define SMALL_SCHEMA 1003

static const char key_text[] =
    "{\"type\":\"record\",\"name\":\"WardKey\",\"namespace\":\"vn.lienthong.sv000001\",\"fields\":"
    "[{\"name\":\"code\",\"type\":\"string\",\"lt.column\":\"code\",\"lt.type\":\"varchar(20)\"}]}";
static const char row_text[] =
    "{\"type\":\"record\",\"name\":\"Ward\",\"namespace\":\"vn.lienthong.sv000001\",\"fields\":["
    "{\"name\":\"code\",\"type\":\"string\",\"lt.column\":\"code\",\"lt.type\":\"varchar(20)\"},"
    "{\"name\":\"name\",\"type\":\"string\",\"lt.column\":\"name\",\"lt.type\":\"text\"},"
    "{\"name\":\"province_code\",\"type\":\"string\",\"lt.column\":\"province_code\","
    "\"lt.type\":\"varchar(2)\"}]}";
static const char scope_text[] =
    "{\"type\":\"record\",\"name\":\"WardScope\",\"namespace\":\"vn.lienthong.sv000001\","
    "\"fields\":[{\"name\":\"province_code\",\"type\":[\"null\",\"string\"],\"lt.column\":"
    "\"province_code\",\"lt.type\":\"varchar(2)\"}]}";

static struct lt_field fields[] = {
    {.name = "code", .column = "code", .type = "varchar(20)", .required = true},
    {.name = "name", .column = "name", .type = "text", .required = true},
    {.name = "province_code", .column = "province_code", .type = "varchar(2)", .required = true},
};
static const char *key_fields[] = {"code"}, *scope_fields[] = {"province_code"};
static const char *all_fields[] = {"code", "name", "province_code"};
static const char *small_fields[] = {"code", "name"};

static struct {
    struct world control;
    struct lt_bus bus;
    struct lt_producer *control_out, *feed_out, *outbox_out;
    int64_t incarnation, seq;
    int32_t declared_schema, sent_schema; /* of the service's rows: in control, in the feed */
    struct rw_row rows[RW_ROWS];
    struct lt_connection connections[RW_CONNECTIONS];
    struct lt_avro_schema *row, *small;
    struct lt_arena *arena;
    int64_t beat_ms;
    char config[512], key_file[512], log_file[512], settings[512];
} rw;

const struct lt_bus *rw_bus(void)
{
    return &rw.bus;
}

struct lt_admin *rw_admin(void)
{
    return lt_test_admin();
}

/* ---- topics and rights ---- */

void rw_make_topic(const char *topic)
{
    const struct lt_topic_config configs[] = {
        {"message.timestamp.type", "LogAppendTime"},
        {"cleanup.policy", "compact,delete"},
        {"retention.ms", "-1"},
        {"min.compaction.lag.ms", "604800000"},
    };
    assert_ok(
        lt_admin_topic_create(lt_test_admin(), topic, 1, configs, LT_COUNT(configs), &test_err));
}

static bool is_ours(const char *topic)
{
    static const char *const prefixes[] = {"platform.", "routing.", "feed.",
                                           "stream.",   "inbox.",   "outbox."};
    for (size_t i = 0; i < LT_COUNT(prefixes); i++)
        if (strncmp(topic, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static void delete_topics(void)
{
    const char **names;
    size_t count, left = 1;
    while (left > 0) {
        left = 0;
        assert_ok(lt_admin_topics(lt_test_admin(), rw.arena, &names, &count, &test_err));
        for (size_t i = 0; i < count; i++)
            if (is_ours(names[i])) {
                left++;
                assert_ok(lt_admin_topic_delete(lt_test_admin(), names[i], &test_err));
            }
        if (left > 0)
            lt_sleep_ms(200);
    }
}

static void make_topics(void)
{
    static const char *const names[] = {
        "platform.control",  "platform.diary",    "routing.cursors",
        "feed.sv000001.1",   "inbox.ap000002",    "outbox.ap000002",
        "stream.cn000001.1", "stream.cn000002.1", "stream.cn000003.1"};
    for (size_t i = 0; i < LT_COUNT(names); i++)
        rw_make_topic(names[i]);
}

static struct lt_acl
acl_of(enum lt_acl_resource resource, const char *name, enum lt_acl_operation operation)
{
    struct lt_acl acl = {.resource = resource,
                         .prefixed = true,
                         .principal = "User:routing",
                         .operation = operation};
    snprintf(acl.name, sizeof(acl.name), "%s", name);
    return acl;
}

static void give_rights(void)
{
    static const char *const read[] = {"feed.",   "outbox.", "platform.control",
                                       "stream.", "inbox.",  "routing.cursors"};
    static const char *const write[] = {"stream.", "inbox.", "routing.cursors", "platform.diary"};
    struct lt_acl acls[24];
    size_t count = 0;
    for (size_t i = 0; i < LT_COUNT(read); i++)
        acls[count++] = acl_of(LT_ACL_TOPIC, read[i], LT_ACL_READ);
    for (size_t i = 0; i < LT_COUNT(write); i++)
        acls[count++] = acl_of(LT_ACL_TOPIC, write[i], LT_ACL_WRITE);
    acls[count++] = acl_of(LT_ACL_TOPIC, "platform.diary", LT_ACL_DESCRIBE);
    acls[count++] = acl_of(LT_ACL_TRANSACTIONAL_ID, "routing.", LT_ACL_WRITE);
    acls[count++] = acl_of(LT_ACL_TRANSACTIONAL_ID, "routing.", LT_ACL_DESCRIBE);
    assert_ok(lt_admin_acl_add(lt_test_admin(), acls, count, &test_err));
}

/* ---- control ---- */

static void send_signed(void)
{
    assert_ok(lt_producer_send(rw.control_out, LT_TOPIC_CONTROL, lt_bytes_text(rw.control.key),
                               lt_buf_bytes(&rw.control.wire), NULL, 0, &test_err));
    assert_ok(lt_producer_flush(rw.control_out, 30000, &test_err));
}

static void put_control(enum lt_control_kind kind, const char *id, const void *body)
{
    world_put(&rw.control, kind, id, body);
    send_signed();
}

void rw_beat(void)
{
    world_beat(&rw.control, lt_now());
    send_signed();
    rw.beat_ms = lt_monotonic_ms();
}

int64_t rw_number(void)
{
    return lt_fold_number(rw.control.fold);
}

static void put_schema(int32_t id, const char *text)
{
    uint8_t digest[32];
    char name[16];
    lt_sha256(lt_bytes_text(text), digest);
    struct lt_schema_body body = {.id = id, .text = text, .sha256 = lt_bytes(digest, 32)};
    snprintf(name, sizeof(name), "%d", id);
    put_control(LT_CONTROL_SCHEMA, name, &body);
}

static void put_connection(int i)
{
    char id[LT_ID_MAX];
    lt_id_format(LT_ID_CONNECTION, i, id);
    put_control(LT_CONTROL_CONNECTION, id, &rw.connections[i - 1]);
}

void rw_incarnation(int64_t incarnation)
{
    struct lt_feed_body feed = {
        .service = "sv000001", .incarnation = incarnation, .reason = "test"};
    put_control(LT_CONTROL_FEED, "sv000001", &feed);
    rw_beat();
}

static void put_schemas(void)
{
    struct lt_buf small = {0};
    rw.row = lt_avro_schema_parse(row_text, strlen(row_text), &test_err);
    assert_non_null(rw.row);
    assert_ok(lt_avro_schema_project(rw.row, small_fields, 2, &small, &test_err));
    rw.small = lt_avro_schema_parse((const char *)small.data, small.len, &test_err);
    assert_non_null(rw.small);
    put_schema(KEY_SCHEMA, key_text);
    put_schema(ROW_SCHEMA, row_text);
    put_schema(SCOPE_SCHEMA, scope_text);
    put_schema(SMALL_SCHEMA, lt_buf_text(&small));
    lt_buf_fini(&small);
}

static void put_service(const char *id)
{
    static struct lt_policy policy = {.version = 1, .use_period = 3 * DAY, .on_expiry = "hide"};
    struct lt_service service = world_service;
    service.value_schema = rw.declared_schema;
    service.fields = fields;
    service.field_count = LT_COUNT(fields);
    service.key = key_fields;
    service.scope_columns = scope_fields;
    service.policy = &policy;
    put_control(LT_CONTROL_SERVICE, id, &service);
}

static void put_parties(void)
{
    static const struct lt_agency user_agency = {
        .name = "Tỉnh B", .class = "province", .contact = "b@b.vn"};
    struct lt_application provider = world_provider, user = world_user;
    struct lt_agreement agreement = world_agreement;
    provider.certificate_until = user.certificate_until = lt_now() + 30 * DAY;
    agreement.valid_from = lt_now() - DAY;
    put_control(LT_CONTROL_AGENCY, "ag0001", &world_agency);
    put_control(LT_CONTROL_AGENCY, "ag0002", &user_agency);
    put_control(LT_CONTROL_APPLICATION, "ap000001", &provider);
    put_control(LT_CONTROL_APPLICATION, "ap000002", &user);
    put_service("sv000001");
    put_control(LT_CONTROL_AGREEMENT, "ar000012", &agreement);
}

static void put_connections(void)
{
    static const char *const filters[] = {"", "province_code = '48'", "province_code = '49'"};
    for (int i = 1; i <= RW_CONNECTIONS; i++) {
        struct lt_connection *connection = &rw.connections[i - 1];
        *connection = world_connection;
        connection->filter = filters[i - 1];
        connection->fields = i == 2 ? small_fields : all_fields;
        connection->field_count = i == 2 ? 2 : 3;
        connection->value_schema = i == 2 ? SMALL_SCHEMA : ROW_SCHEMA;
        put_connection(i);
    }
}

void rw_new_schema(void)
{
    put_schema(LATER_SCHEMA, row_text);
    rw.declared_schema = LATER_SCHEMA;
    put_service("sv000001");
    for (int i = 1; i <= RW_CONNECTIONS; i++) {
        if (rw.connections[i - 1].value_schema == SMALL_SCHEMA)
            continue;
        rw.connections[i - 1].value_schema = LATER_SCHEMA;
        put_connection(i);
    }
    rw_beat();
}

void rw_hold(const char *hold, const char *target)
{
    struct lt_hold body = target[0] == 's' ? world_hold_service : world_hold_pair;
    body.target = target;
    body.set_at = lt_now();
    put_control(LT_CONTROL_HOLD, hold, &body);
    rw_beat();
}

void rw_lift(const char *hold, const char *target)
{
    struct lt_hold body = target[0] == 's' ? world_hold_service : world_hold_pair;
    body.target = target;
    body.lifted_at = lt_now();
    body.lifted_by = "test";
    put_control(LT_CONTROL_HOLD, hold, &body);
    rw_beat();
}

static int number_of(const char *connection)
{
    return connection[7] - '0';
}

void rw_terminate(const char *connection)
{
    struct lt_connection *body = &rw.connections[number_of(connection) - 1];
    body->ended_at = lt_now();
    body->ground = "44.1a";
    put_connection(number_of(connection));
    rw_beat();
}

void rw_amend(const char *connection, const char *filter, int64_t scope_version)
{
    struct lt_connection *body = &rw.connections[number_of(connection) - 1];
    body->filter = filter;
    body->scope_version = scope_version;
    put_connection(number_of(connection));
    rw_beat();
}

void rw_amend_fields(const char *connection, int64_t scope_version)
{
    struct lt_connection *body = &rw.connections[number_of(connection) - 1];
    body->fields = small_fields;
    body->field_count = 2;
    body->value_schema = SMALL_SCHEMA;
    body->scope_version = scope_version;
    put_connection(number_of(connection));
    rw_beat();
}

void rw_other_service(void)
{
    struct lt_feed_body feed = {.service = "sv000002", .incarnation = 1, .reason = "test"};
    struct lt_connection connection = world_connection;
    connection.service = "sv000002";
    connection.fields = all_fields;
    connection.field_count = 3;
    put_service("sv000002");
    put_control(LT_CONTROL_FEED, "sv000002", &feed);
    put_control(LT_CONTROL_CONNECTION, "cn000004", &connection);
    rw_beat();
}

void rw_limit(const char *connection, int64_t max_per_day)
{
    rw.connections[number_of(connection) - 1].max_per_day = max_per_day;
    put_connection(number_of(connection));
    rw_beat();
}

/* ---- provider ---- */

static void code_of(int code, char buf[16])
{
    snprintf(buf, 16, "w%05d", code);
}

static void put_string(struct lt_buf *out, const char *text)
{
    lt_avro_put_bytes(out, lt_bytes_text(text));
}

static void
feed_send(enum lt_op op, struct lt_bytes key, struct lt_bytes value, struct lt_bytes scope)
{
    char topic[LT_TOPIC_MAX], text[LT_HEADER_MAX];
    struct lt_header header = {
        .op = op,
        .seq = ++rw.seq,
        .time = lt_now(),
        .on_feed = true,
        .incarnation = rw.incarnation,
        .lsn = 0x1000 + (uint64_t)rw.seq,
        .ordinal = 0,
    };
    lt_topic_feed("sv000001", rw.incarnation, topic);
    struct lt_send_header headers[] = {
        {.name = LT_HEADER_NAME, .value = lt_bytes(text, lt_header_format(&header, text))},
        {.name = LT_HEADER_SCOPE_BEFORE, .value = scope},
    };
    assert_ok(
        lt_producer_send(rw.feed_out, topic, key, value, headers, scope.data ? 2 : 1, &test_err));
}

static void send_change(enum lt_op op, int code, const char *before)
{
    struct lt_buf key = {0}, value = {0}, scope = {0};
    char text[16];
    const struct rw_row *row = &rw.rows[code];
    code_of(code, text);
    lt_frame_put(&key, KEY_SCHEMA);
    put_string(&key, text);
    lt_frame_put(&value, rw.sent_schema);
    put_string(&value, text);
    put_string(&value, row->name);
    put_string(&value, row->province);
    lt_frame_put(&scope, SCOPE_SCHEMA);
    lt_avro_put_long(&scope, 1);
    put_string(&scope, before ? before : "");
    feed_send(op, lt_buf_bytes(&key),
              lt_op_has_value(op) ? lt_buf_bytes(&value) : lt_bytes(NULL, 0),
              before ? lt_buf_bytes(&scope) : lt_bytes(NULL, 0));
    lt_buf_fini(&key);
    lt_buf_fini(&value);
    lt_buf_fini(&scope);
}

static void begin(void)
{
    assert_ok(lt_producer_begin(rw.feed_out, &test_err));
}

static void commit(void)
{
    assert_ok(lt_producer_commit(rw.feed_out, &test_err));
}

static void change(int code, const char *name, const char *province)
{
    struct rw_row *row = &rw.rows[code];
    struct rw_row before = *row;
    row->there = true;
    snprintf(row->name, sizeof(row->name), "%s", name);
    snprintf(row->province, sizeof(row->province), "%s", province);
    bool moved = before.there && strcmp(before.province, province) != 0;
    send_change(before.there ? LT_OP_UPDATE : LT_OP_INSERT, code, moved ? before.province : NULL);
}

void rw_put(int code, const char *name, const char *province)
{
    begin();
    change(code, name, province);
    commit();
}

void rw_put_many(int from, int to, const char *name, const char *province)
{
    begin();
    for (int code = from; code < to; code++)
        change(code, name, province);
    commit();
}

void rw_delete(int code)
{
    char before[4];
    snprintf(before, sizeof(before), "%s", rw.rows[code].province);
    rw.rows[code].there = false;
    begin();
    send_change(LT_OP_DELETE, code, before);
    commit();
}

void rw_put_garbage(int code)
{
    struct lt_buf key = {0}, value = {0};
    char text[16];
    code_of(code, text);
    lt_frame_put(&key, KEY_SCHEMA);
    put_string(&key, text);
    lt_frame_put(&value, rw.sent_schema);
    lt_buf_adds(&value, "garbage");
    begin();
    feed_send(LT_OP_UPDATE, lt_buf_bytes(&key), lt_buf_bytes(&value), lt_bytes(NULL, 0));
    commit();
    lt_buf_fini(&key);
    lt_buf_fini(&value);
}

static lt_time send_sync(void)
{
    struct lt_buf key = {0}, value = {0};
    struct lt_sync_key sync_key = {.what = "sync"};
    struct lt_sync_point point = {.time = lt_now(), .fingerprint = lt_bytes("f", 1), .lsn = rw.seq};
    lt_record_encode(LT_RECORD_SYNC_KEY, &sync_key, &key);
    lt_record_encode(LT_RECORD_SYNC_POINT, &point, &value);
    feed_send(LT_OP_SYNC, lt_buf_bytes(&key), lt_buf_bytes(&value), lt_bytes(NULL, 0));
    lt_buf_fini(&key);
    lt_buf_fini(&value);
    return point.time;
}

lt_time rw_sync(void)
{
    begin();
    lt_time time = send_sync();
    commit();
    return time;
}

void rw_begin_history(int64_t incarnation)
{
    char topic[LT_TOPIC_MAX];
    lt_topic_feed("sv000001", incarnation, topic);
    if (incarnation > 1)
        rw_make_topic(topic);
    rw.incarnation = incarnation;
    rw.sent_schema = rw.declared_schema;
    rw.seq = 0;
    begin();
    for (int code = 0; code < RW_ROWS; code++)
        if (rw.rows[code].there)
            send_change(LT_OP_SNAPSHOT, code, NULL);
    send_sync();
    commit();
}

/* ---- start and stop ---- */

static void write_config(void)
{
    struct lt_bus routing = lt_test_bus("routing");
    struct lt_buf text = {0};
    const char *dir = getenv("LT_TEST_DIR");
    snprintf(rw.config, sizeof(rw.config), "%s/routing.ini", dir);
    snprintf(rw.key_file, sizeof(rw.key_file), "%s/control.pub", dir);
    snprintf(rw.log_file, sizeof(rw.log_file), "%s/routing.log", dir);
    assert_ok(lt_control_key_write(rw.key_file, rw.control.public_key, 0644, &test_err));
    lt_buf_addf(&text,
                "[kafka]\nbrokers = %s\nca_file = %s\ncert_file = %s\nkey_file = %s\n"
                "[routing]\ntransaction_timeout = 20s\nsync_every = 100ms\npage_time = 1s\n"
                "technical_pause = 2s\n%s\n"
                "[control]\npublic_key_file = %s\n[log]\nlevel = debug\n",
                routing.brokers, routing.ca_file, routing.cert_file, routing.key_file, rw.settings,
                rw.key_file);
    assert_ok(lt_file_replace(rw.config, lt_buf_bytes(&text), 0644, &test_err));
    lt_buf_fini(&text);
}

void rw_settings(const char *lines)
{
    snprintf(rw.settings, sizeof(rw.settings), "%s", lines);
}

void rw_start(void)
{
    memset(&rw, 0, sizeof(rw));
    rw.declared_schema = rw.sent_schema = ROW_SCHEMA;
    test_err = (struct lt_error){0};
    rw.arena = lt_arena_new(65536);
    snprintf(rw.log_file, sizeof(rw.log_file), "%s/routing.log", getenv("LT_TEST_DIR"));
    unlink(rw.log_file);
    rw.bus = lt_test_bus("bootstrap");
    world_init(&rw.control);
    delete_topics();
    make_topics();
    give_rights();
    rw.control_out = lt_producer_open(&rw.bus, NULL, &test_err);
    rw.outbox_out = lt_producer_open(&rw.bus, NULL, &test_err);
    assert_non_null(rw.control_out);
    assert_non_null(rw.outbox_out);
    rw.feed_out = test_producer(&rw.bus, "provider.so000001");
    rw.incarnation = 1;
    put_schemas();
    put_parties();
    put_connections();
    rw_incarnation(1);
}

void rw_stop(void)
{
    lt_producer_close(rw.control_out);
    lt_producer_close(rw.outbox_out);
    lt_producer_close(rw.feed_out);
    lt_avro_schema_unref(rw.row);
    lt_avro_schema_unref(rw.small);
    world_fini(&rw.control);
    delete_topics();
    lt_arena_free(rw.arena);
}

/* ---- daemon ---- */

pid_t rw_spawn(void)
{
    write_config();
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    int log = open(rw.log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    dup2(log, 2);
    const char *program = getenv("LT_TEST_ROUTING");
    execl(program ? program : "build/debug/bin/lt-routing", "lt-routing", "--config", rw.config,
          NULL);
    _exit(127);
}

void rw_kill(pid_t pid, int signal)
{
    kill(pid, signal);
}

int rw_exit_of(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool rw_logged(const char *text)
{
    struct lt_buf log = {0};
    assert_ok(lt_file_read(rw.log_file, 64 << 20, &log, &test_err));
    bool found = strstr(lt_buf_text(&log), text) != NULL;
    lt_buf_fini(&log);
    return found;
}

/* ---- eyes ---- */

/* The fields of a delivered value, by the schema it names. */
static void take_row(struct rw_copy *copy, const struct lt_message *message, int code)
{
    int32_t id;
    struct lt_bytes record, text;
    struct lt_span spans[3];
    struct rw_row *row = &copy->rows[code];
    *row = (struct rw_row){0};
    if (!message->value.data)
        return;
    assert_ok(lt_frame_get(message->value, &id, &record, &test_err));
    const struct lt_avro_schema *schema = id == SMALL_SCHEMA ? rw.small : rw.row;
    assert_ok(lt_avro_walk(schema, record, spans, &test_err));
    row->there = true;
    assert_ok(lt_avro_get_bytes(lt_bytes(record.data + spans[1].start, spans[1].len), &text));
    snprintf(row->name, sizeof(row->name), "%.*s", (int)text.len, (const char *)text.data);
    if (id != ROW_SCHEMA && id != LATER_SCHEMA)
        return;
    assert_ok(lt_avro_get_bytes(lt_bytes(record.data + spans[2].start, spans[2].len), &text));
    snprintf(row->province, sizeof(row->province), "%.*s", (int)text.len, (const char *)text.data);
}

static int code_in_key(const struct lt_message *message)
{
    int32_t id;
    struct lt_bytes record, text;
    char digits[16];
    assert_ok(lt_frame_get(message->key, &id, &record, &test_err));
    assert_int_equal(id, KEY_SCHEMA);
    assert_ok(lt_avro_get_bytes(record, &text));
    snprintf(digits, sizeof(digits), "%.*s", (int)text.len, (const char *)text.data);
    return atoi(digits + 1);
}

static uint64_t digest_of(const struct lt_message *message)
{
    struct lt_chain chain = {{0}};
    uint64_t digest;
    lt_chain_add(&chain, message->key, message->value, message->lt);
    memcpy(&digest, chain.value, sizeof(digest));
    return digest;
}

/* Same seq, same bytes, always (architecture 3). */
static int see_again(struct rw_copy *copy,
                     const struct lt_message *message,
                     int64_t seq,
                     struct lt_error *reterr)
{
    copy->repeats++;
    if (seq < (int64_t)LT_COUNT(copy->digests) && copy->digests[seq] != digest_of(message))
        return lt_fail(reterr, LT_ERR_FATAL, "test", 0, "seq %d names two records", (int)seq);
    return 0;
}

/* As a consumer: what is there already is dropped, a gap fails. */
static int see_record(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    struct rw_copy *copy = arg;
    struct lt_header header;
    if (lt_header_parse(message->lt, &header, reterr) < 0)
        return -1;
    if (header.seq <= copy->seq)
        return see_again(copy, message, header.seq, reterr);
    if (header.seq != copy->seq + 1)
        return lt_fail(reterr, LT_ERR_FATAL, "test", 0, "gap: %d after %d", (int)header.seq,
                       (int)copy->seq);
    copy->seq = header.seq;
    if (header.seq < (int64_t)LT_COUNT(copy->digests))
        copy->digests[header.seq] = digest_of(message);
    copy->deletes += header.op == LT_OP_DELETE;
    if ((size_t)copy->records < sizeof(copy->ops) - 1)
        copy->ops[copy->records] = lt_op_name(header.op)[0];
    copy->records++;
    snprintf(copy->terms, sizeof(copy->terms), "%d.%d", (int)header.agreement,
             (int)header.scope_version);
    lt_chain_add(&copy->chain, message->key, message->value, message->lt);
    take_row(copy, message, code_in_key(message));
    return 0;
}

void rw_read_stream(const char *stream, struct rw_copy *ret)
{
    char topic[LT_TOPIC_MAX];
    int64_t next;
    *ret = (struct rw_copy){0};
    lt_topic_stream(stream, topic);
    lt_chain_start(&ret->chain, topic);
    assert_ok(lt_bus_read_to_end(&rw.bus, topic, LT_OFFSET_BEGIN, 60000, see_record, ret, &next,
                                 &test_err));
}

struct wanted {
    const char *key;
    enum lt_record_type type;
    void *record;
    bool found;
};

static int see_newest(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    struct wanted *wanted = arg;
    if (!lt_bytes_equal(message->key, lt_bytes_text(wanted->key)))
        return 0;
    wanted->found = true;
    return lt_record_decode(wanted->type, message->value, wanted->record, rw.arena, reterr);
}

static bool newest(const char *topic, const char *key, enum lt_record_type type, void *record)
{
    struct wanted wanted = {.key = key, .type = type, .record = record};
    int64_t next;
    lt_arena_reset(rw.arena);
    assert_ok(lt_bus_read_to_end(&rw.bus, topic, LT_OFFSET_BEGIN, 60000, see_newest, &wanted, &next,
                                 &test_err));
    return wanted.found;
}

bool rw_cursor(const char *stream, struct lt_cursor *ret)
{
    return newest(LT_TOPIC_CURSORS, stream, LT_RECORD_CURSOR, ret);
}

bool rw_notice(const char *stream, struct lt_stream_notice *ret)
{
    return newest("inbox.ap000002", stream, LT_RECORD_STREAM_NOTICE, ret);
}

struct notes {
    char prefix[LT_TOPIC_MAX + 8];
    int64_t notes, records;
};

static int see_note(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    struct notes *notes = arg;
    struct lt_delivery_note note;
    size_t len = strlen(notes->prefix);
    if (message->key.len < len || memcmp(message->key.data, notes->prefix, len) != 0)
        return 0;
    if (lt_record_decode(LT_RECORD_DELIVERY_NOTE, message->value, &note, rw.arena, reterr) < 0)
        return -1;
    notes->notes++;
    notes->records += note.count;
    return 0;
}

void rw_notes(const char *stream, int64_t *ret_notes, int64_t *ret_records)
{
    struct notes notes = {.notes = 0};
    int64_t next;
    snprintf(notes.prefix, sizeof(notes.prefix), "note/%s/", stream);
    lt_arena_reset(rw.arena);
    assert_ok(lt_bus_read_to_end(&rw.bus, LT_TOPIC_DIARY, LT_OFFSET_BEGIN, 60000, see_note, &notes,
                                 &next, &test_err));
    *ret_notes = notes.notes;
    *ret_records = notes.records;
}

struct decisions {
    const char *stream, *clause;
    struct lt_decision newest;
    int count;
};

static int see_decision(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    struct decisions *decisions = arg;
    struct lt_decision decision;
    if (lt_record_type_of(message->value) != LT_RECORD_DECISION)
        return 0;
    if (lt_record_decode(LT_RECORD_DECISION, message->value, &decision, rw.arena, reterr) < 0)
        return -1;
    if (strcmp(decision.stream, decisions->stream) != 0 ||
        strcmp(decision.clause, decisions->clause) != 0)
        return 0;
    decisions->newest = decision;
    decisions->count++;
    return 0;
}

int rw_decisions(const char *stream, const char *clause, struct lt_decision *ret)
{
    struct decisions decisions = {.stream = stream, .clause = clause};
    int64_t next;
    lt_arena_reset(rw.arena);
    assert_ok(lt_bus_read_to_end(&rw.bus, LT_TOPIC_DIARY, LT_OFFSET_BEGIN, 60000, see_decision,
                                 &decisions, &next, &test_err));
    if (ret)
        *ret = decisions.newest;
    return decisions.count;
}

struct stand {
    char key[64];
    bool there;
};

static int see_stand(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)reterr;
    struct stand *stand = arg;
    if (lt_bytes_equal(message->key, lt_bytes_text(stand->key)))
        stand->there = message->value.data != NULL;
    return 0;
}

bool rw_stands_still(const char *lane, const char *clause)
{
    struct stand stand = {.there = false};
    int64_t next;
    snprintf(stand.key, sizeof(stand.key), "stand/%s/%s", lane, clause);
    assert_ok(lt_bus_read_to_end(&rw.bus, LT_TOPIC_CURSORS, LT_OFFSET_BEGIN, 60000, see_stand,
                                 &stand, &next, &test_err));
    return stand.there;
}

void rw_diary_right(bool may)
{
    struct lt_acl acl = acl_of(LT_ACL_TOPIC, LT_TOPIC_DIARY, LT_ACL_WRITE);
    if (may)
        assert_ok(lt_admin_acl_add(lt_test_admin(), &acl, 1, &test_err));
    else
        assert_ok(lt_admin_acl_remove(lt_test_admin(), &acl, 1, &test_err));
}

void rw_pass(int64_t ms)
{
    int64_t end = lt_monotonic_ms() + ms;
    do {
        if (lt_monotonic_ms() - rw.beat_ms > 1000)
            rw_beat();
        lt_sleep_ms(LT_MIN(50, LT_MAX(end - lt_monotonic_ms(), 0)));
    } while (lt_monotonic_ms() < end);
}

void rw_await_state(const char *stream, const char *state)
{
    struct lt_cursor cursor = {.state = "none", .reason = ""};
    int64_t end = lt_monotonic_ms() + PATIENCE_MS;
    while (lt_monotonic_ms() < end) {
        if (rw_cursor(stream, &cursor) && strcmp(cursor.state, state) == 0)
            return;
        rw_pass(100);
    }
    fail_msg("%s is %s (%s), not %s", stream, cursor.state, cursor.reason, state);
}

static bool is_equal(const struct rw_copy *copy, int connection)
{
    static const char *const provinces[] = {NULL, "48", "49"};
    const char *province = provinces[connection - 1];
    for (int code = 0; code < RW_ROWS; code++) {
        const struct rw_row *source = &rw.rows[code], *row = &copy->rows[code];
        bool in = source->there && (!province || strcmp(source->province, province) == 0);
        if (row->there != in || (in && strcmp(row->name, source->name) != 0))
            return false;
    }
    return true;
}

void rw_await_equal(const char *stream, int connection)
{
    static struct rw_copy copy;
    int64_t end = lt_monotonic_ms() + PATIENCE_MS;
    while (lt_monotonic_ms() < end) {
        rw_read_stream(stream, &copy);
        if (is_equal(&copy, connection))
            return;
        rw_pass(100);
    }
    fail_msg("%s does not become the scope of cn00000%d (seq %d)", stream, connection,
             (int)copy.seq);
}

void rw_report_gap(const char *stream)
{
    struct lt_buf value = {0};
    char key[LT_TOPIC_MAX + 8];
    struct lt_gap_report report = {
        .stream = stream, .expected = 7, .seen = 9, .reason = "gap", .at = lt_now()};
    lt_record_encode(LT_RECORD_GAP_REPORT, &report, &value);
    snprintf(key, sizeof(key), "gap/%s", stream);
    assert_ok(lt_producer_send(rw.outbox_out, "outbox.ap000002", lt_bytes_text(key),
                               lt_buf_bytes(&value), NULL, 0, &test_err));
    assert_ok(lt_producer_flush(rw.outbox_out, 30000, &test_err));
    lt_buf_fini(&value);
}
