/*
 * The stand-in for the steward, and the standard table.
 */
#include "support/provider_line_priv.h"

#include "support/cm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "avro/span.h"
#include "base/mem.h"
#include "change/chain.h"
#include "control/control.h"
#include "steward/derive.h"
#include "support/kafka.h"

static struct lt_error err;

/* ---- the stand-in steward ---- */

void line_make_topic(const char *topic)
{
    static const struct lt_topic_config config[] = {{"cleanup.policy", "compact,delete"},
                                                    {"retention.ms", "-1"},
                                                    {"min.compaction.lag.ms", "86400000"},
                                                    {"message.timestamp.type", "LogAppendTime"}};
    if (lt_admin_topic_create(lt_test_admin(), topic, 1, config, LT_COUNT(config), &err) != 0) {
        fail_msg("topic %s: %s", topic, err.msg);
    }
}

static bool is_listed(const char *topic)
{
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    const char **names;
    size_t count = 0;
    if (lt_admin_topics(lt_test_admin(), arena, &names, &count, &err) != 0) {
        fail_msg("topics: %s", err.msg);
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], topic) == 0) {
            return true;
        }
    }
    return false;
}

void line_lose_feed(const char *service, int64_t incarnation)
{
    char topic[LT_TOPIC_MAX];
    lt_topic_feed(service, incarnation, topic);
    if (lt_admin_topic_delete(lt_test_admin(), topic, &err) != 0) {
        fail_msg("topic %s: %s", topic, err.msg);
    }
    while (is_listed(topic)) {
        lt_sleep_ms(20);
    }
    line_make_topic(topic);
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
    line_make_topic(topic);
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

void *line_steward_run(void *arg)
{
    struct line *line = arg;
    struct lt_bus bus = lt_test_bus("bootstrap");
    struct lt_reader *reader = lt_reader_open(&bus, true, LT_READ_MOVING, NULL);
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
