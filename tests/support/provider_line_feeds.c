/*
 * What the provider wrote: positions, feeds, and whether they equal the table.
 */
#include "support/provider_line_priv.h"

#include "support/cm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "avro/frame.h"
#include "avro/span.h"
#include "base/mem.h"
#include "change/chain.h"
#include "change/type.h"
#include "support/kafka.h"

static struct lt_error err;

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
    PGresult *res = line_execute(line, sql);
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
