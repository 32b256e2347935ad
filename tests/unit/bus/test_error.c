/* Kafka's errors in ours: one table, and what is not in it stops the lane. */
#include "bus/bus_priv.h"
#include "support/cm.h"

#include <string.h>

static const struct {
    rd_kafka_resp_err_t err;
    enum lt_err_class class;
} expected[] = {
    {RD_KAFKA_RESP_ERR_NO_ERROR, LT_ERR_NONE},
    {RD_KAFKA_RESP_ERR__TRANSPORT, LT_ERR_RETRY},
    {RD_KAFKA_RESP_ERR__SSL, LT_ERR_RETRY},
    {RD_KAFKA_RESP_ERR__RESOLVE, LT_ERR_RETRY},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, LT_ERR_RETRY},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, LT_ERR_RETRY},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, LT_ERR_RETRY},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, LT_ERR_RETRY},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, LT_ERR_RETRY},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, LT_ERR_RETRY},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, LT_ERR_RETRY},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, LT_ERR_RETRY},
    {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, LT_ERR_RETRY},
    {RD_KAFKA_RESP_ERR_NOT_CONTROLLER, LT_ERR_RETRY},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, LT_ERR_RETRY},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, LT_ERR_REJECT},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, LT_ERR_REJECT},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, LT_ERR_REJECT},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, LT_ERR_REJECT},
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, LT_ERR_REJECT},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, LT_ERR_REJECT},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, LT_ERR_REJECT},
    {RD_KAFKA_RESP_ERR__PURGE_QUEUE, LT_ERR_ABORT},
    {RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, LT_ERR_ABORT},
    {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, LT_ERR_ABORT},
    {RD_KAFKA_RESP_ERR__FATAL, LT_ERR_FATAL},
    {RD_KAFKA_RESP_ERR__FENCED, LT_ERR_FATAL},
    {RD_KAFKA_RESP_ERR_PRODUCER_FENCED, LT_ERR_FATAL},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, LT_ERR_FATAL},
    {RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, LT_ERR_FATAL},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, LT_ERR_FATAL},
    {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, LT_ERR_FATAL},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, LT_ERR_FATAL},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, LT_ERR_FATAL},
    {(rd_kafka_resp_err_t)31999, LT_ERR_FATAL},
};

static void every_error_has_its_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < LT_COUNT(expected); i++) {
        if (lt_bus_class(expected[i].err) != expected[i].class) {
            fail_msg("%s is %s", rd_kafka_err2name(expected[i].err),
                     lt_err_class_name(lt_bus_class(expected[i].err)));
        }
    }
}

static void texts_are_lower_case_and_without_their_origin(void **state)
{
    (void)state;
    char text[64];
    assert_string_equal(
        lt_bus_err_text(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, text, sizeof text),
        "topic authorization failed");
    assert_string_equal(lt_bus_err_text(RD_KAFKA_RESP_ERR__QUEUE_FULL, text, sizeof text),
                        "queue full");
    assert_string_equal(lt_bus_err_text(RD_KAFKA_RESP_ERR__SSL, text, sizeof text), "SSL error");
    assert_string_equal(lt_bus_err_text(RD_KAFKA_RESP_ERR__QUEUE_FULL, text, 4), "que");
}

static void a_failure_carries_context_code_and_class(void **state)
{
    (void)state;
    struct lt_error err;
    assert_int_equal(
        lt_bus_fail(&err, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "send to '%s'", "feed.sv000001.1"),
        -1);
    assert_int_equal(err.class, LT_ERR_REJECT);
    assert_int_equal(err.code, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    assert_string_equal(err.domain, "kafka");
    assert_string_equal(err.msg, "send to 'feed.sv000001.1': message size too large");
    assert_int_equal(lt_bus_fail(NULL, RD_KAFKA_RESP_ERR__FATAL, "nobody listens"), -1);
}

static void a_missing_right_is_told_from_other_failures(void **state)
{
    (void)state;
    struct lt_error err = {0};
    assert_false(lt_bus_is_denied(&err));
    (void)lt_bus_fail(&err, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "init");
    assert_true(lt_bus_is_denied(&err));
    (void)lt_bus_fail(&err, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "read");
    assert_true(lt_bus_is_denied(&err));
    (void)lt_bus_fail(&err, RD_KAFKA_RESP_ERR__FENCED, "init");
    assert_false(lt_bus_is_denied(&err));
    (void)lt_fail(&err, LT_ERR_FATAL, "pg", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "query");
    assert_false(lt_bus_is_denied(&err));
}

static void who_lost_its_transactional_id_is_told_from_other_failures(void **state)
{
    (void)state;
    struct lt_error err = {0};
    assert_false(lt_bus_is_fenced(&err));
    (void)lt_bus_fail(&err, RD_KAFKA_RESP_ERR__FENCED, "commit");
    assert_true(lt_bus_is_fenced(&err));
    (void)lt_bus_fail(&err, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, "init");
    assert_true(lt_bus_is_fenced(&err));
    (void)lt_bus_fail(&err, RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, "read");
    assert_false(lt_bus_is_fenced(&err));
    (void)lt_fail(&err, LT_ERR_FATAL, "pg", RD_KAFKA_RESP_ERR__FENCED, "query");
    assert_false(lt_bus_is_fenced(&err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_its_class),
        cmocka_unit_test(texts_are_lower_case_and_without_their_origin),
        cmocka_unit_test(a_failure_carries_context_code_and_class),
        cmocka_unit_test(a_missing_right_is_told_from_other_failures),
        cmocka_unit_test(who_lost_its_transactional_id_is_told_from_other_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
