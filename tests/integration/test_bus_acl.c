/*
 * Rights on a real broker: made, listed and taken away by raw requests, and what they do.
 * Architecture 5 and 7: READ removed stops a reader at once and inbox and others stay (D43.1a).
 */
#include "support/bus.h"
#include "support/cm.h"
#include "support/kafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 30000

static struct lt_bus boss;
static char topic[64], other[64], name[64], principal[80];

static int fresh_names(void **state)
{
    (void)state;
    test_err = (struct lt_error){0};
    lt_test_topic("stream.cn000041", topic, sizeof topic);
    lt_test_topic("inbox.ap000041", other, sizeof other);
    lt_test_name("ap000041", name, sizeof name);
    snprintf(principal, sizeof principal, "User:%s", name);
    return 0;
}

static struct lt_acl
acl(enum lt_acl_resource resource, const char *on, bool prefixed, enum lt_acl_operation operation)
{
    struct lt_acl made = {.resource = resource, .prefixed = prefixed, .operation = operation};
    snprintf(made.name, sizeof made.name, "%s", on);
    snprintf(made.principal, sizeof made.principal, "%s", principal);
    return made;
}

static bool same(const struct lt_acl *a, const struct lt_acl *b)
{
    return a->resource == b->resource && a->prefixed == b->prefixed &&
           a->operation == b->operation && strcmp(a->name, b->name) == 0 &&
           strcmp(a->principal, b->principal) == 0;
}

static size_t count_listed(const struct lt_acl *wanted, size_t count)
{
    struct lt_acl *all;
    size_t all_count, found = 0;
    assert_ok(lt_admin_acl_list(lt_test_admin(), &all, &all_count, &test_err));
    for (size_t i = 0; i < all_count; i++) {
        for (size_t k = 0; k < count; k++) {
            found += same(&all[i], &wanted[k]);
        }
    }
    free(all);
    return found;
}

/* The broker's view follows the controller's. */
static void await_listed(const struct lt_acl *wanted, size_t count, size_t expected)
{
    for (int i = 0; i < 100 && count_listed(wanted, count) != expected; i++) {
        lt_sleep_ms(20);
    }
    assert_int_equal(count_listed(wanted, count), expected);
}

static void give(const struct lt_acl *acls, size_t count)
{
    assert_ok(lt_admin_acl_add(lt_test_admin(), acls, count, &test_err));
    await_listed(acls, count, count);
}

static void take_away(const struct lt_acl *acls, size_t count)
{
    assert_ok(lt_admin_acl_remove(lt_test_admin(), acls, count, &test_err));
    await_listed(acls, count, 0);
}

static void acls_of_every_kind_are_made_listed_and_removed(void **state)
{
    (void)state;
    const struct lt_acl acls[] = {
        acl(LT_ACL_TOPIC, topic, false, LT_ACL_READ),
        acl(LT_ACL_TOPIC, "outbox.ap000041", true, LT_ACL_WRITE),
        acl(LT_ACL_GROUP, "ap000041.", true, LT_ACL_READ),
        acl(LT_ACL_TRANSACTIONAL_ID, "consumer.ap000041", false, LT_ACL_WRITE),
        acl(LT_ACL_TRANSACTIONAL_ID, "routing.", true, LT_ACL_DESCRIBE),
        acl(LT_ACL_CLUSTER, "kafka-cluster", false, LT_ACL_CREATE),
        acl(LT_ACL_CLUSTER, "kafka-cluster", false, LT_ACL_IDEMPOTENT_WRITE),
        acl(LT_ACL_TOPIC, topic, false, LT_ACL_DESCRIBE_CONFIGS),
    };
    size_t count = LT_COUNT(acls);
    give(acls, count);
    assert_ok(lt_admin_acl_add(lt_test_admin(), acls, count, &test_err));
    await_listed(acls, count, count);
    assert_ok(lt_admin_acl_remove(lt_test_admin(), acls, 3, &test_err));
    await_listed(acls, 3, 0);
    await_listed(acls + 3, count - 3, count - 3);
    take_away(acls, count);
}

static void a_literal_acl_is_not_taken_for_the_prefixed_one(void **state)
{
    (void)state;
    const struct lt_acl literal = acl(LT_ACL_TOPIC, topic, false, LT_ACL_READ);
    const struct lt_acl prefixed = acl(LT_ACL_TOPIC, topic, true, LT_ACL_READ);
    give(&literal, 1);
    give(&prefixed, 1);
    take_away(&prefixed, 1);
    await_listed(&literal, 1, 1);
}

static void an_operation_that_does_not_fit_is_refused_and_named(void **state)
{
    (void)state;
    const struct lt_acl bad = acl(LT_ACL_CLUSTER, "other-cluster", false, LT_ACL_READ);
    assert_int_equal(lt_admin_acl_add(lt_test_admin(), &bad, 1, &test_err), -1);
    assert_error(LT_ERR_REJECT, "on 'other-cluster'");
}

static void who_may_not_alter_the_cluster_makes_no_acls(void **state)
{
    (void)state;
    struct lt_bus bus = lt_test_bus(name);
    LT_CLEANUP(lt_admin_closep) struct lt_admin *admin = lt_admin_open(&bus, &test_err);
    const struct lt_acl own = acl(LT_ACL_TOPIC, topic, false, LT_ACL_READ);
    assert_int_equal(lt_admin_acl_add(admin, &own, 1, &test_err), -1);
    assert_error(LT_ERR_FATAL, "cluster authorization failed");
    struct lt_acl *all;
    size_t count;
    assert_int_equal(lt_admin_acl_list(admin, &all, &count, &test_err), -1);
    assert_error(LT_ERR_FATAL, "cluster authorization failed");
    assert_int_equal(lt_admin_topic_create(admin, "feed.sv000009.1", 1, NULL, 0, &test_err), -1);
    assert_error(LT_ERR_REJECT, "uthoriz");
    assert_int_equal(lt_admin_topic_delete(admin, topic, &test_err), -1);
    assert_error(LT_ERR_REJECT, "uthoriz");
}

static void without_a_right_nothing_is_read(void **state)
{
    (void)state;
    struct lt_bus bus = lt_test_bus(name);
    const struct lt_acl read = acl(LT_ACL_TOPIC, other, false, LT_ACL_READ);
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&boss, name);
    test_commit(producer, topic, "secret", 1);
    give(&read, 1);
    LT_CLEANUP(lt_reader_closep) struct lt_reader *reader = test_reader(&bus, topic, 0);
    assert_ok(lt_reader_add(reader, other, 0, &test_err));
    await_error(reader, TIMEOUT_MS);
    assert_string_equal(lt_reader_failed_topic(reader), topic);
    assert_error(LT_ERR_REJECT, "topic authorization failed");
    test_commit(producer, other, "mine", 1);
    assert_next_despite(reader, topic, "mine0");
}

/* More than can be asked for before the first is due again. */
static void each_of_many_topics_without_a_right_is_named(void **state)
{
    (void)state;
    struct lt_bus bus = lt_test_bus(name);
    enum { MANY = 40 };
    char base[64], first[80];
    bool named[MANY] = {false};
    int count = 0;
    lt_test_name("outbox.ap000002", base, sizeof base);
    snprintf(first, sizeof first, "%s.0", base);
    LT_CLEANUP(lt_reader_closep) struct lt_reader *reader = test_reader(&bus, first, 0);
    for (int i = 1; i < MANY; i++) {
        char one[80];
        snprintf(one, sizeof one, "%s.%d", base, i);
        assert_ok(lt_reader_add(reader, one, 0, &test_err));
    }
    for (int64_t end = lt_monotonic_ms() + 30000; count < MANY && lt_monotonic_ms() < end;) {
        struct lt_message message;
        if (lt_reader_poll(reader, 100, &message, &test_err) == 0)
            continue;
        int which = atoi(strrchr(lt_reader_failed_topic(reader), '.') + 1);
        count += !named[which];
        named[which] = true;
    }
    assert_int_equal(count, MANY);
}

static void a_right_given_later_starts_the_reader_by_itself(void **state)
{
    (void)state;
    struct lt_bus bus = lt_test_bus(name);
    const struct lt_acl read = acl(LT_ACL_TOPIC, topic, false, LT_ACL_READ);
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&boss, name);
    test_commit(producer, topic, "v", 1);
    LT_CLEANUP(lt_reader_closep) struct lt_reader *reader = test_reader(&bus, topic, 0);
    await_error(reader, TIMEOUT_MS);
    give(&read, 1);
    assert_next_despite(reader, topic, "v0");
}

static void a_reader_stops_when_read_is_removed_and_goes_on_when_it_is_back(void **state)
{
    (void)state;
    struct lt_bus bus = lt_test_bus(name);
    const struct lt_acl read = acl(LT_ACL_TOPIC, topic, false, LT_ACL_READ);
    LT_CLEANUP(lt_producer_closep) struct lt_producer *producer = test_producer(&boss, name);
    give(&read, 1);
    LT_CLEANUP(lt_reader_closep) struct lt_reader *reader = test_reader(&bus, topic, 0);
    test_commit(producer, topic, "before", 1);
    assert_next(reader, "before0");

    take_away(&read, 1);
    test_commit(producer, topic, "held", 1);
    await_error(reader, TIMEOUT_MS);
    assert_string_equal(lt_reader_failed_topic(reader), topic);
    assert_error(LT_ERR_REJECT, "topic authorization failed");
    assert_int_equal(lt_reader_position(reader, topic), 2); /* the record and its marker */

    give(&read, 1);
    assert_next_despite(reader, topic, "held0");
}

static void a_foreign_transactional_id_is_fatal(void **state)
{
    (void)state;
    struct lt_bus bus = lt_test_bus(name);
    LT_CLEANUP(lt_producer_closep)
    struct lt_producer *producer = lt_producer_open(&bus, "provider.so000001", &test_err);
    assert_non_null(producer);
    assert_int_equal(lt_producer_init(producer, TIMEOUT_MS, &test_err), -1);
    assert_error(LT_ERR_FATAL, "ransactional");
}

static void with_its_rights_a_principal_produces_in_transactions(void **state)
{
    (void)state;
    struct lt_bus bus = lt_test_bus(name);
    const struct lt_acl acls[] = {
        acl(LT_ACL_TRANSACTIONAL_ID, "consumer.ap", true, LT_ACL_WRITE),
        acl(LT_ACL_TRANSACTIONAL_ID, "consumer.ap", true, LT_ACL_DESCRIBE),
        acl(LT_ACL_TOPIC, topic, false, LT_ACL_WRITE),
        acl(LT_ACL_TOPIC, topic, false, LT_ACL_DESCRIBE),
    };
    give(acls, LT_COUNT(acls));
    LT_CLEANUP(lt_producer_closep)
    struct lt_producer *producer = test_producer(&bus, "consumer.ap000041");
    test_commit(producer, topic, "v", 2);
    char all[64];
    assert_string_equal(test_read_all(&boss, topic, all, sizeof all), "v0 v1");

    /* A topic without WRITE fails the transaction and is named. */
    test_batch(producer, topic, "w", 1);
    test_send(producer, other, "k", "v");
    assert_int_equal(lt_producer_commit(producer, &test_err), -1);
    assert_error(LT_ERR_ABORT, other);
    struct lt_error how;
    assert_string_equal(lt_producer_failed_topic(producer, &how), other);
    assert_int_equal(how.class, LT_ERR_REJECT);
    assert_ok(lt_producer_abort(producer, &test_err));
    assert_string_equal(test_read_all(&boss, topic, all, sizeof all), "v0 v1");
}

int main(void)
{
    boss = lt_test_bus("bootstrap");
#define T(test) cmocka_unit_test_setup(test, fresh_names)
    const struct CMUnitTest tests[] = {
        T(acls_of_every_kind_are_made_listed_and_removed),
        T(a_literal_acl_is_not_taken_for_the_prefixed_one),
        T(an_operation_that_does_not_fit_is_refused_and_named),
        T(who_may_not_alter_the_cluster_makes_no_acls),
        T(without_a_right_nothing_is_read),
        T(each_of_many_topics_without_a_right_is_named),
        T(a_right_given_later_starts_the_reader_by_itself),
        T(a_reader_stops_when_read_is_removed_and_goes_on_when_it_is_back),
        T(a_foreign_transactional_id_is_fatal),
        T(with_its_rights_a_principal_produces_in_transactions),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    lt_test_admin_close();
    return rc;
}
