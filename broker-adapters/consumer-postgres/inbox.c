#include "consumer-postgres/inbox.h"

#include "base/num.h"
#include "change/chain.h"
#include "change/ids.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA_KEY "schema/"

struct entry {
    struct lt_notice notice;
    struct lt_arena *arena; /* holds the texts */
    uint64_t written;       /* rank among the notices taken */
};
struct schema {
    int32_t id;
    char *text;
};
struct lt_inbox {
    struct entry *entries;
    size_t count;
    struct schema *schemas;
    size_t schema_count;
    uint64_t taken;
};

struct lt_inbox *lt_inbox_new(void)
{
    return lt_alloc(sizeof(struct lt_inbox));
}

void lt_inbox_free(struct lt_inbox *inbox)
{
    if (!inbox)
        return;
    for (size_t i = 0; i < inbox->count; i++)
        lt_arena_free(inbox->entries[i].arena);
    for (size_t i = 0; i < inbox->schema_count; i++)
        free(inbox->schemas[i].text);
    free(inbox->entries);
    free(inbox->schemas);
    free(inbox);
}

static struct entry *find(const struct lt_inbox *inbox, struct lt_bytes stream)
{
    for (size_t i = 0; i < inbox->count; i++)
        if (lt_bytes_equal(lt_bytes_text(inbox->entries[i].notice.is.stream), stream))
            return &inbox->entries[i];
    return NULL;
}

static int
check_notice(const struct lt_stream_notice *notice, struct lt_bytes key, struct lt_error *reterr)
{
    char connection[LT_ID_MAX];
    int64_t generation;
    if (!lt_bytes_equal(lt_bytes_text(notice->stream), key))
        return lt_fail(reterr, LT_ERR_REJECT, "inbox", 0, "notice under another stream's key");
    if (lt_stream_parse(notice->stream, connection, &generation, reterr))
        return lt_fail_context(reterr, "notice");
    if (strcmp(connection, notice->connection) || generation != notice->generation)
        return lt_fail(reterr, LT_ERR_REJECT, "inbox", 0,
                       "notice of %s names connection %s and generation %ld", notice->stream,
                       notice->connection, (long)notice->generation);
    if (notice->use_period <= 0 || notice->window <= 0)
        return lt_fail(reterr, LT_ERR_REJECT, "inbox", 0,
                       "notice of %s has no use period or no window", notice->stream);
    if (strcmp(notice->on_expiry, "hide") && strcmp(notice->on_expiry, "fail"))
        return lt_fail(reterr, LT_ERR_REJECT, "inbox", 0,
                       "notice of %s: on_expiry is neither hide nor fail", notice->stream);
    return 0;
}

static int take_notice(struct lt_inbox *inbox,
                       struct lt_bytes key,
                       struct lt_bytes value,
                       lt_time append_time,
                       struct lt_error *reterr)
{
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(1024);
    struct lt_notice notice = {.append_time = append_time};
    if (lt_record_decode(LT_RECORD_STREAM_NOTICE, value, &notice.is, arena, reterr) ||
        check_notice(&notice.is, key, reterr))
        return -1;
    struct entry *entry = find(inbox, key);
    if (!entry) {
        inbox->entries = lt_realloc(inbox->entries, (inbox->count + 1) * sizeof(*inbox->entries));
        entry = &inbox->entries[inbox->count++];
        entry->arena = NULL;
    }
    lt_arena_free(entry->arena);
    *entry = (struct entry){.notice = notice, .arena = lt_steal(&arena), .written = ++inbox->taken};
    return 0;
}

static int take_schema(struct lt_inbox *inbox, struct lt_bytes value, struct lt_error *reterr)
{
    LT_CLEANUP(lt_arena_freep) struct lt_arena *arena = lt_arena_new(4096);
    struct lt_schema_notice notice;
    uint8_t hash[LT_CHAIN_BYTES];
    if (lt_record_decode(LT_RECORD_SCHEMA_NOTICE, value, &notice, arena, reterr))
        return -1;
    lt_sha256(lt_bytes_text(notice.text), hash);
    if (!lt_bytes_equal(notice.sha256, lt_bytes(hash, sizeof(hash))))
        return lt_fail(reterr, LT_ERR_REJECT, "inbox", 0, "schema %d: its hash does not fit",
                       notice.id);
    const char *known = lt_inbox_schema(inbox, notice.id);
    if (known && strcmp(known, notice.text))
        return lt_fail(reterr, LT_ERR_REJECT, "inbox", 0, "schema %d comes with another text",
                       notice.id);
    if (known)
        return 0;
    inbox->schemas =
        lt_realloc(inbox->schemas, (inbox->schema_count + 1) * sizeof(*inbox->schemas));
    inbox->schemas[inbox->schema_count++] =
        (struct schema){.id = notice.id, .text = lt_strdup(notice.text)};
    return 0;
}

static void forget(struct lt_inbox *inbox, struct lt_bytes key)
{
    struct entry *entry = find(inbox, key);
    if (!entry)
        return;
    lt_arena_free(entry->arena);
    *entry = inbox->entries[--inbox->count];
}

int lt_inbox_take(struct lt_inbox *inbox,
                  struct lt_bytes key,
                  struct lt_bytes value,
                  lt_time append_time,
                  struct lt_error *reterr)
{
    if (!key.data)
        return lt_fail(reterr, LT_ERR_REJECT, "inbox", 0, "record without a key");
    if (!value.data) {
        forget(inbox, key);
        return 0;
    }
    switch (lt_record_type_of(value)) {
    case LT_RECORD_STREAM_NOTICE:
        return take_notice(inbox, key, value, append_time, reterr);
    case LT_RECORD_SCHEMA_NOTICE:
        return take_schema(inbox, value, reterr);
    default:
        return 0;
    }
}

const struct lt_notice *lt_inbox_stream(const struct lt_inbox *inbox, const char *stream)
{
    const struct entry *entry = find(inbox, lt_bytes_text(stream));
    return entry ? &entry->notice : NULL;
}

/* Does a count for more than b? */
static bool is_ahead(const struct entry *a, const struct entry *b)
{
    if (a->notice.is.ended != b->notice.is.ended)
        return b->notice.is.ended;
    return a->notice.is.ended ? a->notice.is.generation > b->notice.is.generation
                              : a->written > b->written;
}

const struct lt_notice *lt_inbox_current(const struct lt_inbox *inbox, const char *connection)
{
    const struct entry *current = NULL;
    for (size_t i = 0; i < inbox->count; i++) {
        const struct entry *entry = &inbox->entries[i];
        if (strcmp(entry->notice.is.connection, connection) == 0 &&
            (!current || is_ahead(entry, current)))
            current = entry;
    }
    return current ? &current->notice : NULL;
}

bool lt_inbox_terminated(const struct lt_inbox *inbox, const char *connection)
{
    for (size_t i = 0; i < inbox->count; i++)
        if (inbox->entries[i].notice.is.terminated &&
            strcmp(inbox->entries[i].notice.is.connection, connection) == 0)
            return true;
    return false;
}

const char *lt_inbox_schema(const struct lt_inbox *inbox, int32_t id)
{
    for (size_t i = 0; i < inbox->schema_count; i++)
        if (inbox->schemas[i].id == id)
            return inbox->schemas[i].text;
    return NULL;
}

static bool has_seen(const char **seen, size_t count, const char *connection)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(seen[i], connection) == 0)
            return true;
    return false;
}

size_t lt_inbox_connections(const struct lt_inbox *inbox, const char **ret, size_t cap)
{
    size_t count = 0;
    for (size_t i = 0; i < inbox->count && count < cap; i++) {
        const char *connection = inbox->entries[i].notice.is.connection;
        if (!has_seen(ret, count, connection))
            ret[count++] = connection;
    }
    return count;
}
