#include "steward/cert.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define CLOCK_SLACK  (300 * LT_SECOND)
#define SERIAL_BYTES 16
#define FILE_MAX     65536

LT_DEFINE_CLEANUP(BIO, BIO_free_all)
LT_DEFINE_CLEANUP(X509, X509_free)
LT_DEFINE_CLEANUP(EVP_PKEY, EVP_PKEY_free)

static int openssl_fail(struct lt_error *reterr, const char *what)
{
    char text[120] = "no reason given";
    const unsigned long code = ERR_get_error();
    if (code)
        ERR_error_string_n(code, text, sizeof(text));
    ERR_clear_error();
    return lt_fail(reterr, LT_ERR_FATAL, "openssl", 0, "%s: %s", what, text);
}

static BIO *open_pem(const char *path, struct lt_error *reterr)
{
    struct lt_buf text = {0};
    BIO *bio = NULL;
    if (!path || !*path)
        lt_fail(reterr, LT_ERR_FATAL, "steward", 0, "no authority is configured (ca_cert_file)");
    else if (lt_file_read(path, FILE_MAX, &text, reterr) == 0) {
        bio = BIO_new(BIO_s_mem());
        if (!bio || BIO_write(bio, text.data, (int)text.len) != (int)text.len)
            openssl_fail(reterr, path);
    }
    if (text.data)
        OPENSSL_cleanse(text.data, text.len);
    lt_buf_fini(&text);
    return bio;
}

static X509 *read_cert(const char *path, struct lt_error *reterr)
{
    LT_CLEANUP(BIO_free_allp) BIO *bio = open_pem(path, reterr);
    X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    if (bio && !cert)
        openssl_fail(reterr, path);
    return cert;
}

static EVP_PKEY *read_key(const char *path, struct lt_error *reterr)
{
    LT_CLEANUP(BIO_free_allp) BIO *bio = open_pem(path, reterr);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
    if (bio && !key)
        openssl_fail(reterr, path);
    return key;
}

static bool set_serial(X509 *cert)
{
    uint8_t bytes[SERIAL_BYTES];
    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return false;
    bytes[0] &= 0x7f; /* positive */
    BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    const bool ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
    BN_free(number);
    return ok;
}

static bool set_names(X509 *cert, X509 *issuer, const char *cn)
{
    X509_NAME *name = X509_get_subject_name(cert);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1;
}

static bool set_times(X509 *cert, lt_time now, lt_time until)
{
    return ASN1_TIME_set(X509_getm_notBefore(cert), (now - CLOCK_SLACK) / LT_SECOND) &&
           ASN1_TIME_set(X509_getm_notAfter(cert), until / LT_SECOND);
}

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    const bool ok = extension && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

static bool add_extensions(X509 *cert, X509 *issuer)
{
    return add_extension(cert, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(cert, issuer, NID_key_usage, "critical,digitalSignature") &&
           add_extension(cert, issuer, NID_ext_key_usage, "clientAuth") &&
           add_extension(cert, issuer, NID_subject_key_identifier, "hash") &&
           add_extension(cert, issuer, NID_authority_key_identifier, "keyid");
}

static X509 *make_cert(
    X509 *issuer, EVP_PKEY *issuer_key, EVP_PKEY *key, const char *cn, lt_time now, lt_time until)
{
    LT_CLEANUP(X509_freep) X509 *cert = X509_new();
    const bool ok = cert && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
                    set_names(cert, issuer, cn) && set_times(cert, now, until) &&
                    X509_set_pubkey(cert, key) == 1 && add_extensions(cert, issuer) &&
                    X509_sign(cert, issuer_key, EVP_sha256()) > 0;
    return ok ? lt_steal(&cert) : NULL;
}

static int write_pem(
    BIO *bio, const char *directory, const char *cn, const char *ending, struct lt_error *reterr)
{
    char *data;
    const long len = BIO_get_mem_data(bio, &data);
    LT_CLEANUP(lt_freep) char *path = lt_printf("%s/%s.%s", directory, cn, ending);
    if (lt_file_replace(path, lt_bytes(data, (size_t)len), 0600, reterr) == 0)
        return 0;
    if (reterr)
        reterr->class = LT_ERR_REJECT;
    return -1;
}

static int write_files(
    X509 *cert, EVP_PKEY *key, const char *directory, const char *cn, struct lt_error *reterr)
{
    LT_CLEANUP(BIO_free_allp) BIO *cert_pem = BIO_new(BIO_s_mem());
    LT_CLEANUP(BIO_free_allp) BIO *key_pem = BIO_new(BIO_s_secmem());
    if (!cert_pem || !key_pem || PEM_write_bio_X509(cert_pem, cert) != 1 ||
        PEM_write_bio_PKCS8PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL) != 1)
        return openssl_fail(reterr, "cannot write PEM");
    return write_pem(key_pem, directory, cn, "key", reterr) < 0
               ? -1
               : write_pem(cert_pem, directory, cn, "pem", reterr);
}

int lt_cert_issue(const struct lt_cert_authority *authority,
                  const char *cn,
                  lt_time now,
                  lt_time until,
                  const char *directory,
                  struct lt_error *reterr)
{
    LT_CLEANUP(X509_freep) X509 *issuer = read_cert(authority->cert_file, reterr);
    if (!issuer)
        return -1;
    LT_CLEANUP(EVP_PKEY_freep) EVP_PKEY *issuer_key = read_key(authority->key_file, reterr);
    if (!issuer_key)
        return -1;
    if (X509_check_private_key(issuer, issuer_key) != 1)
        return openssl_fail(reterr, "the authority's key does not belong to its certificate");
    time_t end = (time_t)(until / LT_SECOND);
    if (X509_cmp_time(X509_get0_notAfter(issuer), &end) < 0)
        return lt_fail(reterr, LT_ERR_REJECT, "steward", 0,
                       "the authority's own certificate ends before the application's would");
    LT_CLEANUP(EVP_PKEY_freep) EVP_PKEY *key = EVP_EC_gen("P-256");
    if (!key)
        return openssl_fail(reterr, "cannot make a key");
    LT_CLEANUP(X509_freep) X509 *cert = make_cert(issuer, issuer_key, key, cn, now, until);
    return cert ? write_files(cert, key, directory, cn, reterr)
                : openssl_fail(reterr, "cannot make a certificate");
}
