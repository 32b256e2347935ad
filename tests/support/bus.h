/**
 * @file
 * Short forms for tests that produce and read.  A failure of any of them fails the test with
 * the error's text.
 */
#pragma once

#include "support/cm.h"

#include "bus/bus.h"

/** The error of the last call; tests hand &test_err to what they call themselves. */
extern struct lt_error test_err;

/** Fails the test with the error's text when call gives a negative number. */
#define assert_ok(call)                              \
    do {                                             \
        if ((call) < 0) {                            \
            fail_msg("%s: %s", #call, test_err.msg); \
        }                                            \
    } while (0)

/** Asserts that the last error has this class and that its text contains `part`. */
void assert_error(enum lt_err_class class, const char *part);

struct lt_producer *test_producer(const struct lt_bus *bus, const char *id);
void test_send(struct lt_producer *producer, const char *topic, const char *key, const char *value);
/** begin, `count` records "<prefix>0", "<prefix>1" ..., no end. */
void test_batch(struct lt_producer *producer, const char *topic, const char *prefix, int count);
void test_commit(struct lt_producer *producer, const char *topic, const char *prefix, int count);
void test_abort(struct lt_producer *producer, const char *topic, const char *prefix, int count);

struct lt_reader *test_reader(const struct lt_bus *bus, const char *topic, int64_t offset);
/** The next record's value is `value`, within 30 s; its offset. */
int64_t assert_next(struct lt_reader *reader, const char *value);
/** The same; errors about one topic may come in between. */
int64_t assert_next_despite(struct lt_reader *reader, const char *failing, const char *value);
/** Nothing comes within 300 ms. */
void assert_nothing(struct lt_reader *reader);
/** Polls until an error comes, at most timeout_ms; records are dropped. */
void await_error(struct lt_reader *reader, int64_t timeout_ms);
/** Everything read_committed in the topic, values joined by blanks, into buf. */
const char *test_read_all(const struct lt_bus *bus, const char *topic, char *buf, size_t size);
