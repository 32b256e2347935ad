#include "bus_priv.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

static X509 *read_certificate(const char *path, struct lt_error *reterr)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        lt_fail(reterr, LT_ERR_FATAL, "tls", errno, "certificate '%s': %s", path, strerror(errno));
        return NULL;
    }
    X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    if (cert == NULL) {
        lt_fail(reterr, LT_ERR_FATAL, "tls", 0, "certificate '%s': not a PEM certificate", path);
    }
    return cert;
}

static lt_time certificate_time(const ASN1_TIME *at)
{
    struct tm tm;
    return ASN1_TIME_to_tm(at, &tm) == 1 ? (lt_time)timegm(&tm) * LT_SECOND : LT_TIME_NONE;
}

static int check_times(const X509 *cert, const char *path, struct lt_error *reterr)
{
    char name[65] = "?", when[32];
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof name);
    lt_time from = certificate_time(X509_get0_notBefore(cert));
    lt_time until = certificate_time(X509_get0_notAfter(cert));
    if (lt_now() > until) {
        return lt_fail(reterr, LT_ERR_FATAL, "tls", 0,
                       "certificate '%s' of '%s' expired at %s; issue a new one", path, name,
                       lt_time_utc(until, when, sizeof when));
    }
    if (lt_now() < from) {
        return lt_fail(reterr, LT_ERR_FATAL, "tls", 0,
                       "certificate '%s' of '%s' is good only from %s on; check this host's clock",
                       path, name, lt_time_utc(from, when, sizeof when));
    }
    return 0;
}

int lt_bus_check_certificate(const char *path, struct lt_error *reterr)
{
    X509 *cert = read_certificate(path, reterr);
    if (cert == NULL) {
        return -1;
    }
    int rc = check_times(cert, path, reterr);
    X509_free(cert);
    return rc;
}
