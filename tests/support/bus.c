#include "support/bus.h"

#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS 30000

struct lt_error test_err;

void assert_error(enum lt_err_class class, const char *part)
{
    if (test_err.class != class || strstr(test_err.msg, part) == NULL) {
        fail_msg("expected %s with '%s', got %s: %s", lt_err_class_name(class), part,
                 lt_err_class_name(test_err.class), test_err.msg);
    }
    test_err = (struct lt_error){0};
}

struct lt_producer *test_producer(const struct lt_bus *bus, const char *id)
{
    struct lt_producer *producer = lt_producer_open(bus, id, &test_err);
    if (producer == NULL) {
        fail_msg("%s", test_err.msg);
    }
    if (id != NULL) {
        assert_ok(lt_producer_init(producer, TIMEOUT_MS, &test_err));
    }
    return producer;
}

void test_send(struct lt_producer *producer, const char *topic, const char *key, const char *value)
{
    assert_ok(lt_producer_send(producer, topic, lt_bytes_text(key), lt_bytes_text(value), NULL, 0,
                               &test_err));
}

void test_batch(struct lt_producer *producer, const char *topic, const char *prefix, int count)
{
    assert_ok(lt_producer_begin(producer, &test_err));
    for (int i = 0; i < count; i++) {
        char value[64];
        snprintf(value, sizeof value, "%s%d", prefix, i);
        test_send(producer, topic, "key", value);
    }
}

void test_commit(struct lt_producer *producer, const char *topic, const char *prefix, int count)
{
    test_batch(producer, topic, prefix, count);
    assert_ok(lt_producer_commit(producer, &test_err));
}

void test_abort(struct lt_producer *producer, const char *topic, const char *prefix, int count)
{
    test_batch(producer, topic, prefix, count);
    assert_ok(lt_producer_flush(producer, TIMEOUT_MS, &test_err));
    assert_ok(lt_producer_abort(producer, &test_err));
}

struct lt_reader *test_reader(const struct lt_bus *bus, const char *topic, int64_t offset)
{
    struct lt_reader *reader = lt_reader_open(bus, true, LT_READ_MOVING, &test_err);
    if (reader == NULL) {
        fail_msg("%s", test_err.msg);
    }
    assert_ok(lt_reader_add(reader, topic, offset, &test_err));
    return reader;
}

static bool is_about(struct lt_reader *reader, const char *topic)
{
    return topic != NULL && test_err.class == LT_ERR_REJECT &&
           strcmp(lt_reader_failed_topic(reader), topic) == 0;
}

int64_t assert_next_despite(struct lt_reader *reader, const char *failing, const char *value)
{
    struct lt_message message;
    int rc;
    do {
        rc = lt_reader_poll(reader, TIMEOUT_MS, &message, &test_err);
    } while (rc < 0 && is_about(reader, failing));
    if (rc != 1) {
        fail_msg("expected '%s', got %s", value, rc == 0 ? "nothing" : test_err.msg);
    }
    char got[64];
    snprintf(got, sizeof got, "%.*s", (int)message.value.len, (const char *)message.value.data);
    int64_t offset = message.offset;
    lt_message_release(&message);
    assert_string_equal(got, value);
    return offset;
}

int64_t assert_next(struct lt_reader *reader, const char *value)
{
    return assert_next_despite(reader, NULL, value);
}

void assert_nothing(struct lt_reader *reader)
{
    struct lt_message message;
    int rc = lt_reader_poll(reader, 300, &message, &test_err);
    if (rc > 0) {
        lt_message_release(&message);
    }
    assert_int_equal(rc, 0);
}

void await_error(struct lt_reader *reader, int64_t timeout_ms)
{
    int64_t end = lt_monotonic_ms() + timeout_ms;
    while (lt_monotonic_ms() < end) {
        struct lt_message message;
        int rc = lt_reader_poll(reader, 100, &message, &test_err);
        if (rc < 0) {
            return;
        }
        if (rc > 0) {
            lt_message_release(&message);
        }
    }
    fail_msg("no error within %lld ms", (long long)timeout_ms);
}

static int append_value(void *arg, const struct lt_message *message, struct lt_error *reterr)
{
    (void)reterr;
    struct lt_buf *all = arg;
    if (all->len > 0) {
        lt_buf_addc(all, ' ');
    }
    lt_buf_add(all, message->value.data, message->value.len);
    return 0;
}

const char *test_read_all(const struct lt_bus *bus, const char *topic, char *buf, size_t size)
{
    struct lt_buf all = {0};
    int64_t next;
    assert_ok(lt_bus_read_to_end(bus, topic, LT_OFFSET_BEGIN, TIMEOUT_MS, append_value, &all, &next,
                                 &test_err));
    snprintf(buf, size, "%s", lt_buf_text(&all));
    lt_buf_fini(&all);
    return buf;
}
