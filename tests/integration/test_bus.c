/* lib/bus on a real broker: transactions, isolation, fencing, tails, positions (RT-1, protocol 1).
 */
#include "support/cm.h"
#include "support/kafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 30000

static struct lt_bus bus;
static char topic[64];
static struct lt_error err;

static int fresh_topic(void **state)
{
    (void)state;
    err = (struct lt_error){0};
    lt_test_topic("feed.sv000001", topic, sizeof topic);
    return 0;
}

#define assert_ok(call)                         \
    do {                                        \
        if ((call) < 0) {                       \
            fail_msg("%s: %s", #call, err.msg); \
        }                                       \
    } while (0)

static struct lt_producer *producer(const char *id)
{
    struct lt_producer *made = lt_producer_open(&bus, id, &err);
    if (made == NULL) {
        fail_msg("%s", err.msg);
    }
    assert_ok(lt_producer_init(made, TIMEOUT_MS, &err));
    return made;
}

static void send_text(struct lt_producer *made, const char *key, const char *value)
{
    assert_ok(
        lt_producer_send(made, topic, lt_bytes_text(key), lt_bytes_text(value), NULL, 0, &err));
}

static void a_committed_transaction_is_read(void **state)
{
    (void)state;
    char id[64];
    struct lt_producer *made = producer(lt_test_name("routing", id, sizeof id));
    assert_ok(lt_producer_begin(made, &err));
    const struct lt_send_header headers[] = {
        {"lt", lt_bytes_text("update 4711 1795457460210123 2/90412 12.3")},
        {"lt-scope-before", lt_bytes_text("old")},
    };
    assert_ok(
        lt_producer_send(made, topic, lt_bytes_text("k"), lt_bytes_text("v"), headers, 2, &err));
    assert_ok(
        lt_producer_send(made, topic, lt_bytes_text("k"), lt_bytes(NULL, 0), headers, 1, &err));
    assert_ok(lt_producer_commit(made, &err));
    struct lt_reader *reader = lt_reader_open(&bus, true, &err);
    assert_ok(lt_reader_add(reader, topic, LT_OFFSET_BEGIN, &err));
    struct lt_message message;
    assert_int_equal(lt_reader_poll(reader, TIMEOUT_MS, &message, &err), 1);
    printf("%s %ld %ld\n", message.topic, (long)message.offset, (long)message.append_time);
    lt_message_release(&message);
    assert_int_equal(lt_reader_poll(reader, TIMEOUT_MS, &message, &err), 1);
    assert_null(message.value.data);
    lt_message_release(&message);
    assert_int_equal(lt_reader_poll(reader, 1000, &message, &err), 0);
    assert_int_equal(lt_reader_position(reader, topic), 3);
    lt_reader_close(reader);
    lt_producer_close(made);
}

int main(void)
{
    bus = lt_test_bus("bootstrap");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_committed_transaction_is_read, fresh_topic),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    lt_test_admin_close();
    return rc;
}
