#include "bench/headers_reader.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define XLOG_DATA_HEAD 25 /* 'w', start, end, time */

static void give_up(PGconn *conn)
{
    struct lt_error err;
    (void)lt_fail(&err, LT_ERR_FATAL, "bench", 0, "%s", PQerrorMessage(conn));
    bench_fail(&err);
}

static PGconn *start(const char *dsn, const char *slot, const char *publication)
{
    char text[512];
    snprintf(text, sizeof(text), "%s replication=database", dsn);
    PGconn *conn = PQconnectdb(text);
    snprintf(text, sizeof(text),
             "START_REPLICATION SLOT %s LOGICAL 0/0 (proto_version '1', messages 'true',"
             " publication_names '%s')",
             slot, publication);
    PGresult *res = PQexec(conn, text);
    if (PQresultStatus(res) != PGRES_COPY_BOTH) {
        give_up(conn);
    }
    PQclear(res);
    return conn;
}

static void wait_readable(PGconn *conn)
{
    struct pollfd fd = {.fd = PQsocket(conn), .events = POLLIN};
    poll(&fd, 1, -1);
    if (!PQconsumeInput(conn)) {
        give_up(conn);
    }
}

/* true: everything has come. */
static bool look(const char *message, int len, int64_t rows, struct meter *meter)
{
    if (len <= XLOG_DATA_HEAD || message[0] != 'w') {
        return false;
    }
    char kind = message[XLOG_DATA_HEAD];
    meter->rows += kind == 'I' || kind == 'U' || kind == 'D';
    meter->bytes += len - XLOG_DATA_HEAD;
    return kind == 'C' && meter->rows >= rows;
}

void headers_read(
    const char *dsn, const char *slot, const char *publication, int64_t rows, struct meter *meter)
{
    PGconn *conn = start(dsn, slot, publication);
    bool done = false;
    meter->server_pid = PQbackendPID(conn);
    meter_start(meter);
    while (!done) {
        char *message = NULL;
        int len = PQgetCopyData(conn, &message, 1);
        if (len < 0) {
            give_up(conn);
        }
        if (len == 0) {
            wait_readable(conn);
            continue;
        }
        done = look(message, len, rows, meter);
        PQfreemem(message);
    }
    meter_stop(meter);
    PQfinish(conn);
}
