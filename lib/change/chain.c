#include "change/chain.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "base/num.h"

/* One digest context a thread: making one costs more than hashing a small record. */
static pthread_key_t context_key;
static pthread_once_t context_once = PTHREAD_ONCE_INIT;

static void free_context(void *context)
{
    EVP_MD_CTX_free(context);
}

static void make_key(void)
{
    int rc = pthread_key_create(&context_key, free_context);
    lt_assert(rc == 0);
}

static EVP_MD_CTX *new_context(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    lt_assert(context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1);
    int rc = pthread_setspecific(context_key, context);
    lt_assert(rc == 0);
    return context;
}

/* The thread's context, at the start of a digest. */
static EVP_MD_CTX *start(void)
{
    pthread_once(&context_once, make_key);
    EVP_MD_CTX *context = pthread_getspecific(context_key);
    if (!context)
        return new_context();
    lt_assert(EVP_DigestInit_ex(context, NULL, NULL) == 1); /* the same digest again */
    return context;
}

static void update(EVP_MD_CTX *context, const void *data, size_t len)
{
    lt_assert(EVP_DigestUpdate(context, data, len) == 1);
}

static void finish(EVP_MD_CTX *context, uint8_t ret[LT_CHAIN_BYTES])
{
    unsigned len = 0;
    lt_assert(EVP_DigestFinal_ex(context, ret, &len) == 1 && len == LT_CHAIN_BYTES);
}

void lt_sha256(struct lt_bytes data, uint8_t ret[32])
{
    EVP_MD_CTX *context = start();
    update(context, data.data, data.len);
    finish(context, ret);
}

void lt_chain_start(struct lt_chain *chain, const char *topic)
{
    EVP_MD_CTX *context = start();
    update(context, "lt1", 3);
    update(context, topic, strlen(topic));
    finish(context, chain->value);
}

/* Records up to this size are gathered first: each call of the digest costs as much as 30 bytes. */
#define GATHERED 1024

static uint8_t *put(uint8_t *at, struct lt_bytes bytes)
{
    if (bytes.len > 0)
        memcpy(at, bytes.data, bytes.len);
    return at + bytes.len;
}

static uint8_t *put_len(uint8_t *at, struct lt_bytes bytes)
{
    lt_assert(bytes.len < UINT32_MAX);
    lt_put_u32be(at, bytes.data ? (uint32_t)bytes.len : UINT32_MAX);
    return at + 4;
}

static void update_framed(EVP_MD_CTX *context, struct lt_bytes bytes)
{
    uint8_t len[4];
    put_len(len, bytes);
    update(context, len, sizeof len);
    if (bytes.data)
        update(context, bytes.data, bytes.len);
}

void lt_chain_add(struct lt_chain *chain,
                  struct lt_bytes key,
                  struct lt_bytes value,
                  struct lt_bytes lt)
{
    uint8_t all[LT_CHAIN_BYTES + 8 + GATHERED];
    EVP_MD_CTX *context = start();
    if (key.len <= GATHERED && value.len <= GATHERED && key.len + value.len + lt.len <= GATHERED) {
        uint8_t *end = put(all, lt_chain_bytes(chain));
        end = put(put_len(end, key), key);
        end = put(put(put_len(end, value), value), lt);
        update(context, all, (size_t)(end - all));
    } else {
        update(context, chain->value, LT_CHAIN_BYTES);
        update_framed(context, key);
        update_framed(context, value);
        update(context, lt.data, lt.len);
    }
    finish(context, chain->value);
}

bool lt_chain_set(struct lt_chain *chain, struct lt_bytes bytes)
{
    if (!bytes.data || bytes.len != LT_CHAIN_BYTES)
        return false;
    memcpy(chain->value, bytes.data, LT_CHAIN_BYTES);
    return true;
}
