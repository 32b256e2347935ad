#include "steward/archive.h"

#include "base/file.h"
#include "base/num.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER       "lienthong-control-archive 1"
#define ARCHIVE_MAX  ((size_t)4 << 30)
#define BATCH_MAX    1000000
#define ARCHIVE_MODE 0600
#define BLOCK        65536

void lt_archive_fini(struct lt_archive *archive)
{
    lt_fold_free(archive->fold);
    free(archive->open);
    lt_arena_free(archive->arena);
    *archive = (struct lt_archive){0};
}

/* ---- reading ---- */

struct reading {
    struct lt_archive *archive;
    const char *path;
    char *at, *end;
    size_t line;
    size_t missing; /* records of the open batch that have not come yet */
    bool in_batch;
};

static int damaged(const struct reading *reading, const char *why, struct lt_error *reterr)
{
    return lt_fail(reterr, LT_ERR_REJECT, "archive", 0, "%s: line %zu: %s", reading->path,
                   reading->line, why);
}

/* The next whole line, ended by a zero byte; NULL at the end or when it is cut short. */
static char *next_line(struct reading *reading)
{
    char *line = reading->at;
    char *newline = memchr(line, '\n', (size_t)(reading->end - line));
    if (!newline)
        return NULL;
    *newline = 0;
    reading->at = newline + 1;
    reading->line++;
    return line;
}

static int decode_wire(const struct reading *reading,
                       const char *text,
                       struct lt_bytes *ret,
                       struct lt_error *reterr)
{
    const size_t len = strlen(text);
    if (len == 0 || len % 4 != 0 || len / 4 * 3 > LT_CONTROL_MAX_BYTES + 3)
        return damaged(reading, "not the bytes of a record", reterr);
    uint8_t *bytes = lt_arena_alloc(reading->archive->arena, len / 4 * 3);
    const int got = EVP_DecodeBlock(bytes, (const uint8_t *)text, (int)len);
    if (got < 0)
        return damaged(reading, "not the bytes of a record", reterr);
    const size_t padding = (size_t)(text[len - 1] == '=') + (size_t)(text[len - 2] == '=');
    *ret = lt_bytes(bytes, (size_t)got - padding);
    return 0;
}

static int read_record(struct reading *reading, char *line, struct lt_error *reterr)
{
    struct lt_archive *archive = reading->archive;
    char *key = strsep(&line, " ");
    struct lt_archive_record record;
    if (!line)
        return damaged(reading, "a record is a key and its bytes", reterr);
    if (decode_wire(reading, line, &record.wire, reterr) < 0)
        return -1;
    record.key = lt_arena_dup(archive->arena, key, strlen(key));
    archive->open[archive->open_count++] = record;
    archive->records++;
    reading->missing--;
    return 0;
}

static int begin_batch(struct reading *reading, const char *count, struct lt_error *reterr)
{
    uint64_t records;
    if (reading->in_batch)
        return damaged(reading, "the batch before it has no end", reterr);
    if (lt_parse_u64(count, strlen(count), BATCH_MAX, &records) < 0 || records == 0)
        return damaged(reading, "not a number of records", reterr);
    reading->archive->open =
        lt_realloc(reading->archive->open, records * sizeof(*reading->archive->open));
    reading->archive->open_count = 0;
    reading->missing = records;
    reading->in_batch = true;
    return 0;
}

static int end_batch(struct reading *reading, bool committed, struct lt_error *reterr)
{
    if (!reading->in_batch)
        return damaged(reading, "no batch is open", reterr);
    struct lt_error why = {0};
    if (committed && lt_archive_take_open(reading->archive, &why) < 0)
        return damaged(reading, why.msg, reterr);
    reading->archive->open_count = 0;
    reading->in_batch = false;
    return 0;
}

static int read_line(struct reading *reading, char *line, struct lt_error *reterr)
{
    if (reading->missing > 0)
        return read_record(reading, line, reterr);
    if (strncmp(line, "batch ", 6) == 0)
        return begin_batch(reading, line + 6, reterr);
    if (strcmp(line, "committed") == 0 || strcmp(line, "void") == 0)
        return end_batch(reading, line[0] == 'c', reterr);
    return damaged(reading, "neither batch nor committed nor void", reterr);
}

static int read_lines(struct reading *reading, const char *begin, struct lt_error *reterr)
{
    struct lt_archive *archive = reading->archive;
    const size_t size = (size_t)(reading->end - begin);
    char *line = next_line(reading);
    if (!line && size <= strlen(HEADER) && memcmp(begin, HEADER, size) == 0)
        return 0;
    if (!line || strcmp(line, HEADER) != 0) /* somebody else's file: never written over */
        return lt_fail(reterr, LT_ERR_FATAL, "archive", 0, "%s: not an archive of control records",
                       reading->path);
    archive->whole = (size_t)(reading->at - begin);
    while ((line = next_line(reading))) {
        if (read_line(reading, line, reterr) < 0)
            return -1;
        if (reading->missing == 0)
            archive->whole = (size_t)(reading->at - begin);
    }
    if (reading->missing > 0) { /* cut short: it was never sent */
        archive->open_count = 0;
        reading->missing = 0;
    }
    return 0;
}

int lt_archive_load(const char *path,
                    const uint8_t public_key[LT_SIGN_KEY_BYTES],
                    struct lt_archive *ret,
                    struct lt_error *reterr)
{
    *ret = (struct lt_archive){.fold = lt_fold_new(public_key), .arena = lt_arena_new(BLOCK)};
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    struct lt_buf text = {0};
    int rc = lt_file_read(path, ARCHIVE_MAX, &text, reterr);
    ret->size = text.len;
    if (rc == 0 && text.len > 0) {
        struct reading reading = {.archive = ret,
                                  .path = path,
                                  .at = (char *)text.data,
                                  .end = (char *)text.data + text.len};
        rc = read_lines(&reading, (char *)text.data, reterr);
    }
    lt_buf_fini(&text);
    return rc;
}

int lt_archive_take_open(struct lt_archive *archive, struct lt_error *reterr)
{
    for (size_t i = 0; i < archive->open_count; i++)
        if (lt_fold_take(archive->fold, lt_bytes_text(archive->open[i].key), archive->open[i].wire,
                         reterr) < 0)
            return -1;
    archive->open_count = 0;
    return 0;
}

/* ---- writing ---- */

static void add_base64(struct lt_buf *out, struct lt_bytes bytes)
{
    const size_t len = (bytes.len + 2) / 3 * 4;
    EVP_EncodeBlock(lt_buf_grow(out, len + 1), bytes.data, (int)bytes.len);
    out->len += len;
}

static void add_batch(struct lt_buf *out, const struct lt_archive_record *records, size_t count)
{
    lt_buf_addf(out, "batch %zu\n", count);
    for (size_t i = 0; i < count; i++) {
        lt_buf_addf(out, "%s ", records[i].key);
        add_base64(out, records[i].wire);
        lt_buf_addc(out, '\n');
    }
}

int lt_archive_begin(const char *path,
                     const struct lt_archive_record *records,
                     size_t count,
                     struct lt_error *reterr)
{
    struct lt_buf text = {0};
    if (access(path, F_OK) < 0 && errno == ENOENT)
        lt_buf_adds(&text, HEADER "\n");
    add_batch(&text, records, count);
    const int rc = lt_file_append(path, lt_buf_bytes(&text), ARCHIVE_MODE, reterr);
    lt_buf_fini(&text);
    return rc;
}

int lt_archive_end(const char *path, bool committed, struct lt_error *reterr)
{
    return lt_file_append(path, lt_bytes_text(committed ? "committed\n" : "void\n"), ARCHIVE_MODE,
                          reterr);
}

struct collection {
    struct numbered {
        struct lt_archive_record record;
        int64_t number;
    } * items;
    size_t count;
};

static void
collect(void *arg, const char *key, const struct lt_control *control, struct lt_bytes wire)
{
    struct collection *all = arg;
    all->items[all->count++] = (struct numbered){{key, wire}, control->number};
}

static int by_number(const void *a, const void *b)
{
    const struct numbered *left = a, *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

struct lt_archive_record *lt_archive_records(const struct lt_fold *fold)
{
    const size_t count = lt_fold_record_count(fold);
    struct collection all = {.items = lt_alloc((count + 1) * sizeof(*all.items))};
    struct lt_archive_record *records = lt_alloc((count + 1) * sizeof(*records));
    lt_fold_each_record(fold, collect, &all);
    if (count > 0)
        qsort(all.items, count, sizeof(*all.items), by_number);
    for (size_t i = 0; i < count; i++)
        records[i] = all.items[i].record;
    free(all.items);
    return records;
}

int lt_archive_write(const char *path, const struct lt_fold *fold, struct lt_error *reterr)
{
    struct lt_buf text = {0};
    struct lt_archive_record *records = lt_archive_records(fold);
    lt_buf_adds(&text, HEADER "\n");
    if (lt_fold_record_count(fold) > 0) {
        add_batch(&text, records, lt_fold_record_count(fold));
        lt_buf_adds(&text, "committed\n");
    }
    const int rc = lt_file_replace(path, lt_buf_bytes(&text), ARCHIVE_MODE, reterr);
    lt_buf_fini(&text);
    free(records);
    return rc;
}
