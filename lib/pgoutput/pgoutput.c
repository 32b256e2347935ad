#include "pgoutput/pgoutput.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"

/* 2000-01-01 UTC in microseconds since 1970. */
#define PG_EPOCH ((lt_time)946684800 * LT_SECOND)

struct lt_pgo {
    struct lt_pgo_column columns[LT_PGO_COLUMNS_MAX];
    struct lt_pgo_value old_row[LT_PGO_COLUMNS_MAX];
    struct lt_pgo_value new_row[LT_PGO_COLUMNS_MAX];
};

struct lt_pgo *lt_pgo_new(void)
{
    return lt_alloc(sizeof(struct lt_pgo));
}

void lt_pgo_free(struct lt_pgo *decoder)
{
    free(decoder);
}

/* ---- a cursor that remembers that it failed ---- */

struct cursor {
    const uint8_t *p, *end;
    const char *fault; /* first fault, static text */
};

static bool need(struct cursor *c, size_t bytes)
{
    if (c->fault == NULL && (size_t)(c->end - c->p) < bytes) {
        c->fault = "ends too early";
    }
    return c->fault == NULL;
}

static uint8_t take8(struct cursor *c)
{
    return need(c, 1) ? *c->p++ : 0;
}

static uint16_t take16(struct cursor *c)
{
    if (!need(c, 2)) {
        return 0;
    }
    c->p += 2;
    return (uint16_t)(c->p[-2] << 8 | c->p[-1]);
}

static uint32_t take32(struct cursor *c)
{
    if (!need(c, 4)) {
        return 0;
    }
    c->p += 4;
    return lt_get_u32be(c->p - 4);
}

static uint64_t take64(struct cursor *c)
{
    if (!need(c, 8)) {
        return 0;
    }
    c->p += 8;
    return lt_get_u64be(c->p - 8);
}

static lt_time take_time(struct cursor *c)
{
    int64_t since_2000 = (int64_t)take64(c);
    lt_time at = 0;
    if (__builtin_add_overflow(since_2000, PG_EPOCH, &at)) {
        c->fault = c->fault != NULL ? c->fault : "time out of range";
        return 0;
    }
    return at;
}

static const char *take_text(struct cursor *c)
{
    const uint8_t *zero =
        c->fault == NULL && c->p < c->end ? memchr(c->p, '\0', (size_t)(c->end - c->p)) : NULL;
    if (zero == NULL) {
        c->fault = c->fault != NULL ? c->fault : "text without end";
        return "";
    }
    const char *text = (const char *)c->p;
    c->p = zero + 1;
    return text;
}

static struct lt_bytes take_bytes(struct cursor *c, size_t len)
{
    if (!need(c, len)) {
        return lt_bytes("", 0);
    }
    c->p += len;
    return lt_bytes(c->p - len, len);
}

static void expect(struct cursor *c, bool good, const char *fault)
{
    if (c->fault == NULL && !good) {
        c->fault = fault;
    }
}

/* ---- messages ---- */

static struct lt_pgo_value take_value(struct cursor *c)
{
    uint8_t kind = take8(c);
    switch (kind) {
    case 'n':
        return (struct lt_pgo_value){.kind = LT_PGO_NULL};
    case 'u':
        return (struct lt_pgo_value){.kind = LT_PGO_UNCHANGED};
    default:
        expect(c, kind == 't', "column value of unknown kind");
        return (struct lt_pgo_value){.kind = LT_PGO_TEXT, .text = take_bytes(c, take32(c))};
    }
}

static struct lt_pgo_tuple take_tuple(struct cursor *c, struct lt_pgo_value *values)
{
    size_t count = take16(c);
    expect(c, count <= LT_PGO_COLUMNS_MAX, "too many columns");
    for (size_t i = 0; c->fault == NULL && i < count; i++) {
        values[i] = take_value(c);
    }
    return (struct lt_pgo_tuple){.values = values, .count = c->fault == NULL ? count : 0};
}

static void take_begin(struct cursor *c, struct lt_pgo_event *event)
{
    event->kind = LT_PGO_BEGIN;
    event->u.begin.commit_lsn = take64(c);
    event->u.begin.time = take_time(c);
    event->u.begin.xid = take32(c);
}

static void take_commit(struct cursor *c, struct lt_pgo_event *event)
{
    event->kind = LT_PGO_COMMIT;
    expect(c, take8(c) == 0, "commit with unknown flags");
    event->u.commit.commit_lsn = take64(c);
    event->u.commit.end_lsn = take64(c);
    event->u.commit.time = take_time(c);
    expect(c, event->u.commit.end_lsn >= event->u.commit.commit_lsn,
           "commit ends before it starts");
}

static void take_relation(struct lt_pgo *decoder, struct cursor *c, struct lt_pgo_event *event)
{
    struct lt_pgo_relation *relation = &event->u.relation;
    event->kind = LT_PGO_RELATION;
    relation->id = take32(c);
    relation->schema = take_text(c);
    if (relation->schema[0] == '\0') {
        relation->schema = "pg_catalog";
    }
    relation->name = take_text(c);
    relation->identity = (char)take8(c);
    relation->count = take16(c);
    relation->columns = decoder->columns;
    expect(c, relation->count <= LT_PGO_COLUMNS_MAX, "too many columns");
    for (size_t i = 0; c->fault == NULL && i < relation->count; i++) {
        struct lt_pgo_column *column = &decoder->columns[i];
        uint8_t flags = take8(c);
        expect(c, flags <= 1, "column with unknown flags");
        column->key = flags == 1;
        column->name = take_text(c);
        column->type_oid = take32(c);
        column->typmod = (int32_t)take32(c);
    }
}

/* I: N · U: [K|O] N · D: K|O */
static void take_row(struct lt_pgo *decoder,
                     struct cursor *c,
                     enum lt_pgo_kind kind,
                     struct lt_pgo_event *event)
{
    event->kind = kind;
    event->u.row.relation = take32(c);
    uint8_t part = take8(c);
    if (kind != LT_PGO_INSERT && (part == 'K' || part == 'O')) {
        event->u.row.old_kind = (char)part;
        event->u.row.old_row = take_tuple(c, decoder->old_row);
        part = kind == LT_PGO_UPDATE ? take8(c) : 0;
    } else {
        expect(c, kind != LT_PGO_DELETE, "delete without old row");
    }
    if (kind != LT_PGO_DELETE) {
        expect(c, part == 'N', "row without new row");
        event->u.row.new_row = take_tuple(c, decoder->new_row);
    }
}

static void take_truncate(struct cursor *c, struct lt_pgo_event *event)
{
    event->kind = LT_PGO_TRUNCATE;
    event->u.truncate.count = take32(c);
    expect(c, take8(c) <= 3, "truncate with unknown flags");
    event->u.truncate.ids = c->p;
    expect(c, event->u.truncate.count == (size_t)(c->end - c->p) / 4, "truncate of another count");
    take_bytes(c, event->u.truncate.count * 4);
}

static void take_message(struct cursor *c, struct lt_pgo_event *event)
{
    event->kind = LT_PGO_MESSAGE;
    uint8_t flags = take8(c);
    expect(c, flags <= 1, "message with unknown flags");
    event->u.message.transactional = flags == 1;
    event->u.message.lsn = take64(c);
    event->u.message.prefix = take_text(c);
    event->u.message.content = take_bytes(c, take32(c));
}

static void take_origin(struct cursor *c, struct lt_pgo_event *event)
{
    event->kind = LT_PGO_ORIGIN;
    take64(c);
    take_text(c);
}

static void take_type(struct cursor *c, struct lt_pgo_event *event)
{
    event->kind = LT_PGO_TYPE;
    take32(c);
    take_text(c);
    take_text(c);
}

static void
take_event(struct lt_pgo *decoder, uint8_t kind, struct cursor *c, struct lt_pgo_event *event)
{
    switch (kind) {
    case 'B':
        take_begin(c, event);
        break;
    case 'C':
        take_commit(c, event);
        break;
    case 'O':
        take_origin(c, event);
        break;
    case 'R':
        take_relation(decoder, c, event);
        break;
    case 'Y':
        take_type(c, event);
        break;
    case 'I':
        take_row(decoder, c, LT_PGO_INSERT, event);
        break;
    case 'U':
        take_row(decoder, c, LT_PGO_UPDATE, event);
        break;
    case 'D':
        take_row(decoder, c, LT_PGO_DELETE, event);
        break;
    case 'T':
        take_truncate(c, event);
        break;
    case 'M':
        take_message(c, event);
        break;
    default:
        expect(c, false, "unknown kind");
    }
}

int lt_pgo_decode(struct lt_pgo *decoder,
                  struct lt_bytes message,
                  struct lt_pgo_event *ret,
                  struct lt_error *reterr)
{
    struct cursor c = {.p = message.data, .end = message.data + message.len};
    struct lt_pgo_event event = {0};
    uint8_t kind = take8(&c);
    if (c.fault == NULL) {
        take_event(decoder, kind, &c, &event);
    }
    expect(&c, c.p == c.end, "trailing bytes");
    if (c.fault != NULL) {
        return lt_fail(reterr, LT_ERR_FATAL, "pgoutput", kind,
                       "message of kind %02x at byte %zu: %s", kind, (size_t)(c.p - message.data),
                       c.fault);
    }
    *ret = event;
    return 0;
}

uint32_t lt_pgo_truncated(const struct lt_pgo_event *event, size_t i)
{
    return lt_get_u32be(event->u.truncate.ids + 4 * i);
}
