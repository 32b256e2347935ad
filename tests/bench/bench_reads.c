/*
 * Reading a relation: prepared point reads by key, or whole scans that the server adds up.
 *
 *   bench_reads point|scan DSN RELATION ROWS TIMES
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/meter.h"

static PGresult *good(PGconn *conn, PGresult *res)
{
    struct lt_error err;
    if (PQresultStatus(res) != PGRES_TUPLES_OK && PQresultStatus(res) != PGRES_COMMAND_OK) {
        (void)lt_fail(&err, LT_ERR_FATAL, "bench", 0, "%s", PQerrorMessage(conn));
        bench_fail(&err);
    }
    return res;
}

static void prepare(PGconn *conn, const char *what, const char *relation)
{
    char sql[256];
    if (strcmp(what, "point") == 0) {
        snprintf(sql, sizeof(sql), "SELECT * FROM %s WHERE id = $1::bigint", relation);
    } else {
        snprintf(sql, sizeof(sql), "SELECT count(*), sum(district), max(address) FROM %s",
                 relation);
    }
    PQclear(good(conn, PQprepare(conn, "read", sql, 0, NULL)));
}

static void read_points(PGconn *conn, int64_t rows, int64_t times, struct meter *meter)
{
    for (int64_t k = 0; k < times; k++) {
        char id[24];
        const char *values[] = {id};
        snprintf(id, sizeof(id), "%lld", (long long)(k * 7919 % rows + 1));
        PGresult *res = good(conn, PQexecPrepared(conn, "read", 1, values, NULL, NULL, 0));
        meter->rows += PQntuples(res);
        PQclear(res);
    }
}

static void read_all(PGconn *conn, int64_t times, struct meter *meter)
{
    for (int64_t k = 0; k < times; k++) {
        PGresult *res = good(conn, PQexecPrepared(conn, "read", 0, NULL, NULL, NULL, 0));
        meter->rows += strtoll(PQgetvalue(res, 0, 0), NULL, 10);
        PQclear(res);
    }
}

int main(int argc, char **argv)
{
    struct meter meter = {0};
    if (argc != 6) {
        fprintf(stderr, "usage: bench_reads point|scan DSN RELATION ROWS TIMES\n");
        return 64;
    }
    int64_t rows = bench_number(argv[4]), times = bench_number(argv[5]);
    PGconn *conn = PQconnectdb(argv[2]);
    prepare(conn, argv[1], argv[3]);
    meter.server_pid = PQbackendPID(conn);
    meter_start(&meter);
    if (strcmp(argv[1], "point") == 0) {
        read_points(conn, rows, times, &meter);
    } else {
        read_all(conn, times, &meter);
    }
    meter_stop(&meter);
    PQfinish(conn);
    meter_print(&meter);
    return 0;
}
