#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "steward/cert.h"
#include "support/cm.h"

#define DAY (86400 * LT_SECOND)

static char directory[] = "/tmp/lt-cert-XXXXXX";
static char ca_cert[64], ca_key[64];
static struct lt_cert_authority authority;

static void shell(const char *command)
{
    assert_int_equal(system(command), 0);
}

/* The authority is good for 30 days from the real now. */
static int setup(void **state)
{
    (void)state;
    char command[600];
    assert_non_null(mkdtemp(directory));
    snprintf(ca_cert, sizeof(ca_cert), "%s/ca.pem", directory);
    snprintf(ca_key, sizeof(ca_key), "%s/ca.key", directory);
    snprintf(command, sizeof(command),
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %s -out "
             "%s -days 30 -subj '/CN=test ca' -addext basicConstraints=critical,CA:TRUE -addext "
             "keyUsage=critical,keyCertSign 2>/dev/null",
             ca_key, ca_cert);
    shell(command);
    authority = (struct lt_cert_authority){.cert_file = ca_cert, .key_file = ca_key};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[80];
    snprintf(command, sizeof(command), "rm -r '%s'", directory);
    return system(command);
}

static X509 *read_cert(const char *name)
{
    char path[80];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    assert_non_null(cert);
    return cert;
}

static void issues_a_certificate_that_the_authority_vouches_for(void **state)
{
    (void)state;
    const lt_time now = lt_now();
    assert_int_equal(lt_cert_issue(&authority, "ap000041.k3", now, now + 10 * DAY, directory, NULL),
                     0);
    X509 *ca = read_cert("ca.pem"), *cert = read_cert("ap000041.k3.pem");
    EVP_PKEY *ca_public = X509_get0_pubkey(ca);
    assert_int_equal(X509_verify(cert, ca_public), 1);
    char cn[64];
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, cn, sizeof(cn));
    assert_string_equal(cn, "ap000041.k3");
    assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(cert)), 1);
    time_t end = (time_t)((now + 10 * DAY) / LT_SECOND);
    assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notAfter(cert), end), 0);
    assert_int_equal(X509_check_ca(cert), 0);
    assert_int_equal(X509_get_extended_key_usage(cert), XKU_SSL_CLIENT);
    X509_free(cert);
    X509_free(ca);
}

static void writes_the_key_for_its_owner_only(void **state)
{
    (void)state;
    const lt_time now = lt_now();
    char path[80];
    struct stat st;
    assert_int_equal(lt_cert_issue(&authority, "ap000042.k1", now, now + DAY, directory, NULL), 0);
    snprintf(path, sizeof(path), "%s/ap000042.k1.key", directory);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    FILE *file = fopen(path, "r");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    X509 *cert = read_cert("ap000042.k1.pem");
    assert_int_equal(X509_check_private_key(cert, key), 1);
    EVP_PKEY_free(key);
    X509_free(cert);
}

static void refuses_to_outlive_the_authority(void **state)
{
    (void)state;
    const lt_time now = lt_now();
    struct lt_error err = {0};
    assert_int_equal(lt_cert_issue(&authority, "ap000043.k1", now, now + 31 * DAY, directory, &err),
                     -1);
    assert_int_equal(err.class, LT_ERR_REJECT);
    assert_non_null(strstr(err.msg, "ends before"));
}

static void refuses_what_it_cannot_write(void **state)
{
    (void)state;
    const lt_time now = lt_now();
    struct lt_error err = {0};
    assert_int_equal(lt_cert_issue(&authority, "ap000043.k1", now, now + DAY, "/nonexistent", &err),
                     -1);
    assert_int_equal(err.class, LT_ERR_REJECT);
}

static void says_when_no_authority_is_configured(void **state)
{
    (void)state;
    const struct lt_cert_authority none = {0};
    const lt_time now = lt_now();
    struct lt_error err = {0};
    assert_int_equal(lt_cert_issue(&none, "ap000043.k1", now, now + DAY, directory, &err), -1);
    assert_non_null(strstr(err.msg, "ca_cert_file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(issues_a_certificate_that_the_authority_vouches_for),
        cmocka_unit_test(writes_the_key_for_its_owner_only),
        cmocka_unit_test(refuses_to_outlive_the_authority),
        cmocka_unit_test(refuses_what_it_cannot_write),
        cmocka_unit_test(says_when_no_authority_is_configured),
    };
    return cmocka_run_group_tests_name("steward cert", tests, setup, teardown);
}
