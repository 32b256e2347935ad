/*
 * The wire form: 01 · signature · payload.  The signature covers a domain prefix, so that no other
 * use of the key can be passed off as a control record.
 */
#include "control/control.h"

#include <string.h>

#include <openssl/evp.h>

#define FORM_BYTE  0x01
#define WIRE_FIXED (1 + LT_SIGNATURE_BYTES)

static const char domain_prefix[] = "lienthong-control-v1"; /* signed with its zero byte */

static void add_signed_text(struct lt_buf *text, struct lt_bytes payload)
{
    lt_buf_add(text, domain_prefix, sizeof(domain_prefix));
    lt_buf_add(text, payload.data, payload.len);
}

static bool sign(const uint8_t private_key[LT_SIGN_KEY_BYTES],
                 struct lt_bytes text,
                 uint8_t ret[LT_SIGNATURE_BYTES])
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, private_key, LT_SIGN_KEY_BYTES);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = LT_SIGNATURE_BYTES;
    bool ok = key && ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestSign(ctx, ret, &len, text.data, text.len) == 1 && len == LT_SIGNATURE_BYTES;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return ok;
}

void lt_control_sign(const struct lt_control *control,
                     const uint8_t private_key[LT_SIGN_KEY_BYTES],
                     struct lt_buf *out)
{
    struct lt_buf payload = {0}, text = {0};
    uint8_t signature[LT_SIGNATURE_BYTES];
    lt_record_encode(LT_RECORD_CONTROL, control, &payload);
    add_signed_text(&text, lt_buf_bytes(&payload));
    lt_assert(sign(private_key, lt_buf_bytes(&text), signature));
    lt_buf_addc(out, FORM_BYTE);
    lt_buf_add(out, signature, sizeof(signature));
    lt_buf_add(out, payload.data, payload.len);
    lt_buf_fini(&payload);
    lt_buf_fini(&text);
}

static bool signature_good(const uint8_t public_key[LT_SIGN_KEY_BYTES],
                           const uint8_t signature[LT_SIGNATURE_BYTES],
                           struct lt_bytes payload)
{
    struct lt_buf text = {0};
    add_signed_text(&text, payload);
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, LT_SIGN_KEY_BYTES);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = key && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(ctx, signature, LT_SIGNATURE_BYTES, text.data, text.len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    lt_buf_fini(&text);
    return good;
}

int lt_control_verify(const uint8_t public_key[LT_SIGN_KEY_BYTES],
                      struct lt_bytes wire,
                      struct lt_bytes *ret_payload,
                      struct lt_error *reterr)
{
    if (!wire.data || wire.len <= WIRE_FIXED)
        return lt_fail(reterr, LT_ERR_REJECT, "control", 0, "control record too short");
    if (wire.len > LT_CONTROL_MAX_BYTES)
        return lt_fail(reterr, LT_ERR_REJECT, "control", 0, "control record too long");
    if (wire.data[0] != FORM_BYTE)
        return lt_fail(reterr, LT_ERR_REJECT, "control", 0, "control record of unknown form %02x",
                       wire.data[0]);
    const struct lt_bytes payload = lt_bytes(wire.data + WIRE_FIXED, wire.len - WIRE_FIXED);
    if (!signature_good(public_key, wire.data + 1, payload))
        return lt_fail(reterr, LT_ERR_REJECT, "control", 0,
                       "signature does not verify: not the steward's");
    *ret_payload = payload;
    return 0;
}
