#include "provider-postgres/shape_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "change/chain.h"

/* What changed while a table was out of the publication for a moment, a part out of its tree, or an
 * operation unpublished, is not in the stream: pr.oids (also of another column list or row filter)
 * and pn.oid, the xmin of pg_inherits and of the publication are others then.  One row for each
 * table asked for, in their order, all by one statement: planning it costs more than a table. */
static const char fingerprint_sql[] =
    "WITH RECURSIVE asked AS (SELECT * FROM unnest($1::name[], $2::name[], $4::text[])"
    "  WITH ORDINALITY AS a (schema, name, columns, n)),"
    " t AS (SELECT a.n, a.columns::text[] AS columns, c.oid, c.relnamespace FROM asked a"
    "  JOIN pg_namespace n ON n.nspname = a.schema"
    "  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = a.name),"
    " parts (n, oid, parent, joined) AS (SELECT n, oid, 0::oid,"
    "   (SELECT string_agg(i.xmin::text, ',') FROM pg_inherits i WHERE i.inhrelid = t.oid) FROM t"
    "  UNION ALL SELECT p.n, i.inhrelid, i.inhparent, i.xmin::text FROM parts p"
    "  JOIN pg_inherits i ON i.inhparent = p.oid"
    "  JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition),"
    " lines (n, line) AS ("
    " SELECT t.n, concat_ws(' ', 'column', a.attname, a.attnum, a.atttypid, a.atttypmod,"
    "  a.attcollation)"
    "  FROM t JOIN pg_attribute a ON a.attrelid = t.oid"
    "  AND a.attname = ANY (t.columns) AND NOT a.attisdropped"
    " UNION ALL"
    " SELECT p.n, concat_ws(' ', 'part', p.oid, p.parent, p.joined, c.relfilenode, c.relkind,"
    "  c.relreplident, c.relrowsecurity, c.relforcerowsecurity, i.indexrelid)"
    "  FROM parts p JOIN pg_class c ON c.oid = p.oid"
    "  LEFT JOIN pg_index i ON i.indrelid = c.oid AND CASE c.relreplident"
    "   WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END"
    " UNION ALL"
    " SELECT t.n, concat_ws(' ', 'publication', p.oid, p.xmin, pr.oids, pn.oid)"
    "  FROM t JOIN pg_publication p ON p.pubname = $3" PUBLISHED ")"
    " SELECT l.lines, o.oids FROM asked LEFT JOIN (SELECT n, string_agg(line, E'\\n'"
    "   ORDER BY line COLLATE \"C\") AS lines FROM lines GROUP BY n) l USING (n)"
    "  LEFT JOIN (SELECT n, string_agg(oid::text, ' ' ORDER BY parent) AS oids FROM parts"
    "   GROUP BY n) o USING (n) ORDER BY n";

struct asked {
    struct lt_buf schemas, tables, columns; /* arrays of one item a service */
};

static void ask_for(struct asked *asked, const struct service *service)
{
    char schema[64];
    char table[64];
    struct lt_buf names = {0};
    shape_names(service, schema, table);
    shape_add_columns(&names, service);
    shape_array_add(&asked->schemas, schema);
    shape_array_add(&asked->tables, table);
    shape_array_add(&asked->columns, shape_array_end(&names));
    lt_buf_fini(&names);
}

static PGresult *ask_all(struct lt_pg *pg,
                         const struct service *const *services,
                         size_t count,
                         const char *publication,
                         struct lt_error *reterr)
{
    struct asked asked = {0};
    for (size_t i = 0; i < count; i++) {
        ask_for(&asked, services[i]);
    }
    const char *params[] = {shape_array_end(&asked.schemas), shape_array_end(&asked.tables),
                            publication, shape_array_end(&asked.columns)};
    PGresult *res = lt_pg_query(pg, fingerprint_sql, 4, params, reterr);
    lt_buf_fini(&asked.schemas);
    lt_buf_fini(&asked.tables);
    lt_buf_fini(&asked.columns);
    lt_assert(res == NULL || PQntuples(res) == (int)count);
    return res;
}

static void read_fingerprint(const PGresult *res,
                             size_t row,
                             const struct service *service,
                             uint8_t ret[FINGERPRINT_BYTES])
{
    memcpy(ret, service->declaration, 32);
    lt_sha256(lt_bytes_text(lt_pg_text(res, (int)row, 0)), ret + 32);
}

static void read_parts(const char *text, struct shape_parts *ret)
{
    *ret = (struct shape_parts){.oids = lt_alloc((strlen(text) / 2 + 1) * sizeof(*ret->oids))};
    for (char *end; *text != '\0'; text = end) {
        ret->oids[ret->count++] = (uint32_t)strtoul(text, &end, 10);
    }
}

int shape_fingerprints(struct lt_pg *pg,
                       const struct service *const *services,
                       size_t count,
                       const char *publication,
                       uint8_t (*ret)[FINGERPRINT_BYTES],
                       struct lt_error *reterr)
{
    LT_CLEANUP(lt_pg_clearp)
    PGresult *res = ask_all(pg, services, count, publication, reterr);
    for (size_t i = 0; res != NULL && i < count; i++) {
        read_fingerprint(res, i, services[i], ret[i]);
    }
    return res != NULL ? 0 : -1;
}

int shape_fingerprint(struct lt_pg *pg,
                      const struct service *service,
                      const char *publication,
                      uint8_t ret[FINGERPRINT_BYTES],
                      struct shape_parts *ret_parts,
                      struct lt_error *reterr)
{
    LT_CLEANUP(lt_pg_clearp) PGresult *res = ask_all(pg, &service, 1, publication, reterr);
    if (res == NULL) {
        return -1;
    }
    read_fingerprint(res, 0, service, ret);
    if (ret_parts != NULL) {
        read_parts(lt_pg_text(res, 0, 1), ret_parts);
    }
    return 0;
}
