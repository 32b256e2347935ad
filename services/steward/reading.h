/**
 * @file
 * Strict reading of JSON from outside: duplicate and unknown members are refused, every member has
 * one type and a limit, and a fault names file and path.  Pure.
 */
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "change/ids.h"

#include <jansson.h>

#define LT_READING_MAX_BYTES (1u << 20)
#define LT_READING_NAME_MAX  256

/** Where a text was wrong.  Both empty when the fault is nowhere in particular. */
struct lt_fault {
    char file[LT_READING_NAME_MAX];
    char path[LT_READING_NAME_MAX]; /**< "$.fields[2].type" */
};

/** One text being read.  Everything read lives in the arena. */
struct lt_reading {
    struct lt_arena *arena;
    struct lt_fault *fault;
    struct lt_error *err;
};

/** Fills fault and error (LT_ERR_REJECT) and returns -1; path as in lt_fault. */
int lt_reading_fail(const struct lt_reading *reading, const char *path, const char *fmt, ...)
    LT_PRINTF(3, 4);

/** Parses an object.  The caller json_decref()s. */
json_t *
lt_reading_parse(const struct lt_reading *reading, const char *text, size_t len) LT_MUST_CHECK;

enum lt_member_type {
    LT_MEMBER_TEXT,     /**< const char *, 1..max bytes unless LT_MEMBER_EMPTY_OK */
    LT_MEMBER_CHOICE,   /**< const char *, one of choices ("a|b") */
    LT_MEMBER_ID,       /**< const char *, an id of that kind */
    LT_MEMBER_BOOL,     /**< bool */
    LT_MEMBER_INT,      /**< int64_t, 1..INT64_MAX */
    LT_MEMBER_DURATION, /**< int64_t microseconds from "72h", above 0 */
    LT_MEMBER_TIME,     /**< lt_time from "2026-01-01T00:00:00Z" */
    LT_MEMBER_JSON,     /**< const json_t *, borrowed, of json_type `json` */
    LT_MEMBER_IGNORED,  /**< allowed, read by somebody else */
};
enum lt_member_flags {
    LT_MEMBER_OPTIONAL = 1, /**< may be missing: the struct keeps what it had */
    LT_MEMBER_NULL_OK = 2,  /**< null allowed: LT_NULL or a NULL pointer */
    LT_MEMBER_EMPTY_OK = 4, /**< "" allowed */
};
struct lt_member {
    const char *name;
    enum lt_member_type type;
    size_t offset;
    unsigned flags;
    size_t max;          /**< bytes of a text; 0: 1,000 */
    const char *choices; /**< LT_MEMBER_CHOICE */
    enum lt_id_kind id;  /**< LT_MEMBER_ID */
    json_type json;      /**< LT_MEMBER_JSON */
};

/** Reads the members of the object at `path` into *out (a struct that the offsets describe). */
int lt_reading_object(const struct lt_reading *reading,
                      const json_t *object,
                      const char *path,
                      const struct lt_member *members,
                      size_t count,
                      void *out) LT_MUST_CHECK;
/** An array of 1..max_count distinct texts. */
int lt_reading_texts(const struct lt_reading *reading,
                     const json_t *array,
                     const char *path,
                     size_t max_count,
                     const char ***ret,
                     size_t *ret_count) LT_MUST_CHECK;
