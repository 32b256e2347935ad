/* Row 1 of kafka-and-avro A.2: a broker that dies without close_notify is a disconnect. */
#include "bus/bus_priv.h"
#include "support/cm.h"

#include <dlfcn.h>
#include <openssl/ssl.h>

static void a_missing_close_notify_is_ignored(void **state)
{
    (void)state;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    assert_non_null(ctx);
    assert_true(SSL_CTX_get_options(ctx) & SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_free(ctx);
}

static void librdkafka_finds_our_function_and_not_the_library_s(void **state)
{
    (void)state;
    lt_ssl_eof_link(); /* aborts when it is not so */
    Dl_info found, real;
    assert_int_not_equal(dladdr(dlsym(RTLD_DEFAULT, "SSL_CTX_new"), &found), 0);
    assert_int_not_equal(dladdr(dlsym(RTLD_NEXT, "SSL_CTX_new"), &real), 0);
    assert_string_not_equal(found.dli_fname, real.dli_fname);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_close_notify_is_ignored),
        cmocka_unit_test(librdkafka_finds_our_function_and_not_the_library_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
