#include "bench/pgo_feed.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "bench/sample.h"
#include "support/pgo_build.h"

#define RELATION 16400u
#define ROWS_TX  100

/* A row in PostgreSQL's output form. */
struct texts {
    char id[24], district[24], amount[32], changed[40], total[24];
    char address[sizeof(((struct sample_row *)NULL)->address) + SAMPLE_PADDING_MAX];
    struct sample_row row;
    const char *values[SAMPLE_COLUMNS];
};

static void make_texts(struct texts *t, int64_t i, int64_t version, size_t padding)
{
    struct sample_row *row = &t->row;
    sample_row(i, version, row);
    row->padding = padding;
    snprintf(t->id, sizeof(t->id), "%lld", (long long)row->id);
    snprintf(t->district, sizeof(t->district), "%lld", (long long)row->district);
    snprintf(t->amount, sizeof(t->amount), "%lld.%04lld", (long long)row->amount / 10000,
             (long long)row->amount % 10000);
    snprintf(t->changed, sizeof(t->changed), "2026-11-%02d %02d:%02d:%02d.%03d+00",
             (int)(i / 86400000 % 28) + 1, (int)(i / 3600000 % 24), (int)(i / 60000 % 60),
             (int)(i / 1000 % 60), (int)(i % 1000));
    snprintf(t->total, sizeof(t->total), "%lld", (long long)row->total);
    const char *values[] = {t->id,
                            t->district,
                            t->amount,
                            t->changed,
                            row->name,
                            row->address[0] != '\0' ? sample_address(row, t->address) : NULL,
                            row->active ? "t" : "f",
                            t->total};
    for (int c = 0; c < SAMPLE_COLUMNS; c++) {
        t->values[c] = values[c];
    }
}

static void end_message(struct pgo_feed *feed)
{
    feed->starts[++feed->count] = (uint32_t)feed->bytes.len;
}

static void put_relation(struct pgo_feed *feed, size_t table)
{
    static const struct pgo_column columns[SAMPLE_COLUMNS] = {
        {"id", 20, -1, 1},        {"district", 23, -1, 1}, {"amount", 1700, 1179656, 1},
        {"changed", 1184, -1, 1}, {"name", 25, -1, 1},     {"address", 25, -1, 1},
        {"active", 16, -1, 1},    {"total", 20, -1, 1},
    };
    char name[32];
    sample_table(table, name);
    pgo_relation(&feed->bytes, RELATION + (uint32_t)table, "public", name, 'f', columns,
                 SAMPLE_COLUMNS);
    end_message(feed);
}

static void put_row(struct pgo_feed *feed, int64_t i, size_t tables, size_t padding)
{
    static struct texts now, before;
    const uint32_t relation = RELATION + (uint32_t)((size_t)i % tables);
    make_texts(&now, i, 1, padding);
    if (i / (int64_t)tables % 2 == 0) {
        pgo_insert(&feed->bytes, relation, now.values, SAMPLE_COLUMNS);
    } else {
        make_texts(&before, i, 0, padding);
        lt_buf_addc(&feed->bytes, 'U');
        pgo_put32(&feed->bytes, relation);
        pgo_tuple(&feed->bytes, 'O', before.values, SAMPLE_COLUMNS);
        pgo_tuple(&feed->bytes, 'N', now.values, SAMPLE_COLUMNS);
    }
    end_message(feed);
}

void pgo_feed_make(struct pgo_feed *feed, size_t rows, size_t tables, size_t padding)
{
    *feed = (struct pgo_feed){.rows = rows};
    feed->starts = lt_alloc((rows + rows / ROWS_TX * 2 + tables + 8) * sizeof(*feed->starts));
    for (size_t table = 0; table < tables; table++) {
        put_relation(feed, table);
    }
    for (size_t i = 0; i < rows; i++) {
        uint64_t lsn = 0x16b374d848 + i * 96;
        if (i % ROWS_TX == 0) {
            pgo_begin(&feed->bytes, lsn, 1795457460000000 + (int64_t)i, 700 + (uint32_t)i);
            end_message(feed);
        }
        put_row(feed, (int64_t)i, tables, padding);
        if (i % ROWS_TX == ROWS_TX - 1 || i == rows - 1) {
            lsn = 0x16b374d848 + i / ROWS_TX * ROWS_TX * 96;
            pgo_commit(&feed->bytes, lsn, lsn + 40, 1795457460000000 + (int64_t)i);
            end_message(feed);
        }
    }
}

void pgo_feed_fini(struct pgo_feed *feed)
{
    lt_buf_fini(&feed->bytes);
    free(feed->starts);
}

struct lt_bytes pgo_feed_message(const struct pgo_feed *feed, size_t i)
{
    return lt_bytes(feed->bytes.data + feed->starts[i], feed->starts[i + 1] - feed->starts[i]);
}
