/*
 * The steward's key pair: made, read and written.  Nothing here ever puts key bytes into an error.
 */
#include "control/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/file.h"

#define HEX_DIGITS (2 * LT_SIGN_KEY_BYTES)

int lt_control_key_new(uint8_t ret_private[LT_SIGN_KEY_BYTES],
                       uint8_t ret_public[LT_SIGN_KEY_BYTES],
                       struct lt_error *reterr)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    size_t private_len = LT_SIGN_KEY_BYTES, public_len = LT_SIGN_KEY_BYTES;
    bool ok = key && EVP_PKEY_get_raw_private_key(key, ret_private, &private_len) == 1 &&
              EVP_PKEY_get_raw_public_key(key, ret_public, &public_len) == 1;
    EVP_PKEY_free(key);
    return ok ? 0 : lt_fail(reterr, LT_ERR_FATAL, "openssl", 0, "cannot make an Ed25519 key");
}

void lt_control_key_public(const uint8_t private_key[LT_SIGN_KEY_BYTES],
                           uint8_t ret_public[LT_SIGN_KEY_BYTES])
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, private_key, LT_SIGN_KEY_BYTES);
    size_t len = LT_SIGN_KEY_BYTES;
    lt_assert(key && EVP_PKEY_get_raw_public_key(key, ret_public, &len) == 1);
    EVP_PKEY_free(key);
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_hex(struct lt_bytes text, uint8_t ret[LT_SIGN_KEY_BYTES])
{
    size_t len = text.len;
    while (len > 0 && (text.data[len - 1] == '\n' || text.data[len - 1] == '\r'))
        len--;
    if (len != HEX_DIGITS)
        return false;
    for (size_t i = 0; i < LT_SIGN_KEY_BYTES; i++) {
        const int high = hex_digit(text.data[2 * i]), low = hex_digit(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static int read_key(const char *path, uint8_t ret[LT_SIGN_KEY_BYTES], struct lt_error *reterr)
{
    struct lt_buf text = {0};
    if (lt_file_read(path, 1024, &text, reterr) < 0)
        return -1;
    uint8_t key[LT_SIGN_KEY_BYTES];
    const bool ok = parse_hex(lt_buf_bytes(&text), key);
    if (ok)
        memcpy(ret, key, sizeof(key));
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(text.data, text.len);
    lt_buf_fini(&text);
    return ok ? 0
              : lt_fail(reterr, LT_ERR_FATAL, "control", 0,
                        "%s: not a key file (64 hex digits expected)", path);
}

int lt_control_key_read_public(const char *path,
                               uint8_t ret[LT_SIGN_KEY_BYTES],
                               struct lt_error *reterr)
{
    return read_key(path, ret, reterr);
}

int lt_control_key_read_private(const char *path,
                                uint8_t ret[LT_SIGN_KEY_BYTES],
                                struct lt_error *reterr)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return lt_fail(reterr, LT_ERR_FATAL, "control", errno, "%s: %s", path, strerror(errno));
    if (st.st_mode & 077)
        return lt_fail(reterr, LT_ERR_FATAL, "control", 0,
                       "%s: the private key is open to others (mode %04o): set mode 0600", path,
                       st.st_mode & 07777u);
    return read_key(path, ret, reterr);
}

int lt_control_key_write(const char *path,
                         const uint8_t key[LT_SIGN_KEY_BYTES],
                         int mode,
                         struct lt_error *reterr)
{
    char hex[HEX_DIGITS + 2];
    for (size_t i = 0; i < LT_SIGN_KEY_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", key[i]);
    hex[HEX_DIGITS] = '\n';
    const int rc = lt_file_replace(path, lt_bytes(hex, HEX_DIGITS + 1), mode, reterr);
    OPENSSL_cleanse(hex, sizeof(hex));
    return rc;
}
