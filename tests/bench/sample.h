/**
 * @file
 * The table that all stages share, public.bench, as a data service: 8 columns, about 130 bytes a
 * row, Vietnamese texts; key id, scope column district.  tests/bench/sample.py is its SQL.
 */
#pragma once

#include "provider-postgres/feeds.h"

#define SAMPLE_SERVICE "sv000001"
#define SAMPLE_COLUMNS 8

enum { SAMPLE_KEY_SCHEMA = 1001, SAMPLE_VALUE_SCHEMA = 1002, SAMPLE_SCOPE_SCHEMA = 1003 };

extern const struct lt_service sample_declared;
/** Texts of its schemas, as the steward derives them; free() each. */
struct sample_schemas {
    char *key, *value, *scope;
};
struct sample_schemas sample_schemas(void);
void sample_schemas_free(struct sample_schemas *schemas);
/** The service with its schemas. */
struct service *sample_service(void);
/** Values of row i; version changes total. */
struct sample_row {
    int64_t id, district;
    int64_t amount; /**< ten-thousandths */
    int64_t changed, total;
    char name[64], address[96]; /**< address "": null */
    bool active;
    size_t padding; /**< letters 'x' that follow an address */
};
#define SAMPLE_PADDING_MAX 16384
void sample_row(int64_t i, int64_t version, struct sample_row *ret);
/** Appends the row's framed key, and its framed value under a schema id. */
void sample_put_key(struct lt_buf *out, const struct sample_row *row);
void sample_put_value(struct lt_buf *out, int32_t schema, const struct sample_row *row);

/** The address with its letters; "": null. */
const char *sample_address(const struct sample_row *row,
                           char buf[sizeof(row->address) + SAMPLE_PADDING_MAX]);

/** Streaming feeds of it, incarnation 1, that have nothing yet; feeds_fini() releases.  The tables
 * of more than one are public.bench, public.bench_1, public.bench_2 ... */
void sample_feeds(struct feeds *feeds, size_t count);
void sample_table(size_t number, char buf[32]);
