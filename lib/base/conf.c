/*
 * Steps: defaults, then the file (inih calls read_line() and handle() in turn; we count the lines,
 * Debian's build does not), then the environment, then the check that required keys are there.
 * The first error wins and names file and line.
 */
#include "base/conf.h"

#include "base/mem.h"
#include "base/num.h"

#include <ctype.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

struct load {
    const struct lt_conf_table *table;
    const char *path;
    char *settings;
    struct lt_conf_extra *extra;
    struct lt_error *reterr;
    bool *seen;
    FILE *file;
    int line;
    bool failed;
};

static int parse_bool(const char *text, bool *ret)
{
    static const char *const yes[] = {"yes", "true", "on"}, *const no[] = {"no", "false", "off"};
    for (size_t i = 0; i < LT_COUNT(yes); i++) {
        if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
            *ret = strcmp(text, yes[i]) == 0;
            return 0;
        }
    }
    return -1;
}

static bool is_choice(const char *choices, const char *text)
{
    const size_t len = strlen(text);
    for (const char *at = choices; len && (at = strstr(at, text)); at += len) {
        const bool starts = at == choices || at[-1] == '|';
        if (starts && (at[len] == '|' || at[len] == '\0'))
            return true;
    }
    return false;
}

static void set_text(char *settings, const struct lt_conf_key *key, const char *text)
{
    char **slot = (char **)(void *)(settings + key->offset);
    free(*slot);
    *slot = lt_strdup(text);
}

static int set_number(char *settings, const struct lt_conf_key *key, int64_t value)
{
    if (value < key->min || value > key->max)
        return -1;
    *(int64_t *)(void *)(settings + key->offset) = value;
    return 0;
}

static int set_value(char *settings, const struct lt_conf_key *key, const char *text)
{
    int64_t number;
    switch (key->type) {
    case LT_CONF_TEXT:
    case LT_CONF_PATH:
        set_text(settings, key, text);
        return 0;
    case LT_CONF_CHOICE:
        if (!is_choice(key->choices, text))
            return -1;
        set_text(settings, key, text);
        return 0;
    case LT_CONF_INT:
        return lt_parse_i64(text, strlen(text), &number) ? -1 : set_number(settings, key, number);
    case LT_CONF_DURATION:
        return lt_parse_duration_ms(text, &number) ? -1 : set_number(settings, key, number);
    case LT_CONF_BOOL:
        return parse_bool(text, (bool *)(void *)(settings + key->offset));
    }
    return -1;
}

static void describe(const struct lt_conf_key *key, char *buf, size_t size)
{
    switch (key->type) {
    case LT_CONF_CHOICE:
        snprintf(buf, size, "one of %s", key->choices);
        return;
    case LT_CONF_BOOL:
        snprintf(buf, size, "yes or no");
        return;
    case LT_CONF_INT:
    case LT_CONF_DURATION: {
        const char *what = key->type == LT_CONF_INT ? "a number" : "a duration such as 5s";
        const char *unit = key->type == LT_CONF_INT ? "" : " ms";
        snprintf(buf, size, "%s from %ld to %ld%s", what, (long)key->min, (long)key->max, unit);
        return;
    }
    default:
        snprintf(buf, size, "text");
    }
}

static int fail_at(struct load *load, const char *fmt, ...) LT_PRINTF(2, 3);
static int fail_at(struct load *load, const char *fmt, ...)
{
    if (load->failed)
        return -1;
    load->failed = true;
    char text[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (load->line)
        return lt_fail(load->reterr, LT_ERR_FATAL, "conf", load->line, "%s:%d: %s", load->path,
                       load->line, text);
    return lt_fail(load->reterr, LT_ERR_FATAL, "conf", 0, "%s", text);
}

static int
take(struct load *load, const struct lt_conf_key *key, const char *where, const char *value)
{
    char wanted[160];
    if (set_value(load->settings, key, value) == 0) {
        load->seen[key - load->table->keys] = true;
        return 0;
    }
    describe(key, wanted, sizeof(wanted));
    if (key->flags & LT_CONF_SECRET)
        return fail_at(load, "%s: not %s", where, wanted);
    return fail_at(load, "%s: '%s' is not %s", where, value, wanted);
}

static void keep_extra(struct load *load, const char *section, const char *key, const char *value)
{
    struct lt_conf_extra *extra = load->extra;
    extra->pairs = lt_realloc(extra->pairs, (extra->count + 1) * sizeof(*extra->pairs));
    extra->pairs[extra->count++] = (struct lt_conf_pair){
        .section = lt_strdup(section), .key = lt_strdup(key), .value = lt_strdup(value)};
}

/* The section's first word: `service "x"` is an open section when "service" is. */
static bool is_open(const struct lt_conf_table *table, const char *section)
{
    const char *open = table->open_section;
    for (size_t len; open && *open; open += len + (open[len] == ' ')) {
        len = strcspn(open, " ");
        if (strncmp(section, open, len) == 0 && (section[len] == '\0' || section[len] == ' '))
            return true;
    }
    return false;
}

static char *read_line(char *text, int size, void *arg)
{
    struct load *load = arg;
    load->line++;
    return fgets(text, size, load->file);
}

static int handle(void *arg, const char *section, const char *name, const char *value)
{
    struct load *load = arg;
    const struct lt_conf_table *table = load->table;
    for (size_t i = 0; i < table->count; i++) {
        const struct lt_conf_key *key = &table->keys[i];
        if (strcmp(key->section, section) || strcmp(key->key, name))
            continue;
        if (load->seen[i])
            return fail_at(load, "'%s' in [%s] is given twice", name, section) == 0;
        return take(load, key, name, value) == 0;
    }
    if (load->extra && is_open(table, section)) {
        keep_extra(load, section, name, value);
        return 1;
    }
    return fail_at(load, "unknown key '%s' in [%s]", name, section) == 0;
}

static int read_file(struct load *load)
{
    load->file = fopen(load->path, "re");
    if (!load->file)
        return fail_at(load, "cannot open configuration file '%s'", load->path);
    const int rc = ini_parse_stream(read_line, load, handle, load);
    fclose(load->file);
    if (rc == 0 && !load->failed)
        return 0;
    if (rc > 0)
        load->line = rc;
    return fail_at(load, "not a section or key = value line");
}

static int read_environment(struct load *load)
{
    load->line = 0;
    for (size_t i = 0; i < load->table->count; i++) {
        const struct lt_conf_key *key = &load->table->keys[i];
        LT_CLEANUP(lt_freep) char *name = lt_printf("LT_%s_%s", key->section, key->key);
        for (char *c = name; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        const char *value = getenv(name);
        if (value && take(load, key, name, value))
            return -1;
    }
    return 0;
}

static int check_required(struct load *load)
{
    load->line = 0;
    for (size_t i = 0; i < load->table->count; i++) {
        const struct lt_conf_key *key = &load->table->keys[i];
        if ((key->flags & LT_CONF_REQUIRED) && !load->seen[i])
            return fail_at(load, "%s: '%s' in [%s] is required (%s)",
                           load->path ? load->path : "environment", key->key, key->section,
                           key->help);
    }
    return 0;
}

int lt_conf_load(const struct lt_conf_table *table,
                 const char *path,
                 void *settings,
                 struct lt_conf_extra *extra,
                 struct lt_error *reterr)
{
    LT_CLEANUP(lt_freep) bool *seen = lt_alloc(table->count * sizeof(bool));
    struct load load = {.table = table,
                        .path = path,
                        .settings = settings,
                        .extra = extra,
                        .reterr = reterr,
                        .seen = seen};
    for (size_t i = 0; i < table->count; i++)
        if (table->keys[i].fallback)
            lt_assert(set_value(settings, &table->keys[i], table->keys[i].fallback) == 0);
    int rc = path ? read_file(&load) : 0;
    rc = rc ? rc : read_environment(&load);
    rc = rc ? rc : check_required(&load);
    if (rc)
        lt_conf_unload(table, settings, extra);
    return rc;
}

static bool holds_text(const struct lt_conf_key *key)
{
    return key->type == LT_CONF_TEXT || key->type == LT_CONF_PATH || key->type == LT_CONF_CHOICE;
}

void lt_conf_unload(const struct lt_conf_table *table, void *settings, struct lt_conf_extra *extra)
{
    for (size_t i = 0; i < table->count; i++)
        if (holds_text(&table->keys[i]))
            lt_freep((char *)settings + table->keys[i].offset);
    for (size_t i = 0; extra && i < extra->count; i++) {
        free(extra->pairs[i].section);
        free(extra->pairs[i].key);
        free(extra->pairs[i].value);
    }
    if (extra) {
        free(extra->pairs);
        *extra = (struct lt_conf_extra){0};
    }
}

void lt_conf_print_help(const struct lt_conf_table *table, FILE *out)
{
    const char *section = "";
    for (size_t i = 0; i < table->count; i++) {
        const struct lt_conf_key *key = &table->keys[i];
        if (strcmp(section, key->section)) {
            section = key->section;
            fprintf(out, "%s[%s]\n", i ? "\n" : "", section);
        }
        char wanted[160];
        describe(key, wanted, sizeof(wanted));
        const bool has_default = key->fallback && *key->fallback;
        fprintf(out, "  %-22s %s (%s%s%s%s)\n", key->key, key->help, wanted,
                key->flags & LT_CONF_REQUIRED ? ", required" : "", has_default ? ", default " : "",
                has_default ? key->fallback : "");
    }
    if (table->open_help)
        fprintf(out, "\n%s\n", table->open_help);
}

static void print_value(const struct lt_conf_key *key, const char *settings, FILE *out)
{
    const void *at = settings + key->offset;
    if (key->type == LT_CONF_BOOL)
        fprintf(out, "%s", *(const bool *)at ? "yes" : "no");
    else if (key->type == LT_CONF_INT)
        fprintf(out, "%ld", (long)*(const int64_t *)at);
    else if (key->type == LT_CONF_DURATION)
        fprintf(out, "%ldms", (long)*(const int64_t *)at);
    else if (key->flags & LT_CONF_SECRET)
        fputs("***", out);
    else
        fputs(*(char *const *)at ? *(char *const *)at : "", out);
}

void lt_conf_print(const struct lt_conf_table *table, const void *settings, FILE *out)
{
    const char *section = "";
    for (size_t i = 0; i < table->count; i++) {
        const struct lt_conf_key *key = &table->keys[i];
        if (strcmp(section, key->section)) {
            section = key->section;
            fprintf(out, "[%s]\n", section);
        }
        fprintf(out, "%s = ", key->key);
        print_value(key, settings, out);
        fputc('\n', out);
    }
}
