#include "pg/conn_priv.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "pg/sqlstate.h"

#define DEFAULT_TIMEOUT_MS 30000
#define STOP_CHECK_MS      100

static const char settings[] = "-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres"
                               " -c extra_float_digits=3 -c bytea_output=hex"
                               " -c search_path=pg_catalog -c statement_timeout=0"
                               " -c idle_in_transaction_session_timeout=0 -c jit=off";

PGconn *lt_pg_raw(struct lt_pg *pg)
{
    return pg->conn;
}

void lt_pg_set_timeout(struct lt_pg *pg, int64_t timeout_ms)
{
    pg->timeout_ms = timeout_ms;
}

/* ---- errors ---- */

static void add_object(const PGresult *res, int field, const char *what, char *out, size_t size)
{
    const char *name = PQresultErrorField(res, field);
    if (name != NULL) {
        size_t len = strlen(out);
        snprintf(out + len, size - len, "%s%s %s", len > 0 ? ", " : "", what, name);
    }
}

static int server_error(const PGresult *res, struct lt_error *reterr)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    char objects[256] = "";
    add_object(res, PG_DIAG_TABLE_NAME, "table", objects, sizeof(objects));
    add_object(res, PG_DIAG_COLUMN_NAME, "column", objects, sizeof(objects));
    add_object(res, PG_DIAG_CONSTRAINT_NAME, "constraint", objects, sizeof(objects));
    bool quiet = text == NULL || lt_sqlstate_quotes_data(state);
    return lt_fail(reterr, lt_sqlstate_class(state), "pg", lt_sqlstate(state),
                   "sqlstate %s%s%s%s%s", state, quiet ? "" : ": ", quiet ? "" : text,
                   objects[0] != '\0' ? ": " : "", objects);
}

/* libpq's own message without its line feeds: it speaks of sockets, hosts and roles only. */
static int connection_error(struct lt_pg *pg, struct lt_error *reterr)
{
    char text[300];
    snprintf(text, sizeof(text), "%s", PQerrorMessage(pg->conn));
    size_t len = strcspn(text, "\n");
    text[len] = '\0';
    return lt_fail(reterr, LT_ERR_RETRY, "pg", lt_sqlstate("08006"), "connection lost%s%s",
                   len > 0 ? ": " : "", text);
}

int lt_pg_result_error(struct lt_pg *pg, const PGresult *res, struct lt_error *reterr)
{
    if (res != NULL && PQresultErrorField(res, PG_DIAG_SQLSTATE) != NULL) {
        return server_error(res, reterr);
    }
    return connection_error(pg, reterr);
}

int lt_pg_timed_out(struct lt_error *reterr)
{
    return lt_fail(reterr, LT_ERR_RETRY, "pg", 0, "the server did not answer in time");
}

/* ---- waiting ---- */

static bool must_stop(const struct lt_pg *pg)
{
    return (pg->stopping != NULL && pg->stopping()) || (pg->stop != NULL && atomic_load(pg->stop));
}

static int wait_slice(struct lt_pg *pg, bool write, int64_t ms)
{
    struct pollfd fd = {.fd = PQsocket(pg->conn), .events = POLLIN};
    if (write) {
        fd.events |= POLLOUT;
    }
    int n = poll(&fd, 1, (int)LT_MIN(ms, STOP_CHECK_MS));
    return n < 0 && errno == EINTR ? 0 : n;
}

int lt_pg_wait(struct lt_pg *pg, bool write, int64_t ms, struct lt_error *reterr)
{
    int64_t deadline = lt_monotonic_ms() + ms;
    for (;;) {
        if (must_stop(pg)) {
            return lt_fail(reterr, LT_ERR_RETRY, "pg", 0, "stopping");
        }
        int64_t left = deadline - lt_monotonic_ms();
        int n = wait_slice(pg, write, LT_MAX(left, 0));
        if (n < 0) {
            return connection_error(pg, reterr);
        }
        if (n > 0 || left <= 0) {
            return n;
        }
    }
}

int lt_pg_flush(struct lt_pg *pg, struct lt_error *reterr)
{
    int64_t deadline = lt_monotonic_ms() + pg->timeout_ms;
    for (;;) {
        int n = PQflush(pg->conn);
        if (n == 0) {
            return 0;
        }
        int64_t left = deadline - lt_monotonic_ms();
        if (n < 0) {
            return connection_error(pg, reterr);
        }
        if (left <= 0) {
            return lt_pg_timed_out(reterr);
        }
        if (lt_pg_wait(pg, true, left, reterr) < 0) {
            return -1;
        }
        if (!PQconsumeInput(pg->conn)) {
            return connection_error(pg, reterr);
        }
    }
}

int lt_pg_read_more(struct lt_pg *pg, int64_t deadline, struct lt_error *reterr)
{
    int64_t left = deadline - lt_monotonic_ms();
    if (left <= 0) {
        return lt_pg_timed_out(reterr);
    }
    if (lt_pg_wait(pg, false, left, reterr) < 0) {
        return -1;
    }
    return PQconsumeInput(pg->conn) ? 0 : connection_error(pg, reterr);
}

int lt_pg_next_result(struct lt_pg *pg, PGresult **ret, struct lt_error *reterr)
{
    int64_t deadline = lt_monotonic_ms() + pg->timeout_ms;
    if (lt_pg_flush(pg, reterr) != 0) {
        return -1;
    }
    while (PQisBusy(pg->conn)) {
        if (lt_pg_read_more(pg, deadline, reterr) != 0) {
            return -1;
        }
    }
    *ret = PQgetResult(pg->conn);
    return *ret != NULL ? 1 : 0;
}

/* ---- opening ---- */

static int check_dsn(const char *dsn, struct lt_error *reterr)
{
    char *why = NULL;
    PQconninfoOption *all = PQconninfoParse(dsn, &why);
    if (all == NULL) {
        char text[200];
        snprintf(text, sizeof(text), "%s", why != NULL ? why : "out of memory");
        text[strcspn(text, "\n")] = '\0';
        PQfreemem(why);
        return lt_fail(reterr, LT_ERR_FATAL, "pg", 0, "dsn: %s", text);
    }
    bool password = false;
    for (PQconninfoOption *o = all; o->keyword != NULL; o++) {
        password = password || (strcmp(o->keyword, "password") == 0 && o->val != NULL);
    }
    PQconninfoFree(all);
    return password ? lt_fail(reterr, LT_ERR_FATAL, "pg", 0,
                              "dsn holds a password; use passfile=PATH instead")
                    : 0;
}

/* Names before dbname are defaults that the dsn may change; those after it are ours. */
static PGconn *start(const struct lt_pg_options *options)
{
    LT_CLEANUP(lt_freep)
    char *all = lt_printf("%s %s", settings, options->settings != NULL ? options->settings : "");
    const char *names[] = {"keepalives_idle",
                           "keepalives_interval",
                           "keepalives_count",
                           "tcp_user_timeout",
                           "dbname",
                           "application_name",
                           "client_encoding",
                           "options",
                           options->replication ? "replication" : NULL,
                           NULL};
    const char *values[] = {
        "30",   "10", "3",        "60000", options->dsn, options->application_name,
        "UTF8", all,  "database", NULL};
    return PQconnectStartParams(names, values, 1);
}

/* A refused connection has no result with a SQLSTATE; libpq's text is all there is. */
static int finish(struct lt_pg *pg, struct lt_error *reterr)
{
    int64_t deadline = lt_monotonic_ms() + pg->timeout_ms;
    if (PQstatus(pg->conn) == CONNECTION_BAD) {
        return connection_error(pg, reterr);
    }
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        int64_t left = deadline - lt_monotonic_ms();
        if (left <= 0) {
            return lt_pg_timed_out(reterr);
        }
        struct pollfd fd = {.fd = PQsocket(pg->conn),
                            .events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        if (must_stop(pg)) {
            return lt_fail(reterr, LT_ERR_RETRY, "pg", 0, "stopping");
        }
        if (poll(&fd, 1, (int)LT_MIN(left, STOP_CHECK_MS)) > 0) {
            state = PQconnectPoll(pg->conn);
        }
        if (state == PGRES_POLLING_FAILED) {
            return connection_error(pg, reterr);
        }
    }
    PQsetnonblocking(pg->conn, 1);
    return 0;
}

static void ignore_notice(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

struct lt_pg *lt_pg_open(const struct lt_pg_options *options, struct lt_error *reterr)
{
    if (check_dsn(options->dsn, reterr) != 0) {
        return NULL;
    }
    LT_CLEANUP(lt_pg_closep) struct lt_pg *pg = lt_alloc(sizeof(*pg));
    pg->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
    pg->stopping = options->stopping;
    pg->stop = options->stop;
    pg->conn = start(options);
    lt_assert(pg->conn != NULL);
    if (finish(pg, reterr) != 0) {
        return NULL;
    }
    PQsetNoticeProcessor(pg->conn, ignore_notice, NULL);
    return lt_steal(&pg);
}

void lt_pg_close(struct lt_pg *pg)
{
    if (pg != NULL) {
        PQfreemem(pg->copy_row);
        PQfinish(pg->conn);
        free(pg);
    }
}
