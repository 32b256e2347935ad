#include "consumer-postgres/target.h"

#include "base/mem.h"
#include "base/num.h"
#include "pg/sqlstate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA_VERSION 1

extern const char lt_sql_install[]; /* sql/install.sql */

struct lt_target {
    struct lt_target_options options;
    struct lt_pg *pg;
    char *system_id;
    int64_t dboid;
    int *prepared; /* copies whose statements the session knows */
    size_t prepared_count;
};

struct lt_pg *lt_target_pg(struct lt_target *target)
{
    return target->pg;
}

const struct lt_target_options *lt_target_options(const struct lt_target *target)
{
    return &target->options;
}

const char *lt_target_system_id(const struct lt_target *target)
{
    return target->system_id;
}

int64_t lt_target_dboid(const struct lt_target *target)
{
    return target->dboid;
}

const char *lt_sql_time(lt_time at, char buf[40])
{
    if (at == LT_TIME_NONE)
        return "-infinity";
    if (at == LT_TIME_END)
        return "infinity";
    return lt_time_utc(at, buf, 40);
}

static int read_identity(struct lt_target *target, struct lt_error *reterr)
{
    LT_CLEANUP(lt_pg_clearp)
    PGresult *res =
        lt_pg_query(target->pg,
                    "SELECT (SELECT system_identifier FROM pg_control_system())::text,"
                    " (SELECT oid::bigint FROM pg_database WHERE datname = current_database())",
                    0, NULL, reterr);
    if (!res)
        return lt_fail_context(reterr, "identity of the target");
    target->system_id = lt_strdup(lt_pg_text(res, 0, 0));
    target->dboid = lt_pg_i64(res, 0, 1);
    return 0;
}

/* CREATE ... IF NOT EXISTS says a notice for each thing that is there; nobody reads them. */
static int install_tables(struct lt_target *target, struct lt_error *reterr)
{
    struct lt_buf sql = {0};
    lt_buf_adds(&sql, "BEGIN; SET LOCAL synchronous_commit = on; SET LOCAL client_min_messages ="
                      " warning; ");
    lt_buf_adds(&sql, lt_sql_install);
    lt_buf_addf(&sql, "INSERT INTO lienthong.meta (version, application) VALUES (%d, ",
                SCHEMA_VERSION);
    lt_sql_literal(&sql, target->options.application);
    lt_buf_adds(&sql, ") ON CONFLICT DO NOTHING; ");
    if (target->options.reader_role && target->options.reader_role[0]) {
        lt_buf_adds(&sql, "GRANT EXECUTE ON FUNCTION lienthong.refuse(int, boolean) TO ");
        lt_sql_ident(&sql, target->options.reader_role);
        lt_buf_adds(&sql, "; ");
    }
    lt_buf_adds(&sql, "COMMIT");
    const int rc = lt_pg_exec(target->pg, lt_buf_text(&sql), reterr);
    lt_buf_fini(&sql);
    if (rc && reterr && reterr->code == lt_sqlstate("3F000"))
        return lt_fail(reterr, LT_ERR_FATAL, "pg", reterr->code,
                       "the target has no schema lienthong; hint: have an administrator run the SQL"
                       " that the command 'plan' prints");
    return rc ? lt_fail_context(reterr, "tables of schema lienthong") : 0;
}

static int check_meta(struct lt_target *target, struct lt_error *reterr)
{
    LT_CLEANUP(lt_pg_clearp)
    PGresult *res =
        lt_pg_query(target->pg, "SELECT version, application FROM lienthong.meta", 0, NULL, reterr);
    if (!res)
        return -1;
    if (PQntuples(res) != 1 || lt_pg_i64(res, 0, 0) != SCHEMA_VERSION)
        return lt_fail(reterr, LT_ERR_FATAL, "consumer", 0,
                       "schema lienthong of the target has version %s, this program knows %d",
                       PQntuples(res) ? lt_pg_text(res, 0, 0) : "none", SCHEMA_VERSION);
    if (strcmp(lt_pg_text(res, 0, 1), target->options.application))
        return lt_fail(reterr, LT_ERR_FATAL, "consumer", 0,
                       "the target serves application %s, not %s", lt_pg_text(res, 0, 1),
                       target->options.application);
    return 0;
}

/* Positions commit with the rows, so a crash of the server loses both or neither; receipts name
 * only what is flushed.  Generic plans: batches differ in size only. */
static int open_session(struct lt_target *target, struct lt_error *reterr)
{
    struct lt_buf settings = {0};
    const char *schema = target->options.extension_schema;
    lt_buf_adds(&settings, "-c synchronous_commit=off -c plan_cache_mode=force_generic_plan"
                           " -c lock_timeout=5s -c client_min_messages=warning");
    if (schema && schema[0]) {
        lt_buf_adds(&settings, " -c search_path=pg_catalog,");
        lt_sql_ident(&settings, schema);
    }
    target->pg = lt_pg_open(
        &(struct lt_pg_options){
            .dsn = target->options.dsn,
            .application_name = "lt-consumer-postgres",
            .settings = lt_buf_text(&settings),
            .timeout_ms = target->options.timeout_ms,
            .stopping = target->options.stopping,
        },
        reterr);
    lt_buf_fini(&settings);
    return target->pg ? 0 : -1;
}

struct lt_target *lt_target_open(const struct lt_target_options *options, struct lt_error *reterr)
{
    LT_CLEANUP(lt_target_closep) struct lt_target *target = lt_alloc(sizeof(*target));
    target->options = *options;
    if (open_session(target, reterr))
        return NULL;
    if (install_tables(target, reterr) || check_meta(target, reterr) ||
        read_identity(target, reterr))
        return NULL;
    return lt_steal(&target);
}

void lt_target_close(struct lt_target *target)
{
    if (!target)
        return;
    lt_pg_close(target->pg);
    free(target->system_id);
    free(target->prepared);
    free(target);
}

int lt_target_clock(struct lt_target *target, lt_time *ret_ahead, struct lt_error *reterr)
{
    const lt_time before = lt_now();
    LT_CLEANUP(lt_pg_clearp)
    PGresult *res =
        lt_pg_query(target->pg, "SELECT lienthong.us(clock_timestamp())", 0, NULL, reterr);
    if (!res)
        return -1;
    const lt_time after = lt_now();
    *ret_ahead = lt_pg_i64(res, 0, 0) - (before + (after - before) / 2);
    return 0;
}

bool lt_target_prepared(const struct lt_target *target, int copy)
{
    for (size_t i = 0; i < target->prepared_count; i++)
        if (target->prepared[i] == copy)
            return true;
    return false;
}

void lt_target_mark_prepared(struct lt_target *target, int copy)
{
    target->prepared =
        lt_realloc(target->prepared, (target->prepared_count + 1) * sizeof(*target->prepared));
    target->prepared[target->prepared_count++] = copy;
}

/* ---- loading ---- */

static void copy_fini(struct lt_copy *copy)
{
    free(copy->connection);
    free(copy->stream);
    free(copy->table);
    free(copy->view);
    free(copy->closed);
    free(copy->gap_reason);
}

void lt_copies_fini(struct lt_copies *copies)
{
    for (size_t i = 0; i < copies->count; i++)
        copy_fini(&copies->list[i]);
    free(copies->list);
    *copies = (struct lt_copies){0};
}

struct lt_copy *lt_copies_find(const struct lt_copies *copies, int copy)
{
    for (size_t i = 0; i < copies->count; i++)
        if (copies->list[i].is.copy == copy)
            return &copies->list[i];
    return NULL;
}

static lt_time time_at(const PGresult *res, int row, int column)
{
    return PQgetisnull(res, row, column) ? LT_TIME_NONE : lt_pg_i64(res, row, column);
}

static void read_chain(struct lt_copy *copy, const char *hex)
{
    uint8_t bytes[LT_CHAIN_BYTES];
    copy->chain_known = strlen(hex) == 2 * sizeof(bytes);
    for (size_t i = 0; copy->chain_known && i < sizeof(bytes); i++) {
        uint64_t byte;
        copy->chain_known = lt_parse_hex64(hex + 2 * i, 2, &byte) == 0;
        bytes[i] = (uint8_t)byte;
    }
    if (copy->chain_known)
        lt_assert(lt_chain_set(&copy->chain, lt_bytes(bytes, sizeof(bytes))));
}

static const char load_sql[] =
    "SELECT c.copy, c.generation, c.state, c.shown, c.connection, c.stream, c.table_name,"
    " c.view_name, c.key_schema, c.value_schema, c.use_period, lienthong.us(c.end_of_use),"
    " c.on_expiry = 'fail', c.closed, lienthong.us(c.stamp), lienthong.us(c.usable_from),"
    " lienthong.us(c.usable_until), p.next_offset, p.seq, p.e0, encode(p.chain, 'hex'),"
    " lienthong.us(p.append_time), EXISTS (SELECT FROM lienthong.set_aside s WHERE s.copy = "
    "c.copy),"
    " c.gap_expected, c.gap_seen, c.gap_reason, lienthong.us(c.made_at),"
    " coalesce(n.value_schema, c.value_schema), coalesce(s.version, 0)"
    " FROM lienthong.copy c JOIN lienthong.position p ON p.copy = c.copy"
    " LEFT JOIN lienthong.narrowed n ON n.copy = c.copy"
    " LEFT JOIN lienthong.scope s ON s.copy = c.copy ORDER BY c.copy";

static void read_copy(const PGresult *res, int row, struct lt_copy *copy)
{
    copy->is.copy = (int)lt_pg_i64(res, row, 0);
    copy->is.generation = lt_pg_i64(res, row, 1);
    copy->is.state = lt_copy_state_parse(lt_pg_text(res, row, 2));
    copy->is.shown = lt_pg_bool(res, row, 3);
    copy->connection = lt_strdup(lt_pg_text(res, row, 4));
    copy->stream = lt_strdup(lt_pg_text(res, row, 5));
    copy->table = lt_strdup(lt_pg_text(res, row, 6));
    copy->view = lt_strdup(lt_pg_text(res, row, 7));
    copy->key_schema = (int32_t)lt_pg_i64(res, row, 8);
    copy->value_schema = (int32_t)lt_pg_i64(res, row, 9);
    copy->closed = lt_strdup(lt_pg_text(res, row, 13));
    copy->is.terms = (struct lt_terms){.use_period = lt_pg_i64(res, row, 10),
                                       .end_of_use = time_at(res, row, 11),
                                       .fail = lt_pg_bool(res, row, 12),
                                       .closed = copy->closed};
    copy->is.worth = (struct lt_worth){.stamp = time_at(res, row, 14),
                                       .from = time_at(res, row, 15),
                                       .until = time_at(res, row, 16)};
    copy->is.at = (struct lt_stand){.next_offset = lt_pg_i64(res, row, 17),
                                    .seq = lt_pg_i64(res, row, 18),
                                    .e0 = lt_pg_i64(res, row, 19)};
    read_chain(copy, lt_pg_text(res, row, 20));
    copy->append_time = time_at(res, row, 21);
    copy->has_aside = lt_pg_bool(res, row, 22);
    copy->gap_expected = lt_pg_i64(res, row, 23);
    copy->gap_seen = lt_pg_i64(res, row, 24);
    copy->gap_reason = lt_strdup(lt_pg_text(res, row, 25));
    copy->is.begun = time_at(res, row, 26);
    copy->is.granted_schema = (int32_t)lt_pg_i64(res, row, 27);
    copy->is.scope_version = lt_pg_i64(res, row, 28);
}

int lt_target_load(struct lt_target *target, struct lt_copies *copies, struct lt_error *reterr)
{
    LT_CLEANUP(lt_pg_clearp) PGresult *res = lt_pg_query(target->pg, load_sql, 0, NULL, reterr);
    if (!res)
        return lt_fail_context(reterr, "reading the stored positions");
    lt_copies_fini(copies);
    copies->count = (size_t)PQntuples(res);
    copies->list = lt_alloc(LT_MAX(copies->count, (size_t)1) * sizeof(*copies->list));
    for (size_t i = 0; i < copies->count; i++)
        read_copy(res, (int)i, &copies->list[i]);
    return 0;
}

static void expected_columns(const struct lt_shape *shape, struct lt_buf *out)
{
    for (size_t i = 0; i < shape->count; i++)
        lt_buf_addf(out, "%s%s %s%s", i ? ", " : "", shape->columns[i].name,
                    shape->columns[i].type.sql,
                    shape->columns[i].required || shape->columns[i].in_key ? " not null" : "");
}

int lt_target_check(struct lt_target *target,
                    const struct lt_copy *copy,
                    const struct lt_shape *shape,
                    struct lt_error *reterr)
{
    const char *params[] = {copy->table};
    LT_CLEANUP(lt_pg_clearp)
    PGresult *res =
        lt_pg_query(target->pg,
                    "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod) ||"
                    " CASE WHEN attnotnull THEN ' not null' ELSE '' END, ', ' ORDER BY attnum)"
                    " FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
                    " AND attrelid = to_regclass('lienthong.' || quote_ident($1))",
                    1, params, reterr);
    if (!res)
        return -1;
    struct lt_buf expected = {0};
    expected_columns(shape, &expected);
    const bool same = strcmp(lt_buf_text(&expected), lt_pg_text(res, 0, 0)) == 0;
    lt_buf_fini(&expected);
    if (!same)
        return lt_fail(reterr, LT_ERR_FATAL, "consumer", 0,
                       "table lienthong.%s of %s is not as its schema says", copy->table,
                       copy->stream);
    return 0;
}
