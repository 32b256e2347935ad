/*
 * Certificates and configuration against a real broker: what is wrong is said, with the file's
 * name (architecture 7), and brokers that are away are no error at open.
 */
#include "bus/raw.h"
#include "support/bus.h"
#include "support/cm.h"
#include "support/kafka.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIMEOUT_MS 30000

static struct lt_bus boss;
static char foreign_dir[600];

static int forget_error(void **state)
{
    (void)state;
    test_err = (struct lt_error){0};
    return 0;
}

/* Files of a certificate made in the given pki directory. */
static struct lt_bus with_certificate(const char *dir, const char *cn)
{
    return lt_test_bus_with(lt_test_text("%s/%s.pem", dir, cn), lt_test_text("%s/%s.key", dir, cn));
}

static void refused_at_open(const struct lt_bus *bus, const char *part)
{
    assert_null(lt_producer_open(bus, "routing.b0.live", &test_err));
    assert_error(LT_ERR_FATAL, part);
    assert_null(lt_reader_open(bus, true, LT_READ_MOVING, &test_err));
    assert_error(LT_ERR_FATAL, part);
    assert_null(lt_admin_open(bus, &test_err));
    assert_error(LT_ERR_FATAL, part);
}

/* ---- certificates ---- */

static void an_expired_certificate_is_named_at_open(void **state)
{
    (void)state;
    lt_test_pki("issue '%s' late --expired", lt_test_certs());
    struct lt_bus bus = with_certificate(lt_test_certs(), "late");
    refused_at_open(&bus, "late.pem' of 'late' expired at 20");
}

static void a_missing_or_broken_file_is_named_at_open(void **state)
{
    (void)state;
    struct lt_bus bus = with_certificate(lt_test_certs(), "bootstrap");
    bus.cert_file = "no/such/file.pem";
    refused_at_open(&bus, "certificate 'no/such/file.pem': No such file");
    bus.cert_file = "Makefile";
    refused_at_open(&bus, "certificate 'Makefile': not a PEM certificate");
    bus = with_certificate(lt_test_certs(), "bootstrap");
    bus.ca_file = NULL;
    refused_at_open(&bus, "ca_file, cert_file and key_file are needed");
}

static void a_key_of_another_certificate_is_refused_at_open(void **state)
{
    (void)state;
    struct lt_bus bus = with_certificate(lt_test_certs(), "bootstrap");
    bus.key_file = lt_test_text("%s/broker.key", lt_test_certs());
    assert_null(lt_producer_open(&bus, "routing.b0.live", &test_err));
    assert_error(LT_ERR_FATAL, "broker.key");
}

static void everything_ends_with_a_refused_certificate(const struct lt_bus *bus, const char *part)
{
    LT_CLEANUP(lt_producer_closep)
    struct lt_producer *producer = lt_producer_open(bus, "routing.b0.live", &test_err);
    assert_non_null(producer);
    assert_int_equal(lt_producer_init(producer, TIMEOUT_MS, &test_err), -1);
    assert_error(LT_ERR_FATAL, part);

    LT_CLEANUP(lt_reader_closep) struct lt_reader *reader = test_reader(bus, "feed.sv000001.1", 0);
    await_error(reader, TIMEOUT_MS);
    assert_error(LT_ERR_FATAL, part);

    LT_CLEANUP(lt_admin_closep) struct lt_admin *admin = lt_admin_open(bus, &test_err);
    struct lt_acl *all;
    size_t count;
    assert_int_equal(lt_admin_acl_list(admin, &all, &count, &test_err), -1);
    assert_error(LT_ERR_FATAL, "certificate");
}

static void a_certificate_of_a_foreign_ca_is_refused_by_the_broker(void **state)
{
    (void)state;
    lt_test_pki("issue '%s' bootstrap", foreign_dir);
    struct lt_bus bus = with_certificate(foreign_dir, "bootstrap");
    everything_ends_with_a_refused_certificate(&bus, "certificate refused (ours is '");
}

static void a_broker_of_a_foreign_ca_is_refused_by_us(void **state)
{
    (void)state;
    struct lt_bus bus = with_certificate(lt_test_certs(), "bootstrap");
    bus.ca_file = lt_test_text("%s/ca.pem", foreign_dir);
    everything_ends_with_a_refused_certificate(&bus, "certificate verify failed");
}

/* ---- configuration ---- */

static void refused_extra(const char *key, const char *value, const char *part)
{
    char section[] = "kafka";
    LT_CLEANUP(lt_freep) char *own_key = lt_strdup(key);
    LT_CLEANUP(lt_freep) char *own_value = lt_strdup(value);
    struct lt_conf_pair pair = {section, own_key, own_value};
    struct lt_bus bus = boss;
    bus.extra = &pair;
    bus.extra_count = 1;
    refused_at_open(&bus, part);
}

static void properties_are_checked_and_the_vital_ones_are_not_for_the_operator(void **state)
{
    (void)state;
    refused_extra("no.such.property", "1", "[kafka] no.such.property: No such configuration");
    refused_extra("linger.ms", "soon", "[kafka] linger.ms: Invalid value");
    refused_extra("isolation.level", "read_uncommitted", "decided by the program");
    refused_extra("enable.ssl.certificate.verification", "false", "decided by the program");
    refused_extra("security.protocol", "plaintext", "decided by the program");
    struct lt_bus bus = boss;
    bus.client_id = "a-client-id-that-is-longer-than-the-sixty-bytes-of-row-ten-012";
    refused_at_open(&bus, "above 60 bytes");
}

/* ---- nobody there ---- */

static void brokers_that_are_away_are_no_error_at_open_but_a_retry_later(void **state)
{
    (void)state;
    struct lt_bus bus = boss;
    bus.brokers = "127.0.0.1:1,127.0.0.1:2";
    LT_CLEANUP(lt_producer_closep)
    struct lt_producer *producer = lt_producer_open(&bus, "routing.b0.live", &test_err);
    assert_non_null(producer);
    int64_t start = lt_monotonic_ms();
    assert_int_equal(lt_producer_init(producer, 1500, &test_err), -1);
    assert_in_range(lt_monotonic_ms() - start, 1000, 4000);
    assert_error(LT_ERR_RETRY, "no broker answers");

    LT_CLEANUP(lt_reader_closep) struct lt_reader *reader = test_reader(&bus, "feed.sv000001.1", 0);
    await_error(reader, TIMEOUT_MS);
    assert_error(LT_ERR_RETRY, "no broker answers");

    LT_CLEANUP(lt_asker_closep) struct lt_asker *asker = lt_asker_open(&bus, &test_err);
    int64_t low, lso, hw;
    assert_int_equal(lt_asker_watermarks(asker, "feed.sv000001.1", &low, &lso, &hw, &test_err), -1);
    assert_error(LT_ERR_RETRY, "topic 'feed.sv000001.1'");

    LT_CLEANUP(lt_admin_closep) struct lt_admin *admin = lt_admin_open(&bus, &test_err);
    struct lt_acl *all;
    size_t count;
    assert_int_equal(lt_admin_acl_list(admin, &all, &count, &test_err), -1);
    assert_error(LT_ERR_RETRY, "broker '127.0.0.1:2': Connection refused");
}

/* Accepts once, says something that is no TLS, and closes hard. */
static void *answer_plainly(void *arg)
{
    const struct linger hard = {.l_onoff = 1};
    int fd = accept(*(int *)arg, NULL, NULL);
    (void)!write(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    return NULL;
}

static void something_that_is_no_broker_is_a_retry_with_its_address(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_plainly, &fd), 0);

    struct lt_bus bus = boss;
    bus.brokers = lt_test_text("127.0.0.1:%d", ntohs(address.sin_port));
    struct lt_buf answer = {0};
    assert_int_equal(lt_raw_call(&bus, 29, 1, lt_bytes("", 0), &answer, &test_err), -1);
    assert_error(LT_ERR_RETRY, bus.brokers);
    lt_buf_fini(&answer);
    pthread_join(thread, NULL);
    close(fd);
}

static void the_first_broker_that_answers_is_enough(void **state)
{
    (void)state;
    struct lt_bus bus = boss;
    bus.brokers = lt_test_text("127.0.0.1:1,%s", boss.brokers);
    LT_CLEANUP(lt_admin_closep) struct lt_admin *admin = lt_admin_open(&bus, &test_err);
    struct lt_acl *all;
    size_t count;
    assert_ok(lt_admin_acl_list(admin, &all, &count, &test_err));
    free(all);
    bus.brokers = "no port here";
    LT_CLEANUP(lt_admin_closep) struct lt_admin *wrong = lt_admin_open(&bus, &test_err);
    assert_non_null(wrong);
    assert_int_equal(lt_admin_acl_list(wrong, &all, &count, &test_err), -1);
    assert_error(LT_ERR_FATAL, "broker 'no port here': not host:port");
}

int main(void)
{
    boss = lt_test_bus("bootstrap");
    snprintf(foreign_dir, sizeof foreign_dir, "%s/foreign", lt_test_certs());
    lt_test_pki("ca '%s'", foreign_dir);
#define T(test) cmocka_unit_test_setup(test, forget_error)
    const struct CMUnitTest tests[] = {
        T(an_expired_certificate_is_named_at_open),
        T(a_missing_or_broken_file_is_named_at_open),
        T(a_key_of_another_certificate_is_refused_at_open),
        T(a_certificate_of_a_foreign_ca_is_refused_by_the_broker),
        T(a_broker_of_a_foreign_ca_is_refused_by_us),
        T(properties_are_checked_and_the_vital_ones_are_not_for_the_operator),
        T(brokers_that_are_away_are_no_error_at_open_but_a_retry_later),
        T(something_that_is_no_broker_is_a_retry_with_its_address),
        T(the_first_broker_that_answers_is_enough),
    };
    cmocka_set_test_filter(getenv("LT_TEST_FILTER"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
