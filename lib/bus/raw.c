/*
 * connect, shake hands, send {size, header, body}, read {size, correlation, answer}, close.
 * Every step has the same time-out; whatever fails, the next broker of the list is asked.
 */
#include "raw.h"

#include "base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define STEP_TIMEOUT_MS  10000
#define ANSWER_MAX_BYTES (64 * 1024 * 1024)
#define CORRELATION      1

/* ---- addresses ---- */

struct address {
    char host[256], port[8];
};

/* "host:port", "[v6]:port", with or without "ssl://" in front. */
static int parse_address(const char *text, size_t len, struct address *ret, struct lt_error *reterr)
{
    static const char scheme[] = "ssl://";
    const char *at = text, *end = text + len;
    if (len > sizeof scheme - 1 && strncasecmp(at, scheme, sizeof scheme - 1) == 0) {
        at += sizeof scheme - 1;
    }
    const char *colon = memrchr(at, ':', (size_t)(end - at));
    const char *host_end = colon;
    if (colon != NULL && colon - at > 2 && at[0] == '[' && colon[-1] == ']') {
        at++;
        host_end--;
    }
    uint64_t port;
    if (colon == NULL || host_end == at || (size_t)(host_end - at) >= sizeof ret->host ||
        lt_parse_u64(colon + 1, (size_t)(end - colon - 1), 65535, &port) != 0) {
        return lt_fail(reterr, LT_ERR_FATAL, "kafka", 0, "broker '%.*s': not host:port", (int)len,
                       text);
    }
    *ret = (struct address){0};
    memcpy(ret->host, at, (size_t)(host_end - at));
    snprintf(ret->port, sizeof ret->port, "%u", (unsigned)port);
    return 0;
}

/* ---- TCP ---- */

static int finish_connect(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    int result = ETIMEDOUT;
    socklen_t size = sizeof result;
    if (poll(&wait, 1, STEP_TIMEOUT_MS) == 1) {
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &result, &size);
    }
    errno = result;
    return result == 0 ? 0 : -1;
}

static int make_blocking_with_timeout(int fd)
{
    const struct timeval timeout = {.tv_sec = STEP_TIMEOUT_MS / 1000};
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0 &&
                   setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0 &&
                   setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) == 0
               ? 0
               : -1;
}

static int connect_one(const struct addrinfo *info)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    int rc = connect(fd, info->ai_addr, info->ai_addrlen);
    if (rc != 0 && errno == EINPROGRESS) {
        rc = finish_connect(fd);
    }
    if (rc == 0 && make_blocking_with_timeout(fd) == 0) {
        return fd;
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int connect_to(const struct address *address, struct lt_error *reterr)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found;
    int rc = getaddrinfo(address->host, address->port, &hints, &found);
    if (rc != 0) {
        return lt_fail(reterr, LT_ERR_RETRY, "kafka", rc, "broker '%s': %s", address->host,
                       gai_strerror(rc));
    }
    int fd = -1;
    for (struct addrinfo *info = found; info != NULL && fd < 0; info = info->ai_next) {
        fd = connect_one(info);
    }
    if (fd < 0) {
        lt_fail(reterr, LT_ERR_RETRY, "kafka", errno, "broker '%s:%s': %s", address->host,
                address->port, strerror(errno));
    }
    freeaddrinfo(found);
    return fd;
}

/* ---- TLS ---- */

/* The oldest queued error is the cause; the queue is emptied. */
static const char *tls_reason(char *buf, size_t size)
{
    unsigned long code = ERR_get_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    snprintf(buf, size, "%s", reason != NULL ? reason : "connection lost or timed out");
    return buf;
}

static SSL_CTX *tls_context(const struct lt_bus *bus, struct lt_error *reterr)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    lt_assert(ctx != NULL);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    const char *bad = NULL;
    if (SSL_CTX_load_verify_locations(ctx, bus->ca_file, NULL) != 1) {
        bad = bus->ca_file;
    } else if (SSL_CTX_use_certificate_chain_file(ctx, bus->cert_file) != 1) {
        bad = bus->cert_file;
    } else if (SSL_CTX_use_PrivateKey_file(ctx, bus->key_file, SSL_FILETYPE_PEM) != 1) {
        bad = bus->key_file;
    }
    if (bad != NULL) {
        char reason[128];
        tls_reason(reason, sizeof reason);
        lt_fail(reterr, LT_ERR_FATAL, "tls", 0, "'%s': %s", bad, reason);
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

/* The name in the certificate must be the one asked for; addresses are not sent as names. */
static void expect_host(SSL *ssl, char *host)
{
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) != 1) {
        SSL_set1_host(ssl, host);
        SSL_set_tlsext_host_name(ssl, host);
    }
    ERR_clear_error();
}

static int
fail_tls(const struct lt_bus *bus, SSL *ssl, const struct address *address, struct lt_error *reterr)
{
    char reason[128];
    long verify = SSL_get_verify_result(ssl);
    tls_reason(reason, sizeof reason);
    if (verify != X509_V_OK) {
        return lt_fail(reterr, LT_ERR_FATAL, "tls", (int)verify,
                       "broker '%s:%s': certificate refused: %s", address->host, address->port,
                       X509_verify_cert_error_string(verify));
    }
    /* An alert of theirs about ours, as in TLS 1.3 told only when we read. */
    bool refused = strstr(reason, "alert") != NULL &&
                   (strstr(reason, "certificate") != NULL || strstr(reason, "unknown ca") != NULL);
    return lt_fail(reterr, refused ? LT_ERR_FATAL : LT_ERR_RETRY, "tls", 0,
                   "broker '%s:%s'%s%s%s: %s", address->host, address->port,
                   refused ? ": certificate '" : "", refused ? bus->cert_file : "",
                   refused ? "' refused" : "", reason);
}

/* ---- request and answer ---- */

static void build_request(struct lt_buf *request,
                          const char *client_id,
                          int16_t api_key,
                          int16_t api_version,
                          struct lt_bytes body)
{
    lt_raw_put_i32(request, 0);
    lt_raw_put_i16(request, api_key);
    lt_raw_put_i16(request, api_version);
    lt_raw_put_i32(request, CORRELATION);
    lt_raw_put_text(request, client_id);
    lt_buf_add(request, body.data, body.len);
    lt_put_u32be(request->data, (uint32_t)(request->len - 4));
}

static bool read_exactly(SSL *ssl, uint8_t *to, size_t len)
{
    while (len > 0) {
        size_t got;
        if (SSL_read_ex(ssl, to, len, &got) != 1) {
            return false;
        }
        to += got;
        len -= got;
    }
    return true;
}

/* 0, -1 connection (TLS errors queued), -2 not an answer. */
static int read_answer(SSL *ssl, struct lt_buf *answer)
{
    uint8_t head[8];
    if (!read_exactly(ssl, head, sizeof head)) {
        return -1;
    }
    uint32_t size = lt_get_u32be(head);
    if (size < 4 || size > ANSWER_MAX_BYTES || lt_get_u32be(head + 4) != CORRELATION) {
        return -2;
    }
    size_t len = size - 4;
    lt_buf_clear(answer);
    if (!read_exactly(ssl, lt_buf_grow(answer, len), len)) {
        return -1;
    }
    answer->len = len;
    return 0;
}

static int talk(const struct lt_bus *bus,
                SSL *ssl,
                const struct address *address,
                const struct lt_buf *request,
                struct lt_buf *ret_answer,
                struct lt_error *reterr)
{
    size_t sent;
    if (SSL_connect(ssl) != 1 || SSL_write_ex(ssl, request->data, request->len, &sent) != 1) {
        return fail_tls(bus, ssl, address, reterr);
    }
    switch (read_answer(ssl, ret_answer)) {
    case 0:
        SSL_shutdown(ssl);
        return 0;
    case -1:
        return fail_tls(bus, ssl, address, reterr);
    default:
        return lt_fail(reterr, LT_ERR_FATAL, "kafka", 0, "broker '%s:%s': not a Kafka answer",
                       address->host, address->port);
    }
}

static int ask_one(const struct lt_bus *bus,
                   SSL_CTX *ctx,
                   struct address *address,
                   const struct lt_buf *request,
                   struct lt_buf *ret_answer,
                   struct lt_error *reterr)
{
    int fd = connect_to(address, reterr);
    if (fd < 0) {
        return -1;
    }
    ERR_clear_error();
    SSL *ssl = SSL_new(ctx);
    lt_assert(ssl != NULL && SSL_set_fd(ssl, fd) == 1);
    expect_host(ssl, address->host);
    int rc = talk(bus, ssl, address, request, ret_answer, reterr);
    SSL_free(ssl);
    close(fd);
    return rc;
}

static int ask_each(const struct lt_bus *bus,
                    SSL_CTX *ctx,
                    const struct lt_buf *request,
                    struct lt_buf *ret_answer,
                    struct lt_error *reterr)
{
    for (const char *at = bus->brokers; *at != '\0';) {
        size_t len = strcspn(at, ",");
        struct address address;
        if (parse_address(at, len, &address, reterr) != 0) {
            return -1;
        }
        if (ask_one(bus, ctx, &address, request, ret_answer, reterr) == 0) {
            return 0;
        }
        at += len + strspn(at + len, ", ");
    }
    return -1;
}

/* OpenSSL writes without MSG_NOSIGNAL, and a library does not change the program's signals. */
struct pipe_guard {
    sigset_t old;
    bool pending;
};

static void guard_pipe(struct pipe_guard *guard)
{
    sigset_t pipe;
    sigpending(&pipe);
    guard->pending = sigismember(&pipe, SIGPIPE) == 1;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &guard->old);
}

static void release_pipe(const struct pipe_guard *guard)
{
    const struct timespec at_once = {0};
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    if (!guard->pending) {
        sigtimedwait(&pipe, NULL, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, &guard->old, NULL);
}

int lt_raw_call(const struct lt_bus *bus,
                int16_t api_key,
                int16_t api_version,
                struct lt_bytes body,
                struct lt_buf *ret_answer,
                struct lt_error *reterr)
{
    if (bus->ca_file == NULL || bus->brokers[0] == '\0') {
        return lt_fail(reterr, LT_ERR_FATAL, "kafka", 0, "ACLs need brokers reached over TLS");
    }
    SSL_CTX *ctx = tls_context(bus, reterr);
    if (ctx == NULL) {
        return -1;
    }
    struct lt_buf request = {0};
    struct pipe_guard guard;
    build_request(&request, bus->client_id, api_key, api_version, body);
    guard_pipe(&guard);
    int rc = ask_each(bus, ctx, &request, ret_answer, reterr);
    release_pipe(&guard);
    lt_buf_fini(&request);
    SSL_CTX_free(ctx);
    return rc;
}
