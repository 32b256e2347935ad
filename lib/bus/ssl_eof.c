/*
 * Row 1 of kafka-and-avro A.2.  With OpenSSL 3 a broker that dies without close_notify gives
 * librdkafka 2.0.2 a TLS error instead of a closed connection; it then calls records in flight
 * failed although the broker may have them.  SSL_OP_IGNORE_UNEXPECTED_EOF makes it an ordinary
 * disconnect, and the only way to set it is to stand in front of SSL_CTX_new(): programs are
 * linked with -rdynamic, so the library finds this function first.
 *
 * Ignoring the missing close_notify is safe where the protocol carries its own lengths, as
 * Kafka's and PostgreSQL's do: a cut message never looks complete.
 */
#include "bus_priv.h"

#include <dlfcn.h>
#include <openssl/ssl.h>

typedef SSL_CTX *ssl_ctx_new_fn(const SSL_METHOD *method);

SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
    union {
        void *symbol;
        ssl_ctx_new_fn *call;
    } real = {.symbol = dlsym(RTLD_NEXT, "SSL_CTX_new")};
    lt_assert(real.symbol != NULL);
    SSL_CTX *ctx = real.call(method);
    if (ctx != NULL) {
        SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
    }
    return ctx;
}

void lt_ssl_eof_link(void)
{
    /* Referring to this file is what makes the linker take it out of the archive; a program
     * that lost the symbol (linked without -rdynamic) must not run with the old behaviour. */
    union {
        ssl_ctx_new_fn *call;
        void *symbol;
    } own = {.call = SSL_CTX_new};
    lt_assert(dlsym(RTLD_DEFAULT, "SSL_CTX_new") == own.symbol);
}
