#include "pg/conn.h"

#include <string.h>

#include "base/num.h"

void lt_pg_clearp(PGresult **res)
{
    PQclear(*res);
    *res = NULL;
}

bool lt_pg_succeeded(const PGresult *res)
{
    switch (PQresultStatus(res)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
        return true;
    default:
        return false;
    }
}

int lt_pg_collect(struct lt_pg *pg, PGresult **ret, struct lt_error *reterr)
{
    int rc = 0;
    for (;;) {
        LT_CLEANUP(lt_pg_clearp) PGresult *res = NULL;
        int n = lt_pg_next_result(pg, &res, rc == 0 ? reterr : NULL);
        if (n <= 0) {
            return n < 0 ? -1 : rc;
        }
        if (!lt_pg_succeeded(res)) {
            rc = rc == 0 ? lt_pg_result_error(pg, res, reterr) : rc;
        } else if (ret != NULL) {
            PQclear(*ret);
            *ret = lt_steal(&res);
        }
    }
}

int lt_pg_exec(struct lt_pg *pg, const char *sql, struct lt_error *reterr)
{
    if (!PQsendQuery(lt_pg_raw(pg), sql)) {
        return lt_pg_result_error(pg, NULL, reterr);
    }
    return lt_pg_collect(pg, NULL, reterr);
}

PGresult *lt_pg_query(struct lt_pg *pg,
                      const char *sql,
                      int count,
                      const char *const *params,
                      struct lt_error *reterr)
{
    if (!PQsendQueryParams(lt_pg_raw(pg), sql, count, NULL, params, NULL, NULL, 0)) {
        lt_pg_result_error(pg, NULL, reterr);
        return NULL;
    }
    LT_CLEANUP(lt_pg_clearp) PGresult *res = NULL;
    if (lt_pg_collect(pg, &res, reterr) != 0) {
        return NULL;
    }
    return lt_steal(&res);
}

const char *lt_pg_text(const PGresult *res, int row, int column)
{
    return PQgetvalue(res, row, column);
}

int64_t lt_pg_i64(const PGresult *res, int row, int column)
{
    int64_t value = 0;
    const char *text = PQgetvalue(res, row, column);
    return lt_parse_i64(text, strlen(text), &value) == 0 ? value : 0;
}

bool lt_pg_bool(const PGresult *res, int row, int column)
{
    return PQgetvalue(res, row, column)[0] == 't';
}

static void quote(struct lt_buf *out, const char *text, char mark)
{
    lt_buf_addc(out, (uint8_t)mark);
    for (; *text != '\0'; text++) {
        if (*text == mark) {
            lt_buf_addc(out, (uint8_t)mark);
        }
        lt_buf_addc(out, (uint8_t)*text);
    }
    lt_buf_addc(out, (uint8_t)mark);
}

void lt_sql_ident(struct lt_buf *out, const char *name)
{
    quote(out, name, '"');
}

void lt_sql_table(struct lt_buf *out, const char *schema_dot_table)
{
    const char *dot = strchr(schema_dot_table, '.');
    if (dot != NULL) {
        char schema[64];
        size_t len = LT_MIN((size_t)(dot - schema_dot_table), sizeof(schema) - 1);
        memcpy(schema, schema_dot_table, len);
        schema[len] = '\0';
        lt_sql_ident(out, schema);
        lt_buf_addc(out, '.');
        schema_dot_table = dot + 1;
    }
    lt_sql_ident(out, schema_dot_table);
}

/* Sessions run with standard_conforming_strings; a backslash asks for the E form all the same. */
void lt_sql_literal(struct lt_buf *out, const char *text)
{
    if (strchr(text, '\\') == NULL) {
        quote(out, text, '\'');
        return;
    }
    lt_buf_adds(out, "E'");
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\') {
            lt_buf_addc(out, (uint8_t)*text);
        }
        lt_buf_addc(out, (uint8_t)*text);
    }
    lt_buf_addc(out, '\'');
}
