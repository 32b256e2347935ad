#include "lienthong/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More keys than any platform has connections: a bound against writers gone wild. */
#define ENTRIES_MAX 1000000
#define KEY_MAX     (2 * LT_TOPIC_MAX + 32)

/* Arena blocks of one record: most take a few hundred bytes. */
#define RECORD_BLOCK 1024

struct entry {
    enum lt_record_type type;
    char *key; /* [origin/]key */
    void *record;
    struct lt_arena *arena; /* the record and its texts */
};

struct lt_cli_board {
    struct entry *entries; /* ordered by type, then key bytewise */
    size_t count, cap;
    size_t garbage;
};

/* What may stand where, and how a record names its own key: prefix + the text at `name`. */
static const struct place {
    enum lt_record_type type;
    enum lt_cli_from from;
    size_t size;
    const char *prefix;
    size_t name; /* offset of a const char * in the record; NO_NAME: the prefix is the key */
} PLACES[] = {
#define NO_NAME ((size_t)-1)
    {LT_RECORD_CURSOR, LT_CLI_FROM_CURSORS, sizeof(struct lt_cursor), "",
     offsetof(struct lt_cursor, stream)},
    {LT_RECORD_FEED_CURSOR, LT_CLI_FROM_CURSORS, sizeof(struct lt_feed_cursor), "live/",
     offsetof(struct lt_feed_cursor, service)},
    {LT_RECORD_STANDSTILL, LT_CLI_FROM_CURSORS, sizeof(struct lt_standstill), "stand/",
     offsetof(struct lt_standstill, name)},
    {LT_RECORD_STREAM_NOTICE, LT_CLI_FROM_INBOX, sizeof(struct lt_stream_notice), "",
     offsetof(struct lt_stream_notice, stream)},
    {LT_RECORD_RECEIPT, LT_CLI_FROM_OUTBOX, sizeof(struct lt_receipt), "receipt/",
     offsetof(struct lt_receipt, stream)},
    {LT_RECORD_SOURCE_POSITION, LT_CLI_FROM_PROGRESS, sizeof(struct lt_source_position), "source",
     NO_NAME},
    {LT_RECORD_FEED_POSITION, LT_CLI_FROM_PROGRESS, sizeof(struct lt_feed_position), "",
     offsetof(struct lt_feed_position, service)},
    {LT_RECORD_DECISION, LT_CLI_FROM_DIARY, sizeof(struct lt_decision), "decision/",
     offsetof(struct lt_decision, stream)},
};

struct lt_cli_board *lt_cli_board_new(void)
{
    return lt_alloc(sizeof(struct lt_cli_board));
}

static void entry_fini(struct entry *entry)
{
    free(entry->key);
    lt_arena_free(entry->arena);
}

void lt_cli_board_free(struct lt_cli_board *board)
{
    if (!board)
        return;
    for (size_t i = 0; i < board->count; i++)
        entry_fini(&board->entries[i]);
    free(board->entries);
    free(board);
}

size_t lt_cli_board_garbage(const struct lt_cli_board *board)
{
    return board->garbage;
}

/* First entry that is not before (type, key). */
static size_t
lower_bound(const struct lt_cli_board *board, enum lt_record_type type, const char *key)
{
    size_t low = 0, high = board->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct entry *entry = &board->entries[middle];
        if (entry->type < type || (entry->type == type && strcmp(entry->key, key) < 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
stands_at(const struct lt_cli_board *board, size_t i, enum lt_record_type type, const char *key)
{
    return i < board->count && board->entries[i].type == type &&
           strcmp(board->entries[i].key, key) == 0;
}

static const void *find(const struct lt_cli_board *board, enum lt_record_type type, const char *key)
{
    size_t i = lower_bound(board, type, key);
    return stands_at(board, i, type, key) ? board->entries[i].record : NULL;
}

static void put(struct lt_cli_board *board, const struct entry *entry)
{
    size_t i = lower_bound(board, entry->type, entry->key);
    if (stands_at(board, i, entry->type, entry->key)) {
        entry_fini(&board->entries[i]);
    } else {
        if (board->count == board->cap) {
            board->cap = board->cap ? 2 * board->cap : 64;
            board->entries = lt_realloc(board->entries, board->cap * sizeof *board->entries);
        }
        memmove(&board->entries[i + 1], &board->entries[i],
                (board->count - i) * sizeof *board->entries);
        board->count++;
    }
    board->entries[i] = *entry;
}

static void remove_at(struct lt_cli_board *board, size_t i)
{
    entry_fini(&board->entries[i]);
    memmove(&board->entries[i], &board->entries[i + 1],
            (board->count - i - 1) * sizeof *board->entries);
    board->count--;
}

/* Records that rightly stand there and say nothing of where a connection stands. */
static bool is_beside_the_point(struct lt_bytes value, enum lt_cli_from from)
{
    const int type = lt_record_type_of(value);
    switch (from) {
    case LT_CLI_FROM_INBOX:
        return type == LT_RECORD_SCHEMA_NOTICE;
    case LT_CLI_FROM_OUTBOX:
        return type == LT_RECORD_GAP_REPORT || type == LT_RECORD_REJECT_REPORT;
    case LT_CLI_FROM_DIARY:
        return type == LT_RECORD_DELIVERY_NOTE;
    case LT_CLI_FROM_CURSORS:
    case LT_CLI_FROM_PROGRESS:
        break;
    }
    return false;
}

static const struct place *place_of(struct lt_bytes value, enum lt_cli_from from)
{
    int type = lt_record_type_of(value);
    for (size_t i = 0; i < LT_COUNT(PLACES); i++)
        if ((int)PLACES[i].type == type && PLACES[i].from == from)
            return &PLACES[i];
    return NULL;
}

/* Does the record name the key that it came under? */
static bool key_is_own(const struct place *place, const void *record, const char *key)
{
    size_t prefix = strlen(place->prefix);
    if (strncmp(key, place->prefix, prefix) != 0)
        return false;
    if (place->name == NO_NAME)
        return key[prefix] == '\0';
    const char *const *name = (const void *)((const char *)record + place->name);
    return strcmp(key + prefix, *name) == 0;
}

/* "[origin/]key", or false when the key is no text of ours. */
static bool board_key(const char *origin, struct lt_bytes key, char full[KEY_MAX])
{
    if (!key.data || key.len == 0 || key.len > LT_TOPIC_MAX || memchr(key.data, 0, key.len))
        return false;
    int written = snprintf(full, KEY_MAX, "%s%s%.*s", origin ? origin : "", origin ? "/" : "",
                           (int)key.len, (const char *)key.data);
    return written > 0 && written < KEY_MAX;
}

static void drop(struct lt_cli_board *board, enum lt_cli_from from, const char *full)
{
    for (size_t i = 0; i < LT_COUNT(PLACES); i++) {
        if (PLACES[i].from != from)
            continue;
        size_t at = lower_bound(board, PLACES[i].type, full);
        if (stands_at(board, at, PLACES[i].type, full))
            remove_at(board, at);
    }
}

/* Decodes into a new entry; false when the bytes are not what their place demands. */
static bool
decode(const struct place *place, const char *own_key, struct lt_bytes value, struct entry *ret)
{
    struct lt_arena *arena = lt_arena_new(RECORD_BLOCK);
    void *record = lt_arena_alloc(arena, place->size);
    if (lt_record_decode(place->type, value, record, arena, NULL) != 0 ||
        !key_is_own(place, record, own_key)) {
        lt_arena_free(arena);
        return false;
    }
    *ret = (struct entry){.type = place->type, .record = record, .arena = arena};
    return true;
}

void lt_cli_board_take(struct lt_cli_board *board,
                       enum lt_cli_from from,
                       const char *origin,
                       struct lt_bytes key,
                       struct lt_bytes value)
{
    char full[KEY_MAX];
    if (!board_key(origin, key, full)) {
        board->garbage++;
        return;
    }
    if (!value.data) {
        drop(board, from, full);
        return;
    }
    if (is_beside_the_point(value, from))
        return;
    const struct place *place = place_of(value, from);
    const char *own_key = full + (origin ? strlen(origin) + 1 : 0);
    struct entry entry;
    if (!place || board->count >= ENTRIES_MAX || !decode(place, own_key, value, &entry)) {
        board->garbage++;
        return;
    }
    entry.key = lt_strdup(full);
    put(board, &entry);
}

const struct lt_cursor *lt_cli_board_cursor(const struct lt_cli_board *board, const char *stream)
{
    return find(board, LT_RECORD_CURSOR, stream);
}

const struct lt_feed_cursor *lt_cli_board_feed_cursor(const struct lt_cli_board *board,
                                                      const char *service)
{
    char key[KEY_MAX];
    snprintf(key, sizeof key, "live/%s", service);
    return find(board, LT_RECORD_FEED_CURSOR, key);
}

bool lt_cli_board_stands_still(const struct lt_cli_board *board, const char *clause)
{
    static const char *const lanes[] = {"live", "catch"};
    char key[KEY_MAX];
    for (size_t i = 0; i < LT_COUNT(lanes); i++) {
        snprintf(key, sizeof key, "stand/%s/%s", lanes[i], clause);
        if (find(board, LT_RECORD_STANDSTILL, key))
            return true;
    }
    return false;
}

const struct lt_stream_notice *
lt_cli_board_notice(const struct lt_cli_board *board, const char *application, const char *stream)
{
    char key[KEY_MAX];
    snprintf(key, sizeof key, "%s/%s", application, stream);
    return find(board, LT_RECORD_STREAM_NOTICE, key);
}

const struct lt_receipt *
lt_cli_board_receipt(const struct lt_cli_board *board, const char *application, const char *stream)
{
    char key[KEY_MAX];
    snprintf(key, sizeof key, "%s/receipt/%s", application, stream);
    return find(board, LT_RECORD_RECEIPT, key);
}

const struct lt_source_position *lt_cli_board_source(const struct lt_cli_board *board,
                                                     const char *source)
{
    char key[KEY_MAX];
    snprintf(key, sizeof key, "%s/source", source);
    return find(board, LT_RECORD_SOURCE_POSITION, key);
}

const struct lt_feed_position *
lt_cli_board_feed(const struct lt_cli_board *board, const char *source, const char *service)
{
    char key[KEY_MAX];
    snprintf(key, sizeof key, "%s/%s", source, service);
    return find(board, LT_RECORD_FEED_POSITION, key);
}

/* Generation of the stream in a board key "<prefix>cn000981.12", or 0 when it is not of the
 * connection. */
static int64_t generation_of(const char *key, const char *prefix, const char *connection)
{
    size_t len = strlen(prefix);
    char of[LT_ID_MAX];
    int64_t generation = 0;
    if (strncmp(key, prefix, len) != 0 || lt_stream_parse(key + len, of, &generation, NULL) != 0 ||
        strcmp(of, connection) != 0)
        return 0;
    return generation;
}

/* The record of the connection's highest generation among those that `wanted` accepts. */
static const void *highest(const struct lt_cli_board *board,
                           enum lt_record_type type,
                           const char *prefix,
                           const char *connection,
                           bool (*wanted)(const void *record))
{
    const void *best = NULL;
    int64_t best_generation = 0;
    for (size_t i = lower_bound(board, type, prefix);
         i < board->count && board->entries[i].type == type; i++) {
        const struct entry *entry = &board->entries[i];
        if (strncmp(entry->key, prefix, strlen(prefix)) != 0)
            break;
        int64_t generation = generation_of(entry->key, prefix, connection);
        if (generation > best_generation && (!wanted || wanted(entry->record))) {
            best = entry->record;
            best_generation = generation;
        }
    }
    return best;
}

const struct lt_cursor *lt_cli_board_newest(const struct lt_cli_board *board,
                                            const char *connection)
{
    return highest(board, LT_RECORD_CURSOR, "", connection, NULL);
}

static bool is_active(const void *record)
{
    return ((const struct lt_receipt *)record)->active;
}

const struct lt_receipt *lt_cli_board_shown(const struct lt_cli_board *board,
                                            const char *application,
                                            const char *connection)
{
    char prefix[KEY_MAX];
    snprintf(prefix, sizeof prefix, "%s/receipt/", application);
    return highest(board, LT_RECORD_RECEIPT, prefix, connection, is_active);
}

const struct lt_decision *lt_cli_board_decision(const struct lt_cli_board *board,
                                                const char *connection)
{
    return highest(board, LT_RECORD_DECISION, "decision/", connection, NULL);
}

/* All records of one type as an array in the arena. */
static void *copy_all(const struct lt_cli_board *board,
                      enum lt_record_type type,
                      size_t size,
                      struct lt_arena *arena,
                      size_t *ret_count)
{
    const size_t first = lower_bound(board, type, "");
    size_t end = first;
    while (end < board->count && board->entries[end].type == type)
        end++;
    char *all = lt_arena_alloc(arena, (end - first + 1) * size);
    for (size_t i = first; i < end; i++)
        memcpy(all + (i - first) * size, board->entries[i].record, size);
    *ret_count = end - first;
    return all;
}

void lt_cli_board_routing(const struct lt_cli_board *board,
                          struct lt_arena *arena,
                          struct lt_routing_view *ret)
{
    *ret = (struct lt_routing_view){0};
    ret->cursors =
        copy_all(board, LT_RECORD_CURSOR, sizeof(struct lt_cursor), arena, &ret->cursor_count);
    ret->feeds = copy_all(board, LT_RECORD_FEED_CURSOR, sizeof(struct lt_feed_cursor), arena,
                          &ret->feed_count);
}
