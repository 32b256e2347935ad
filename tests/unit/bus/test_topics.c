/* The table of topic handles. */
#include "bus/bus_priv.h"
#include "support/cm.h"

#include <stdio.h>
#include <string.h>

#define MANY 1000

static rd_kafka_t *rk;

static int start_client(void **state)
{
    (void)state;
    rk = rd_kafka_new(RD_KAFKA_PRODUCER, NULL, NULL, 0);
    return rk != NULL ? 0 : -1;
}

static int stop_client(void **state)
{
    (void)state;
    rd_kafka_destroy(rk);
    return 0;
}

static const char *numbered(int i, char *buf, size_t size)
{
    snprintf(buf, size, "stream.cn%06d.1", i);
    return buf;
}

static void every_topic_is_found_by_its_name(void **state)
{
    (void)state;
    struct lt_topic_table table = {0};
    struct lt_topic *made[MANY];
    char name[32];
    assert_null(lt_topic_find(&table, "stream.cn000000.1"));
    for (int i = 0; i < MANY; i++) {
        made[i] = lt_topic_get(&table, rk, numbered(i, name, sizeof name));
        assert_non_null(made[i]);
    }
    assert_int_equal(table.count, MANY);
    for (int i = 0; i < MANY; i++) {
        assert_ptr_equal(lt_topic_find(&table, numbered(i, name, sizeof name)), made[i]);
        assert_ptr_equal(lt_topic_get(&table, rk, name), made[i]);
        assert_string_equal(made[i]->name, name);
    }
    assert_int_equal(table.count, MANY);
    assert_null(lt_topic_find(&table, "stream.cn000000.2"));
    lt_topic_table_fini(&table);
}

static void a_dropped_topic_is_gone_and_the_others_stay(void **state)
{
    (void)state;
    struct lt_topic_table table = {0};
    char name[32];
    for (int i = 0; i < MANY; i++) {
        lt_topic_get(&table, rk, numbered(i, name, sizeof name));
    }
    for (int i = 0; i < MANY; i += 2) {
        lt_topic_drop(&table, lt_topic_find(&table, numbered(i, name, sizeof name)));
    }
    for (int i = 0; i < MANY; i++) {
        bool there = lt_topic_find(&table, numbered(i, name, sizeof name)) != NULL;
        assert_int_equal(there, i % 2 == 1);
    }
    assert_int_equal(table.count, MANY / 2);
    lt_topic_table_fini(&table);
}

static void a_name_that_librdkafka_refuses_is_none(void **state)
{
    (void)state;
    struct lt_topic_table table = {0};
    char name[600];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_null(lt_topic_get(&table, rk, name));
    assert_int_equal(table.count, 0);
    lt_topic_table_fini(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_topic_is_found_by_its_name),
        cmocka_unit_test(a_dropped_topic_is_gone_and_the_others_stay),
        cmocka_unit_test(a_name_that_librdkafka_refuses_is_none),
    };
    return cmocka_run_group_tests(tests, start_client, stop_client);
}
