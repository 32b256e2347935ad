#include "support/pgo_build.h"

#include <string.h>

#include "base/num.h"

#define PG_EPOCH INT64_C(946684800000000)

void pgo_put16(struct lt_buf *out, uint16_t v)
{
    lt_buf_addc(out, (uint8_t)(v >> 8));
    lt_buf_addc(out, (uint8_t)v);
}

void pgo_put32(struct lt_buf *out, uint32_t v)
{
    uint8_t raw[4];
    lt_put_u32be(raw, v);
    lt_buf_add(out, raw, 4);
}

void pgo_put64(struct lt_buf *out, uint64_t v)
{
    uint8_t raw[8];
    lt_put_u64be(raw, v);
    lt_buf_add(out, raw, 8);
}

void pgo_puts(struct lt_buf *out, const char *text)
{
    lt_buf_add(out, text, strlen(text) + 1);
}

void pgo_begin(struct lt_buf *out, uint64_t commit_lsn, int64_t time, uint32_t xid)
{
    lt_buf_addc(out, 'B');
    pgo_put64(out, commit_lsn);
    pgo_put64(out, (uint64_t)(time - PG_EPOCH));
    pgo_put32(out, xid);
}

void pgo_commit(struct lt_buf *out, uint64_t commit_lsn, uint64_t end_lsn, int64_t time)
{
    lt_buf_addc(out, 'C');
    lt_buf_addc(out, 0);
    pgo_put64(out, commit_lsn);
    pgo_put64(out, end_lsn);
    pgo_put64(out, (uint64_t)(time - PG_EPOCH));
}

void pgo_relation(struct lt_buf *out,
                  uint32_t id,
                  const char *schema,
                  const char *table,
                  char identity,
                  const struct pgo_column *columns,
                  size_t count)
{
    lt_buf_addc(out, 'R');
    pgo_put32(out, id);
    pgo_puts(out, schema);
    pgo_puts(out, table);
    lt_buf_addc(out, (uint8_t)identity);
    pgo_put16(out, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        lt_buf_addc(out, (uint8_t)columns[i].key);
        pgo_puts(out, columns[i].name);
        pgo_put32(out, columns[i].oid);
        pgo_put32(out, (uint32_t)columns[i].typmod);
    }
}

void pgo_tuple(struct lt_buf *out, char part, const char *const *values, size_t count)
{
    lt_buf_addc(out, (uint8_t)part);
    pgo_put16(out, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        if (values[i] == NULL) {
            lt_buf_addc(out, 'n');
        } else if (values[i] == PGO_UNCHANGED) {
            lt_buf_addc(out, 'u');
        } else {
            lt_buf_addc(out, 't');
            pgo_put32(out, (uint32_t)strlen(values[i]));
            lt_buf_adds(out, values[i]);
        }
    }
}

void pgo_insert(struct lt_buf *out, uint32_t relation, const char *const *values, size_t count)
{
    lt_buf_addc(out, 'I');
    pgo_put32(out, relation);
    pgo_tuple(out, 'N', values, count);
}
