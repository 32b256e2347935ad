/**
 * @file
 * Decoder of pgoutput, protocol 1 (PostgreSQL manual, "Logical Replication Message Formats"):
 * bytes in, views out.  Layer 1, pure; one decoder, one thread.
 *
 * Strict and bounded: every length is checked against the bytes that are there, texts end inside
 * the message, at most 1,600 columns, no trailing bytes, no unknown kinds or flags, times inside
 * the range of lt_time.  Anything else is LT_ERR_FATAL (the stream cannot be trusted).  Everything
 * an event points to lives in the message's bytes or in the decoder, until the next decode.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#define LT_PGO_COLUMNS_MAX 1600

enum lt_pgo_kind {
    LT_PGO_BEGIN,
    LT_PGO_COMMIT,
    LT_PGO_ORIGIN,
    LT_PGO_RELATION,
    LT_PGO_TYPE,
    LT_PGO_INSERT,
    LT_PGO_UPDATE,
    LT_PGO_DELETE,
    LT_PGO_TRUNCATE,
    LT_PGO_MESSAGE,
};

struct lt_pgo_column {
    bool key; /**< part of the replica identity */
    const char *name;
    uint32_t type_oid;
    int32_t typmod;
};
/** Views of one relation, as of the rows that follow. */
struct lt_pgo_relation {
    uint32_t id;
    const char *schema, *name;
    char identity; /**< 'd' default, 'n' nothing, 'f' full, 'i' index */
    const struct lt_pgo_column *columns;
    size_t count;
};

enum lt_pgo_value_kind {
    LT_PGO_NULL,
    LT_PGO_UNCHANGED, /**< an out-of-line value that was not sent */
    LT_PGO_TEXT,
};
struct lt_pgo_value {
    enum lt_pgo_value_kind kind;
    struct lt_bytes text;
};
struct lt_pgo_tuple {
    const struct lt_pgo_value *values;
    size_t count;
};

struct lt_pgo_event {
    enum lt_pgo_kind kind;
    union {
        struct {
            uint64_t commit_lsn; /**< start of the commit record: identifies the transaction */
            lt_time time;
            uint32_t xid;
        } begin;
        struct {
            uint64_t commit_lsn, end_lsn;
            lt_time time;
        } commit;
        struct lt_pgo_relation relation;
        struct {
            uint32_t relation;
            char old_kind; /**< 'O' whole old row, 'K' old identity only, 0 none */
            struct lt_pgo_tuple old_row, new_row; /**< count 0 when there is none */
        } row;
        struct {
            size_t count;
            const uint8_t *ids; /**< big-endian; lt_pgo_truncated() reads one */
        } truncate;
        struct {
            bool transactional;
            uint64_t lsn;
            const char *prefix;
            struct lt_bytes content;
        } message;
    } u;
};

struct lt_pgo;
struct lt_pgo *lt_pgo_new(void);
void lt_pgo_free(struct lt_pgo *decoder);
LT_DEFINE_CLEANUP(struct lt_pgo, lt_pgo_free)

int lt_pgo_decode(struct lt_pgo *decoder,
                  struct lt_bytes message,
                  struct lt_pgo_event *ret,
                  struct lt_error *reterr) LT_MUST_CHECK;
/** The i-th relation of a truncate event. */
uint32_t lt_pgo_truncated(const struct lt_pgo_event *event, size_t i);
