/**
 * @file
 * Configuration: one table per program, read from an INI file and the environment.  Layer 0.
 *
 * Precedence: built-in default, file, environment LT_<SECTION>_<KEY>.  Unknown keys and values
 * out of range are errors with file and line.  Sections may repeat by name: [service "x"] is
 * section "service", name "x".  Keys of a section marked LT_CONF_OPEN (such as [kafka]) that the
 * table does not know are kept in order and handed over unchanged.
 * The same table prints --help-config, --print-config (secrets masked) and the man page's list.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>
#include <stdio.h>

enum lt_conf_type {
    LT_CONF_TEXT,
    LT_CONF_PATH,
    LT_CONF_INT,      /**< int64_t, min..max */
    LT_CONF_DURATION, /**< int64_t milliseconds, min..max ("5s", "2m") */
    LT_CONF_BOOL,     /**< bool: yes/no/true/false/on/off */
    LT_CONF_CHOICE,   /**< char *, one of `choices` ("a|b|c") */
};
enum lt_conf_flags {
    LT_CONF_REQUIRED = 1,
    LT_CONF_SECRET = 2, /**< masked when printed; use *_file keys where possible */
};

struct lt_conf_key {
    const char *section, *key;
    enum lt_conf_type type;
    size_t offset; /**< of a char *, int64_t or bool in the program's struct */
    const char *fallback;
    int64_t min, max;
    const char *choices;
    unsigned flags;
    const char *help; /**< one line */
};

struct lt_conf_pair {
    char *section, *key, *value;
};
struct lt_conf_table {
    const struct lt_conf_key *keys;
    size_t count;
    const char *open_section; /**< its unknown keys are kept; NULL for none */
    const char *open_help;    /**< what they are, for --help-config */
};
/** What lt_conf_load() keeps beside the struct: pass-through pairs and origins. */
struct lt_conf_extra {
    struct lt_conf_pair *pairs;
    size_t count;
};

/** Fills `settings` (a zeroed struct that the table's offsets describe).  path may be NULL.
 * Text values are heap copies; lt_conf_unload() releases them. */
int lt_conf_load(const struct lt_conf_table *table,
                 const char *path,
                 void *settings,
                 struct lt_conf_extra *extra,
                 struct lt_error *reterr) LT_MUST_CHECK;
void lt_conf_unload(const struct lt_conf_table *table, void *settings, struct lt_conf_extra *extra);
void lt_conf_print_help(const struct lt_conf_table *table, FILE *out);
void lt_conf_print(const struct lt_conf_table *table, const void *settings, FILE *out);
